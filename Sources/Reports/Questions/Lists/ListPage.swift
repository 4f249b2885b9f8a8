import Bytes
import Database

/// Some rows of a list, and the beginning of the next page.
package struct ListPage<Row: Sendable>: Sendable {
    /// The number of rows on a page.
    package static var size: Int { 50 }

    package let rows: [Row]
    /// The cursor of the next page; nil when there is none.
    package let next: String?

    package init(rows: [Row], next: String?) {
        self.rows = rows
        self.next = next
    }

    /// - Parameters:
    ///   - found: the rows of the page, and one more if there is a next page.
    ///   - cursor: the cursor of the last row on the page.
    init(_ found: [Row], cursor: (Row) -> String) {
        rows = Array(found.prefix(Self.size))
        next = found.count > Self.size ? rows.last.map(cursor) : nil
    }

    /// The number of rows to read.
    static var limit: Int { size + 1 }
}

/// The numbers that mark the beginning of a page, as a text.
enum ListCursor {
    static func text(_ numbers: Int64...) -> String { numbers.map(String.init).joined(separator: "-") }

    /// Exactly this many numbers; nil for other texts, for which a list starts at its beginning.
    static func numbers(_ count: Int, of text: String) -> [Int64]? {
        let parts = text.split(separator: "-")
        guard parts.count == count else { return nil }
        let numbers = parts.compactMap { NumberText.whole($0, in: 0...NumberText.ids.upperBound) }
        return numbers.count == count ? numbers : nil
    }
}
