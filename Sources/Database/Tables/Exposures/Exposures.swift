// DESIGN. Findings of advisories and claims of a document form one set, which is written with the alerts of a project in one
// transaction. Reports, alerts and bills of materials read only this set, so they always agree. `finding` still holds the
// results of matching for a library in any project; reports join it only for fixes.

/// A vulnerability of a library of a scan.
package struct Exposure: Sendable, Hashable {
    /// The position of the occurrence.
    package let position: Int64
    package let vulnerability: Int64
    /// Whether an advisory states the exposure.
    package let isFound: Bool
    /// The entry of `vulnerability_claim` that states it; -1 if the document does not.
    package let claim: Int64
    /// CycloneDX `analysis.state` of the document's statement that counts, or empty.
    package let state: String
    /// The vulnerability's edition at the time of the decision; a newer edition requires a new decision.
    package let edition: Int64
    /// The statement (`vex_statement`) that counts; 0 without one.
    package let statement: Int64

    package init(
        position: Int64, vulnerability: Int64, isFound: Bool, claim: Int64, state: String, edition: Int64,
        statement: Int64 = 0
    ) {
        self.statement = statement
        self.position = position
        self.vulnerability = vulnerability
        self.isFound = isFound
        self.claim = claim
        self.state = state
        self.edition = edition
    }
}

/// The table of exposures.
package enum Exposures {
    /// Replaces the exposures of a scan. Returns the vulnerabilities of those that were added, changed or removed.
    package static func replace(
        of scan: Int64, with wanted: [Exposure], on connection: any Connection
    ) throws -> Set<Int64> {
        var touched: Set<Int64> = []
        var known: Set<Exposure> = []
        try connection.each(
            "SELECT position, vulnerability, found, claim, state, edition, statement FROM exposure WHERE scan = \(scan)"
        ) { row in
            known.insert(
                Exposure(
                    position: row.integer(0), vulnerability: row.integer(1), isFound: row.boolean(2),
                    claim: row.integer(3), state: row.string(4), edition: row.integer(5),
                    statement: row.integer(6)))
        }
        let missing = known.isEmpty ? wanted : wanted.filter { known.remove($0) == nil }
        var gone: [Int64: [Value]] = [:]
        for exposure in known {
            touched.insert(exposure.vulnerability)
            gone[exposure.vulnerability, default: []].append(.integer(exposure.position))
        }
        for (vulnerability, positions) in gone.sorted(by: { $0.key < $1.key }) {
            try SQL.inSlices(positions, as: \.self) { list in
                try connection.run(
                    """
                    DELETE FROM exposure WHERE scan = \(scan) AND vulnerability = \(vulnerability) AND position IN \(list)
                    """)
            }
        }
        guard !missing.isEmpty else { return touched }
        var rows = RowBuffer(capacity: missing.count * 64)
        for exposure in missing {
            touched.insert(exposure.vulnerability)
            rows.beginRow()
            rows.append(scan)
            rows.append(exposure.position)
            rows.append(exposure.vulnerability)
            rows.append(exposure.isFound)
            rows.append(exposure.claim)
            rows.append(exposure.state)
            rows.append(exposure.edition)
            rows.append(exposure.statement)
        }
        try connection.insert(
            rows, into: "exposure",
            ["scan", "position", "vulnerability", "found", "claim", "state", "edition", "statement"])
        return touched
    }

    /// Whether every vulnerability that a scan shows exists.
    package static func areWhole(of scan: Int64, on connection: any Connection) throws -> Bool {
        try connection.integer(
            """
            SELECT 1 FROM exposure e WHERE e.scan = \(scan)
                AND NOT EXISTS (SELECT 1 FROM vulnerability v WHERE v.id = e.vulnerability) LIMIT 1
            """) == nil
    }

    /// Marks the projects that show one of these vulnerabilities as stale, except `project`.
    package static func markStale(
        showing vulnerabilities: some Collection<Int64>, but project: Int64 = 0, on connection: any Connection
    ) throws {
        try markStale(vulnerabilities, where: "s.project <> \(project)", on: connection)
    }

    /// Like `markStale(showing:)`, for projects in which only a document claims one of them; matching handles projects in
    /// which an advisory finds it.
    package static func markStale(
        claiming vulnerabilities: some Collection<Int64>, on connection: any Connection
    ) throws {
        try markStale(vulnerabilities, where: "e.found = 0", on: connection)
    }

    private static func markStale(
        _ vulnerabilities: some Collection<Int64>, where condition: SQL, on connection: any Connection
    ) throws {
        try SQL.inSlices(vulnerabilities, as: Value.integer) { list in
            try StaleProject.mark(
                """
                SELECT s.project FROM exposure e JOIN scan s ON s.id = e.scan
                WHERE e.vulnerability IN \(list) AND s.state = 'CURRENT' AND \(condition)
                """, on: connection)
        }
    }

    /// Those of these vulnerabilities that a scan shows.
    package static func shown(
        of vulnerabilities: some Collection<Int64>, on connection: any Connection
    ) throws -> Set<Int64> {
        var found: Set<Int64> = []
        try SQL.inSlices(vulnerabilities, as: Value.integer) { list in
            try connection.each(
                """
                SELECT v.id FROM vulnerability v WHERE v.id IN \(list)
                    AND EXISTS (SELECT 1 FROM exposure e WHERE e.vulnerability = v.id)
                """
            ) { found.insert($0.integer(0)) }
        }
        return found
    }

    /// Deletes those of these vulnerabilities that no row refers to: no advisory, no document, no alert.
    package static func forget(_ vulnerabilities: some Collection<Int64>, on connection: any Connection) throws {
        try SQL.inSlices(vulnerabilities, as: Value.integer) { list in
            let orphans = try orphans(
                "v.id IN \(list) AND (v.organization > 0 OR NOT EXISTS (\(Self.advisories)))", on: connection)
            try SQL.inSlices(orphans, as: Value.integer) { list in
                try connection.run("DELETE FROM vulnerability_name WHERE vulnerability IN \(list)")
                try connection.run("DELETE FROM vulnerability WHERE id IN \(list)")
            }
        }
    }

    /// The organization's own vulnerabilities that no row refers to.
    static func orphans(organization: Int64, on connection: any Connection) throws -> [Int64] {
        try orphans("v.organization = \(organization)", on: connection)
    }

    private static let advisories: SQL = "SELECT 1 FROM vulnerability_advisory x WHERE x.vulnerability = v.id"

    private static func orphans(_ condition: SQL, on connection: any Connection) throws -> [Int64] {
        try connection.all(
            """
            SELECT v.id FROM vulnerability v WHERE \(condition)
                AND NOT EXISTS (SELECT 1 FROM exposure e WHERE e.vulnerability = v.id)
                AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.vulnerability = v.id AND a.vulnerability <> 0)
            """
        ) { $0.integer(0) }
    }

    /// Marks a scan as one that describes no vulnerability any more. Vulnerabilities that other documents claim, too, are
    /// described by those after the next evaluation of their projects.
    package static func withdraw(scan: Int64, on connection: any Connection) throws {
        let described = try connection.all(
            "SELECT id FROM vulnerability WHERE claim_scan > 0 AND claim_scan = \(scan)"
        ) { $0.integer(0) }
        try SQL.inSlices(described, as: Value.integer) { list in
            try connection.run("UPDATE vulnerability SET claim_scan = 0 WHERE id IN \(list)")
        }
        try markStale(showing: described, on: connection)
    }
}
