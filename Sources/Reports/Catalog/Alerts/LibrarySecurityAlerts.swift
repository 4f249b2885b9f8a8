import Database

extension Report {
    /// One row for each library of each project that has alerts, with the number of alerts of each severity.
    static let librarySecurityAlerts = Report(
        name: .prefixed("LibrarySecurityAlertsReport", in: .organization, .product, .project).answered(
            as: "SecurityAlertsByLibraryReport"),
        title: "Library Security Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: [
            Filter(
                "status", .choice(AlertStatus.words), "libraries with an alert in this state"
            ) { values in
                let state = values.first.flatMap(AlertStatus.init(rawValue:))?.state ?? .open
                // Resolved alerts have a table of their own.
                return state == .resolved
                    ? nil
                    : "EXISTS (SELECT 1 FROM alert b WHERE \(Warned.ofLibrary) AND b.state = \(state.rawValue))"
            }
        ] + Filter.ofLibrary,
        body: .tables([
            .warnedLibraries(
                "b.state <> 'RESOLVED'",
                replacements: [
                    Replacement(filter: "status", value: "resolved", table: .warnedLibraries("b.state = 'RESOLVED'"))
                ])
        ]),
        isVerdict: true
    )
}

extension Table {
    /// Libraries with alerts about vulnerabilities, with separate rows for resolved alerts and others. A row shows the first
    /// alert `a` of its kind and counts the alerts of this kind. So a row of open alerts never shows the severity of a resolved
    /// one.
    ///
    /// Alerts are grouped once for each project, in the order of `alert_identity`; the groups are then sorted by their first alert.
    /// - Parameter kind: the condition on an alert `b` of the kind.
    fileprivate static func warnedLibraries(
        _ kind: StaticSQL, replacements: [Replacement] = []
    ) -> Table {
        Table(
            key: "alerts", item: "alert", title: "Library Security Alerts",
            from: """
                (\(Warned.groups) AND \(kind) GROUP BY s.project, b.library_uuid) g
                JOIN scope s ON s.project = g.project JOIN alert a ON a.project = g.project AND a.number = g.number
                JOIN library l ON l.id = a.library WHERE a.type = 'SECURITY_VULNERABILITY'
                """,
            order: ["s.project", "a.number"],
            urgency: Urgency(
                level: "g.worst", words: SeveritySQL.places, ties: ["l.filename", "s.project_name"]),
            columns: [
                .libraryFile("libraryName"),
                .text("product", "Product", "s.product_name"),
                .text("project", "Project", "s.project_name"),
                Column("", "Severity", .severity, Warned.worstWord, width: 10).upToHigh(Warned.worstWordUpToHigh),
                .integer("severity.critical", "", Warned.critical).upToHigh("NULL").omittedAlone,
                .integer("severity.high", "", Warned.high).upToHigh(Warned.highAndCritical).omittedWhenNull,
                .integer("severity.medium", "", Warned.medium).omittedWhenNull,
                .integer("severity.low", "", Warned.low).omittedWhenNull,
                .integer("severity.none", "", "nullif(g.harmless, 0)").omittedWhenNull,
                .integer("totalAlerts", "Total Alerts", "g.total", width: 12),
                .integer("ignoredAlerts", "Ignored Alerts", "nullif(g.ignored, 0)", width: 14).omittedWhenNull,
                .text("libraryType", "Library Type", "l.type", width: 16),
                .timestamp("creationDate", "Creation Date", "a.created_at"),
                .timestamp("modifiedDate", "Modified Date", "g.modified_at"),
                .text(
                    "libraryUpgrade", "Library Upgrade",
                    "(SELECT max(f.upgrade) FROM finding f WHERE f.library = a.library)", width: 18
                ).omittedWhenNull,
                .integer("", "Critical", Warned.critical).upToHigh("NULL"),
                .integer("", "High", Warned.high).upToHigh(Warned.highAndCritical),
                .integer("", "Medium", Warned.medium),
                .integer("", "Low", Warned.low),
            ],
            replacements: replacements,
            printed: [
                "Severity", "Library", "Critical", "High", "Medium", "Low", "Total Alerts", "Ignored Alerts", "Product",
                "Project", "Library Upgrade", "Modified Date",
            ])
    }
}

/// SQL about the alerts of a row's library in one project.
private enum Warned {
    /// The alerts `b` of the same library as the alert `a` of a row.
    static let ofLibrary: StaticSQL = """
        b.project = a.project AND b.type = a.type AND b.library_uuid = a.library_uuid
        """

    /// The alerts `b` of the scope about vulnerabilities `v`, for grouping by project and library. The rows are grouped by the
    /// project of `scope s`, whose order SQLite knows. Grouping by `b.project` would sort them.
    static let groups: StaticSQL = """
        SELECT s.project, min(b.number) AS number, count(*) AS total, max(b.modified_at) AS modified_at,
            count(CASE WHEN b.state = 'IGNORED' THEN 1 END) AS ignored,
            count(CASE WHEN v.severity = 'critical' THEN 1 END) AS critical,
            count(CASE WHEN v.severity = 'high' THEN 1 END) AS high,
            count(CASE WHEN v.severity = 'medium' THEN 1 END) AS medium,
            count(CASE WHEN v.severity = 'low' THEN 1 END) AS low,
            count(CASE WHEN v.severity = 'none' THEN 1 END) AS harmless,
            min(\(SeveritySQL.place)) AS worst
        FROM scope s JOIN alert b ON b.project = s.project LEFT JOIN vulnerability v ON v.id = b.vulnerability
        WHERE b.type = 'SECURITY_VULNERABILITY'
        """

    // The number of alerts of a severity in a group `g`; null where it is 0.
    static let critical: StaticSQL = "nullif(g.critical, 0)"
    static let high: StaticSQL = "nullif(g.high, 0)"
    static let highAndCritical: StaticSQL = "nullif(g.high + g.critical, 0)"
    static let medium: StaticSQL = "nullif(g.medium, 0)"
    static let low: StaticSQL = "nullif(g.low, 0)"

    /// The word of the worst severity, and its word in API versions without `critical`.
    static let worstWord: StaticSQL =
        "CASE g.worst WHEN 0 THEN 'critical' WHEN 1 THEN 'high' WHEN 2 THEN 'medium' WHEN 3 THEN 'low' WHEN 4 THEN 'none' END"
    static let worstWordUpToHigh: StaticSQL =
        "CASE g.worst WHEN 0 THEN 'high' WHEN 1 THEN 'high' WHEN 2 THEN 'medium' WHEN 3 THEN 'low' WHEN 4 THEN 'none' END"
}
