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
                // What is resolved has a table of its own.
                values.first == "resolved"
                    ? nil
                    : """
                    EXISTS (SELECT 1 FROM alert b WHERE b.project = a.project AND b.type = a.type
                        AND b.library_uuid = a.library_uuid AND b.state = \(Filter.state(values.first)))
                    """
            }
        ] + Filter.ofLibrary,
        body: .tables([
            .warnedLibraries(
                "a.state <> 'RESOLVED'",
                replacements: [
                    Replacement(filter: "status", value: "resolved", table: .warnedLibraries("a.state = 'RESOLVED'"))
                ])
        ])
    )
}

extension Table {
    /// Libraries with alerts about vulnerabilities, what is resolved apart from what is not: a row has the first alert `a` of its
    /// kind and counts those of the same kind. So a severity is never that of a vulnerability which is no more.
    fileprivate static func warnedLibraries(
        _ condition: StaticString, replacements: [Replacement] = []
    ) -> Table {
        Table(
            key: "alerts", item: "alert", title: "Library Security Alerts",
            from: """
                scope s JOIN alert a ON a.project = s.project JOIN library l ON l.id = a.library
                WHERE a.type = 'SECURITY_VULNERABILITY' AND NOT EXISTS (SELECT 1 FROM alert b
                    WHERE b.project = a.project AND b.type = a.type AND b.library_uuid = a.library_uuid
                    AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED') AND b.number < a.number)
                """,
            condition: condition, order: ["s.project", "a.number"],
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
                        AND b.type = a.type AND b.library_uuid = a.library_uuid
                        AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED'))
                    """, width: 34
                ).upToHigh(
                    """
                    (SELECT 'high: ' || count(CASE WHEN w.severity IN ('critical', 'high') THEN 1 END)
                        || ', medium: ' || count(CASE WHEN w.severity = 'medium' THEN 1 END)
                        || ', low: ' || count(CASE WHEN w.severity = 'low' THEN 1 END)
                    FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                        AND b.type = a.type AND b.library_uuid = a.library_uuid
                        AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED'))
                    """),
                .integer(
                    "severity.critical", "",
                    """
                    (SELECT nullif(count(CASE WHEN w.severity = 'critical' THEN 1 END), 0)
                    FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                        AND b.type = a.type AND b.library_uuid = a.library_uuid
                        AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED'))
                    """
                ).upToHigh("NULL").omittedAlone,
                .integer(
                    "severity.high", "",
                    """
                    (SELECT nullif(count(CASE WHEN w.severity = 'high' THEN 1 END), 0)
                    FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                        AND b.type = a.type AND b.library_uuid = a.library_uuid
                        AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED'))
                    """
                ).upToHigh(
                    """
                    (SELECT nullif(count(CASE WHEN w.severity IN ('critical', 'high') THEN 1 END), 0)
                    FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                        AND b.type = a.type AND b.library_uuid = a.library_uuid
                        AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED'))
                    """
                ).omittedWhenNull,
                .integer(
                    "severity.medium", "",
                    """
                    (SELECT nullif(count(CASE WHEN w.severity = 'medium' THEN 1 END), 0)
                    FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                        AND b.type = a.type AND b.library_uuid = a.library_uuid
                        AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED'))
                    """
                ).omittedWhenNull,
                .integer(
                    "severity.low", "",
                    """
                    (SELECT nullif(count(CASE WHEN w.severity = 'low' THEN 1 END), 0)
                    FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE b.project = a.project
                        AND b.type = a.type AND b.library_uuid = a.library_uuid
                        AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED'))
                    """
                ).omittedWhenNull,
                .integer(
                    "totalAlerts", "Total Alerts",
                    """
                    (SELECT count(*) FROM alert b WHERE b.project = a.project AND b.type = a.type
                        AND b.library_uuid = a.library_uuid
                        AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED'))
                    """, width: 12),
                .integer(
                    "ignoredAlerts", "Ignored Alerts",
                    """
                    (SELECT nullif(count(*), 0) FROM alert b WHERE b.project = a.project AND b.type = a.type
                        AND b.library_uuid = a.library_uuid AND b.state = 'IGNORED' AND a.state <> 'RESOLVED')
                    """, width: 14
                ).omittedWhenNull,
                .text("libraryType", "Library Type", "l.type", width: 16),
                .timestamp("creationDate", "Creation Date", "a.created_at"),
                .timestamp(
                    "modifiedDate", "Modified Date",
                    """
                    (SELECT max(b.modified_at) FROM alert b WHERE b.project = a.project AND b.type = a.type
                        AND b.library_uuid = a.library_uuid
                        AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED'))
                    """),
                .text(
                    "libraryUpgrade", "Library Upgrade",
                    "(SELECT max(f.upgrade) FROM finding f WHERE f.library = a.library)", width: 18
                ).omittedWhenNull,
            ],
            replacements: replacements)
    }
}
