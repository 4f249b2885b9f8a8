import BOM
import Bytes
import Database
import Inventory

// DESIGN. A bill of materials is a stream through a writer: components, then edges, then vulnerabilities, each read from the
// snapshot when it is due. Memory holds references; for SPDX also the ids of advisories, for a product also the merged graph.
// It never holds components, documents or vulnerabilities. This file chooses the writer: each standard has one mapping, each
// syntax one tree.

extension Production {
    /// The only part of a bill of materials.
    func bom(
        _ facts: ScopeFacts, on connection: any Connection, into receiver: PartReceiver.Maker
    ) throws -> Produced {
        let wanted = try BOMRequest(request.options)
        return try document(facts, word: wanted.standard.rawValue, into: receiver) { destination in
            let time = try ContentTime.read(request.scope, facts, on: connection)
            var source = BOMSource(
                production: self, wanted: wanted, facts: facts, time: time, connection: connection)
            let tool = BOMTool(version: ProgramVersion.current)
            let losses: [BOMLoss: Int] =
                switch wanted.standard {
                case .cycloneDX: try cycloneDX(wanted, tool, &source, to: destination)
                case .spdx: try spdx(wanted, tool, &source, to: destination)
                }
            var notes = losses.map { "left out: \($0.key.rawValue) (\($0.value) times)" }.sorted()
            if source.described > 0 {
                notes.append(
                    "\(source.described) libraries that projects describe differently are shown as the first has them")
            }
            if let note = source.depthNote { notes.append(note) }
            return (source.rows, notes)
        }
    }

    private func cycloneDX(
        _ wanted: BOMRequest, _ tool: BOMTool, _ source: inout BOMSource, to entry: @escaping ByteSink.Destination
    ) throws -> [BOMLoss: Int] {
        guard let version = CycloneDXVersion(rawValue: wanted.version) else { throw wanted.unknownVersion }
        switch request.format {
        case .json: return try write(CycloneDXWriter<JSONTree>(version: version, tool: tool), &source, to: entry)
        case .xml: return try write(CycloneDXWriter<XMLTree>(version: version, tool: tool), &source, to: entry)
        case .yaml, .tv, .xlsx, .pdf, .csv, .ndjson, .html, .txt: throw notOffered(wanted)
        }
    }

    private func spdx(
        _ wanted: BOMRequest, _ tool: BOMTool, _ source: inout BOMSource, to entry: @escaping ByteSink.Destination
    ) throws -> [BOMLoss: Int] {
        if wanted.version == SPDX3Writer.version {
            guard request.format == .json else { throw notOffered(wanted) }
            return try write(SPDX3Writer(tool: tool), &source, to: entry)
        }
        guard let version = SPDXVersion(rawValue: wanted.version) else { throw wanted.unknownVersion }
        switch request.format {
        case .json:
            return try write(
                SPDXWriter<JSONTree>(version: version, tool: tool, prefix: wanted.packagePrefix), &source, to: entry)
        case .xml:
            return try write(
                SPDXWriter<XMLTree>(version: version, tool: tool, prefix: wanted.packagePrefix), &source, to: entry)
        case .yaml:
            return try write(
                SPDXWriter<YAMLTree>(version: version, tool: tool, prefix: wanted.packagePrefix), &source, to: entry)
        case .tv:
            return try write(
                SPDXWriter<TagValueTree>(version: version, tool: tool, prefix: wanted.packagePrefix), &source, to: entry
            )
        case .xlsx:
            return try SPDXWorkbook(version: version, tool: tool, time: source.time.newest)
                .write(to: entry) { writer, sink in try source.write(to: &writer, &sink) }
        case .pdf, .csv, .ndjson, .html, .txt: throw notOffered(wanted)
        }
    }

    private func write(
        _ writer: some BOMWriter, _ source: inout BOMSource, to entry: @escaping ByteSink.Destination
    ) throws -> [BOMLoss: Int] {
        var writer = writer
        var sink = ByteSink(to: entry)
        try source.write(to: &writer, &sink)
        try sink.flush()
        return writer.losses
    }

    private func notOffered(_ wanted: BOMRequest) -> ReportError {
        .formatNotOffered(request.format.rawValue, by: request.type, offered: wanted.formats)
    }
}

