import Bytes

// DESIGN. Pages are filled from top to bottom. Each piece first asks for room, and the page ends when the room is too
// small. One function draws all texts and keeps them inside their boxes.

/// The pages of a document during drawing: a risk report or an attribution.
struct DocumentPage: ~Copyable {
    static let margin = 48.0
    static let gray = PDFColor.gray(0.35)
    static let ink = PDFColor(red: 0.10, green: 0.16, blue: 0.26)
    static let rule = PDFColor.gray(0.8)
    private static let linkColor = PDFColor(red: 0.05, green: 0.25, blue: 0.6)

    var canvas: PDFCanvas
    private var file: ByteSink
    private let footer: String
    /// The position of the next element.
    var y = margin
    /// Names that wait for others beside them.
    private var names: [PDFText] = []

    /// - Parameters:
    ///   - footer: the words at the foot of each page.
    ///   - created: the time of the data, RFC 3339. Its day stands at the foot in front of the words: behind a name in Arabic the parts of
    ///     a date change places (Unicode Standard Annex 9, W2 and W4).
    init(title: String, footer: String, created: String, to destination: @escaping ByteSink.Destination) throws {
        canvas = try PDFCanvas(.init(title: title, created: created))
        file = ByteSink(to: destination)
        self.footer = "\(created.prefix(10)) · \(footer)"
    }

    var width: Double { canvas.size.width - 2 * Self.margin }
    private var bottom: Double { canvas.size.height - Self.margin - 24 }

    // MARK: Pages

    /// Ends the page when less than this height is left.
    mutating func need(_ height: Double) throws {
        if y + height > bottom, y > Self.margin { try breakPage() }
    }

    mutating func breakPage() throws {
        drawFooter()
        try canvas.endPage(to: &file)
        y = Self.margin
    }

    private mutating func drawFooter() {
        let baseline = canvas.size.height - Self.margin + 6
        let text = canvas.shape(footer, .init(size: 7, alignment: .right, width: width * 0.75, isOneLine: true))
        let (left, width) = (Self.margin, width)
        canvas.withoutElement { canvas in
            canvas.line(
                from: PDFPoint(left, baseline - 14), to: PDFPoint(left + width, baseline - 14), Self.rule, width: 0.4)
            canvas.draw(text, at: PDFPoint(left + width * 0.25, baseline - text.baseline), color: Self.gray)
            canvas.drawPageNumber(at: PDFPoint(left, baseline))
        }
    }

    mutating func finish() throws {
        drawFooter()
        try canvas.endPage(to: &file)
        try canvas.finish(to: &file)
        try file.flush()
    }

    // MARK: Texts

    /// A line made from foreign names and words of this program. It runs from left to right, whatever the script of its first
    /// name (U+200E, Unicode Standard Annex 9 §2.6).
    static func composed(_ text: String) -> String {
        text.utf8.allSatisfy { $0 < 0x80 } ? text : "\u{200E}\(text)"
    }

    /// Sets a section's title, keeps room for the beginning of its text, and adds the title to the outline.
    ///
    /// - Parameter place: the name that links use for it.
    mutating func section(_ title: String, keeping height: Double = 140, place: String? = nil) throws {
        if y > Self.margin { y += 22 }
        try need(30 + height)
        if let place { canvas.place(place, y: y) }
        canvas.outline(title, y: y)
        canvas.fill(PDFRectangle(x: Self.margin, y: y + 2, width: 4, height: 17), Self.ink)
        canvas.begin(.heading(2))
        let text = canvas.draw(
            title, at: PDFPoint(Self.margin + 12, y), .init(size: 15, isBold: true, width: width - 12), color: Self.ink)
        canvas.end()
        y += text.height + 8
    }

    mutating func subtitle(_ title: String, keeping height: Double = 80, place: String? = nil) throws {
        y += 8
        try need(20 + height)
        if let place { canvas.place(place, y: y) }
        canvas.begin(.heading(3))
        let text = canvas.draw(
            title, at: PDFPoint(Self.margin, y), .init(size: 10.5, isBold: true, width: width), color: Self.ink)
        canvas.end()
        y += text.height + 4
    }

    mutating func paragraph(_ text: String, size: Double = 9.5, color: PDFColor = .black) throws {
        let shaped = canvas.shape(text, .init(size: size, width: width, maximumHeight: 400))
        try need(shaped.height)
        canvas.begin(.paragraph)
        canvas.draw(shaped, at: PDFPoint(Self.margin, y), color: color)
        canvas.end()
        y += shaped.height + 6
    }

