package import Database

/// The files that the document of a project lists, in the document's order.
package struct FileList: Sendable {
    package struct Row: Sendable, Equatable {
        let position: Int64
        package let name: String
        package let path: String
        /// The SHA-1; empty where the document has none.
        package let sha1: String
        /// The licence of the file itself; empty where the document names none.
        package let license: String
        /// The library of the file; empty where the document names none.
        package let library: String
        package let libraryUUID: String
    }

    package let scope: Scope
    /// A part of the path; empty for all files.
    package var path = ""
    /// The `next` of the previous page; empty for the first page.
    package var after = ""

    package init(_ scope: Scope) { self.scope = scope }

    package func query() -> SQL {
        let last = ListCursor.numbers(1, of: after)?[0] ?? -1
        return """
            SELECT f.position, f.name, f.path, f.sha1, f.license_expression, l.filename, l.uuid
            FROM project p JOIN source_file f ON f.scan = p.scan
                LEFT JOIN component c ON c.scan = f.scan AND c.position = f.component
                LEFT JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence
                LEFT JOIN library l ON l.id = o.library
            WHERE \(scope.condition) AND p.scan > 0 AND f.position > \(last) AND \(SQL.contains("f.path", path))
            ORDER BY f.position LIMIT \(ListPage<Row>.limit)
            """
    }

    package func read(on connection: any Connection) throws -> ListPage<Row> {
        ListPage(
            try connection.all(query()) { row in
                Row(
                    position: row.integer(0), name: row.string(1), path: row.string(2), sha1: row.string(3),
                    license: row.string(4), library: row.stringOrNil(5) ?? "", libraryUUID: row.stringOrNil(6) ?? "")
            }
        ) { ListCursor.text($0.position) }
    }
}
