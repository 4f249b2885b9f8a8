import Database

extension Table {
    /// One flat row for each alert about a vulnerability.
    private static let securitySource: StaticString = """
        scope s JOIN alert a ON a.project = s.project JOIN library l ON l.id = a.library
        JOIN vulnerability v ON v.id = a.vulnerability LEFT JOIN advisory d ON d.id = v.advisory
        LEFT JOIN finding f ON f.library = a.library AND f.vulnerability = a.vulnerability
        WHERE a.type = 'SECURITY_VULNERABILITY'
        """

    /// - Parameter shown: the columns with a heading; keys that they leave out follow.
    fileprivate static func security(title: String, condition: StaticString? = nil, shown: [Column]) -> Table {
        let keys = Set(shown.map(\.key))
        return Table(
            key: "alerts", item: "alert", title: title, from: securitySource, condition: condition,
            order: ["s.project", "a.number"],
            columns: shown + Column.security.filter { !keys.contains($0.key) }.map(\.untitled))
    }
}

extension Column {
    fileprivate static let security: [Column] = [
        .text("vulnerabilityId", "Vulnerability ID", "v.name", width: 20),
        .text("libraryName", "Library", "l.filename", width: 36),
        .text("", "Source File", "''", width: 20),
        .text("product", "Product", "s.product_name"),
        .text("project", "Project", "s.project_name"),
        .severity("severity", "Severity"),
        .text("", "Details", VulnerabilityText.ofAdvisoryD, width: 60),
        Column("score", "CVSS", .real, SeveritySQL.score, width: 8).omittedWhenNull,
        .text(
            "scoreType", "CVSS Type",
            "CASE WHEN v.cvss_version = '' THEN NULL ELSE 'CVSS' || substr(v.cvss_version, 1, 1) END", width: 10
        ).omittedWhenNull,
        .text(
            "status", "Status",
            "CASE a.state WHEN 'OPEN' THEN 'Active' WHEN 'IGNORED' THEN 'Ignored' ELSE 'Resolved' END", width: 10),
        .text(
            "topFix", "Top Fix",
            "coalesce('Upgrade To Version ' || l.artifact || '-' || f.top_fix, v.recommendation)", width: 36),
        .text("comment", "Comments", "a.comments", width: 30),
        .timestamp("creationDate", "Creation Date", "a.created_at"),
        .timestamp("modifiedDate", "Modified Date", "a.modified_at"),
        .text("libraryType", "", "l.type"),
        .text("alertUuid", "", "a.uuid"),
        // Only where a document says whether the vulnerable code is used.
        .text(
            "euaShield", "",
            """
            (SELECT CASE e.state WHEN 'exploitable' THEN 'RED' WHEN 'in_triage' THEN 'YELLOW' ELSE 'GREEN' END
            FROM exposure e JOIN occurrence o ON o.scan = e.scan AND o.position = e.position
            WHERE e.vulnerability = a.vulnerability AND e.scan = s.scan AND e.state <> '' AND o.library = a.library
            ORDER BY e.position LIMIT 1)
            """
        ).omittedWhenNull,
        .text("", "CVSS Version", SeveritySQL.version, width: 12),
        .text("libraryUpgrade", "Library Upgrade", "f.upgrade", width: 18).omittedWhenNull,
    ]
}

extension Report {
    /// Alerts about vulnerabilities, in any state.
    static let securityAlerts = Report(
        name: .prefixed("SecurityAlertsReport", in: .organization, .product, .project).answered(
            as: "SecurityAlertsByVulnerabilityReport"),
        title: "Security Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: [Filter.alertStatus] + Filter.ofAlert,
        body: .tables([.security(title: "Security Alerts", shown: Column.security)])
    )

    /// Alerts about vulnerabilities that have no CVE (yet): what registries and databases warn of before one is given.
    static let earlyWarningsAlerts = Report(
        name: .prefixed("EarlyWarningsAlertReport", in: .organization, .product, .project),
        title: "Early Warning Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: [Filter.alertStatus] + Filter.ofAlert,
        body: .tables([
            .security(
                title: "Early Warning Alerts", condition: "v.type <> 'CVE'",
                shown: [
                    .text("", "Alert Type", "a.type", width: 26),
                    .text("libraryName", "Library", "l.filename", width: 36),
                    .text("libraryType", "Library Type", "l.type", width: 16),
                    .text("vulnerabilityId", "Warning", "v.name", width: 24),
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text(
                        "status", "Status",
                        "CASE a.state WHEN 'OPEN' THEN 'Active' WHEN 'IGNORED' THEN 'Ignored' ELSE 'Resolved' END",
                        width: 10),
                    .timestamp("creationDate", "Creation Date", "a.created_at"),
                    .timestamp("modifiedDate", "Modified Date", "a.modified_at"),
                ])
        ])
    )

    /// Vulnerabilities without a CVE (yet) in the libraries in use.
    static let earlyWarnings = Report(
        name: .prefixed("EarlyWarningsReport", in: .organization, .product, .project),
        title: "Early Warnings",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofVulnerability + Filter.dates("v.published", "warnings that were published"),
        body: .tables([
            Table(
                key: "earlyWarnings", item: "earlyWarning", title: "Early Warnings",
                from: """
                    scope s JOIN exposure e ON e.scan = s.scan
                    JOIN occurrence o ON o.scan = e.scan AND o.position = e.position
                    JOIN vulnerability v ON v.id = e.vulnerability JOIN library l ON l.id = o.library
                    LEFT JOIN advisory a ON a.id = v.advisory WHERE s.scan > 0 AND v.type <> 'CVE'
                    """,
                order: ["s.project", "e.position", "e.vulnerability"],
                columns: [
                    .text("library", "Library", "l.filename", width: 36),
                    .text("libraryType", "Library Type", "l.type", width: 16),
                    .text("name", "Warning", "v.name", width: 24),
                    .text(
                        "source", "Source", "CASE v.organization WHEN 0 THEN 'OSV' ELSE 'SBOM' END", width: 10),
                    Column("publishDate", "Published", .date, VulnerabilityText.published, width: 12).omittedWhenNull,
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text("description", "", VulnerabilityText.ofAdvisoryA),
                ])
        ])
    )

