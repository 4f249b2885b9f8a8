/// The operators that draw a page or a form (ISO 32000-1, annex A), and the state that they leave in the reader.
///
/// Lengths are in hundredths of a point; y grows upwards. A colour, font or position that is already set is not written
/// again.
struct PDFContent: ~Copyable {
    /// The element to which the following operators belong.
    private enum Mark: Equatable {
        case none
        /// Not a part of the text: rules, page numbers, repeated headings.
        case artifact
        case element(Int)
    }

    private(set) var bytes = ByteSink()
    private var isInText = false
    private var origin = (x: 0, y: 0)
    private var font: (number: Int, size: Int)?
    private var fillColor: PDFColor? = .black
    private var strokeColor: PDFColor? = .black
    private var lineWidth = 100
    private var isDashed = false
    private var mark = Mark.none
    private var isMarkedInText = false

    var isMarked: Bool { mark != .none }

    mutating func removeAll() {
        bytes.removeAll()
        isInText = false
        font = nil
        fillColor = .black
        strokeColor = .black
        lineWidth = 100
        isDashed = false
        mark = .none
    }

    /// Ends everything that is open, at the end of the page.
    mutating func end() {
        endText()
        endMark()
    }

    // MARK: Marks

    func isMarked(as element: Int?) -> Bool {
        if let element { mark == .element(element) } else { mark == .artifact }
    }

    mutating func beginArtifact() {
        endMark()
        bytes.append("/Artifact BMC\n")
        mark = .artifact
        isMarkedInText = isInText
    }

    mutating func beginMark(_ number: Int, of element: Int, _ name: StaticString) {
        endMark()
        bytes.append("/")
        bytes.append(name)
        bytes.append("<</MCID ")
        bytes.decimal(number)
        bytes.append(">>BDC\n")
        mark = .element(element)
        isMarkedInText = isInText
    }

    mutating func endMark() {
        guard mark != .none else { return }
        // Marks and texts must nest (14.6.1).
        if isInText, !isMarkedInText { endText() }
        bytes.append("EMC\n")
        mark = .none
    }

    // MARK: Text

    mutating func beginText() {
        guard !isInText else { return }
        bytes.append("BT\n")
        isInText = true
        origin = (0, 0)
    }

    /// Ends the text and the mark inside it.
    mutating func endText() {
        guard isInText else { return }
        if isMarkedInText { endMark() }
        bytes.append("ET\n")
        isInText = false
    }

    mutating func setFont(_ number: Int, size: Int) {
        if let font, font == (number, size) { return }
        font = (number, size)
        bytes.append("/F")
        bytes.decimal(number)
        bytes.append(" ")
        bytes.hundredths(size)
        bytes.append(" Tf\n")
    }

    /// Shows a line of `PDFLines` whose left end is at a point.
    @inline(__always)
    mutating func show(_ line: UnsafeRawBufferPointer, x: Int, y: Int) {
        bytes.hundredths(x - origin.x)
        bytes.append(UInt8(ascii: " "))
        bytes.hundredths(y - origin.y)
        bytes.append(" Td\n")
        origin = (x, y)
        bytes.append(line)
    }

    // MARK: Shapes

    mutating func setFill(_ color: PDFColor) {
        guard fillColor != color else { return }
        fillColor = color
        append(color, gray: " g\n", color: " rg\n")
    }

    mutating func setStroke(_ color: PDFColor, width: Int, dashes: [Double]) {
        if strokeColor != color {
            strokeColor = color
            append(color, gray: " G\n", color: " RG\n")
        }
        if lineWidth != width {
            lineWidth = width
            bytes.hundredths(width)
            bytes.append(" w\n")
        }
        if isDashed || !dashes.isEmpty {
            isDashed = !dashes.isEmpty
            bytes.append("[")
            for dash in dashes {
                bytes.hundredths(hundredths(dash))
                bytes.append(" ")
            }
            bytes.append("] 0 d\n")
        }
    }

    private mutating func append(_ color: PDFColor, gray: StaticString, color operator: StaticString) {
        bytes.hundredths(hundredths(color.red))
        if color.red == color.green, color.green == color.blue { return bytes.append(gray) }
        bytes.append(" ")
        bytes.hundredths(hundredths(color.green))
        bytes.append(" ")
        bytes.hundredths(hundredths(color.blue))
        bytes.append(`operator`)
    }

    /// Draws a form by its number, and restores the state of the reader.
    mutating func show(form number: Int) {
        bytes.append("q /X")
        bytes.decimal(number)
        bytes.append(" Do Q\n")
    }

    /// Shows at a point the form with the page number of a place.
    mutating func showPlace(_ number: Int, x: Int, y: Int) {
        bytes.append("q 1 0 0 1 ")
        bytes.hundredths(x)
        bytes.append(" ")
        bytes.hundredths(y)
        bytes.append(" cm /P")
        bytes.decimal(number)
        bytes.append(" Do Q\n")
    }

    /// Appends numbers, followed by the operator that uses them.
    mutating func append(_ operator: StaticString, before: StaticString = "", _ numbers: Int...) {
        bytes.append(before)
        for number in numbers {
            bytes.hundredths(number)
            bytes.append(" ")
        }
        bytes.append(`operator`)
        bytes.append("\n")
    }
}
