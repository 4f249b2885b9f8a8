import Bytes

// DESIGN. Some members of a package have separate sheets in a workbook, so external references are read before the packages.
// All other sheets are read row by row. Columns are found by their titles, in any order.

/// Converts an SPDX 2.x workbook (XLSX) to the JSON form. The standard mentions this form but has no clause about it; the
/// sheets and titles are those of the SPDX Java tools.
final class WorkbookTranscript {
    /// Opens a part of the workbook by its name; nil for an unknown name.
    typealias Parts = (String) throws(BOMError) -> JSONReader.Source?

    private enum Sheet: String, CaseIterable {
        case references = "External Refs"
        case document = "Document Info"
        case packages = "Package Info"
        case licenses = "Extracted License Info"
        case files = "Per File Info"
        case relationships = "Relationships"
        case annotations = "Annotations"
        case snippets = "Snippets"
    }

    private let out: Transcript
    private var sheets: [(sheet: Sheet, source: JSONReader.Source)]
    private let shared: [[UInt8]]
    private let isFrom1904: Bool
    private var reading: (pieces: Pieces, parser: XMLParser, rows: WorkbookRows)?
    private var titles: [String: Int] = [:]
    private var hasTitles = false
    private var references: [[UInt8]: [[UInt8]]] = [:]
    private var document = JSONPart()
    private var creation = JSONPart()
    private var isFirst = true

    private init(
        _ out: Transcript, _ sheets: [(sheet: Sheet, source: JSONReader.Source)], _ shared: [[UInt8]],
        _ isFrom1904: Bool
    ) {
        self.out = out
        self.sheets = sheets
        self.shared = shared
        self.isFrom1904 = isFrom1904
    }

    /// A source of the JSON form of a workbook, whose parts `Parts` opens.
    static func source(_ open: Parts) throws(BOMError) -> JSONReader.Source {
        let parts = WorkbookParts()
        for name in ["xl/workbook.xml", "xl/_rels/workbook.xml.rels"] {
            guard let source = try open(name) else { throw .invalid(what: "the workbook has no part \(name)") }
            try read(source, with: parts) { nil }
        }
        var sheets: [(sheet: Sheet, source: JSONReader.Source)] = []
        for sheet in Sheet.allCases {
            let found = parts.sheets.first { $0.name.lowercased() == sheet.rawValue.lowercased() }
            guard let target = found.flatMap({ parts.targets[$0.relation] }) else { continue }
            let path = target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target
            if let source = try open(path) { sheets.append((sheet, source)) }
        }
        guard sheets.contains(where: { $0.sheet == .document }) else {
            throw .unrecognized(why: "it is a workbook without the sheet \"Document Info\" of SPDX")
        }
        let texts = WorkbookText()
        if let source = try open("xl/sharedStrings.xml") { try read(source, with: texts) { texts.failure } }
        let (found, shared, isFrom1904) = (sheets, texts.texts, parts.isFrom1904)
        var telling: WorkbookTranscript?
        return Transcript.source { (out) throws(JSONError) in
            let reader = telling ?? WorkbookTranscript(out, found, shared, isFrom1904)
            if telling == nil { out.json.append("{") }
            telling = reader
            return try reader.advance()
        }
    }

    private static func read(
        _ source: @escaping JSONReader.Source, with handler: some XMLHandler, failure: () -> JSONError?
    ) throws(BOMError) {
        let pieces = Pieces(source)
        let parser = XMLParser(handler)
        do throws(JSONError) {
            while true {
                let piece = try pieces.next()
                do throws(XMLError) { try parser.parse(piece) } catch { throw .transcript("\(error)") }
                if let failure = failure() { throw failure }
                if piece.isEmpty { return }
            }
        } catch {
            throw BOMError(error)
        }
    }

    /// Reads a piece of a sheet; false after the last.
    private func advance() throws(JSONError) -> Bool {
        guard let (pieces, parser, rows) = reading else {
            guard !sheets.isEmpty else {
                finish()
                return false
            }
            let (sheet, source) = sheets.removeFirst()
            titles = [:]
            hasTitles = false
            let rows = WorkbookRows(shared: shared) { [unowned self] (row) throws(JSONError) in take(row, of: sheet) }
            reading = (Pieces(source), XMLParser(rows), rows)
            return true
        }
        let piece = try pieces.next()
        do throws(XMLError) { try parser.parse(piece) } catch { throw .transcript("\(error)") }
        if let failure = rows.failure { throw failure }
        if piece.isEmpty { reading = nil }
        return true
    }

    private func finish() {
        if !creation.isEmpty { document.add("creationInfo", json: creation.json) }
        let members = document.json.dropFirst().dropLast()
        if !members.isEmpty {
            if !isFirst { out.json.append(",") }
            out.json.append(Array(members))
        }
        out.json.append("}")
    }

