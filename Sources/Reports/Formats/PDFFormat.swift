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
            .init(
                title: head.title, scope: DocumentPage.composed(place), created: TimeText.rfc3339(head.scope.updated),
                notes: [head.filterSentence] + head.remarks + head.notes + Self.unprinted(head),
                figures: Self.figures(head)),
            columns: Self.columns(columns.first ?? [], isUrgent: head.tables.first?.urgency != nil))
    }

    /// The number of rows, also by urgency.
    private static func figures(_ head: ReportHead) -> [PDFFigure] {
        let rows = head.levels.reduce(0) { $0 + $1.rows }
        // Where nothing was assessed, a large zero would look like a verdict.
        guard rows > 0 else { return [] }
        return [PDFFigure("\(rows)", "in all")]
            + head.levels.map { level in
                let severity = ShownSeverity(rawValue: level.word.prefix(1).uppercased() + level.word.dropFirst())
                return PDFFigure("\(level.rows)", level.word, color: severity?.color)
            }
    }

    /// The columns of a sheet that the pages leave out.
    private static func unprinted(_ head: ReportHead) -> [String] {
        let titles = head.tables.flatMap(\.unprinted)
        guard !titles.isEmpty else { return [] }
        return ["Columns of the spreadsheet that pages have no room for: \(titles.joined(separator: ", "))."]
    }

    private static let marks = ShownSeverity.allCases.map { PDFMark($0.rawValue, $0.color) }

    /// Where rows come by severity, the outline links to the first row of each.
    private static func columns(_ columns: [FlatColumn], isUrgent: Bool) -> [PDFTable.Column] {
        columns.map { column in
            let kind: PDFTable.Column.Kind =
                switch column.kind {
                case .integer, .real: .number
                case .link: .link
                case .severity: column.isList ? .text : .marked(marks)
                case .prose: column.address == nil ? .text : .linked(isColored: false)
                case .text where column.address != nil: .linked(isColored: true)
                case .text, .boolean, .date, .timestamp, .names: .text
                }
            return PDFTable.Column(
                column.title, kind, weight: Double(column.width) / 20, isOutlined: isUrgent && column.kind == .severity)
        }
    }

    package mutating func beginTable(_ index: Int) throws(SinkError) {
        table = index
        if index > 0 {
            try document.nextTable(
                head.tables[index].table.title,
                columns: Self.columns(columns[index], isUrgent: head.tables[index].urgency != nil), to: &sink)
        }
    }

    package mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError) {
        for column in columns[table] {
            text.removeAll(keepingCapacity: true)
            let isMore = column.appendShown(rows, at: start, to: &text)
            if case .link = column.kind, let shown = text.withUnsafeBytes({ Deception.defused($0) }) { text = shown }
            if let address = column.address, isMore || column.kind != .prose {
                text.withUnsafeBytes { document.cell($0, address: rows.bytes(start + address)) }
            } else {
                text.withUnsafeBytes { document.cell($0) }
            }
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
