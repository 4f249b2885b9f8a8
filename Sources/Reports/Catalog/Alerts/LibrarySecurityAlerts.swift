import Database

extension Report {
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
