package import Database

/// The change log of a scope, the newest first.
package struct ChangeList: Sendable {
    package struct Row: Sendable, Equatable {
        let id: Int64
        package let at: Int64
        package let kind: String
        package let aspect: String
        package let place: String
        package let before: [String]
        package let after: [String]
        /// The address of the person; empty for changes by the server.
        package let email: String
    }

    package let scope: Scope
    /// The time of the oldest change, in milliseconds since 1970, UTC; nil for all.
    package var from: Int64?
    /// The time that all changes are before; nil for all.
    package var until: Int64?
    /// The `next` of the previous page; empty for the first page.
    package var after = ""

    package init(_ scope: Scope) { self.scope = scope }

    /// People who see only some products get the changes in these products.
    package func query() -> SQL {
        var sql: SQL = """
            SELECT c.id, c.at, c.class, c.aspect, c.scope_name, c.before, c.after, coalesce(u.email, '')
            FROM change c LEFT JOIN account u ON u.id = c.account WHERE c.organization = \(scope.organization)
            """
        if scope.kind == .product { sql.append(" AND c.product = \(scope.product)") }
        if scope.kind == .project { sql.append(" AND c.project = \(scope.project)") }
        if let visible = scope.visibleProducts {
            sql.append(" AND c.product IN \(SQL.list(visible.map(Value.integer)))")
        }
        if let from { sql.append(" AND c.at >= \(from)") }
        if let until { sql.append(" AND c.at < \(until)") }
        if let last = ListCursor.numbers(2, of: after) { sql.append(" AND (c.at, c.id) < (\(last[0]), \(last[1]))") }
        sql.append(" ORDER BY c.at DESC, c.id DESC LIMIT \(ListPage<Row>.limit)")
        return sql
    }

    package func read(on connection: any Connection) throws -> ListPage<Row> {
        ListPage(
            try connection.all(query()) { row in
                Row(
                    id: row.integer(0), at: row.integer(1), kind: row.string(2), aspect: row.string(3),
                    place: row.string(4), before: row.string(5).split(separator: "\n").map(String.init),
                    after: row.string(6).split(separator: "\n").map(String.init), email: row.string(7))
            }
        ) { ListCursor.text($0.at, $0.id) }
    }
}
