import Bytes
import Database

/// Some rows of a list, and where the rows behind them begin.
package struct ListPage<Row: Sendable>: Sendable {
    /// Rows on a page.
    package static var size: Int { 50 }

    package let rows: [Row]
    /// Asks for the page behind; nil when there is none.
    package let next: String?

    package init(rows: [Row], next: String?) {
        self.rows = rows
        self.next = next
    }

    /// - Parameters:
    ///   - found: one row more than a page has, where there are as many.
    ///   - cursor: of the last row of the page.
    init(_ found: [Row], cursor: (Row) -> String) {
        rows = Array(found.prefix(Self.size))
        next = found.count > Self.size ? rows.last.map(cursor) : nil
    }

    /// How many rows to read.
    static var limit: Int { size + 1 }
}

/// Numbers that say where a page of a list begins, as a text.
enum ListCursor {
    static func text(_ numbers: Int64...) -> String { numbers.map(String.init).joined(separator: "-") }

    /// So many numbers; nil for other texts, for which a list begins at its front.
    static func numbers(_ count: Int, of text: String) -> [Int64]? {
        let parts = text.split(separator: "-")
        guard parts.count == count else { return nil }
        let numbers = parts.compactMap { NumberText.whole($0, in: 0...NumberText.ids.upperBound) }
        return numbers.count == count ? numbers : nil
    }
}
