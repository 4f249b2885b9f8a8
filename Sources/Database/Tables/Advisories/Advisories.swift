import Inventory

// DESIGN. Advisories belong to no organization; libraries belong to one. The text of a package (Inventory's `PackageKey`) joins
// the two. Two locks keep them consistent (docs/adr/011): a writer of advisories holds the row `advisory` of `sequence`
// exclusively, and a transaction that inserts libraries shares it. So a library either exists when its package becomes stale,
// or is matched with the new advisories when it is inserted.

extension Engine {
    /// Ends a SELECT that keeps others from locking or changing the row until the transaction ends.
    var sharing: SQL {
        switch self {
        case .sqlite: ""
        case .postgresql: "FOR SHARE"
        }
    }
}

/// The tables of advisories and vulnerabilities.
package enum Advisories {
    /// Selects a row when an advisory, or a document of the organization, names a vulnerability in one of these spellings.
    package static func naming(_ names: [String], organization: Int64) -> SQL {
        let names = SQL.list(names.map(Value.text))
        return """
            SELECT 1 FROM advisory_name n WHERE n.name IN \(names)
            UNION ALL SELECT 1 FROM vulnerability v WHERE v.name IN \(names) AND v.organization IN (0, \(organization))
            """
    }

    /// Waits until no other transaction writes advisories or inserts libraries, and excludes both until the
    /// transaction ends.
    package static func lock(on connection: any Connection) throws {
        _ = try connection.integer("SELECT 1 FROM sequence WHERE name = 'advisory' \(connection.engine.locking)")
    }

    /// Keeps advisories from changing until the transaction ends.
    package static func share(on connection: any Connection) throws {
        _ = try connection.integer("SELECT 1 FROM sequence WHERE name = 'advisory' \(connection.engine.sharing)")
    }

    /// The facts of the advisories with these names.
    package static func known(
        _ names: [String], on connection: any Connection
    ) throws -> [String: Known] {
        var known: [String: Known] = [:]
        try SQL.inSlices(names, as: Value.text) { list in
            try connection.each(
                "SELECT name, id, modified, withdrawn, rules FROM advisory WHERE name IN \(list)"
            ) { row in
                known[row.string(0)] = Known(
                    id: row.integer(1), modified: row.integer(2), isWithdrawn: !row.isNull(3), rules: row.integer(4))
            }
        }
        return known
    }

    /// A stored record.
    package struct Known: Sendable {
        package let id: Int64
        /// Milliseconds since 1970.
        package let modified: Int64
        package let isWithdrawn: Bool
        /// The number of the rules that read it; the number rises when the rules change.
        package let rules: Int64
    }

    /// Deletes the dependent rows of advisories that will be written again, and the advisories' own rows.
    package static func delete(_ ids: [Int64], on connection: any Connection) throws {
        try SQL.inSlices(ids, as: Value.integer) { list in
            try connection.run("DELETE FROM advisory_name WHERE advisory IN \(list)")
            try connection.run("DELETE FROM affected_package WHERE advisory IN \(list)")
            try connection.run("DELETE FROM advisory WHERE id IN \(list)")
        }
    }

    package static let advisoryColumns: [StaticString] = [
        "id", "name", "modified", "published", "withdrawn", "aliases", "summary", "details", "vectors", "severity",
        "weaknesses", "links", "credits", "rules",
    ]
    package static let nameColumns: [StaticString] = ["name", "advisory"]
    package static let affectedColumns: [StaticString] = [
        "package", "advisory", "position", "registry", "ranges", "versions",
    ]

    /// Marks the libraries of the packages of these advisories for a new match, in each organization that has any.
    package static func markStale(packagesOf advisories: some Collection<Int64>, on connection: any Connection) throws {
        try SQL.inSlices(advisories, as: Value.integer) { list in
            try connection.run(
                """
                INSERT INTO stale_package (organization, package, mark)
                SELECT DISTINCT l.organization, a.package, 1
                FROM affected_package a JOIN library_package l ON l.package = a.package
                WHERE a.advisory IN \(list)
                ON CONFLICT (organization, package) DO UPDATE SET mark = stale_package.mark + 1
                """)
        }
    }

    // MARK: Names in common

    /// The names of advisories, their own included.
    package static func names(
        of advisories: some Collection<Int64>, on connection: any Connection
    ) throws -> [Int64: [String]] {
        var names: [Int64: [String]] = [:]
        try SQL.inSlices(advisories, as: Value.integer) { list in
            try connection.each(
                "SELECT advisory, name FROM advisory_name WHERE advisory IN \(list) ORDER BY advisory, name"
            ) { row in names[row.integer(0), default: []].append(row.string(1)) }
        }
        return names
    }

    /// The advisories with one of these names.
    package static func advisories(
        named names: some Collection<String>, on connection: any Connection
    ) throws -> Set<Int64> {
        var found: Set<Int64> = []
        try SQL.inSlices(names, as: Value.text) { list in
            try connection.each("SELECT advisory FROM advisory_name WHERE name IN \(list)") {
                found.insert($0.integer(0))
            }
        }
        return found
    }

    /// The vulnerabilities that advisories describe.
    package static func vulnerabilities(
        of advisories: some Collection<Int64>, on connection: any Connection
    ) throws -> Set<Int64> {
        var found: Set<Int64> = []
        try SQL.inSlices(advisories, as: Value.integer) { list in
            try connection.each("SELECT vulnerability FROM vulnerability_advisory WHERE advisory IN \(list)") { row in
                found.insert(row.integer(0))
            }
        }
        return found
    }

    /// The advisories of vulnerabilities.
    package static func advisories(
        of vulnerabilities: some Collection<Int64>, on connection: any Connection
    ) throws -> [Int64: [Int64]] {
        var found: [Int64: [Int64]] = [:]
        try SQL.inSlices(vulnerabilities, as: Value.integer) { list in
            try connection.each(
                "SELECT vulnerability, advisory FROM vulnerability_advisory WHERE vulnerability IN \(list)"
            ) { row in found[row.integer(0), default: []].append(row.integer(1)) }
        }
        return found
    }

    /// The ids of vulnerabilities with these names. Missing ones get an id, and a row to be filled.
    ///
    /// - Parameter organization: the organization whose documents claim them; 0 for vulnerabilities of advisories.
    package static func vulnerabilities(
        named names: Set<String>, organization: Int64 = 0, on connection: any Connection
    ) throws -> [String: Int64] {
        let (known, new) = try numbers(ofVulnerabilities: names, organization: organization, on: connection)
        guard !new.isEmpty else { return known }
        var rows = RowBuffer(capacity: new.count * 256)
        for (name, id) in new.sorted(by: { $0.value < $1.value }) {
            VulnerabilityRow(name: name, organization: organization).append(id: id, to: &rows)
        }
        try connection.insert(rows, into: "vulnerability", VulnerabilityRow.columns)
        return known.merging(new) { known, _ in known }
    }

    /// The ids of vulnerabilities with these names; those that are missing get one, and the caller writes their rows.
    ///
    /// - Parameter organization: as above.
    package static func numbers(
        ofVulnerabilities names: Set<String>, organization: Int64 = 0, on connection: any Connection
    ) throws -> (known: [String: Int64], new: [String: Int64]) {
        var known: [String: Int64] = [:]
        try SQL.inSlices(names.sorted(), as: Value.text) { list in
            try connection.each(
                "SELECT name, id FROM vulnerability WHERE organization = \(organization) AND name IN \(list)"
            ) { row in known[row.string(0)] = row.integer(1) }
        }
        let missing = names.filter { known[$0] == nil }.sorted()
        guard !missing.isEmpty else { return (known, [:]) }
        // Their numbers come from a write.
        if connection is RecordingConnection { throw WriterNeeded() }
        let first = try connection.take(missing.count, from: "vulnerability")
        return (known, Dictionary(uniqueKeysWithValues: zip(missing, first...)))
    }

    /// The vulnerabilities that advisories know under these names, as their own name or as that of an advisory, each with its
    /// name.
    package static func known(
        by names: some Collection<String>, on connection: any Connection
    ) throws -> (called: [String: Int64], others: [String: [Int64: String]]) {
        var called: [String: Int64] = [:]
        var others: [String: [Int64: String]] = [:]
        try SQL.inSlices(names, as: Value.text) { list in
            try connection.each(
                """
                SELECT v.name, v.id FROM vulnerability v WHERE v.organization = 0 AND v.name IN \(list)
                    AND EXISTS (SELECT 1 FROM vulnerability_advisory x WHERE x.vulnerability = v.id)
                """
            ) { called[$0.string(0)] = $0.integer(1) }
            try connection.each(
                """
                SELECT n.name, v.id, v.name FROM advisory_name n
                JOIN vulnerability_advisory x ON x.advisory = n.advisory JOIN vulnerability v ON v.id = x.vulnerability
                WHERE n.name IN \(list)
                """
            ) { others[$0.string(0), default: [:]][$0.integer(1)] = $0.string(2) }
        }
        return (called, others)
    }

    /// Replaces the vulnerabilities of advisories.
    package static func link(_ links: [Int64: Set<Int64>], on connection: any Connection) throws {
        try SQL.inSlices(Array(links.keys), as: Value.integer) { list in
            try connection.run("DELETE FROM vulnerability_advisory WHERE advisory IN \(list)")
        }
        var rows = RowBuffer(capacity: links.count * 32)
        for (advisory, vulnerabilities) in links.sorted(by: { $0.key < $1.key }) {
            for vulnerability in vulnerabilities.sorted() {
                rows.beginRow()
                rows.append(advisory)
                rows.append(vulnerability)
            }
        }
        if rows.rowCount > 0 {
            try connection.insert(rows, into: "vulnerability_advisory", ["advisory", "vulnerability"])
        }
    }

    /// The facts of advisories that merging needs.
    package struct Summary: Sendable {
        package let id: Int64
        package let name: String
        package let modified: Int64
        package let published: Int64?
        package let isWithdrawn: Bool
        package let aliases: [String]
        package let vectors: [String]
        package let severity: String
        package let weaknesses: [String]

        package init(
            id: Int64, name: String, modified: Int64, published: Int64?, isWithdrawn: Bool, aliases: [String],
            vectors: [String], severity: String, weaknesses: [String]
        ) {
            self.id = id
            self.name = name
            self.modified = modified
            self.published = published
            self.isWithdrawn = isWithdrawn
            self.aliases = aliases
            self.vectors = vectors
            self.severity = severity
            self.weaknesses = weaknesses
        }
    }

    package static func summaries(
        of advisories: some Collection<Int64>, on connection: any Connection
    ) throws -> [Int64: Summary] {
        var found: [Int64: Summary] = [:]
        try SQL.inSlices(advisories, as: Value.integer) { list in
            try connection.each(
                """
                SELECT id, name, modified, published, withdrawn, aliases, vectors, severity, weaknesses
                FROM advisory WHERE id IN \(list)
                """
            ) { row in
                func lines(_ cell: Int, of row: borrowing RowBuffer) -> [String] {
                    row.string(cell).split(separator: "\n").map(String.init)
                }
                found[row.integer(0)] = Summary(
                    id: row.integer(0), name: row.string(1), modified: row.integer(2), published: row.integerOrNil(3),
                    isWithdrawn: !row.isNull(4), aliases: lines(5, of: row), vectors: lines(6, of: row),
                    severity: row.string(7), weaknesses: lines(8, of: row))
            }
        }
        return found
    }
}
