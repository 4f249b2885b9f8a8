package import Database
import Inventory

/// The libraries of a project with the dependency path to each, in the order of the document.
package struct PathList: Sendable {
    package struct Row: Sendable, Equatable {
        let position: Int64
        let scan: Int64
        package let uuid: String
        package let name: String
        package let version: String
        package let directness: Directness
        /// The number of open alerts about vulnerabilities.
        package let alerts: Int64
        /// The names and versions of the libraries on a shortest path, from a direct dependency to the library itself. Nil
        /// where the document's graph has no path to the library or is too large to search.
        package fileprivate(set) var path: [String]?
    }

    package let scope: Scope
    /// A part of the name; empty for all libraries.
    package var name = ""
    /// The `next` of the previous page; empty for the first page.
    package var after = ""

    package init(_ scope: Scope) { self.scope = scope }

    package func query() -> SQL {
        let last = ListCursor.numbers(1, of: after)?[0] ?? -1
        return """
            SELECT o.position, o.scan, l.uuid, l.filename, l.version, o.direct,
                (SELECT count(*) FROM alert a WHERE a.project = p.id AND a.type = 'SECURITY_VULNERABILITY'
                    AND a.library_uuid = l.uuid AND a.state = 'OPEN')
            FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
            WHERE \(scope.condition) AND p.scan > 0 AND o.position > \(last) AND \(SQL.contains("l.filename", name))
            ORDER BY o.position LIMIT \(ListPage<Row>.limit)
            """
    }

    package func read(on connection: any Connection) throws -> ListPage<Row> {
        let page = ListPage(
            try connection.all(query()) { row in
                Row(
                    position: row.integer(0), scan: row.integer(1), uuid: row.string(2), name: row.string(3),
                    version: row.string(4), directness: Directness(rawValue: row.integer(5)) ?? .unknown,
                    alerts: row.integer(6))
            }
        ) { ListCursor.text($0.position) }
        // A project has a library once, so the position identifies the library on the page.
        func key(_ row: Row) -> QuestionCursor.Key { .init(project: scope.project, library: row.position) }
        let paths = try QuestionPaths(connection: connection).paths(
            to: page.rows.map { QuestionPlace(key: key($0), scan: $0.scan, position: $0.position) })
        let rows = page.rows.map { row in
            var row = row
            row.path = paths[key(row)]
            return row
        }
        return ListPage(rows: rows, next: page.next)
    }

    /// Whether the document of the project states dependencies.
    package static func hasGraph(_ scope: Scope, on connection: any Connection) throws -> Bool {
        try connection.integer(graphQuery(scope)) != nil
    }

    static func graphQuery(_ scope: Scope) -> SQL {
        """
        SELECT 1 FROM project p JOIN dependency d ON d.scan = p.scan
        WHERE \(scope.condition) AND p.scan > 0 AND d.kind = 'dependsOn' LIMIT 1
        """
    }
}
