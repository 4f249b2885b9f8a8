package import Database

/// The products of a scope, in the order of their names.
package struct ProductList: Sendable {
    package struct Row: Sendable, Equatable {
        package let name: String
        package let token: String
        package let projects: Int64
        package let counts: SeverityCounts
        /// Milliseconds since 1970, UTC.
        package let updated: Int64
    }

    package let scope: Scope
    /// A part of the name; empty for all products.
    package var name = ""
    package var isReversed = false
    /// The `next` of the previous page; empty for the first page.
    package var after = ""

    package init(_ scope: Scope) { self.scope = scope }

    /// The rows are found by the index on organization and name.
    package func query() -> SQL {
        var sql: SQL = """
            SELECT d.id, d.name, d.token, d.updated_at FROM product d
            WHERE d.organization = \(scope.organization) AND \(SQL.contains("d.name", name))
            """
        if let visible = scope.visibleProducts { sql.append(" AND d.id IN \(SQL.list(visible.map(Value.integer)))") }
        if !after.isEmpty { sql.append(isReversed ? " AND d.name < \(after)" : " AND d.name > \(after)") }
        let direction: StaticSQL = isReversed ? "DESC" : "ASC"
        sql.append(" ORDER BY d.name \(direction) LIMIT \(ListPage<Row>.limit)")
        return sql
    }

    package func read(on connection: any Connection) throws -> ListPage<Row> {
        let found = try connection.all(query()) {
            (id: $0.integer(0), name: $0.string(1), token: $0.string(2), updated: $0.integer(3))
        }
        let ids = found.map(\.id)
        var projects: [Int64: Int64] = [:]
        try connection.each(
            """
            SELECT p.product, count(*) FROM project p WHERE p.product IN \(SQL.list(ids.map(Value.integer)))
            GROUP BY p.product
            """
        ) { projects[$0.integer(0)] = $0.integer(1) }
        let counts = try SeverityCounts.ofProducts(ids, on: connection)
        return ListPage(
            found.map { product in
                Row(
                    name: product.name, token: product.token, projects: projects[product.id] ?? 0,
                    counts: counts[product.id] ?? SeverityCounts(), updated: product.updated)
            }, cursor: \.name)
    }
}
