package import Bytes
package import Database

/// An XML document (1.0, UTF-8): the root is named after the table, each row is an element, fields are elements with the
/// names of the JSON keys. With several tables the root is `report` and holds an element for each.
package struct XMLFormat: TableRenderer, ~Copyable {
    package let cutCells = 0
    private let head: ReportHead
    private var sink: ByteSink
    private let layouts: [NestedLayout]
    private var table = 0

    package init(_ head: ReportHead, to destination: @escaping ByteSink.Destination) {
        self.head = head
        sink = ByteSink(to: destination)
        layouts = head.tables.map { NestedLayout($0) }
        sink.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        if head.tables.count != 1 { sink.append("<report>\n") }
    }

    package mutating func beginTable(_ index: Int) {
        table = index
        open(head.tables[index].table.key)
        sink.append("\n")
    }

    package mutating func row(_ rows: borrowing RowBuffer, at start: Int) throws(SinkError) {
        let item = head.tables[table].table.item
        Self.open(item, &sink)
        Self.members(layouts[table].members, rows, at: start, to: &sink)
        Self.close(item, &sink)
        sink.append("\n")
        try sink.drain()
    }

    package mutating func endTable() {
        Self.close(head.tables[table].table.key, &sink)
        sink.append("\n")
    }

    package mutating func end() throws(SinkError) {
        if head.tables.count != 1 { sink.append("</report>\n") }
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
            case .object(let key, let inner):
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
        case .text, .link: sink.append(xmlText: rows.bytes(cell))
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
