import Bytes

extension BOMReader {
    /// A standard in a syntax that Waybill reads.
    struct Syntax: Equatable {
        /// The kind of a document.
        enum Content: Equatable {
            case bom(BOMDocument.Standard)
            /// Statements about vulnerabilities of products that are described elsewhere.
            case statements(StatementDocument.Dialect)
        }

        let content: Content
        let form: Form

        init(content: Content, form: Form) {
            self.content = content
            self.form = form
        }

        init(standard: BOMDocument.Standard, form: Form) { self.init(content: .bom(standard), form: form) }
    }

    /// A syntax, of any standard.
    enum Form: Equatable {
        case json(JSONReader.Encoding)
        /// JSON inside the object of an answer by GitHub's dependency graph: `{"sbom": {…}}`.
        case gitHubAnswer(JSONReader.Encoding)
        case cycloneDXXML
        case spdxXML
        case tagValue(JSONReader.Encoding)
        case spdxYAML
        case spdxRDF
        /// The JSON form that `Packing` makes of a workbook.
        case spdxWorkbook

        /// The document as JSON, converted during reading if necessary.
        func json(
            of source: @escaping JSONReader.Source, warn: @escaping (String) -> Void
        ) -> JSONReader.Source {
            switch self {
            case .json(let encoding), .gitHubAnswer(let encoding): JSONReader.transcoding(encoding, source)
            case .spdxWorkbook: source
            case .cycloneDXXML:
                XMLTranscript.source(.cycloneDX, namespacePrefix: XMLVocabulary.cycloneDXNamespace, of: source)
            case .spdxXML: XMLTranscript.source(.spdx, of: source)
            case .spdxYAML: YAMLTranscript.source(of: source)
            case .spdxRDF: RDFTranscript.source(of: source, warn: warn)
            case .tagValue(let encoding):
                TagValueTranscript.source(of: JSONReader.transcoding(encoding, source), warn: warn)
            }
        }

        /// Enters the outermost object of the document.
        func begin(_ json: inout JSONReader) throws(JSONError) {
            try json.beginObject()
            guard case .gitHubAnswer = self else { return }
            while try json.nextKey() {
                if json.keyEquals(Self.wrapper), try json.peek() == .object { return try json.beginObject() }
                try json.skipValue()
            }
        }

        /// Checks the text after the document: only the end of its container and blanks are allowed.
        func finish(_ json: inout JSONReader) throws(JSONError) {
            if case .gitHubAnswer = self {
                while try json.nextKey() { try json.skipValue() }
            }
            try json.finish()
        }

        fileprivate static let wrapper: StaticString = "sbom"

        var isJSON: Bool {
            switch self {
            case .json, .gitHubAnswer: true
            case .cycloneDXXML, .spdxXML, .spdxYAML, .spdxRDF, .spdxWorkbook, .tagValue: false
            }
        }
    }

    /// Determines standard and syntax from the content.
    static func recognize(_ document: Document) throws(BOMError) -> Syntax {
        let head = try document.head()
        if head.isEmpty { throw .unrecognized(why: "the file is empty") }
        let encoding = JSONReader.Encoding(recognizing: head)
        let first = head.first { ![0xEF, 0xBB, 0xBF, 0xFE, 0xFF, 0x20, 0x09, 0x0A, 0x0D, 0].contains($0) }
        switch first {
        case nil: throw .unrecognized(why: "the file holds nothing but blanks")
        case UInt8(ascii: "{"): return try recognizeJSON(document.source(), encoding)
        case UInt8(ascii: "["): throw .unrecognized(why: "it is a JSON array; an SBOM is a JSON object")
        case UInt8(ascii: "<"): return try recognizeXML(document.source())
        default:
            if let syntax = try recognizeText(document.source(), encoding) { return syntax }
            let text = String(decoding: head.prefix(40).prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
            throw .unrecognized(
                why: "it begins with \"\(text)\", which is no JSON object, no XML, no tag and no YAML of SPDX")
        }
    }

    /// Members of an SPDX document by which YAML is recognized; one of them comes first, whatever the order of
    /// members.
    private static let yamlSigns: Set<String> = [
        "spdxVersion", "dataLicense", "documentNamespace", "creationInfo", "packages", "relationships",
    ]

    /// Searches the first lines for a tag of tag-value, or for a member of SPDX in YAML.
    private static func recognizeText(
        _ source: @escaping JSONReader.Source, _ encoding: JSONReader.Encoding
    ) throws(BOMError) -> Syntax? {
        let pieces = Pieces(JSONReader.transcoding(encoding, source))
        var lines: [UInt8] = []
        while lines.count < textHead {
            let piece: UnsafeRawBufferPointer
            do throws(JSONError) { piece = try pieces.next() } catch { throw BOMError(error) }
            if piece.isEmpty { break }
            lines += piece
        }
        for line in lines.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let tag = line.prefix { $0 != UInt8(ascii: ":") }.drop { [0xEF, 0xBB, 0xBF, 0x20, 0x09].contains($0) }
            guard tag.count < 64, tag.endIndex < line.endIndex else { continue }
            let name = String(decoding: tag, as: UTF8.self)
            // `SPDXID:` occurs in both.
            if yamlSigns.contains(name.filter { $0 != "\"" && $0 != "'" }), line.first != 0x20, line.first != 0x09 {
                return Syntax(standard: .spdx, form: .spdxYAML)
            }
            if TagTable.tags[name] != nil { return Syntax(standard: .spdx, form: .tagValue(encoding)) }
        }
        return nil
    }

