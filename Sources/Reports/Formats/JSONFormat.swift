package import Bytes
package import Database

/// A JSON object with an array of objects for each table (RFC 8259).
package struct JSONFormat: TableRenderer, ~Copyable {
    package let cutCells = 0
    private let head: ReportHead
    private var sink: ByteSink
    private let program: JSONProgram
    private var table = 0
    private var isFirstRow = true
    private var isFirstTable = true

    package init(_ head: ReportHead, to destination: @escaping ByteSink.Destination) {
        self.head = head
        sink = ByteSink(to: destination)
        program = JSONProgram(head.tables.map { NestedLayout($0).members })
        sink.append("{")
    }

    package mutating func beginTable(_ index: Int) {
        table = index
        isFirstRow = true
        if !isFirstTable { sink.append(",\n") }
        isFirstTable = false
        sink.append(raw: "\"\(head.tables[index].table.key)\":[")
    }

    package mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError) {
        sink.append(isFirstRow ? "\n" : ",\n")
        isFirstRow = false
        program.write(rows, at: start, of: table, to: &sink)
        try sink.drain()
    }

    package mutating func endTable() { sink.append("\n]") }

    package mutating func end() throws(SinkError) {
        sink.append("}\n")
        try sink.flush()
    }
}

/// Calls `body` with each line of a text, without its end. An empty text has none.
func eachLine(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let end = rest.firstIndex(of: 10) ?? rest.endIndex
        body(UnsafeRawBufferPointer(rebasing: rest[..<end]))
        rest = rest[(end == rest.endIndex ? end : end + 1)...]
    }
}
