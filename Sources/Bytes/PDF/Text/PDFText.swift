// DESIGN. A text that is set is lines, and a line is the bytes that show it: operators of a page's content that stand at its
// begin and need nothing but the font named in front of them. So drawing copies bytes, whoever made them: the words of
// `PDFWords`, or Pango (`PDFParagraph`).

/// A text that was set once and can be measured and drawn any number of times. Lengths are points.
package final class PDFText {
    package enum Alignment: Sendable { case left, center, right }

    /// How a text looks and how it fills its box.
    package struct Style: Sendable, Equatable {
        /// Points.
        package var size: Double
        package var isBold = false
        package var alignment = Alignment.left
        /// The width to wrap at, at words where possible, else anywhere, without hyphens; nil for as wide as it gets.
        package var width: Double?
        /// Cut with an ellipsis so as to be no taller than this; needs a `width`.
        package var maximumHeight: Double?
        /// Keep to one line, cut with an ellipsis at `width`.
        package var isOneLine = false

        package init(
            size: Double, isBold: Bool = false, alignment: Alignment = .left, width: Double? = nil,
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

    /// Where the ink's box begins, from the left of the text's box: more than 0 in text that is not at the left.
    package var left: Double { box.left }
    package var width: Double { box.width }
    package var height: Double { box.height }
    /// From the top to the first line's baseline.
    package var baseline: Double { box.baseline }
    /// Whether an ellipsis stands for the rest.
    package var isCut: Bool { box.isCut }
}

/// The measures of a text that is set, in points, and which lines of `PDFLines` are its own.
struct PDFTextBox {
    var left = 0.0
    var width = 0.0
    var height = 0.0
    var baseline = 0.0
    var isCut = false
    var lines = 0..<0
}

/// Lines of texts that are set, in memory that is used again.
struct PDFLines: ~Copyable {
    struct Line {
        /// Where its bytes are.
        var bytes: Range<Int>
        /// From the top left of the text's box to the begin of its baseline, in points.
        var x = 0.0
        var baseline = 0.0
        /// In the units of whoever sets it.
        var width = 0

        /// The line where its bytes stand elsewhere.
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

    /// Begins a line; what is then appended to `bytes` stands inside a string.
    @inline(__always)
    mutating func open() {
        begin = bytes.held
        bytes.append("[(")
    }

    /// Ends the line. One that shows nothing has no bytes.
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

    /// Puts a line in its place.
    @inline(__always)
    mutating func place(_ index: Int, x: Double, baseline: Double) {
        lines[index].x = x
        lines[index].baseline = baseline
    }

    /// Appends lines whose bytes are counted from the first of `content`.
    mutating func append(_ more: [Line], _ content: [UInt8]) {
        let held = bytes.held
        for line in more { lines.append(line.moved(by: held)) }
        bytes.append(content)
    }

    /// Forgets the lines from one on.
    mutating func shorten(to count: Int, bytes held: Int) {
        lines.removeLast(lines.count - count)
        bytes.shorten(to: held)
    }

    mutating func removeAll() {
        lines.removeAll(keepingCapacity: true)
        bytes.removeAll()
    }
}
