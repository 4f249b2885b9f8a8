// DESIGN. The rows of a dead import are deleted in small transactions. The rows with the scan's number belong only to the
// scan. Other imports may have found the libraries and licences that it inserted. These are deleted when nothing refers
// to them, and only while no import of the organization is running, because such an import may have looked them up. Their
// numbers start at the marks of the scan.

/// A scan that no project will ever show.
package struct AbandonedScan: Sendable, Equatable {
    package let id: Int64
    let organization: Int64
    /// The project that showed it, or would have been made for it; 0 for none.
    let project: Int64
    /// Whether no project ever showed the scan.
    let wasStaged: Bool
    let libraryMark: Int64
    let licenseMark: Int64

    /// The columns of `scan s` that `init(row:)` reads, in its order.
    package static let columns: SQL = "s.id, s.organization, s.state, s.library_mark, s.license_mark, s.project"

    package init(row: borrowing RowBuffer) {
        id = row.integer(0)
        organization = row.integer(1)
        wasStaged = row.string(2) != "OBSOLETE"
        libraryMark = row.integer(3)
        licenseMark = row.integer(4)
        project = row.integer(5)
    }

    /// Deletes the scan and its rows, about `limit` rows in a transaction, and the remaining rows of its project if that
    /// was deleted. False if facts had to stay for now, because an import of the organization is running; the scan's row
    /// stays with them for another sweep.
    package func delete(from database: any Database, limit: Int) throws -> Bool {
        try database.write { connection in
            _ = try connection.run("UPDATE scan SET state = 'ABANDONED' WHERE id = \(id) AND state = 'STAGING'")
        }
        try delete(Self.tables, where: "scan = \(id)", from: database, limit: limit)
        try forgetProject(in: database, limit: limit)
        // Libraries and vulnerabilities: each has rows in many tables.
        let some = max(1, limit / 5)
        if wasStaged {
            let end = try database.read { try $0.integer("SELECT next FROM sequence WHERE name = 'library'") } ?? 0
            for first in stride(from: libraryMark, to: end, by: some) {
                let last = min(end, first + Int64(some))
                guard try database.write({ try forgetLibraries(from: first, to: last, on: $0) }) else { return false }
            }
            guard try database.write({ try forgetLicenses(on: $0) }) else { return false }
        }
        let orphans = try database.read { try Exposures.orphans(organization: organization, on: $0) }
        for start in stride(from: 0, to: orphans.count, by: some) {
            let part = orphans[start..<min(orphans.count, start + some)]
            try database.write { connection in
                try Revisions.lock(organization, on: connection)
                try Exposures.forget(part, on: connection)
            }
        }
        try database.write { connection in
            try connection.run("DELETE FROM scan_basis WHERE scan = \(id)")
            try connection.run("DELETE FROM scan WHERE id = \(id) AND state <> 'CURRENT'")
        }
        return true
    }

    /// Deletes the rows of its deleted project, or of the project that it would have made; none if
    /// the project exists.
    func forgetProject(in database: any Database, limit: Int = 2000) throws {
        guard try isOfDeletedProject(in: database) else { return }
        try delete(Self.tablesOfProject, where: "project = \(project)", from: database, limit: limit)
    }

    private static let tables: [(StaticString, StaticString)] = [
        ("dependency", "source"), ("vulnerability_claim", "position"), ("source_file", "position"),
        ("library_claim", "occurrence"), ("claimed_vulnerability", "claim"), ("exposure", "position"),
        ("vex_use", "statement"),
        ("component", "position"), ("occurrence", "position"),
    ]

    /// The tables in which a project has about as many rows as libraries.
    private static let tablesOfProject: [(StaticString, StaticString)] = [
        ("alert_event", "alert"), ("alert", "number"), ("library_request", "number"), ("inventory_event", "id"),
        ("project_severity", "severity"),
    ]

    private func isOfDeletedProject(in database: any Database) throws -> Bool {
        guard project > 0 else { return false }
        return try database.read { try $0.integer("SELECT 1 FROM project WHERE id = \(project)") } == nil
    }

    /// Deletes the rows of some tables that meet the condition, in the order of a key of each.
    private func delete(
        _ tables: [(StaticString, StaticString)], where condition: SQL, from database: any Database, limit: Int
    ) throws {
        for (table, key) in tables {
            while try database.write({ connection in
                try Self.deleteSome(of: SQL(table), where: condition, by: SQL(key), limit: limit, on: connection)
            }) {}
        }
    }

    /// False when no rows are left.
    private static func deleteSome(
        of table: SQL, where condition: SQL, by key: SQL, limit: Int, on connection: any Connection
    ) throws -> Bool {
        let last = try connection.integer(
            "SELECT \(key) FROM \(table) WHERE \(condition) ORDER BY \(key) LIMIT 1 OFFSET \(limit)")
        guard let last else {
            try connection.run("DELETE FROM \(table) WHERE \(condition)")
            return false
        }
        try connection.run("DELETE FROM \(table) WHERE \(condition) AND \(key) <= \(last)")
        return true
    }

    /// Whether facts may be deleted, because no import of the organization is running. The organization's row stays
    /// locked.
    private func isQuiet(on connection: any Connection) throws -> Bool {
        try Revisions.lock(organization, on: connection)
        return try connection.integer(
            "SELECT 1 FROM scan WHERE state = 'STAGING' AND organization = \(organization) LIMIT 1") == nil
    }

    /// Deletes libraries with these numbers that no row refers to; false if facts must stay.
    private func forgetLibraries(from first: Int64, to end: Int64, on connection: any Connection) throws -> Bool {
        guard try isQuiet(on: connection) else { return false }
        let orphans: SQL = """
            SELECT l.id FROM library l WHERE l.id >= \(first) AND l.id < \(end) AND l.organization = \(organization)
                AND NOT EXISTS (SELECT 1 FROM occurrence o WHERE o.library = l.id)
                AND NOT EXISTS (SELECT 1 FROM component c WHERE c.library = l.id AND c.library <> 0)
                AND NOT EXISTS (SELECT 1 FROM inventory_event e WHERE e.library = l.id)
            """
        let uuids = try connection.all(
            "SELECT DISTINCT k.uuid FROM library k WHERE k.id IN (\(orphans)) ORDER BY k.uuid"
        ) { $0.string(0) }
        let artifacts = try connection.all(
            "SELECT DISTINCT k.artifact FROM library k WHERE k.id IN (\(orphans)) ORDER BY k.artifact"
        ) { $0.string(0) }
        try connection.run("DELETE FROM finding_fix WHERE library IN (\(orphans))")
        try connection.run("DELETE FROM finding WHERE library IN (\(orphans))")
        try connection.run("DELETE FROM library_package WHERE library IN (\(orphans))")
        try connection.run("DELETE FROM library_license WHERE library IN (\(orphans))")
        try connection.run("DELETE FROM replaced_license WHERE library IN (\(orphans))")
        try connection.run(
            """
            DELETE FROM named_digest WHERE (organization, sha1, library) IN (
                SELECT k.organization, k.sha1, k.id FROM library k WHERE k.id IN (\(orphans)))
            """)
        try connection.run("DELETE FROM library_facts WHERE library IN (\(orphans))")
        try connection.run("DELETE FROM library WHERE id IN (\(orphans))")
        try LibraryIdentities.forget(uuids, organization: organization, on: connection)
        try LibraryNames.forget(artifacts, of: organization, on: connection)
        return true
    }

    private func forgetLicenses(on connection: any Connection) throws -> Bool {
        guard try isQuiet(on: connection) else { return false }
        try connection.run(
            """
            DELETE FROM license WHERE organization = \(organization) AND id >= \(licenseMark)
                AND NOT EXISTS (SELECT 1 FROM library_license x WHERE x.license = license.id)
                AND NOT EXISTS (SELECT 1 FROM replaced_license x WHERE x.license = license.id)
            """)
        try connection.run(
            """
            DELETE FROM library_text WHERE organization = \(organization)
                AND NOT EXISTS (SELECT 1 FROM library_license x WHERE x.text = library_text.digest AND x.text <> '')
                AND NOT EXISTS (SELECT 1 FROM replaced_license x WHERE x.text = library_text.digest AND x.text <> '')
            """)
        return true
    }
}
