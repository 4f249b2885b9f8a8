package import Bytes
package import Database

/// Comma-separated values (RFC 4180, UTF-8). Several tables follow each other, separated by an empty line.
package struct CSVFormat: TableRenderer, ~Copyable {
    package let cutCells = 0
    private var sink: ByteSink
    private let columns: [[FlatColumn]]
    private var table = 0
    private var text: [UInt8] = []

    package init(_ head: ReportHead, to destination: @escaping ByteSink.Destination) {
        sink = ByteSink(to: destination)
        columns = head.tables.map(FlatColumn.columns(of:))
    }

    package mutating func beginTable(_ index: Int) {
        table = index
        if index > 0 { sink.append("\r\n") }
        for (number, column) in columns[index].enumerated() {
            if number > 0 { sink.append(UInt8(ascii: ",")) }
            Array(column.title.utf8).withUnsafeBytes { sink.append(csvField: $0) }
        }
        sink.append("\r\n")
    }

    package mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError) {
        for (number, column) in columns[table].enumerated() {
            if number > 0 { sink.append(UInt8(ascii: ",")) }
            text.removeAll(keepingCapacity: true)
            column.appendText(rows, at: start, to: &text)
            switch column.kind {
            // A number is not a formula, although it may begin with a minus.
            case .integer, .real: text.withUnsafeBytes { sink.append($0) }
            case .text, .link, .severity, .prose, .boolean, .date, .timestamp, .names:
                text.withUnsafeBytes { sink.append(csvField: $0) }
            }
        }
        sink.append("\r\n")
        try sink.drain()
    }

    package mutating func endTable() {}

    package mutating func end() throws(SinkError) { try sink.flush() }
}
