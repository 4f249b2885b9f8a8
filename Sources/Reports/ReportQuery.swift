package import Database

// DESIGN. A table is one query, and each of its lists is another. All run in one snapshot and in one order. Reading them
// is a merge: rows of a list are taken while their order begins with the parent's. Rows without a parent, which a filter
// removed, are skipped. So two lists under one row never multiply, and memory holds one row with its children.

/// A table for one request, with its visible columns and the conditions on its rows.
package struct TableQuery: Sendable {
    package let table: Table
    package let columns: [Column]
    package let lists: [TableQuery]
    /// The order for people; nil where the table's own order counts.
    package let urgency: Urgency?
    private let conditions: [SQL]
    let version: APIVersion
    private let format: Format
    /// The headings that a PDF leaves out.
    package let unprinted: [String]

    package init(_ table: Table, request: ReportRequest, filters: [Filter]) {
        version = request.version
        format = request.format
        let replacement = table.replacements.first { it in
            request.options[it.filter.lowercased()]?.contains(it.value.lowercased()) ?? false
        }
        let table = replacement?.table ?? table
        self.table = table
        urgency = request.format.isForPeople ? table.urgency : nil
        // Columns that the format hides are not selected, so their joins cost nothing.
        var columns = (table.levels.flatMap(\.columns) + table.columns).filter { column in
            guard request.format.shows(column) else { return false }
            guard let option = column.option else { return true }
            return request.options[option.filter.lowercased()]?.contains(option.value.lowercased()) ?? false
        }
        if request.format == .pdf {
            let all = columns
            columns = Self.printed(all, of: table, in: request.scope.kind)
            let shown = Set(columns.map(\.title))
            unprinted = all.filter { !shown.contains($0.title) && !$0.isConstant(in: request.scope.kind) }.map(\.title)
        } else {
            unprinted = []
        }
        self.columns =
            request.format.isForPeople ? columns.flatMap { [$0] + ($0.addressColumn.map { [$0] } ?? []) } : columns
        lists = table.lists.map { TableQuery($0, request: request, filters: []) }.filter { !$0.columns.isEmpty }
        assert(urgency == nil || lists.isEmpty, "rows of lists are merged in the order of the table")
        conditions = filters.compactMap { filter in
            request.options[filter.key.lowercased()].flatMap(filter.condition)
        }
    }

    /// The columns of a page: those that the table lists for pages, without columns that are equal in all rows.
    private static func printed(_ columns: [Column], of table: Table, in kind: ScopeKind) -> [Column] {
        let chosen = table.printed.map { titles in titles.compactMap { title in columns.first { $0.title == title } } }
        return (chosen ?? columns).filter { !$0.isConstant(in: kind) }
    }

    /// The SELECT with the order's integers and then the columns.
    package func sql(in scope: Scope) -> SQL {
        let order = table.order.map(\.description).joined(separator: ", ")
        let cells = columns.map { "\($0.sql(in: version, as: format))" }.joined(separator: ", ")
        var sql = scope.clause
        sql.append(SQL(stringLiteral: "SELECT \(order)\(cells.isEmpty ? "" : ", ")\(cells) FROM \(table.from)"))
        appendConditions(to: &sql)
        let first = (urgency.map { [$0.level] + $0.ties } ?? []).map { "\($0), " }.joined()
        sql.append(SQL(stringLiteral: " ORDER BY \(first)\(order)"))
        return sql
    }

    /// A level of an urgency, and the number of its rows.
    func levelsSQL(_ urgency: Urgency, in scope: Scope) -> SQL {
        var sql = scope.clause
        sql.append(SQL(stringLiteral: "SELECT \(urgency.level), count(*) FROM \(table.from)"))
        appendConditions(to: &sql)
        sql.append(" GROUP BY 1 ORDER BY 1")
        return sql
    }

    private func appendConditions(to sql: inout SQL) {
        if let condition = table.condition { sql.append(SQL(stringLiteral: " AND (\(condition))")) }
        for condition in conditions { sql.append(" AND (\(condition))") }
    }

    /// The number of rows, counted.
    package func countSQL(in scope: Scope) -> SQL {
        var sql = scope.clause
        sql.append(SQL(stringLiteral: "SELECT count(*) FROM \(table.from)"))
        appendConditions(to: &sql)
        return sql
    }

    /// A cheap upper bound of the number of rows; exact where no filter narrows the rows. Nil when the rows have to be counted.
    package func bound(in scope: Scope) -> (sql: SQL, isExact: Bool)? {
        table.bound.map { (scope.clause + SQL($0), conditions.isEmpty && table.condition == nil) }
    }
}