    /// Sets a text of any length unchanged, line by line, over as many pages as needed.
    ///
    /// - Parameter indent: the distance from the left margin.
    mutating func text(
        _ text: String, size: Double = 8.5, indent: Double = 0, color: PDFColor = .black
    ) throws {
        for piece in TextPieces(text) {
            guard !piece.isEmpty else {
                y += size * 0.8
                continue
            }
            let shaped = canvas.shape(
                piece, .init(size: size, width: width - indent, maximumHeight: bottom - Self.margin))
            try need(shaped.height)
            canvas.begin(.paragraph)
            canvas.draw(shaped, at: PDFPoint(Self.margin + indent, y), color: color)
            canvas.end()
            y += shaped.height + 1
        }
    }

    /// Sets a name beside the ones before it, three to a line: lists of names are long, and their lines would be short. A name that is wider than
    /// that has lines of its own. `endNames` sets the last ones.
    mutating func name(_ text: String, size: Double = 8.5, indent: Double = 12) throws {
        let shaped = canvas.shape(text, .init(size: size))
        guard shaped.width < nameRoom(indent) - 8, !text.contains(where: \.isNewline) else {
            try endNames(indent: indent)
            return try self.text(text, size: size, indent: indent)
        }
        names.append(shaped)
        if names.count == Self.namesOfLine { try endNames(indent: indent) }
    }

    private static let namesOfLine = 3

    private func nameRoom(_ indent: Double) -> Double { (width - indent) / Double(Self.namesOfLine) }

    /// Sets the names that wait.
    mutating func endNames(indent: Double = 12) throws {
        guard !names.isEmpty else { return }
        let ascent = names.map(\.baseline).max() ?? 0
        let height = ascent + (names.map { $0.height - $0.baseline }.max() ?? 0)
        try need(height)
        var x = Self.margin + indent
        for name in names {
            canvas.begin(.paragraph)
            canvas.draw(name, at: PDFPoint(x, y + ascent - name.baseline))
            canvas.end()
            x += nameRoom(indent)
        }
        y += height + 1
        names.removeAll(keepingCapacity: true)
    }

    /// Sets a line that leads to a place of this document, or to an address.
    mutating func link(_ words: String, to target: Target, size: Double = 9.5, indent: Double = 0) throws {
        let shaped = canvas.shape(words, .init(size: size, width: width - indent, maximumHeight: 60))
        try need(shaped.height)
        let box = PDFRectangle(x: Self.margin + indent, y: y, width: shaped.width, height: shaped.height)
        canvas.begin(.paragraph)
        canvas.begin(.link)
        var isLink = true
        switch target {
        case .place(let name): canvas.link(box, toPlace: name, words: words)
        case .address(let address):
            isLink = Deception.isWeb(address)
            if isLink { isLink = canvas.link(box, to: address) }
        }
        canvas.draw(shaped, at: PDFPoint(box.x, y), color: isLink ? Self.linkColor : .black)
        canvas.end()
        canvas.end()
        y += shaped.height + 2
    }

    /// Sets a line of the contents: a link, and the number of the linked page at the right edge.
    mutating func entry(_ words: String, at place: String, indent: Double = 0) throws {
        try need(16)
        let top = y
        try link(words, to: .place(place), indent: indent)
        canvas.begin(.paragraph)
        canvas.drawPageNumber(ofPlace: place, endingAt: PDFPoint(Self.margin + width, top + 10))
        canvas.end()
    }

    /// The target of a line.
    enum Target {
        case place(String)
        case address(String)
    }

    // MARK: Tables

    struct Column {
        let title: String
        /// The share of the width.
        let share: Double
        var isNumber = false
    }

    /// A cell: a text, the address that it links to, and a colour in front of it.
    struct Cell: ExpressibleByStringLiteral {
        let text: String
        var address = ""
        var mark: PDFColor?

