import Bytes

extension CycloneDXJSONReader {
    /// The deepest nesting of components. Their reader calls itself, and worker threads have small stacks.
    static let nestingLimit = 64
    /// The most bytes of nested components before the reference of the component around them.
    static let lateReferenceLimit = 16 << 20

    private enum Field: String, CaseIterable, Sendable {
        case type, name, group, version, purl, cpe, supplier, manufacturer, provider, author, authors, publisher
        case description, scope, hashes, licenses, copyright, externalReferences, properties, components, services
        case evidence, signature
        case bomRef = "bom-ref"
    }
    private static let fields = JSONKeys<Field>()

    /// Reads an array of components or of services.
    mutating func components(_ json: inout JSONReader, isService: Bool, parent: String?, level: Int) throws {
        guard try json.beginArrayUnlessNull() else { return }
        while try json.nextObject() {
            guard let child = try component(&json, isService: isService, parent: parent, level: level) else { continue }
            if let parent { try assembly.connect(parent, child.ref, .contains) }
        }
    }

    /// Reads a component or service, whose object was entered, with everything inside it, and passes them on; nil when it
    /// was skipped.
    @inline(never)
    mutating func component(
        _ json: inout JSONReader, isService: Bool, parent: String?, level: Int
    ) throws -> (ref: String, name: String)? {
        guard level <= Self.nestingLimit else {
            throw BOMError.tooLarge(what: "components lie deeper in each other than is read", limit: Self.nestingLimit)
        }
        var it = Component(ref: "", name: "")
        var seen = JSONSeenKeys()
        var extra = ExtraFields()
        var isDeclared = false
        var late: [(raw: String, isService: Bool)] = []
        it.parent = parent
        if isService { it.kind = .service }
        json.ceiling = json.offset + BOMReader.partLimit
        while try json.nextKey() {
            let field = try json.key(in: Self.fields, seen: &seen)
            switch field {
            case .components, .services:
                let isService = field == .services
                if it.ref.isEmpty {
                    guard let raw = try json.rawValue(limit: Self.lateReferenceLimit) else {
                        throw BOMError.tooLarge(
                            what: "components stand before the bom-ref of the one that contains them",
                            limit: Self.lateReferenceLimit)
                    }
                    late.append((raw, isService))
                } else {
                    if !isDeclared { it.ref = try assembly.declare(it.ref) }
                    isDeclared = true
                    json.ceiling = .max
                    try components(&json, isService: isService, parent: it.ref, level: level + 1)
                    json.ceiling = json.offset + BOMReader.partLimit
                }
            case .evidence: try evidence(&json, into: &it, extra: &extra)
            case nil: try assembly.keep(&json, in: &extra)
            case .some(let field): try read(field, of: &it, from: &json, isService: isService)
            }
        }
        if it.author.isEmpty, let first = it.originator, first.kind == .person { it.author = first.name }
        it.extra = extra.text
        if !late.isEmpty, !isDeclared, !it.name.isEmpty || !it.purl.isEmpty || !it.ref.isEmpty {
            isDeclared = true
            it.ref = try assembly.declareReference(of: it)
        }
        let name = it.name
        guard let ref = try assembly.add(it, isDeclared: isDeclared) else {
            try readLate(late, parent: nil, level: level)
            return nil
        }
        try readLate(late, parent: ref, level: level)
        return (ref, name)
    }

    private mutating func readLate(
        _ late: [(raw: String, isService: Bool)], parent: String?, level: Int
    ) throws {
        for (raw, isService) in late {
            var inner = JSONReader(raw.utf8)
            try components(&inner, isService: isService, parent: parent, level: level + 1)
        }
    }

