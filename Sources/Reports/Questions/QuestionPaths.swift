import Database

// DESIGN. Each component stores the component that needs it on a shortest path (`component.via`). So a path takes one key
// look-up for each step, and one query serves all libraries of a page. Scans from before that column store only the depths of
// their components. For these, the edges of the document are read, once for all libraries of the page in it and up to a limit.
// The shortest path is any path upwards on which the depth falls by one at each step.

/// Finds the shortest paths through the graphs of dependencies.
struct QuestionPaths {
    /// The most libraries of a path.
    private static let stepLimit = 100
    /// The most edges that are read for one page.
    private static let arrowLimit = 200_000

    let connection: any Connection

    /// For each position, the names and versions of the libraries on the shortest path to it, including the library itself.
    /// Positions whose graph would cost too much are left out.
    func paths(to places: [QuestionPlace]) throws -> [QuestionCursor.Key: [String]] {
        guard !places.isEmpty else { return [:] }
        var paths = try knownPaths(to: places)
        let others = places.filter { paths[$0.key] == nil }
        for (key, path) in try readPaths(to: others) { paths[key] = path }
        return paths
    }

    // MARK: By the ways that components know

    private func knownPaths(to places: [QuestionPlace]) throws -> [QuestionCursor.Key: [String]] {
        let rows = try connection.all(wayQuery(to: places)) { row in
            (
                place: row.integer(0), depth: row.integer(1),
                label: QuestionItems.label(name: row.string(2), version: row.string(3))
            )
        }
        let steps = Dictionary(grouping: rows, by: \.place)
        var paths: [QuestionCursor.Key: [String]] = [:]
        for (number, place) in places.enumerated() {
            // A path that does not start at the top belongs to an older scan, or is too long.
            guard let way = steps[Int64(number)], way.first?.depth == 1 else { continue }
            paths[place.key] = way.map(\.label)
        }
        return paths
    }

    /// The query for the paths to positions: the number of the position, then the depth, name and version of a library,
    /// from the top.
    func wayQuery(to places: [QuestionPlace]) -> SQL {
        var values: SQL = ""
        for (number, place) in places.enumerated() {
            if number > 0 { values.append(", ") }
            values.append("(\(number), \(place.key.project), \(place.scan), \(place.position))")
        }
        var clause: SQL = "WITH RECURSIVE place (number, project, scan, position) AS (VALUES \(values)),"
        clause.append(
            """

            way (number, scan, position, via, depth, step) AS (
                SELECT q.number, c.scan, c.position, c.via, c.depth, 1 FROM place q CROSS JOIN component c
                WHERE c.scan = q.scan AND c.position = (SELECT x.position FROM component x
                    WHERE x.scan = q.scan AND x.occurrence = q.position AND x.depth > 0
                    ORDER BY x.depth, x.position LIMIT 1)
                UNION ALL
                SELECT w.number, c.scan, c.position, c.via, c.depth, w.step + 1 FROM way w CROSS JOIN component c
                WHERE w.via > 0 AND c.scan = w.scan AND c.position = w.via AND w.step < \(Self.stepLimit))
            SELECT w.number, w.depth, \(QuestionItems.name), l.version
            FROM way w CROSS JOIN component c CROSS JOIN occurrence o CROSS JOIN library l
            WHERE c.scan = w.scan AND c.position = w.position AND o.scan = c.scan AND o.position = c.occurrence
                AND l.id = o.library
            ORDER BY w.number, w.step DESC
            """)
        return clause
    }

    // MARK: By the arrows of the document

    private func readPaths(to places: [QuestionPlace]) throws -> [QuestionCursor.Key: [String]] {
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

    /// The components of a document that its graph reaches.
    private struct Graph {
        struct Node {
            let occurrence: Int64
            let depth: Int64
            /// A component that needs this one and is one step nearer to the root.
            var via: Int64?
        }

        /// The nodes by position.
        var nodes: [Int64: Node] = [:]
        /// The nearest component of each occurrence.
        var nearest: [Int64: Int64] = [:]

        /// The occurrences on the path to a component, a direct dependency first.
        func way(to occurrence: Int64) -> [Int64]? {
            guard var node = nearest[occurrence].flatMap({ nodes[$0] }) else { return nil }
            var way = [occurrence]
            while node.depth > 1 {
                guard way.count < QuestionPaths.stepLimit, let via = node.via, let next = nodes[via] else { return nil }
                node = next
                way.append(node.occurrence)
            }
            return way.reversed()
        }
    }

    /// Reads a graph; nil when it has more components or edges than the limits allow.
    private func graph(of scan: Int64, read arrows: inout Int) throws -> Graph? {
        var graph = Graph()
        let left = Self.arrowLimit - arrows
        var count = 0
        try connection.each(
            """
            SELECT position, occurrence, depth FROM component WHERE scan = \(scan) AND depth > 0
            ORDER BY position LIMIT \(left + 1)
            """
        ) { row in
            count += 1
            let (position, occurrence, depth) = (row.integer(0), row.integer(1), row.integer(2))
            graph.nodes[position] = Graph.Node(occurrence: occurrence, depth: depth)
            if let best = graph.nearest[occurrence].flatMap({ graph.nodes[$0] }), best.depth <= depth { return }
            graph.nearest[occurrence] = position
        }
        try connection.each(
            """
            SELECT source, target FROM dependency WHERE scan = \(scan) AND source >= 0 AND target > 0
                AND kind = 'dependsOn' ORDER BY source, target LIMIT \(max(left + 1 - count, 0))
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
            try SQL.inSlices(positions.sorted(), as: Value.integer) { list in
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
