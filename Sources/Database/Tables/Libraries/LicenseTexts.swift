/// Texts of licences of the SPDX list, the same for all organizations.
package enum LicenseTexts {
    /// Puts a text in the place of the one there was.
    package static func put(_ spdx: String, text: String, on connection: any Connection) throws {
        try connection.run("DELETE FROM license_text WHERE spdx = \(spdx)")
        try connection.run("INSERT INTO license_text (spdx, body) VALUES (\(spdx), \(text))")
    }

    /// How many there are.
    package static func count(on connection: any Connection) throws -> Int {
        Int(try connection.integer("SELECT count(*) FROM license_text") ?? 0)
    }

    /// Calls `body` with each licence of the libraries of a scope, by name: its SPDX identifier and its text, both empty where
    /// there is none.
    package static func each(
        in scope: Scope, on connection: any Connection,
        _ body: (_ name: String, _ spdx: String, _ text: String) throws -> Void
    ) throws {
        try connection.each(
            """
            SELECT n.name, n.spdx, t.body FROM license n LEFT JOIN license_text t ON t.spdx = n.spdx
            WHERE n.organization = \(scope.organization) AND EXISTS (
                SELECT 1 FROM library_license x JOIN occurrence o ON o.library = x.library JOIN project p ON p.scan = o.scan
                WHERE x.license = n.id AND \(scope.condition))
            ORDER BY n.name, n.spdx
            """
        ) { try body($0.string(0), $0.string(1), $0.string(2)) }
    }
}
