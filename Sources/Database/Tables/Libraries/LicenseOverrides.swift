import Inventory

// DESIGN. A person's choice replaces the found licences in every row that describes the library. The found licences are kept,
// as rows in `replaced_license` and as the expression in `library.license_found`; withdrawing the choice restores them.

/// Licences that people chose.
package enum LicenseOverrides {
    /// The stated source of licences that a person chose.
    private static let referenceType = "Assigned by user"

    /// Replaces the found licences of a library; false when the organization has no such library.
    ///
    /// - Parameter given: names, identifiers or expressions; all of them bind.
    package static func set(
        _ given: [String], of uuid: String, reference: String, by curator: Curator, on connection: any Connection
    ) throws -> Bool {
        let organization = curator.organization
        // Numbers are assigned under this lock.
        try Revisions.lock(organization, on: connection)
        guard let place = try curator.place(uuid, on: connection) else { return false }
        let shown = try Shown(uuid, organization: organization, on: connection)
        let known = try connection.first(
            "SELECT number, originals FROM license_override WHERE organization = \(organization) AND library_uuid = \(uuid)"
        ) { (number: $0.integer(0), originals: $0.string(1)) }
        let number =
            try known?.number
            ?? (connection.integer("SELECT max(number) FROM license_override WHERE organization = \(organization)")
                ?? 0) + 1
        let given = given.map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") }
        let choice = try Choice(given, reference: reference, organization: organization, on: connection)
        let originals = known?.originals ?? shown.names.joined(separator: "\n")
        try connection.run(
            """
            INSERT INTO license_override (organization, number, library_uuid, licenses, originals, given, reference,
                account, at)
            VALUES (\(organization), \(number), \(uuid), \(choice.names), \(originals),
                \(given.joined(separator: "\n")), \(reference), \(curator.author.account), \(curator.time))
            ON CONFLICT (organization, library_uuid) DO UPDATE SET licenses = excluded.licenses, given = excluded.given,
                reference = excluded.reference, account = excluded.account, at = excluded.at
            """)
        var rows = LicenseRows(organization: organization)
        for library in try libraries(uuid, organization: organization, on: connection) {
            try show(choice, in: library, &rows, on: connection)
        }
        try curator.note(
            Change(
                .metadata, .license, .changed, of: place, before: shown.said,
                after: [Shown.said(choice.names, choice.decision.text)]), of: uuid, on: connection)
        return true
    }

    /// Withdraws a choice; false when there is none.
    package static func reset(_ uuid: String, by curator: Curator, on connection: any Connection) throws -> Bool {
        let organization = curator.organization
        try Revisions.lock(organization, on: connection)
        let chosen = try connection.integer(
            "SELECT 1 FROM license_override WHERE organization = \(organization) AND library_uuid = \(uuid)")
        guard chosen != nil, let place = try curator.place(uuid, on: connection) else { return false }
        let before = try Shown(uuid, organization: organization, on: connection)
        try connection.run(
            "DELETE FROM license_override WHERE organization = \(organization) AND library_uuid = \(uuid)")
        let preferences = try LicenseChoices.preferences(organization, on: connection)
        for library in try libraries(uuid, organization: organization, on: connection) {
            try restore(library, organization: organization, by: preferences, on: connection)
        }
        let after = try Shown(uuid, organization: organization, on: connection)
        try curator.note(
            Change(.metadata, .license, .changed, of: place, before: before.said, after: after.said), of: uuid,
            on: connection)
        return true
    }

    /// The licences in the rows of a library; documents may state different ones, or none.
    private struct Shown {
        /// The names, each once.
        private(set) var names: [String] = []
        /// The licences of each row that differs, in the form of the change log.
        private(set) var said: [String] = []

        init(_ uuid: String, organization: Int64, on connection: any Connection) throws {
            var rows: [(licenses: String, expression: String)] = []
            try connection.each(
                """
                SELECT licenses, license_expression FROM library
                WHERE organization = \(organization) AND uuid = \(uuid) AND license_expression <> '' ORDER BY id
                """
            ) { rows.append(($0.string(0), $0.string(1))) }
            for row in rows {
                for name in row.licenses.split(separator: "\n").map(String.init) where !names.contains(name) {
                    names.append(name)
                }
                let text = Self.said(row.licenses, row.expression)
                if !said.contains(text) { said.append(text) }
            }
            if said.isEmpty { said = [""] }
        }

        /// `Apache 2.0, ISC (Apache-2.0 OR ISC)`: names are only shown, so the expression stands beside them.
        static func said(_ licenses: String, _ expression: String) -> String {
            let names = licenses.replacing("\n", with: ", ")
            return names == expression || expression.isEmpty ? names : "\(names) (\(expression))"
        }
    }

    /// The rows of a library, the newest last.
    private static func libraries(
        _ uuid: String, organization: Int64, on connection: any Connection
    ) throws -> [Int64] {
        try connection.all(
            "SELECT id FROM library WHERE organization = \(organization) AND uuid = \(uuid) ORDER BY id"
        ) { $0.integer(0) }
    }

    // MARK: Showing a choice

    /// A person's choice, with the licences that bind by it.
    private struct Choice {
        let decision: LicenseDecision
        let licenses: [LicenseRow]

        /// The names in the form of reports, one a line.
        var names: String { LicenseRows.names(licenses) }

        init(_ given: [String], reference: String, organization: Int64, on connection: any Connection) throws {
            decision = LicenseDecision(given: given)
            let preferences =
                decision.hasChoice ? try LicenseChoices.preferences(organization, on: connection) : LicensePreferences()
            licenses = decision.licenses(by: preferences).map {
                LicenseRow($0.license, isChosen: $0.isChosen, reference: reference)
            }
        }
    }

    private static func show(
        _ choice: Choice, in library: Int64, _ rows: inout LicenseRows, on connection: any Connection
    ) throws {
        // Licences that an earlier choice replaced stay replaced.
        try connection.run(
            """
            INSERT INTO replaced_license (library, position, license, reference_type, reference, text)
            SELECT library, position, license, reference_type, reference, text FROM library_license
            WHERE library = \(library) AND reference_type <> \(referenceType)
            """)
        try connection.run("DELETE FROM library_license WHERE library = \(library)")
        try rows.insert([(library: library, licenses: choice.licenses)], foundIn: referenceType, on: connection)
        try connection.run(
            """
            UPDATE library SET licenses = \(choice.names), license_expression = \(choice.decision.text),
                license_choice = \(choice.decision.hasChoice)
            WHERE id = \(library)
            """)
    }

    /// Restores the found licences.
    private static func restore(
        _ library: Int64, organization: Int64, by preferences: LicensePreferences, on connection: any Connection
    ) throws {
        try connection.run("DELETE FROM library_license WHERE library = \(library)")
        try connection.run(
            """
            INSERT INTO library_license (library, position, license, chosen, reference_type, reference, text)
            SELECT library, position, license, 1, reference_type, reference, text FROM replaced_license
            WHERE library = \(library)
            """)
        try connection.run("DELETE FROM replaced_license WHERE library = \(library)")
        let found =
            try connection.first("SELECT license_found FROM library WHERE id = \(library)") { $0.string(0) } ?? ""
        let hasChoice = LicenseExpression(found)?.hasChoice ?? false
        if hasChoice {
            try LicenseChoices.decide(
                found, by: preferences, organization: organization, of: "SELECT CAST(\(library) AS BIGINT)",
                on: connection)
        }
        var seen = Set<String>()
        let names = try connection.all(
            """
            SELECT n.name FROM library_license x JOIN license n ON n.id = x.license
            WHERE x.library = \(library) ORDER BY x.position
            """
        ) { $0.string(0) }.filter { seen.insert($0).inserted }.joined(separator: "\n")
        try connection.run(
            """
            UPDATE library SET licenses = \(names), license_expression = license_found, license_choice = \(hasChoice)
            WHERE id = \(library)
            """)
    }

    /// Applies the choice for one library to another that has none; returns whether there was a choice. The organization's row
    /// is locked.
    static func inherit(
        from uuid: String, to heir: String, organization: Int64, on connection: any Connection
    ) throws -> Bool {
        let own: SQL = "organization = \(organization) AND library_uuid"
        let has = try connection.integer("SELECT 1 FROM license_override WHERE \(own) = \(heir)")
        guard has == nil else { return false }
        let chosen = try connection.first("SELECT given, reference FROM license_override WHERE \(own) = \(uuid)") {
            (given: $0.string(0), reference: $0.string(1))
        }
        guard let chosen else { return false }
        try connection.run(
            """
            INSERT INTO license_override (organization, number, library_uuid, licenses, originals, given, reference,
                account, at)
            SELECT organization, (SELECT max(number) + 1 FROM license_override WHERE organization = \(organization)),
                \(heir), licenses, originals, given, reference, account, at FROM license_override WHERE \(own) = \(uuid)
            """)
        let choice = try Choice(
            chosen.given.split(separator: "\n").map(String.init), reference: chosen.reference,
            organization: organization, on: connection)
        var rows = LicenseRows(organization: organization)
        for library in try libraries(heir, organization: organization, on: connection) {
            try show(choice, in: library, &rows, on: connection)
        }
        return true
    }

    /// Applies choices to imported rows.
    package static func apply(
        to ids: ClosedRange<Int64>, organization: Int64, on connection: any Connection
    ) throws {
        let chosen = try connection.all(
            """
            SELECT l.id, v.given, v.reference FROM library l
            JOIN license_override v ON v.organization = \(organization) AND v.library_uuid = l.uuid
            WHERE l.id >= \(ids.lowerBound) AND l.id <= \(ids.upperBound) AND l.organization = \(organization)
            ORDER BY l.id
            """
        ) { (library: $0.integer(0), given: $0.string(1), reference: $0.string(2)) }
        var rows = LicenseRows(organization: organization)
        for (library, given, reference) in chosen {
            let choice = try Choice(
                given.split(separator: "\n").map(String.init), reference: reference, organization: organization,
                on: connection)
            try show(choice, in: library, &rows, on: connection)
        }
    }
}
