// DESIGN. What a person chose stands in the place of what was found, in every row that describes the library. What was
// found is not lost: the facts of the library have it, and `license_override.originals` its names; taking the choice back
// puts the licences there again by those names.

/// A licence as a choice names it.
package struct ChosenLicense: Sendable, Equatable {
    /// SPDX identifier, or empty.
    package let spdx: String
    /// The name that reports show.
    package let name: String
    package let url: String
    package let type: String
    package let risk: Int?

    package init(spdx: String, name: String, url: String, type: String, risk: Int?) {
        self.spdx = spdx
        self.name = name
        self.url = url
        self.type = type
        self.risk = risk
    }
}

/// Licences that people chose.
package enum LicenseOverrides {
    /// Puts licences in the place of those found; false when the organization has no such library.
    package static func set(
        _ licenses: [ChosenLicense], of uuid: String, reference: String, by curator: Curator,
        on connection: any Connection
    ) throws -> Bool {
        guard let place = try curator.place(uuid, on: connection) else { return false }
        let organization = curator.organization
        let shown = try connection.first(
            """
            SELECT licenses FROM library WHERE organization = \(organization) AND uuid = \(uuid)
            ORDER BY id DESC LIMIT 1
            """
        ) { $0.string(0) }
        let known = try connection.first(
            "SELECT number, originals FROM license_override WHERE organization = \(organization) AND library_uuid = \(uuid)"
        ) { (number: $0.integer(0), originals: $0.string(1)) }
        let number =
            try known?.number
            ?? (connection.integer("SELECT max(number) FROM license_override WHERE organization = \(organization)")
                ?? 0) + 1
        let names = licenses.map(\.name).joined(separator: "\n")
        try connection.run(
            """
            INSERT INTO license_override (organization, number, library_uuid, licenses, originals, reference, account, at)
            VALUES (\(organization), \(number), \(uuid), \(names), \(known?.originals ?? shown ?? ""), \(reference),
                \(curator.author.account), \(curator.time))
            ON CONFLICT (organization, number) DO UPDATE SET licenses = excluded.licenses,
                reference = excluded.reference, account = excluded.account, at = excluded.at
            """)
        let ids = try licenses.map { try license($0, organization: organization, on: connection) }
        let rows = try libraries(uuid, organization: organization, on: connection)
        try show(ids, names: names, reference: reference, in: rows, on: connection)
        try curator.note(
            "LICENSE", .changed, of: uuid, place, before: [(shown ?? "").replacing("\n", with: ", ")],
            after: [names.replacing("\n", with: ", ")], on: connection)
        return true
    }

    /// Takes a choice back; false when there is none. `originals` says what the names of before are.
    package static func reset(
        _ uuid: String, by curator: Curator, originals: ([String]) -> [ChosenLicense], on connection: any Connection
    ) throws -> Bool {
        let organization = curator.organization
        let known = try connection.first(
            """
            SELECT licenses, originals FROM license_override
            WHERE organization = \(organization) AND library_uuid = \(uuid)
            """
        ) { (chosen: $0.string(0), originals: $0.string(1)) }
        guard let known, let place = try curator.place(uuid, on: connection) else { return false }
        let licenses = originals(known.originals.split(separator: "\n").map(String.init))
        let ids = try licenses.map { try license($0, organization: organization, on: connection) }
        let rows = try libraries(uuid, organization: organization, on: connection)
        try show(ids, names: licenses.map(\.name).joined(separator: "\n"), reference: "", in: rows, on: connection)
        try connection.run(
            "DELETE FROM license_override WHERE organization = \(organization) AND library_uuid = \(uuid)")
        try curator.note(
            "LICENSE", .changed, of: uuid, place, before: [known.chosen.replacing("\n", with: ", ")],
            after: [known.originals.replacing("\n", with: ", ")], on: connection)
        return true
    }

    private static func libraries(
        _ uuid: String, organization: Int64, on connection: any Connection
    ) throws -> [Int64] {
        try connection.all("SELECT id FROM library WHERE organization = \(organization) AND uuid = \(uuid)") {
            $0.integer(0)
        }
    }

    private static func license(
        _ license: ChosenLicense, organization: Int64, on connection: any Connection
    ) throws -> Int64 {
        try StagedScan(id: 0, organization: organization).license(
            spdx: license.spdx, name: license.name, url: license.url, type: license.type, risk: license.risk,
            on: connection)
    }

    private static func show(
        _ ids: [Int64], names: String, reference: String, in libraries: [Int64], on connection: any Connection
    ) throws {
        for library in libraries {
            try connection.run("UPDATE library SET licenses = \(names) WHERE id = \(library)")
            try connection.run("DELETE FROM library_license WHERE library = \(library)")
            for (position, id) in ids.enumerated() {
                try connection.run(
                    """
                    INSERT INTO library_license (library, position, license, reference_type, reference)
                    VALUES (\(library), \(position), \(id), 'Assigned by user', \(reference))
                    """)
            }
        }
    }

    /// Shows what was chosen in rows that an import brought, as the other rows of the library have it.
    static func apply(to ids: ClosedRange<Int64>, organization: Int64, on connection: any Connection) throws {
        let chosen = try connection.all(
            """
            SELECT l.id, v.licenses, v.reference, (SELECT min(k.id) FROM library k JOIN library_license y ON y.library = k.id
                WHERE k.organization = \(organization) AND k.uuid = l.uuid AND y.reference_type = 'Assigned by user')
            FROM library l JOIN license_override v ON v.organization = \(organization) AND v.library_uuid = l.uuid
            WHERE l.id >= \(ids.lowerBound) AND l.id <= \(ids.upperBound)
            """
        ) { (id: $0.integer(0), names: $0.string(1), reference: $0.string(2), model: $0.integerOrNil(3)) }
        for entry in chosen {
            var licenses: [Int64] = []
            if let model = entry.model {
                licenses = try connection.all(
                    "SELECT license FROM library_license WHERE library = \(model) ORDER BY position"
                ) { $0.integer(0) }
            }
            try show(licenses, names: entry.names, reference: entry.reference, in: [entry.id], on: connection)
        }
    }
}