    /// One row for each library of each project that alerts warn of, with how many there are of each severity.
    static let librarySecurityAlerts = Report(
        name: .prefixed("LibrarySecurityAlertsReport", in: .organization, .product, .project).answered(
            as: "SecurityAlertsByLibraryReport"),
        title: "Library Security Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: [
            Filter(
                "status", .choice(["active", "ignored", "resolved"]), "libraries with an alert in this state"
            ) { values in
                """
                EXISTS (SELECT 1 FROM alert b WHERE b.project = a.project AND b.type = a.type
                    AND b.library_uuid = a.library_uuid AND b.state = \(Filter.state(values)))
                """
            }
        ] + Filter.ofLibrary,
        body: .tables([
            Table(
                key: "alerts", item: "alert", title: "Library Security Alerts",
                from: """
                    scope s JOIN alert a ON a.project = s.project JOIN library l ON l.id = a.library
                    WHERE a.type = 'SECURITY_VULNERABILITY' AND NOT EXISTS (SELECT 1 FROM alert b
                        WHERE b.project = a.project AND b.type = a.type AND b.library_uuid = a.library_uuid
                        AND b.number < a.number)
                    """,
                order: ["s.project", "a.number"],
                columns: [
                    .text("libraryName", "Library", "l.filename", width: 36),
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text(
                        "", "Severity",
                        """
                        (SELECT 'critical: ' || count(CASE WHEN w.severity = 'critical' THEN 1 END)
                            || ', high: ' || count(CASE WHEN w.severity = 'high' THEN 1 END)
                            || ', medium: ' || count(CASE WHEN w.severity = 'medium' THEN 1 END)
                            || ', low: ' || count(CASE WHEN w.severity = 'low' THEN 1 END)
                        FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                            AND b.type = a.type AND b.library_uuid = a.library_uuid)
                        """, width: 34
                    ).upToHigh(
                        """
                        (SELECT 'high: ' || count(CASE WHEN w.severity IN ('critical', 'high') THEN 1 END)
                            || ', medium: ' || count(CASE WHEN w.severity = 'medium' THEN 1 END)
                            || ', low: ' || count(CASE WHEN w.severity = 'low' THEN 1 END)
                        FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                            AND b.type = a.type AND b.library_uuid = a.library_uuid)
                        """),
                    .integer(
                        "severity.critical", "",
                        """
                        (SELECT nullif(count(CASE WHEN w.severity = 'critical' THEN 1 END), 0)
                        FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                            AND b.type = a.type AND b.library_uuid = a.library_uuid)
                        """
                    ).upToHigh("NULL").omittedAlone,
                    .integer(
                        "severity.high", "",
                        """
                        (SELECT nullif(count(CASE WHEN w.severity = 'high' THEN 1 END), 0)
                        FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                            AND b.type = a.type AND b.library_uuid = a.library_uuid)
                        """
                    ).upToHigh(
                        """
                        (SELECT nullif(count(CASE WHEN w.severity IN ('critical', 'high') THEN 1 END), 0)
                        FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                            AND b.type = a.type AND b.library_uuid = a.library_uuid)
                        """
                    ).omittedWhenNull,
                    .integer(
                        "severity.medium", "",
                        """
                        (SELECT nullif(count(CASE WHEN w.severity = 'medium' THEN 1 END), 0)
                        FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                            AND b.type = a.type AND b.library_uuid = a.library_uuid)
                        """
                    ).omittedWhenNull,
                    .integer(
                        "severity.low", "",
                        """
                        (SELECT nullif(count(CASE WHEN w.severity = 'low' THEN 1 END), 0)
                        FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                            AND b.type = a.type AND b.library_uuid = a.library_uuid)
                        """
                    ).omittedWhenNull,
                    .integer(
                        "totalAlerts", "Total Alerts",
                        """
                        (SELECT count(*) FROM alert b WHERE b.project = a.project AND b.type = a.type
                            AND b.library_uuid = a.library_uuid)
                        """, width: 12),
                    .integer(
                        "ignoredAlerts", "Ignored Alerts",
                        """
                        (SELECT nullif(count(*), 0) FROM alert b WHERE b.project = a.project AND b.type = a.type
                            AND b.library_uuid = a.library_uuid AND b.state = 'IGNORED')
                        """, width: 14
                    ).omittedWhenNull,
                    .text("libraryType", "Library Type", "l.type", width: 16),
                    .timestamp("creationDate", "Creation Date", "a.created_at"),
                    .timestamp(
                        "modifiedDate", "Modified Date",
                        """
                        (SELECT max(b.modified_at) FROM alert b WHERE b.project = a.project AND b.type = a.type
                            AND b.library_uuid = a.library_uuid)
                        """),
                    .text(
                        "libraryUpgrade", "Library Upgrade",
                        "(SELECT max(f.upgrade) FROM finding f WHERE f.library = a.library)", width: 18
                    ).omittedWhenNull,
                ])
        ])
    )
}