/// The rows of a table with their lists, read in one pass.
package struct MergedRows: ~Copyable {
    private let cursor: any RowCursor
    private let keys: Int
    private var children: [Child]

    /// The cursor of a list and its current row.
    private final class Child {
        let cursor: any RowCursor
        let keys: Int
        let width: Int
        private let splitsLines: Bool
        var row = RowBuffer(capacity: 4096)
        var isDone = false

        init(_ query: TableQuery, scope: Scope, on connection: any Connection) throws(DatabaseError) {
            cursor = try connection.cursor(query.sql(in: scope))
            keys = query.table.order.count
            width = query.columns.count
            splitsLines = query.table.splitsLines && query.columns.first?.key == query.table.columns.first?.key
        }

        /// Appends the row's columns: once, or once for each line of the first column if this is not null. Returns
        /// the number of rows.
        func append(to batch: inout RowBuffer) -> Int {
            guard splitsLines, !row.isNull(keys) else {
                batch.append(cellsOf: row, from: keys, count: width)
                return 1
            }
            var count = 0
            eachLine(row.bytes(keys)) { line in
                batch.append(text: line)
                batch.append(cellsOf: row, from: keys + 1, count: width - 1)
                count += 1
            }
            return count
        }

        func advance() throws(DatabaseError) {
            row.removeAll()
            isDone = try !cursor.next(into: &row)
        }
    }

    /// Opens the query of the table and of each list. A list cannot have lists.
    package init(_ query: TableQuery, scope: Scope, on connection: any Connection) throws(DatabaseError) {
        let cursor = try connection.cursor(query.sql(in: scope))
        var children: [Child] = []
        for list in query.lists {
            let child = try Child(list, scope: scope, on: connection)
            try child.advance()
            children.append(child)
        }
        self.cursor = cursor
        self.children = children
        keys = query.table.order.count
    }

    /// Appends rows until `batch` holds about `bytes` bytes; false when no rows are left.
    ///
    /// The cells of a row are the order's integers, the columns, and a list cell for each list.
    package mutating func fill(_ batch: inout RowBuffer, bytes: Int) throws(DatabaseError) -> Bool {
        while batch.byteCount < bytes {
            guard try cursor.next(into: &batch) else { return false }
            if !children.isEmpty { try appendLists(to: &batch) }
        }
        return true
    }

    private mutating func appendLists(to batch: inout RowBuffer) throws(DatabaseError) {
        let root = batch.start(of: batch.rowCount - 1)
        var places: [Int] = []
        for _ in children { places.append(batch.appendList()) }
        for (child, place) in zip(children, places) {
            let first = batch.nextCell
            var count = 0
            while !child.isDone {
                let order = compare(child.row, with: batch, at: root)
                if order > 0 { break }
                if order == 0 { count += child.append(to: &batch) }
                try child.advance()
            }
            batch.setList(at: place, first: first, count: count)
        }
    }

    /// Negative when the child belongs to an earlier row, 0 when it belongs to this row.
    private func compare(_ child: borrowing RowBuffer, with batch: borrowing RowBuffer, at root: Int) -> Int {
        for key in 0..<keys {
            let (left, right) = (child.integer(key), batch.integer(root + key))
            if left != right { return left < right ? -1 : 1 }
        }
        return 0
    }
}
