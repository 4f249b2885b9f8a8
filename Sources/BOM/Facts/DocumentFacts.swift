import Bytes

/// A document and its described component, as the JSON in `scan.document`.
package struct DocumentFacts: Sendable, Equatable {
    package var document: BOMDocument
    /// The component at position 0, when the document describes one thing that does not count as a library.
    package var root: Component?
    /// The one described component, where it counts as a library.
    package var listed: Subject?

    /// The subject of a document.
    package struct Subject: Sendable, Equatable {
        package let name: String
        package let version: String

        package init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    /// The one component that the document describes; nil when it describes several or none.
    package var subject: Subject? { root.map { Subject(name: $0.name, version: $0.version) } ?? listed }

    package init(document: BOMDocument, root: Component?) {
        self.document = document
        self.root = root
    }

    package func encode() -> String {
        var writer = FactsWriter()
        writer.object { writer in
            writer.object("document") { write(document, to: &$0) }
            if let root { ComponentFacts.writeWhole(root, as: "root", to: &writer) }
            if let listed {
                writer.object("listed") {
                    $0.text("name", listed.name)
                    $0.text("version", listed.version)
                }
            }
        }
        return writer.text
    }

    private func write(_ document: BOMDocument, to writer: inout FactsWriter) {
        writer.text("standard", document.standard.rawValue)
        writer.text("version", document.version)
        writer.text("name", document.name)
        writer.text("identifier", document.identifier)
        if document.edition != 1 { writer.number("edition", document.edition) }
        writer.text("created", document.created)
        writer.list("creators", document.creators) { writer, agent in
            writer.object { ComponentFacts.write(agent, to: &$0) }
        }
        writer.texts("tools", document.tools)
        writer.text("comment", document.comment)
        writer.text("dataLicense", document.dataLicense)
        writer.texts("describes", document.describes)
        writer.list("extractedLicenses", document.extractedLicenses) { writer, license in
            writer.object {
                $0.required("id", license.id)
                $0.text("name", license.name)
                $0.text("text", license.text)
                $0.texts("urls", license.urls)
                $0.text("comment", license.comment)
            }
        }
        ComponentFacts.write(document.properties, as: "properties", to: &writer)
        writer.text("extra", document.extra)
    }

    package static func decode(_ text: String) throws(FactsError) -> DocumentFacts {
        try decoding("a document's facts", text) { (json) throws(JSONError) in
            var facts = DocumentFacts(document: BOMDocument(standard: .cycloneDX, version: ""), root: nil)
            try ComponentFacts.members(&json) { (json) throws(JSONError) in
                if json.keyEquals("document") {
                    facts.document = try readDocument(&json)
                } else if json.keyEquals("root") {
                    facts.root = try ComponentFacts.read(&json)
                } else if json.keyEquals("listed") {
                    let listed = try ComponentFacts.read(&json)
                    facts.listed = Subject(name: listed.name, version: listed.version)
                } else {
                    return false
                }
                return true
            }
            return facts
        }
    }

    private enum Field: String, CaseIterable, Sendable {
        case standard, version, name, identifier, edition, created, creators, tools, comment, dataLicense, describes
        case extractedLicenses, properties, extra
    }
    private static let fields = JSONKeys<Field>()

    private static func readDocument(_ json: inout JSONReader) throws(JSONError) -> BOMDocument {
        var document = BOMDocument(standard: .cycloneDX, version: "")
        var seen = JSONSeenKeys()
        try json.beginObject()
        while try json.nextKey() {
            switch try json.key(in: fields, seen: &seen) {
            case .standard: document.standard = BOMDocument.Standard(rawValue: try json.string()) ?? .cycloneDX
            case .version: document.version = try json.string()
            case .name: document.name = try json.string()
            case .identifier: document.identifier = try json.string()
            case .edition: document.edition = Int(try json.numberText()) ?? 1
            case .created: document.created = try json.string()
            case .creators:
                document.creators = try ComponentFacts.list(&json) { (json) throws(JSONError) in
                    try ComponentFacts.agent(&json)
                }
            case .tools: document.tools = try ComponentFacts.texts(&json)
            case .comment: document.comment = try json.string()
            case .dataLicense: document.dataLicense = try json.string()
            case .describes: document.describes = try ComponentFacts.texts(&json)
            case .extractedLicenses:
                document.extractedLicenses = try ComponentFacts.list(&json) { (json) throws(JSONError) in
                    try extracted(&json)
                }
            case .properties: document.properties = try ComponentFacts.properties(&json)
            case .extra: document.extra = try json.string()
            case nil: try json.skipValue()
            }
        }
        return document
    }

    private static func extracted(_ json: inout JSONReader) throws(JSONError) -> ExtractedLicense {
        var license = ExtractedLicense(id: "")
        try ComponentFacts.members(&json) { (json) throws(JSONError) in
            if json.keyEquals("id") {
                license.id = try json.string()
            } else if json.keyEquals("name") {
                license.name = try json.string()
            } else if json.keyEquals("text") {
                license.text = try json.string()
            } else if json.keyEquals("urls") {
                license.urls = try ComponentFacts.texts(&json)
            } else if json.keyEquals("comment") {
                license.comment = try json.string()
            } else {
                return false
            }
            return true
        }
        return license
    }
}
