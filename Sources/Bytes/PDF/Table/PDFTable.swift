// DESIGN. Rows come one by one from a cursor, and each full page is written out. Three bounded things are kept of the rows:
// the first rows of a table, which determine the column widths; the words shaped last (`PDFWords`); and the outline, up to
// a limit. The lines below the rows of a page are one drawing at its end. The repeated heading is a form that each page
// refers to. The rows of a page form a group in the structure of the table.

/// A report as a document: a head, tables whose heading repeats on each page, page numbers with their total, and an
/// outline.
///
///     var table = try PDFTable(heading, columns: columns)
///     while try source.next(into: &row) {
///         for cell in row { table.cell(cell) }
///         try table.endRow(to: &file)
///     }
///     try table.finish(to: &file)
package struct PDFTable: ~Copyable {
    /// The most rows that are measured before the first is drawn, and the most bytes in them.
    private static let sampleRows = 200
    private static let sampleBytes = 1 << 20
    private static let outlineLimit = 1000
    /// Without an outlined column, the outline has the first row of every tenth page.
    private static let outlinePages = 10
    private static let margin = 34.0
    private static let footer = 22.0
    private static let gray = PDFColor.gray(0.35)
    private static let rule = PDFColor.gray(0.78)
    private static let linkColor = PDFColor(red: 0.05, green: 0.25, blue: 0.6)

    private let heading: Heading
    private var canvas: PDFCanvas
    private var columns: [Column]
    private var rows: PDFRows
    private var geometry: PDFTableGeometry?
    private var headings: [PDFText] = []
    private var headingHeight = 0.0
    /// The heading for later pages of the table.
    private var repeated: PDFCanvas.Form?
    private var lines = PDFLines()
    private var boxes: [PDFTextBox] = []
    /// The heights on this page at which rows end.
    private var rules = PDFPath()
    private var isGroupOpen = false
    private var y = margin
    private var outlined: [UInt8] = []
    private var outlineEntries = 0
    private var outlineParent = PDFCanvas.OutlineEntry.root
    private var lastOutlinedPage = 1
    private var cutBefore = 0
    private var isFinished = false

    /// The number of rows drawn so far in all tables. Rows of the sample count when they are drawn.
    package private(set) var rowCount = 0
    private var tableRows = 0
    /// The number of cells that were cut because they would fill more than a page or 16 KiB; each ends with an
    /// ellipsis.
    package private(set) var cutCells = 0
    /// The number of pages so far; after `finish`, of all pages.
    package var pages: Int { isFinished ? canvas.page - 1 : canvas.page }

    package init(_ heading: Heading, columns: [Column]) throws(SinkError) {
        self.heading = heading
        self.columns = columns
        rows = PDFRows(keepsAddresses: columns.contains(where: \.kind.takesAddress))
        canvas = try PDFCanvas(
            .init(title: heading.title, author: heading.author, created: heading.created), size: .a4Landscape)
        drawHead()
    }

    // MARK: Rows

    /// Adds the next cell of the row: UTF-8 of any content.
    package mutating func cell(_ utf8: UnsafeRawBufferPointer) { rows.cell(utf8) }

    /// Adds a cell of a column of linked texts: its text, and the address that it links to; empty for none.
    package mutating func cell(_ utf8: UnsafeRawBufferPointer, address: UnsafeRawBufferPointer) {
        rows.cell(utf8, address: address)
    }

    package mutating func cell(_ text: String) {
        var text = text
        text.withUTF8 { rows.cell(UnsafeRawBufferPointer($0)) }
    }

    /// Adds one more item to the list in the last cell.
    package mutating func item(_ utf8: UnsafeRawBufferPointer) { rows.item(utf8) }

    package mutating func item(_ text: String) {
        var text = text
        text.withUTF8 { rows.item(UnsafeRawBufferPointer($0)) }
    }

    /// Ends the row: missing cells are empty, cells beyond the columns are left out.
    package mutating func endRow(to file: inout ByteSink) throws(SinkError) {
        rows.end(columns: columns.count)
        if geometry != nil {
            try drawRows(to: &file)
        } else if rows.count >= Self.sampleRows || rows.bytes.count >= Self.sampleBytes {
            try beginTable(to: &file)
        }
    }

    /// A row of texts.
    package mutating func row(_ cells: [String], to file: inout ByteSink) throws(SinkError) {
        for text in cells { cell(text) }
        try endRow(to: &file)
    }

    /// Ends the current table and begins another below it, with its own title.
    package mutating func nextTable(
        _ title: String, columns: [Column], to file: inout ByteSink
    ) throws(SinkError) {
        try endTable(to: &file)
        self.columns = columns
        rows = PDFRows(keepsAddresses: columns.contains(where: \.kind.takesAddress))
        geometry = nil
        tableRows = 0
        outlined = []
        let text = canvas.shape(title, .init(size: 12, isBold: true, width: width, maximumHeight: 40))
        // A title, its heading and a row or two stay on one page.
        if y + text.height + 90 > bottom { try breakPage(to: &file) }
        y += 14
        outlineParent = canvas.outline(title, y: y)
        canvas.begin(.heading(2))
        canvas.draw(text, at: PDFPoint(Self.margin, y))
        canvas.end()
        y += text.height + 6
    }

    /// Ends the document. No row may be added after it.
    package mutating func finish(to file: inout ByteSink) throws(SinkError) {
        try endTable(to: &file)
        drawFooter()
        try canvas.endPage(to: &file)
        isFinished = true
        try canvas.finish(to: &file)
    }

    // MARK: Layout

    private var width: Double { canvas.size.width - 2 * Self.margin }
    private var bottom: Double { canvas.size.height - Self.margin - Self.footer }
    /// The height of the tallest row: a page with only this row and the heading.
    private var tallest: Double { bottom - Self.margin - headingHeight - 1 }

    private mutating func drawHead() {
        canvas.outline(heading.title)
        y +=
            1
            + drawHead(
                heading.title, .heading(1), .init(size: 20, isBold: true, width: width, maximumHeight: 85), .black)
        y += drawHead(heading.scope, .paragraph, .init(size: 10, width: width, maximumHeight: 60), Self.gray)
        y += drawHead(
            "State of \(Self.readable(heading.created))", .paragraph, .init(size: 10, width: width, isOneLine: true),
            Self.gray)
        for note in heading.notes {
            y += 3
            y += drawHead(note, .paragraph, .init(size: 9, width: width, maximumHeight: 60), Self.gray)
        }
        if !heading.figures.isEmpty {
            y += 8
            y += canvas.draw(figures: heading.figures, at: PDFPoint(Self.margin, y), width: width)
        }
        y += 12
    }

    /// Draws a part of the head and returns its height.
    private mutating func drawHead(
        _ text: String, _ role: PDFRole, _ style: PDFText.Style, _ color: PDFColor
    ) -> Double {
        canvas.begin(role)
        defer { canvas.end() }
        return canvas.draw(text, at: PDFPoint(Self.margin, y), style, color: color).height
    }

    /// `2024-05-01T12:00:00Z` as `2024-05-01 12:00 UTC`; other texts unchanged.
    private static func readable(_ created: String) -> String {
        guard created.utf8.count == 20, created.hasSuffix("Z") else { return created }
        return "\(created.prefix(10)) \(created.dropFirst(11).prefix(5)) UTC"
    }

    /// Draws the day, report and scope of the page. The day comes first, because after a name in Arabic the parts of a date
    /// change places (Unicode Standard Annex 9, W2 and W4).
    private mutating func drawFooter() {
        let baseline = canvas.size.height - Self.margin
        let words = [String(heading.created.prefix(10)), heading.title, heading.scope].filter { !$0.isEmpty }
        let text = canvas.shape(
            words.joined(separator: " · "), .init(size: 7, alignment: .right, width: width * 0.75, isOneLine: true))
        let left = Self.margin
        let place = PDFPoint(left + width * 0.25, baseline - text.baseline)
        canvas.withoutElement { canvas in
            canvas.draw(text, at: place, color: Self.gray)
            canvas.drawPageNumber(at: PDFPoint(left, baseline))
        }
    }

    private mutating func breakPage(to file: inout ByteSink) throws(SinkError) {
        endGroup()
        drawFooter()
        try canvas.endPage(to: &file)
        y = Self.margin
    }

    /// Ends the rows of this page.
    private mutating func endGroup() {
        guard isGroupOpen else { return }
        isGroupOpen = false
        canvas.end()
        canvas.withoutElement { $0.stroke(rules, Self.rule, width: 0.3) }
        rules = PDFPath()
    }

    /// Draws the heading at the beginning of the table, as a part of the table.
    private mutating func drawHeading() {
        canvas.begin(.table)
        canvas.begin(.tableHead)
        canvas.begin(.row)
        drawHeading(at: y, isElement: true)
        canvas.end()
        canvas.end()
        y += headingHeight
    }

    /// Draws the heading again, at the top of a page.
    private mutating func repeatHeading() {
        if let repeated {
            canvas.withoutElement { $0.show(repeated) }
        } else {
            canvas.beginForm()
            drawHeading(at: Self.margin, isElement: false)
            let form = canvas.endForm()
            repeated = form
            canvas.withoutElement { $0.show(form) }
        }
        y += headingHeight
    }

    private mutating func drawHeading(at y: Double, isElement: Bool) {
        guard let geometry else { return }
        let box = PDFRectangle(x: Self.margin, y: y, width: width, height: headingHeight)
        canvas.withoutElement { canvas in
            canvas.fill(box, .gray(0.92))
            canvas.line(
                from: PDFPoint(box.x, y + box.height), to: PDFPoint(box.x + box.width, y + box.height), .gray(0.25),
                width: 0.75)
        }
        for (column, text) in headings.enumerated() {
            if isElement { canvas.begin(.columnHeading) }
            // Headings with several lines are aligned to the bottom line.
            canvas.draw(
                text, at: PDFPoint(geometry.left[column], y + headingHeight - geometry.padding - text.height))
            if isElement { canvas.end() }
        }
    }

    /// Measures the rows so far, fixes the column widths, and draws the heading and these rows.
    private mutating func beginTable(to file: inout ByteSink) throws(SinkError) {
        let geometry = PDFTableGeometry(
            columns: columns, sample: rows, left: Self.margin, width: width, fonts: canvas.fonts)
        self.geometry = geometry
        repeated = nil
        headings = columns.enumerated().map { index, column in
            canvas.shape(
                column.title,
                .init(
                    size: geometry.size, isBold: true, alignment: column.kind == .number ? .right : .left,
                    width: geometry.widths[index], maximumHeight: (bottom - Self.margin) / 3))
        }
        headingHeight = (headings.map(\.height).max() ?? 0) + 2 * geometry.padding
        if y + headingHeight + 3 * geometry.size > bottom { try breakPage(to: &file) }
        drawHeading()
        try drawRows(to: &file)
    }

    private mutating func endTable(to file: inout ByteSink) throws(SinkError) {
        if geometry == nil { try beginTable(to: &file) }
        endGroup()
        canvas.end()
        var words = tableRows == 0 ? "No rows" : tableRows == 1 ? "1 row" : "\(tableRows) rows"
        if cutCells > cutBefore { words += "; texts that are too long for a page end with … (\(cutCells - cutBefore))" }
        cutBefore = cutCells
        let note = canvas.shape(words, .init(size: 8, width: width))
        if y + note.height + 4 > bottom { try breakPage(to: &file) }
        canvas.begin(.paragraph)
        canvas.draw(note, at: PDFPoint(Self.margin, y + 4), color: Self.gray)
        canvas.end()
        y += note.height + 8
    }

    private mutating func drawRows(to file: inout ByteSink) throws(SinkError) {
        guard let geometry else { return }
        var cell = 0
        while cell < rows.ends.count {
            try drawRow(from: cell, geometry, to: &file)
            cell += columns.count
        }
        cutCells += rows.cut
        rows.removeAll()
    }

    private mutating func drawRow(
        from first: Int, _ geometry: PDFTableGeometry, to file: inout ByteSink
    ) throws(SinkError) {
        lines.removeAll()
        boxes.removeAll(keepingCapacity: true)
        var ascent = 0.0
        var descent = 0.0
        let tallest = tallest
        for column in columns.indices {
            let style = geometry.style(of: column, columns[column].kind, tallest: tallest)
            let box = rows.withCell(first + column) { canvas.fonts.set($0, style, into: &lines) }
            boxes.append(box)
            if box.isCut { cutCells += 1 }
            ascent = max(ascent, box.baseline)
            descent = max(descent, box.height - box.baseline)
        }
        let height = min(ascent + descent + 2 * geometry.padding, tallest)
        if y + height > bottom {
            try breakPage(to: &file)
            repeatHeading()
        }
        outlineRow(from: first)
        if !isGroupOpen {
            canvas.begin(.tableBody)
            isGroupOpen = true
        }
        canvas.begin(.row)
        for column in columns.indices {
            let box = boxes[column]
            canvas.begin(.cell)
            if box.width > 0 {
                let top = min(y + geometry.padding + ascent - box.baseline, y + height - box.height)
                drawCell(
                    first + column, box, geometry.style(of: column, columns[column].kind, tallest: tallest),
                    PDFPoint(geometry.left[column], top), columns[column].kind)
            }
            canvas.end()
        }
        canvas.end()
        y += height
        rules.move(to: PDFPoint(Self.margin, y))
        rules.line(to: PDFPoint(Self.margin + width, y))
        rowCount += 1
        tableRows += 1
    }

    @inline(__always)
    private mutating func drawCell(
        _ cell: Int, _ box: PDFTextBox, _ style: PDFText.Style, _ point: PDFPoint, _ kind: Column.Kind
    ) {
        var address: PDFLink?
        var color = Self.linkColor
        switch kind {
        case .text, .number: return canvas.draw(lines, box, style, at: point, color: .black)
        case .marked(let marks): return drawMarked(cell, box, style, point, marks)
        case .link: address = rows.withCell(cell) { PDFLink($0) }
        case .linked(let isColored):
            address = rows.withAddress(cell) { PDFLink($0) }
            if !isColored { color = .black }
        }
        guard let address else { return canvas.draw(lines, box, style, at: point, color: .black) }
        canvas.begin(.link)
        canvas.link(PDFRectangle(x: point.x + box.left, y: point.y, width: box.width, height: box.height), to: address)
        canvas.draw(lines, box, style, at: point, color: color)
        canvas.end()
    }

    private mutating func drawMarked(
        _ cell: Int, _ box: PDFTextBox, _ style: PDFText.Style, _ point: PDFPoint, _ marks: [PDFMark]
    ) {
        let color = rows.withCell(cell) { word in marks.first { word.elementsEqual($0.word) }?.color }
        if let color {
            let side = 0.75 * style.size
            let place = PDFPoint(point.x, point.y + box.baseline - side)
            canvas.withoutElement { $0.draw(square: color, at: place, side: side) }
        }
        let place = PDFPoint(point.x + PDFTableGeometry.markRoom * style.size, point.y)
        canvas.draw(lines, box, style, at: place, color: .black)
    }

    /// Adds the row's new values to the outline, while the outline has room.
    private mutating func outlineRow(from first: Int) {
        guard outlineEntries < Self.outlineLimit else { return }
        if let column = columns.firstIndex(where: \.isOutlined) {
            rows.withCell(first + column) { value in
                guard !value.isEmpty, !value.elementsEqual(outlined) else { return }
                outlined = Array(value.prefix(200))
                canvas.outline(String(decoding: outlined, as: UTF8.self), below: outlineParent, y: y)
                outlineEntries += 1
            }
        } else if canvas.page >= lastOutlinedPage + Self.outlinePages {
            lastOutlinedPage = canvas.page
            canvas.outline("From row \(tableRows + 1)", below: outlineParent, y: y)
            outlineEntries += 1
        }
    }
}
