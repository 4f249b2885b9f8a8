// DESIGN. A text that was set consists of lines. A line is the bytes that show it: operators of a page's content that start
// at its beginning and need only the font before them. So drawing copies bytes, whether the words of `PDFWords` or Pango
// (`PDFParagraph`) made them.

/// A text that was set once and can be measured and drawn any number of times. Lengths are in points.
package final class PDFText {
    package enum Alignment: Sendable {
        /// At the side at which the script of the text begins: at the right for Arabic and Hebrew.
        case beginning
        case left, center, right
    }

    /// The appearance of a text, and its placement in its box.
    package struct Style: Sendable, Equatable {
        /// Points.
        package var size: Double
        package var isBold = false
        package var alignment = Alignment.beginning
        /// The width for wrapping, at words where possible, else anywhere, without hyphens; nil for no limit.
        package var width: Double?
        /// The largest height, enforced with an ellipsis; needs a `width`.
        package var maximumHeight: Double?
        /// Whether the text keeps to one line, with an ellipsis at `width`.
        package var isOneLine = false

        package init(
            size: Double, isBold: Bool = false, alignment: Alignment = .beginning, width: Double? = nil,
            maximumHeight: Double? = nil, isOneLine: Bool = false
        ) {
            self.size = size
            self.isBold = isBold
            self.alignment = alignment
            self.width = width
            self.maximumHeight = maximumHeight
            self.isOneLine = isOneLine
        }
    }

    let lines: PDFLines
    let box: PDFTextBox
    let style: Style

    init(_ lines: consuming PDFLines, _ box: PDFTextBox, _ style: Style) {
        self.lines = lines
        self.box = box
        self.style = style
    }

    /// The distance of the ink from the left of the text's box; more than 0 in text that is not left-aligned.
    package var left: Double { box.left }
    package var width: Double { box.width }
    package var height: Double { box.height }
    /// The distance from the top to the baseline of the first line.
    package var baseline: Double { box.baseline }
    /// Whether an ellipsis replaces the rest.
    package var isCut: Bool { box.isCut }
}

/// The measures of a set text in points, and the range of its lines in `PDFLines`.
struct PDFTextBox {
    var left = 0.0
    var width = 0.0
    var height = 0.0
    var baseline = 0.0
    var isCut = false
    var lines = 0..<0
}

/// Lines of set texts, in reused memory.
struct PDFLines: ~Copyable {
    struct Line {
        /// The position of its bytes.
        var bytes: Range<Int>
        /// The distance from the top left of the text's box to the start of its baseline, in points.
        var x = 0.0
        var baseline = 0.0
        /// In the units of the code that sets the line.
        var width = 0

        /// The same line with its bytes at another position.
        func moved(by distance: Int) -> Line {
            var line = self
            line.bytes = line.bytes.lowerBound + distance..<line.bytes.upperBound + distance
            return line
        }
    }

    private(set) var lines: [Line] = []
    var bytes = ByteSink()
    private var begin = 0

    var count: Int { lines.count }

    subscript(index: Int) -> Line { lines[index] }

    /// Begins a line; bytes that are then appended to `bytes` are inside a string.
    @inline(__always)
    mutating func open() {
        begin = bytes.held
        bytes.append("[(")
    }

    /// Ends the line. A line that shows nothing has no bytes.
    @inline(__always)
    mutating func close(width: Int) {
        if bytes.held == begin + 2 {
            bytes.shorten(to: begin)
        } else {
            bytes.append(")]TJ\n")
        }
        lines.append(Line(bytes: begin..<bytes.held, width: width))
    }

    /// Whether the open line shows nothing yet.
    @inline(__always)
    var isEmpty: Bool { bytes.held == begin + 2 }

    /// Sets the position of a line.
    @inline(__always)
    mutating func place(_ index: Int, x: Double, baseline: Double) {
        lines[index].x = x
        lines[index].baseline = baseline
    }

    /// Appends lines whose bytes are positions in `content`.
    mutating func append(_ more: [Line], _ content: [UInt8]) {
        let held = bytes.held
        for line in more { lines.append(line.moved(by: held)) }
        bytes.append(content)
    }

    /// Removes the lines from a number on.
    mutating func shorten(to count: Int, bytes held: Int) {
        lines.removeLast(lines.count - count)
        bytes.shorten(to: held)
    }

    mutating func removeAll() {
        lines.removeAll(keepingCapacity: true)
        bytes.removeAll()
    }
}
