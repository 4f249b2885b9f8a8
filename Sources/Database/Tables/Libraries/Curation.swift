package import Inventory

// DESIGN. What people say of a library is said of what it is (its uuid) in an organization: it holds for every row that
// describes it, and for those that imports bring later (`apply`). Rows of libraries show it themselves, so that reports
// stay plain reads: `library.in_house`, `library.licenses`, `library_license`. A change makes the projects that have the
// library stale, as alerts rest on it, and is in the change log.

/// Whose library is changed, by whom and when.
package struct Curator: Sendable {
    package let organization: Int64
    package let author: Author
    /// Milliseconds since 1970, UTC.
    package let time: Int64

    package init(organization: Int64, author: Author, time: Int64) {
        self.organization = organization
        self.author = author
        self.time = time
    }

    var scope: Scope { Scope(kind: .organization, organization: organization) }

    /// The name and number of a library for the change log; nil when the organization has none with this uuid.
    func place(_ uuid: String, on connection: any Connection) throws -> Change.Place? {
        try connection.first(
            """
            SELECT key_id, filename FROM library WHERE organization = \(organization) AND uuid = \(uuid)
            ORDER BY id DESC LIMIT 1
            """
        ) { Change.Place("LIBRARY", id: $0.integer(0), name: $0.string(1)) }
    }

    /// Writes the line of the change log; projects that have the library have to be looked at again, and reports change.
    func note(
        _ what: StaticString, _ aspect: Change.Aspect, of uuid: String, _ place: Change.Place, before: [String],
        after: [String], on connection: any Connection
    ) throws {
        try Change(.metadata, what, aspect, of: place, before: before, after: after).write(
            in: scope, by: author, at: time, on: connection)
        try touch(uuid, on: connection)
    }

    func touch(_ uuid: String, on connection: any Connection) throws {
        let projects: SQL = """
            SELECT p.id FROM library l JOIN occurrence o ON o.library = l.id JOIN project p ON p.scan = o.scan
            WHERE l.organization = \(organization) AND l.uuid = \(uuid)
            """
        try Alerts.markStale(projects, on: connection)
        try connection.run("UPDATE project SET revision = revision + 1 WHERE id IN (\(projects))")
        try connection.run(
            """
            UPDATE product SET revision = revision + 1
            WHERE id IN (SELECT q.product FROM project q WHERE q.id IN (\(projects)))
            """)
        try connection.run("UPDATE organization SET revision = revision + 1 WHERE id = \(organization)")
    }
}

