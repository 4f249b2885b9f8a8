// DESIGN. The column widths minimize the height of the table. A sample of the rows gives the length of each cell in one
// line, in units of the print size. A cell takes about length / width lines, and a row as many lines as its tallest cell.
// The search starts from a fair division and moves width between columns while the sample gets shorter. So a column of
// digests, where a little more width saves a line in every row, gets more than a column with a few long names. Print sizes
// are tried from the largest. The first size with mostly one line a row is taken, else the smallest size that is easy to
// read, else the size that fits.

/// The widths of a table's columns, and its print size.
struct PDFTableGeometry {
    /// Sizes in points. Below `easySize`, only cells that do not fit are made smaller.
    private static let sizes = [8.5, 8, 7.5, 7, 6.5, 6, 5.5]
    private static let easySize = 7.0
    /// The average number of lines a row below which a smaller print brings no gain.
    private static let fewLines = 1.3
    /// Words longer than this many times the print size may break: digests, addresses, paths.
    private static let longestWord = 9.0
    /// The most cells that the search for the best widths considers.
    private static let weighedCells = 4000

    /// The print size, and the room above and below a cell's text, in points.
    let size: Double
    var padding: Double { size * 0.25 }
    /// The left edge of each column's texts, and their largest width.
    let left: [Double]
    let widths: [Double]

    init(
        columns: [PDFTable.Column], sample: borrowing PDFRows, left: Double, width: Double, fonts: PDFFonts
    ) {
        let needs = Needs(columns: columns, sample: sample, fonts: fonts)
        var chosen = (size: 0.0, widths: [Double]())
        for size in Self.sizes {
            // The search uses widths in units of the print size.
            let room = max(1, width / size - 2 * Self.gap * Double(columns.count))
            let fits = needs.least.reduce(0, +) <= room
            var (widths, lines) = needs.widths(room: room)
            needs.fill(&widths, room: room)
            chosen = (size, widths)
            if fits, lines <= Self.fewLines || size <= Self.easySize { break }
        }
        let size = chosen.size
        self.size = size
        widths = chosen.widths.map { $0 * size }
        var x = left
        self.left = widths.map { width in
            defer { x += width + 2 * Self.gap * size }
            return x + Self.gap * size
        }
    }

    /// The style of a cell in a column; `tallest` is the height of a page.
    func style(of column: Int, _ kind: PDFTable.Column.Kind, tallest: Double) -> PDFText.Style {
        PDFText.Style(
            size: size, alignment: kind == .number ? .right : .left,
            width: widths[column] - (kind.isMarked ? Self.markRoom * size : 0),
            maximumHeight: tallest - 2 * padding)
    }

    /// The room for a mark before a word, in units of the print size.
    static let markRoom = 1.1
    /// Half of the space between two columns, in units of the print size.
    private static let gap = 0.5

    /// The widths that the sample needs, in units of the print size.
    private struct Needs {
        let columns: [PDFTable.Column]
        /// The width of each column's longest word, for words that are not too long.
        private(set) var least: [Double] = []
        /// The width of each column's longest cell in one line.
        private var most: [Double] = []
        /// The length of each weighed cell, row by row.
        private var lengths: [Double] = []
        private var rows = 0

        init(columns: [PDFTable.Column], sample: borrowing PDFRows, fonts: PDFFonts) {
            self.columns = columns
            rows = min(sample.count, max(1, PDFTableGeometry.weighedCells / max(1, columns.count)))
            for column in columns {
                // An outlined column changes rarely: the sample shows few of its values, and later ones may be
                // longer.
                let expected = column.isOutlined && !column.kind.isMarked ? PDFTableGeometry.longestWord : 0
                let words = column.title.split(separator: " ").map { Self.length(String($0), fonts) }
                least.append(max(words.max() ?? 0, expected))
                most.append(least[least.count - 1])
            }
            lengths.reserveCapacity(rows * columns.count)
            for row in 0..<sample.count {
                for index in columns.indices {
                    var cell = sample.withCell(row * columns.count + index) { Self.measure($0, fonts) }
                    if columns[index].kind.isMarked {
                        cell = (cell.word + PDFTableGeometry.markRoom, cell.length + PDFTableGeometry.markRoom)
                    }
                    // Numbers are kept in one line where possible.
                    let word = columns[index].kind == .number ? cell.length : cell.word
                    least[index] = max(least[index], min(word, 2 * PDFTableGeometry.longestWord))
                    most[index] = max(most[index], cell.length)
                    if row < rows { lengths.append(cell.length) }
                }
            }
        }

