package import BOM
import Database

// DESIGN. At the end everything is known: which entry is the root, the depth of each entry, and the ends of the edges. Rows
// are made from numbers in memory and written in chunks. `Depths.swift` finds direct dependencies, `ClaimTargets.swift` the
// targets of claims.

extension ScanStaging {
    /// The summary of a completed scan.
    package struct Outcome: Sendable {
        /// The facts for `scan.document`.
        var document: String
        /// The names of the described component and of the document, if they have any.
        var names: [String]
        /// The described component; nil if the document describes several or none.
        var subject: DocumentFacts.Subject?
        /// The creation time that the document states; empty without one.
        var created = ""
        /// The number of occurrences: distinct libraries without the root.
        var libraries: Int
        /// The statements of a document that is no inventory and only mentions vulnerabilities.
        var statements: LooseStatements?
        /// The time of the look-up of files for which the document has only a digest; nil without such files.
        var moment: DigestNames.Moment?
    }

    /// Writes entries, occurrences and edges; nothing may be added afterwards.
    package func complete(_ graph: DependencyGraph) throws -> Outcome {
        guard var document else { throw BOMError.invalid(what: "the document says nothing of itself") }
        let isInventory = try isInventory()
        let positions = positionsOfNodes(in: graph)
        let root = root(of: document, graph: graph, positions: positions, isAlone: !isInventory)
        if let root { libraries.withdraw(entries[root - 1].description) }
        try flush()
        let described = try root.map { try component(at: $0) }
        let depths = depths(in: graph, positions: positions, root: root)
        try writeEntries(depths: depths, root: root)
        var count = try writeOccurrences(depths: depths, root: root)
        try writeEdges(of: graph, positions: positions, root: root)
        if isInventory, try writeClaims(in: document, rootPURL: described?.purl, root: root) { count += 1 }
        let names = [described?.name, document.name].compactMap(\.self)
        if document.name.isEmpty { document.name = document.identifier }
        var facts = DocumentFacts(document: document, root: described)
        if described == nil { facts.listed = try listedSubject(of: document) }
        return Outcome(
            document: facts.encode(), names: names, subject: facts.subject, created: document.created, libraries: count,
            statements: isInventory ? nil : looseStatements(of: document), moment: libraries.moment)
    }

    /// Writes the document's claims about vulnerabilities, and warns of those that are not applied. Returns whether the
    /// described component was added to the libraries for them.
    private func writeClaims(in document: BOMDocument, rootPURL: String?, root: Int?) throws -> Bool {
        let scan = scan.id
        let texts = claimTexts()
        guard !texts.isEmpty || !libraryClaims.isEmpty else { return false }
        var described: Set<String> = []
        if let rootPURL, !rootPURL.isEmpty { described.insert(rootPURL) }
        let targets = try database.read {
            try ClaimTargets(document: document, described: described).find(texts, in: scan, on: $0)
        }
        var rows = RowBuffer()
        func flush() throws {
            var full = RowBuffer()
            swap(&full, &rows)
            try insert(full, into: "library_claim", LibraryClaims.columns)
        }
        try libraryClaims.each(targets: targets) { row in
            rows.beginRow()
            rows.append(scan)
            rows.append(row.place)
            for text in [row.name, row.state, row.justification, row.detail] { rows.append(text) }
            rows.append(row.claim)
            if rows.rowCount >= Self.chunk { try flush() }
        }
        try flush()
        libraryClaims.warnings(targets: targets) { texts[$0] ?? "" }.forEach(warning)
        if let root, libraryClaims.leaveOpen(ofProduct: targets) { return try listRoot(root) }
        try database.read { try libraryClaims.unfound(targets: targets, in: scan, on: $0) }.forEach(warning)
        return false
    }

    /// Adds the described component to the libraries, because the document claims vulnerabilities for it, and alerts and
    /// reports are about libraries. False if it is there already.
    private func listRoot(_ root: Int) throws -> Bool {
        let place = place(ofRoot: root)
        guard place == LibraryClaims.product else { return false }
        var rows = RowBuffer()
        rows.beginRow()
        rows.append(scan.id)
        rows.append(place)
        rows.append(libraries.row(of: entries[root - 1].description))
        // No component needs it, so it is a dependency of none.
        rows.append(Directness.unknown.rawValue)
        rows.append(0)
        rows.append(1)
        try insert(rows, into: "occurrence", Self.occurrenceColumns)
        return true
    }

    /// The occurrence of the described component, if it is to be among the libraries: that of its library, if the document
    /// lists the library, too.
    private func place(ofRoot root: Int) -> Int {
        let library = libraries.library(of: entries[root - 1].description)
        return libraries.listings()[library] > 0 ? library + 1 : LibraryClaims.product
    }

    private static let occurrenceColumns: [StaticString] = ["scan", "position", "library", "direct", "depth", "count"]