/// The source of a bill of materials: the scope's scans within one snapshot.
struct BOMSource {
    let production: Production
    let wanted: BOMRequest
    let facts: ScopeFacts
    let time: ContentTime
    let connection: any Connection
    /// The number of components written.
    var rows = 0
    /// The number of a product's libraries that came again with another description.
    var described = 0
    /// The number of libraries below `maxDepthLevel`.
    var leftOut = 0

    /// The remark for readers about `leftOut`; nil if the document has all libraries.
    var depthNote: String? {
        guard leftOut > 0, let depth = wanted.depth else { return nil }
        let (lie, are) = leftOut == 1 ? ("lies", "is") : ("lie", "are")
        return
            "\(leftOut) of \(rows + leftOut) libraries \(lie) deeper than maxDepthLevel \(depth) and \(are) left out"
    }

    struct Scan {
        let id: Int64
        let project: String
    }

    /// Writes the whole document; each call writes the same bytes.
    mutating func write(to writer: inout some BOMWriter, _ out: inout ByteSink) throws {
        rows = 0
        described = 0
        leftOut = 0
        let scans = try connection.all(
            production.request.scope.clause + """
                SELECT s.scan, s.project_name FROM scope s JOIN scan c ON c.id = s.scan ORDER BY s.project
                """
        ) { row in
            Scan(id: row.integer(0), project: row.string(1))
        }
        if production.request.scope.kind == .project {
            try writeProject(scans.first, to: &writer, &out)
        } else {
            try writeProduct(scans, to: &writer, &out)
        }
        try writer.end(to: &out)
    }

    // MARK: One project

    private mutating func writeProject<Writer: BOMWriter>(
        _ scan: Scan?, to writer: inout Writer, _ out: inout ByteSink
    ) throws {
        let told = try scan.flatMap { try facts(of: $0) }
        let root = told?.root ?? synthesized("project:\(facts.name)", name: facts.name)
        var document = try head()
        document.creators = told?.document.creators ?? []
        document.extractedLicenses = told?.document.extractedLicenses ?? []
        guard let scan else { return try writer.begin(document, root: root, to: &out) }
        let advisories = try advisories(of: scan)
        let found = try FoundAdvisories(of: scan.id, wanted: wanted, on: connection)
        try writer.begin(
            document, root: root, advisories: Self.merged(advisories[root.ref] ?? [], found[0]), to: &out)
        var refs = Places()
        var listings = Listings()
        refs[0] = root.ref
        listings.add(0, of: 0)
        var hidden = Set<String>()
        // The direct dependencies of the described component. Where no graph is known, the components that no other
        // component contains.
        let isGraphKnown = try isGraphKnown(of: scan)
        var direct: [Int] = []
        try eachComponent(of: scan, preparing: Writer.prepare) { placed in
            if wanted.hides(depth: placed.depth) {
                leftOut += 1
                if wanted.includesVulnerabilities { hidden.insert(placed.component.ref) }
                return
            }
            refs[placed.position] = placed.component.ref
            listings.add(placed.position, of: placed.occurrence)
            if placed.depth == 1, isGraphKnown || placed.component.parent == nil { direct.append(placed.position) }
            try writer.component(
                placed.component, placed.preparation,
                advisories: Self.merged(advisories[placed.component.ref] ?? [], found[placed.occurrence]), to: &out)
            try production.step(&rows)
        }
        try writeEdges(of: scan, refs, direct: direct, isGraphKnown: isGraphKnown, to: &writer, &out)
        if leftOut > 0 { writer.leavesOutParts(of: root.ref) }
        guard wanted.includesVulnerabilities else { return }
        try eachUnshownClaim(of: scan) { claim in
            if !claim.affects.isEmpty, claim.affects.allSatisfy({ hidden.contains($0.ref) }) { return }
            try writer.vulnerability(claim, to: &out)
        }
        try eachVulnerability { _, occurrence, _ in
            listings.positions(of: occurrence).compactMap { refs[$0] }
        } _: {
            try writer.vulnerability($0, to: &out)
        }
    }

