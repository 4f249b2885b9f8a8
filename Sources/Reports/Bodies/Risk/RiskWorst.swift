import Database

// DESIGN. An exploited vulnerability comes before all others, whatever its severity. A vulnerability without a rating cannot be
// ranked among rated ones. Most of them are records of distributions without a vector, harmless and severe ones alike. So there
// are three lists.

extension RiskFacts {
    mutating func readWorstVulnerabilities(_ scope: Scope, on connection: any Connection) throws {
        knowsExploited = try connection.integer("SELECT 1 FROM exploited LIMIT 1") != nil
        let isExploited: StaticSQL = "EXISTS (SELECT 1 FROM exploited x WHERE x.name = v.name)"
        exploited = Int(
            try connection.integer(
                """
                \(scope.clause) SELECT count(*) FROM scope s JOIN alert a ON a.project = s.project
                JOIN vulnerability v ON v.id = a.vulnerability
                WHERE a.state = 'OPEN' AND a.type = 'SECURITY_VULNERABILITY' AND \(isExploited)
                """) ?? 0)
        if exploited > 0 {
            exploitedVulnerabilities = try Self.worst(isExploited, most: Self.listLimit, scope, on: connection)
        }
        worstVulnerabilities = try Self.worst(
            "NOT \(isExploited) AND v.severity <> ''", most: Self.listLimit, scope, on: connection)
        if open[ShownSeverity.unrated.place] > 0 {
            unratedVulnerabilities = try Self.worst(
                "NOT \(isExploited) AND v.severity = ''", most: Self.listLimit / 2, scope, on: connection)
        }
    }

    /// The most urgent vulnerabilities of libraries among those that meet a condition.
    private static func worst(
        _ condition: StaticSQL, most: Int, _ scope: Scope, on connection: any Connection
    ) throws -> [WorstVulnerability] {
        try connection.all(
            """
            \(scope.clause) SELECT v.name, min(v.url), min(\(severity)), max(v.score), min(\(SQL(ExploitationSQL.since))),
                max(\(SQL(ExploitationSQL.score))), min(l.filename), count(DISTINCT a.library_uuid),
                coalesce(min(f.top_fix), ''), coalesce(max(f.top_fix), ''), min(s.project_name), count(DISTINCT s.project)
            FROM scope s JOIN alert a ON a.project = s.project JOIN vulnerability v ON v.id = a.vulnerability
            JOIN library l ON l.id = a.library
            LEFT JOIN finding f ON f.library = a.library AND f.vulnerability = a.vulnerability
            WHERE a.state = 'OPEN' AND a.type = 'SECURITY_VULNERABILITY' AND \(condition)
            GROUP BY v.name, l.type, l.group_id, l.artifact
            ORDER BY max(\(weight)) DESC, 12 DESC, 1, 7, l.type, l.group_id, l.artifact LIMIT \(most)
            """
        ) { row in
            WorstVulnerability(
                name: row.string(0), url: row.string(1), severity: ShownSeverity(word: row.string(2)),
                score: row.integerOrNil(3).map { Double($0) / 10 }, exploitedSince: row.integerOrNil(4),
                likelihood: row.isNull(5) ? nil : row.real(5), library: row.string(6), versions: Int(row.integer(7)),
                fix: row.string(8) == row.string(9) ? row.string(8) : "\(row.string(8)), \(row.string(9))",
                project: row.string(10), projects: Int(row.integer(11)))
        }
    }
}