    /// The references of claims, by their numbers.
    func claimTexts() -> [Int32: String] {
        var texts: [Int32: String] = [:]
        for reference in libraryClaims.references { texts[reference] = references[reference] }
        return texts
    }

    /// The only described component, if it is among the libraries.
    private func listedSubject(of document: BOMDocument) throws -> DocumentFacts.Subject? {
        guard document.describes.count == 1, let number = references.known(document.describes[0]),
            targets[Int(number)] > 0
        else { return nil }
        let component = try component(at: Int(targets[Int(number)]))
        return .init(name: component.name, version: component.version)
    }

    /// For each node of the graph its position, or -1 minus that of a file, or `nothing`.
    private func positionsOfNodes(in graph: DependencyGraph) -> [Int32] {
        (0..<Int32(graph.references.count)).map { node in
            references.known(graph.references[node]).map { targets[Int($0)] } ?? Self.nothing
        }
    }

    /// The entry of the described component that is not a library: the only described one, unless the document has
    /// nothing else (except for statements: `isAlone`), or an SPDX package without dependencies.
    private func root(
        of document: BOMDocument, graph: DependencyGraph, positions: [Int32], isAlone: Bool
    ) -> Int? {
        guard document.describes.count == 1, entries.count > 1 || isAlone,
            let number = references.known(document.describes[0]),
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

    /// The stored position; the root has 0.
    private func stored(_ position: Int32, root: Int?) -> Int32 { root.map(Int32.init) == position ? 0 : position }

    private func writeEntries(depths: Depths, root: Int?) throws {
        var rows = RowBuffer()
        func flush() throws {
            var full = RowBuffer()
            swap(&full, &rows)
            try insert(
                full, into: "component",
                ["scan", "position", "occurrence", "ref", "scope", "parent", "depth", "via", "library", "locations"])
        }
        func append(_ position: Int) {
            let entry = entries[position - 1]
            rows.beginRow()
            rows.append(scan.id)
            rows.append(Int(stored(Int32(position), root: root)))
            let library = libraries.library(of: entry.description)
            rows.append(position == root ? place(ofRoot: position) : library + 1)
            rows.append(references[entry.reference])
            rows.append(entry.scope)
            let parent = entry.parent < 0 ? Self.nothing : targets[Int(entry.parent)]
            rows.append(parent > 0 ? Int(stored(parent, root: root)) : -1)
            rows.append(Int(depths.values[position]))
            let via = depths.via[position]
            rows.append(via > 0 ? Int(stored(via, root: root)) : -1)
            let own = libraries.row(of: entry.description)
            rows.append(position == root || own == libraries.row(showing: library) ? 0 : own)
            paths.withUnsafeBytes { paths in
                let start = Int(entry.pathStart)
                rows.append(text: UnsafeRawBufferPointer(rebasing: paths[start..<(start + Int(entry.pathCount))]))
            }
        }
        // The root first, because rows are inserted in the order of their key.
        if let root { append(root) }
        for position in 1..<(entries.count + 1) where position != root {
            append(position)
            if rows.rowCount >= Self.chunk { try flush() }
        }
        try flush()
    }

    /// Returns their number.
    private func writeOccurrences(depths: Depths, root: Int?) throws -> Int {
        let listings = libraries.listings()
        var least = [Int32](repeating: .max, count: listings.count)
        for (index, entry) in entries.enumerated() where index + 1 != root && depths.values[index + 1] >= 0 {
            let library = libraries.library(of: entry.description)
            least[library] = min(least[library], depths.values[index + 1])
        }
        var rows = RowBuffer()
        var count = 0
        func flush() throws {
            var full = RowBuffer()
            swap(&full, &rows)
            try insert(full, into: "occurrence", Self.occurrenceColumns)
        }
        for place in least.indices where listings[place] > 0 {
            count += 1
            rows.beginRow()
            rows.append(scan.id)
            rows.append(place + 1)
            rows.append(libraries.row(showing: place))
            rows.append(depths.directness(at: least[place]).rawValue)
            rows.append(least[place] == .max ? -1 : Int(least[place]))
            rows.append(Int(listings[place]))
            if rows.rowCount >= Self.chunk { try flush() }
        }
        try flush()
        return count
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
            // They are equal except for the name of the relationship, which these two kinds do not store.
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

    /// Sets the containing entry of files for which an edge names it.
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
    func component(at position: Int) throws -> Component {
        let entry = entries[position - 1]
        let id = libraries.row(of: entry.description)
        let body = try database.read { connection in
            try connection.first("SELECT body FROM library_facts WHERE library = \(id)") { $0.string(0) }
        }
        var component = try ComponentFacts.decode(body ?? "{}")
        component.ref = references[entry.reference]
        component.scope = entry.scope
        return component
    }
}
