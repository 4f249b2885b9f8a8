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
                "status", .choice(AlertStatus.words), "libraries with an alert in this state"
            ) { values in
                let state = values.first.flatMap(AlertStatus.init(rawValue:))?.state ?? .open
                // What is resolved has a table of its own.
                return state == .resolved
                    ? nil
                    : "EXISTS (SELECT 1 FROM alert b WHERE \(Warned.ofLibrary) AND b.state = \(state.rawValue))"
            }
        ] + Filter.ofLibrary,
        body: .tables([
            .warnedLibraries(
                "a.state <> 'RESOLVED'",
                replacements: [
                    Replacement(filter: "status", value: "resolved", table: .warnedLibraries("a.state = 'RESOLVED'"))
                ])
        ]),
        isVerdict: true
    )
}

extension Table {
    /// Libraries with alerts about vulnerabilities, what is resolved apart from what is not: a row has the first alert `a` of its
    /// kind and counts those of the same kind. So a severity is never that of a vulnerability which is no more.
    fileprivate static func warnedLibraries(
        _ condition: StaticSQL, replacements: [Replacement] = []
    ) -> Table {
        Table(
            key: "alerts", item: "alert", title: "Library Security Alerts",
            from: """
                scope s JOIN alert a ON a.project = s.project JOIN library l ON l.id = a.library
                WHERE a.type = 'SECURITY_VULNERABILITY' AND NOT EXISTS (SELECT 1 FROM alert b
                    WHERE \(Warned.ofKind) AND b.number < a.number)
                """,
            condition: condition, order: ["s.project", "a.number"],
            urgency: Urgency(
                level: Warned.worst, words: SeveritySQL.places, ties: ["l.filename", "s.project_name"]),
            columns: [
                .libraryFile("libraryName"),
                .text("product", "Product", "s.product_name"),
                .text("project", "Project", "s.project_name"),
                Column("", "Severity", .severity, Warned.worstWord, width: 10).upToHigh(Warned.worstWordUpToHigh),
                .integer("severity.critical", "", Warned.number(of: Warned.critical)).upToHigh("NULL").omittedAlone,
                .integer("severity.high", "", Warned.number(of: Warned.high))
                    .upToHigh(Warned.number(of: Warned.highAndCritical)).omittedWhenNull,
                .integer("severity.medium", "", Warned.number(of: Warned.medium)).omittedWhenNull,
                .integer("severity.low", "", Warned.number(of: Warned.low)).omittedWhenNull,
                .integer("severity.none", "", Warned.number(of: Warned.harmless)).omittedWhenNull,
                .integer(
                    "totalAlerts", "Total Alerts", "(SELECT count(*) FROM alert b WHERE \(Warned.ofKind))", width: 12),
                .integer(
                    "ignoredAlerts", "Ignored Alerts",
                    """
                    (SELECT nullif(count(*), 0) FROM alert b
                    WHERE \(Warned.ofLibrary) AND b.state = 'IGNORED' AND a.state <> 'RESOLVED')
                    """, width: 14
                ).omittedWhenNull,
                .text("libraryType", "Library Type", "l.type", width: 16),
                .timestamp("creationDate", "Creation Date", "a.created_at"),
                .timestamp(
                    "modifiedDate", "Modified Date",
                    "(SELECT max(b.modified_at) FROM alert b WHERE \(Warned.ofKind))"),
                .text(
                    "libraryUpgrade", "Library Upgrade",
                    "(SELECT max(f.upgrade) FROM finding f WHERE f.library = a.library)", width: 18
                ).omittedWhenNull,
                .integer("", "Critical", Warned.number(of: Warned.critical)).upToHigh("NULL"),
                .integer("", "High", Warned.number(of: Warned.high))
                    .upToHigh(Warned.number(of: Warned.highAndCritical)),
                .integer("", "Medium", Warned.number(of: Warned.medium)),
                .integer("", "Low", Warned.number(of: Warned.low)),
            ],
            replacements: replacements,
            printed: [
                "Severity", "Library", "Critical", "High", "Medium", "Low", "Total Alerts", "Ignored Alerts", "Product",
                "Project", "Library Upgrade", "Modified Date",
            ])
    }
}

/// SQL about the alerts `b` of the library that the alert `a` of a row is about, in the same project.
private enum Warned {
    static let ofLibrary: StaticSQL = """
        b.project = a.project AND b.type = a.type AND b.library_uuid = a.library_uuid
        """
    /// The same, of the same kind: resolved ones if `a` is resolved, else the others.
    static let ofKind: StaticSQL = "\(ofLibrary) AND (b.state = 'RESOLVED') = (a.state = 'RESOLVED')"

    // How many alerts of this kind are about a vulnerability `w` of a severity.
    static let critical: StaticSQL = "count(CASE WHEN w.severity = 'critical' THEN 1 END)"
    static let high: StaticSQL = "count(CASE WHEN w.severity = 'high' THEN 1 END)"
    static let highAndCritical: StaticSQL = "count(CASE WHEN w.severity IN ('critical', 'high') THEN 1 END)"
    static let medium: StaticSQL = "count(CASE WHEN w.severity = 'medium' THEN 1 END)"
    static let low: StaticSQL = "count(CASE WHEN w.severity = 'low' THEN 1 END)"
    static let harmless: StaticSQL = "count(CASE WHEN w.severity = 'none' THEN 1 END)"

    /// One of these counts, or null where it is 0.
    static func number(of count: StaticSQL) -> StaticSQL { found("nullif(\(count), 0)") }

    /// The place of the worst severity.
    static let worst: StaticSQL = """
        coalesce((SELECT min(\(SeveritySQL.place)) FROM alert b JOIN vulnerability v ON v.id = b.vulnerability
        WHERE \(ofKind)), 5)
        """

    /// Its word, and the same for API versions that have no `critical`.
    static let worstWord: StaticSQL =
        "CASE \(worst) WHEN 0 THEN 'critical' WHEN 1 THEN 'high' WHEN 2 THEN 'medium' WHEN 3 THEN 'low' WHEN 4 THEN 'none' END"
    static let worstWordUpToHigh: StaticSQL =
        "CASE \(worst) WHEN 0 THEN 'high' WHEN 1 THEN 'high' WHEN 2 THEN 'medium' WHEN 3 THEN 'low' WHEN 4 THEN 'none' END"

    /// A value over the alerts of this kind and their vulnerabilities `w`.
    private static func found(_ value: StaticSQL) -> StaticSQL {
        "(SELECT \(value) FROM alert b JOIN vulnerability w ON w.id = b.vulnerability WHERE \(ofKind))"
    }
}
