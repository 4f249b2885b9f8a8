import Bytes

/// Reads SPDX 2.x JSON (spdx-spec 2.2 and 2.3, schemas/spdx-schema.json).
struct SPDXJSONReader {
    var assembly: BOMAssembly
    var document = BOMDocument(standard: .spdx, version: "")
    /// The packages of files, from `hasFiles`; complete only if packages come first.
    var owners: [Int32: Int32] = [:]
    private var extra = ExtraFields()
    private var snippetCount = 0

    private let form: BOMReader.Form
    /// The document's JSON form from its beginning, for looking ahead.
    private let again: () throws -> JSONReader
    /// The document's declarations of its `LicenseRef-`s, read on first need.
    private var declared: [String: LicenseReference]?

    init(outlet: BOMOutlet, form: BOMReader.Form, again: @escaping () throws -> JSONReader) {
        assembly = BOMAssembly(outlet: outlet)
        self.form = form
        self.again = again
    }

    private enum Field: String, CaseIterable, Sendable {
        case spdxVersion, name, dataLicense, documentNamespace, comment, creationInfo, documentDescribes, packages
        case files, snippets, relationships, hasExtractedLicensingInfos
        case id = "SPDXID"
        case schema = "$schema"

        var isOfParts: Bool {
            switch self {
            case .packages, .files, .snippets, .relationships, .hasExtractedLicensingInfos, .documentDescribes: true
            case .spdxVersion, .name, .dataLicense, .documentNamespace, .comment, .creationInfo, .id, .schema: false
            }
        }
    }
    private static let fields = JSONKeys<Field>()

    /// Reads the whole document.
    mutating func read(_ json: inout JSONReader) throws -> DependencyGraph {
        try assembly.declareUnkept(SPDXMapping.documentID)
        try assembly.declareUnkept("NONE")
        try assembly.declareUnkept("NOASSERTION")
        var seen = JSONSeenKeys()
        try form.begin(&json)
        while try json.nextKey() {
            json.ceiling = .max
            let seenBefore = seen
            let field = try json.key(in: Self.fields, seen: &seen)
            // In the JSON form of a document whose parts come in any order, each run of parts of one kind is an
            // array.
            if !form.isJSON, field?.isOfParts == true { seen = seenBefore }
            switch field {
            case .spdxVersion: document.version = try json.text()
            case .id: try assembly.declareUnkept(try json.text())
            case .name: document.name = try json.text()
            case .dataLicense: document.dataLicense = try json.text()
            case .documentNamespace: document.identifier = try json.text()
            case .comment: document.comment = try json.text()
            case .creationInfo:
                json.ceiling = json.offset + BOMReader.partLimit
                try creationInfo(&json)
            case .documentDescribes:
                for reference in try json.texts() { try assembly.describe(reference) }
            case .packages:
                guard try json.beginArrayUnlessNull() else { continue }
                while try json.nextObject() {
                    json.ceiling = json.offset + BOMReader.partLimit
                    try package(&json)
                }
            case .files:
                guard try json.beginArrayUnlessNull() else { continue }
                while try json.nextObject() {
                    json.ceiling = json.offset + BOMReader.partLimit
                    try file(&json)
                }
            case .snippets: try snippets(&json)
            case .relationships: try relationships(&json)
            case .hasExtractedLicensingInfos:
                json.ceiling = json.offset + BOMReader.partLimit
                let found = try extractedLicenses(&json)
                document.extractedLicenses += found
                if form.isJSON { declare(found) }
            case .schema: try json.skipValue()
            case nil: try assembly.keep(&json, in: &extra)
            }
        }
        try form.finish(&json)
        guard let version = SPDXMapping.version(document.version) else {
            throw BOMError.invalid(
                what: "spdxVersion is \"\(document.version.prefix(100))\"; SPDX is read in SPDX-2.1, 2.2 and 2.3")
        }
        document.version = version
        document.extra = extra.text
        if snippetCount > 0 { assembly.warn(.snippet, "\(snippetCount) snippets were not kept") }
        return try assembly.finish(document)
    }

    // MARK: - The document

    private enum CreationField: String, CaseIterable, Sendable { case created, creators }
    private static let creationFields = JSONKeys<CreationField>()

    private mutating func creationInfo(_ json: inout JSONReader) throws {
        guard try json.beginObjectUnlessNull() else { return }
        var seen = JSONSeenKeys()
        var rest = ExtraFields()
        while try json.nextKey() {
            switch try json.key(in: Self.creationFields, seen: &seen) {
            case .created: document.created = try json.text()
            case .creators:
                for text in try json.texts() {
                    guard let agent = SPDXMapping.agent(text) else { continue }
                    if agent.kind == .tool {
                        document.tools.append(agent.name)
                    } else {
                        document.creators.append(agent)
                    }
                }
            case nil: try assembly.keep(&json, in: &rest)
            }
        }
        if !rest.text.isEmpty { extra.append(key: "creationInfo", raw: rest.text) }
    }

