package import BOM
import Database

// DESIGN. At the end everything is known: which entry is the root, how deep each lies, where edges lead. Rows are made
// from numbers in memory and written in chunks.

extension ScanStaging {
    /// What a completed scan holds.
    package struct Outcome: Sendable {
        /// The facts for `scan.document`.
        var document: String
        var rootName: String
        /// Occurrences: distinct libraries, the root not among them.
        var libraries: Int
        /// Distinct components that the document lists: a package that SPDX lists and describes is one, a service is none.
        var components: Int
    }

    /// Writes entries, occurrences and edges; nothing may be added afterwards.
    package func complete(_ graph: DependencyGraph) throws -> Outcome {
        guard var document else { throw BOMError.invalid(what: "the document says nothing of itself") }
        try flush()
        let positions = positionsOfNodes(in: graph)
        let root = root(of: document, graph: graph, positions: positions)
        if let root { libraries.withdraw(entries[root - 1].library) }
        let depths = depths(in: graph, positions: positions, root: root)
        try writeEntries(depths: depths, root: root)
        let count = try writeOccurrences(depths: depths, root: root)
        try writeEdges(of: graph, positions: positions, root: root)
        try writeClaims(root: root)
        if document.name.isEmpty { document.name = document.identifier }
        let described = try root.map { try component(at: $0) }
        return Outcome(
            document: DocumentFacts(document: document, root: described).encode(),
            rootName: described?.name ?? document.name, libraries: count,
            components: count - libraries.services + (described != nil && document.standard == .spdx ? 1 : 0))
    }

    /// For each node of the graph a position, or -1 minus a file's, or `nothing`.
    private func positionsOfNodes(in graph: DependencyGraph) -> [Int32] {
        (0..<Int32(graph.references.count)).map { node in
            references.known(graph.references[node]).map { targets[Int($0)] } ?? Self.nothing
        }
    }

    /// The entry that is the described thing and no library: the single one described, unless it is all there is, or an
    /// SPDX package that nothing hangs on.
    private func root(of document: BOMDocument, graph: DependencyGraph, positions: [Int32]) -> Int? {
        guard document.describes.count == 1, entries.count > 1, let number = references.known(document.describes[0]),
            targets[Int(number)] > 0
        else { return nil }
        let root = targets[Int(number)]
        if document.standard == .spdx {
            let leads = graph.edges.contains { edge in
                edge.kind != .other && positions[Int(edge.from)] == root && positions[Int(edge.to)] > 0
            }
            if !leads { return nil }
        }
        return Int(root)
    }

    /// The depth of each entry; -1 where no path leads. Without any dependency all lie at depth 1. Where the root has no
    /// edges, what nobody needs is direct.
    private func depths(in graph: DependencyGraph, positions: [Int32], root: Int?) -> [Int32] {
        guard graph.edges.contains(where: { $0.kind == .dependsOn }) else {
            var depths = [Int32](repeating: 1, count: entries.count + 1)
            if let root { depths[root] = 0 }
            return depths
        }
        var depths = [Int32](repeating: -1, count: entries.count + 1)
        let levels = graph.levels()
        let begins = root.map { root in
            graph.edges.contains { $0.kind == .dependsOn && positions[Int($0.from)] == root }
        }
        let offset: Int32 = begins == true ? 0 : 1
        for (node, position) in positions.enumerated() where position > 0 {
            if let level = levels[Int32(node)] { depths[Int(position)] = Int32(level) + offset }
        }
        if let root { depths[root] = 0 }
        return depths
    }

    /// The position that is stored: the root's is 0.
    private func stored(_ position: Int32, root: Int?) -> Int32 { root.map(Int32.init) == position ? 0 : position }

    private func writeEntries(depths: [Int32], root: Int?) throws {
        var rows = RowBuffer()
        func flush() throws {
            var full = RowBuffer()
            swap(&full, &rows)
            try insert(
                full, into: "component",
                ["scan", "position", "occurrence", "ref", "scope", "parent", "depth", "locations"])
        }
        func append(_ position: Int) {
            let entry = entries[position - 1]
            rows.beginRow()
            rows.append(scan.id)
            rows.append(Int(stored(Int32(position), root: root)))
            rows.append(position == root ? -1 : Int(entry.library) + 1)
            rows.append(references[entry.reference])
            rows.append(entry.scope)
            let parent = entry.parent < 0 ? Self.nothing : targets[Int(entry.parent)]
            rows.append(parent > 0 ? Int(stored(parent, root: root)) : -1)
            rows.append(Int(depths[position]))
            paths.withUnsafeBytes { paths in
                let start = Int(entry.pathStart)
                rows.append(text: UnsafeRawBufferPointer(rebasing: paths[start..<(start + Int(entry.pathCount))]))
            }
        }
        // The root first: rows go in by their key.
        if let root { append(root) }
        for position in 1..<(entries.count + 1) where position != root {
            append(position)
            if rows.rowCount >= Self.chunk { try flush() }
        }
        try flush()
    }