    private func member(_ key: String, _ json: [UInt8]) {
        if !isFirst { out.json.append(",") }
        isFirst = false
        out.json.append(raw: "\"\(key)\":[")
        out.json.append(json)
        out.json.append("]")
    }

    // MARK: - Rows

    private func take(_ row: [[UInt8]], of sheet: Sheet) {
        guard hasTitles else {
            guard row.contains(where: { !$0.isEmpty }) else { return }
            for (column, title) in row.enumerated() where !title.isEmpty {
                titles[String(decoding: title, as: UTF8.self).lowercased()] = column
            }
            hasTitles = true
            return
        }
        guard row.contains(where: { !$0.isEmpty }) else { return }
        switch sheet {
        case .references: reference(row)
        case .document: documentRow(row)
        case .packages: package(row)
        case .licenses: license(row)
        case .files: file(row)
        case .relationships:
            member(
                "relationships",
                JSONPart.object([
                    "spdxElementId": cell("SPDX Identifier A", row), "relationshipType": cell("Relationship", row),
                    "relatedSpdxElement": cell("SPDX Identifier B", row), "comment": cell("Relationship Comment", row),
                ]))
        case .annotations:
            document.append(
                JSONPart.object([
                    "spdxElementId": cell("SPDX Identifier being Annotated", row),
                    "comment": cell("Annotation Comment", row), "annotationDate": time("Annotation Date", row),
                    "annotator": cell("Annotator", row), "annotationType": cell("Annotation Type", row),
                ]), to: "annotations")
        case .snippets: member("snippets", JSONPart.object(["SPDXID": cell("ID", row), "name": cell("Name", row)]))
        }
    }

    private func cell(_ title: String, _ row: [[UInt8]]) -> [UInt8] {
        guard let column = titles[title.lowercased()], column < row.count else { return [] }
        return row[column]
    }

    /// The lines, or the pieces between a mark if one is given, without blanks around them.
    private static func pieces(_ text: [UInt8], at mark: UInt8? = nil) -> [[UInt8]] {
        text.split { $0 == 0x0A || $0 == 0x0D || $0 == mark }.map { piece in
            var piece = piece.drop { $0 == 0x20 || $0 == 0x09 }
            while let last = piece.last, last == 0x20 || last == 0x09 { piece.removeLast() }
            return Array(piece)
        }.filter { !$0.isEmpty }
    }

    /// A date cell, whose value is a count of days (ECMA-376-1, 18.17.4), or a text, which stays unchanged.
    private func time(_ title: String, _ row: [[UInt8]]) -> [UInt8] {
        let value = cell(title, row)
        guard Transcript.isNumber(value[...]), let days = Double(String(decoding: value, as: UTF8.self)),
            days > 0, days < 2_958_466
        else { return value }
        // Day 25,569 of the calendar from 1900, and 24,107 of that from 1904, is 1970-01-01.
        let seconds = Int64(((days - (isFrom1904 ? 24_107 : 25_569)) * Double(TimeText.day / 1000)).rounded())
        return Array(TimeText.rfc3339(seconds * 1000).utf8)
    }

    private func documentRow(_ row: [[UInt8]]) {
        if document.isEmpty {
            document.add("spdxVersion", cell("SPDX Version", row))
            document.addText("SPDXID", cell("SPDX Identifier", row))
            document.addText("dataLicense", cell("Data License", row))
            document.addText("name", cell("Document Name", row))
            document.addText("documentNamespace", cell("Document Namespace", row))
            document.addText("comment", cell("Document Comment", row))
            creation.addText("created", time("Created", row))
            creation.addText("licenseListVersion", cell("License List Version", row))
            creation.addText("comment", cell("Creator Comment", row))
        }
        for creator in Self.pieces(cell("Creator", row)) { creation.append(JSONPart.string(creator), to: "creators") }
        for text in Self.pieces(cell("External Document References", row)) {
            let words = text.split(maxSplits: 2) { $0 == 0x20 || $0 == 0x09 }.map(Array.init)
            guard words.count == 3 else { continue }
            var reference = JSONPart()
            reference.add("externalDocumentId", words[0])
            reference.add("spdxDocument", words[1])
            reference.add("checksum", json: Self.checksum(words[2]))
            document.append(reference.json, to: "externalDocumentRefs")
        }
    }

    private static func checksum(_ text: [UInt8]) -> [UInt8] {
        let halves = text.split(separator: UInt8(ascii: ":"), maxSplits: 1).map { pieces(Array($0)).first ?? [] }
        return JSONPart.object(["algorithm": halves.first ?? [], "checksumValue": halves.count == 2 ? halves[1] : []])
    }

