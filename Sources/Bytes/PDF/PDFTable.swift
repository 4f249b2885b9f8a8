// DESIGN. Rows come one by one from a cursor, and a page goes out when it is full. Nothing of a row is kept, but for three
// bounded things: the first rows of a table, by which its columns are measured; the cells shaped last, because names and
// licences repeat (`PDFCellCache`); and the outline, up to a limit.

/// A report as a document: a head, tables whose heading repeats on each page, page numbers with their total, an outline.
///
///     var table = try PDFTable(heading, columns: columns)
///     while try source.next(into: &row) {
///         for cell in row { table.cell(cell) }
///         try table.endRow(to: &file)
///     }
///     try table.finish(to: &file)
package struct PDFTable: ~Copyable {
    /// What stands above the first table, and what the document says about itself.
    package struct Heading: Sendable {
        package var title: String
        /// One line below the title: whose data this is.
        package var scope: String
        /// ISO 8601 in UTC, `2024-05-01T12:00:00Z`: printed, and the document's date of creation.
        package var created: String
        /// Lines below these, for what readers have to know of the whole.
        package var notes: [String] = []
        package var author: String?

        package init(title: String, scope: String, created: String, notes: [String] = [], author: String? = nil) {
            self.notes = notes
            self.title = title
            self.scope = scope
            self.created = created
            self.author = author
        }
    }

    package struct Column: Sendable {
        package enum Kind: Sendable {
            case text
            /// Set to the right.
            case number
            /// An address that can be clicked when it is http or https.
            case link
        }
        package var title: String
        package var kind: Kind
        /// The share of the room that is left when each column has its least; 1 is usual.
        package var weight: Double
        /// Whether each change of its value, from row to row, becomes an entry of the outline. For at most one column.
        package var isOutlined: Bool

        package init(_ title: String, _ kind: Kind = .text, weight: Double = 1, isOutlined: Bool = false) {
            self.title = title
            self.kind = kind
            self.weight = weight
            self.isOutlined = isOutlined
        }
    }

    /// So many rows are measured before the first is drawn, or so many bytes of them.
    private static let sampleRows = 200
    private static let sampleBytes = 1 << 20
    private static let outlineLimit = 1000
    /// With no outlined column the outline gets the first row of every so many pages.
    private static let outlinePages = 10
    private static let margin = 34.0
    private static let footer = 22.0
    private static let gray = PDFColor.gray(0.35)
    private static let rule = PDFColor.gray(0.78)

    private let heading: Heading
    private var canvas: PDFCanvas
    private var columns: [Column]
    private var rows = PDFRows()
    private var geometry: PDFTableGeometry?
    private var cache = PDFCellCache()
    private var headings: [PDFText] = []
    private var headingHeight = 0.0
    private var texts: [PDFText] = []
    private var y = margin
    private var outlined: [UInt8] = []
    private var outlineEntries = 0
    private var outlineParent = PDFCanvas.OutlineEntry.root
    private var lastOutlinedPage = 1
    private var cutBefore = 0
    private var isFinished = false

    /// Rows drawn so far in all tables. Those of the sample count when they are drawn.
    package private(set) var rowCount = 0
    private var tableRows = 0
    /// Cells of which not all is shown, because they would fill more than a page or 16 KiB; each shows an ellipsis.
    package private(set) var cutCells = 0
    /// Pages so far; after `finish`, all.
    package var pages: Int { isFinished ? canvas.page - 1 : canvas.page }

    package init(_ heading: Heading, columns: [Column]) throws(SinkError) {
        self.heading = heading
        self.columns = columns
        canvas = try PDFCanvas(
            .init(title: heading.title, author: heading.author, created: heading.created), size: .a4Landscape)
        drawHead()
    }

    // MARK: Rows

    /// Adds the next cell of the row, its bytes as UTF-8 of any content.
    package mutating func cell(_ utf8: UnsafeRawBufferPointer) { rows.cell(utf8) }

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

    /// Ends the row: cells that are missing are empty, those beyond the columns are left out.
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

    /// Ends the current table and begins another one below it, under its own title.
    package mutating func nextTable(
        _ title: String, columns: [Column], to file: inout ByteSink
    ) throws(SinkError) {
        try endTable(to: &file)
        self.columns = columns
        geometry = nil
        tableRows = 0
        outlined = []
        let text = canvas.shape(title, .init(size: 12, isBold: true, width: width, maximumHeight: 40))
        // A title, its heading and a row or two stay together.
        if y + text.height + 90 > bottom { try breakPage(withHeading: false, to: &file) }
        y += 14
        outlineParent = canvas.outline(title, y: y)
        canvas.draw(text, at: PDFPoint(Self.margin, y))
        y += text.height + 6
    }

    /// Ends the document. Nothing may be added after it.
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
    /// The height of the tallest row: a page with nothing but it and the heading.
    private var tallest: Double { bottom - Self.margin - headingHeight - 1 }

    private mutating func drawHead() {
        let title = canvas.draw(
            heading.title, at: PDFPoint(Self.margin, y), .init(size: 20, isBold: true, width: width, maximumHeight: 85))
        canvas.outline(heading.title)
        y += title.height + 1
        let scope = canvas.draw(
            heading.scope, at: PDFPoint(Self.margin, y), .init(size: 10, width: width, maximumHeight: 60),
            color: Self.gray)
        y += scope.height
        let created = canvas.draw(
            Self.readable(heading.created), at: PDFPoint(Self.margin, y),
            .init(size: 10, width: width, isOneLine: true), color: Self.gray)
        y += created.height
        for note in heading.notes {
            let text = canvas.draw(
                note, at: PDFPoint(Self.margin, y + 3), .init(size: 9, width: width, maximumHeight: 60),
                color: Self.gray)
            y += text.height + 3
        }
        y += 12
    }

    /// `2024-05-01T12:00:00Z` as `2024-05-01 12:00 UTC`; anything else as it is.
    private static func readable(_ created: String) -> String {
        guard created.utf8.count == 20, created.hasSuffix("Z") else { return created }
        return "\(created.prefix(10)) \(created.dropFirst(11).prefix(5)) UTC"
    }

    private mutating func drawFooter() {
        let baseline = canvas.size.height - Self.margin
        let text = canvas.shape(
            heading.title, .init(size: 7, alignment: .right, width: width / 2, isOneLine: true))
        canvas.draw(
            text, at: PDFPoint(Self.margin + width / 2, baseline - text.baseline), color: Self.gray)
        canvas.drawPageNumber(at: PDFPoint(Self.margin, baseline))
    }

    private mutating func breakPage(withHeading: Bool = true, to file: inout ByteSink) throws(SinkError) {
        drawFooter()
        try canvas.endPage(to: &file)
        y = Self.margin
        if withHeading { drawHeading() }
    }

    private mutating func drawHeading() {
        guard let geometry else { return }
        canvas.fill(
            PDFRectangle(x: Self.margin, y: y, width: width, height: headingHeight), .gray(0.92))
        for (column, text) in headings.enumerated() {
            // Headings of more than one line stand on the line below.
            canvas.draw(
                text, at: PDFPoint(geometry.left[column], y + headingHeight - geometry.padding - text.height))
        }
        y += headingHeight
        canvas.line(
            from: PDFPoint(Self.margin, y), to: PDFPoint(Self.margin + width, y), .gray(0.25), width: 0.75)
    }

    /// Measures what has come of the rows, fixes the columns, and draws the heading and those rows.
    private mutating func beginTable(to file: inout ByteSink) throws(SinkError) {
        let geometry = PDFTableGeometry(
            columns: columns, sample: rows, left: Self.margin, width: width, canvas: canvas)
        self.geometry = geometry
        cache.removeAll()
        headings = columns.enumerated().map { index, column in
            canvas.shape(
                column.title,
                .init(
                    size: geometry.size, isBold: true, alignment: column.kind == .number ? .right : .left,
                    width: geometry.widths[index], maximumHeight: (bottom - Self.margin) / 3))
        }
        headingHeight = (headings.map(\.height).max() ?? 0) + 2 * geometry.padding
        if y + headingHeight + 3 * geometry.size > bottom {
            try breakPage(to: &file)
        } else {
            drawHeading()
        }
        try drawRows(to: &file)
    }

    private mutating func endTable(to file: inout ByteSink) throws(SinkError) {
        if geometry == nil { try beginTable(to: &file) }
        var words = tableRows == 0 ? "No rows" : tableRows == 1 ? "1 row" : "\(tableRows) rows"
        if cutCells > cutBefore { words += "; texts that are too long for a page end with … (\(cutCells - cutBefore))" }
        cutBefore = cutCells
        let note = canvas.shape(words, .init(size: 8, width: width))
        if y + note.height + 4 > bottom { try breakPage(withHeading: false, to: &file) }
        canvas.draw(note, at: PDFPoint(Self.margin, y + 4), color: Self.gray)
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
        texts.removeAll(keepingCapacity: true)
        var ascent = 0.0
        var descent = 0.0
        let tallest = tallest
        for column in columns.indices {
            let text = rows.withCell(first + column) { utf8 in
                cache.text(utf8, column: column) {
                    canvas.shape(utf8: utf8, geometry.style(of: column, columns[column].kind, tallest: tallest))
                }
            }
            texts.append(text)
            if text.isCut { cutCells += 1 }
            ascent = max(ascent, text.baseline)
            descent = max(descent, text.height - text.baseline)
        }
        let height = min(ascent + descent + 2 * geometry.padding, tallest)
        if y + height > bottom { try breakPage(to: &file) }
        outlineRow(from: first)
        for column in columns.indices {
            let text = texts[column]
            guard text.width > 0 else { continue }
            let top = min(y + geometry.padding + ascent - text.baseline, y + height - text.height)
            let isLink = columns[column].kind == .link && link(first + column, text, geometry.left[column], top)
            canvas.draw(
                text, at: PDFPoint(geometry.left[column], top),
                color: isLink ? PDFColor(red: 0.05, green: 0.25, blue: 0.6) : .black)
        }
        y += height
        canvas.line(from: PDFPoint(Self.margin, y), to: PDFPoint(Self.margin + width, y), Self.rule, width: 0.3)
        rowCount += 1
        tableRows += 1
    }

    private mutating func link(_ cell: Int, _ text: PDFText, _ left: Double, _ top: Double) -> Bool {
        rows.withCell(cell) {
            canvas.link(
                PDFRectangle(x: left + text.left, y: top, width: text.width, height: text.height), to: $0)
        }
    }

    /// Adds what the row brings to the outline, as long as there is room in it.
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
