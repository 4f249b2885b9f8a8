// DESIGN. When a generator begins to write the architecture of a package, the package becomes another library, which has no
// decisions. A decision about the package without qualifiers then applies to it, if it can mean no other library of the
// project. Only packages that a scan no longer has are examined, so an import without changes costs nothing.

/// Libraries of a project that replaced others: those of the same packages without qualifiers, and those of files that
/// were known only by digest.
package struct RefinedLibraries: Sendable {
    private let organization: Int64
    /// Their uuids, by the uuids of the unnamed libraries.
    package let names: [String: String]

    /// The refined libraries of a scan. `gone` are the rows of libraries that the project no longer has.
    package static func find(
        _ gone: [Int64], in scan: Int64, organization: Int64, on connection: any Connection
    ) throws -> RefinedLibraries {
        var names = try byDigest(in: scan, on: connection)
        if !gone.isEmpty {
            var bases: Set<String> = []
            try SQL.inSlices(gone, as: Value.integer) { list in
                try connection.each("SELECT uuid FROM library WHERE id IN \(list)") { bases.insert($0.string(0)) }
            }
            try SQL.inSlices(bases.sorted(), as: Value.text) { list in
                try connection.each(
                    """
                    SELECT i.base, min(i.uuid) FROM library_identity i
                    JOIN library l ON l.organization = i.organization AND l.uuid = i.uuid
                    JOIN occurrence o ON o.library = l.id AND o.scan = \(scan)
                    WHERE i.organization = \(organization) AND i.base <> '' AND i.base IN \(list)
                    GROUP BY i.base HAVING count(DISTINCT i.uuid) = 1
                    """
                ) { names[$0.string(0)] = $0.string(1) }
            }
        }
        return RefinedLibraries(organization: organization, names: names)
    }

    /// The files of a scan that a digest names. Decisions from the time before their names were known apply to them.
    package static func named(
        in scan: Int64, organization: Int64, on connection: any Connection
    ) throws -> RefinedLibraries {
        RefinedLibraries(organization: organization, names: try byDigest(in: scan, on: connection))
    }

    /// Those with statements of people from the time when they had no name, in parts of at most `limit`.
    package func said(partsOf limit: Int, on connection: any Connection) throws -> [RefinedLibraries] {
        var bases: Set<String> = []
        try SQL.inSlices(names.keys.sorted(), as: Value.text) { list in
            for table in ["in_house", "library_notice", "attribute_value", "library_bug", "license_override"]
                as [StaticString]
            {
                try connection.each(
                    """
                    SELECT DISTINCT library_uuid FROM \(SQL(table))
                    WHERE organization = \(organization) AND library_uuid IN \(list)
                    """
                ) { bases.insert($0.string(0)) }
            }
        }
        let all = names.filter { bases.contains($0.key) }.sorted { $0.value < $1.value }
        return stride(from: 0, to: all.count, by: limit).map { first in
            RefinedLibraries(
                organization: organization,
                names: Dictionary(uniqueKeysWithValues: all[first..<min(all.count, first + limit)].map { ($0, $1) }))
        }
    }

    private static func byDigest(in scan: Int64, on connection: any Connection) throws -> [String: String] {
        var names: [String: String] = [:]
        try connection.each(
            """
            SELECT DISTINCT u.uuid, l.uuid FROM component c JOIN library u ON u.id = c.library AND u.naming = 1
            JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence JOIN library l ON l.id = o.library
            WHERE c.scan = \(scan) AND c.library <> 0 AND l.uuid <> u.uuid
            """
        ) { names[$0.string(0)] = $0.string(1) }
        return names
    }

    /// Applies people's statements about the packages to the libraries that have no statements of their own. Other projects with
    /// these libraries are marked as stale, and their reports change. The organization's row is locked.
    package func inherit(on connection: any Connection) throws {
        var heirs: [String] = []
        for (base, library) in names.sorted(by: { $0.value < $1.value }) {
            let hasMarks = try inheritMarks(from: base, to: library, on: connection)
            let hasLicenses = try LicenseOverrides.inherit(
                from: base, to: library, organization: organization, on: connection)
            if hasMarks || hasLicenses { heirs.append(library) }
        }
        try Curator.touch(heirs, of: organization, on: connection)
    }

    /// Whether the package has statements and the library has none.
    private func inheritMarks(
        from base: String, to library: String, on connection: any Connection
    ) throws -> Bool {
        let said: SQL = "organization = \(organization) AND library_uuid = \(base)"
        let marked = try connection.run(
            """
            INSERT INTO in_house (organization, library_uuid, rule, reason, account, at)
            SELECT organization, \(library), rule, reason, account, at FROM in_house WHERE \(said)
            ON CONFLICT (organization, library_uuid) DO NOTHING
            """)
        if marked > 0 {
            try connection.run(
                "UPDATE library SET in_house = 1 WHERE organization = \(organization) AND uuid = \(library)")
        }
        let notices = try connection.run(
            """
            INSERT INTO library_notice (organization, library_uuid, text, reference, account, at)
            SELECT organization, \(library), text, reference, account, at FROM library_notice WHERE \(said)
            ON CONFLICT (organization, library_uuid) DO NOTHING
            """)
        let values = try connection.run(
            """
            INSERT INTO attribute_value (organization, library_uuid, attribute, product, project, value)
            SELECT organization, \(library), attribute, product, project, value FROM attribute_value WHERE \(said)
            ON CONFLICT (organization, library_uuid, attribute, product, project) DO NOTHING
            """)
        let bugs = try connection.run(
            """
            INSERT INTO library_bug (organization, library_uuid, position, bug, severity, title, status, reported_at, url)
            SELECT organization, \(library), position, bug, severity, title, status, reported_at, url
            FROM library_bug WHERE \(said)
            ON CONFLICT (organization, library_uuid, position) DO NOTHING
            """)
        return marked + notices + values + bugs > 0
    }
}