    private enum LicenseField: String, CaseIterable, Sendable {
        case licenseId, name, extractedText, seeAlsos, comment
    }
    private static let licenseFields = JSONKeys<LicenseField>()

    private mutating func extractedLicenses(_ json: inout JSONReader) throws -> [ExtractedLicense] {
        var found: [ExtractedLicense] = []
        guard try json.beginArrayUnlessNull() else { return found }
        while try json.nextObject() {
            var it = ExtractedLicense(id: "")
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.licenseFields, seen: &seen) {
                case .licenseId: it.id = try json.text()
                case .name: it.name = SPDXMapping.said(try json.text())
                case .extractedText: it.text = try json.text()
                case .seeAlsos: it.urls = try json.texts()
                case .comment: it.comment = try json.text()
                case nil: try json.skipValue()
                }
            }
            if it.id.isEmpty {
                assembly.warn(.license, "an extracted licence without licenseId was skipped")
            } else {
                found.append(it)
            }
        }
        return found
    }

    private mutating func declare(_ licenses: [ExtractedLicense]) {
        var known = declared ?? [:]
        for license in licenses where known[license.id] == nil { known[license.id] = LicenseReference(license) }
        declared = known
    }

    /// A licence field with the document's declarations of the references in it. Documents share components by their
    /// content, and `LicenseRef-1` alone has no meaning. Declarations may follow the references to them, so a first pass
    /// collects them.
    mutating func claims(_ text: String) throws -> [LicenseClaim] {
        var claims = SPDXMapping.claims(text)
        guard text.contains("LicenseRef-"), !claims.isEmpty else { return claims }
        if declared == nil {
            var json = try again()
            var reader = SPDXJSONReader(outlet: .none, form: form, again: again)
            reader.declare(try reader.declarations(&json))
            declared = reader.declared
        }
        claims[0].references = LicenseReference.mentioned(in: text, of: declared ?? [:])
        return claims
    }

    /// Reads past everything but the extracted licences.
    private mutating func declarations(_ json: inout JSONReader) throws -> [ExtractedLicense] {
        var found: [ExtractedLicense] = []
        try json.beginObject()
        while try json.nextKey() {
            json.ceiling = .max
            if json.keyEquals("hasExtractedLicensingInfos") {
                json.ceiling = json.offset + BOMReader.partLimit
                found += try extractedLicenses(&json)
                // Only other syntaxes have further runs of them.
                if form.isJSON { break }
            } else {
                try json.skipValue()
            }
        }
        return found
    }

    private enum SnippetField: String, CaseIterable, Sendable { case id = "SPDXID" }
    private static let snippetFields = JSONKeys<SnippetField>()

    private mutating func snippets(_ json: inout JSONReader) throws {
        guard try json.beginArrayUnlessNull() else { return }
        while try json.nextObject() {
            snippetCount += 1
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.snippetFields, seen: &seen) {
                case .id: try assembly.declareUnkept(json.text())
                case nil: try json.skipValue()
                }
            }
        }
    }

    // MARK: - Relationships

    private enum RelationshipField: String, CaseIterable, Sendable {
        case relationshipType, spdxElementId, relatedSpdxElement
    }
    private static let relationshipFields = JSONKeys<RelationshipField>()

    private mutating func relationships(_ json: inout JSONReader) throws {
        guard try json.beginArrayUnlessNull() else { return }
        while try json.nextObject() {
            var (type, from, to) = ("", "", "")
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.relationshipFields, seen: &seen) {
                case .relationshipType: type = try json.text()
                case .spdxElementId: from = try json.text()
                case .relatedSpdxElement: to = try json.text()
                case nil: try json.skipValue()
                }
            }
            try relate(from, type, to)
        }
    }

    private mutating func relate(_ from: String, _ type: String, _ to: String) throws {
        guard !from.isEmpty, !to.isEmpty else {
            assembly.warn(.relationship, "a relationship \(type.prefix(100)) without two ends was skipped")
            return
        }
        switch SPDXMapping.meaning(type) {
        case .describes(let isReversed):
            try assembly.describe(isReversed ? from : to)
        case .edge(.dependsOn, let isReversed, _) where (isReversed ? to : from) == SPDXMapping.documentID:
            try assembly.need(isReversed ? from : to)
        case .edge(let kind, let isReversed, let label):
            let (a, b) = (try assembly.mention(from), try assembly.mention(to))
            try assembly.connect(isReversed ? b : a, isReversed ? a : b, kind, label: label)
        case nil:
            assembly.warn(.relationship, "the relationship \"\(type.prefix(100))\" is unknown and was kept as OTHER")
            let (a, b) = (try assembly.mention(from), try assembly.mention(to))
            try assembly.connect(a, b, .other, label: "OTHER")
        }
    }
}
