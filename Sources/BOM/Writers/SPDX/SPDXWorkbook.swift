package import Bytes

// DESIGN. One document gives rows for three sheets at once, but a ZIP takes one entry after the other. So the document
// is written three times, each time for the rows of one sheet. That costs time instead of memory or temporary files.
// The last pass also writes the small parts, and those that are in memory anyway (the document's own members, licence
// texts).

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
        var losses: [BOMLoss: Int] = [:]
        var writer = SPDXWriter<SheetTree>(version: version, tool: tool)
        for sheet in [SPDXSheet.packageInfo, .externalRefs, .relationships] {
            losses.merge(writer.tree.losses, uniquingKeysWith: +)
            writer = SPDXWriter<SheetTree>(version: version, tool: tool)
            try write(sheet, with: &writer, \.tree, in: zip, pass)
        }
        losses.merge(writer.losses, uniquingKeysWith: +)
        let texts = writer.texts
        var tree = writer.tree
        try write(.extractedLicenses, with: &tree, \.self, in: zip) { tree, sink in
            try texts.write(with: &tree, to: &sink)
        }
        losses.merge(tree.losses, uniquingKeysWith: +)
        try write(.documentInfo, with: &tree, \.self, in: zip) { tree, sink in head(of: &tree, to: &sink) }
        losses.merge(tree.losses, uniquingKeysWith: +)
        for sheet in [SPDXSheet.perFile, .annotations, .snippets] {
            try write(sheet, with: &tree, \.self, in: zip) { _, _ in }
        }
        try zip.finish()
        return losses
    }

    private func write<Owner>(
        _ sheet: SPDXSheet, with owner: inout Owner, _ tree: WritableKeyPath<Owner, SheetTree>, in zip: ZIPWriter,
        _ rows: (inout Owner, inout ByteSink) throws -> Void
    ) throws {
        var sink = ByteSink(to: try zip.begin("xl/worksheets/sheet\(sheet.rawValue).xml"))
        sink.append(
            """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView
            """)
        if sheet == .documentInfo { sink.append(" tabSelected=\"1\"") }
        sink.append(
            """
             workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>\
            </sheetViews><sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="
            """)
        sink.append(decimal: Int64(sheet.columns(version).count))
        sink.append("\" width=\"26\" customWidth=\"1\"/></cols><sheetData>")
        owner[keyPath: tree].begin(sheet, version, to: &sink)
        try rows(&owner, &sink)
        sink.append("</sheetData></worksheet>")
        try sink.flush()
        try zip.end()
        let count = owner[keyPath: tree].rows
        if count > SPDXSheet.rowLimit {
            throw SinkError.format(
                """
                the sheet \(sheet.title) would have \(count) rows and holds \(SPDXSheet.rowLimit); \
                ask for json, xml, yaml or tv
                """)
        }
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
