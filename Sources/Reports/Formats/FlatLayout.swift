import Bytes
import Database

// DESIGN. Sheets, PDF and CSV show a row as one line. The columns with a heading come first. Then comes one cell for each
// column of each list; it holds the values of the child rows, one below the other.

/// A heading and the position of its cells.
struct FlatColumn: Sendable {
    enum Source: Sendable {
        case cell(Int)
        /// A column of the child rows: the list's cell, the width of a child row, and the cell within it.
        case list(Int, width: Int, cell: Int)
    }

    let title: String
    let kind: Column.Kind
    let width: Int
    let source: Source
    /// The cell with the address that this cell links to, counted like `source`.
    var address: Int?

    /// Cells are counted from the row's first cell, including the integers of the row's order.
    static func columns(of query: TableQuery) -> [FlatColumn] {
        let offset = query.table.order.count
        var found: [FlatColumn] = []
        for (index, column) in query.columns.enumerated() where !column.title.isEmpty {
            let next = index + 1
            let hasAddress = column.address != nil && next < query.columns.count && query.columns[next].title.isEmpty
            found.append(
                FlatColumn(
                    title: column.title, kind: column.kind, width: column.width, source: .cell(offset + index),
                    address: hasAddress ? offset + next : nil))
        }
        for (number, list) in query.lists.enumerated() {
            let place = offset + query.columns.count + number
            for (index, column) in list.columns.enumerated() where !column.title.isEmpty {
                found.append(
                    FlatColumn(
                        title: column.title, kind: column.kind, width: column.width,
                        source: .list(place, width: list.columns.count, cell: index)))
            }
        }
        return found
    }

    /// Whether its cells hold several values, one a line.
    var isList: Bool {
        switch source {
        case .cell: false
        case .list: true
        }
    }

    /// Appends the cell's text for a person: names with commas between them, children one a line, nothing for null.
    func appendText(_ rows: borrowing RowBuffer, at start: Int, to text: inout [UInt8]) {
        switch source {
        case .cell(let cell): Self.append(rows, start + cell, kind, to: &text)
        case .list(let place, let width, let cell):
            let list = rows.list(start + place)
            // A list whose values are all empty gives an empty cell, not empty lines.
            var isEmpty = true
            for index in 0..<list.count where !rows.isNull(list.first + index * width + cell) { isEmpty = false }
            if isEmpty { return }
            for index in 0..<list.count {
                if index > 0 { text.append(10) }
                Self.append(rows, list.first + index * width + cell, kind, to: &text)
            }
        }
    }

    /// The number of characters that a cell shows of a `prose`.
    private static let proseLimit = 360

    /// As `appendText`, with more changes for people: a severity with a capital, yes and no, the first words of a description.
    /// Returns whether the text goes on.
    func appendShown(_ rows: borrowing RowBuffer, at start: Int, to text: inout [UInt8]) -> Bool {
        guard case .cell(let place) = source else {
            appendText(rows, at: start, to: &text)
            return false
        }
        let cell = start + place
        switch kind {
        case .severity:
            let begin = text.count
            appendText(rows, at: start, to: &text)
            if text.count > begin, (0x61...0x7A).contains(text[begin]) { text[begin] -= 0x20 }
        case .boolean:
            if !rows.isNull(cell) { text.append(contentsOf: (rows.boolean(cell) ? "yes" : "no").utf8) }
        case .prose:
            guard !rows.isNull(cell) else { return false }
            let bytes = rows.bytes(cell)
            let isMore = PlainText.append(markdown: bytes, characters: Self.proseLimit, to: &text)
            // Cells that were not selected may be left out, too.
            return isMore || bytes.count >= Column.proseRead.number
        case .text, .integer, .real, .date, .timestamp, .link, .names: appendText(rows, at: start, to: &text)
        }
        return false
    }

    private static func append(
        _ rows: borrowing RowBuffer, _ cell: Int, _ kind: Column.Kind, to text: inout [UInt8]
    ) {
        if rows.isNull(cell) { return }
        switch kind {
        case .text, .link, .severity, .prose: text.append(contentsOf: rows.bytes(cell))
        case .integer: text.append(contentsOf: String(rows.integer(cell)).utf8)
        case .real: text.append(contentsOf: NumberText.plain(rows.real(cell)).utf8)
        case .boolean: text.append(contentsOf: (rows.boolean(cell) ? "true" : "false").utf8)
        case .date: text.append(contentsOf: TimeText.date(rows.integer(cell)).utf8)
        case .timestamp: text.append(contentsOf: TimeText.time(rows.integer(cell)).utf8)
        case .names:
            var isFirst = true
            eachLine(rows.bytes(cell)) { name in
                if !isFirst { text.append(contentsOf: ", ".utf8) }
                isFirst = false
                text.append(contentsOf: name)
            }
        }
    }
}
