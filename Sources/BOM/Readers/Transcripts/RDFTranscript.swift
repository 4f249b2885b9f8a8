import Bytes

/// Makes the JSON form of SPDX 2.x RDF/XML (spdx-spec 2.3, annex C "SPDX document in RDF"; terms of http://spdx.org/rdf/terms#).
final class RDFTranscript {
    private let out: Transcript
    private let graph: RDFGraph
    private let document: Int
    /// The names of other documents, by their addresses.
    private var others: [String: String] = [:]
    private var next = 0
    private var isFirst = true

    private init(_ out: Transcript, _ graph: RDFGraph) throws(JSONError) {
        guard let document = graph.nodes.firstIndex(where: { $0.type == "SpdxDocument" }) else {
            throw .transcript("the RDF holds no SpdxDocument")
        }
        self.out = out
        self.graph = graph
        self.document = document
        for case .node(let other) in graph.nodes[document].values("externalDocumentRef") {
            let address = text(other, "spdxDocument")
            others[String(decoding: address, as: UTF8.self)] = String(
                decoding: text(other, "externalDocumentId"), as: UTF8.self)
        }
    }

    /// A source of the JSON form of RDF/XML, which comes from another source.
    static func source(
        of xml: @escaping JSONReader.Source, warn: @escaping (String) -> Void
    ) -> JSONReader.Source {
        let pieces = Pieces(xml)
        let graph = RDFGraph()
        let parser = XMLParser(graph)
        var telling: RDFTranscript?
        return Transcript.source(warn: warn) { (out) throws(JSONError) in
            if let telling { return try telling.advance() }
            let piece = try pieces.next()
            do throws(XMLError) {
                try parser.parse(piece)
            } catch {
                throw .transcript("\(error)")
            }
            if let failure = graph.failure { throw failure }
            if piece.isEmpty {
                let reader = try RDFTranscript(out, graph)
                try reader.begin()
                telling = reader
            }
            return true
        }
    }

    // MARK: - The document

    private func begin() throws(JSONError) {
        let node = graph.nodes[document]
        out.json.append("{")
        var part = JSONPart()
        part.add("SPDXID", Array(SPDXMapping.documentID.utf8))
        part.add("spdxVersion", text(document, "specVersion"))
        for (name, key) in [("name", "name"), ("comment", "comment")] { part.addText(key, text(document, name)) }
        part.addText("dataLicense", Array(RDFGraph.term(Self.string(text(document, "dataLicense"))).utf8))
        part.addText("documentNamespace", Array(Self.space(node.id).utf8))
        for case .node(let made) in node.values("creationInfo").prefix(1) {
            var creation = JSONPart()
            for key in ["created", "licenseListVersion", "comment"] { creation.addText(key, text(made, key)) }
            for creator in texts(made, "creator") { creation.append(JSONPart.string(creator), to: "creators") }
            part.add("creationInfo", json: creation.json)
        }
        for case .node(let other) in node.values("externalDocumentRef") {
            var reference = JSONPart()
            for key in ["externalDocumentId", "spdxDocument"] { reference.addText(key, text(other, key)) }
            for case .node(let sum) in graph.nodes[other].values("checksum").prefix(1) {
                reference.add("checksum", json: checksum(sum))
            }
            part.append(reference.json, to: "externalDocumentRefs")
        }
        for case .node(let one) in node.values("describesPackage") {
            part.append(JSONPart.string(identifier(one).utf8), to: "documentDescribes")
        }
        annotations(document, into: &part)
        for case .node(let review) in node.values("reviewed") {
            var it = JSONPart()
            for (name, key) in [("reviewer", "reviewer"), ("reviewDate", "reviewDate"), ("comment", "comment")] {
                it.addText(key, text(review, name))
            }
            part.append(it.json, to: "revieweds")
        }
        let members = part.json.dropFirst().dropLast()
        out.json.append(Array(members))
        isFirst = members.isEmpty
        try relationships(document)
    }

    /// Writes the next node; false after the last.
    private func advance() throws(JSONError) -> Bool {
        guard next < graph.nodes.count else {
            out.json.append("}")
            return false
        }
        defer { next += 1 }
        switch graph.nodes[next].type {
        case "Package", "SpdxPackage": member("packages", try package(next))
        case "File", "SpdxFile": member("files", try file(next))
        case "Snippet":
            var part = JSONPart()
            part.add("SPDXID", Array(identifier(next).utf8))
            part.addText("name", text(next, "name"))
            member("snippets", part.json)
        case "ExtractedLicensingInfo":
            var part = JSONPart()
            part.add("licenseId", Array(try license(.node(next)).utf8))
            for key in ["name", "extractedText", "comment"] { part.addText(key, text(next, key)) }
            for link in texts(next, "seeAlso") { part.append(JSONPart.string(link), to: "seeAlsos") }
            member("hasExtractedLicensingInfos", part.json)
            return true
        default: return true
        }
        try relationships(next)
        return true
    }

