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

    /// Relationships with the ids rId1, rId2, … in the given order.
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

    /// A4 landscape, one page wide and as many pages high as the rows need, with title, day, scope and page number at the foot (§18.3.1.63,
    /// §18.3.1.46). The day is not last: behind a name in Arabic its parts would change places.
    static func pageSetup(_ head: ReportHead) -> String {
        var footer = ByteSink()
        // `&` begins a code of the footer, and Excel accepts at most 255 characters.
        let name = head.scope.name.unicodeScalars.prefix(90)
        let words = [head.title, TimeText.date(head.scope.updated), String(name)].joined(separator: " - ")
        footer.append(pageText: words.replacing("&", with: "&&"))
        return """
            <pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>\
            <pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>\
            <headerFooter><oddFooter>&amp;L\(footer.text)&amp;RPage &amp;P of &amp;N</oddFooter></headerFooter>
            """
    }

    /// The sheet *About* after the tables: the name of the report, the number of its rows, and the basis of its verdicts.
    /// Programs read the first sheet, so the summary is not placed on it.
    static func aboutSheet(_ head: ReportHead, rows: [Int], isOutOfLinks: Bool) -> String {
        var lines: [(name: String, cell: AboutCell)] = [
            ("Report", .text(head.title)),
            ("Of", .text((head.scope.path + [head.scope.name]).joined(separator: " / "))),
            ("State of", .text("\(TimeText.time(head.scope.updated)) UTC")), ("Filters", .text(head.filterSentence)),
        ]
        lines += head.levels.map { ("Rows, \($0.word)", .number($0.rows)) }
        for (table, count) in zip(head.tables, rows) {
            lines.append(("Rows of \(table.table.title) here", .number(count)))
        }
        lines += head.remarks.map { ("How to read it", .text($0)) }
        lines += head.notes.map { ("Basis", .text($0)) }
        if isOutOfLinks {
            lines.append(("Links", .text("The first \(linkLimit) cells have links: a sheet has room for no more.")))
        }
        var sink = ByteSink()
        sink.append(
            """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetPr><pageSetUpPr \
            fitToPage="1"/></sheetPr><sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="1" width="34" \
            customWidth="1"/><col min="2" max="2" width="100" customWidth="1"/></cols><sheetData>
            """)
        for line in lines {
            sink.append(raw: "<row><c s=\"1\" t=\"inlineStr\"><is><t>\(line.name)</t></is></c>")
            switch line.cell {
            case .number(let number): sink.append(raw: "<c s=\"5\"><v>\(number)</v></c>")
            case .text(let text):
                sink.append("<c s=\"5\" t=\"inlineStr\"><is><t>")
                Array(text.utf8).withUnsafeBytes { _ = sink.append(sheetText: $0) }
                sink.append("</t></is></c>")
            }
            sink.append("</row>\n")
        }
        sink.append("</sheetData>")
        sink.append(raw: pageSetup(head))
        sink.append("</worksheet>")
        return sink.text
    }

    private enum AboutCell {
        case text(String)
        case number(Int)
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

    /// The beginning of a cell with the word of a severity.
    static func style(ofSeverity word: [UInt8]) -> StaticString {
        switch word.first {
        case UInt8(ascii: "C"): "<c s=\"6\""
        case UInt8(ascii: "H"): "<c s=\"7\""
        case UInt8(ascii: "M"): "<c s=\"8\""
        case UInt8(ascii: "L"): "<c s=\"9\""
        default: "<c"
        }
    }

    /// Cell styles: 0 wrapped, 1 heading, 2 date, 3 date and time, 4 link, 5 left-aligned, 6 to 9 the severities from critical
    /// to low, 10 true or false (not every program aligns these by itself). The colours of severities go from dark to light
    /// (`ShownSeverity`); words on dark colours are white. All cells are aligned to the top of their row.
    static let styles: String = {
        let severities: [ShownSeverity] = [.critical, .high, .medium, .low]
        let fills = severities.map { severity in
            """
            <fill><patternFill patternType="solid"><fgColor rgb="\(severity.color.hexadecimal)"/><bgColor indexed="64"/>\
            </patternFill></fill>
            """
        }
        let top = "<alignment vertical=\"top\" wrapText=\"1\"/>"
        func cell(_ number: Int, font: Int = 0, fill: Int = 0, alignment: String = top) -> String {
            """
            <xf numFmtId="\(number)" fontId="\(font)" fillId="\(fill)" borderId="0" xfId="0" \
            applyNumberFormat="\(number == 0 ? 0 : 1)" applyFont="1" applyFill="1" applyAlignment="1">\(alignment)</xf>
            """
        }
        let cells =
            [
                cell(0), cell(0, font: 1, fill: 2), cell(164), cell(165), cell(0, font: 2),
                cell(0, alignment: "<alignment horizontal=\"left\" vertical=\"top\" wrapText=\"1\"/>"),
            ]
            + severities.enumerated().map { place, severity in
                cell(0, font: severity == .critical || severity == .high ? 1 : 0, fill: 3 + place)
            } + [cell(166)]
        return """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">\
            <numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>\
            <numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>\
            <numFmt numFmtId="166" formatCode="&quot;TRUE&quot;;&quot;TRUE&quot;;&quot;FALSE&quot;"/></numFmts>\
            <fonts count="3"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>\
            <font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/><family val="2"/></font>\
            <font><u/><sz val="11"/><color rgb="FF0B5394"/><name val="Calibri"/><family val="2"/></font></fonts>\
            <fills count="\(3 + fills.count)"><fill><patternFill patternType="none"/></fill>\
            <fill><patternFill patternType="gray125"/></fill>\
            <fill><patternFill patternType="solid"><fgColor rgb="FF1F3A5F"/><bgColor indexed="64"/></patternFill></fill>\
            \(fills.joined())</fills>\
            <borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
            <cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0">\(top)</xf></cellStyleXfs>\
            <cellXfs count="\(cells.count)">\(cells.joined())</cellXfs>\
            <cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>
            """
    }()
}
