package import Bytes
import Inventory

// DESIGN. The mapping follows the order of elements in the XML schema. JSON has no fixed order, so one mapping serves both
// syntaxes. A component stays open until the next one shows whether it is nested inside. So nesting only costs memory for
// one path. XML has the evidence of a component after its nested components, so the evidence waits with the open component.
// Services have a separate list after the components, and wait for it up to a limit.

/// Writes CycloneDX 1.4, 1.5 and 1.6 in one syntax.
package struct CycloneDXWriter<Tree: TreeWriter>: BOMWriter {
    private enum Phase: Int { case none, components, dependencies, vulnerabilities, ended }
    /// A component that is still open.
    private struct Open {
        let ref: String
        /// The reference in its written form.
        let written: String
        let evidence: Evidence
        var hasChildren = false
    }
    /// The deepest nesting that is written; deeper components are written beside each other.
    private static var depthLimit: Int { 32 }
    /// The most services that wait; further ones are written as components.
    private static var serviceLimit: Int { 10_000 }

    let version: CycloneDXVersion
    private let tool: BOMTool
    var tree = Tree()
    private var phase = Phase.none
    private var open: [Open] = []
    private var services: [Component] = []
    /// Every reference written in the document; true once its edges were written.
    private var references: [String: Bool] = [:]
    /// References with unknown dependencies, for `compositions`.
    private var unknown: [String] = []
    /// References of components with unlisted parts, also for `compositions`.
    private var incomplete: [String] = []
    private var firstReference = ""
    private var rootReference = ""
    /// Containment that nesting already expresses, by the reference of the inner component.
    private var nestedIn: [String: String] = [:]
    /// References that had to be changed, by their original text.
    private var respelled: [String: String] = [:]
    /// XML has them after the dependencies.
    private var documentProperties: [Property] = []
    private var vulnerabilityReferences: Set<String> = []
    var extracted: [String: ExtractedLicense] = [:]
    var statements = LicenseStatementReader(takesAnyPlus: true)
    private var counted: [BOMLoss: Int] = [:]
    package var losses: [BOMLoss: Int] { counted.merging(tree.losses, uniquingKeysWith: +) }

    package init(version: CycloneDXVersion, tool: BOMTool) {
        self.version = version
        self.tool = tool
    }

    package mutating func begin(
        _ document: BOMDocument, root: Component?, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError) {
        guard phase == .none else { throw .format("CycloneDX: begin was called twice") }
        guard let created = WriterTime.utc(document.created) else {
            throw .format("CycloneDX: the time of creation \"\(document.created)\" is no RFC 3339 time")
        }
        guard document.identifier.isEmpty || Self.isSerialNumber(document.identifier) else {
            throw .format("CycloneDX: the serial number \"\(document.identifier)\" is no urn:uuid:…")
        }
        declare(document.extractedLicenses)
        tree.beginObject("bom", to: &out)
        tree.attribute(
            .notXML("$schema"), "http://cyclonedx.org/schema/bom-\(version.rawValue).schema.json", to: &out)
        tree.attribute(.onlyXML("xmlns"), "http://cyclonedx.org/schema/bom/\(version.rawValue)", to: &out)
        tree.attribute(.notXML("bomFormat"), "CycloneDX", to: &out)
        tree.attribute(.notXML("specVersion"), version.rawValue, to: &out)
        if !document.identifier.isEmpty { tree.attribute("serialNumber", document.identifier, to: &out) }
        tree.attribute("version", 1, to: &out)
        tree.beginObject("metadata", to: &out)
        tree.field("timestamp", created, to: &out)
        writeTools(document, to: &out)
        writeAuthors(document.creators, to: &out)
        if let root {
            tree.beginObject("component", to: &out)
            let ref = claim(root.ref)
            rootReference = ref
            write(write(root, ref: ref, purl: Self.prepare(root), to: &out), to: &out)
            tree.endObject(to: &out)
        }
        if version.hasDocumentProperties {
            documentProperties = document.properties
        } else {
            writeProperties(document.properties, to: &out)
        }
        tree.endObject(to: &out)
        tree.beginList("components", to: &out)
        phase = .components
        try out.drain()
    }

    package mutating func declare(_ licenses: [ExtractedLicense]) {
        statements.declare(licenses)
        extracted = [:]
        for license in licenses { extracted[LicenseStatement.reference(license.id)] = license }
    }

    /// The package URL in a form that documents may contain; nil without a valid one.
    package static func prepare(_ component: Component) -> String? { PurlText.valid(component.purl) }

    package mutating func component(
        _ component: Component, _ purl: String?, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError) {
        guard phase == .components else { throw .format("CycloneDX: a component out of turn") }
        if component.kind == .service, services.count < Self.serviceLimit {
            var service = component
            service.ref = claim(component.ref)
            services.append(service)
            return
        }
        let place = component.parent.flatMap { parent in open.lastIndex { $0.ref == parent } }
        close(downTo: place.map { min($0 + 1, Self.depthLimit) } ?? 0, to: &out)
        if !open.isEmpty, !open[open.count - 1].hasChildren {
            tree.beginList("components", to: &out)
            open[open.count - 1].hasChildren = true
        }
        tree.beginObject("component", to: &out)
        let ref = claim(component.ref)
        if let parent = open.last { nestedIn[ref] = parent.written }
        let evidence = write(component, ref: ref, purl: purl, to: &out)
        open.append(Open(ref: component.ref, written: ref, evidence: evidence))
        try out.drain()
    }

    package mutating func dependencies(
        of ref: String, _ edges: [Dependency], to out: inout ByteSink
    ) throws(SinkError) {
        guard phase == .components || phase == .dependencies else {
            throw .format("CycloneDX: dependencies out of turn")
        }
        enterDependencies(to: &out)
        let ref = respelled[ref] ?? ref
        guard let isDone = references[ref] else { return lose(.unresolvedEdge, max(1, edges.count)) }
        if isDone { return lose(.repeatedEdges) }
        let targets = targets(of: ref, edges)
        // An entry without targets would state that the component needs nothing.
        if targets.isEmpty, !edges.isEmpty { return }
        references[ref] = true
        tree.beginObject("dependency", to: &out)
        tree.attribute("ref", ref, to: &out)
        tree.beginList(.notXML("dependsOn"), to: &out)
        for target in targets { tree.reference("dependency", target, to: &out) }
        tree.endList(to: &out)
        tree.endObject(to: &out)
        try out.drain()
    }

    /// The dependencies of a component from its edges, each once.
    private mutating func targets(of ref: String, _ edges: [Dependency]) -> [String] {
        var targets: [String] = []
        var seen: Set<String> = [ref]
        for edge in edges {
            guard edge.kind == .dependsOn else {
                // Components contained in another one are nested in it; components contained in the described one are listed in
                // the document.
                if edge.kind == .contains, nestedIn[respelled[edge.to] ?? edge.to] == ref || ref == rootReference {
                    continue
                }
                lose(edge.kind == .contains ? .containment : .edgeKind)
                continue
            }
            let target = respelled[edge.to] ?? edge.to
            guard references[target] != nil else {
                lose(.unresolvedEdge)
                continue
            }
            if seen.insert(target).inserted { targets.append(target) }
        }
        return targets
    }

    /// The component gets no entry in the graph. A composition says that its dependencies are unknown, rather than absent. Its
    /// contained components are nested below it; those of the described component are the components of the document.
    package mutating func unknownDependencies(
        of ref: String, contained: [Dependency], to out: inout ByteSink
    ) throws(SinkError) {
        guard phase == .components || phase == .dependencies else {
            throw .format("CycloneDX: dependencies out of turn")
        }
        guard let ref = known(ref) else { return lose(.unresolvedEdge) }
        unknown.append(ref)
    }

    package mutating func leavesOutParts(of ref: String) {
        if let ref = known(ref) { incomplete.append(ref) }
    }

    package mutating func vulnerability(
        _ vulnerability: VulnerabilityClaim, to out: inout ByteSink
    ) throws(SinkError) {
        guard phase != .none, phase != .ended else { throw .format("CycloneDX: a vulnerability out of turn") }
        enterVulnerabilities(to: &out)
        write(vulnerability, to: &out)
        try out.drain()
    }

    package mutating func end(to out: inout ByteSink) throws(SinkError) {
        guard phase != .none, phase != .ended else { throw .format("CycloneDX: end out of turn") }
        if phase != .vulnerabilities { leaveDependencies(to: &out) }
        if phase == .vulnerabilities { tree.endList(to: &out) }
        tree.endObject(to: &out)
        phase = .ended
        try out.drain()
    }

    // MARK: - Phases

    private mutating func enterDependencies(to out: inout ByteSink) {
        guard phase == .components else { return }
        close(downTo: 0, to: &out)
        tree.endList(to: &out)
        if !services.isEmpty {
            tree.beginList("services", to: &out)
            for service in services { write(service: service, to: &out) }
            tree.endList(to: &out)
            services = []
        }
        tree.beginList("dependencies", to: &out)
        phase = .dependencies
    }

    private mutating func leaveDependencies(to out: inout ByteSink) {
        enterDependencies(to: &out)
        if !firstReference.isEmpty, unknown.isEmpty, !references.values.contains(true) {
            // Readers treat a document without this list as unfinished.
            tree.beginObject("dependency", to: &out)
            tree.attribute("ref", firstReference, to: &out)
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
        writeCompositions(to: &out)
        writeProperties(documentProperties, to: &out)
    }

    private mutating func writeCompositions(to out: inout ByteSink) {
        guard !unknown.isEmpty || !incomplete.isEmpty else { return }
        tree.beginList("compositions", to: &out)
        writeComposition("incomplete", "assemblies", of: "assembly", incomplete, to: &out)
        writeComposition("unknown", "dependencies", of: "dependency", unknown, to: &out)
        tree.endList(to: &out)
    }

    /// Writes how complete the parts or dependencies of some components are; writes nothing for none.
    private mutating func writeComposition(
        _ aggregate: String, _ list: TreeName, of item: TreeName, _ refs: [String], to out: inout ByteSink
    ) {
        guard !refs.isEmpty else { return }
        tree.beginObject("composition", to: &out)
        tree.field("aggregate", aggregate, to: &out)
        tree.beginList(list, to: &out)
        for ref in refs { tree.reference(item, ref, to: &out) }
        tree.endList(to: &out)
        tree.endObject(to: &out)
    }

    private mutating func enterVulnerabilities(to out: inout ByteSink) {
        guard phase != .vulnerabilities else { return }
        leaveDependencies(to: &out)
        tree.beginList("vulnerabilities", to: &out)
        phase = .vulnerabilities
    }

    private mutating func close(downTo depth: Int, to out: inout ByteSink) {
        while open.count > depth {
            let last = open.removeLast()
            if last.hasChildren { tree.endList(to: &out) }
            write(last.evidence, to: &out)
            tree.endObject(to: &out)
        }
    }

    // MARK: - References

    /// The reference to write in place of one that may be empty, taken, or in the form of a BOM-Link.
    mutating func claim(_ wanted: String) -> String {
        let base = wanted.isEmpty ? "component" : wanted.hasPrefix("urn:cdx:") ? "_\(wanted)" : wanted
        var ref = base
        var number = 1
        while references[ref] != nil {
            number += 1
            ref = "\(base)#\(number)"
        }
        references[ref] = false
        // A reference that several components share means the first of them.
        if ref != wanted, references[wanted] == nil, respelled[wanted] == nil { respelled[wanted] = ref }
        if firstReference.isEmpty { firstReference = ref }
        return ref
    }

    /// A reference for a vulnerability. Each vulnerability gets a reference, because the schema forbids two equal
    /// entries.
    mutating func claim(vulnerability it: VulnerabilityClaim) -> String {
        let base = it.ref.isEmpty ? "vulnerability:\(it.id)" : it.ref.hasPrefix("urn:cdx:") ? "_\(it.ref)" : it.ref
        var ref = base
        var number = 1
        while references[ref] != nil || !vulnerabilityReferences.insert(ref).inserted {
            number += 1
            ref = "\(base)#\(number)"
        }
        return ref
    }

    /// The reference in the spelling of the document; nil when the document lacks it.
    func known(_ ref: String) -> String? {
        let ref = respelled[ref] ?? ref
        return references[ref] == nil ? nil : ref
    }

    mutating func lose(_ loss: BOMLoss, _ count: Int = 1) { counted[loss, default: 0] += count }

    private static func isSerialNumber(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard text.hasPrefix("urn:uuid:"), bytes.count == 45 else { return false }
        for (index, byte) in bytes.dropFirst(9).enumerated() {
            if [8, 13, 18, 23].contains(index) {
                if byte != UInt8(ascii: "-") { return false }
            } else if !((byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 102)) {
                return false
            }
        }
        return true
    }

    // MARK: - Metadata

    private mutating func writeTools(_ document: BOMDocument, to out: inout ByteSink) {
        if version.hasToolComponents {
            tree.beginObject("tools", to: &out)
            tree.beginList("components", to: &out)
        } else {
            tree.beginList("tools", to: &out)
        }
        var seen = Set<String>()
        for (index, name) in ([tool.name] + document.tools).enumerated() where !name.isEmpty {
            guard seen.insert(name).inserted else { continue }
            tree.beginObject(version.hasToolComponents ? "component" : "tool", to: &out)
            if version.hasToolComponents { tree.attribute("type", "application", to: &out) }
            tree.field("name", name, to: &out)
            if index == 0 { tree.text("version", tool.version, to: &out) }
            tree.endObject(to: &out)
        }
        tree.endList(to: &out)
        if version.hasToolComponents { tree.endObject(to: &out) }
    }

    private mutating func writeAuthors(_ creators: [Agent], to out: inout ByteSink) {
        let authors = creators.filter { $0.kind != .tool && !($0.name.isEmpty && $0.email.isEmpty) }
        guard !authors.isEmpty else { return }
        tree.beginList("authors", to: &out)
        for author in authors { writeContact(author, "author", to: &out) }
        tree.endList(to: &out)
    }
}