    private func member(_ key: String, _ json: [UInt8]) {
        if !isFirst { out.json.append(",") }
        isFirst = false
        out.json.append(raw: "\"\(key)\":[")
        out.json.append(json)
        out.json.append("]")
    }

    // MARK: - Packages and files

    private static let packageTexts = [
        "name", "versionInfo", "packageFileName", "supplier", "originator", "downloadLocation", "homepage",
        "sourceInfo",
        "licenseComments", "copyrightText", "summary", "description", "comment", "builtDate", "releaseDate",
        "validUntilDate",
    ]

    private func package(_ number: Int) throws(JSONError) -> [UInt8] {
        let node = graph.nodes[number]
        var part = JSONPart()
        part.add("SPDXID", Array(identifier(number).utf8))
        for key in Self.packageTexts { part.addText(key, text(number, key)) }
        let analyzed = Self.string(text(number, "filesAnalyzed")).lowercased()
        if !analyzed.isEmpty {
            part.add("filesAnalyzed", json: Array((analyzed == "false" || analyzed == "0" ? "false" : "true").utf8))
        }
        let purpose = enumerated(number, "primaryPackagePurpose")
        part.addText("primaryPackagePurpose", Array(purpose.utf8))
        try licenses(number, into: &part)
        for value in node.values("licenseInfoFromFiles") {
            part.append(JSONPart.string(try license(value).utf8), to: "licenseInfoFromFiles")
        }
        for case .node(let code) in node.values("packageVerificationCode").prefix(1) {
            var it = JSONPart()
            it.addText("packageVerificationCodeValue", text(code, "packageVerificationCodeValue"))
            for name in texts(code, "packageVerificationCodeExcludedFile") {
                it.append(JSONPart.string(name), to: "packageVerificationCodeExcludedFiles")
            }
            part.add("packageVerificationCode", json: it.json)
        }
        for case .node(let reference) in node.values("externalRef") {
            var it = JSONPart()
            it.add("referenceCategory", Array(enumerated(reference, "referenceCategory").utf8))
            // Known types share one address; a document's own types are addresses themselves.
            let type = Self.string(text(reference, "referenceType"))
            it.add(
                "referenceType", Array((type.contains("spdx.org/rdf/references/") ? RDFGraph.term(type) : type).utf8))
            it.add("referenceLocator", text(reference, "referenceLocator"))
            it.addText("comment", text(reference, "comment"))
            part.append(it.json, to: "externalRefs")
        }
        for case .node(let one) in node.values("hasFile") {
            part.append(JSONPart.string(identifier(one).utf8), to: "hasFiles")
        }
        common(number, into: &part)
        return part.json
    }

    private func file(_ number: Int) throws(JSONError) -> [UInt8] {
        let node = graph.nodes[number]
        var part = JSONPart()
        part.add("SPDXID", Array(identifier(number).utf8))
        for key in ["fileName", "licenseComments", "copyrightText", "noticeText", "comment"] {
            part.addText(key, text(number, key))
        }
        try licenses(number, into: &part)
        for value in node.values("licenseInfoInFile") {
            part.append(JSONPart.string(try license(value).utf8), to: "licenseInfoInFiles")
        }
        for value in node.values("fileType") {
            part.append(JSONPart.string(Self.enumerated(text(value)).utf8), to: "fileTypes")
        }
        for name in texts(number, "fileContributor") { part.append(JSONPart.string(name), to: "fileContributors") }
        common(number, into: &part)
        return part.json
    }

    private func licenses(_ number: Int, into part: inout JSONPart) throws(JSONError) {
        for key in ["licenseConcluded", "licenseDeclared"] {
            for value in graph.nodes[number].values(key).prefix(1) { part.add(key, Array(try license(value).utf8)) }
        }
    }

    private func common(_ number: Int, into part: inout JSONPart) {
        for case .node(let sum) in graph.nodes[number].values("checksum") {
            part.append(checksum(sum), to: "checksums")
        }
        for text in texts(number, "attributionText") { part.append(JSONPart.string(text), to: "attributionTexts") }
        annotations(number, into: &part)
    }

    private func checksum(_ number: Int) -> [UInt8] {
        var name = RDFGraph.term(Self.string(text(number, "algorithm")))
        if name.hasPrefix("checksumAlgorithm_") { name.removeFirst(18) }
        return JSONPart.object([
            "algorithm": Array(name.utf8), "checksumValue": text(number, "checksumValue"),
        ])
    }

    private func annotations(_ number: Int, into part: inout JSONPart) {
        for case .node(let one) in graph.nodes[number].values("annotation") {
            var it = JSONPart()
            for key in ["annotationDate", "annotator", "comment"] { it.addText(key, text(one, key)) }
            it.addText("annotationType", Array(enumerated(one, "annotationType").utf8))
            part.append(it.json, to: "annotations")
        }
    }

