import Bytes
import Database

/// The small parts of a workbook (ECMA-376 Part 1 §18, Part 2 for the package).
extension XLSXFormat {
    static let relationshipBase = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    static let relationshipsBegin: StaticString = """
        <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
        """

    static func contentTypes(sheets: Int) -> String {
        let main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        var text = """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
            <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
            <Default Extension="xml" ContentType="application/xml"/>\
            <Override PartName="/xl/workbook.xml" ContentType="\(main).sheet.main+xml"/>\
            <Override PartName="/xl/styles.xml" ContentType="\(main).styles+xml"/>\
            <Override PartName="/docProps/core.xml" \
            ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>
            """
        for number in 1...max(1, sheets) {
            text += """
                <Override PartName="/xl/worksheets/sheet\(number).xml" ContentType="\(main).worksheet+xml"/>
                """
        }
        return text + "</Types>"
    }

    /// Relationships with the ids rId1, rId2, … in the order given.
    static func relationships(_ targets: [(kind: String, target: String)]) -> String {
        var text = relationshipsBegin.description
        for (number, (kind, target)) in targets.enumerated() {
            let base =
                kind.hasPrefix("metadata/")
                ? "http://schemas.openxmlformats.org/package/2006/relationships/" : relationshipBase
            text += "<Relationship Id=\"rId\(number + 1)\" Type=\"\(base)\(kind)\" Target=\"\(target)\"/>"
        }
        return text + "</Relationships>"
    }

    /// The sheet *About* after the tables: notes about the whole report.
    static func about(_ head: ReportHead) -> String { "worksheets/sheet\(head.tables.count + 1).xml" }

    static func aboutSheet(_ head: ReportHead) -> String {
        let rows =
            [
                ("Report", head.title), ("Of", (head.scope.path + [head.scope.name]).joined(separator: " / ")),
                ("State of", TimeText.time(head.scope.updated)),
            ] + head.notes.map { ("Basis", $0) }
        var sink = ByteSink()
        sink.append(
            """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetFormatPr \
            defaultRowHeight="15"/><cols><col min="1" max="1" width="12" customWidth="1"/><col min="2" max="2" \
            width="120" customWidth="1"/></cols><sheetData>
            """)
        for (name, text) in rows {
            sink.append(raw: "<row><c s=\"1\" t=\"inlineStr\"><is><t>\(name)</t></is></c><c t=\"inlineStr\"><is><t>")
            Array(text.utf8).withUnsafeBytes { _ = sink.append(sheetText: $0) }
            sink.append("</t></is></c></row>\n")
        }
        sink.append("</sheetData></worksheet>")
        return sink.text
    }

    static func coreProperties(_ head: ReportHead) -> String {
        var title = ByteSink()
        title.append(pageText: "\(head.title) - \(head.scope.name)")
        let time = TimeText.rfc3339(head.scope.updated)
        return """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" \
            xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" \
            xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>\
            \(title.text)</dc:title><dc:creator>Waybill</dc:creator>\
            <dcterms:created xsi:type="dcterms:W3CDTF">\(time)</dcterms:created></cp:coreProperties>
            """
    }

    /// Cell styles: 0 plain, 1 heading, 2 date, 3 date and time, 4 link.
    static let styles = """
        <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">\
        <numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>\
        <numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>\
        <fonts count="3"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>\
        <font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/><family val="2"/></font>\
        <font><u/><sz val="11"/><color rgb="FF0B5394"/><name val="Calibri"/><family val="2"/></font></fonts>\
        <fills count="3"><fill><patternFill patternType="none"/></fill>\
        <fill><patternFill patternType="gray125"/></fill>\
        <fill><patternFill patternType="solid"><fgColor rgb="FF1F3A5F"/><bgColor indexed="64"/></patternFill></fill>\
        </fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
        <cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
        <cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
        <xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>\
        <xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
        <xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
        <xf numFmtId="0" fontId="2" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>\
        <cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>
        """
}
