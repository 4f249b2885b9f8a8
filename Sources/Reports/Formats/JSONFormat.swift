package import Bytes
package import Database

// DESIGN. This format does not use `JSONWriter`. It writes millions of rows with a program that is compiled once for the
// columns (`JSONProgram`), with keys and commas as prepared bytes. Each row is on a line of its own.

/// A JSON object with an array of objects for each table (RFC 8259).
package struct JSONFormat: TableRenderer, ~Copyable {
    package let cutCells = 0
    private let head: ReportHead
    private var sink: ByteSink
    private let program: JSONProgram
    private var table = 0
    private let levels: [[[NestedLayout.Node]]]
    private var walk: LevelWalk?
    private var isFirstRow = true
    private var isFirstTable = true

    package init(_ head: ReportHead, to destination: @escaping ByteSink.Destination) {
        self.head = head
        sink = ByteSink(to: destination)
        let layouts = head.tables.map { NestedLayout($0) }
        program = JSONProgram(layouts.map(\.members))
        levels = layouts.map(\.levels)
        sink.append("{")
        for member in head.preface {
            sink.append(raw: "\"\(member.key)\":")
            sink.append(jsonString: member.text)
            sink.append(",\n")
        }
    }

    package mutating func beginTable(_ index: Int) {
        table = index
        isFirstRow = true
        if !isFirstTable { sink.append(",\n") }
        isFirstTable = false
        let table = head.tables[index].table
        walk = table.levels.isEmpty ? nil : LevelWalk(table)
        sink.append(raw: "\"\(table.levels.first?.key ?? table.key)\":[")
    }

    package mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError) {
        if walk != nil { turn(rows, at: start) }
        sink.append(isFirstRow ? "\n" : ",\n")
        isFirstRow = false
        program.write(rows, at: start, of: table, to: &sink)
        try sink.drain()
    }

    package mutating func endTable() {
        if let walk, walk.isOpen { for _ in 0..<walk.depth { sink.append("\n]}") } }
        walk?.end()
        sink.append("\n]")
    }

    /// Closes and opens the objects around the row.
    private mutating func turn(_ rows: borrowing RowBuffer, at start: Int) {
        guard var walk else { return }
        let wasOpen = walk.isOpen
        guard let changed = walk.change(rows, at: start) else { return }
        self.walk = walk
        let table = head.tables[table].table
        if wasOpen { for _ in changed..<walk.depth { sink.append("\n]}") } }
        for level in changed..<walk.depth {
            sink.append(wasOpen && level == changed ? ",\n{" : "\n{")
            for node in levels[self.table][level] {
                guard case .cell(let key, let cell, let kind, _) = node else { continue }
                sink.append(raw: "\"\(key)\":")
                if case .integer = kind {
                    sink.append(decimal: rows.integer(start + cell))
                } else {
                    sink.append(jsonString: rows.bytes(start + cell))
                }
                sink.append(UInt8(ascii: ","))
            }
            let next = level + 1 < table.levels.count ? table.levels[level + 1].key : table.key
            sink.append(raw: "\"\(next)\":[")
        }
        isFirstRow = true
    }

    package mutating func end() throws(SinkError) {
        sink.append("}\n")
        try sink.flush()
    }
}

/// Calls `body` with each line of a text, without the line's end. An empty text has no lines.
func eachLine(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let end = rest.firstIndex(of: 10) ?? rest.endIndex
        body(UnsafeRawBufferPointer(rebasing: rest[..<end]))
        rest = rest[(end == rest.endIndex ? end : end + 1)...]
    }
}
