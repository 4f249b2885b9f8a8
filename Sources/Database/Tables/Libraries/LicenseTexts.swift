/// Texts of licences: texts of the SPDX list are shared by all organizations, texts of documents belong to one.
package enum LicenseTexts {
    /// Stores texts of the list by their identifiers; older texts are replaced. Reports that show texts change.
    package static func put(_ texts: [String: String], on connection: any Connection) throws {
        _ = try connection.take(1, from: "license_text")
        for (spdx, text) in texts.sorted(by: { $0.key < $1.key }) {
            try connection.run("DELETE FROM license_text WHERE spdx = \(spdx)")
            try connection.run("INSERT INTO license_text (spdx, body) VALUES (\(spdx), \(text))")
        }
    }

    /// Rises with every change of the list's texts.
    package static func revision(on connection: any Connection) throws -> Int64 {
        try connection.integer("SELECT next FROM sequence WHERE name = 'license_text'") ?? 0
    }

    /// Stores the texts of a document by the SHA-256 of each, in hexadecimal.
    package static func keep(
        _ texts: [(digest: String, body: String)], organization: Int64, on connection: any Connection
    ) throws {
        for (digest, body) in texts {
            try connection.run(
                """
                INSERT INTO library_text (organization, digest, body) VALUES (\(organization), \(digest), \(body))
                ON CONFLICT (organization, digest) DO NOTHING
                """)
        }
    }

    /// The text of a licence or exception of the list; empty if unknown.
    package static func listed(_ spdx: String, on connection: any Connection) throws -> String {
        try connection.first("SELECT body FROM license_text WHERE spdx = \(spdx)") { $0.string(0) } ?? ""
    }

    /// A text from a document of the organization; empty if unknown.
    package static func own(_ digest: String, organization: Int64, on connection: any Connection) throws -> String {
        try connection.first(
            "SELECT body FROM library_text WHERE organization = \(organization) AND digest = \(digest)"
        ) { $0.string(0) } ?? ""
    }

    /// The number of texts of the list.
    package static func count(on connection: any Connection) throws -> Int {
        Int(try connection.integer("SELECT count(*) FROM license_text") ?? 0)
    }

    /// Calls `listed` with each licence and exception of the SPDX list that binds libraries of a scope, by identifier, with its
    /// text (empty if unknown). Then calls `own` with each text of documents, by the name of its licence.
    package static func each(
        in scope: Scope, on connection: any Connection, listed: (_ spdx: String, _ text: String) throws -> Void,
        own: (_ name: String, _ digest: String, _ text: String) throws -> Void
    ) throws {
        let used: SQL = """
            SELECT 1 FROM library_license x JOIN occurrence o ON o.library = x.library JOIN project p ON p.scan = o.scan
            WHERE x.license = n.id AND x.chosen = 1 AND \(scope.condition)
            """
        try connection.each(
            """
            SELECT w.spdx, t.body FROM (
                SELECT n.base AS spdx FROM license n
                WHERE n.organization = \(scope.organization) AND n.base <> '' AND EXISTS (\(used))
                UNION SELECT n.exception FROM license n
                WHERE n.organization = \(scope.organization) AND n.exception <> '' AND EXISTS (\(used))) w
            LEFT JOIN license_text t ON t.spdx = w.spdx ORDER BY w.spdx
            """
        ) { try listed($0.string(0), $0.string(1)) }
        try connection.each(
            """
            SELECT DISTINCT n.name, x.text, t.body FROM project p JOIN occurrence o ON o.scan = p.scan
            JOIN library_license x ON x.library = o.library AND x.text <> '' AND x.chosen = 1
            JOIN license n ON n.id = x.license
            JOIN library_text t ON t.organization = \(scope.organization) AND t.digest = x.text
            WHERE \(scope.condition) AND p.scan > 0 ORDER BY n.name, x.text
            """
        ) { try own($0.string(0), $0.string(1), $0.string(2)) }
    }

    /// The names of licences in effect in a scope without any known text, in order.
    package static func missing(in scope: Scope, on connection: any Connection) throws -> [String] {
        try connection.all(
            """
            SELECT DISTINCT n.name FROM project p JOIN occurrence o ON o.scan = p.scan
            JOIN library_license x ON x.library = o.library AND x.text = '' AND x.chosen = 1
            JOIN license n ON n.id = x.license
            WHERE \(scope.condition) AND p.scan > 0 AND n.base = '' ORDER BY n.name
            """
        ) { $0.string(0) }
    }
}
