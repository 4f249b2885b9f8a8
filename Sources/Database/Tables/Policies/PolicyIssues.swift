package import Inventory

/// A ticket that another program made for an issue of a policy.
package struct ExternalIssue: Sendable, Equatable {
    package static let limit = 100

    package let identifier: String
    package let url: String
    package let status: String
    /// The time in the other program's form.
    package let created: String
    package let modified: String

    package init(identifier: String, url: String, status: String, created: String, modified: String) {
        self.identifier = identifier
        self.url = url
        self.status = status
        self.created = created
        self.modified = modified
    }

    /// Replaces the tickets of the issue. Issues are not rows: they are derived from policies.
    package static func replace(_ issues: [ExternalIssue], of uuid: String, _ writing: Writing) throws {
        let (project, connection) = (writing.scope.project, writing.connection)
        try connection.run("DELETE FROM external_issue WHERE project = \(project) AND issue_uuid = \(uuid)")
        for (position, issue) in issues.enumerated() {
            try connection.run(
                """
                INSERT INTO external_issue (project, issue_uuid, position, identifier, url, status, created, modified)
                VALUES (\(project), \(uuid), \(Int64(position)), \(issue.identifier), \(issue.url), \(issue.status),
                    \(issue.created), \(issue.modified))
                """)
        }
        try Change(
            .metadata, .externalIssues, .changed, in: writing.scope, after: issues.map(\.identifier),
            on: connection
        ).write(writing)
    }

    /// The tickets of a project by the uuid of the issue.
    package static func all(project: Int64, on connection: any Connection) throws -> [String: [ExternalIssue]] {
        var found: [String: [ExternalIssue]] = [:]
        try connection.each(
            """
            SELECT issue_uuid, identifier, url, status, created, modified FROM external_issue
            WHERE project = \(project) ORDER BY issue_uuid, position
            """
        ) { row in
            found[row.string(0), default: []].append(
                ExternalIssue(
                    identifier: row.string(1), url: row.string(2), status: row.string(3), created: row.string(4),
                    modified: row.string(5)))
        }
        return found
    }
}

/// A vulnerability in a library of a project with an open alert.
package struct OpenVulnerability: Sendable {
    package let libraryUUID: String
    package let alertUUID: String
    /// The time of the alert's last change, in milliseconds since 1970, UTC.
    package let modified: Int64
    package let name: String
    package let type: String
    package let description: String
    package let url: String
    package let published: Int64?
    /// `critical`, `high`, `medium`, `low` or empty.
    package let severity: String
    /// The score in tenths; nil where no vector rates the vulnerability.
    package let score: Int64?
    /// Word in capitals and number of CVSS 3, or of CVSS 4 where no other version rates; empty without either.
    package let severity3: String
    package let score3: String
    /// The smallest upgrade that fixes it; empty if unknown.
    package let topFix: String
    package let topFixURL: String
    package let topFixDate: Int64?
    /// The form that policies use.
    package let sight: PolicyVulnerability

    /// The open vulnerabilities of a project's current libraries, in the order of their alerts, at most `limit`.
    package static func list(
        project: Int64, limit: Int, on connection: any Connection
    ) throws -> [OpenVulnerability] {
        try connection.all(
            """
            SELECT a.library_uuid, a.uuid, a.modified_at, v.name, v.type,
                coalesce(nullif(v.description, ''), nullif(d.details, ''), d.summary, ''), v.url,
                v.published, v.severity, v.score, coalesce(nullif(v.severity3, ''), v.severity4),
                coalesce(nullif(v.score3, ''), v.score4), f.top_fix, t.name, t.modified,
                \(PolicyVulnerability.columns)
            FROM alert a JOIN vulnerability v ON v.id = a.vulnerability \(AlertSQL.finding)
                \(AlertSQL.fix)
            WHERE a.project = \(project) AND a.state = 'OPEN' AND a.type = 'SECURITY_VULNERABILITY'
            ORDER BY a.number LIMIT \(limit)
            """
        ) { row in
            OpenVulnerability(
                libraryUUID: row.string(0), alertUUID: row.string(1), modified: row.integer(2), name: row.string(3),
                type: row.string(4), description: row.string(5), url: row.string(6), published: row.integerOrNil(7),
                severity: row.string(8), score: row.integerOrNil(9), severity3: row.string(10),
                score3: row.string(11), topFix: row.string(12), topFixURL: row.string(13),
                topFixDate: row.integerOrNil(14), sight: PolicyVulnerability(row: row, from: 15))
        }
    }
}
