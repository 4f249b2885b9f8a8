import CPangoCairo

/// A PDF that is written page by page; what is kept of a page that is done are two dozen bytes.
///
/// Lengths are points (1/72 inch), y grows downwards. Drawing never fails by itself: what cairo refuses shows when the
/// page ends. The same calls give the same bytes on the same machine: no date, no identifier but those given.
///
///     var canvas = try PDFCanvas(.init(title: "Risk", created: "2024-05-01T12:00:00Z"))
///     canvas.draw("Risk report", at: PDFPoint(36, 36), .init(size: 20, isBold: true))
///     try canvas.endPage(to: &file)
///     try canvas.finish(to: &file)
package struct PDFCanvas: ~Copyable {
    /// What the document says about itself.
    package struct Description: Sendable {
        package var title: String
        package var author: String?
        package var creator = "Waybill"
        /// ISO 8601 with its zone: `2024-05-01T12:00:00Z`. There is no default: the clock's would differ in each file.
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
        fileprivate let id: Int32
        package static let root = OutlineEntry(id: CAIRO_PDF_OUTLINE_ROOT)
    }

    /// How the total of pages is printed: known only at the end, so each page can but leave room for it.
    private static let totalSize = 7.0
    private static let totalGray = 0.35

    private let output: PDFOutput
    private let surface: OpaquePointer?
    private let cairo: OpaquePointer?
    private let total: OpaquePointer?
    private let fonts: PDFFonts
    private let digits: PDFDigits
    private var annotations: [UInt8] = []
    private var drawsTotal = false
    private var isFinished = false
    package let size: PageSize
    /// The number of the page being drawn, from 1.
    package private(set) var page = 1

    package init(_ description: Description, size: PageSize = .a4) throws(SinkError) {
        let fonts = try PDFFonts()
        self.size = size
        digits = PDFDigits(fonts: fonts, size: Self.totalSize, gray: Self.totalGray)
        self.fonts = fonts
        output = PDFOutput()
        surface = cairo_pdf_surface_create_for_stream(
            PDFOutput.write, Unmanaged.passUnretained(output).toOpaque(), size.width, size.height)
        // From 1.5 on cairo gives the text of glyphs that it cannot map one by one, as those of Indic scripts.
        cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5)
        cairo = cairo_create(surface)
        let (width, height) = PDFOutput.placeholder
        total = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
        let identifier: StaticString = "total"
        cairo_surface_set_mime_data(
            total, CAIRO_MIME_TYPE_UNIQUE_ID, identifier.utf8Start, UInt(identifier.utf8CodeUnitCount), nil, nil)
        set(CAIRO_PDF_METADATA_TITLE, description.title)
        if let author = description.author { set(CAIRO_PDF_METADATA_AUTHOR, author) }
        set(CAIRO_PDF_METADATA_CREATOR, description.creator)
        set(CAIRO_PDF_METADATA_CREATE_DATE, description.created)
    }

    deinit {
        cairo_destroy(cairo)
        cairo_surface_destroy(total)
        // An unfinished surface writes its end now, into `output`, which still lives.
        cairo_surface_destroy(surface)
    }

    // MARK: Text

    /// Shapes a text of any content, to be measured and drawn.
    package func shape(_ text: String, _ style: PDFText.Style) -> PDFText { fonts.shape(text, style) }

    /// Shapes bytes that `PDFCellText` made fit.
    func shape(utf8: UnsafeRawBufferPointer, _ style: PDFText.Style) -> PDFText { fonts.shape(utf8: utf8, style) }

    /// Draws a text with the top left corner of its box at a point; `angle` turns it clockwise around that point.
    package func draw(_ text: PDFText, at point: PDFPoint, color: PDFColor = .black, angle: Double = 0) {
        set(color)
        guard angle != 0 else {
            cairo_move_to(cairo, point.x, point.y)
            pango_cairo_show_layout(cairo, text.layout)
            return
        }
        cairo_save(cairo)
        cairo_translate(cairo, point.x, point.y)
        cairo_rotate(cairo, angle)
        cairo_move_to(cairo, 0, 0)
        pango_cairo_show_layout(cairo, text.layout)
        cairo_restore(cairo)
    }

    /// Shapes and draws a text, and returns it for its measures.
    @discardableResult
    package func draw(
        _ text: String, at point: PDFPoint, _ style: PDFText.Style, color: PDFColor = .black
    ) -> PDFText {
        let text = shape(text, style)
        draw(text, at: point, color: color)
        return text
    }

    /// Draws "Page 3 of 41" in small grey print from a point on its baseline. The total is the document's, put in at its end.
    package mutating func drawPageNumber(at point: PDFPoint) {
        let text = shape("Page \(page) of", .init(size: Self.totalSize))
        draw(text, at: PDFPoint(point.x, point.y - text.baseline), color: .gray(Self.totalGray))
        drawsTotal = true
        // The total's own baseline is three points above the lower edge of its box.
        cairo_set_source_surface(
            cairo, total, point.x + text.width + 2, point.y + 3 - Double(PDFOutput.placeholder.height))
        cairo_paint(cairo)
    }

    // MARK: Shapes

    package func fill(_ path: PDFPath, _ color: PDFColor) {
        trace(path)
        set(color)
        cairo_fill(cairo)
    }

    package func fill(_ rectangle: PDFRectangle, _ color: PDFColor) {
        cairo_rectangle(cairo, rectangle.x, rectangle.y, rectangle.width, rectangle.height)
        set(color)
        cairo_fill(cairo)
    }

    /// Draws along a path; `dashes` are the lengths of strokes and gaps in turn.
    package func stroke(_ path: PDFPath, _ color: PDFColor, width: Double = 0.5, dashes: [Double] = []) {
        trace(path)
        set(color)
        cairo_set_line_width(cairo, width)
        cairo_set_dash(cairo, dashes, Int32(dashes.count), 0)
        cairo_stroke(cairo)
    }

    package func line(from start: PDFPoint, to end: PDFPoint, _ color: PDFColor, width: Double = 0.5) {
        cairo_move_to(cairo, start.x, start.y)
        cairo_line_to(cairo, end.x, end.y)
        set(color)
        cairo_set_line_width(cairo, width)
        cairo_set_dash(cairo, nil, 0, 0)
        cairo_stroke(cairo)
    }

    // MARK: Document

    /// Makes a rectangle of this page lead to an address; returns false, and does nothing, when it is not http or https.
    @discardableResult
    package mutating func link(_ rectangle: PDFRectangle, to address: UnsafeRawBufferPointer) -> Bool {
        guard let address = PDFLink(address) else { return false }
        address.append(
            to: &annotations,
            rectangle: (
                rectangle.x, size.height - rectangle.y - rectangle.height, rectangle.x + rectangle.width,
                size.height - rectangle.y
            ))
        return true
    }

    @discardableResult
    package mutating func link(_ rectangle: PDFRectangle, to address: String) -> Bool {
        var address = address
        return address.withUTF8 { link(rectangle, to: UnsafeRawBufferPointer($0)) }
    }

    /// Adds an entry that leads to a height of this page. Entries are kept until the end: it is for the caller to bound them.
    @discardableResult
    package func outline(_ title: String, below parent: OutlineEntry = .root, y: Double = 0) -> OutlineEntry {
        let id = cairo_pdf_surface_add_outline(
            surface, parent.id, Self.clean(title), "page=\(page) pos=[0 \(Int(y))]", CAIRO_PDF_OUTLINE_FLAG_OPEN)
        return OutlineEntry(id: id)
    }

    /// Names this page otherwise than by its number, as `iv` or `A-1`. Kept until the end.
    package func label(_ text: String) { cairo_pdf_surface_set_page_label(surface, Self.clean(text)) }

    /// Ends the page and sends it out; the next begins.
    package mutating func endPage(to file: inout ByteSink) throws(SinkError) {
        cairo_show_page(cairo)
        try check("writing page \(page)")
        try output.endPage(annotations: annotations, needsTotal: drawsTotal, to: &file)
        annotations.removeAll(keepingCapacity: true)
        page += 1
    }

    /// Ends the document after the last page that was ended. Only `deinit` may follow.
    package mutating func finish(to file: inout ByteSink) throws(SinkError) {
        guard !isFinished else { return }
        isFinished = true
        cairo_surface_finish(surface)
        let status = cairo_surface_status(surface)
        guard status == CAIRO_STATUS_SUCCESS else { throw failure("ending the document", status) }
        try output.finish(pages: page - 1, digits: digits, to: &file)
    }

    private func trace(_ path: PDFPath) {
        cairo_new_path(cairo)
        for element in path.elements {
            switch element {
            case .move(let point): cairo_move_to(cairo, point.x, point.y)
            case .line(let point): cairo_line_to(cairo, point.x, point.y)
            case .curve(let first, let second, let end):
                cairo_curve_to(cairo, first.x, first.y, second.x, second.y, end.x, end.y)
            case .arc(let center, let radius, let from, let to):
                cairo_arc(cairo, center.x, center.y, radius, from, to)
            case .close: cairo_close_path(cairo)
            }
        }
    }

    private func set(_ color: PDFColor) {
        cairo_set_source_rgba(cairo, color.red, color.green, color.blue, color.alpha)
    }

    private func set(_ key: cairo_pdf_metadata_t, _ text: String) {
        cairo_pdf_surface_set_metadata(surface, key, Self.clean(text))
    }

    /// A text that C may end at a NUL: it has none.
    private static func clean(_ text: String) -> String {
        var bytes: [UInt8] = []
        var text = text
        text.withUTF8 { _ = PDFCellText.append(UnsafeRawBufferPointer($0), to: &bytes) }
        return String(decoding: bytes.map { $0 == 0x0A ? 0x20 : $0 }, as: UTF8.self)
    }

    private func check(_ doing: String) throws(SinkError) {
        let status = cairo_status(cairo)
        guard status == CAIRO_STATUS_SUCCESS else { throw failure(doing, status) }
    }

    private func failure(_ doing: String, _ status: cairo_status_t) -> SinkError {
        .format("\(doing) of a PDF: \(String(cString: cairo_status_to_string(status)))")
    }
}
