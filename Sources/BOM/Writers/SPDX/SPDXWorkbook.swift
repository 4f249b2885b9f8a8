package import Bytes

// DESIGN. A ZIP takes one entry after the other. A document has its packages before its relationships, so one pass gives both
// sheets, the second where the first ends (`SheetTurn`). External references lie inside packages, so another pass writes them, and
// nothing else. That costs time instead of memory or temporary files. The rest is in memory after the first pass (the
// document's own members, licence texts).

/// Writes SPDX 2.2 and 2.3 as a spreadsheet (XLSX).
package struct SPDXWorkbook: Sendable {
    private let version: SPDXVersion
    private let tool: BOMTool
    private let time: Int64

    /// - Parameter time: the time of all parts of the file, in milliseconds since 1970, UTC.
    package init(version: SPDXVersion, tool: BOMTool, time: Int64) {
        self.version = version
        self.tool = tool
        self.time = time
    }

    /// Writes the file. `pass` must produce the same document each time.
    ///
    /// - Returns: the facts that could not be written, with their numbers.
    package func write(
        to destination: @escaping ByteSink.Destination,
        _ pass: (inout SPDXWriter<SheetTree>, inout ByteSink) throws -> Void
    ) throws -> [BOMLoss: Int] {
        let zip = ZIPWriter(time: time, level: .quick, isLarge: false, to: destination)
        for (name, text) in Self.parts { try Self.put(text, as: name, in: zip) }
        var writer = SPDXWriter<SheetTree>(version: version, tool: tool)
        try writeMain(with: &writer, in: zip, pass)
        var references = SPDXWriter<SheetTree>(version: version, tool: tool, writesReferencesOnly: true)
        try write(.externalRefs, with: &references, in: zip, pass)
        let texts = writer.texts
        try write(.extractedLicenses, with: &writer, in: zip) { writer, sink in
            try texts.write(with: &writer.tree, to: &sink)
        }
        try write(.documentInfo, with: &writer, in: zip) { writer, sink in head(of: &writer.tree, to: &sink) }
        for sheet in [SPDXSheet.perFile, .annotations, .snippets] {
            try write(sheet, with: &writer, in: zip) { _, _ in }
        }
        try zip.finish()
        return writer.losses.merging(references.tree.losses, uniquingKeysWith: +)
    }

    /// Writes the sheets of the packages and of the relationships in one pass.
    private func writeMain(
        with writer: inout SPDXWriter<SheetTree>, in zip: ZIPWriter,
        _ pass: (inout SPDXWriter<SheetTree>, inout ByteSink) throws -> Void
    ) throws {
        let turn = SheetTurn()
        var entry = try zip.begin(SPDXSheet.packageInfo.path)
        var passed = 0
        var sink = ByteSink { (bytes) throws(SinkError) in
            let before = turn.position - passed
            passed += bytes.count
            guard (0..<bytes.count).contains(before) else { return try entry(bytes) }
            try entry(UnsafeRawBufferPointer(rebasing: bytes[..<before]))
            try zip.end()
            entry = try zip.begin(SPDXSheet.relationships.path)
            try entry(UnsafeRawBufferPointer(rebasing: bytes[before...]))
        }
        writer.tree.begin(.packageInfo, version, turn: turn, to: &sink)
        try pass(&writer, &sink)
        writer.tree.end(to: &sink)
        try sink.flush()
        try zip.end()
        try Self.check(writer.tree)
    }

    private func write(
        _ sheet: SPDXSheet, with writer: inout SPDXWriter<SheetTree>, in zip: ZIPWriter,
        _ rows: (inout SPDXWriter<SheetTree>, inout ByteSink) throws -> Void
    ) throws {
        var sink = ByteSink(to: try zip.begin(sheet.path))
        writer.tree.begin(sheet, version, to: &sink)
        try rows(&writer, &sink)
        writer.tree.end(to: &sink)
        try sink.flush()
        try zip.end()
        try Self.check(writer.tree)
    }

    private static func check(_ tree: SheetTree) throws(SinkError) {
        guard let excess = tree.excess else { return }
        throw SinkError.format(
            """
            the sheet \(excess.sheet.title) would have \(excess.rows) rows and holds \(SPDXSheet.rowLimit); \
            ask for json, xml, yaml or tv
            """)
    }

    /// One row; further rows only for repeated values.
    private func head(of tree: inout SheetTree, to sink: inout ByteSink) {
        var members = tree.head
        members["spreadsheetVersion"] = "\(version.rawValue).0"
        let (creators, described) = (tree.creators, tree.described)
        for index in 0..<max(1, creators.count, described.count) {
            if index > 0 { members = [:] }
            members["creators"] = index < creators.count ? creators[index] : nil
            members["describes"] = index < described.count ? described[index] : nil
            tree.row(members, to: &sink)
        }
    }

    // MARK: - The package around the sheets (ECMA-376 Part 1 §18, Part 2)

    private static func put(_ text: String, as name: String, in zip: ZIPWriter) throws(SinkError) {
        var sink = ByteSink(to: try zip.begin(name))
        sink.append(raw: "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n" + text)
        try sink.flush()
        try zip.end()
    }

    private static var parts: [(name: String, text: String)] {
        let sheets = SPDXSheet.allCases
        let formats = "http://schemas.openxmlformats.org"
        let types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        let relations = "<Relationships xmlns=\"\(formats)/package/2006/relationships\">"
        let relation = "\(formats)/officeDocument/2006/relationships"
        return [
            (
                "[Content_Types].xml",
                """
                <Types xmlns="\(formats)/package/2006/content-types">\
                <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
                <Default Extension="xml" ContentType="application/xml"/>\
                <Override PartName="/xl/workbook.xml" ContentType="\(types).sheet.main+xml"/>\
                <Override PartName="/xl/styles.xml" ContentType="\(types).styles+xml"/>
                """
                    + sheets.map {
                        """
                        <Override PartName="/xl/worksheets/sheet\($0.rawValue).xml" ContentType="\(types).worksheet+xml"/>
                        """
                    }.joined() + "</Types>"
            ),
            (
                "_rels/.rels",
                """
                \(relations)<Relationship Id="rId1" Type="\(relation)/officeDocument" Target="xl/workbook.xml"/>\
                </Relationships>
                """
            ),
            (
                "xl/workbook.xml",
                "<workbook xmlns=\"\(formats)/spreadsheetml/2006/main\" xmlns:r=\"\(relation)\"><sheets>"
                    + sheets.map {
                        "<sheet name=\"\($0.title)\" sheetId=\"\($0.rawValue)\" r:id=\"rId\($0.rawValue)\"/>"
                    }.joined() + "</sheets></workbook>"
            ),
            (
                "xl/_rels/workbook.xml.rels",
                relations
                    + sheets.map {
                        """
                        <Relationship Id="rId\($0.rawValue)" Type="\(relation)/worksheet" \
                        Target="worksheets/sheet\($0.rawValue).xml"/>
                        """
                    }.joined()
                        + """
                        <Relationship Id="rId\(sheets.count + 1)" Type="\(relation)/styles" Target="styles.xml"/>\
                        </Relationships>
                        """
            ),
            (
                "xl/styles.xml",
                """
                <styleSheet xmlns="\(formats)/spreadsheetml/2006/main">\
                <fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>\
                <font><b/><sz val="11"/><name val="Calibri"/></font></fonts>\
                <fills count="2"><fill><patternFill patternType="none"/></fill>\
                <fill><patternFill patternType="gray125"/></fill></fills>\
                <borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
                <cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
                <cellXfs count="2"><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
                <xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>\
                <cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>
                """
            ),
        ]
    }
}
