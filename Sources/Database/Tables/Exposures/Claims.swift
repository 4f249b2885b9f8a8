// DESIGN. A document's claim may use any name for its vulnerability. Advisories and the organization's other documents decide
// which vulnerability the name means, and their changes may change it. So the names are stored (`library_claim`), and each
// evaluation of the project's alerts decides their meaning (`claimed_vulnerability`).

/// The claims of documents about vulnerabilities of their libraries.
package enum Claims {
    /// The occurrence number of claims about the whole content of a document.
    package static let product: Int64 = 0

    /// An entry of `vulnerability_claim` with a subject.
    package struct Entry: Sendable {
        /// Its number in the scan.
        package let claim: Int64
        /// Its main name of the vulnerability, and all other names.
        package let id: String
        package var names: [String]
        /// Whether it concerns a library rather than only the whole product.
        package var isAboutLibrary: Bool

        package init(claim: Int64, id: String, names: [String], isAboutLibrary: Bool) {
            self.claim = claim
            self.id = id
            self.names = names
            self.isAboutLibrary = isAboutLibrary
        }
    }

    /// The claims of a scan in their order.
    package static func entries(of scan: Int64, on connection: any Connection) throws -> [Entry] {
        var found: [Entry] = []
        try connection.each(
            """
            SELECT k.claim, k.vulnerability, c.name, max(k.occurrence) FROM library_claim k
            JOIN vulnerability_claim c ON c.scan = k.scan AND c.position = k.claim
            WHERE k.scan = \(scan) GROUP BY k.claim, k.vulnerability, c.name ORDER BY k.claim, k.vulnerability
            """
        ) { row in
            if found.last?.claim != row.integer(0) {
                found.append(Entry(claim: row.integer(0), id: row.string(2), names: [], isAboutLibrary: false))
            }
            found[found.count - 1].names.append(row.string(1))
            if row.integer(3) > product { found[found.count - 1].isAboutLibrary = true }
        }
        return found
    }

    /// The facts of a scan's claim, as JSON; nil without one.
    package static func body(of claim: Int64, in scan: Int64, on connection: any Connection) throws -> String? {
        try connection.first(
            "SELECT body FROM vulnerability_claim WHERE scan = \(scan) AND position = \(claim)"
        ) { $0.string(0) }
    }

    // MARK: Which vulnerabilities

    /// A claim and its vulnerability.
    package struct Link: Sendable, Hashable {
        package let claim: Int64
        package let vulnerability: Int64

        package init(claim: Int64, vulnerability: Int64) {
            self.claim = claim
            self.vulnerability = vulnerability
        }
    }

    /// Sets the vulnerabilities of a scan's claims.
    package static func link(_ links: Set<Link>, of scan: Int64, on connection: any Connection) throws {
        var known: Set<Link> = []
        try connection.each("SELECT claim, vulnerability FROM claimed_vulnerability WHERE scan = \(scan)") { row in
            known.insert(Link(claim: row.integer(0), vulnerability: row.integer(1)))
        }
        if known == links { return }
        if !known.isEmpty { try connection.run("DELETE FROM claimed_vulnerability WHERE scan = \(scan)") }
        var rows = RowBuffer(capacity: links.count * 48)
        for link in links.sorted(by: { ($0.claim, $0.vulnerability) < ($1.claim, $1.vulnerability) }) {
            rows.beginRow()
            rows.append(scan)
            rows.append(link.claim)
            rows.append(link.vulnerability)
        }
        if rows.rowCount > 0 {
            try connection.insert(rows, into: "claimed_vulnerability", ["scan", "claim", "vulnerability"])
        }
    }

    /// The claims of a scan that only repeat the names of earlier claims for the same components. Only the earlier claims
    /// have rows of their own; each repeating claim is returned with one of them.
    package static func twins(of scan: Int64, on connection: any Connection) throws -> [(claim: Int64, of: Int64)] {
        try connection.all(
            """
            SELECT v.position, k.claim FROM vulnerability_claim v
            JOIN (SELECT vulnerability AS name, min(claim) AS claim FROM library_claim WHERE scan = \(scan) AND claim >= 0
                GROUP BY vulnerability) k ON k.name = v.name
            WHERE v.scan = \(scan) AND v.position NOT IN (SELECT claim FROM library_claim WHERE scan = \(scan))
            ORDER BY v.position
            """
        ) { (claim: $0.integer(0), of: $0.integer(1)) }
    }

    /// The claims about an occurrence (0: about the whole product).
    package struct Statement: Sendable {
        package let position: Int64
        package let vulnerability: Int64
        package let claim: Int64
        package let said: ProjectView.Statement
    }

    /// The claims about each occurrence and vulnerability of a scan, in the order of both: claims with an analysis before
    /// those without, later ones before earlier ones.
    package static func statements(of scan: Int64, on connection: any Connection) throws -> [Statement] {
        var found: [Statement] = []
        try connection.each(
            """
            SELECT k.occurrence, c.vulnerability, k.claim, k.state, k.justification, k.detail FROM library_claim k
            JOIN claimed_vulnerability c ON c.scan = k.scan AND c.claim = k.claim WHERE k.scan = \(scan)
            ORDER BY k.occurrence, c.vulnerability, CASE k.state WHEN '' THEN 1 ELSE 0 END, k.claim DESC, k.vulnerability
            """
        ) { row in
            let (position, vulnerability) = (row.integer(0), row.integer(1))
            if let last = found.last, last.position == position, last.vulnerability == vulnerability { return }
            found.append(
                Statement(
                    position: position, vulnerability: vulnerability, claim: row.integer(2),
                    said: ProjectView.Statement(
                        state: row.string(3), justification: row.string(4), detail: row.string(5))))
        }
        return found
    }

    // MARK: An organization's own vulnerabilities

    /// A name and its owner.
    package struct Owner: Sendable {
        package let vulnerability: Int64
        /// The name of the vulnerability.
        package let name: String
    }

    /// The organization's own vulnerabilities that documents know under these names.
    package static func owners(
        of names: some Collection<String>, organization: Int64, on connection: any Connection
    ) throws -> [String: Owner] {
        var found: [String: Owner] = [:]
        try SQL.inSlices(names, as: Value.text) { list in
            try connection.each(
                """
                SELECT n.name, v.id, v.name FROM vulnerability_name n JOIN vulnerability v ON v.id = n.vulnerability
                WHERE n.name IN \(list) AND n.organization = \(organization)
                """
            ) { found[$0.string(0)] = Owner(vulnerability: $0.integer(1), name: $0.string(2)) }
        }
        return found
    }

    /// Sets the names of the organization's own vulnerabilities.
    package static func name(
        _ owners: [String: Int64], organization: Int64, on connection: any Connection
    ) throws {
        for (name, vulnerability) in owners.sorted(by: { $0.key < $1.key }) {
            try connection.run(
                """
                INSERT INTO vulnerability_name (name, organization, vulnerability)
                VALUES (\(name), \(organization), \(vulnerability))
                ON CONFLICT (name, organization) DO UPDATE SET vulnerability = excluded.vulnerability
                """)
        }
    }

    /// The names of the organization's own vulnerabilities.
    package static func names(
        of vulnerabilities: some Collection<Int64>, on connection: any Connection
    ) throws -> [Int64: [String]] {
        var found: [Int64: [String]] = [:]
        try SQL.inSlices(vulnerabilities, as: Value.integer) { list in
            try connection.each(
                """
                SELECT vulnerability, name FROM vulnerability_name WHERE vulnerability IN \(list)
                ORDER BY vulnerability, name
                """
            ) { found[$0.integer(0), default: []].append($0.string(1)) }
        }
        return found
    }

    /// The own vulnerabilities of all organizations that documents know under one of these names, for the arrival of an
    /// advisory with the name.
    package static func vulnerabilities(
        named names: some Collection<String>, on connection: any Connection
    ) throws -> Set<Int64> {
        var found: Set<Int64> = []
        try SQL.inSlices(names, as: Value.text) { list in
            try connection.each("SELECT vulnerability FROM vulnerability_name WHERE name IN \(list)") {
                found.insert($0.integer(0))
            }
        }
        return found
    }
}