    /// - Parameter direct: the entries that depend on the described component where the document states no
    ///   dependencies.
    private func writeEdges(
        of scan: Scan, _ refs: Places, direct: [Int], isGraphKnown: Bool, to writer: inout some BOMWriter,
        _ out: inout ByteSink
    ) throws {
        guard let root = refs[0] else { return }
        var own: [Dependency] = []
        var contained: Set<Int> = []
        try eachSource(of: scan) { source, edges in
            if !isGraphKnown { for edge in edges where edge.kind == "contains" { contained.insert(edge.target) } }
            guard let from = refs[source] else { return }
            let known = edges.compactMap { edge in refs[edge.target].map { Self.dependency(edge.kind, from, $0) } }
            if source == 0 {
                own = known
            } else if !known.isEmpty {
                try writer.dependencies(of: from, known, to: &out)
            }
        }
        if isGraphKnown {
            let needed = direct.compactMap { refs[$0] }
            try writer.dependencies(of: root, rootEdges(root, told: own, direct: needed), to: &out)
        } else {
            let top = direct.filter { !contained.contains($0) }.compactMap { refs[$0] }
            let held = own + top.map { Dependency(from: root, to: $0, kind: .contains) }
            try writer.unknownDependencies(of: root, contained: held, to: &out)
        }
    }

    /// The advisories of both lists, each once.
    static func merged(_ claimed: [Advisory], _ found: [Advisory]) -> [Advisory] {
        claimed.isEmpty ? found : claimed + found.filter { !claimed.contains($0) }
    }
}

// MARK: - What both scopes need

extension BOMSource {
    func synthesized(_ ref: String, name: String) -> Component {
        var root = Component(ref: ref, name: name)
        root.kind = .application
        return root
    }

    /// The document's facts about itself and about the component that it describes.
    func facts(of scan: Scan) throws -> DocumentFacts? {
        let text = try connection.first("SELECT document FROM scan WHERE id = \(scan.id)") { $0.string(0) } ?? ""
        return text.isEmpty ? nil : try DocumentFacts.decode(text)
    }

    /// The head of the document; its identifier follows from its content.
    func head() throws -> BOMDocument {
        var content = "\(wanted.standard.rawValue) \(wanted.version) \(wanted.depth ?? -1) "
        content += "\(wanted.includesVulnerabilities)\n\(facts.path.joined(separator: "/"))/\(facts.name)\n"
        content += "\(time.digest.hexadecimal)\n"
        if wanted.includesVulnerabilities {
            content += "\(try VulnerabilityMark.read(production.request.scope, on: connection))\n"
        }
        let digest = Digest.of(Array(content.utf8), .sha256)
        var document = BOMDocument(standard: wanted.standard, version: wanted.version)
        document.name = facts.name
        document.created = TimeText.rfc3339(time.newest)
        switch wanted.standard {
        case .cycloneDX: document.identifier = BOMIdentifier.serialNumber(digest: digest) ?? ""
        case .spdx:
            let name = facts.name.utf8.prefix(80).map { byte in
                let isSafe = (48...57).contains(byte) || (97...122).contains(byte | 32)
                return isSafe ? Character(UnicodeScalar(byte)) : "-"
            }
            // The form that the specification recommends to authors without a site of their own (SPDX 2.3 §6.5.1).
            document.identifier =
                "https://spdx.org/spdxdocs/\(String(name))-\(Identifier.uuid(digest, version: 8))"
        }
        return document
    }

    /// A component of a scan with its position.
    struct Placed<Preparation: Sendable>: Sendable {
        let component: Component
        let preparation: Preparation
        let position: Int
        let occurrence: Int
        /// The number of edges from the described component; -1 when no path leads to the component.
        let depth: Int
        /// The uuid of the library in a product's document; empty in a project's document, which uses the names of the
        /// scanned document.
        let uuid: String
    }

    /// The references of components by their positions, which have few gaps.
    struct Places {
        private var refs: [String?] = []

        /// Nil for a position without a component.
        subscript(position: Int) -> String? {
            get { refs.indices.contains(position) ? refs[position] : nil }
            set {
                while refs.count <= position { refs.append(nil) }
                refs[position] = newValue
            }
        }
    }

