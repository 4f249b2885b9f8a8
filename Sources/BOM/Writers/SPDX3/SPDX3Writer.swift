package import Bytes
import Inventory

// DESIGN. SPDX 3 is a graph: a list of elements that name each other, in any order. So packages, licences and people are
// written at their first use, and the bill itself, which names all packages, comes last. The name of an element is the
// document's namespace, `#`, and an id in the form of SPDX 2. Memory holds these ids, the licence expressions and people.

/// Writes SPDX 3.0.1 as JSON-LD: the profiles Core, Software, SimpleLicensing and Security.
package struct SPDX3Writer: BOMWriter {
    /// The version in the spelling of requests.
    package static let version = "3.0"
    private static let specification = "3.0.1"
    private static let context = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
    private static let creation = "_:creationinfo"

    private let tool: BOMTool
    var tree = JSONTree()
    private var namespace = ""
    private var isOpen = false
    private var names = SPDXIdentifiers()
    private var root = ""
    private var packages: [String] = []
    private var elements: [String: String] = [:]
    private var finished: Set<String> = []
    private var agents: [String: String] = [:]
    private var expressions: [String: String] = [:]
    private var relationships = 0
    private var texts = DeclaredLicenseTexts(takesAnyPlus: true)
    private var counted: [BOMLoss: Int] = [:]

    package var losses: [BOMLoss: Int] {
        var all = counted
        if texts.lost > 0 { all[.licenseText] = texts.lost }
        return all
    }

    package init(tool: BOMTool) { self.tool = tool }

    // MARK: The document

    package mutating func begin(
        _ document: BOMDocument, root: Component?, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError) {
        guard let created = WriterTime.utc(document.created) else {
            throw .format("SPDX: the time of creation \"\(document.created)\" is no RFC 3339 time")
        }
        guard URLText.isAbsolute(document.identifier) else {
            throw .format("SPDX: the namespace \"\(document.identifier)\" is no URI without fragment")
        }
        namespace = document.identifier
        isOpen = true
        tree.beginObject("", to: &out)
        tree.field("@context", Self.context, to: &out)
        tree.beginList("@graph", to: &out)
        let program = Agent(.tool, name: "\(tool.name)-\(tool.version)")
        var creators: [String] = []
        for agent in document.creators where agent.kind != .tool {
            if let id = self.agent(agent, to: &out), !creators.contains(id) { creators.append(id) }
        }
        if creators.isEmpty, let id = self.agent(program, to: &out) { creators = [id] }
        var used: [String] = []
        let others = document.tools.map { Agent(.tool, name: $0) } + document.creators.filter { $0.kind == .tool }
        for agent in [program] + others {
            let name = SPDXText.line(agent.name)
            if name.isEmpty { continue }
            let id = element("SPDXRef-Tool-" + IDText.safe(name), type: "Tool", to: &out)
            tree.field("name", name, to: &out)
            tree.endObject(to: &out)
            used.append(id)
        }
        tree.beginObject("", to: &out)
        tree.field("type", "CreationInfo", to: &out)
        tree.field("@id", Self.creation, to: &out)
        tree.field("specVersion", Self.specification, to: &out)
        tree.field("created", created, to: &out)
        list("createdBy", creators, to: &out)
        list("createdUsing", used, to: &out)
        tree.endObject(to: &out)
        let dataLicense = license([LicenseClaim(.id("CC0-1.0"))], to: &out)
        tree.beginObject("", to: &out)
        head("SPDXRef-DOCUMENT", type: "SpdxDocument", to: &out)
        let name = document.name.isEmpty ? root?.name ?? "" : document.name
        tree.field("name", SPDXText.name(name), to: &out)
        tree.text("comment", document.comment, to: &out)
        list("profileConformance", ["core", "software", "simpleLicensing", "security"], to: &out)
        list("rootElement", [iri("SPDXRef-SBOM")], to: &out)
        if let dataLicense { tree.field("dataLicense", dataLicense, to: &out) }
        tree.endObject(to: &out)
        texts.declare(document.extractedLicenses)
        if let root { try component(root, advisories: [], to: &out) }
        try out.drain()
    }

    package mutating func declare(_ licenses: [ExtractedLicense]) { texts.declare(licenses) }

    package static func prepare(_ component: Component) -> SPDXPreparation { SPDXPreparation(component) }

    package mutating func component(
        _ component: Component, _ preparation: SPDXPreparation, advisories: [Advisory], to out: inout ByteSink
    ) throws(SinkError) {
        guard isOpen else { throw .format("SPDX: a component out of turn") }
        let id = names.claim(SPDXIdentifiers.prefix + preparation.file)
        if elements[component.ref] == nil { elements[component.ref] = id }
        if root.isEmpty { root = id }
        packages.append(id)
        write(component, id: id, purl: preparation.purl, to: &out)
        if let parent = component.parent.flatMap({ elements[$0] }), parent != id {
            relate(parent, "contains", [iri(id)], to: &out)
        }
        try out.drain()
    }

    package mutating func dependencies(
        of ref: String, _ edges: [Dependency], to out: inout ByteSink
    ) throws(SinkError) {
        guard isOpen else { throw .format("SPDX: dependencies out of turn") }
        guard let from = elements[ref] else { return lose(.unresolvedEdge, max(1, edges.count)) }
        guard finished.insert(ref).inserted else { return lose(.repeatedEdges) }
        // One relationship for each kind, to all of its targets; reversed relationships are separate.
        var grouped: [(relation: SPDX3Relation, to: [String])] = []
        var seen = Set<String>()
        for edge in edges {
            let target: String
            switch edge.to {
            case "NONE": target = "NoneElement"
            case "NOASSERTION": target = "NoAssertionElement"
            default:
                guard let id = elements[edge.to] else {
                    lose(.unresolvedEdge)
                    continue
                }
                target = iri(id)
            }
            let relation = SPDX3Relation(edge)
            guard target != iri(from), seen.insert("\(relation.name) \(relation.scope) \(target)").inserted else {
                continue
            }
            if relation.isTurned, let id = elements[edge.to] {
                relate(id, relation, [iri(from)], to: &out)
            } else if let place = grouped.firstIndex(where: { $0.relation == relation }) {
                grouped[place].to.append(target)
            } else {
                grouped.append((relation, [target]))
            }
        }
        for (relation, targets) in grouped { relate(from, relation, targets, to: &out) }
        try out.drain()
    }

    package mutating func vulnerability(
        _ vulnerability: VulnerabilityClaim, to out: inout ByteSink
    ) throws(SinkError) {
        guard isOpen else { throw .format("SPDX: a vulnerability out of turn") }
        var affected: [String] = []
        for it in vulnerability.affects {
            guard let id = elements[it.ref] else {
                lose(.affected)
                continue
            }
            if !affected.contains(id) { affected.append(id) }
        }
        write(vulnerability, affecting: affected, to: &out)
        try out.drain()
    }

    package mutating func end(to out: inout ByteSink) throws(SinkError) {
        guard isOpen else { throw .format("SPDX: end out of turn") }
        for license in texts.declared {
            tree.beginObject("", to: &out)
            head(license.id, type: "simplelicensing_SimpleLicensingText", to: &out)
            let given = SPDXText.line(license.name)
            let name = given.isEmpty ? String(license.id.dropFirst(11)) : given
            tree.field("name", name, to: &out)
            tree.text("comment", license.comment, to: &out)
            let urls = license.urls.filter { !$0.isBlank }
            if !urls.isEmpty {
                tree.beginList("externalRef", to: &out)
                reference("license", urls.map(URLText.reference), comment: "", to: &out)
                tree.endList(to: &out)
            }
            tree.field("simplelicensing_licenseText", license.text.isBlank ? name : license.text, to: &out)
            tree.endObject(to: &out)
            try out.drain()
        }
        tree.beginObject("", to: &out)
        head("SPDXRef-SBOM", type: "software_Sbom", to: &out)
        if !root.isEmpty { list("rootElement", [iri(root)], to: &out) }
        tree.beginList("element", to: &out)
        for id in packages {
            tree.field("", iri(id), to: &out)
            try out.drain()
        }
        tree.endList(to: &out)
        tree.endObject(to: &out)
        tree.endList(to: &out)
        tree.endObject(to: &out)
        isOpen = false
        try out.drain()
    }

    // MARK: Elements

    func iri(_ id: String) -> String { "\(namespace)#\(id)" }

    /// The first members of every element.
    mutating func head(_ id: String, type: String, to out: inout ByteSink) {
        tree.field("type", type, to: &out)
        tree.field("spdxId", iri(id), to: &out)
        tree.field("creationInfo", Self.creation, to: &out)
    }

    /// Begins an element with a new id, and returns its IRI.
    mutating func element(_ base: String, type: String, to out: inout ByteSink) -> String {
        let id = names.claim(base)
        tree.beginObject("", to: &out)
        head(id, type: type, to: &out)
        return iri(id)
    }

    mutating func list(_ name: TreeName, _ values: [String], to out: inout ByteSink) {
        if values.isEmpty { return }
        tree.beginList(name, to: &out)
        for value in values { tree.field("", value, to: &out) }
        tree.endList(to: &out)
    }

    /// Writes a person, an organization or a program at its first use; returns its IRI, or nil when it has no name.
    mutating func agent(_ agent: Agent, to out: inout ByteSink) -> String? {
        let name = SPDXText.line(agent.name.isEmpty ? agent.email : agent.name)
        guard !name.isEmpty, name != "NOASSERTION" else { return nil }
        let key = "\(agent.kind.rawValue)\n\(name)\n\(agent.email)"
        if let known = agents[key] { return known }
        let type =
            switch agent.kind {
            case .person: "Person"
            case .organization: "Organization"
            case .tool: "SoftwareAgent"
            }
        let id = element("SPDXRef-\(type)-" + IDText.safe(name), type: type, to: &out)
        tree.field("name", name, to: &out)
        let email = SPDXText.line(agent.email)
        if !email.isEmpty {
            tree.beginList("externalIdentifier", to: &out)
            identifier("email", email, to: &out)
            tree.endList(to: &out)
        }
        tree.endObject(to: &out)
        agents[key] = id
        return id
    }

    mutating func identifier(_ type: String, _ value: String, comment: String = "", to out: inout ByteSink) {
        tree.beginObject("", to: &out)
        tree.field("type", "ExternalIdentifier", to: &out)
        tree.field("externalIdentifierType", type, to: &out)
        tree.field("identifier", value, to: &out)
        tree.text("comment", comment, to: &out)
        tree.endObject(to: &out)
    }

    mutating func reference(_ type: String, _ locators: [String], comment: String, to out: inout ByteSink) {
        tree.beginObject("", to: &out)
        tree.field("type", "ExternalRef", to: &out)
        tree.field("externalRefType", type, to: &out)
        list("locator", locators, to: &out)
        tree.text("comment", comment, to: &out)
        tree.endObject(to: &out)
    }

    /// The IRI of the claims' licence expression, which is written at its first use; nil when the claims state no
    /// licence.
    mutating func license(_ claims: [LicenseClaim], to out: inout ByteSink) -> String? {
        let text = texts.expression(of: claims)
        if text == "NOASSERTION" { return nil }
        if text == "NONE" { return "expandedlicensing_NoneLicense" }
        if let known = expressions[text] { return known }
        let id = element("SPDXRef-License-" + IDText.safe(text), type: "simplelicensing_LicenseExpression", to: &out)
        tree.field("simplelicensing_licenseExpression", text, to: &out)
        let version = LicenseList.version
        tree.field(
            "simplelicensing_licenseListVersion", version.split(separator: ".").count == 2 ? version + ".0" : version,
            to: &out)
        var references: [String] = []
        for word in text.split(whereSeparator: { " ()".contains($0) }) where word.hasPrefix("LicenseRef-") {
            if !references.contains(String(word)) { references.append(String(word)) }
        }
        if !references.isEmpty {
            tree.beginList("simplelicensing_customIdToUri", to: &out)
            for reference in references {
                tree.beginObject("", to: &out)
                tree.field("type", "DictionaryEntry", to: &out)
                tree.field("key", reference, to: &out)
                tree.field("value", iri(reference), to: &out)
                tree.endObject(to: &out)
            }
            tree.endList(to: &out)
        }
        tree.endObject(to: &out)
        expressions[text] = id
        return id
    }

    // MARK: Relationships

    mutating func relate(_ from: String, _ name: String, _ to: [String], to out: inout ByteSink) {
        relate(from, SPDX3Relation(name), to, to: &out)
    }

    mutating func relate(_ from: String, _ relation: SPDX3Relation, _ to: [String], to out: inout ByteSink) {
        openRelationship(
            from, relation.name, to, type: relation.scope.isEmpty ? "Relationship" : "LifecycleScopedRelationship",
            to: &out)
        tree.text("scope", relation.scope, to: &out)
        tree.text("comment", relation.comment, to: &out)
        tree.endObject(to: &out)
    }

    /// Begins a relationship of some type from one of the document's own ids to IRIs.
    mutating func openRelationship(
        _ from: String, _ name: String, _ to: [String], type: String, to out: inout ByteSink
    ) {
        relationships += 1
        tree.beginObject("", to: &out)
        head("SPDXRef-Relationship-\(relationships)", type: type, to: &out)
        tree.field("from", iri(from), to: &out)
        tree.field("relationshipType", name, to: &out)
        list("to", to, to: &out)
    }

    /// An id for a vulnerability.
    mutating func claim(vulnerability it: VulnerabilityClaim) -> String {
        names.claim("SPDXRef-Vulnerability-" + IDText.safe(it.id))
    }

    mutating func lose(_ loss: BOMLoss, _ count: Int = 1) { counted[loss, default: 0] += count }
}

