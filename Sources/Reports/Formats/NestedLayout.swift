import Database

// DESIGN. JSON and XML share one nesting: `references.url` is a member of an object `references`, and a list is an array.
// A table is compiled once into this tree. Writing a row walks the tree and appends.

/// The members of a row in JSON and XML.
struct NestedLayout: Sendable {
    indirect enum Node: Sendable {
        /// A cell, counted from the row's first column.
        case cell(key: String, cell: Int, kind: Column.Kind, omitsNull: Bool)
        /// Left out when the cell `omittedBy` is null.
        case object(key: String, members: [Node], omittedBy: Int?)
        /// Child rows of `width` cells; `cell` is the cell of the list.
        case list(key: String, item: String, cell: Int, width: Int, members: [Node])

        /// The node is left out when this cell is null.
        var cellThatOmits: Int? {
            switch self {
            case .cell(_, let cell, _, let omits): omits ? cell : nil
            case .object(_, _, let cell): cell
            case .list: nil
            }
        }
    }

    let members: [Node]
    /// The members of each level around the rows, except the array of the next level.
    let levels: [[Node]]

    /// Cells are counted from the row's first cell, including the integers of the row's order.
    init(_ query: TableQuery) {
        var offset = query.table.order.count
        var levels: [[Node]] = []
        for level in query.table.levels {
            levels.append(
                level.columns.enumerated().map { index, column in
                    .cell(key: column.key, cell: offset + index, kind: column.kind, omitsNull: false)
                })
            offset += level.columns.count
        }
        self.levels = levels
        members = Self.members(of: query, offset: query.table.order.count)
    }

    /// The end of a path: a column, or a list. Child rows have only their columns, counted from the child's first cell.
    private enum Leaf {
        case column(cell: Int, Column)
        case list(cell: Int, TableQuery)
    }

    private static func members(of query: TableQuery, offset: Int) -> [Node] {
        func path(_ key: String) -> [String] { key.split(separator: ".").map(String.init) }
        // The columns of levels belong to the level.
        let outer = query.table.levels.reduce(0) { $0 + $1.columns.count }
        let columns = query.columns.enumerated().dropFirst(outer).filter { !$0.element.key.isEmpty }.map {
            index, column in
            (path(column.key), Leaf.column(cell: offset + index, column))
        }
        let lists = query.lists.enumerated().map { index, list in
            (path(list.table.key), Leaf.list(cell: offset + query.columns.count + index, list))
        }
        return nest(columns + lists)
    }

    /// Groups paths with the same beginning at the position of the first one.
    private static func nest(_ leaves: [(path: [String], leaf: Leaf)]) -> [Node] {
        var nodes: [Node] = []
        var done: Set<String> = []
        for (path, leaf) in leaves {
            let key = path[0]
            if path.count > 1 {
                guard done.insert(key).inserted else { continue }
                let inner = leaves.filter { $0.path.count > 1 && $0.path[0] == key }
                let members = nest(inner.map { (Array($0.path.dropFirst()), $0.leaf) })
                var cell = members.first?.cellThatOmits
                if case .column(_, let first)? = inner.first?.leaf, first.isOmittedAlone { cell = nil }
                nodes.append(.object(key: key, members: members, omittedBy: cell))
                continue
            }
            switch leaf {
            case .column(let cell, let column):
                nodes.append(.cell(key: key, cell: cell, kind: column.kind, omitsNull: column.isOmittedWhenNull))
            case .list(let cell, let list):
                nodes.append(
                    .list(
                        key: key, item: list.table.item, cell: cell, width: list.columns.count,
                        members: members(of: list, offset: 0)))
            }
        }
        return nodes
    }
}

/// Decides which objects around the rows end and begin with a row.
struct LevelWalk {
    private let orders: [Int]
    /// The integers of the order that identify the open objects; empty when no object is open.
    private var last: [Int64] = []

    init(_ table: Table) { orders = table.levels.map(\.order) }

    var depth: Int { orders.count }
    var isOpen: Bool { !last.isEmpty }

    /// The outermost level whose object changes with the row that starts at cell `start`; nil when all stay open.
    mutating func change(_ rows: borrowing RowBuffer, at start: Int) -> Int? {
        guard let count = orders.last else { return nil }
        var changed = last.isEmpty ? 0 : nil as Int?
        if changed == nil {
            changed = orders.firstIndex { order in
                (0..<order).contains { rows.integer(start + $0) != last[$0] }
            }
        }
        guard changed != nil else { return nil }
        last = (0..<count).map { rows.integer(start + $0) }
        return changed
    }

    mutating func end() { last = [] }
}
