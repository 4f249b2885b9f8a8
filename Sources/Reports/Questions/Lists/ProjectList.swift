package import Database

/// The projects of a scope: within a product in the order of their names, within an organization product by product.
package struct ProjectList: Sendable {
    package struct Row: Sendable, Equatable {
        let id: Int64
        let productID: Int64
        package let name: String
        package let token: String
        package let product: String
        package let productToken: String
        /// The number of distinct libraries; nil before the first upload.
        package let libraries: Int64?
        /// Whether advisories could be looked up for any of them.
        package let isAssessed: Bool
        package fileprivate(set) var counts = SeverityCounts()
        /// Milliseconds since 1970, UTC.
        package let updated: Int64
    }

    package let scope: Scope
    /// A part of the name; empty for all projects.
    package var name = ""
    package var isReversed = false
    /// The `next` of the previous page; empty for the first page.
    package var after = ""

    package init(_ scope: Scope) { self.scope = scope }

    private static let columns: StaticSQL = """
        p.id, p.product, p.name, p.token, d.name, d.token, p.updated_at, c.libraries,
        CASE WHEN EXISTS (SELECT 1 FROM scan_basis b WHERE b.scan = p.scan AND p.scan > 0 AND b.obstacle = '')
            THEN 1 ELSE 0 END
        """
    private static let source: StaticSQL =
        "project p JOIN product d ON d.id = p.product LEFT JOIN scan c ON c.id = p.scan AND p.scan > 0"

    package func query() -> SQL {
        var sql: SQL = """
            SELECT \(Self.columns) FROM \(Self.source) WHERE \(scope.condition) AND \(SQL.contains("p.name", name))
            """
        let direction: StaticSQL = isReversed ? "DESC" : "ASC"
        if scope.kind == .organization {
            if let last = ListCursor.numbers(2, of: after) {
                sql.append(
                    isReversed
                        ? " AND (p.product, p.id) < (\(last[0]), \(last[1]))"
                        : " AND (p.product, p.id) > (\(last[0]), \(last[1]))")
            }
            sql.append(" ORDER BY p.product \(direction), p.id \(direction)")
        } else {
            if !after.isEmpty { sql.append(isReversed ? " AND p.name < \(after)" : " AND p.name > \(after)") }
            sql.append(" ORDER BY p.name \(direction)")
        }
        sql.append(" LIMIT \(ListPage<Row>.limit)")
        return sql
    }

    package func read(on connection: any Connection) throws -> ListPage<Row> {
        ListPage(try Self.rows(query(), on: connection)) { [scope] row in
            scope.kind == .organization ? ListCursor.text(row.productID, row.id) : row.name
        }
    }

    /// The projects of the scope with these ids, in this order.
    package static func rows(
        of projects: [Int64], in scope: Scope, on connection: any Connection
    ) throws -> [Row] {
        if projects.isEmpty { return [] }
        let found = try rows(
            """
            SELECT \(columns) FROM \(source) WHERE \(scope.condition)
                AND p.id IN \(SQL.list(projects.map(Value.integer)))
            """, on: connection)
        return projects.compactMap { project in found.first { $0.id == project } }
    }

    private static func rows(_ query: SQL, on connection: any Connection) throws -> [Row] {
        var rows = try connection.all(query) { row in
            Row(
                id: row.integer(0), productID: row.integer(1), name: row.string(2), token: row.string(3),
                product: row.string(4), productToken: row.string(5), libraries: row.integerOrNil(7),
                isAssessed: row.boolean(8), updated: row.integer(6))
        }
        let counts = try SeverityCounts.ofProjects(SQL.list(rows.map { .integer($0.id) }), on: connection)
        for index in rows.indices { rows[index].counts = counts[rows[index].id] ?? SeverityCounts() }
        return rows
    }
}
