import Bytes

// DESIGN. The counts of now are `project_severity`; the counts at the end of a day are these without the changes of later days.
// So a day has a row only where something changed, and history never disagrees with the present. The changes of a product's
// projects are summed in rows of project 0: an organization of ten thousand projects reads those of its products.

/// How the numbers of alerts about vulnerabilities changed, day by day (`severity_day`).
package enum SeverityDays {
    /// The number of a day since 1970, UTC.
    ///
    /// - Parameter time: milliseconds since 1970, UTC; not negative.
    package static func day(of time: Int64) -> Int64 { time / TimeText.day }

    /// Alerts about vulnerabilities of a severity in a project.
    struct Count {
        let project: Int64
        let severity: String
        let open: Int64
        let ignored: Int64

        init(project: Int64, severity: String, open: Int64, ignored: Int64) {
            self.project = project
            self.severity = severity
            self.open = open
            self.ignored = ignored
        }

        /// Reads `project, severity, open_alerts, ignored_alerts`.
        init(row: borrowing RowBuffer) {
            self.init(
                project: row.integer(0), severity: row.string(1), open: row.integer(2), ignored: row.integer(3))
        }
    }

    private struct Key: Hashable, Comparable {
        let product: Int64
        /// 0 for the sum over a product.
        let project: Int64
        let severity: String

        static func < (left: Key, right: Key) -> Bool {
            (left.product, left.project, left.severity) < (right.product, right.project, right.severity)
        }
    }

    /// Adds the changes of a day.
    ///
    /// - Parameters:
    ///   - before: the numbers until now.
    ///   - after: the numbers of the same projects from now on.
    ///   - time: of the change, in milliseconds since 1970, UTC.
    static func note(
        from before: [Count], to after: [Count], at time: Int64, on connection: any Connection
    ) throws {
        let projects = Set(before.map(\.project) + after.map(\.project)).sorted()
        var products: [Int64: Int64] = [:]
        try SQL.inSlices(projects, as: Value.integer) { list in
            try connection.each("SELECT id, product FROM project WHERE id IN \(list)") {
                products[$0.integer(0)] = $0.integer(1)
            }
        }
        var changes: [Key: (open: Int64, ignored: Int64)] = [:]
        for (counts, sign) in [(before, -1), (after, 1)] as [([Count], Int64)] {
            for count in counts {
                guard let product = products[count.project] else { continue }
                for project in [count.project, 0] {
                    let key = Key(product: product, project: project, severity: count.severity)
                    changes[key, default: (0, 0)].open += sign * count.open
                    changes[key, default: (0, 0)].ignored += sign * count.ignored
                }
            }
        }
        let rows = changes.filter { $0.value != (0, 0) }
            .sorted { $0.key < $1.key }
            .map { key, change -> [Value] in
                [
                    .integer(key.product), .integer(key.project), .integer(day(of: time)), .text(key.severity),
                    .integer(change.open), .integer(change.ignored),
                ]
            }
        for start in stride(from: 0, to: rows.count, by: 100) {
            var sql: SQL = "INSERT INTO severity_day (\(columns)) VALUES "
            for (place, row) in rows[start..<min(start + 100, rows.count)].enumerated() {
                if place > 0 { sql.append(", ") }
                sql.append(SQL.list(row))
            }
            sql.append(" \(adding)")
            try connection.run(sql)
        }
    }

    /// Forgets a project, and takes its changes out of those of its product.
    static func forget(project: Int64, of product: Int64, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO severity_day (\(columns))
            SELECT x.product, 0, x.day, x.severity, -x.open_change, -x.ignored_change FROM severity_day x
            WHERE x.product = \(product) AND x.project = \(project) \(adding)
            """)
        try connection.run("DELETE FROM severity_day WHERE product = \(product) AND project = \(project)")
    }

    /// Forgets a product with its projects.
    static func forget(product: Int64, on connection: any Connection) throws {
        try connection.run("DELETE FROM severity_day WHERE product = \(product)")
    }

    private static let columns: StaticSQL = "product, project, day, severity, open_change, ignored_change"
    private static let adding: StaticSQL = """
        ON CONFLICT (product, project, day, severity) DO UPDATE SET
            open_change = severity_day.open_change + excluded.open_change,
            ignored_change = severity_day.ignored_change + excluded.ignored_change
        """

    /// How a day changed the alerts of a severity in a scope.
    package struct Change: Sendable, Equatable {
        /// Since 1970, UTC.
        package let day: Int64
        package let severity: String
        package let open: Int64
        package let ignored: Int64
    }

    /// The statement that selects days, severities and changes in a scope from a day on; days and severities may come several times.
    package static func query(_ scope: Scope, from day: Int64) -> SQL {
        let columns: StaticSQL = "x.day, x.severity, x.open_change, x.ignored_change"
        if scope.kind == .project {
            return """
                SELECT \(columns) FROM project p JOIN severity_day x ON x.product = p.product AND x.project = p.id
                WHERE \(scope.condition) AND x.day >= \(day)
                """
        }
        var sql: SQL = """
            SELECT \(columns) FROM product d JOIN severity_day x ON x.product = d.id AND x.project = 0
            WHERE d.organization = \(scope.organization) AND x.day >= \(day)
            """
        if scope.kind == .product { sql.append(" AND d.id = \(scope.product)") }
        if let visible = scope.visibleProducts { sql.append(" AND d.id IN \(SQL.list(visible.map(Value.integer)))") }
        return sql
    }

    /// The changes in a scope from a day on, in no order.
    package static func changes(
        in scope: Scope, from day: Int64, on connection: any Connection
    ) throws -> [Change] {
        try connection.all(query(scope, from: day)) { row in
            Change(day: row.integer(0), severity: row.string(1), open: row.integer(2), ignored: row.integer(3))
        }
    }
}
