package import Inventory

// DESIGN. The expression and the organization's order of preference determine which alternative of a choice binds. The result
// is stored with the rows (`library_license.chosen`). So a new order must be applied to all libraries with a choice:
// expression by expression, of which there are few.

/// The order in which an organization prefers licences.
package enum LicenseChoices {
    /// The names in order.
    package static func names(_ organization: Int64, on connection: any Connection) throws -> [String] {
        try connection.all(
            "SELECT name FROM license_preference WHERE organization = \(organization) ORDER BY position"
        ) { $0.string(0) }
    }

    package static func preferences(
        _ organization: Int64, on connection: any Connection
    ) throws -> LicensePreferences {
        LicensePreferences(try names(organization, on: connection))
    }

    /// Replaces the order, and decides the choices of all libraries by the new one.
    package static func set(_ names: [String], by curator: Curator, on connection: any Connection) throws {
        let organization = curator.organization
        // Imports read the order under the same lock.
        try Revisions.lock(organization, on: connection)
        let before = try Self.names(organization, on: connection)
        if before == names { return }
        try connection.run("DELETE FROM license_preference WHERE organization = \(organization)")
        for (position, name) in names.enumerated() {
            try connection.run(
                """
                INSERT INTO license_preference (organization, position, name)
                VALUES (\(organization), \(position), \(name))
                """)
        }
        let preferences = LicensePreferences(names)
        let expressions = try connection.all(
            "SELECT DISTINCT license_expression FROM library WHERE organization = \(organization) AND license_choice = 1"
        ) { $0.string(0) }
        for text in expressions {
            let libraries: SQL = """
                SELECT id FROM library
                WHERE organization = \(organization) AND license_choice = 1 AND license_expression = \(text)
                """
            try decide(text, by: preferences, organization: organization, of: libraries, on: connection)
        }
        if !expressions.isEmpty { try touch(organization, on: connection) }
        let change = try Change(
            .configuration, .licensePreference, .changed, in: curator.scope, before: before, after: names,
            on: connection)
        try curator.write(change, on: connection)
    }

    /// Marks the licences that bind, for all libraries with one expression.
    static func decide(
        _ text: String, by preferences: LicensePreferences, organization: Int64, of libraries: SQL,
        on connection: any Connection
    ) throws {
        guard let expression = LicenseExpression(text) else { return }
        let chosen = SQL.list(Set(expression.decided(by: preferences).terms.map(\.text)).sorted().map(Value.text))
        try connection.run(
            """
            UPDATE library_license SET chosen = CASE WHEN license IN (SELECT n.id FROM license n
                WHERE n.organization = \(organization) AND n.spdx IN \(chosen)) THEN 1 ELSE 0 END
            WHERE library IN (\(libraries))
            """)
    }

    /// Reports of the organization change, and so do alerts that depend on the binding licences.
    private static func touch(_ organization: Int64, on connection: any Connection) throws {
        try StaleProject.mark("SELECT id FROM project WHERE organization = \(organization)", on: connection)
        try Revisions.raise(allOf: organization, on: connection)
    }
}
