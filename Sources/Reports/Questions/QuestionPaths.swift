import Database

// DESIGN. The depth of each component is known (`component.depth`), so the shortest path to it is any way up on which the depth falls by
// one at each step. The arrows of a document are read once for all of a page's libraries in it, and only so many of them: the graphs
// of a page's projects may together hold millions.

/// Finds the shortest ways through the graphs of dependencies.
struct QuestionPaths {
    /// The most arrows that are read for one page.
    private static let arrowLimit = 200_000

    let scope: Scope
    let connection: any Connection

    /// For each of the places the names and versions of the libraries on the shortest way to it, itself included. Places whose graph
    /// would cost too much are left out.
    func paths(to places: [QuestionPlace]) throws -> [QuestionCursor.Key: [String]] {
        var ways: [(key: QuestionCursor.Key, scan: Int64, occurrences: [Int64])] = []
        var arrows = 0
        for (scan, places) in Dictionary(grouping: places, by: \.scan).sorted(by: { $0.key < $1.key }) {
            guard arrows < Self.arrowLimit, let graph = try graph(of: scan, read: &arrows) else { continue }
            for place in places {
                if let way = graph.way(to: place.position) { ways.append((place.key, scan, way)) }
            }
        }
        let labels = try labels(of: ways.map { (scan: $0.scan, occurrences: $0.occurrences) })
        var paths: [QuestionCursor.Key: [String]] = [:]
        for way in ways {
            let names = way.occurrences.compactMap { labels[way.scan]?[$0] }
            if names.count == way.occurrences.count { paths[way.key] = names }
        }
        return paths
    }

    /// The components of a document, as far as its graph reaches them.
    private struct Graph {
        struct Node {
            let occurrence: Int64
            let depth: Int64
            /// A component that needs it and is one step nearer to the root.
            var via: Int64?
        }

        /// By position.
        var nodes: [Int64: Node] = [:]

        /// The occurrences on the way to one, a direct dependency first.
        func way(to occurrence: Int64) -> [Int64]? {
            var nearest: (position: Int64, depth: Int64)?
            for (position, node) in nodes where node.occurrence == occurrence && node.depth > 0 {
                if let best = nearest, (best.depth, best.position) < (node.depth, position) { continue }
                nearest = (position, node.depth)
            }
            guard var place = nearest else { return nil }
            var way = [occurrence]
            while place.depth > 1 {
                guard let via = nodes[place.position]?.via, let node = nodes[via] else { return nil }
                way.append(node.occurrence)
                place = (via, node.depth)
            }
            return way.reversed()
        }
    }

    /// Reads a graph; nil when it has more arrows than may be read.
    private func graph(of scan: Int64, read arrows: inout Int) throws -> Graph? {
        var graph = Graph()
        try connection.each(
            "SELECT position, occurrence, depth FROM component WHERE scan = \(scan) AND depth > 0 LIMIT \(Self.arrowLimit)"
        ) { row in
            graph.nodes[row.integer(0)] = Graph.Node(occurrence: row.integer(1), depth: row.integer(2))
        }
        let left = Self.arrowLimit - arrows
        var count = 0
        try connection.each(
            """
            SELECT source, target FROM dependency WHERE scan = \(scan) AND source >= 0 AND target > 0
                AND kind = 'dependsOn' ORDER BY source, target LIMIT \(left + 1)
            """
        ) { row in
            count += 1
            let (from, to) = (row.integer(0), row.integer(1))
            guard let source = graph.nodes[from], let target = graph.nodes[to], target.via == nil,
                target.depth == source.depth + 1
            else { return }
            graph.nodes[to]?.via = from
        }
        arrows += count
        return count <= left ? graph : nil
    }

    /// The names of occurrences, by scan and position.
    private func labels(
        of ways: [(scan: Int64, occurrences: [Int64])]
    ) throws -> [Int64: [Int64: String]] {
        var wanted: [Int64: Set<Int64>] = [:]
        for way in ways { wanted[way.scan, default: []].formUnion(way.occurrences) }
        var labels: [Int64: [Int64: String]] = [:]
        for (scan, positions) in wanted {
            try Advisories.inSlices(positions.sorted(), as: Value.integer) { list in
                try connection.each(
                    """
                    SELECT o.position, \(QuestionItems.name), l.version FROM occurrence o JOIN library l ON l.id = o.library
                    WHERE o.scan = \(scan) AND o.position IN \(list)
                    """
                ) { row in
                    labels[scan, default: [:]][row.integer(0)] = QuestionItems.label(
                        name: row.string(1), version: row.string(2))
                }
            }
        }
        return labels
    }
}
