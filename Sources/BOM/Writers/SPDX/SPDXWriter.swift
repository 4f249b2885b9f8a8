package import Bytes
import Inventory

// DESIGN. The document is written in one pass: packages, then relationships, then the licence texts that the packages
// needed. Ids are derived from file names in the order of the packages, so equal input gives equal ids.

/// Writes SPDX 2.2 and 2.3 in one syntax.
package struct SPDXWriter<Tree: TreeWriter>: BOMWriter {
    private enum Phase { case none, packages, relationships, ended }

    let version: SPDXVersion
    private let tool: BOMTool
    private let prefix: String
    private let writesReferencesOnly: Bool
    var tree = Tree()
    private var phase = Phase.none
    private var describes: [String] = []
    private var identifiers: [String: String] = [:]
    private var names = SPDXIdentifiers()
    private var firstIdentifier = ""
    /// Nesting, which is written as CONTAINS.
    private var nested: [(parent: String, child: String)] = []
    private var finished: Set<String> = []
    var texts = DeclaredLicenseTexts(takesAnyPlus: false)
    private var counted: [BOMLoss: Int] = [:]
    package var losses: [BOMLoss: Int] {
        var all = counted.merging(tree.losses, uniquingKeysWith: +)
        if texts.lost > 0 { all[.licenseText] = texts.lost }
        return all
    }

    /// - Parameter prefix: the beginning of package ids.
    package init(version: SPDXVersion, tool: BOMTool, prefix: String = SPDXIdentifiers.prefix) {
        self.init(version: version, tool: tool, prefix: prefix, writesReferencesOnly: false)
    }

    /// - Parameter writesReferencesOnly: writes packages with their ids and external references only, and no relationships, for a
    ///   file that has the rest elsewhere. `losses` are then those of the tree.
    init(
        version: SPDXVersion, tool: BOMTool, prefix: String = SPDXIdentifiers.prefix, writesReferencesOnly: Bool
    ) {
        self.version = version
        self.tool = tool
        self.prefix = prefix
        self.writesReferencesOnly = writesReferencesOnly
    }

    package mutating func begin(
        _ document: BOMDocument, root: Component?, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError) {
        guard phase == .none else { throw .format("SPDX: begin was called twice") }
        guard let created = WriterTime.utc(document.created) else {
            throw .format("SPDX: the time of creation \"\(document.created)\" is no RFC 3339 time")
        }
        guard URLText.isAbsolute(document.identifier) else {
            throw .format("SPDX: the namespace \"\(document.identifier)\" is no URI without fragment")
        }
        tree.beginObject("Document", to: &out)
        tree.field("spdxVersion", "SPDX-\(version.rawValue)", to: &out)
        tree.field("dataLicense", "CC0-1.0", to: &out)
        tree.field("SPDXID", "SPDXRef-DOCUMENT", to: &out)
        let name = document.name.isEmpty ? root?.name ?? "" : document.name
        tree.field("name", SPDXText.name(name), to: &out)
        tree.field("documentNamespace", document.identifier, to: &out)
        tree.text("comment", document.comment, to: &out)
        tree.beginObject("creationInfo", to: &out)
        tree.field("created", created, to: &out)
        tree.beginList(.notXML("creators"), to: &out)
        tree.field("creators", "Tool: \(SPDXText.line("\(tool.name)-\(tool.version)"))", to: &out)
        for creator in document.creators {
            if let text = SPDXText.creator(creator) { tree.field("creators", text, to: &out) }
        }
        for tool in document.tools where !tool.isEmpty {
            tree.field("creators", "Tool: \(SPDXText.line(tool))", to: &out)
        }
        tree.endList(to: &out)
        tree.field("licenseListVersion", LicenseList.version, to: &out)
        tree.endObject(to: &out)
        declare(document.extractedLicenses)
        describes = root.map { [$0.ref] } ?? document.describes
        tree.beginList(.notXML("packages"), to: &out)
        phase = .packages
        if let root { try component(root, advisories: advisories, to: &out) }
    }

    package mutating func declare(_ licenses: [ExtractedLicense]) { texts.declare(licenses) }

    package static func prepare(_ component: Component) -> SPDXPreparation { SPDXPreparation(component) }

    package mutating func component(
        _ component: Component, _ preparation: SPDXPreparation, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError) {
        guard phase == .packages else { throw .format("SPDX: a component out of turn") }
        let id = names.claim(prefix + preparation.file)
        if writesReferencesOnly {
            tree.beginObject("packages", to: &out)
            tree.field("SPDXID", id, to: &out)
            writeReferences(of: component, purl: preparation.purl, advisories: advisories, to: &out)
            tree.endObject(to: &out)
            return try out.drain()
        }
        if identifiers[component.ref] == nil { identifiers[component.ref] = id }
        if firstIdentifier.isEmpty { firstIdentifier = id }
        if let parent = component.parent { nested.append((parent, id)) }
        write(component, id: id, purl: preparation.purl, advisories: advisories, to: &out)
        try out.drain()
    }

    package mutating func dependencies(
        of ref: String, _ edges: [Dependency], to out: inout ByteSink
    ) throws(SinkError) {
        guard phase == .packages || phase == .relationships else { throw .format("SPDX: dependencies out of turn") }
        try enterRelationships(to: &out)
        if writesReferencesOnly { return }
        guard let from = identifiers[ref] else { return lose(.unresolvedEdge, max(1, edges.count)) }
        guard finished.insert(ref).inserted else { return lose(.repeatedEdges) }
        var told: [Told] = []
        told.reserveCapacity(edges.count)
        for edge in edges {
            guard let to = edge.to == "NONE" || edge.to == "NOASSERTION" ? edge.to : identifiers[edge.to] else {
                lose(.unresolvedEdge)
                continue
            }
            let (first, name, second, comment) = relationship(edge, from: from, to: to)
            guard from != to else { continue }
            // Nesting already expresses it.
            if name == "CONTAINS", containments.contains("\(first) \(second)") { continue }
            told.append(Told(first: first, name: name, second: second, comment: comment))
        }
        for it in told.withoutRepetition() { write(it.first, it.name, it.second, comment: it.comment, to: &out) }
        try out.drain()
    }

    /// SPDX 2 has no element for vulnerabilities; packages mention the advisories, which came with `component`.
    package mutating func vulnerability(
        _ vulnerability: VulnerabilityClaim, to out: inout ByteSink
    ) throws(SinkError) {
        guard phase != .none, phase != .ended else { throw .format("SPDX: a vulnerability out of turn") }
        if !vulnerability.ratings.isEmpty || vulnerability.analysis != nil { lose(.vulnerability) }
    }

    package mutating func end(to out: inout ByteSink) throws(SinkError) {
        guard phase != .none, phase != .ended else { throw .format("SPDX: end out of turn") }
        try enterRelationships(to: &out)
        tree.endList(to: &out)
        try texts.write(with: &tree, to: &out)
        tree.endObject(to: &out)
        phase = .ended
        try out.drain()
    }

    // MARK: - Relationships

    /// A relationship in its written form. Two relationships that differ only in their comment count as one.
    private struct Told: Hashable {
        let first: String
        let name: String
        let second: String
        let comment: String

        static func == (left: Told, right: Told) -> Bool {
            left.second == right.second && left.first == right.first && left.name == right.name
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(first)
            hasher.combine(name)
            hasher.combine(second)
        }
    }

    /// The pairs that nesting has written.
    private var containments: Set<String> = []

    private mutating func enterRelationships(to out: inout ByteSink) throws(SinkError) {
        guard phase == .packages else { return }
        phase = .relationships
        tree.endList(to: &out)
        tree.beginList(.notXML("relationships"), to: &out)
        var described: [String] = []
        for id in describes.compactMap({ identifiers[$0] }) where !described.contains(id) { described.append(id) }
        if described.isEmpty { described = [firstIdentifier.isEmpty ? "NOASSERTION" : firstIdentifier] }
        for id in described { write("SPDXRef-DOCUMENT", "DESCRIBES", id, comment: "", to: &out) }
        for (parent, child) in nested {
            guard let id = identifiers[parent], id != child, containments.insert("\(id) \(child)").inserted else {
                continue
            }
            write(id, "CONTAINS", child, comment: "", to: &out)
            try out.drain()
        }
        nested = []
    }

    private func relationship(
        _ edge: Dependency, from: String, to: String
    ) -> (first: String, name: String, second: String, comment: String) {
        switch edge.kind {
        case .contains: return (from, "CONTAINS", to, "")
        case .dependsOn:
            // The named kinds of dependency point from the dependency to the dependent.
            if edge.label.hasSuffix("DEPENDENCY_OF"), version.knows(relationship: edge.label), to.hasPrefix("SPDXRef-")
            {
                return (to, edge.label, from, "")
            }
            return (from, "DEPENDS_ON", to, "")
        case .other:
            return version.knows(relationship: edge.label)
                ? (from, edge.label, to, "") : (from, "OTHER", to, edge.label.isEmpty ? "not named" : edge.label)
        }
    }

    private mutating func write(
        _ from: String, _ name: String, _ to: String, comment: String, to out: inout ByteSink
    ) {
        tree.beginObject("relationships", to: &out)
        tree.field("spdxElementId", from, to: &out)
        tree.field("relationshipType", name, to: &out)
        tree.field("relatedSpdxElement", to, to: &out)
        tree.text("comment", comment, to: &out)
        tree.endObject(to: &out)
    }

    mutating func lose(_ loss: BOMLoss, _ count: Int = 1) { counted[loss, default: 0] += count }
}
