package import Inventory

/// The vulnerabilities of libraries.
package struct Finding: Sendable, Equatable {
    package struct Fix: Sendable, Hashable {
        package let version: String
        package let advisory: Int64

        package init(version: String, advisory: Int64) {
            self.version = version
            self.advisory = advisory
        }
    }

    package let vulnerability: Int64
    package let edition: Int64
    /// The smallest version without any of the library's known vulnerabilities; the same in each of its findings.
    package var upgrade: Fix?
    /// The versions that the advisories call fixed, the smallest first, each once. If several advisories name one, the
    /// advisory that describes the vulnerability counts.
    package var fixes: [Fix]

    /// The smallest version without this vulnerability.
    package var topFix: Fix? { fixes.first }

    package init(vulnerability: Int64, edition: Int64, upgrade: Fix?, fixes: [Fix]) {
        self.vulnerability = vulnerability
        self.edition = edition
        self.upgrade = upgrade
        self.fixes = fixes
    }
}

/// The tables of libraries' packages and findings.
package enum Findings {
    /// A name that advisories may use for a library.
    package struct Package: Sendable, Hashable {
        package let library: Int64
        package let text: String
        package let version: String
        package let registry: String

        package init(library: Int64, text: String, version: String, registry: String) {
            self.library = library
            self.text = text
            self.version = version
            self.registry = registry
        }
    }

    /// The facts of an advisory about a package. An advisory that describes several vulnerabilities gives a row for
    /// each.
    package struct Affected: Sendable {
        package let package: String
        package let advisory: Int64
        package let position: Int64
        package let registry: String
        package let ranges: String
        package let versions: String
        package let vulnerability: Int64
        package let edition: Int64
        /// Whether this advisory describes the vulnerability, if several exist.
        package let decides: Bool
    }

    /// The facts of advisories about packages, without withdrawn ones.
    package static func eachAffected(
        _ packages: [String], on connection: any Connection, _ body: (Affected) -> Void
    ) throws {
        try SQL.inSlices(packages, of: 200, as: Value.text) { list in
            try connection.each(
                """
                SELECT a.package, a.advisory, a.position, a.registry, a.ranges, a.versions, v.id, v.edition, v.advisory
                FROM affected_package a JOIN advisory d ON d.id = a.advisory
                    JOIN vulnerability_advisory x ON x.advisory = a.advisory JOIN vulnerability v ON v.id = x.vulnerability
                WHERE a.package IN \(list) AND d.withdrawn IS NULL
                ORDER BY a.package, a.advisory, a.position, v.id
                """
            ) { row in
                body(
                    Affected(
                        package: row.string(0), advisory: row.integer(1), position: row.integer(2),
                        registry: row.string(3), ranges: row.string(4), versions: row.string(5),
                        vulnerability: row.integer(6), edition: row.integer(7),
                        decides: row.integer(8) == row.integer(1)))
            }
        }
    }

    /// Inserts the packages of new libraries of an organization.
    package static func insert(packages: [Package], organization: Int64, on connection: any Connection) throws {
        guard !packages.isEmpty else { return }
        var rows = RowBuffer(capacity: packages.count * 96)
        for package in packages {
            rows.beginRow()
            rows.append(package.text)
            rows.append(organization)
            rows.append(package.library)
            rows.append(package.version)
            rows.append(package.registry)
        }
        try connection.insert(
            rows, into: "library_package", ["package", "organization", "library", "version", "registry"])
    }

    /// Inserts the findings of libraries that have no findings yet.
    package static func insert(_ findings: [(library: Int64, findings: [Finding])], on connection: any Connection)
        throws
    {
        var rows = RowBuffer(capacity: findings.count * 256)
        var fixes = RowBuffer(capacity: findings.count * 256)
        for (library, found) in findings {
            for finding in found {
                rows.beginRow()
                rows.append(library)
                rows.append(finding.vulnerability)
                rows.append(finding.edition)
                rows.append(finding.topFix.map { .text($0.version) } ?? .null)
                rows.append(finding.topFix.map { .integer($0.advisory) } ?? .null)
                rows.append(finding.upgrade.map { .text($0.version) } ?? .null)
                rows.append(finding.upgrade.map { .integer($0.advisory) } ?? .null)
                for (position, fix) in finding.fixes.enumerated() {
                    fixes.beginRow()
                    fixes.append(library)
                    fixes.append(finding.vulnerability)
                    fixes.append(position)
                    fixes.append(fix.version)
                    fixes.append(fix.advisory)
                }
            }
        }
        if rows.rowCount > 0 {
            try connection.insert(
                rows, into: "finding",
                [
                    "library", "vulnerability", "edition", "top_fix", "top_fix_advisory", "upgrade",
                    "upgrade_advisory",
                ])
        }
        if fixes.rowCount > 0 {
            try connection.insert(
                fixes, into: "finding_fix", ["library", "vulnerability", "position", "version", "advisory"])
        }
    }

    /// The findings of libraries.
    package static func read(
        _ libraries: [Int64], on connection: any Connection
    ) throws -> [Int64: [Finding]] {
        var found: [Int64: [Finding]] = [:]
        var fixes: [Int64: [Int64: [Finding.Fix]]] = [:]
        try SQL.inSlices(libraries, as: Value.integer) { list in
            try connection.each(
                """
                SELECT library, vulnerability, version, advisory FROM finding_fix WHERE library IN \(list)
                ORDER BY library, vulnerability, position
                """
            ) { row in
                fixes[row.integer(0), default: [:]][row.integer(1), default: []].append(
                    Finding.Fix(version: row.string(2), advisory: row.integer(3)))
            }
            try connection.each(
                """
                SELECT library, vulnerability, edition, upgrade, upgrade_advisory FROM finding WHERE library IN \(list)
                ORDER BY library, vulnerability
                """
            ) { row in
                let upgrade = row.isNull(3) ? nil : Finding.Fix(version: row.string(3), advisory: row.integer(4))
                found[row.integer(0), default: []].append(
                    Finding(
                        vulnerability: row.integer(1), edition: row.integer(2), upgrade: upgrade,
                        fixes: fixes[row.integer(0)]?[row.integer(1)] ?? []))
            }
        }
        return found
    }

    /// Deletes the findings of libraries.
    package static func delete(of libraries: [Int64], on connection: any Connection) throws {
        try SQL.inSlices(libraries, as: Value.integer) { list in
            try connection.run("DELETE FROM finding_fix WHERE library IN \(list)")
            try connection.run("DELETE FROM finding WHERE library IN \(list)")
        }
    }

    // MARK: Matching again

    /// A package whose libraries in an organization must be matched again.
    package struct StalePackage: Sendable {
        package let organization: Int64
        package let package: String
        package let mark: Int64
    }

    /// The organization's next stale package.
    package static func nextStale(organization: Int64, on connection: any Connection) throws -> StalePackage? {
        try connection.first(
            "SELECT package, mark FROM stale_package WHERE organization = \(organization) ORDER BY package LIMIT 1"
        ) { StalePackage(organization: organization, package: $0.string(0), mark: $0.integer(1)) }
    }

    /// Removes the mark, unless the package became stale again.
    package static func settle(_ stale: StalePackage, on connection: any Connection) throws {
        try connection.run(
            """
            DELETE FROM stale_package WHERE organization = \(stale.organization) AND package = \(stale.package)
                AND mark = \(stale.mark)
            """)
    }

    /// A number that changes whenever a package becomes stale.
    package static func staleMarks(on connection: any Connection) throws -> Int64 {
        try connection.integer("SELECT CAST(sum(mark) AS BIGINT) FROM stale_package") ?? 0
    }

    /// The organizations with stale packages, or with projects whose alerts must be decided again. The query skips from
    /// one to the next in an index. The first organization, when keys must be computed again.
    package static func staleOrganizations(on connection: any Connection) throws -> [Int64] {
        var found: Set<Int64> = []
        for table in ["stale_package", "stale_project", "stale_naming"] as [StaticString] {
            let table = SQL(table)
            try connection.each(
                """
                WITH RECURSIVE one (organization) AS (
                    SELECT min(organization) FROM \(table)
                    UNION ALL
                    SELECT (SELECT min(t.organization) FROM \(table) t WHERE t.organization > one.organization)
                    FROM one WHERE one.organization IS NOT NULL)
                SELECT organization FROM one WHERE organization IS NOT NULL
                """
            ) { found.insert($0.integer(0)) }
        }
        // Computing keys belongs to no organization in particular.
        if try rekeyingMark(on: connection) != nil,
            let first = try connection.integer("SELECT min(id) FROM organization")
        {
            found.insert(first)
        }
        return found.sorted()
    }

    // MARK: Keys by new rules

    private static let rekeying = "rekeying"

    /// Notes that the rules of package keys changed, so that the keys of all libraries must be computed again.
    package static func markRekeying(on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO sequence (name, next) VALUES (\(rekeying), 0) ON CONFLICT (name) DO UPDATE SET next = 0
            """)
    }

    /// The last library with its new keys; 0 before the first; nil when all have them.
    package static func rekeyingMark(on connection: any Connection) throws -> Int64? {
        try connection.integer("SELECT next FROM sequence WHERE name = \(rekeying)")
    }

    package static func moveRekeying(to library: Int64, on connection: any Connection) throws {
        try connection.run("UPDATE sequence SET next = \(library) WHERE name = \(rekeying)")
    }

    package static func settleRekeying(on connection: any Connection) throws {
        try connection.run("DELETE FROM sequence WHERE name = \(rekeying)")
    }

    /// Calls `body` with some libraries of all organizations after `last`, in the order of their numbers: the library, its
    /// organization, its facts, and its stored look-up.
    package static func eachLibrary(
        after last: Int64, limit: Int, on connection: any Connection,
        _ body: (_ library: Int64, _ organization: Int64, _ facts: String, Lookup) throws -> Void
    ) throws {
        try connection.each(
            """
            SELECT l.id, l.organization, f.body, l.lookup FROM library l JOIN library_facts f ON f.library = l.id
            WHERE l.id > \(last) ORDER BY l.id LIMIT \(limit)
            """
        ) { row in try body(row.integer(0), row.integer(1), row.string(2), Lookup(text: row.string(3))) }
    }

    /// Deletes the packages of libraries.
    package static func deletePackages(of libraries: [Int64], on connection: any Connection) throws {
        try SQL.inSlices(libraries, as: Value.integer) { list in
            try connection.run("DELETE FROM library_package WHERE library IN \(list)")
        }
    }

    // MARK: Turns

    /// Waits for other matching work, and excludes it until the transaction ends.
    package static func lockMatching(on connection: any Connection) throws {
        _ = try connection.integer("SELECT 1 FROM sequence WHERE name = 'matching' \(connection.engine.locking)")
    }

    /// Keeps findings from changing by new matches until the transaction ends.
    package static func shareMatching(on connection: any Connection) throws {
        _ = try connection.integer("SELECT 1 FROM sequence WHERE name = 'matching' \(connection.engine.sharing)")
    }

    /// Some libraries of a stale package after `last`, in the order of their numbers.
    package static func libraries(
        of stale: StalePackage, after last: Int64, limit: Int, on connection: any Connection
    ) throws -> [Int64] {
        try connection.all(
            """
            SELECT library FROM library_package
            WHERE package = \(stale.package) AND organization = \(stale.organization) AND library > \(last)
            ORDER BY library LIMIT \(limit)
            """
        ) { $0.integer(0) }
    }

    /// All packages of libraries.
    package static func packages(of libraries: [Int64], on connection: any Connection) throws -> [Package] {
        var found: [Package] = []
        try SQL.inSlices(libraries, as: Value.integer) { list in
            try connection.each(
                """
                SELECT library, package, version, registry FROM library_package WHERE library IN \(list)
                ORDER BY library, package
                """
            ) { row in
                found.append(
                    Package(
                        library: row.integer(0), text: row.string(1), version: row.string(2), registry: row.string(3)))
            }
        }
        return found
    }

    /// The projects that show one of these libraries now.
    package static func projects(showing libraries: [Int64], on connection: any Connection) throws -> Set<Int64> {
        var projects: Set<Int64> = []
        try SQL.inSlices(libraries, as: Value.integer) { list in
            try connection.each(
                """
                SELECT DISTINCT s.project FROM occurrence o JOIN scan s ON s.id = o.scan
                WHERE o.library IN \(list) AND s.state = 'CURRENT'
                """
            ) { projects.insert($0.integer(0)) }
        }
        return projects
    }

    /// Raises the revisions of the projects that show these libraries, of their products and organizations. The alerts
    /// of the projects become stale.
    package static func touch(scopesOf libraries: [Int64], on connection: any Connection) throws {
        let projects = try projects(showing: libraries, on: connection)
        try Revisions.raise(of: projects, on: connection)
        try SQL.inSlices(projects.sorted(), as: Value.integer) { list in
            try StaleProject.mark("SELECT id FROM project WHERE id IN \(list)", on: connection)
        }
    }
}
