package import Bytes

extension ComponentFacts {
    private enum Field: String, CaseIterable, Sendable {
        case ref, scope, parent, locations, kind, group, name, version, purl, cpes, supplier, originator, author
        case publisher, description, summary, comment, copyright, homepage, downloadLocation, fileName, sourceInfo
        case hashes, licenses, concludedLicenses, licenseComment, attributionTexts, externalReferences, properties
        case releaseDate, extra
    }
    private static let fields = JSONKeys<Field>()

    static func read(_ json: inout JSONReader) throws(JSONError) -> Component {
        var component = Component(ref: "", name: "")
        var seen = JSONSeenKeys()
        try json.beginObject()
        while try json.nextKey() {
            switch try json.key(in: fields, seen: &seen) {
            case .ref: component.ref = try json.string()
            case .scope: component.scope = try json.string()
            case .parent: component.parent = try json.string()
            case .locations: component.locations = try texts(&json)
            case .kind: component.kind = Component.Kind(rawValue: try json.string()) ?? .other
            case .group: component.group = try json.string()
            case .name: component.name = try json.string()
            case .version: component.version = try json.string()
            case .purl: component.purl = try json.string()
            case .cpes: component.cpes = try texts(&json)
            case .supplier: component.supplier = try agent(&json)
            case .originator: component.originator = try agent(&json)
            case .author: component.author = try json.string()
            case .publisher: component.publisher = try json.string()
            case .description: component.description = try json.string()
            case .summary: component.summary = try json.string()
            case .comment: component.comment = try json.string()
            case .copyright: component.copyright = try json.string()
            case .homepage: component.homepage = try json.string()
            case .downloadLocation: component.downloadLocation = try json.string()
            case .fileName: component.fileName = try json.string()
            case .sourceInfo: component.sourceInfo = try json.string()
            case .hashes: component.hashes = try hashes(&json)
            case .licenses: component.licenses = try claims(&json)
            case .concludedLicenses: component.concludedLicenses = try claims(&json)
            case .licenseComment: component.licenseComment = try json.string()
            case .attributionTexts: component.attributionTexts = try texts(&json)
            case .externalReferences:
                component.externalReferences = try list(&json) { (json) throws(JSONError) in try reference(&json) }
            case .properties: component.properties = try properties(&json)
            case .releaseDate: component.releaseDate = try json.string()
            case .extra: component.extra = try json.string()
            case nil: try json.skipValue()
            }
        }
        return component
    }

    static func texts(_ json: inout JSONReader) throws(JSONError) -> [String] {
        try list(&json) { (json) throws(JSONError) in try json.string() }
    }

    static func list<Element>(
        _ json: inout JSONReader, _ each: (inout JSONReader) throws(JSONError) -> Element
    ) throws(JSONError) -> [Element] {
        var found: [Element] = []
        try json.beginArray()
        while try json.nextElement() { found.append(try each(&json)) }
        return found
    }

    /// Calls `body` for each member of an object. The body reads the value, or returns false to skip it.
    package static func members(
        _ json: inout JSONReader, _ body: (inout JSONReader) throws(JSONError) -> Bool
    ) throws(JSONError) {
        try json.beginObject()
        while try json.nextKey() {
            if try !body(&json) { try json.skipValue() }
        }
    }

    static func agent(_ json: inout JSONReader) throws(JSONError) -> Agent {
        var agent = Agent(.organization, name: "")
        try members(&json) { (json) throws(JSONError) in
            if json.keyEquals("kind") {
                agent.kind = Agent.Kind(rawValue: try json.string()) ?? .organization
            } else if json.keyEquals("name") {
                agent.name = try json.string()
            } else if json.keyEquals("email") {
                agent.email = try json.string()
            } else if json.keyEquals("urls") {
                agent.urls = try texts(&json)
            } else {
                return false
            }
            return true
        }
        return agent
    }

    static func hashes(_ json: inout JSONReader) throws(JSONError) -> [Hash] {
        try list(&json) { (json) throws(JSONError) in
            var hash = Hash(algorithm: "", value: "")
            try members(&json) { (json) throws(JSONError) in
                if json.keyEquals("alg") {
                    hash.algorithm = try json.string()
                } else if json.keyEquals("value") {
                    hash.value = try json.string()
                } else {
                    return false
                }
                return true
            }
            return hash
        }
    }

    static func properties(_ json: inout JSONReader) throws(JSONError) -> [Property] {
        try list(&json) { (json) throws(JSONError) in
            var property = Property(name: "", value: "")
            try members(&json) { (json) throws(JSONError) in
                if json.keyEquals("name") {
                    property.name = try json.string()
                } else if json.keyEquals("value") {
                    property.value = try json.string()
                } else {
                    return false
                }
                return true
            }
            return property
        }
    }

    static func claims(_ json: inout JSONReader) throws(JSONError) -> [LicenseClaim] {
        try list(&json) { (json) throws(JSONError) in
            var claim = LicenseClaim(.noAssertion)
            try members(&json) { (json) throws(JSONError) in
                if json.keyEquals("id") {
                    claim.form = .id(try json.string())
                } else if json.keyEquals("name") {
                    claim.form = .name(try json.string())
                } else if json.keyEquals("expression") {
                    claim.form = .expression(try json.string())
                } else if json.keyEquals("none") {
                    if try json.bool() { claim.form = .none }
                } else if json.keyEquals("text") {
                    claim.text = try json.string()
                } else if json.keyEquals("url") {
                    claim.url = try json.string()
                } else if json.keyEquals("references") {
                    claim.references = try list(&json) { (json) throws(JSONError) in try licenseReference(&json) }
                } else {
                    return false
                }
                return true
            }
            return claim
        }
    }

    private static func licenseReference(_ json: inout JSONReader) throws(JSONError) -> LicenseReference {
        var reference = LicenseReference(id: "")
        try members(&json) { (json) throws(JSONError) in
            if json.keyEquals("id") {
                reference.id = try json.string()
            } else if json.keyEquals("name") {
                reference.name = try json.string()
            } else if json.keyEquals("digest") {
                reference.digest = try json.string()
            } else {
                return false
            }
            return true
        }
        return reference
    }

    private static func reference(_ json: inout JSONReader) throws(JSONError) -> ExternalReference {
        var reference = ExternalReference(kind: "", url: "")
        try members(&json) { (json) throws(JSONError) in
            if json.keyEquals("kind") {
                reference.kind = try json.string()
            } else if json.keyEquals("url") {
                reference.url = try json.string()
            } else if json.keyEquals("comment") {
                reference.comment = try json.string()
            } else if json.keyEquals("hashes") {
                reference.hashes = try hashes(&json)
            } else {
                return false
            }
            return true
        }
        return reference
    }
}
