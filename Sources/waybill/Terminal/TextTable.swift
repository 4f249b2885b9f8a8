import Bytes
import Glibc

/// Rows for a person: on a terminal with headings and columns; elsewhere each row is a line of texts separated by tabs, for
/// `cut` and `awk`.
struct TextTable {
    let headings: [String]
    let rows: [[String]]

    func print() {
        guard isatty(1) == 1 else {
            for row in rows { Swift.print(row.map(Self.oneLine).joined(separator: "\t")) }
            return
        }
        let all = [headings] + rows.map { $0.map(Self.oneLine) }
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        for row in all {
            let cells = row.enumerated().map { column, text in
                // Nothing follows the last cell.
                column == row.count - 1 ? text : text + String(repeating: " ", count: widths[column] - text.count)
            }
            Swift.print(cells.joined(separator: "  "))
        }
    }

    /// The text without characters that would end a row or a cell, or that control a terminal.
    private static func oneLine(_ text: String) -> String {
        let text =
            text.contains(where: { $0.isNewline || $0 == "\t" })
            ? String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 }) : text
        return Deception.forTerminal(text)
    }
}