/// In-house marks, by hand and by rule.
package enum InHouse {
    /// Marks libraries by hand. Throws nothing for those that are marked; gives the first uuid that is no library here.
    package static func mark(
        _ uuids: [String], reason: String, by curator: Curator, on connection: any Connection
    ) throws -> String? {
        for uuid in uuids {
            guard let place = try curator.place(uuid, on: connection) else { return uuid }
            try set(uuid, rule: 0, reason: reason, by: curator, on: connection)
            try curator.note(
                "IN_HOUSE", .created, of: uuid, place, before: [], after: [reason], on: connection)
        }
        return nil
    }

    /// Takes marks away, whoever made them; gives the first uuid that is not marked.
    package static func unmark(
        _ uuids: [String], by curator: Curator, on connection: any Connection
    ) throws -> String? {
        for uuid in uuids {
            let count = try connection.run(
                "DELETE FROM in_house WHERE organization = \(curator.organization) AND library_uuid = \(uuid)")
            guard count > 0, let place = try curator.place(uuid, on: connection) else { return uuid }
            try show(false, uuid, by: curator, on: connection)
            try curator.note("IN_HOUSE", .deleted, of: uuid, place, before: [place.name], after: [], on: connection)
        }
        return nil
    }

    private static func set(
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

    private static func show(
        _ isInHouse: Bool, _ uuid: String, by curator: Curator, on connection: any Connection
    ) throws {
        try connection.run(
            """
            UPDATE library SET in_house = \(isInHouse)
            WHERE organization = \(curator.organization) AND uuid = \(uuid)
            """)
    }

    // MARK: Rules

    /// What a rule's pattern is matched with.
    package enum Kind: String, Sendable, CaseIterable {
        case name = "NAME"
        case coordinates = "LIBRARY_COORDINATES"
        case artifact = "ARTIFACT_ID"
    }

    /// A rule that marks libraries.
    package struct Rule: Sendable, Equatable {
        package let id: Int64
        package let kind: Kind
        package let pattern: NamePattern
        package let description: String

        /// What the rule looks at.
        func names(group: String, artifact: String, version: String, filename: String) -> [String] {
            switch kind {
            case .name: [filename, artifact]
            case .coordinates: ["\(group):\(artifact)", "\(group):\(artifact):\(version)"]
            case .artifact: [artifact]
            }
        }
    }

    /// The rules of an organization, the oldest first.
    package static func rules(_ organization: Int64, on connection: any Connection) throws -> [Rule] {
        try connection.all(
            "SELECT id, kind, pattern, description FROM in_house_rule WHERE organization = \(organization) ORDER BY id"
        ) { row -> Rule? in
            guard let kind = Kind(rawValue: row.string(1)), let pattern = NamePattern(row.string(2)) else { return nil }
            return Rule(id: row.integer(0), kind: kind, pattern: pattern, description: row.string(3))
        }.compactMap { $0 }
    }

    /// Adds a rule, marks what fits and gives the rule's id and how many libraries were marked.
    package static func add(
        _ kind: Kind, _ pattern: NamePattern, description: String, by curator: Curator,
        on connection: any Connection
    ) throws -> (id: Int64, marked: Int) {
        let id = try connection.take(1, from: "in_house_rule")
        try connection.run(
            """
            INSERT INTO in_house_rule (id, organization, kind, pattern, description, account, created_at)
            VALUES (\(id), \(curator.organization), \(kind.rawValue), \(pattern.text), \(description),
                \(curator.author.account), \(curator.time))
            """)
        let rule = Rule(id: id, kind: kind, pattern: pattern, description: description)
        var fitting: [String] = []
        let matches = pattern.matcher()
        try connection.each(
            """
            SELECT DISTINCT uuid, group_id, artifact, version, filename FROM library
            WHERE organization = \(curator.organization) AND in_house = 0
            """
        ) { row in
            let names = rule.names(
                group: row.string(1), artifact: row.string(2), version: row.string(3), filename: row.string(4))
            if names.contains(where: matches), fitting.last != row.string(0) { fitting.append(row.string(0)) }
        }
        for uuid in fitting {
            try set(uuid, rule: id, reason: reason(rule), by: curator, on: connection)
            try curator.touch(uuid, on: connection)
        }
        let change = try Change(
            .configuration, "IN_HOUSE_RULE", .created, in: curator.scope, after: ["\(kind.rawValue) \(pattern.text)"],
            on: connection)
        try change.write(in: curator.scope, by: curator.author, at: curator.time, on: connection)
        return (id, fitting.count)
    }

    /// Removes a rule and the marks that it made; false when the organization has none with this id.
    package static func remove(rule id: Int64, by curator: Curator, on connection: any Connection) throws -> Bool {
        guard let rule = try rules(curator.organization, on: connection).first(where: { $0.id == id }) else {
            return false
        }
        let marked = try connection.all(
            "SELECT library_uuid FROM in_house WHERE organization = \(curator.organization) AND rule = \(id)"
        ) { $0.string(0) }
        try connection.run("DELETE FROM in_house WHERE organization = \(curator.organization) AND rule = \(id)")
        for uuid in marked {
            try show(false, uuid, by: curator, on: connection)
            try curator.touch(uuid, on: connection)
        }
        try connection.run("DELETE FROM in_house_rule WHERE id = \(id)")
        let change = try Change(
            .configuration, "IN_HOUSE_RULE", .deleted, in: curator.scope,
            before: ["\(rule.kind.rawValue) \(rule.pattern.text)"], on: connection)
        try change.write(in: curator.scope, by: curator.author, at: curator.time, on: connection)
        return true
    }

    private static func reason(_ rule: Rule) -> String {
        rule.description.isEmpty ? "rule \(rule.kind.rawValue) \(rule.pattern.text)" : rule.description
    }

    /// Marks libraries that an import brought, by what was said of them and by the rules.
    static func apply(to ids: ClosedRange<Int64>, of scan: StagedScan, on connection: any Connection) throws {
        let organization = scan.organization
        try connection.run(
            """
            UPDATE library SET in_house = 1 WHERE id >= \(ids.lowerBound) AND id <= \(ids.upperBound)
                AND uuid IN (SELECT h.library_uuid FROM in_house h WHERE h.organization = \(organization))
            """)
        let rules = try rules(organization, on: connection)
        if rules.isEmpty { return }
        let matchers = rules.map { ($0, $0.pattern.matcher()) }
        var fitting: [(uuid: String, rule: Rule)] = []
        try connection.each(
            """
            SELECT uuid, group_id, artifact, version, filename FROM library
            WHERE id >= \(ids.lowerBound) AND id <= \(ids.upperBound) AND in_house = 0 ORDER BY id
            """
        ) { row in
            for (rule, matches) in matchers {
                let names = rule.names(
                    group: row.string(1), artifact: row.string(2), version: row.string(3), filename: row.string(4))
                if names.contains(where: matches) {
                    fitting.append((row.string(0), rule))
                    break
                }
            }
        }
        if fitting.isEmpty { return }
        let time = try connection.integer("SELECT created_at FROM scan WHERE id = \(scan.id)") ?? 0
        let curator = Curator(organization: organization, author: .system, time: time)
        for (uuid, rule) in fitting {
            try set(uuid, rule: rule.id, reason: reason(rule), by: curator, on: connection)
        }
    }
}

/// What imports have to do for what people said.
package enum Curation {
    /// Applies all that was said of libraries to rows that were just inserted.
    package static func apply(
        to ids: ClosedRange<Int64>, of scan: StagedScan, on connection: any Connection
    ) throws {
        let organization = scan.organization
        let some = try connection.integer(
            """
            SELECT CASE WHEN EXISTS (SELECT 1 FROM in_house WHERE organization = \(organization))
                OR EXISTS (SELECT 1 FROM in_house_rule WHERE organization = \(organization)) THEN 1 ELSE 0 END
                + CASE WHEN EXISTS (SELECT 1 FROM license_override WHERE organization = \(organization)) THEN 2 ELSE 0 END
            """)
        guard let some, some > 0 else { return }
        if some != 2 { try InHouse.apply(to: ids, of: scan, on: connection) }
        if some >= 2 { try LicenseOverrides.apply(to: ids, organization: organization, on: connection) }
    }
}