/// An edge in the terms of SPDX 3 (Core, `RelationshipType` and `LifecycleScopeType`).
struct SPDX3Relation: Equatable {
    var name: String
    /// The phase of the life cycle in which the edge holds, or empty.
    var scope = ""
    /// Whether the relationship is reversed.
    var isTurned = false
    /// The SPDX 2 word, where SPDX 3 has none.
    var comment = ""

    init(_ name: String) { self.name = name }

    init(_ edge: Dependency) {
        switch edge.kind {
        case .contains: self.init("contains")
        case .dependsOn:
            self.init("dependsOn")
            switch edge.label {
            case "BUILD_DEPENDENCY_OF": scope = "build"
            case "DEV_DEPENDENCY_OF": scope = "development"
            case "RUNTIME_DEPENDENCY_OF": scope = "runtime"
            case "TEST_DEPENDENCY_OF": scope = "test"
            case "OPTIONAL_DEPENDENCY_OF": name = "hasOptionalDependency"
            case "PROVIDED_DEPENDENCY_OF": name = "hasProvidedDependency"
            default: break
            }
        case .other:
            guard let (name, isTurned) = Self.words[edge.label] else {
                self.init("other")
                comment = edge.label.isEmpty ? "not named" : edge.label
                return
            }
            self.init(name)
            self.isTurned = isTurned
        }
    }