    private func reference(_ row: [[UInt8]]) {
        let json = JSONPart.object([
            "referenceCategory": cell("Category", row), "referenceType": cell("Type", row),
            "referenceLocator": cell("Locator", row), "comment": cell("Comment", row),
        ])
        references[cell("Package ID", row), default: []].append(json)
    }

    private static let packageTexts: KeyValuePairs = [
        "name": "Package Name", "SPDXID": "SPDX Identifier", "versionInfo": "Package Version",
        "packageFileName": "Package FileName", "supplier": "Package Supplier", "originator": "Package Originator",
        "homepage": "Home Page", "downloadLocation": "Package Download Location", "sourceInfo": "Source Info",
        "licenseDeclared": "License Declared", "licenseConcluded": "License Concluded",
        "licenseComments": "License Comments", "copyrightText": "Package Copyright Text", "summary": "Summary",
        "description": "Description", "comment": "Comments", "primaryPackagePurpose": "Primary Purpose",
    ]

    private func package(_ row: [[UInt8]]) {
        var part = JSONPart()
        for (key, title) in Self.packageTexts { part.addText(key, cell(title, row)) }
        for (key, title) in [
            ("releaseDate", "Release Date"), ("builtDate", "Built Date"), ("validUntilDate", "Valid Until Date"),
        ] { part.addText(key, time(title, row)) }
        let analyzed = String(decoding: cell("Files Analyzed", row), as: UTF8.self).lowercased()
        if !analyzed.isEmpty { part.add("filesAnalyzed", json: Array((analyzed == "false" ? "false" : "true").utf8)) }
        let code = cell("Package Verification Code", row)
        if !code.isEmpty {
            var it = JSONPart()
            it.add("packageVerificationCodeValue", code)
            for name in Self.pieces(cell("Verification Code Excluded Files", row), at: UInt8(ascii: ",")) {
                it.append(JSONPart.string(name), to: "packageVerificationCodeExcludedFiles")
            }
            part.add("packageVerificationCode", json: it.json)
        }
        list("Package Checksum", row, "checksums", into: &part, Self.checksum)
        list("License Info From Files", row, "licenseInfoFromFiles", at: UInt8(ascii: ","), into: &part)
        let attribution = cell("Attribution Text", row)
        if !attribution.isEmpty { part.append(JSONPart.string(attribution), to: "attributionTexts") }
        for json in references.removeValue(forKey: cell("SPDX Identifier", row)) ?? [] {
            part.append(json, to: "externalRefs")
        }
        member("packages", part.json)
    }

    private func list(
        _ title: String, _ row: [[UInt8]], _ key: String, at mark: UInt8? = nil, into part: inout JSONPart,
        _ element: ([UInt8]) -> [UInt8] = { JSONPart.string($0) }
    ) {
        for piece in Self.pieces(cell(title, row), at: mark) { part.append(element(piece), to: key) }
    }

    private func license(_ row: [[UInt8]]) {
        var part = JSONPart()
        for (key, title) in [
            ("licenseId", "Identifier"), ("extractedText", "Extracted Text"), ("name", "License Name"),
            ("comment", "Comment"),
        ] { part.addText(key, cell(title, row)) }
        list("Cross Reference URLs", row, "seeAlsos", at: UInt8(ascii: ","), into: &part)
        member("hasExtractedLicensingInfos", part.json)
    }

    private func file(_ row: [[UInt8]]) {
        var part = JSONPart()
        let comma = UInt8(ascii: ",")
        for (key, title) in [
            ("fileName", "File Name"), ("SPDXID", "SPDX Identifier"), ("licenseConcluded", "License Concluded"),
            ("licenseComments", "License Comments"), ("copyrightText", "File Copyright Text"),
            ("noticeText", "Notice Text"), ("comment", "File Comment"),
        ] { part.addText(key, cell(title, row)) }
        list("File Checksum(s)", row, "checksums", into: &part, Self.checksum)
        list("File Type(s)", row, "fileTypes", at: comma, into: &part)
        list("License Info in File", row, "licenseInfoInFiles", at: comma, into: &part)
        list("Contributors", row, "fileContributors", at: comma, into: &part)
        let attribution = cell("Attribution Text", row)
        if !attribution.isEmpty { part.append(JSONPart.string(attribution), to: "attributionTexts") }
        member("files", part.json)
        for package in Self.pieces(cell("Package Identifier", row), at: comma) {
            member(
                "relationships",
                JSONPart.object([
                    "spdxElementId": package, "relationshipType": Array("CONTAINS".utf8),
                    "relatedSpdxElement": cell("SPDX Identifier", row),
                ]))
        }
    }
}