    /// Returns how many there are.
    private func writeOccurrences(depths: [Int32], root: Int?) throws -> Int {
        var least = [Int32](repeating: .max, count: libraries.libraries.count)
        for (index, entry) in entries.enumerated() where index + 1 != root && depths[index + 1] >= 0 {
            least[Int(entry.library)] = min(least[Int(entry.library)], depths[index + 1])
        }
        var rows = RowBuffer()
        var count = 0
        func flush() throws {
            var full = RowBuffer()
            swap(&full, &rows)
            try insert(full, into: "occurrence", ["scan", "position", "library", "direct", "depth", "count"])
        }
        for place in least.indices where libraries.counts[place] > 0 {
            count += 1
            rows.beginRow()
            rows.append(scan.id)
            rows.append(place + 1)
            rows.append(libraries.libraries[place])
            rows.append(least[place] == 1)
            rows.append(least[place] == .max ? -1 : Int(least[place]))
            rows.append(Int(libraries.counts[place]))
            if rows.rowCount >= Self.chunk { try flush() }
        }
        try flush()
        return count
    }

    private func writeClaims(root: Int?) throws {
        func occurrence(_ reference: Int32) -> Int? {
            let position = Int(reference) < targets.count ? targets[Int(reference)] : Self.nothing
            // What the document describes is no occurrence.
            guard position > 0, Int(position) != root else { return nil }
            return Int(entries[Int(position) - 1].library) + 1
        }
        try libraryClaims.write(scan: scan.id, occurrence: occurrence, chunk: Self.chunk) { rows in
            try insert(
                rows, into: "library_claim",
                ["scan", "occurrence", "vulnerability", "state", "justification", "detail"])
        }
    }

    private func writeEdges(of graph: DependencyGraph, positions: [Int32], root: Int?) throws {
        var rows = RowBuffer()
        func flush() throws {
            var full = RowBuffer()
            swap(&full, &rows)
            try insert(full, into: "dependency", ["scan", "source", "target", "kind"])
        }
        var last: DependencyGraph.Edge?
        for edge in graph.edges {
            let from = positions[Int(edge.from)]
            let to = positions[Int(edge.to)]
            guard from != Self.nothing, to != Self.nothing else { continue }
            // Equal but for the name of the relationship, which these two kinds do not keep.
            if let last, edge.kind != .other, (last.from, last.to, last.kind) == (edge.from, edge.to, edge.kind) {
                continue
            }
            last = edge
            rows.beginRow()
            rows.append(scan.id)
            rows.append(Int(stored(from, root: root)))
            rows.append(Int(stored(to, root: root)))
            switch edge.kind {
            case .dependsOn: rows.append("dependsOn")
            case .contains: rows.append("contains")
            case .other: rows.append(graph.labels[Int(edge.label)])
            }
            if rows.rowCount >= Self.chunk { try flush() }
        }
        try flush()
        try writeOwners(of: graph, positions: positions, root: root)
    }

    /// Tells files which entry contains them, where that was said by an edge.
    private func writeOwners(of graph: DependencyGraph, positions: [Int32], root: Int?) throws {
        guard fileCount > 0 else { return }
        if let root {
            let scan = scan
            try database.write { connection in
                _ = try connection.run(
                    "UPDATE source_file SET component = 0 WHERE scan = \(scan.id) AND component = \(root)")
            }
        }
        var owner: Int32 = 0
        var owned: [Value] = []
        func flush() throws {
            guard !owned.isEmpty else { return }
            try checkLease()
            let (scan, component, list) = (scan, stored(owner, root: root), SQL.list(owned))
            owned.removeAll()
            try database.write { connection in
                guard try scan.isOpen(on: connection) else { throw IntakeError.superseded }
                try connection.run(
                    """
                    UPDATE source_file SET component = \(component)
                    WHERE scan = \(scan.id) AND component = -1 AND position IN \(list)
                    """)
            }
        }
        for edge in graph.edges where edge.kind == .contains {
            let from = positions[Int(edge.from)]
            let to = positions[Int(edge.to)]
            guard from > 0, to < 0, to != Self.nothing else { continue }
            if from != owner || owned.count >= 500 { try flush() }
            owner = from
            owned.append(.integer(Int64(-1 - to)))
        }
        try flush()
    }

    /// The component of an entry, read back whole.
    private func component(at position: Int) throws -> Component {
        let entry = entries[position - 1]
        let id = libraries.libraries[Int(entry.library)]
        let body = try database.read { connection in
            try connection.first("SELECT body FROM library_facts WHERE library = \(id)") { $0.string(0) }
        }
        var component = try ComponentFacts.decode(body ?? "{}")
        component.ref = references[entry.reference]
        component.scope = entry.scope
        return component
    }
}