        /// The widths that make the sample shortest, and the average number of lines a row.
        func widths(room: Double) -> (widths: [Double], lines: Double) {
            let needed = least.reduce(0, +)
            guard needed < room else {
                // Words break anywhere.
                let widths = least.map { $0 * room / max(needed, 0.1) }
                return (widths, lines(widths))
            }
            var widths = start(room: room)
            var best = lines(widths)
            var step = room / 8
            while step > room / 200 {
                var from: (column: Int, lines: Double)?
                var to: (column: Int, lines: Double)?
                for column in columns.indices {
                    let width = widths[column]
                    if width - step >= least[column] {
                        widths[column] = width - step
                        let lines = lines(widths)
                        if lines < from?.lines ?? .infinity { from = (column, lines) }
                    }
                    if width < most[column] {
                        widths[column] = width + step
                        let lines = lines(widths)
                        if lines < to?.lines ?? .infinity { to = (column, lines) }
                    }
                    widths[column] = width
                }
                if let from, let to, from.column != to.column {
                    var moved = widths
                    moved[from.column] -= step
                    moved[to.column] += step
                    let lines = lines(moved)
                    if lines < best - 0.001 {
                        widths = moved
                        best = lines
                        continue
                    }
                }
                step /= 1.5
            }
            return (widths, best)
        }

        /// Widens the columns to the width of the page, columns of texts first.
        func fill(_ widths: inout [Double], room: Double) {
            let rest = room - widths.reduce(0, +)
            let texts = columns.indices.filter { columns[$0].kind != .number }
            let open = texts.isEmpty ? Array(columns.indices) : texts
            let sum = open.reduce(0) { $0 + widths[$1] * columns[$1].weight }
            guard rest > 0, sum > 0 else { return }
            for index in open { widths[index] += rest * widths[index] * columns[index].weight / sum }
        }

        /// Each column gets its minimum; the rest is divided by weight and by the mean square of the cells' needs. No
        /// column gets more than its maximum.
        private func start(room: Double) -> [Double] {
            var widths = least
            var rest = room - least.reduce(0, +)
            var claims = [Double](repeating: 0, count: columns.count)
            for (index, length) in lengths.enumerated() { claims[index % columns.count] += length * length }
            for index in columns.indices {
                claims[index] = (claims[index] / Double(max(1, rows))).squareRoot() * columns[index].weight
            }
            for _ in columns.indices where rest > 0.01 {
                let open = columns.indices.filter { widths[$0] < most[$0] - 0.01 }
                let sum = open.reduce(0) { $0 + claims[$1] }
                guard sum > 0 else { break }
                let portion = rest / sum
                for index in open {
                    let more = min(portion * claims[index], most[index] - widths[index])
                    widths[index] += more
                    rest -= more
                }
            }
            return widths
        }

        private func lines(_ widths: [Double]) -> Double {
            guard rows > 0, !widths.isEmpty else { return 1 }
            var sum = 0.0
            for row in 0..<rows {
                var tallest = 1.0
                for column in widths.indices {
                    let length = lengths[row * widths.count + column]
                    // Breaking at words leaves some room at the ends of lines.
                    if length > widths[column] {
                        tallest = max(tallest, (length * 1.08 / widths[column]).rounded(.up))
                    }
                }
                sum += tallest
            }
            return sum / Double(rows)
        }

        private static func length(_ text: String, _ fonts: PDFFonts) -> Double {
            fonts.set(text, .init(size: 100, isBold: true)).width / 100 + 0.05
        }

        private static func measure(
            _ utf8: UnsafeRawBufferPointer, _ fonts: PDFFonts
        ) -> (word: Double, length: Double) {
            guard !utf8.isEmpty else { return (0, 0) }
            // A longer text is wider than any column.
            var end = min(utf8.count, 600)
            while end < utf8.count, end > 0, utf8[end] & 0xC0 == 0x80 { end -= 1 }
            let head = UnsafeRawBufferPointer(rebasing: utf8[..<end])
            let length = fonts.width(head) + 0.05
            let longest = head.split { $0 == 0x20 || $0 == 0x0A }.map(letters).max() ?? 0
            // The width of a word is estimated by its share of the letters, because shaping each word would double
            // the work.
            let word = 1.1 * length * Double(longest) / Double(max(1, letters(head[...])))
            return (min(word, length, PDFTableGeometry.longestWord), length)
        }

        private static func letters(_ utf8: Slice<UnsafeRawBufferPointer>) -> Int {
            utf8.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        }
    }
}
