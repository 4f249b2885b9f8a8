package import Bytes

// DESIGN. A component has two encodings. Its facts describe the component itself, whatever the document. They are
// stored under their digest, and documents with equal facts share them. Its place (ref, scope, parent, locations)
// belongs to one document and is stored in the `component` table. A document's root is kept whole. Decoding gives
// exactly the encoded facts.

/// Components as the JSON in `library_facts.body` and `scan.document`.
package enum ComponentFacts {
    /// All fields except those of the component's place in a document.
    package static func encode(_ component: Component) -> String {
        var writer = FactsWriter()
        write(component, to: &writer)
        return writer.text
    }

    /// Reads facts. Unknown members are skipped. `ref` and the other fields of the place are empty, unless the
    /// component was encoded with its place.
    package static func decode(_ text: String) throws(FactsError) -> Component {
        try decoding("a component's facts", text) { (json) throws(JSONError) in try read(&json) }
    }

    /// Appends the facts to a writer that is reused for many components.
    package static func write(_ component: Component, to writer: inout FactsWriter) {
        writer.object { writeFacts(of: component, to: &$0) }
    }

    /// The component together with its place.
    static func writeWhole(_ component: Component, as key: StaticString, to writer: inout FactsWriter) {
        writer.object(key) { writer in
            writer.text("ref", component.ref)
            writer.text("scope", component.scope)
            if let parent = component.parent { writer.required("parent", parent) }
            writer.texts("locations", component.locations)
            writeFacts(of: component, to: &writer)
        }
    }

    private static func writeFacts(of component: Component, to writer: inout FactsWriter) {
        if component.kind != .library { writer.text("kind", component.kind.rawValue) }
        writer.text("group", component.group)
        writer.text("name", component.name)
        writer.text("version", component.version)
        writer.text("purl", component.purl)
        writer.texts("cpes", component.cpes)
        if let supplier = component.supplier { writer.object("supplier") { write(supplier, to: &$0) } }
        if let originator = component.originator { writer.object("originator") { write(originator, to: &$0) } }
        writer.text("author", component.author)
        writer.text("publisher", component.publisher)
        writer.text("description", component.description)
        writer.text("summary", component.summary)
        writer.text("comment", component.comment)
        writer.text("copyright", component.copyright)
        writer.text("homepage", component.homepage)
        writer.text("downloadLocation", component.downloadLocation)
        writer.text("fileName", component.fileName)
        writer.text("sourceInfo", component.sourceInfo)
        write(component.hashes, as: "hashes", to: &writer)
        write(component.licenses, as: "licenses", to: &writer)
        write(component.concludedLicenses, as: "concludedLicenses", to: &writer)
        writer.text("licenseComment", component.licenseComment)
        writer.texts("attributionTexts", component.attributionTexts)
        writer.list("externalReferences", component.externalReferences) { writer, reference in
            writer.object {
                $0.text("kind", reference.kind)
                $0.text("url", reference.url)
                $0.text("comment", reference.comment)
                write(reference.hashes, as: "hashes", to: &$0)
            }
        }
        write(component.properties, as: "properties", to: &writer)
        writer.text("releaseDate", component.releaseDate)
        writer.text("extra", component.extra)
    }

    static func write(_ agent: Agent, to writer: inout FactsWriter) {
        writer.text("kind", agent.kind.rawValue)
        writer.text("name", agent.name)
        writer.text("email", agent.email)
        writer.texts("urls", agent.urls)
    }

    static func write(_ hashes: [Hash], as key: StaticString, to writer: inout FactsWriter) {
        writer.list(key, hashes) { writer, hash in
            writer.object {
                $0.text("alg", hash.algorithm)
                $0.text("value", hash.value)
            }
        }
    }

    static func write(_ properties: [Property], as key: StaticString, to writer: inout FactsWriter) {
        writer.list(key, properties) { writer, property in
            writer.object {
                $0.text("name", property.name)
                $0.text("value", property.value)
            }
        }
    }

    static func write(_ claims: [LicenseClaim], as key: StaticString, to writer: inout FactsWriter) {
        writer.list(key, claims) { writer, claim in
            writer.object {
                switch claim.form {
                case .id(let id): $0.required("id", id)
                case .name(let name): $0.required("name", name)
                case .expression(let expression): $0.required("expression", expression)
                case .none: $0.flag("none")
                case .noAssertion: $0.flag("noAssertion")
                }
                $0.text("text", claim.text)
                $0.text("url", claim.url)
                $0.list("references", claim.references) { writer, reference in
                    writer.object {
                        $0.required("id", reference.id)
                        $0.text("name", reference.name)
                        $0.text("digest", reference.digest)
                    }
                }
            }
        }
    }
}

/// Runs a decoder over a text from the database and adds the text to its error.
package func decoding<Result>(
    _ what: String, _ text: String, _ body: (inout JSONReader) throws(JSONError) -> Result
) throws(FactsError) -> Result {
    var json = JSONReader(text.utf8)
    do {
        let result = try body(&json)
        try json.finish()
        return result
    } catch {
        throw FactsError(what: what, why: "\(error)")
    }
}
