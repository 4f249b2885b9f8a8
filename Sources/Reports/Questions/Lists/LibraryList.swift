package import Database
package import Inventory

/// The libraries of a project, in the order of its document.
package struct LibraryList: Sendable {
    package struct Row: Sendable, Equatable {
        let position: Int64
        package let uuid: String
        package let name: String
        package let type: String
        package let version: String
        /// The names of the licences in effect.
        package let licenses: [String]
        package let directness: Directness
        /// The number of open alerts about vulnerabilities.
        package let alerts: Int64
        /// A newer version; nil where none is known.
        package let newest: String?
        /// Whether advisories could be looked up for the library.
        package let isAssessed: Bool
    }

    package let scope: Scope
    /// A part of the name; empty for all libraries.
    package var name = ""
    /// Whether only libraries are listed that the project itself needs.
    package var isDirectOnly = false
    /// The `next` of the page before; empty for the first page.
    package var after = ""

    package init(_ scope: Scope) { self.scope = scope }

    package func query() -> SQL {
        let last = ListCursor.numbers(1, of: after)?[0] ?? -1
        var sql: SQL = """
            SELECT o.position, l.uuid, l.filename, l.type, l.version, l.licenses, o.direct,
                (SELECT count(*) FROM alert a WHERE a.project = p.id AND a.type = 'SECURITY_VULNERABILITY'
                    AND a.library_uuid = l.uuid AND a.state = 'OPEN'), n.newest,
                CASE WHEN EXISTS (SELECT 1 FROM scan_basis b WHERE b.scan = o.scan AND b.lookup = l.lookup
                    AND b.obstacle = '') THEN 1 ELSE 0 END
            FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
                LEFT JOIN newer_version n ON n.library = l.id
            WHERE \(scope.condition) AND p.scan > 0 AND o.position > \(last) AND \(SQL.contains("l.filename", name))
            """
        if isDirectOnly { sql.append(" AND o.direct = 1") }
        sql.append(" ORDER BY o.position LIMIT \(ListPage<Row>.limit)")
        return sql
    }

    package func read(on connection: any Connection) throws -> ListPage<Row> {
        ListPage(
            try connection.all(query()) { row in
                Row(
                    position: row.integer(0), uuid: row.string(1), name: row.string(2), type: row.string(3),
                    version: row.string(4), licenses: row.string(5).split(separator: "\n").map(String.init),
                    directness: Directness(rawValue: row.integer(6)) ?? .unknown, alerts: row.integer(7),
                    newest: row.stringOrNil(8),
                    isAssessed: row.boolean(9))
            }
        ) { ListCursor.text($0.position) }
    }
}

/// The licences of a scope's libraries; the licence with the most libraries comes first.
package struct LicenseUse: Sendable {
    package struct Row: Sendable, Equatable {
        package let name: String
        /// The SPDX identifier, or empty.
        package let spdx: String
        package let type: String
        package let libraries: Int64

        /// The family, which says how far the licence reaches into the work that uses the library; nil where the tables lack
        /// the licence.
        package var family: LicenseFamily? { PolicyLicense(spdx: spdx, name: name).family }
    }

    /// The most licences that are listed.
    package static let limit = 500

    package let rows: [Row]
    /// The number of libraries without a known licence.
    package let unknown: Int64

    /// Reads all libraries of the scope once.
    package static func read(_ scope: Scope, on connection: any Connection) throws -> LicenseUse {
        let rows = try connection.all(
            """
            SELECT n.name, n.spdx, n.type, count(*) FROM project p JOIN occurrence o ON o.scan = p.scan
                JOIN library_license x ON x.library = o.library JOIN license n ON n.id = x.license
            WHERE \(scope.condition) AND p.scan > 0 GROUP BY n.id, n.name, n.spdx, n.type
            ORDER BY count(*) DESC, n.name, n.id LIMIT \(limit)
            """
        ) { Row(name: $0.string(0), spdx: $0.string(1), type: $0.string(2), libraries: $0.integer(3)) }
        let unknown = try connection.integer(
            """
            SELECT count(*) FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
            WHERE \(scope.condition) AND p.scan > 0 AND l.licenses = ''
            """)
        return LicenseUse(rows: rows, unknown: unknown ?? 0)
    }
}

/// The libraries that were added to a project or removed from it, the newest change first.
package struct HistoryList: Sendable {
    package struct Row: Sendable, Equatable {
        let id: Int64
        package let at: Int64
        package let isAdded: Bool
        package let library: String
        package let libraryUUID: String
    }

    package let scope: Scope
    /// The `next` of the previous page; empty for the first page.
    package var after = ""

    package init(_ scope: Scope) { self.scope = scope }

    package func query() -> SQL {
        var sql: SQL = """
            SELECT i.id, i.at, i.change, l.filename, l.uuid FROM project p
                JOIN inventory_event i ON i.project = p.id JOIN library l ON l.id = i.library
            WHERE \(scope.condition)
            """
        if let last = ListCursor.numbers(1, of: after) { sql.append(" AND i.id < \(last[0])") }
        sql.append(" ORDER BY i.id DESC LIMIT \(ListPage<Row>.limit)")
        return sql
    }

    package func read(on connection: any Connection) throws -> ListPage<Row> {
        ListPage(
            try connection.all(query()) { row in
                Row(
                    id: row.integer(0), at: row.integer(1), isAdded: row.string(2) == "ADDED", library: row.string(3),
                    libraryUUID: row.string(4))
            }
        ) { ListCursor.text($0.id) }
    }
}
