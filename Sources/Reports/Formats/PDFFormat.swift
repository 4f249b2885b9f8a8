package import Bytes
package import Database

/// A PDF with a table for each table of the report.
package struct PDFFormat: TableRenderer, ~Copyable {
    package var cutCells: Int { document.cutCells }
    private let head: ReportHead
    private let columns: [[FlatColumn]]
    private var sink: ByteSink
    private var document: PDFTable
    private var table = 0
    private var text: [UInt8] = []

    package init(_ head: ReportHead, to destination: @escaping ByteSink.Destination) throws(SinkError) {
        self.head = head
        sink = ByteSink(to: destination)
        let columns = head.tables.map(FlatColumn.columns(of:))
        self.columns = columns
        let place = (head.scope.path + [head.scope.name]).joined(separator: " / ")
        document = try PDFTable(
            .init(title: head.title, scope: place, created: TimeText.rfc3339(head.scope.updated), notes: head.notes),
            columns: Self.columns(columns.first ?? []))
    }

    private static func columns(_ columns: [FlatColumn]) -> [PDFTable.Column] {
        columns.map { column in
            let kind: PDFTable.Column.Kind =
                switch column.kind {
                case .integer, .real: .number
                case .link: .link
                case .text, .boolean, .date, .timestamp, .names: .text
                }
            return PDFTable.Column(column.title, kind, weight: Double(column.width) / 20)
        }
    }

    package mutating func beginTable(_ index: Int) throws(SinkError) {
        table = index
        if index > 0 {
            try document.nextTable(
                head.tables[index].table.title, columns: Self.columns(columns[index]), to: &sink)
        }
    }

    package mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError) {
        for column in columns[table] {
            text.removeAll(keepingCapacity: true)
            column.appendText(rows, at: start, to: &text)
            if case .link = column.kind, let shown = text.withUnsafeBytes({ Deception.defused($0) }) { text = shown }
            text.withUnsafeBytes { document.cell($0) }
        }
        try document.endRow(to: &sink)
        try sink.drain()
    }

    package mutating func endTable() {}

    package mutating func end() throws(SinkError) {
        try document.finish(to: &sink)
        try sink.flush()
    }
}
