/// A vulnerability in the form of reports.
package struct VulnerabilityRow: Sendable, Equatable {
    package var name: String
    package var type = ""
    package var aliases = ""
    package var advisory: Int64 = 0
    package var published: Int64?
    package var modified: Int64 = 0
    package var url = ""
    package var weaknesses = ""
    /// `critical`, `high`, `medium`, `low`, `none`, or empty without a rating.
    package var severity = ""
    /// The score in tenths: 98 is 9.8.
    package var score: Int64?
    /// The CVSS version of severity and score: `4.0`, `3.1`, `3.0`, `2.0`, or empty.
    package var cvssVersion = ""
    package var score2 = ""
    package var vector2 = ""
    package var severity3 = ""
    package var score3 = ""
    package var vector3 = ""
    package var severity4 = ""
    package var score4 = ""
    package var vector4 = ""
    /// The words of a CVSS 3 vector: attack vector, attack complexity, privileges required, user interaction, scope,
    /// confidentiality, integrity, availability. Empty without such a vector.
    package var words: [String] = []
    package var edition: Int64 = 0
    /// The organization whose documents describe the vulnerability; 0 where advisories do.
    package let organization: Int64
    /// The document's text, for a vulnerability of the organization's own; for others `advisory` has the text.
    package var description = ""
    package var recommendation = ""
    /// The scan and the claim that describe an organization's own vulnerability; 0 if none is chosen.
    package var claimScan: Int64 = 0
    package var claim: Int64 = 0

    package init(name: String, organization: Int64 = 0) {
        self.name = name
        self.organization = organization
    }

    package static let columns: [StaticString] = [
        "id", "name", "type", "aliases", "advisory", "published", "modified", "url", "weaknesses", "severity", "score",
        "score2", "vector2", "severity3", "score3", "vector3", "severity4", "score4", "vector4", "attack_vector",
        "attack_complexity", "privileges_required", "user_interaction", "impact_scope", "confidentiality", "integrity",
        "availability", "edition", "cvss_version", "organization", "description", "recommendation", "claim_scan",
        "claim",
    ]

    func append(id: Int64, to rows: inout RowBuffer) {
        rows.beginRow()
        rows.append(id)
        for text in [name, type, aliases] { rows.append(text) }
        rows.append(advisory)
        rows.append(published.map(Value.integer) ?? .null)
        rows.append(modified)
        for text in [url, weaknesses, severity] { rows.append(text) }
        rows.append(score.map(Value.integer) ?? .null)
        for text in [score2, vector2, severity3, score3, vector3, severity4, score4, vector4] { rows.append(text) }
        for place in 0..<8 { rows.append(orNull: place < words.count ? words[place] : "") }
        rows.append(edition)
        rows.append(cvssVersion)
        rows.append(organization)
        rows.append(description)
        rows.append(recommendation)
        rows.append(claimScan)
        rows.append(claim)
    }

    /// The stored rows, by id.
    package static func read(
        _ ids: some Collection<Int64>, on connection: any Connection
    ) throws -> [Int64: VulnerabilityRow] {
        var found: [Int64: VulnerabilityRow] = [:]
        let columns: SQL = SQL(stringLiteral: Self.columns.map(\.description).joined(separator: ", "))
        try SQL.inSlices(ids, as: Value.integer) { list in
            try connection.each("SELECT \(columns) FROM vulnerability WHERE id IN \(list)") { row in
                var made = VulnerabilityRow(name: row.string(1), organization: row.integer(29))
                made.type = row.string(2)
                made.aliases = row.string(3)
                made.advisory = row.integer(4)
                made.published = row.integerOrNil(5)
                made.modified = row.integer(6)
                made.url = row.string(7)
                made.weaknesses = row.string(8)
                made.severity = row.string(9)
                made.score = row.integerOrNil(10)
                made.score2 = row.string(11)
                made.vector2 = row.string(12)
                made.severity3 = row.string(13)
                made.score3 = row.string(14)
                made.vector3 = row.string(15)
                made.severity4 = row.string(16)
                made.score4 = row.string(17)
                made.vector4 = row.string(18)
                if !row.isNull(19) {
                    for cell in 19..<27 { made.words.append(row.string(cell)) }
                }
                made.edition = row.integer(27)
                made.cvssVersion = row.string(28)
                made.description = row.string(30)
                made.recommendation = row.string(31)
                made.claimScan = row.integer(32)
                made.claim = row.integer(33)
                found[row.integer(0)] = made
            }
        }
        return found
    }

    /// Replaces the rows with these ids, and deletes the other rows of `ids`.
    package static func replace(
        _ ids: [Int64], with made: [Int64: VulnerabilityRow], on connection: any Connection
    ) throws {
        try SQL.inSlices(ids, as: Value.integer) { list in
            try connection.run("DELETE FROM vulnerability WHERE id IN \(list)")
        }
        var rows = RowBuffer(capacity: made.count * 512)
        for (id, row) in made.sorted(by: { $0.key < $1.key }) { row.append(id: id, to: &rows) }
        if rows.rowCount > 0 { try connection.insert(rows, into: "vulnerability", columns) }
        try Exploitation.spread(to: made.values.map { ($0.name, $0.aliases) }, on: connection)
    }
}