    /// The bytes of a text that are searched for a sign.
    private static let textHead = 1 << 18

    private enum Sign: String, CaseIterable, Sendable {
        case bomFormat, spdxVersion, headers, document
        case sbom
        case context = "@context"
    }
    private static let signs = JSONKeys<Sign>()

    /// Reads the members of the outermost object up to one that decides.
    private static func recognizeJSON(
        _ source: @escaping JSONReader.Source, _ encoding: JSONReader.Encoding
    ) throws(BOMError) -> Syntax {
        var json = JSONReader(window: window, source: JSONReader.transcoding(encoding, source))
        var keys: [String] = []
        var isScan = false
        var other: BOMError?
        func statements(_ dialect: StatementDocument.Dialect) -> Syntax {
            Syntax(content: .statements(dialect), form: .json(encoding))
        }
        do throws(JSONError) {
            var seen = JSONSeenKeys()
            try json.beginObject()
            while other == nil, try json.nextKey() {
                switch try json.key(in: signs, seen: &seen) {
                case .bomFormat: return Syntax(standard: .cycloneDX, form: .json(encoding))
                case .spdxVersion: return Syntax(standard: .spdx, form: .json(encoding))
                case .sbom:
                    if let standard = try standardWithin(&json) {
                        return Syntax(standard: standard, form: .gitHubAnswer(encoding))
                    }
                    keys.append("\"sbom\"")
                case .context:
                    if try isOpenVEX(&json) { return statements(.openVEX) }
                    other = .unrecognized(why: "it is JSON-LD, as SPDX 3; SPDX is read in 2.1 to 2.3")
                case .document:
                    if try isCSAF(&json) { return statements(.csaf) }
                    keys.append("\"document\"")
                case .headers:
                    isScan = true
                    try json.skipValue()
                case nil:
                    if keys.count < 8 { keys.append("\"\(json.key().prefix(40))\"") }
                    try json.skipValue()
                }
            }
            if other == nil { try json.finish() }
        } catch {
            throw BOMError(error)
        }
        if let other { throw other }
        if isScan { throw .unrecognized(why: "it is the result of a scan (ScanCode), which is no SBOM") }
        throw .unrecognized(
            why: "it is JSON with \(keys.isEmpty ? "nothing in it" : keys.joined(separator: ", ")), "
                + "but has neither bomFormat nor spdxVersion")
    }

    /// The standard of the next object if it is a document; otherwise nil, and the value is skipped.
    private static func standardWithin(_ json: inout JSONReader) throws(JSONError) -> BOMDocument.Standard? {
        guard try json.peek() == .object else {
            try json.skipValue()
            return nil
        }
        try json.beginObject()
        while try json.nextKey() {
            if json.keyEquals("bomFormat") { return .cycloneDX }
            if json.keyEquals("spdxVersion") { return .spdx }
            try json.skipValue()
        }
        return nil
    }

    /// Whether the current `@context` belongs to an OpenVEX document (openvex/spec, OPENVEX-SPEC.md, "Document").
    private static func isOpenVEX(_ json: inout JSONReader) throws(JSONError) -> Bool {
        guard try json.peek() == .string else { return false }
        return try json.string().hasPrefix("https://openvex.dev/ns")
    }

    /// Whether the current value is the `document` of a CSAF document (CSAF 2.0, 3.2.1.2). Consumes the value.
    private static func isCSAF(_ json: inout JSONReader) throws(JSONError) -> Bool {
        guard try json.peek() == .object else {
            try json.skipValue()
            return false
        }
        var isCSAF = false
        try json.beginObject()
        while try json.nextKey() {
            isCSAF = isCSAF || json.keyEquals("csaf_version")
            try json.skipValue()
        }
        return isCSAF
    }

    /// Reads on to the outermost element.
    private static func recognizeXML(_ source: @escaping JSONReader.Source) throws(BOMError) -> Syntax {
        let root = RootElement()
        do throws(JSONError) {
            let pieces = Pieces(source)
            let parser = XMLParser(root)
            while root.name == nil {
                let piece = try pieces.next()
                do throws(XMLError) {
                    try parser.parse(piece)
                } catch {
                    // The reader refuses text after the outermost element; the recognition does not.
                    if root.name == nil { throw .transcript("\(error)") }
                }
            }
        } catch {
            throw BOMError(error)
        }
        let name = root.name ?? ""
        switch (name, root.namespace) {
        case ("bom", let space) where space.hasPrefix(XMLVocabulary.cycloneDXNamespace):
            return Syntax(standard: .cycloneDX, form: .cycloneDXXML)
        case ("Document", _): return Syntax(standard: .spdx, form: .spdxXML)
        case ("RDF", RDFGraph.rdf): return Syntax(standard: .spdx, form: .spdxRDF)
        default:
            throw .unrecognized(
                why: "it is XML whose outermost element is <\(name.prefix(100))>"
                    + (root.namespace.isEmpty ? "" : " of \(root.namespace.prefix(200))")
                    + "; CycloneDX has <bom>, SPDX <Document> or <rdf:RDF>")
        }
    }
}

/// Stores the name of the outermost element.
private final class RootElement: XMLHandler {
    private(set) var name: String?
    private(set) var namespace = ""

    func start(_ element: XMLElement) {
        guard name == nil else { return }
        name = element.nameText
        namespace = element.namespaceText
    }
    func text(_: UnsafeRawBufferPointer) {}
    func end() {}
}
