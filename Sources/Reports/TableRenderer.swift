package import Bytes
package import Database

/// The facts that a renderer has before the first row.
package struct ReportHead: Sendable {
    /// The title for people: `Inventory`.
    package let title: String
    package let scopeKind: ScopeKind
    package let scope: ScopeFacts
    package let tables: [TableQuery]
    /// The members before the tables of JSON and XML.
    package let preface: [(key: String, text: String)]

    /// The notes beside the tables of a spreadsheet or a PDF.
    package let notes: [String]
    /// The number of rows for each urgency in the whole report; empty in formats for programs and for tables without an
    /// urgency.
    package var levels: [LevelCount] = []
    /// Remarks for readers about the rows.
    package var remarks: [String] = []
    /// The filters of the request, one line each.
    package var filters: [String] = []

    package init(
        title: String, scopeKind: ScopeKind, scope: ScopeFacts, tables: [TableQuery],
        preface: [(key: String, text: String)] = [], notes: [String] = []
    ) {
        self.notes = notes
        self.preface = preface
        self.title = title
        self.scopeKind = scopeKind
        self.scope = scope
        self.tables = tables
    }
}

extension ReportHead {
    /// The filters as one line for people.
    var filterSentence: String {
        filters.isEmpty ? "Not filtered." : "Filtered by \(filters.joined(separator: "; "))."
    }
}

/// Writes one part of a report, from its first byte to its last. Writes forward only.
///
/// The caller begins and ends all tables of the head in order, even those without rows, so that each part is a complete
/// document.
///
///     var renderer = try CSVFormat(head, to: destination)
///     try renderer.beginTable(0)
///     for row in 0..<rows.rowCount { try renderer.row(rows, at: rows.start(of: row)) }
///     try renderer.endTable()
///     try renderer.end()
///
/// A renderer belongs to one thread and lives for one part. Times in rows are milliseconds since 1970. Errors are those
/// of `destination`, which must not call the renderer. After an error no further method is called.
package protocol TableRenderer: ~Copyable {
    /// The number of cells that were shortened to fit the format.
    var cutCells: Int { get }

    init(_ head: ReportHead, to destination: @escaping ByteSink.Destination) throws(SinkError)
    mutating func beginTable(_ index: Int) throws(SinkError)
    /// Writes the row whose order starts at cell `start`.
    mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError)
    mutating func endTable() throws(SinkError)
    /// Writes the remaining bytes. No call may follow.
    mutating func end() throws(SinkError)
}