    private func relationships(_ number: Int) throws(JSONError) {
        for case .node(let one) in graph.nodes[number].values("relationship") {
            guard let related = graph.nodes[one].values("relatedSpdxElement").first else {
                out.warn("a relationship of \(identifier(number)) has no other end and was left out")
                continue
            }
            member(
                "relationships",
                JSONPart.object([
                    "spdxElementId": Array(identifier(number).utf8),
                    "relationshipType": Array(enumerated(one, "relationshipType").utf8),
                    "relatedSpdxElement": Array(target(related).utf8),
                ]))
        }
    }

    // MARK: - Names

    /// The part of an IRI before its `#`.
    private static func space(_ iri: String) -> String { String(iri.prefix { $0 != "#" }) }

    /// The id of an element: the part after the `#`, or an id derived from its place in the document.
    private func identifier(_ number: Int) -> String {
        if number == document { return SPDXMapping.documentID }
        let id = graph.nodes[number].id
        guard let start = id.firstIndex(of: "#") else { return "SPDXRef-RDF-\(number)" }
        return String(id[id.index(after: start)...])
    }

    private func target(_ value: RDFGraph.Value) -> String {
        guard case .node(let number) = value else { return Self.string(text(value)) }
        let id = graph.nodes[number].id
        switch id {
        case "http://spdx.org/rdf/terms#noassertion": return "NOASSERTION"
        case "http://spdx.org/rdf/terms#none": return "NONE"
        default:
            guard graph.nodes[number].type.isEmpty, let name = others[Self.space(id)] else { return identifier(number) }
            return "\(name):\(RDFGraph.term(id))"
        }
    }

    /// A value of a vocabulary in the spelling of the JSON form: `relationshipType_dependsOn` becomes `DEPENDS_ON`.
    private func enumerated(_ number: Int, _ name: String) -> String { Self.enumerated(text(number, name)) }

    private static func enumerated(_ text: [UInt8]) -> String {
        let term = RDFGraph.term(string(text))
        guard let mark = term.firstIndex(of: "_") else { return term }
        var spelled = ""
        for letter in term[term.index(after: mark)...] {
            if letter.isUppercase, spelled.last.map({ $0 != "_" }) == true { spelled.append("_") }
            spelled += letter.uppercased()
        }
        return spelled
    }

    // MARK: - Values

    private static func string(_ text: [UInt8]) -> String { String(decoding: text, as: UTF8.self) }

    private func text(_ value: RDFGraph.Value) -> [UInt8] {
        switch value {
        case .literal(let text): text
        case .node(let number):
            switch graph.nodes[number].id {
            case "http://spdx.org/rdf/terms#noassertion": Array("NOASSERTION".utf8)
            case "http://spdx.org/rdf/terms#none": Array("NONE".utf8)
            case let id: Array(id.utf8)
            }
        }
    }

    private func text(_ number: Int, _ name: String) -> [UInt8] {
        graph.nodes[number].properties.first { $0.name == name }.map { text($0.value) } ?? []
    }

    private func texts(_ number: Int, _ name: String) -> [[UInt8]] { graph.nodes[number].values(name).map(text) }

    /// A licence as an expression (spdx-spec 2.3, annex D).
    private func license(_ value: RDFGraph.Value, depth: Int = 0) throws(JSONError) -> String {
        guard depth < 64 else { throw .transcript("licence sets are nested more than 64 times") }
        guard case .node(let number) = value else { return Self.string(text(value)) }
        let node = graph.nodes[number]
        switch node.type {
        case "ConjunctiveLicenseSet", "DisjunctiveLicenseSet":
            var members: [String] = []
            for member in node.values("member") { members.append(try license(member, depth: depth + 1)) }
            // RDF has no order, so this one makes equal bytes of equal statements.
            members.sort()
            let sign = node.type == "ConjunctiveLicenseSet" ? " AND " : " OR "
            return members.count == 1 ? members[0] : "(" + members.joined(separator: sign) + ")"
        case "OrLaterOperator":
            return try
                (node.values("member").first.map { (one) throws(JSONError) in try license(one, depth: depth + 1) } ?? "")
                + "+"
        case "WithExceptionOperator":
            var (name, exception) = ("", "")
            for member in node.values("member").prefix(1) { name = try license(member, depth: depth + 1) }
            for case .node(let one) in node.values("licenseException").prefix(1) {
                let id = text(one, "licenseExceptionId")
                exception = id.isEmpty ? RDFGraph.term(graph.nodes[one].id) : Self.string(id)
            }
            return "\(name) WITH \(exception)"
        default:
            let told = Self.string(text(number, "licenseId"))
            if !told.isEmpty { return told }
            let said = Self.string(text(value))
            return said == "NOASSERTION" || said == "NONE" ? said : RDFGraph.term(said)
        }
    }
}

extension JSONPart {
    /// Adds a text unless it is empty.
    mutating func addText(_ key: String, _ text: [UInt8]) {
        if !text.isEmpty { add(key, text) }
    }
}
