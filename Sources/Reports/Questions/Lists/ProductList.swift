package import Database

/// The products of a scope, in the order of their names.
package struct ProductList: Sendable {
    package struct Row: Sendable, Equatable {
        package let name: String
        package let token: String
        package let projects: Int64
        /// Whether a vulnerability could have been found in any of them.
        package let isAssessed: Bool
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
            SELECT d.id, d.name, d.token, d.updated_at, d.revision FROM product d
            WHERE d.organization = \(scope.organization) AND \(SQL.contains("d.name", name))
            """
        if let visible = scope.visibleProducts { sql.append(" AND d.id IN \(SQL.list(visible.map(Value.integer)))") }
        if !after.isEmpty { sql.append(isReversed ? " AND d.name < \(after)" : " AND d.name > \(after)") }
        let direction: StaticSQL = isReversed ? "DESC" : "ASC"
        sql.append(" ORDER BY d.name \(direction) LIMIT \(ListPage<Row>.limit)")
        return sql
    }

    /// - Parameter sums: gives the sums of products, by their ids and revisions.
    package func read(
        on connection: any Connection, sums: ([(product: Int64, revision: Int64)]) throws -> [Int64: ProductSums]
    ) throws -> ListPage<Row> {
        let found = try connection.all(query()) {
            (
                id: $0.integer(0), name: $0.string(1), token: $0.string(2), updated: $0.integer(3),
                revision: $0.integer(4)
            )
        }
        let sums = try sums(found.map { ($0.id, $0.revision) })
        return ListPage(
            found.map { product in
                let sum = sums[product.id] ?? ProductSums(product: product.id)
                return Row(
                    name: product.name, token: product.token, projects: Int64(sum.projects),
                    isAssessed: sum.isAssessed, counts: sum.counts, updated: product.updated)
            }, cursor: \.name)
    }
}
