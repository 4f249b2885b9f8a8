/// A PDF that is written page by page; each finished page leaves a few hundred bytes in memory.
///
/// Lengths are in points (1/72 inch); y grows downwards. The same calls give the same bytes with the same fonts: the file has
/// no date and no identifier except the given ones. Drawings between `begin` and `end` are part of an element of the
/// document's structure. All others are decoration, which a screen reader skips.
///
///     var canvas = try PDFCanvas(.init(title: "Risk", created: "2024-05-01T12:00:00Z"))
///     canvas.begin(.heading(1))
///     canvas.draw("Risk report", at: PDFPoint(36, 36), .init(size: 20, isBold: true))
///     canvas.end()
///     try canvas.endPage(to: &file)
///     try canvas.finish(to: &file)
package struct PDFCanvas: ~Copyable {
    /// The metadata of the document.
    package struct Description: Sendable {
        package var title: String
        package var author: String?
        package var creator = "Waybill"
        /// ISO 8601 in UTC: `2024-05-01T12:00:00Z`. There is no default, because the clock's time would differ in
        /// each file.
        package var created: String

        package init(title: String, author: String? = nil, created: String) {
            self.title = title
            self.author = author
            self.created = created
        }
    }

    /// The size of a page in points.
    package struct PageSize: Sendable, Equatable {
        package let width: Double
        package let height: Double
        package static let a4 = PageSize(width: 595.28, height: 841.89)
        package static let a4Landscape = PageSize(width: 841.89, height: 595.28)
    }

    /// An entry of the outline, to put others below.
    package struct OutlineEntry: Sendable {
        let index: Int
        package static let root = OutlineEntry(index: -1)
    }

    /// A drawing that pages refer to.
    struct Form {
        fileprivate let index: Int
    }

    /// The print size of the total of pages. The total is known only at the end, so each page shows a form that is
    /// written then.
    private static let totalSize = 7.0
    private static let totalGray = 0.35
    /// The size of the page number of a place, and the width of its form.
    private static let (numberSize, numberWidth) = (9.0, 60.0)

    private let description: Description
    let fonts: PDFFonts
    private var objects: PDFObjects
    private var document: PDFDocumentObjects
    private var structure: PDFStructure
    private var content = PDFContent()
    /// The page's content while a form is drawn.
    private var covered = PDFContent()
    private var isForm = false
    private var isDecoration = false
    /// The objects of the forms, and the content of those that were not written yet.
    private var forms: [Int] = []
    private var newForms: [(number: Int, content: [UInt8])] = []
    /// The names of places whose pages are shown, in the order of their forms.
    private var wantedPlaces: [String] = []
    private var annotations: [Int] = []
    private var isFinished = false
    package let size: PageSize
    /// The number of the page being drawn, from 1.
    package private(set) var page = 1

    package init(_ description: Description, size: PageSize = .a4) throws(SinkError) {
        let fonts = try PDFFonts()
        var objects = try PDFObjects()
        self.description = description
        self.size = size
        self.fonts = fonts
        document = PDFDocumentObjects(&objects)
        structure = PDFStructure(&objects)
        document.beginPage(&objects)
        self.objects = objects
    }

    // MARK: Text

    /// Sets a text of any content, to measure and draw it.
    package func shape(_ text: String, _ style: PDFText.Style) -> PDFText { fonts.set(text, style) }

    /// Draws a text with the top left corner of its box at a point.
    package mutating func draw(_ text: PDFText, at point: PDFPoint, color: PDFColor = .black) {
        draw(text.lines, text.box, text.style, at: point, color: color)
    }

    /// Draws lines that `PDFFonts.set` made in one style.
    mutating func draw(
        _ lines: borrowing PDFLines, _ box: PDFTextBox, _ style: PDFText.Style, at point: PDFPoint, color: PDFColor
    ) {
        needMark()
        content.beginText()
        content.setFill(color)
        content.setFont(fonts.face(isBold: style.isBold).fonts[0], size: hundredths(style.size))
        let bytes = lines.bytes.heldBytes
        for index in box.lines {
            let line = lines[index]
            guard !line.bytes.isEmpty else { continue }
            content.show(
                UnsafeRawBufferPointer(rebasing: bytes[line.bytes]), x: hundredths(point.x + line.x),
                y: hundredths(size.height - point.y - line.baseline))
        }
    }

    /// Sets and draws a text, and returns it for its measures.
    @discardableResult
    package mutating func draw(
        _ text: String, at point: PDFPoint, _ style: PDFText.Style, color: PDFColor = .black
    ) -> PDFText {
        let text = shape(text, style)
        draw(text, at: point, color: color)
        return text
    }

    /// Draws "Page 3 of 41" in small grey print from a point on its baseline. The total is the document's, inserted at its
    /// end.
    package mutating func drawPageNumber(at point: PDFPoint) {
        let text = shape("Page \(page) of", .init(size: Self.totalSize))
        draw(text, at: PDFPoint(point.x, point.y - text.baseline), color: .gray(Self.totalGray))
        content.endText()
        needMark()
        content.append(
            "cm /T Do Q", before: "q 1 0 0 1 ", hundredths(point.x + text.width + 2), hundredths(size.height - point.y))
    }

    /// Draws the page number of a place, small and grey, so that it ends at a point of the baseline. The place may be named
    /// later: each number is a form that is written at the end. It stays empty where no place has the name.
    package mutating func drawPageNumber(ofPlace name: String, endingAt point: PDFPoint) {
        content.endText()
        needMark()
        content.showPlace(
            wantedPlaces.count, x: hundredths(point.x - Self.numberWidth), y: hundredths(size.height - point.y))
        wantedPlaces.append(name)
    }

    // MARK: Shapes

    package mutating func fill(_ path: PDFPath, _ color: PDFColor) {
        beginShape()
        content.setFill(color)
        trace(path)
        content.append("f")
    }

    package mutating func fill(_ rectangle: PDFRectangle, _ color: PDFColor) {
        beginShape()
        content.setFill(color)
        content.append(
            "re f", hundredths(rectangle.x), hundredths(size.height - rectangle.y - rectangle.height),
            hundredths(rectangle.width), hundredths(rectangle.height))
    }

    /// Draws along a path; `dashes` are the alternating lengths of strokes and gaps.
    package mutating func stroke(_ path: PDFPath, _ color: PDFColor, width: Double = 0.5, dashes: [Double] = []) {
        beginShape()
        content.setStroke(color, width: hundredths(width), dashes: dashes)
        trace(path)
        content.append("S")
    }

    package mutating func line(from start: PDFPoint, to end: PDFPoint, _ color: PDFColor, width: Double = 0.5) {
        var path = PDFPath()
        path.move(to: start)
        path.line(to: end)
        stroke(path, color, width: width)
    }

    private mutating func beginShape() {
        content.endText()
        needMark()
    }

    private mutating func trace(_ path: PDFPath) {
        let height = size.height
        var isBegun = false
        for element in path.elements {
            switch element {
            case .move(let point): content.append("m", hundredths(point.x), hundredths(height - point.y))
            case .line(let point): content.append("l", hundredths(point.x), hundredths(height - point.y))
            case .curve(let curve): trace(curve)
            case .arc(let start, let curves):
                content.append(isBegun ? "l" : "m", hundredths(start.x), hundredths(height - start.y))
                for curve in curves { trace(curve) }
            case .close: content.append("h")
            }
            if case .close = element { isBegun = false } else { isBegun = true }
        }
    }

    private mutating func trace(_ curve: PDFPath.Curve) {
        content.append(
            "c", hundredths(curve.first.x), hundredths(size.height - curve.first.y), hundredths(curve.second.x),
            hundredths(size.height - curve.second.y), hundredths(curve.end.x), hundredths(size.height - curve.end.y))
    }

    // MARK: Structure

    /// Begins an element as part of the current one; `end` ends it. An element with text must lie on one page.
    @inline(__always)
    package mutating func begin(_ role: PDFRole) { structure.begin(role, &objects) }

    /// Ends the innermost open element.
    @inline(__always)
    package mutating func end() {
        if let element = structure.current, content.isMarked(as: element) { content.endMark() }
        structure.end(&objects)
    }

    /// Draws decoration while an element is open, without making it part of the element.
    package mutating func withoutElement(_ draw: (inout PDFCanvas) -> Void) {
        let wasDecoration = isDecoration
        isDecoration = true
        draw(&self)
        isDecoration = wasDecoration
    }

    /// Marks the following drawings as part of the open element.
    @inline(__always)
    private mutating func needMark() {
        guard !isForm else { return }
        guard !isDecoration, let element = structure.current else {
            if !content.isMarked(as: nil) { content.beginArtifact() }
            return
        }
        guard !content.isMarked(as: element) else { return }
        content.beginMark(structure.mark(page: document.page), of: element, structure.currentRole.name)
    }

    // MARK: Forms

    /// Begins a drawing that `show` can put on any page; everything until `endForm` is drawn into it.
    mutating func beginForm() {
        swap(&content, &covered)
        content.removeAll()
        isForm = true
    }

    mutating func endForm() -> Form {
        content.end()
        let number = objects.reserve()
        forms.append(number)
        newForms.append((number, content.bytes.bytes))
        swap(&content, &covered)
        isForm = false
        return Form(index: forms.count - 1)
    }

    /// Shows a form at the position where it was drawn.
    mutating func show(_ form: Form) {
        beginShape()
        content.show(form: form.index)
    }

    // MARK: Document

    /// Links a rectangle of this page to an address; returns false and does nothing when the address is neither http nor
    /// https.
    @discardableResult
    package mutating func link(_ rectangle: PDFRectangle, to address: UnsafeRawBufferPointer) -> Bool {
        guard let address = PDFLink(address) else { return false }
        link(rectangle, to: address)
        return true
    }

    mutating func link(_ rectangle: PDFRectangle, to address: PDFLink) {
        let number = objects.reserve()
        let key = structure.annotate(number, page: document.page)
        annotations.append(number)
        let (top, bottom) = (size.height - rectangle.y, size.height - rectangle.y - rectangle.height)
        objects.pack(number) { bytes in
            address.append(
                to: &bytes, left: hundredths(rectangle.x), bottom: hundredths(bottom),
                right: hundredths(rectangle.x + rectangle.width), top: hundredths(top), key: key)
        }
    }

    @discardableResult
    package mutating func link(_ rectangle: PDFRectangle, to address: String) -> Bool {
        var address = address
        return address.withUTF8 { link(rectangle, to: UnsafeRawBufferPointer($0)) }
    }

    /// Links a rectangle of this page to a place of this document, which may be named later.
    package mutating func link(_ rectangle: PDFRectangle, toPlace name: String, words: String) {
        let number = objects.reserve()
        let key = structure.annotate(number, page: document.page)
        annotations.append(number)
        let (left, right) = (hundredths(rectangle.x), hundredths(rectangle.x + rectangle.width))
        let (top, bottom) = (size.height - rectangle.y, size.height - rectangle.y - rectangle.height)
        let words = Self.clean(words)
        objects.pack(number) { bytes in
            bytes.append("<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[")
            for side in [left, hundredths(bottom), right, hundredths(top)] {
                bytes.decimal((side + 50) / 100)
                bytes.append(UInt8(ascii: " "))
            }
            bytes.append("]/Dest")
            bytes.string(name)
            if let key {
                bytes.append("/StructParent ")
                bytes.decimal(key)
                bytes.append("/Contents")
                bytes.string(words)
            }
            bytes.append(">>")
        }
    }

    /// Names a height of this page as a target of links. Names consist of printable ASCII. They are kept until the end, so the
    /// caller must limit their number.
    package mutating func place(_ name: String, y: Double) {
        document.place(name, number: page, y: hundredths(size.height - y))
    }

    /// Adds an entry of the outline that links to a height of this page. Entries are kept until the end, so the caller must
    /// limit their number.
    @discardableResult
    package mutating func outline(_ title: String, below parent: OutlineEntry = .root, y: Double = 0) -> OutlineEntry {
        document.outline(Self.clean(title), below: parent, y: hundredths(size.height - y))
    }

    /// Ends the page, writes it out, and begins the next.
    package mutating func endPage(to file: inout ByteSink) throws(SinkError) {
        if page == 1 { objects.writeHeader(to: &file) }
        content.end()
        let key = structure.endPage(&objects)
        for form in newForms {
            var content = ByteSink()
            content.append(form.content)
            try objects.stream(
                form.number, document.formEntries(width: size.width, height: size.height), content, to: &file)
        }
        newForms.removeAll()
        try document.endPage(content.bytes, annotations, key: key, &objects, to: &file)
        annotations.removeAll(keepingCapacity: true)
        content.removeAll()
        page += 1
        document.beginPage(&objects)
    }

    /// Ends the document after the last finished page. Only `deinit` may follow.
    package mutating func finish(to file: inout ByteSink) throws(SinkError) {
        guard !isFinished else { return }
        isFinished = true
        content.removeAll()
        let root = structure.finish(&objects)
        let total = objects.reserve()
        isForm = true
        content.removeAll()
        let text = shape("\(page - 1)", .init(size: Self.totalSize))
        draw(text, at: PDFPoint(0, size.height - text.baseline), color: .gray(Self.totalGray))
        content.end()
        try objects.stream(total, document.formEntries(width: 60, height: 10, below: 3), content.bytes, to: &file)
        var names = " /T \(total) 0 R"
        for (index, number) in forms.enumerated() { names += " /X\(index) \(number) 0 R" }
        for (index, place) in wantedPlaces.enumerated() {
            names += " /P\(index) \(try writeNumber(ofPlace: place, to: &file)) 0 R"
        }
        var description = description
        description.title = Self.clean(description.title)
        description.author = description.author.map(Self.clean)
        try document.finish(
            PDFDocumentEnd(description: description, forms: names, structure: root, size: size), fonts, &objects,
            to: &file)
    }

    /// Writes the form with the page number of a place, and returns its object.
    private mutating func writeNumber(ofPlace name: String, to file: inout ByteSink) throws(SinkError) -> Int {
        let number = objects.reserve()
        content.removeAll()
        if let page = document.pageNumber(ofPlace: name) {
            let text = shape("\(page)", .init(size: Self.numberSize))
            draw(
                text, at: PDFPoint(Self.numberWidth - text.width, size.height - text.baseline),
                color: .gray(Self.totalGray))
        }
        content.end()
        try objects.stream(
            number, document.formEntries(width: Self.numberWidth, height: 12, below: 3), content.bytes, to: &file)
        return number
    }

    /// A text of one line without invisible characters.
    private static func clean(_ text: String) -> String {
        var bytes: [UInt8] = []
        var text = text
        text.withUTF8 { _ = PDFCellText.append(UnsafeRawBufferPointer($0), to: &bytes) }
        return String(decoding: bytes.map { $0 == 0x0A ? 0x20 : $0 }, as: UTF8.self)
    }
}