    /// The relationships of SPDX 2.3 §11.1 in the terms of SPDX 3, and whether they are reversed.
    private static let words: [String: (String, Bool)] = [
        "ANCESTOR_OF": ("ancestorOf", false), "COPY_OF": ("copiedTo", true), "DATA_FILE_OF": ("hasDataFile", true),
        "DEPENDENCY_MANIFEST_OF": ("hasDependencyManifest", true), "DESCENDANT_OF": ("descendantOf", false),
        "DISTRIBUTION_ARTIFACT": ("hasDistributionArtifact", false), "DOCUMENTATION_OF": ("hasDocumentation", true),
        "DYNAMIC_LINK": ("hasDynamicLink", false), "EXAMPLE_OF": ("hasExample", true),
        "EXPANDED_FROM_ARCHIVE": ("expandsTo", true), "FILE_ADDED": ("hasAddedFile", true),
        "FILE_DELETED": ("hasDeletedFile", true), "GENERATED_FROM": ("generates", true),
        "GENERATES": ("generates", false), "HAS_PREREQUISITE": ("hasPrerequisite", false),
        "METAFILE_OF": ("hasMetadata", true), "OPTIONAL_COMPONENT_OF": ("hasOptionalComponent", true),
        "PACKAGE_OF": ("packagedBy", true), "PATCH_FOR": ("patchedBy", true),
        "PREREQUISITE_FOR": ("hasPrerequisite", true), "STATIC_LINK": ("hasStaticLink", false),
        "TEST_CASE_OF": ("hasTestCase", true), "TEST_OF": ("hasTest", true), "VARIANT_OF": ("hasVariant", true),
    ]
}
