// DESIGN. Parts of names are searched among the names of an organization, which are far fewer than its libraries, because
// versions and descriptions of one package share a name. An index of trigrams finds the names with the longest parts. Its
// results are compared as if there were no index, so that both engines, and a PostgreSQL without pg_trgm, answer alike.

/// Finds the names of libraries by their parts.
package enum LibraryNames {
    /// Shorter parts are in no index.
    private static let trigram = 3

    /// Adds the names of new libraries, whose numbers rise from `first`.
    static func add(from first: Int64, count: Int, of organization: Int64, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO library_name (organization, artifact, group_id, folded)
            SELECT DISTINCT l.organization, l.artifact, l.group_id, \(folded) FROM library l
            WHERE l.organization = \(organization) AND l.id >= \(first) AND l.id < \(first + Int64(count))
                AND NOT EXISTS (SELECT 1 FROM library_name n WHERE n.organization = l.organization
                    AND n.artifact = l.artifact AND n.group_id = l.group_id)
            ORDER BY l.artifact, l.group_id
            """)
    }

    /// Deletes names of an organization that no library has any more, among those of some artifacts.
    static func forget(_ artifacts: [String], of organization: Int64, on connection: any Connection) throws {
        try SQL.inSlices(artifacts, as: Value.text) { list in
            try connection.run(
                """
                DELETE FROM library_name WHERE organization = \(organization) AND artifact IN \(list)
                    AND NOT EXISTS (SELECT 1 FROM library l WHERE l.organization = library_name.organization
                        AND l.artifact = library_name.artifact AND l.group_id = library_name.group_id)
                """)
        }
    }

    /// The text of a `library l` that parts are searched in, in the form of `library_name.folded`.
    package static let folded: StaticSQL =
        "lower(CASE WHEN l.group_id = '' THEN l.artifact ELSE l.group_id || ':' || l.artifact END)"

    /// The artifacts of an organization's libraries whose names contain all parts; unordered, some repeated, at most `limit`.
    ///
    /// - Parameter parts: with ASCII letters in lower case.
    package static func containing(
        _ parts: [String], limit: Int, of organization: Int64, on connection: any Connection
    ) throws -> [String] {
        try connection.all(query(for: parts, limit: limit, of: organization, engine: connection.engine)) {
            $0.string(0)
        }
    }

    /// The query of `containing`.
    package static func query(for parts: [String], limit: Int, of organization: Int64, engine: Engine) -> SQL {
        var sql: SQL = "SELECT n.artifact FROM \(source(parts, engine)) n.organization = \(organization)"
        for part in parts { sql.append(" AND n.folded LIKE \(SQLText.containing(part)) ESCAPE '!'") }
        sql.append(" LIMIT \(limit)")
        return sql
    }

    /// Whether parts of names have an index; PostgreSQL has one if its extension pg_trgm could be installed.
    package static func isIndexed(on connection: any Connection) throws -> Bool {
        guard connection.engine == .postgresql else { return true }
        return try connection.integer(
            "SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'library_name_text'") != nil
    }

    /// The query for the names `n` that the index finds, up to the first condition.
    private static func source(_ parts: [String], _ engine: Engine) -> SQL {
        // A phrase of FTS5: in quotation marks, with inner ones doubled (sqlite.org/fts5.html §3.1).
        let phrases = parts.filter { $0.unicodeScalars.count >= trigram }.map {
            "\"" + $0.replacing("\"", with: "\"\"") + "\""
        }
        guard engine == .sqlite, !phrases.isEmpty else { return "library_name n WHERE" }
        return """
            library_name_text t CROSS JOIN library_name n
            WHERE t.folded MATCH \(phrases.joined(separator: " AND ")) AND n.id = t.rowid AND
            """
    }
}
