import Database

extension Table {
    /// One flat row for each alert about a vulnerability.
    private static let securitySource: StaticSQL = """
        scope s JOIN alert a ON a.project = s.project JOIN library l ON l.id = a.library
        JOIN vulnerability v ON v.id = a.vulnerability \(AlertSQL.finding)
        WHERE a.type = 'SECURITY_VULNERABILITY'
        """

    /// The alerts of the reports on vulnerabilities, flat.
    ///
    /// - Parameters:
    ///   - shown: the columns with a heading. The columns of `Column.security` with other keys follow, without a heading.
    ///   - printed: the headings of the pages.
    static func security(
        title: String, condition: StaticSQL? = nil, shown: [Column], printed: [String]
    ) -> Table {
        let keys = Set(shown.map(\.key))
        return Table(
            key: "alerts", item: "alert", title: title, from: securitySource, condition: condition,
            order: ["s.project", "a.number"],
            urgency: .ofVulnerability,
            columns: shown + Column.security.filter { !keys.contains($0.key) }.map(\.untitled), printed: printed)
    }
}

extension Column {
    /// The columns of reports on alerts about vulnerabilities.
    static let security: [Column] = alertAndVulnerability + exploitation()

    private static let alertAndVulnerability: [Column] = [
        .vulnerabilityName("vulnerabilityId"),
        .libraryFile("libraryName"),
        .text("", "Source File", "''", width: 20),
        .text("product", "Product", "s.product_name"),
        .text("project", "Project", "s.project_name"),
        .severity("severity", "Severity"),
        .vulnerabilityText("", "Details", VulnerabilityText.ofAdvisoryD),
        Column("score", "CVSS", .real, SeveritySQL.score, width: 8).omittedWhenNull,
        .text(
            "scoreType", "CVSS Type",
            "CASE WHEN v.cvss_version = '' THEN NULL ELSE 'CVSS' || substr(v.cvss_version, 1, 1) END", width: 10
        ).omittedWhenNull,
        .text(
            "status", "Status",
            "CASE a.state WHEN 'OPEN' THEN 'Active' WHEN 'IGNORED' THEN 'Ignored' ELSE 'Resolved' END", width: 10),
        .text("topFix", "Top Fix", VulnerabilityText.fix, width: 36).omittedWhenNull,
        .text("comment", "Comments", "nullif(a.comments, '')", width: 30).omittedWhenNull,
        .timestamp("creationDate", "Creation Date", "a.created_at"),
        .timestamp("modifiedDate", "Modified Date", "a.modified_at"),
        .text("libraryType", "", "l.type"),
        .text("alertUuid", "", "a.uuid"),
        // Left out unless a document states whether the vulnerable code is used.
        .text(
            "euaShield", "",
            """
            (SELECT CASE e.state WHEN 'exploitable' THEN 'RED' WHEN 'in_triage' THEN 'YELLOW' ELSE 'GREEN' END
            FROM exposure e JOIN occurrence o ON o.scan = e.scan AND o.position = e.position
            WHERE e.vulnerability = a.vulnerability AND e.scan = s.scan AND e.state <> '' AND o.library = a.library
            ORDER BY e.position LIMIT 1)
            """
        ).omittedWhenNull,
        .contested,
        .text("", "CVSS Version", SeveritySQL.version, width: 12),
        .text("libraryUpgrade", "Library Upgrade", "f.upgrade", width: 18).omittedWhenNull,
    ]
}
