package import Bytes
package import Database

/// An XML document (1.0, UTF-8): the root is named after the table, each row is an element, fields are elements with the
/// names of the JSON keys. With several tables the root is `report` and contains an element for each table.
package struct XMLFormat: TableRenderer, ~Copyable {
    package let cutCells = 0
    private let head: ReportHead
    private var sink: ByteSink
    private let layouts: [NestedLayout]
    private var table = 0
    private var walk: LevelWalk?
    /// Whether the root is a separate element around the elements of the tables.
    private let hasRoot: Bool

    package init(_ head: ReportHead, to destination: @escaping ByteSink.Destination) {
        self.head = head
        sink = ByteSink(to: destination)
        layouts = head.tables.map { NestedLayout($0) }
        sink.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        hasRoot = head.tables.count != 1 || !head.preface.isEmpty
        if hasRoot { sink.append("<report>\n") }
        for member in head.preface {
            Self.open(member.key, &sink)
            var text = member.text
            text.withUTF8 { sink.append(xmlText: UnsafeRawBufferPointer($0)) }
            Self.close(member.key, &sink)
            sink.append("\n")
        }
    }

    package mutating func beginTable(_ index: Int) {
        self.table = index
        let table = head.tables[index].table
        walk = table.levels.isEmpty ? nil : LevelWalk(table)
        open(table.levels.first?.key ?? table.key)
        sink.append("\n")
    }

    package mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError) {
        if walk != nil { turn(rows, at: start) }
        let item = head.tables[table].table.item
        Self.open(item, &sink)
        Self.members(layouts[table].members, rows, at: start, to: &sink)
        Self.close(item, &sink)
        sink.append("\n")
        try sink.drain()
    }

    package mutating func endTable() {
        let table = head.tables[table].table
        if let walk, walk.isOpen { closeLevels(from: 0, of: table) }
        walk?.end()
        Self.close(table.levels.first?.key ?? table.key, &sink)
        sink.append("\n")
    }

    /// Closes and opens the elements around the row.
    private mutating func turn(_ rows: borrowing RowBuffer, at start: Int) {
        guard var walk else { return }
        let wasOpen = walk.isOpen
        guard let changed = walk.change(rows, at: start) else { return }
        self.walk = walk
        let table = head.tables[table].table
        if wasOpen { closeLevels(from: changed, of: table) }
        for level in changed..<walk.depth {
            Self.open(table.levels[level].item, &sink)
            Self.members(layouts[self.table].levels[level], rows, at: start, to: &sink)
            Self.open(Self.inner(of: level, table), &sink)
            sink.append("\n")
        }
    }

    private mutating func closeLevels(from first: Int, of table: Table) {
        for level in (first..<table.levels.count).reversed() {
            Self.close(Self.inner(of: level, table), &sink)
            Self.close(table.levels[level].item, &sink)
            sink.append("\n")
        }
    }

    /// The element of the array in a level's object.
    private static func inner(of level: Int, _ table: Table) -> String {
        level + 1 < table.levels.count ? table.levels[level + 1].key : table.key
    }

    package mutating func end() throws(SinkError) {
        if hasRoot { sink.append("</report>\n") }
        try sink.flush()
    }

    private mutating func open(_ name: String) { Self.open(name, &sink) }

    private static func open(_ name: String, _ sink: inout ByteSink) {
        sink.append(UInt8(ascii: "<"))
        sink.append(raw: name)
        sink.append(UInt8(ascii: ">"))
    }

    private static func close(_ name: String, _ sink: inout ByteSink) {
        sink.append("</")
        sink.append(raw: name)
        sink.append(UInt8(ascii: ">"))
    }

    private static func members(
        _ nodes: [NestedLayout.Node], _ rows: borrowing RowBuffer, at start: Int, to sink: inout ByteSink
    ) {
        for node in nodes {
            if let cell = node.cellThatOmits, rows.isNull(start + cell) { continue }
            switch node {
            case .cell(let key, let cell, let kind, _):
                open(key, &sink)
                value(rows, start + cell, kind, to: &sink)
                close(key, &sink)
            case .object(let key, let inner, _):
                open(key, &sink)
                members(inner, rows, at: start, to: &sink)
                close(key, &sink)
            case .list(let key, let item, let cell, let width, let inner):
                open(key, &sink)
                let list = rows.list(start + cell)
                for index in 0..<list.count {
                    open(item, &sink)
                    members(inner, rows, at: list.first + index * width, to: &sink)
                    close(item, &sink)
                }
                close(key, &sink)
            }
        }
    }

    private static func value(
        _ rows: borrowing RowBuffer, _ cell: Int, _ kind: Column.Kind, to sink: inout ByteSink
    ) {
        if rows.isNull(cell) { return }
        switch kind {
        case .text, .link, .severity, .prose: sink.append(xmlText: rows.bytes(cell))
        case .integer: sink.append(decimal: rows.integer(cell))
        case .real: sink.append(jsonNumber: rows.real(cell))
        case .boolean: sink.append(rows.boolean(cell) ? "true" : "false")
        case .date: sink.append(date: rows.integer(cell))
        case .timestamp: sink.append(time: rows.integer(cell))
        case .names(let item, let key, _):
            eachLine(rows.bytes(cell)) { name in
                open(item, &sink)
                if !key.isEmpty { open(key, &sink) }
                sink.append(xmlText: name)
                if !key.isEmpty { close(key, &sink) }
                close(item, &sink)
            }
        }
    }
}
