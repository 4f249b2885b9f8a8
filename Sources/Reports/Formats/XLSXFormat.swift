package import Bytes
package import Database

// DESIGN. A workbook is a ZIP of XML parts (ECMA-376 Part 1, SpreadsheetML). The sheet is written row by row with inline
// strings and without cell references. So only the hyperlinks are kept, and Excel limits their number. Parts that depend
// on the sheets (relationships) follow them. Readers find parts in any order by the directory of the ZIP.

/// An XLSX workbook with a sheet for each table.
package struct XLSXFormat: TableRenderer, ~Copyable {
    /// The most rows of a sheet, including its heading.
    package static let rowLimit = 1_048_576
    /// The height of a line in points, and the most lines of a row: Excel allows 409 points.
    private static let (lineHeight, mostLines) = (15, 27)
    /// The most hyperlinks that Excel accepts in a sheet.
    static let linkLimit = 65_530

    package private(set) var cutCells = 0
    private let head: ReportHead
    private let zip: ZIPWriter
    private let columns: [[FlatColumn]]
    private var sink: ByteSink
    private var table = 0
    private var rowNumber = 0
    /// The row counts of the finished tables.
    private var rowCounts: [Int] = []
    /// The cells with a link, each with the number of its address. Equal addresses share one relationship.
    private var links: [(column: Int, row: Int, address: Int)] = []
    /// The last address of each column, and its number if it can be a link. Rows one below the other often have the same
    /// address.
    private var recent: [(address: [UInt8], number: Int?)] = []
    /// Whether cells lack their link because the sheet has reached the limit.
    private var isOutOfLinks = false
    private var addresses: [String] = []
    private var addressNumbers: [String: Int] = [:]
    private var text: [UInt8] = []
    /// The descriptions of the row, by column. Their lines are counted before the row begins.
    private var proses: [[UInt8]] = []

    package init(_ head: ReportHead, to destination: @escaping ByteSink.Destination) throws(SinkError) {
        self.head = head
        zip = ZIPWriter(time: head.scope.updated, level: .quick, isLarge: false, to: destination)
        columns = head.tables.map(FlatColumn.columns(of:))
        sink = ByteSink()
        let sheets = head.tables.count + 1
        try part("[Content_Types].xml", Self.contentTypes(sheets: sheets))
        try part(
            "_rels/.rels",
            Self.relationships([
                ("officeDocument", "xl/workbook.xml"), ("metadata/core-properties", "docProps/core.xml"),
            ]))
        try part("docProps/core.xml", Self.coreProperties(head))
        try part("xl/styles.xml", Self.styles)
        try part(
            "xl/_rels/workbook.xml.rels",
            Self.relationships(
                (1...max(1, sheets)).map { ("worksheet", "worksheets/sheet\($0).xml") } + [("styles", "styles.xml")]))
    }

    package mutating func beginTable(_ index: Int) throws(SinkError) {
        table = index
        rowNumber = 1
        links = []
        recent = Array(repeating: ([], nil), count: columns[index].count)
        proses = Array(repeating: [], count: columns[index].count)
        addresses = []
        addressNumbers = [:]
        sink = ByteSink(to: try zip.begin("xl/worksheets/sheet\(index + 1).xml"))
        sink.append(
            """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" \
            xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheetPr>\
            <pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>
            """)
        sink.append(
            raw: """
                <sheetView\(index == 0 ? " tabSelected=\"1\"" : "") workbookViewId="0"><pane ySplit="1" \
                topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>\
                <sheetFormatPr defaultRowHeight="\(Self.lineHeight)"/><cols>
                """)
        for (number, column) in columns[index].enumerated() {
            let width = max(column.width, column.title.count + 4)
            sink.append(raw: "<col min=\"\(number + 1)\" max=\"\(number + 1)\" width=\"\(width)\" customWidth=\"1\"/>")
        }
        sink.append("</cols><sheetData><row>")
        for column in columns[index] {
            sink.append("<c s=\"1\" t=\"inlineStr\"><is><t>")
            Array(column.title.utf8).withUnsafeBytes { _ = sink.append(sheetText: $0) }
            sink.append("</t></is></c>")
        }
        sink.append("</row>\n")
    }

    package mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError) {
        rowNumber += 1
        let columns = self.columns[table]
        let lines = lines(of: rows, at: start)
        if lines > 1 {
            sink.append("<row ht=\"")
            sink.append(decimal: Int64(lines * Self.lineHeight))
            sink.append("\">")
        } else {
            sink.append("<row>")
        }
        for index in columns.indices {
            switch columns[index].source {
            case .cell(let cell):
                let address = columns[index].address.map { start + $0 }
                single(rows, start + cell, columns[index].kind, column: index, address: address)
            case .list:
                text.removeAll(keepingCapacity: true)
                columns[index].appendText(rows, at: start, to: &text)
                string(style: "<c")
            }
        }
        sink.append("</row>\n")
        try sink.drain()
    }

    /// The approximate number of lines of the row's tallest cell. Without a height, each spreadsheet program chooses how much
    /// of the row it shows.
    private mutating func lines(of rows: borrowing RowBuffer, at start: Int) -> Int {
        var most = 1
        for index in columns[table].indices {
            let column = columns[table][index]
            switch (column.source, column.kind) {
            case (.cell, .prose):
                proses[index].removeAll(keepingCapacity: true)
                _ = column.appendShown(rows, at: start, to: &proses[index])
                var length = 0
                var lines = 1
                for byte in proses[index] {
                    if byte & 0xC0 != 0x80 { length += 1 }
                    if byte == 0x0A || length > column.width {
                        lines += 1
                        length = 0
                    }
                }
                most = max(most, lines)
            case (.cell(let cell), .text), (.cell(let cell), .link), (.cell(let cell), .names):
                most = max(most, (rows.bytes(start + cell).count + column.width - 1) / max(1, column.width))
            case (.list(let place, _, _), _): most = max(most, rows.list(start + place).count)
            case (.cell, _): break
            }
        }
        return min(most, Self.mostLines)
    }

    private mutating func single(
        _ rows: borrowing RowBuffer, _ cell: Int, _ kind: Column.Kind, column: Int, address: Int?
    ) {
        if rows.isNull(cell) {
            sink.append("<c/>")
            return
        }
        switch kind {
        case .text:
            if let address, link(to: rows.bytes(address), from: column) {
                text.removeAll(keepingCapacity: true)
                text.append(contentsOf: rows.bytes(cell))
                string(style: "<c s=\"4\"")
            } else {
                appendString(rows.bytes(cell))
            }
        case .severity:
            text.removeAll(keepingCapacity: true)
            _ = columns[table][column].appendShown(rows, at: cell - offset(column), to: &text)
            string(style: Self.style(ofSeverity: text))
        case .prose:
            // The cell has no link, because LibreOffice does not wrap a cell with one. The name of the vulnerability
            // leads to the rest. The value is moved out and back, so that it can be read while the sheet is written.
            var prose: [UInt8] = []
            swap(&prose, &proses[column])
            prose.withUnsafeBytes { appendString($0) }
            swap(&prose, &proses[column])
        case .integer:
            sink.append("<c><v>")
            sink.append(decimal: rows.integer(cell))
            sink.append("</v></c>")
        case .real:
            sink.append("<c><v>")
            sink.append(jsonNumber: rows.real(cell))
            sink.append("</v></c>")
        case .boolean:
            sink.append(rows.boolean(cell) ? "<c s=\"10\" t=\"b\"><v>1</v></c>" : "<c s=\"10\" t=\"b\"><v>0</v></c>")
        case .date:
            sink.append("<c s=\"2\"><v>")
            sink.append(sheetTime: rows.integer(cell))
            sink.append("</v></c>")
        case .timestamp:
            sink.append("<c s=\"3\"><v>")
            sink.append(sheetTime: rows.integer(cell))
            sink.append("</v></c>")
        case .link:
            let address = rows.bytes(cell)
            if link(to: address, from: column) {
                text.removeAll(keepingCapacity: true)
                text.append(contentsOf: address)
                string(style: "<c s=\"4\"")
            } else if let shown = Deception.defused(address) {
                shown.withUnsafeBytes { appendString($0) }
            } else {
                appendString(address)
            }
        case .names:
            text.removeAll(keepingCapacity: true)
            columns[table][column].appendText(rows, at: cell - offset(column), to: &text)
            string(style: "<c")
        }
    }

    /// Makes the cell of this row link to an address; false where the address cannot be a link or no more links are
    /// allowed.
    private mutating func link(to address: UnsafeRawBufferPointer, from column: Int) -> Bool {
        guard !address.isEmpty else { return false }
        guard links.count < Self.linkLimit else {
            isOutOfLinks = true
            return false
        }
        if !recent[column].address.elementsEqual(address) {
            recent[column].address.removeAll(keepingCapacity: true)
            recent[column].address.append(contentsOf: address)
            recent[column].number = nil
            if let target = SheetLink.target(address) { recent[column].number = number(of: target) }
        }
        guard let number = recent[column].number else { return false }
        links.append((column, rowNumber, number))
        return true
    }

    private func offset(_ column: Int) -> Int {
        if case .cell(let cell) = columns[table][column].source { cell } else { 0 }
    }

    private mutating func string(style: StaticString) {
        if text.isEmpty {
            sink.append("<c/>")
            return
        }
        sink.append(style)
        sink.append(" t=\"inlineStr\"><is><t xml:space=\"preserve\">")
        if text.withUnsafeBytes({ sink.append(sheetText: $0) }) { cutCells += 1 }
        sink.append("</t></is></c>")
    }

    @inline(__always)
    private mutating func appendString(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first, let last = bytes.last else {
            sink.append("<c/>")
            return
        }
        // Readers drop blanks at the ends unless the element says otherwise.
        if first <= 32 || last <= 32 {
            sink.append("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">")
        } else {
            sink.append("<c t=\"inlineStr\"><is><t>")
        }
        if sink.append(sheetText: bytes) { cutCells += 1 }
        sink.append("</t></is></c>")
    }

    package mutating func endTable() throws(SinkError) {
        rowCounts.append(rowNumber - 1)
        sink.append("</sheetData>")
        let last = Self.reference(column: max(0, columns[table].count - 1), row: rowNumber)
        sink.append(raw: "<autoFilter ref=\"A1:\(last)\"/>")
        if !links.isEmpty {
            sink.append("<hyperlinks>")
            for link in links {
                let cell = Self.reference(column: link.column, row: link.row)
                sink.append(raw: "<hyperlink ref=\"\(cell)\" r:id=\"rId\(link.address + 1)\"/>")
                try sink.drain()
            }
            sink.append("</hyperlinks>")
        }
        sink.append(raw: Self.pageSetup(head))
        sink.append("</worksheet>")
        try sink.flush()
        try zip.end()
        if !links.isEmpty { try linkPart() }
    }

    private mutating func number(of address: String) -> Int {
        if let known = addressNumbers[address] { return known }
        addressNumbers[address] = addresses.count
        addresses.append(address)
        return addresses.count - 1
    }

    private mutating func linkPart() throws(SinkError) {
        sink = ByteSink(to: try zip.begin("xl/worksheets/_rels/sheet\(table + 1).xml.rels"))
        sink.append(Self.relationshipsBegin)
        for (number, address) in addresses.enumerated() {
            sink.append(
                raw: """
                    <Relationship Id="rId\(number + 1)" Type="\(Self.relationshipBase)hyperlink" Target="
                    """)
            Array(address.utf8).withUnsafeBytes { sink.append(xmlText: $0) }
            sink.append("\" TargetMode=\"External\"/>")
            try sink.drain()
        }
        sink.append("</Relationships>")
        try sink.flush()
        try zip.end()
    }

    package mutating func end() throws(SinkError) {
        var book = """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" \
            xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>
            """
        for (number, query) in head.tables.enumerated() {
            book += "<sheet name=\"\(query.table.title)\" sheetId=\"\(number + 1)\" r:id=\"rId\(number + 1)\"/>"
        }
        let number = head.tables.count + 1
        try part("xl/worksheets/sheet\(number).xml", Self.aboutSheet(head, rows: rowCounts, isOutOfLinks: isOutOfLinks))
        book += "<sheet name=\"About\" sheetId=\"\(number)\" r:id=\"rId\(number)\"/></sheets><definedNames>"
        for (number, query) in head.tables.enumerated() {
            // Repeated on each printed page.
            book += """
                <definedName name="_xlnm.Print_Titles" localSheetId="\(number)">'\(query.table.title)'!$1:$1</definedName>
                """
        }
        book += "</definedNames></workbook>"
        try part("xl/workbook.xml", book)
        try zip.finish()
    }

    private func part(_ name: String, _ text: String) throws(SinkError) {
        var sink = ByteSink(to: try zip.begin(name))
        sink.append(raw: text)
        try sink.flush()
        try zip.end()
    }

    /// `A1` notation, counted from column 0 and row 1.
    static func reference(column: Int, row: Int) -> String {
        var letters = ""
        var rest = column
        repeat {
            letters = String(UnicodeScalar(UInt8(65 + rest % 26))) + letters
            rest = rest / 26 - 1
        } while rest >= 0
        return letters + String(row)
    }
}
