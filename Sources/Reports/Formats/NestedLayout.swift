import Database

// DESIGN. JSON and XML show the same nesting: `references.url` is a member of an object `references`, a list is an array.
// A table is compiled once into this tree; writing a row walks it and appends.

/// The members of a row in JSON and XML.
struct NestedLayout: Sendable {
    indirect enum Node: Sendable {
        /// A cell, counted from the row's first column.
        case cell(key: String, cell: Int, kind: Column.Kind, omitsNull: Bool)
        case object(key: String, members: [Node])
        /// Child rows of `width` cells; `cell` holds the list.
        case list(key: String, item: String, cell: Int, width: Int, members: [Node])

        /// The cell that leaves the node out when it is null: its own, or, of an object whose members are all left out
        /// like this, that of the first.
        var cellThatOmits: Int? {
            switch self {
            case .cell(_, let cell, _, let omits): omits ? cell : nil
            case .object(_, let members):
                members.allSatisfy { if case .cell(_, _, _, true) = $0 { true } else { false } }
                    ? members.first?.cellThatOmits : nil
            case .list: nil
            }
        }
    }

    let members: [Node]

    /// Cells are counted from the row's first cell, its order's integers included.
    init(_ query: TableQuery) {
        members = Self.members(of: query, offset: query.table.order.count)
    }

    private static func members(of query: TableQuery, offset: Int) -> [Node] {
        var nodes = nest(
            query.columns.enumerated().filter { !$0.element.key.isEmpty }.map { index, column in
                (column.key.split(separator: ".").map(String.init), offset + index, column)
            })
        for (index, list) in query.lists.enumerated() {
            // Child rows carry their columns only, counted from the child's first cell.
            nodes.append(
                .list(
                    key: list.table.key, item: list.table.item, cell: offset + query.columns.count + index,
                    width: list.columns.count, members: members(of: list, offset: 0)))
        }
        return nodes
    }

    /// Groups paths with the same beginning, where the first of them stands.
    private static func nest(_ cells: [(path: [String], cell: Int, column: Column)]) -> [Node] {
        var nodes: [Node] = []
        var done: Set<String> = []
        for (path, cell, column) in cells {
            let key = path[0]
            if path.count == 1 {
                nodes.append(.cell(key: key, cell: cell, kind: column.kind, omitsNull: column.isOmittedWhenNull))
            } else if done.insert(key).inserted {
                let inner = cells.filter { $0.path.count > 1 && $0.path[0] == key }
                nodes.append(
                    .object(key: key, members: nest(inner.map { (Array($0.path.dropFirst()), $0.cell, $0.column) })))
            }
        }
        return nodes
    }
}
