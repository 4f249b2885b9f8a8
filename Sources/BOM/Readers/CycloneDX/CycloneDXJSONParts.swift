import Bytes

// The parts that components, services, vulnerabilities and the document share.

extension CycloneDXJSONReader {
    private enum AgentField: String, CaseIterable, Sendable { case name, email, url, contact }
    private static let agentFields = JSONKeys<AgentField>()

    /// An organization (with the address of its first contact) or a person; nil without a name.
    mutating func agent(_ json: inout JSONReader, _ kind: Agent.Kind) throws -> Agent? {
        var agent = Agent(kind, name: "")
        if try json.peek() == .string {
            agent.name = try json.string()
            return agent.name.isEmpty ? nil : agent
        }
        guard try json.beginObjectUnlessNull() else { return nil }
        var seen = JSONSeenKeys()
        while try json.nextKey() {
            switch try json.key(in: Self.agentFields, seen: &seen) {
            case .name: agent.name = try json.text()
            case .email: agent.email = try json.text()
            case .url: agent.urls = try json.texts()
            case .contact:
                guard try json.peek() == .array else {
                    try json.skipValue()
                    continue
                }
                try json.beginArray()
                while try json.nextElement() {
                    guard let person = try self.agent(&json, .person) else { continue }
                    if agent.email.isEmpty { agent.email = person.email }
                }
            case nil: try json.skipValue()
            }
        }
        if agent.name.isEmpty { agent.name = agent.email.isEmpty ? agent.urls.first ?? "" : agent.email }
        return agent.name.isEmpty ? nil : agent
    }

    private enum HashField: String, CaseIterable, Sendable { case alg, content }
    private static let hashFields = JSONKeys<HashField>()

    mutating func hashes(_ json: inout JSONReader, of owner: String) throws -> [Hash] {
        var hashes: [Hash] = []
        guard try json.beginArrayUnlessNull() else { return hashes }
        while try json.nextObject() {
            var (name, value) = ("", "")
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.hashFields, seen: &seen) {
                case .alg: name = try json.text()
                case .content: value = try json.text()
                case nil: try json.skipValue()
                }
            }
            if let hash = HashAlgorithm.hash(name, value) {
                hashes.append(hash)
            } else {
                assembly.warn(.hash, "\"\(owner.prefix(200))\": \(name.prefix(50)) \"\(value.prefix(150))\" is no hash")
            }
        }
        return hashes
    }

    private enum ReferenceField: String, CaseIterable, Sendable { case type, url, comment, hashes }
    private static let referenceFields = JSONKeys<ReferenceField>()

    mutating func externalReferences(_ json: inout JSONReader, of owner: String) throws -> [ExternalReference] {
        var references: [ExternalReference] = []
        guard try json.beginArrayUnlessNull() else { return references }
        while try json.nextObject() {
            var it = ExternalReference(kind: "", url: "")
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.referenceFields, seen: &seen) {
                case .type: it.kind = try json.text()
                case .url: it.url = try json.text()
                case .comment: it.comment = try json.text()
                case .hashes: it.hashes = try hashes(&json, of: owner)
                case nil: try json.skipValue()
                }
            }
            if it.kind.isEmpty { it.kind = "other" }
            if !it.url.isEmpty { references.append(it) }
        }
        return references
    }

    private enum PropertyField: String, CaseIterable, Sendable { case name, value }
    private static let propertyFields = JSONKeys<PropertyField>()

    mutating func properties(_ json: inout JSONReader) throws -> [Property] {
        var properties: [Property] = []
        guard try json.beginArrayUnlessNull() else { return properties }
        while try json.nextObject() {
            var it = Property(name: "", value: "")
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.propertyFields, seen: &seen) {
                case .name: it.name = try json.text()
                case .value: it.value = try json.text()
                case nil: try json.skipValue()
                }
            }
            if !it.name.isEmpty { properties.append(it) }
        }
        return properties
    }

    // MARK: - Licences

    private enum ChoiceField: String, CaseIterable, Sendable { case license, expression, acknowledgement }
    private static let choiceFields = JSONKeys<ChoiceField>()

    /// Reads `licenses`: the declared ones, including those without an acknowledgement, and the concluded ones.
    mutating func licenses(
        _ json: inout JSONReader, of owner: String
    ) throws -> (declared: [LicenseClaim], concluded: [LicenseClaim]) {
        var (declared, concluded): ([LicenseClaim], [LicenseClaim]) = ([], [])
        guard try json.beginArrayUnlessNull() else { return (declared, concluded) }
        while try json.nextObject() {
            var parts = CycloneDXMapping.LicenseParts()
            var seen = JSONSeenKeys()
            while try json.nextKey() {
                switch try json.key(in: Self.choiceFields, seen: &seen) {
                case .license: try license(&json, into: &parts, of: owner)
                case .expression: parts.expression = try json.text()
                case .acknowledgement: parts.acknowledgement = try json.text()
                case nil: try json.skipValue()
                }
            }
            if !parts.expression.isEmpty, !(parts.id.isEmpty && parts.name.isEmpty) {
                assembly.warn(
                    .license,
                    "\"\(owner.prefix(200))\" states a licence and an expression in one place; the expression was taken"
                )
            }
            guard let claim = parts.claim else {
                assembly.warn(.license, "\"\(owner.prefix(200))\" has a licence that states nothing")
                continue
            }
            if parts.acknowledgement == "concluded" { concluded.append(claim) } else { declared.append(claim) }
        }
        return (declared, concluded)
    }

    private enum LicenseField: String, CaseIterable, Sendable { case id, name, text, url, acknowledgement }
    private static let licenseFields = JSONKeys<LicenseField>()
    private enum TextField: String, CaseIterable, Sendable { case content, encoding }
    private static let textFields = JSONKeys<TextField>()

    private mutating func license(
        _ json: inout JSONReader, into parts: inout CycloneDXMapping.LicenseParts, of owner: String
    ) throws {
        if try json.peek() == .string {
            parts.name = try json.string()
            return
        }
        guard try json.beginObjectUnlessNull() else { return }
        var seen = JSONSeenKeys()
        while try json.nextKey() {
            switch try json.key(in: Self.licenseFields, seen: &seen) {
            case .id: parts.id = try json.text()
            case .name: parts.name = try json.text()
            case .url: parts.url = try json.text()
            case .acknowledgement: parts.acknowledgement = try json.text()
            case .text: parts.text = try attachment(&json, of: owner)
            case nil: try json.skipValue()
            }
        }
    }

    private mutating func attachment(_ json: inout JSONReader, of owner: String) throws -> String {
        if try json.peek() == .string { return try json.string() }
        guard try json.beginObjectUnlessNull() else { return "" }
        var (content, encoding) = ("", "")
        var seen = JSONSeenKeys()
        while try json.nextKey() {
            switch try json.key(in: Self.textFields, seen: &seen) {
            case .content: content = try json.text()
            case .encoding: encoding = try json.text()
            case nil: try json.skipValue()
            }
        }
        if let text = CycloneDXMapping.attachment(content, encoding: encoding) { return text }
        assembly.warn(
            .license,
            "the licence text of \"\(owner.prefix(200))\" is not \(encoding.isEmpty ? "text" : encoding.prefix(50) + " of UTF-8 text") and was dropped"
        )
        return ""
    }
}
