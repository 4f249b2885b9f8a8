import CPangoCairo

/// Digits as a font of their own: the outlines of ten glyphs, for the page total that is known only when cairo has ended.
///
/// A Type 3 font (ISO 32000-1, 9.6.5), with a map to Unicode.
struct PDFDigits {
    private static let names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    private static let em = 1000.0

    private var outlines: [String] = []
    private var advances: [Double] = []
    private let size: Double
    private let gray: Double

    /// Takes the outlines of a font's digits; `size` in points and `gray` (0 black) are those of the total to write.
    init(fonts: borrowing PDFFonts, size: Double, gray: Double) {
        self.size = size
        self.gray = gray
        let surface = cairo_recording_surface_create(CAIRO_CONTENT_COLOR_ALPHA, nil)
        let cairo = cairo_create(surface)
        defer {
            cairo_destroy(cairo)
            cairo_surface_destroy(surface)
        }
        for digit in 0...9 {
            let text = fonts.shape("\(digit)", PDFText.Style(size: Self.em))
            cairo_new_path(cairo)
            cairo_move_to(cairo, 0, 0)
            pango_cairo_layout_line_path(cairo, pango_layout_get_line_readonly(text.layout, 0))
            outlines.append(Self.outline(cairo))
            advances.append(text.width)
        }
    }

    /// The objects to add, each as its number and its body: the form that replaces object `form`, then a font, its
    /// widths and its glyphs, numbered from `first`.
    func objects(total: Int, form: Int, from first: Int) -> [(number: Int, body: [UInt8])] {
        let (width, height) = PDFOutput.placeholder
        let show = "BT \(number(gray)) g /D \(number(size)) Tf 0 3 Td (\(total)) Tj ET"
        var made = [
            (
                form,
                stream(
                    """
                    /Type /XObject /Subtype /Form /BBox [0 0 \(width) \(height)] \
                    /Matrix [\(number(1 / Double(width))) 0 0 \(number(1 / Double(height))) 0 0] \
                    /Resources << /Font << /D \(first) 0 R >> >>
                    """, show)
            )
        ]
        let glyphs = Self.names.indices.map { "/\(Self.names[$0]) \(first + 1 + $0) 0 R" }.joined(separator: " ")
        let widths = advances.map { number($0) }.joined(separator: " ")
        let names = Self.names.map { "/\($0)" }.joined(separator: " ")
        made.append(
            (
                first,
                Array(
                    """
                    << /Type /Font /Subtype /Type3 /Name /D /FontBBox [0 -300 1000 1100] /FontMatrix [0.001 0 0 0.001 0 0]
                    /FirstChar 48 /LastChar 57 /Widths [\(widths)] /Resources << >>
                    /Encoding << /Type /Encoding /Differences [48 \(names)] >>
                    /CharProcs << \(glyphs) >> /ToUnicode \(first + 11) 0 R >>
                    """.utf8)
            ))
        for digit in Self.names.indices {
            // d1 says that the glyph is a shape without colours of its own.
            made.append(
                (first + 1 + digit, stream("", "\(number(advances[digit])) 0 0 -300 1000 1100 d1\n\(outlines[digit])f"))
            )
        }
        made.append((first + 11, stream("", Self.unicode)))
        return made
    }

    /// Codes 30 to 39 are the digits (ISO 32000-1, 9.10.3).
    private static let unicode = """
        /CIDInit /ProcSet findresource begin
        12 dict begin
        begincmap
        /CMapName /Digits def
        /CMapType 2 def
        1 begincodespacerange
        <00> <ff>
        endcodespacerange
        1 beginbfrange
        <30> <39> <0030>
        endbfrange
        endcmap
        CMapName currentdict /CMap defineresource pop
        end
        end
        """

    private func stream(_ entries: String, _ content: String) -> [UInt8] {
        Array("<< \(entries) /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream".utf8)
    }

    /// The current path in the operators of a content stream, y upwards.
    private static func outline(_ cairo: OpaquePointer?) -> String {
        guard let path = cairo_copy_path(cairo) else { return "" }
        defer { cairo_path_destroy(path) }
        var text = ""
        var at = 0
        while at < Int(path.pointee.num_data), let data = path.pointee.data {
            let header = data[at].header
            func point(_ index: Int) -> String {
                let point = data[at + index].point
                return "\(number(point.x)) \(number(-point.y)) "
            }
            switch header.type {
            case CAIRO_PATH_MOVE_TO: text += point(1) + "m\n"
            case CAIRO_PATH_LINE_TO: text += point(1) + "l\n"
            case CAIRO_PATH_CURVE_TO: text += point(1) + point(2) + point(3) + "c\n"
            default: text += "h\n"
            }
            at += Int(header.length)
        }
        return text
    }
}

/// A number as PDF writes it: no exponent; six digits after the point are more than any reader keeps.
private func number(_ value: Double) -> String {
    let scaled = (value * 1_000_000).rounded()
    let whole = Int(scaled.magnitude) / 1_000_000
    let part = String(Int(scaled.magnitude) % 1_000_000)
    let sign = scaled < 0 ? "-" : ""
    if part == "0" { return "\(sign)\(whole)" }
    var digits = String(repeating: "0", count: 6 - part.utf8.count) + part
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(sign)\(whole).\(digits)"
}
