package import Bytes
package import Database

/// JSON Lines: an object on a line of its own for each row, UTF-8, each line ended by a line feed (github.com/ndjson/ndjson-spec).
///
/// Each row is the same object as in `JSONFormat`. Each object begins with the members of the objects around the row. In a
/// report of several tables, each row is in an object with one member, whose key is the key of the table: `{"members":{…}}`,
/// `{"groups":{…}}`. A part without rows is empty.
package struct NDJSONFormat: TableRenderer, ~Copyable {
    package let cutCells = 0
    private let head: ReportHead
    private var sink: ByteSink
    private let program: JSONProgram
    private var table = 0

    package init(_ head: ReportHead, to destination: @escaping ByteSink.Destination) {
        self.head = head
        sink = ByteSink(to: destination)
        program = JSONProgram(
            head.tables.map { query in
                let layout = NestedLayout(query)
                return layout.levels.flatMap(\.self) + layout.members
            })
    }

    package mutating func beginTable(_ index: Int) { table = index }

    package mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError) {
        let isNamed = head.tables.count > 1
        if isNamed { sink.append(raw: "{\"\(head.tables[table].table.key)\":") }
        program.write(rows, at: start, of: table, to: &sink)
        sink.append(isNamed ? "}\n" : "\n")
        try sink.drain()
    }

    package mutating func endTable() {}

    package mutating func end() throws(SinkError) { try sink.flush() }
}
