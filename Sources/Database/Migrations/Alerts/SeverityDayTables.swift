extension Migration {
    /// The changes of the numbers in `project_severity`, day by day.
    ///
    /// The days before are filled in from the alerts that exist: one that is ignored now counts as ignored since it was changed last.
    static let severityDays = Migration(
        name: "severity days",
        digests: (
            sqlite: "222ea10f3fdaed293e4f7ea2956f7371efdb79de1fbb45ccf9af980f9dabd195",
            postgresql: "3d314092fc0e4b209796f2a641fc106cb9edbef458e55fb8f917d2108cd80d8c"
        )
    ) { words in
        let (int, text) = (words.integer, words.text)
        return """
            -- How many alerts about vulnerabilities more there were open, and ignored, at the end of a day than at its beginning.
            CREATE TABLE severity_day (
                product \(int) NOT NULL,
                -- 0 for the sum over the projects of the product.
                project \(int) NOT NULL,
                -- Since 1970, UTC.
                day \(int) NOT NULL,
                -- As vulnerability.severity has it.
                severity \(text) NOT NULL,
                open_change \(int) NOT NULL,
                ignored_change \(int) NOT NULL,
                PRIMARY KEY (product, project, day, severity)\(words.clustered);
            INSERT INTO severity_day (product, project, day, severity, open_change, ignored_change)
                SELECT p.product, c.project, c.day, c.severity, CAST(sum(c.opened) AS BIGINT), CAST(sum(c.ignored) AS BIGINT)
                FROM (SELECT a.project AS project, v.severity AS severity, a.created_at / 86400000 AS day, 1 AS opened, 0 AS ignored
                        FROM alert a JOIN vulnerability v ON v.id = a.vulnerability
                        WHERE a.type = 'SECURITY_VULNERABILITY'
                    UNION ALL SELECT a.project, v.severity,
                        CASE WHEN a.state = 'RESOLVED' THEN a.resolved_at ELSE a.modified_at END / 86400000, -1,
                        CASE WHEN a.state = 'RESOLVED' THEN 0 ELSE 1 END
                        FROM alert a JOIN vulnerability v ON v.id = a.vulnerability
                        WHERE a.type = 'SECURITY_VULNERABILITY' AND a.state <> 'OPEN') c
                JOIN project p ON p.id = c.project
                GROUP BY p.product, c.project, c.day, c.severity HAVING sum(c.opened) <> 0 OR sum(c.ignored) <> 0;
            INSERT INTO severity_day (product, project, day, severity, open_change, ignored_change)
                SELECT x.product, 0, x.day, x.severity, CAST(sum(x.open_change) AS BIGINT), CAST(sum(x.ignored_change) AS BIGINT)
                FROM severity_day x GROUP BY x.product, x.day, x.severity
                HAVING sum(x.open_change) <> 0 OR sum(x.ignored_change) <> 0;

            """
                + (words.hasStatisticsToSay
                    ? """
                    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('severity_day', 'severity_day', '1000000 5000 100 5 1');
                    ANALYZE sqlite_schema;

                    """ : "")
    }
}