    @inline(never)
    private mutating func read(
        _ field: Field, of it: inout Component, from json: inout JSONReader, isService: Bool
    ) throws {
        switch field {
        case .bomRef: it.ref = try json.text()
        case .type:
            let type = try json.text()
            if let kind = CycloneDXMapping.kind(type) {
                it.kind = kind
            } else if !isService {
                assembly.warn(.kind, "component type \"\(type.prefix(100))\" is unknown and was read as library")
            }
        case .name: it.name = try json.text()
        case .group: it.group = try json.text()
        case .version: it.version = try json.text()
        case .purl: it.purl = try json.text()
        case .cpe:
            let cpe = try json.text()
            if !cpe.isEmpty { it.cpes.append(cpe) }
        case .supplier, .provider: it.supplier = try agent(&json, .organization)
        case .manufacturer: it.originator = try agent(&json, .organization)
        case .author: it.author = try json.text()
        case .authors:
            guard try json.beginArrayUnlessNull() else { return }
            while try json.nextElement() {
                guard let person = try agent(&json, .person) else { continue }
                let name = person.email.isEmpty ? person.name : "\(person.name) <\(person.email)>"
                it.author += (it.author.isEmpty ? "" : ", ") + name
            }
        case .publisher: it.publisher = try json.text()
        case .description: it.description = try json.text()
        case .scope:
            let scope = try json.text()
            if CycloneDXMapping.scopes.contains(scope) || scope.isEmpty {
                it.scope = scope
            } else {
                assembly.warn(
                    .scope, "scope \"\(scope.prefix(100))\" of \"\(it.name.prefix(200))\" is unknown and was dropped")
            }
        case .hashes: it.hashes = try hashes(&json, of: it.name)
        case .licenses:
            let (declared, concluded) = try licenses(&json, of: it.name)
            it.licenses = declared
            it.concludedLicenses += concluded
        case .copyright: it.copyright = try json.text()
        case .externalReferences:
            it.externalReferences = try externalReferences(&json, of: it.name)
            it.homepage = it.externalReferences.first { $0.kind == "website" }?.url ?? ""
            it.downloadLocation = it.externalReferences.first { $0.kind == "distribution" }?.url ?? ""
        case .properties: it.properties = try properties(&json)
        case .signature, .components, .services, .evidence: try json.skipValue()
        }
    }

    // MARK: - Evidence

    private enum EvidenceField: String, CaseIterable, Sendable { case occurrences, copyright, licenses }
    private static let evidenceFields = JSONKeys<EvidenceField>()
    private enum EntryField: String, CaseIterable, Sendable { case location, text }
    private static let entryFields = JSONKeys<EntryField>()

    @inline(never)
    private mutating func evidence(
        _ json: inout JSONReader, into it: inout Component, extra: inout ExtraFields
    ) throws {
        guard try json.beginObjectUnlessNull() else { return }
        var seen = JSONSeenKeys()
        var rest = ExtraFields()
        while try json.nextKey() {
            switch try json.key(in: Self.evidenceFields, seen: &seen) {
            case .occurrences: it.locations += try entries(&json, .location)
            case .copyright:
                let found = try entries(&json, .text).joined(separator: "\n")
                if it.copyright.isEmpty { it.copyright = found }
            case .licenses:
                let (declared, concluded) = try licenses(&json, of: it.name)
                it.concludedLicenses += declared + concluded
            case nil: try assembly.keep(&json, in: &rest)
            }
        }
        if !rest.text.isEmpty { extra.append(key: "evidence", raw: rest.text) }
    }

    /// One field of each object of an array; for a text instead of an object, the text itself.
    private mutating func entries(_ json: inout JSONReader, _ wanted: EntryField) throws -> [String] {
        var found: [String] = []
        guard try json.beginArrayUnlessNull() else { return found }
        while try json.nextElement() {
            var text = ""
            if try json.peek() == .object {
                var seen = JSONSeenKeys()
                try json.beginObject()
                while try json.nextKey() {
                    if try json.key(in: Self.entryFields, seen: &seen) == wanted {
                        text = try json.text()
                    } else {
                        try json.skipValue()
                    }
                }
            } else {
                text = try json.text()
            }
            if !text.isEmpty { found.append(text) }
        }
        return found
    }
}
