import BOM
import Database

// DESIGN. Statements about vulnerabilities without an inventory (a VEX) concern the present content of their project. They
// become part of its scan, replace earlier statements about the same vulnerability and component, and stay as long as the
// scan. The project's next SBOM has its own statements.

/// The statements about vulnerabilities of a document without components.
struct LooseStatements: Sendable {
    let claims: LibraryClaims
    /// The references of the claims, by their numbers.
    let texts: [Int32: String]
    /// References to the described component, which mean the whole product.
    let described: Set<String>

    /// Adds the statements to the scan of a project, and returns warnings about those that were not applied.
    func apply(
        to scan: Int64, of document: String, from staged: Int64, on connection: any Connection
    ) throws -> [String] {
        let first =
            try connection.integer("SELECT max(position) + 1 FROM vulnerability_claim WHERE scan = \(scan)") ?? 0
        try connection.run(
            """
            INSERT INTO vulnerability_claim (scan, position, name, body)
            SELECT \(scan), c.position + \(first), c.name, c.body FROM vulnerability_claim c WHERE c.scan = \(staged)
            """)
        try connection.run("UPDATE scan SET state = 'ABANDONED' WHERE id = \(staged)")
        return try write(to: scan, of: document, after: first, on: connection)
            + ["the document lists no components, so its statements (VEX) were applied to what the project shows"]
    }

    /// Adds the statements to their own scan, which is the first of its project.
    func keep(in scan: Int64, of document: String, on connection: any Connection) throws -> [String] {
        try write(to: scan, of: document, after: 0, on: connection)
            + ["the document lists no components, only statements (VEX): the project is empty until an SBOM comes"]
    }

    /// - Parameter first: the number of the first claim in the scan.
    private func write(
        to scan: Int64, of document: String, after first: Int64, on connection: any Connection
    ) throws -> [String] {
        let facts = try DocumentFacts.decode(document)
        var described = described
        if let root = facts.root, !root.purl.isEmpty { described.insert(root.purl) }
        let targets = try ClaimTargets(document: facts.document, described: described).find(
            texts, in: scan, on: connection)
        try claims.each(targets: targets) { row in
            try connection.run(
                """
                INSERT INTO library_claim (scan, occurrence, vulnerability, state, justification, detail, claim)
                VALUES (\(scan), \(row.place), \(row.name), \(row.state), \(row.justification), \(row.detail),
                    \(first + Int64(row.claim)))
                ON CONFLICT (scan, occurrence, vulnerability) DO UPDATE SET state = excluded.state,
                    justification = excluded.justification, detail = excluded.detail, claim = excluded.claim
                """)
        }
        return claims.warnings(targets: targets) { texts[$0] ?? "" }
            + (try claims.unfound(targets: targets, in: scan, on: connection))
    }
}

extension ScanStaging {
    func looseStatements(of document: BOMDocument) -> LooseStatements {
        LooseStatements(claims: libraryClaims, texts: claimTexts(), described: Set(document.describes))
    }
}
