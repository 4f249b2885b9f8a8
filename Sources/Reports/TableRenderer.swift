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
    /// The number of rows for each urgency in the whole report; empty in formats for programs, and if no row is urgent.
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
    /// The filters as a line for people.
    var filterSentence: String {
        filters.isEmpty ? "Not filtered." : "Filtered by \(filters.joined(separator: "; "))."
    }
}

/// One part of a report, from its first byte to its last. Writes forward only.
///
/// All tables of the head are begun and ended in order, also those without rows, so that a part is a document of its own.
///
///     var renderer = try CSVFormat(head, to: destination)
///     try renderer.beginTable(0)
///     for row in 0..<rows.rowCount { try renderer.row(rows, at: rows.start(of: row)) }
///     try renderer.endTable()
///     try renderer.end()
///
/// A renderer belongs to one thread. After an error it is not called again.
package protocol TableRenderer: ~Copyable {
    /// Cells that were shortened to fit the format.
    var cutCells: Int { get }

    init(_ head: ReportHead, to destination: @escaping ByteSink.Destination) throws(SinkError)
    mutating func beginTable(_ index: Int) throws(SinkError)
    /// Writes the row whose order begins at cell `start`.
    mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError)
    mutating func endTable() throws(SinkError)
    /// Writes what is left. Nothing may follow.
    mutating func end() throws(SinkError)
}
