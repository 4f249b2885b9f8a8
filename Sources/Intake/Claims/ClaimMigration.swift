import BOM
import Database

extension MigrationWork {
    /// Links each old row of `library_claim` to its entry of `vulnerability_claim`, and to the vulnerabilities of advisories. A
    /// slice is a scan.
    ///
    /// It uses its own SQL, because the schema is that of the step.
    static let exposures = MigrationWork(name: "exposures") { mark, connection in
        let next = try connection.integer("SELECT min(scan) FROM library_claim WHERE scan > \(Int64(mark) ?? 0)")
        guard let scan = next else { return Slice(mark: nil, rows: 0) }
        var claims: [String: [(position: Int64, state: String)]] = [:]
        try connection.each("SELECT position, body FROM vulnerability_claim WHERE scan = \(scan) ORDER BY position") {
            row in
            let claim = try VulnerabilityFacts.decode(row.string(1))
            for name in Set([claim.id] + claim.aliases) {
                claims[name, default: []].append((row.integer(0), claim.analysis?.state ?? ""))
            }
        }
        let rows = try connection.all(
            "SELECT occurrence, vulnerability, state FROM library_claim WHERE scan = \(scan) AND claim < 0"
        ) { (occurrence: $0.integer(0), name: $0.string(1), state: $0.string(2)) }
        for row in rows {
            let named = claims[row.name] ?? []
            guard let position = (named.first { $0.state == row.state } ?? named.first)?.position else { continue }
            try connection.run(
                """
                UPDATE library_claim SET claim = \(position) WHERE scan = \(scan) AND occurrence = \(row.occurrence)
                    AND vulnerability = \(row.name)
                """)
        }
        try connection.run(
            """
            INSERT INTO claimed_vulnerability (scan, claim, vulnerability)
            SELECT DISTINCT k.scan, k.claim, x.vulnerability FROM library_claim k
            JOIN advisory_name n ON n.name = k.vulnerability JOIN vulnerability_advisory x ON x.advisory = n.advisory
            WHERE k.scan = \(scan) AND k.claim >= 0
            """)
        return Slice(mark: String(scan), rows: rows.count)
    }
}