        init(_ text: String, address: String = "", mark: PDFColor? = nil) {
            self.text = text
            self.address = address
            self.mark = mark
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    /// Draws a table and repeats its heading on each page. Cells have two lines at most.
    mutating func table(_ columns: [Column], _ rows: [[Cell]]) throws {
        let widths = widths(of: columns)
        try need(46)
        canvas.begin(.table)
        canvas.begin(.tableHead)
        canvas.begin(.row)
        drawHeading(columns, widths, isRepeated: false)
        canvas.end()
        canvas.end()
        canvas.begin(.tableBody)
        for row in rows {
            let texts = zip(row, columns.indices).map { cell, index in
                canvas.shape(
                    cell.text,
                    .init(
                        size: 8.2, alignment: columns[index].isNumber ? .right : .left,
                        width: widths[index] - 8 - (cell.mark == nil ? 0 : 10), maximumHeight: 24))
            }
            // Texts of other scripts are set in taller lines: all of a row stand on one.
            let ascent = texts.map(\.baseline).max() ?? 0
            let height = (texts.map { $0.height - $0.baseline }.max() ?? 10) + ascent + 5
            if y + height > bottom {
                try breakPage()
                drawHeading(columns, widths, isRepeated: true)
            }
            canvas.begin(.row)
            var x = Self.margin
            for (index, text) in texts.enumerated() {
                draw(row[index], text, at: PDFPoint(x, y + 2.5 + ascent))
                x += widths[index]
            }
            canvas.end()
            y += height
            let (left, right) = (PDFPoint(Self.margin, y), PDFPoint(Self.margin + width, y))
            canvas.withoutElement { $0.line(from: left, to: right, Self.rule, width: 0.3) }
        }
        canvas.end()
        canvas.end()
        y += 6
    }

    /// The widths of columns by their shares; a title that is too wide takes room from the other columns.
    private func widths(of columns: [Column]) -> [Double] {
        let whole = columns.reduce(0) { $0 + $1.share }
        let wanted = columns.map { $0.share / whole * width }
        let least = columns.map { canvas.shape($0.title, .init(size: 8.2, isBold: true)).width + 8.5 }
        let missing = zip(wanted, least).reduce(0) { $0 + max(0, $1.1 - $1.0) }
        let spare = zip(wanted, least).reduce(0) { $0 + max(0, $1.0 - $1.1) }
        guard missing > 0, spare > missing else { return wanted }
        return zip(wanted, least).map { $0 < $1 ? $1 : $0 - ($0 - $1) * missing / spare }
    }

    /// Draws a cell.
    ///
    /// - Parameter place: its left edge, and the baseline of its row.
    private mutating func draw(_ cell: Cell, _ text: PDFText, at place: PDFPoint) {
        var left = place.x + 4
        let top = place.y - text.baseline
        if let mark = cell.mark {
            let box = PDFRectangle(x: left, y: place.y - 7.3, width: 7, height: 7)
            canvas.withoutElement { canvas in
                canvas.fill(box, mark)
                canvas.stroke(PDFPath(box), Self.ink, width: 0.3)
            }
            left += 11
        }
        canvas.begin(.cell)
        let box = PDFRectangle(x: left + text.left, y: top, width: text.width, height: text.height)
        if Deception.isWeb(cell.address) {
            canvas.begin(.link)
            let isLink = canvas.link(box, to: cell.address)
            canvas.draw(text, at: PDFPoint(left, top), color: isLink ? Self.linkColor : .black)
            canvas.end()
        } else {
            canvas.draw(text, at: PDFPoint(left, top))
        }
        canvas.end()
    }

    private mutating func drawHeading(_ columns: [Column], _ widths: [Double], isRepeated: Bool) {
        let box = PDFRectangle(x: Self.margin, y: y, width: width, height: 16)
        canvas.withoutElement { $0.fill(box, .gray(0.92)) }
        var x = Self.margin
        for (column, width) in zip(columns, widths) {
            let text = canvas.shape(
                column.title,
                .init(
                    size: 8.2, isBold: true, alignment: column.isNumber ? .right : .left, width: width - 8,
                    isOneLine: true))
            let point = PDFPoint(x + 4, y + 8 - text.height / 2)
            if isRepeated {
                canvas.withoutElement { $0.draw(text, at: point) }
            } else {
                canvas.begin(.columnHeading)
                canvas.draw(text, at: point)
                canvas.end()
            }
            x += width
        }
        y += 16
    }

    /// The sentence about the number of rows that a list leaves out.
    mutating func more(_ shown: Int, of all: Int, _ what: String) throws {
        guard all > shown else { return }
        try paragraph("The first \(shown) of \(all) \(what) are shown.", size: 8, color: Self.gray)
    }
}
