package import Database
package import Inventory

/// Alerts of a scope. They come product by product and project by project in the order of their creation; in a project,
/// optionally by urgency.
package struct AlertList: Sendable {
    package struct Row: Sendable, Equatable {
        let product: Int64
        let project: Int64
        let number: Int64
        let weight: Int64
        package let uuid: String
        /// Mend's word for the type (`AlertType`).
        package let type: String
        package let state: AlertState
        package let projectName: String
        package let projectToken: String
        package let library: String
        package let libraryUUID: String
        /// The name of the vulnerability; empty for alerts about something else.
        package let vulnerability: String
        /// Empty if the vulnerability has no rating.
        package let severity: String
        package let isExploited: Bool
        /// The smallest version without the vulnerability; nil where none is known.
        package let fix: String?
        package let directness: Directness
        /// The description, for alerts that are not about a vulnerability.
        package let description: String
        package let reason: String
        package let comments: String
        /// The time of its creation, in milliseconds since 1970, UTC.
        package let created: Int64
    }

    package let scope: Scope
    /// Nil for all.
    package var state: AlertState? = .open
    /// The severity to list; nil for all, empty for vulnerabilities without a rating.
    package var severity: String?
    /// The type to list; nil for all.
    package var type: AlertType?
    /// The number of a vulnerability; 0 for all.
    package var vulnerability: Int64 = 0
    /// The most urgent alerts come first. Whether the most urgent alerts come first; only for a project, whose alerts
    /// are sorted for this.
    package var isByWeight = false
    /// The `next` of the previous page; empty for the first page.
    package var after = ""
    /// The alerts to list by their uuids; nil for all.
    private var uuids: [String]?

    package init(_ scope: Scope) { self.scope = scope }

    private static let weight: StaticSQL =
        "CASE WHEN a.vulnerability = 0 THEN 0 ELSE \(PrioritySQL.weight) END"
    private static let facts: StaticSQL = """
        JOIN library l ON l.id = a.library
        LEFT JOIN vulnerability v ON v.id = a.vulnerability AND a.vulnerability <> 0
        LEFT JOIN finding f ON f.library = a.library AND f.vulnerability = a.vulnerability
        """

    /// Projects in their order with the alerts of each, unless the caller names some alerts. SQLite joins the tables of a CROSS
    /// JOIN in their written order. If it began with the alerts, it would sort all matching ones for one page. The sign keeps
    /// SQLite from reading the alerts of all projects behind a cursor for each project.
    private var source: SQL {
        isWalk ? "project p CROSS JOIN alert a" : "project p JOIN alert a ON a.project = p.id"
    }

    private var isWalk: Bool { vulnerability == 0 && uuids == nil }

    package func query() -> SQL {
        let weight: SQL = isByWeight ? SQL(Self.weight) : "0"
        var sql: SQL = """
            SELECT a.project, a.number, a.uuid, a.type, a.state, p.name, p.token, l.filename, l.uuid, v.name,
                coalesce(v.severity, ''), CASE WHEN EXISTS (SELECT 1 FROM exploited x WHERE x.name = v.name)
                THEN 1 ELSE 0 END, f.top_fix, a.direct, a.description, a.reason, a.comments, a.created_at,
                CAST(\(weight) AS BIGINT), p.product
            FROM \(source) \(Self.facts) WHERE \(scope.condition) AND \(condition)
            """
        if isByWeight {
            if let last = ListCursor.numbers(2, of: after) {
                sql.append(" AND (\(weight) < \(last[0]) OR (\(weight) = \(last[0]) AND a.number > \(last[1])))")
            }
            sql.append(" ORDER BY \(weight) DESC, a.number")
        } else if vulnerability != 0 {
            if let last = ListCursor.numbers(2, of: after) {
                sql.append(" AND (a.project, a.number) > (\(last[0]), \(last[1]))")
            }
            sql.append(" ORDER BY a.project, a.number")
        } else {
            if let last = ListCursor.numbers(3, of: after) {
                // Within one product, a comparison of pairs would hide from SQLite that the projects come in order.
                sql.append(
                    scope.kind == .organization
                        ? " AND (p.product, p.id) >= (\(last[0]), \(last[1]))" : " AND p.id >= \(last[1])")
                sql.append(" AND (p.id <> \(last[1]) OR a.number > \(last[2]))")
            }
            sql.append(" ORDER BY p.product, p.id, a.number")
        }
        sql.append(" LIMIT \(ListPage<Row>.limit)")
        return sql
    }

    private var condition: SQL {
        var sql: SQL = isWalk ? "a.project = +p.id" : "1 = 1"
        // The conditions that repeat a value let SQLite use the indexes for a few alerts among many (`alert_closed`,
        // `alert_other`).
        if let state {
            sql.append(" AND a.state = \(state.rawValue)")
            if state != .open { sql.append(" AND a.state <> 'OPEN'") }
        }
        if let type {
            sql.append(" AND a.type = \(type.rawValue)")
            if type != .vulnerability { sql.append(" AND a.type <> 'SECURITY_VULNERABILITY'") }
        }
        if vulnerability != 0 { sql.append(" AND a.vulnerability = \(vulnerability) AND a.vulnerability <> 0") }
        if let uuids { sql.append(" AND a.uuid IN \(SQL.list(uuids.map(Value.text)))") }
        if let severity {
            sql.append(" AND v.severity = \(severity)")
            // Projects without alerts are skipped by their stored counts.
            sql.append(
                """
                 AND EXISTS (SELECT 1 FROM project_severity y WHERE y.project = p.id AND y.severity = \(severity))
                """)
        }
        return sql
    }

    package func read(on connection: any Connection) throws -> ListPage<Row> {
        let (isByWeight, isOfOne) = (isByWeight, vulnerability != 0)
        return ListPage(
            try connection.all(query()) { row in
                Row(
                    product: row.integer(19), project: row.integer(0), number: row.integer(1), weight: row.integer(18),
                    uuid: row.string(2),
                    type: row.string(3), state: AlertState(rawValue: row.string(4)) ?? .open,
                    projectName: row.string(5), projectToken: row.string(6), library: row.string(7),
                    libraryUUID: row.string(8), vulnerability: row.stringOrNil(9) ?? "", severity: row.string(10),
                    isExploited: row.boolean(11), fix: row.stringOrNil(12),
                    directness: Directness(rawValue: row.integer(13)) ?? .unknown,
                    description: row.string(14), reason: row.string(15), comments: row.string(16),
                    created: row.integer(17))
            }
        ) { row in
            if isByWeight { return ListCursor.text(row.weight, row.number) }
            if isOfOne { return ListCursor.text(row.project, row.number) }
            return ListCursor.text(row.product, row.project, row.number)
        }
    }

    /// The alerts of the scope with these uuids, in the order of the list.
    package static func named(
        _ uuids: [String], in scope: Scope, on connection: any Connection
    ) throws -> [Row] {
        var rows: [Row] = []
        for start in stride(from: 0, to: uuids.count, by: ListPage<Row>.size) {
            let some = uuids[start..<min(start + ListPage<Row>.size, uuids.count)]
            var list = AlertList(scope)
            list.state = nil
            list.uuids = Array(some)
            rows += try list.read(on: connection).rows
        }
        return rows
    }

    /// The number of open alerts about violated policies; counted up to `limit`.
    package static func violations(
        in scope: Scope, upTo limit: Int64, on connection: any Connection
    ) throws -> Int64 {
        try connection.integer(
            """
            SELECT count(*) FROM (SELECT 1 AS one FROM project p CROSS JOIN alert a
                WHERE \(scope.condition) AND a.project = p.id AND a.type = \(AlertType.rejectedByPolicy.rawValue)
                    AND a.type <> 'SECURITY_VULNERABILITY' AND a.state = 'OPEN' LIMIT \(limit)) t
            """) ?? 0
    }

    /// The number of open alerts of each project that say that a policy is violated; projects without any are left out.
    ///
    /// - Parameter projects: their numbers, as a list for `IN`.
    static func violations(of projects: SQL, on connection: any Connection) throws -> [(Int64, Int64)] {
        try connection.all(
            """
            SELECT a.project, count(*) FROM alert a
            WHERE a.type = \(AlertType.rejectedByPolicy.rawValue) AND a.type <> 'SECURITY_VULNERABILITY'
                AND a.project IN \(projects) AND a.state = 'OPEN' GROUP BY a.project
            """
        ) { ($0.integer(0), $0.integer(1)) }
    }

    /// The number of projects in which a vulnerability is open; counted up to `limit`.
    package static func projects(
        havingOpen vulnerability: Int64, in scope: Scope, upTo limit: Int64, on connection: any Connection
    ) throws -> Int64 {
        try connection.integer(
            """
            SELECT count(*) FROM (SELECT DISTINCT a.project FROM alert a CROSS JOIN project p
                WHERE p.id = a.project AND a.vulnerability = \(vulnerability) AND a.vulnerability <> 0 AND a.state = 'OPEN'
                AND \(scope.condition) LIMIT \(limit)) t
            """) ?? 0
    }
}
