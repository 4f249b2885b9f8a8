// DESIGN. Statements of people about a library refer to its identity (its uuid) in an organization. They apply to every row
// that describes the library, including rows of later imports (`apply`). Rows of libraries contain the result, so that reports
// remain plain reads: `library.in_house`, `library.license_expression`, `library_license`. A change is written to the change
// log. It makes the projects with the library stale, because alerts depend on it.

/// The organization of a changed library, the author and the time.
package struct Curator: Sendable {
    package let organization: Int64
    package let author: Author
    /// Milliseconds since 1970, UTC.
    package let time: Int64
    /// The address and door of the author's request, for the audit trail.
    package let origin: AuditRecord.Origin

    package init(organization: Int64, author: Author, time: Int64, origin: AuditRecord.Origin = .init()) {
        self.organization = organization
        self.author = author
        self.time = time
        self.origin = origin
    }

    var scope: Scope { Scope(kind: .organization, organization: organization) }

    /// The name and number of a library for the change log; nil for an uuid that the organization does not have.
    func place(_ uuid: String, on connection: any Connection) throws -> Change.Place? {
        try connection.first(
            """
            SELECT key_id, filename FROM library WHERE organization = \(organization) AND uuid = \(uuid)
            ORDER BY id DESC LIMIT 1
            """
        ) { Change.Place("LIBRARY", id: $0.integer(0), name: $0.string(1)) }
    }

    /// Writes the line of the change log, marks the projects with the library as stale, and raises revisions.
    func note(_ change: Change, of uuid: String, on connection: any Connection) throws {
        try note([(change, uuid)], on: connection)
    }

    /// The same for many libraries.
    func note(_ changes: [(change: Change, uuid: String)], on connection: any Connection) throws {
        guard !changes.isEmpty else { return }
        try Change.write(changes.map(\.change), writing(on: connection))
        try Self.touch(changes.map(\.uuid), of: organization, on: connection)
    }

    /// Writes the line of the change log with its audit record.
    func write(_ change: Change, on connection: any Connection) throws { try change.write(writing(on: connection)) }

    private func writing(on connection: any Connection) -> Writing {
        Writing(in: scope, by: author, at: time, from: origin, on: connection)
    }

    /// Marks the projects with these libraries of the organization as stale, and raises revisions.
    static func touch(_ uuids: [String], of organization: Int64, on connection: any Connection) throws {
        var found: Set<Int64> = []
        try SQL.inSlices(uuids, as: Value.text) { list in
            let projects: SQL = """
                SELECT DISTINCT p.id FROM library l JOIN occurrence o ON o.library = l.id JOIN project p ON p.scan = o.scan
                WHERE l.organization = \(organization) AND l.uuid IN \(list)
                """
            try StaleProject.mark(projects, on: connection)
            try connection.each(projects) { found.insert($0.integer(0)) }
        }
        try Revisions.raise(of: found, on: connection)
        // An import may be deciding about libraries that no project shows yet (`KnowledgeMoment`).
        if found.isEmpty, !uuids.isEmpty { try Revisions.raise(organization: organization, on: connection) }
    }
}

/// In-house marks, set by hand or by rule.
package enum InHouse {
    /// Marks libraries by hand. Libraries that are already marked are no error. Returns the first uuid that is not a library
    /// here; the caller must then undo the transaction.
    package static func mark(
        _ uuids: [String], reason: String, by curator: Curator, on connection: any Connection
    ) throws -> String? {
        var changes: [(Change, String)] = []
        for uuid in uuids {
            guard let place = try curator.place(uuid, on: connection) else { return uuid }
            try set(uuid, rule: 0, reason: reason, by: curator, on: connection)
            changes.append((Change(.metadata, .inHouse, .created, of: place, after: [reason]), uuid))
        }
        try curator.note(changes, on: connection)
        return nil
    }

    /// Removes marks, also those of other users. Returns the first uuid that is not marked; the caller must then undo the
    /// transaction.
    package static func unmark(
        _ uuids: [String], by curator: Curator, on connection: any Connection
    ) throws -> String? {
        var changes: [(Change, String)] = []
        for uuid in uuids {
            let count = try connection.run(
                "DELETE FROM in_house WHERE organization = \(curator.organization) AND library_uuid = \(uuid)")
            guard count > 0, let place = try curator.place(uuid, on: connection) else { return uuid }
            try show(false, uuid, by: curator, on: connection)
            changes.append((Change(.metadata, .inHouse, .deleted, of: place, before: [place.name]), uuid))
        }
        try curator.note(changes, on: connection)
        return nil
    }

    static func set(
        _ uuid: String, rule: Int64, reason: String, by curator: Curator, on connection: any Connection
    ) throws {
        try connection.run(
            """
            INSERT INTO in_house (organization, library_uuid, rule, reason, account, at)
            VALUES (\(curator.organization), \(uuid), \(rule), \(reason), \(curator.author.account), \(curator.time))
            ON CONFLICT (organization, library_uuid) DO UPDATE SET rule = excluded.rule, reason = excluded.reason,
                account = excluded.account, at = excluded.at
            """)
        try show(true, uuid, by: curator, on: connection)
    }

    static func show(
        _ isInHouse: Bool, _ uuid: String, by curator: Curator, on connection: any Connection
    ) throws {
        try connection.run(
            """
            UPDATE library SET in_house = \(isInHouse)
            WHERE organization = \(curator.organization) AND uuid = \(uuid)
            """)
    }
}

/// The part of imports that applies people's statements.
package enum Curation {
    /// Applies people's statements about libraries to rows that were just inserted.
    ///
    /// - Parameter fitting: those of the libraries that rules fit, by their uuids.
    package static func apply(
        to ids: ClosedRange<Int64>, of scan: Int64, organization: Int64, fitting: [InHouse.Fitting],
        on connection: any Connection
    ) throws {
        let some = try connection.integer(
            """
            SELECT CASE WHEN EXISTS (SELECT 1 FROM in_house WHERE organization = \(organization)) THEN 1 ELSE 0 END
                + CASE WHEN EXISTS (SELECT 1 FROM license_override WHERE organization = \(organization)) THEN 2 ELSE 0 END
            """)
        if let some, some & 1 != 0 {
            try connection.run(
                """
                UPDATE library SET in_house = 1 WHERE id >= \(ids.lowerBound) AND id <= \(ids.upperBound)
                    AND EXISTS (SELECT 1 FROM in_house h
                        WHERE h.organization = \(organization) AND h.library_uuid = library.uuid)
                """)
        }
        try InHouse.mark(fitting, of: scan, organization: organization, on: connection)
        if let some, some & 2 != 0 {
            try LicenseOverrides.apply(to: ids, organization: organization, on: connection)
        }
    }
}