    /// Calls a closure with the components of a scan; each comes before the components that it contains. Another thread
    /// reads and prepares the components in the meantime, so `body` must not use the connection.
    func eachComponent<Preparation: Sendable>(
        of scan: Scan, preparing prepare: (Component) -> Preparation, _ body: (Placed<Preparation>) throws -> Void
    ) throws {
        // Readers emit inner components first. The reverse order is the order of the tree, which CycloneDX needs for
        // nesting.
        let isProject = production.request.scope.kind == .project
        let isBackwards =
            try wanted.standard == .cycloneDX && isProject
            && connection.integer(
                "SELECT 1 FROM component WHERE scan = \(scan.id) AND parent > position LIMIT 1") != nil
        let uuid: SQL = isProject ? "''" : "(SELECT l.uuid FROM library l WHERE l.id = o.library)"
        let chosen = try ChosenLicenses(
            of: scan.id, organization: production.request.scope.organization, on: connection)
        let standard = wanted.standard
        // A project's document has the facts of each component's own document. A product's document has the facts of
        // the libraries. For a file with only a digest, the inventory names the library.
        let described: SQL = """
            CASE WHEN c.library <> 0 AND EXISTS (SELECT 1 FROM library u JOIN library l ON l.id = o.library
                WHERE u.id = c.library AND u.uuid = l.uuid) THEN c.library ELSE o.library END
            """
        let showsVulnerabilities = wanted.includesVulnerabilities
        // Few components have a parent, so the parent is read only for these.
        let query: SQL =
            """
            SELECT c.position, c.ref, c.scope, CASE WHEN c.parent >= 0 THEN
                    (SELECT p.ref FROM component p WHERE p.scan = c.scan AND p.position = c.parent) END,
                c.depth, c.locations, \(uuid), f.body, o.library, o.position
            FROM component c JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence
            JOIN library_facts f ON f.library = \(isProject ? described : "o.library")
            WHERE c.scan = \(scan.id) AND c.position > 0 ORDER BY c.position
            """
        try Conveyor<Placed<Preparation>>.run { hand in
            try connection.each(isBackwards ? query + " DESC" : query) { row in
                var component = try ComponentFacts.decode(row.string(7))
                component.ref = row.string(1)
                component.scope = row.string(2)
                component.parent = row.isNull(3) ? nil : row.string(3)
                component.locations = row.string(5).split(separator: "\n").map(String.init)
                chosen.apply(to: &component, library: row.integer(8), in: standard)
                if !showsVulnerabilities { component.dropSecurityReferences() }
                try hand(
                    Placed(
                        component: component, preparation: prepare(component), position: Int(row.integer(0)),
                        occurrence: Int(row.integer(9)), depth: Int(row.integer(4)), uuid: row.string(6)))
            }
        } consume: {
            try body($0)
        }
    }

    /// Calls a closure with the edges of a scan; all edges from one entry come together. Another thread reads the edges in the
    /// meantime, so `body` must not use the connection.
    func eachSource(of scan: Scan, _ body: (Int, [(target: Int, kind: String)]) throws -> Void) throws {
        typealias Edges = (source: Int, edges: [(target: Int, kind: String)])
        try Conveyor<Edges>.run { hand in
            var found: Edges?
            try connection.each(
                "SELECT source, target, kind FROM dependency WHERE scan = \(scan.id) ORDER BY source, target, kind"
            ) { row in
                let source = Int(row.integer(0))
                if let whole = found, whole.source != source {
                    try hand(whole)
                    found = nil
                }
                found = found ?? (source, [])
                found?.edges.append((Int(row.integer(1)), row.string(2)))
            }
            if let found { try hand(found) }
        } consume: {
            try body($0.source, $0.edges)
        }
    }

    /// The edges of the described component: the stated ones, and one to each direct dependency that no other component needs
    /// and that the document does not call contained.
    func rootEdges(_ root: String, told: [Dependency], direct: [String]) -> [Dependency] {
        let isContainingSaid = wanted.standard == .spdx
        let known = Set(told.filter { $0.kind == .dependsOn || isContainingSaid && $0.kind == .contains }.map(\.to))
        return told + direct.filter { !known.contains($0) }.map { Dependency(from: root, to: $0) }
    }

    static func dependency(_ kind: String, _ from: String, _ to: String) -> Dependency {
        if let known = Dependency.Kind(rawValue: kind), known != .other {
            return Dependency(from: from, to: to, kind: known)
        }
        return Dependency(from: from, to: to, kind: .other, label: kind)
    }

    /// The advisories of claimed vulnerabilities that no library has (`eachUnshownClaim`), by the reference of the
    /// affected component. SPDX 2 needs them, because it mentions vulnerabilities at the packages.
    func advisories(of scan: Scan) throws -> [String: [Advisory]] {
        var found: [String: [Advisory]] = [:]
        guard wanted.mentionsAdvisories else { return found }
        try eachUnshownClaim(of: scan) { claim in
            let advisory = Advisory(id: claim.id, source: claim.sourceURL)
            for affected in claim.affects where found[affected.ref]?.last != advisory {
                found[affected.ref, default: []].append(advisory)
            }
        }
        return found
    }
}
