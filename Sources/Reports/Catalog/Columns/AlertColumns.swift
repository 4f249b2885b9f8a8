import Database

// DESIGN. The reports on alerts share one form of row in JSON, that of Mend's call `getOrganizationAlerts`, under different
// headings. This file defines the row once; `untitled` columns appear in JSON and XML alone.

extension Table {
    /// The rows of tables of alerts: the alert with its library and its vulnerability. A condition on the state
    /// follows.
    static let alertSource: StaticSQL = """
        scope s JOIN alert a ON a.project = s.project JOIN library l ON l.id = a.library
        LEFT JOIN vulnerability v ON v.id = a.vulnerability \(AlertSQL.finding)
        \(AlertSQL.fix) LEFT JOIN account i ON i.id = a.ignored_by WHERE s.scan >= 0
        """

    /// The lists below an alert: licences and fixes.
    static let alertLists: [Table] = [
        Table(
            key: "library.licenses", item: "license", title: "Licenses",
            from: """
                scope s JOIN alert a ON a.project = s.project JOIN library_license x ON x.library = a.library
                JOIN license n ON n.id = x.license WHERE s.scan >= 0
                """,
            order: ["s.project", "a.number", "x.position"],
            columns: [
                .text("name", "", "n.name"),
                .text("spdxName", "", LicenseSQL.identifier).omittedWhenNull,
                .link("url", "", "n.url"),
            ] + Column.licenseProfile + [
                .names("references", "", item: "reference", name: "reference", "''")
            ]),
        Table(
            key: "vulnerability.allFixes", item: "fix", title: "All Fixes",
            from: """
                scope s JOIN alert a ON a.project = s.project
                JOIN finding_fix x ON x.library = a.library AND x.vulnerability = a.vulnerability
                JOIN vulnerability v ON v.id = x.vulnerability JOIN library l ON l.id = a.library
                JOIN advisory d ON d.id = x.advisory WHERE s.scan >= 0
                """,
            order: ["s.project", "a.number", "x.position"],
            columns: [
                .text("vulnerability", "", "v.name"),
                .text("type", "", "'UPGRADE_VERSION'"),
                .text("origin", "", "'OSV'"),
                .text("url", "", "'https://osv.dev/vulnerability/' || d.name"),
                .text("fixResolution", "", "'Upgrade To Version ' || l.artifact || '-' || x.version"),
                Column("date", "", .date, "d.modified", width: 12),
                .text("message", "", "'Upgrade To Version'"),
            ]),
    ]
}

extension Column {
    /// The author and state of a statement that contradicts a person's decision; left out if no statement does.
    static let contested: Column = .text(
        "contested", "",
        """
        (SELECT d.author || ': ' || x.state FROM vex_statement x JOIN vex_document d ON d.id = x.document
        WHERE x.id = a.contested AND a.contested <> 0)
        """
    ).omittedWhenNull

    /// Whether the library is a direct dependency; left out if unknown.
    static func directDependency(_ title: String, _ sql: StaticSQL) -> Column {
        .boolean("directDependency", title, sql, width: 18).omittedWhenNull
    }

    /// The members of each report on alerts in JSON that have no heading: `type`, `level`, `description`, `project`,
    /// `directDependency`, `creation_date`, `modifiedDate` and others.
    static func alert(_ shown: [Column]) -> [Column] {
        let keys = Set(shown.map(\.key))
        return shown + all.filter { !keys.contains($0.key) }
    }

    /// As `alert`, for a report that begins with the type, the level, the library and its place. The last columns hold the
    /// facts about the vulnerability, if the alert is about one.
    static func alertOfAnyType(_ others: [Column]) -> [Column] {
        alert(head + others) + [
            .severity("", "Severity"), .vulnerabilityName(""), .text("", "Top Fix", VulnerabilityText.fix, width: 36),
        ]
    }

    /// The headings on the pages of a report with the columns of `alertOfAnyType`, followed by `others`.
    static func alertOfAnyTypePrinted(_ others: String...) -> [String] {
        ["Severity", "Type", "Vulnerability ID", "Library", "Description", "Product", "Project"] + others
    }

    /// The type of an alert; on pages in words.
    static func alertType(_ key: String, _ title: String) -> Column {
        .text(key, title, "a.type", width: 28).printed("lower(replace(a.type, '_', ' '))")
    }

    private static let head: [Column] = [
        .alertType("type", "Type"),
        .text("level", "Level", "a.level", width: 10),
        .libraryFile(""),
        .text("", "Library Type", "l.type", width: 16),
        .alertDescription("Description"),
        .text("", "Product", "s.product_name"),
        .text("project", "Project", "s.project_name"),
    ]

    private static let all: [Column] =
        alertVulnerability + library + [
            .text("type", "", "a.type"),
            .text("level", "", "a.level"),
            .text("project", "", "s.project_name"),
            .integer("projectId", "", "s.project"),
            .text("projectToken", "", "s.project_token"),
            .directDependency("", "nullif(a.direct, -1)"),
            .alertDescription(""),
            Column("date", "", .date, "a.created_at", width: 12),
            Column("modifiedDate", "", .date, "a.modified_at", width: 12),
            .text("status", "", "a.state"),
            .text("comments", "", "nullif(a.comments, '')").omittedWhenNull,
            .integer("time", "", "a.created_at"),
            Column("creation_date", "", .date, "a.created_at", width: 12),
            .text("alertUuid", "", "a.uuid"),
            .contested,
        ]

    /// Left out of alerts that are not about a vulnerability.
    private static let alertVulnerability: [Column] =
        alertVulnerabilityFacts + exploitation(under: "vulnerability.").map(\.untitled)

    private static let alertVulnerabilityFacts: [Column] = [
        .text("vulnerability.name", "", "v.name").omittedWhenNull,
        .text("vulnerability.type", "", "v.type"),
        .severity("vulnerability.severity", ""),
        Column("vulnerability.score", "", .real, SeveritySQL.score, width: 8).omittedWhenNull,
        .text("vulnerability.cvss3_severity", "", "lower(\(SeveritySQL.word3))")
            .upToHigh("replace(lower(\(SeveritySQL.word3)), 'critical', 'high')")
            .omittedWhenNull,
        Column("vulnerability.cvss3_score", "", .real, SeveritySQL.score3Number, width: 8).omittedWhenNull,
        .text("vulnerability.scoreMetadataVector", "", SeveritySQL.vector3).omittedWhenNull,
        Column("vulnerability.publishDate", "", .date, VulnerabilityText.published, width: 12).omittedWhenNull,
        Column("vulnerability.lastUpdated", "", .date, VulnerabilityText.modified, width: 12).omittedWhenNull,
        .link("vulnerability.url", "", "v.url"),
        .text("vulnerability.description", "", VulnerabilityText.ofAdvisoryD),
        .text("vulnerability.topFix.vulnerability", "", "CASE WHEN f.top_fix IS NULL THEN NULL ELSE v.name END")
            .omittedWhenNull,
        .text("vulnerability.topFix.type", "", "'UPGRADE_VERSION'"),
        .text("vulnerability.topFix.origin", "", "'OSV'"),
        .text("vulnerability.topFix.url", "", "'https://osv.dev/vulnerability/' || t.name"),
        .text("vulnerability.topFix.fixResolution", "", "'Upgrade To Version ' || l.artifact || '-' || f.top_fix"),
        Column("vulnerability.topFix.date", "", .date, "t.modified", width: 12),
        .text("vulnerability.topFix.message", "", "'Upgrade To Version'"),
        .text("vulnerability.fixResolutionText", "", VulnerabilityText.fix).omittedWhenNull,
        .text("vulnerability.libraryUpgrade", "", "f.upgrade").omittedWhenNull,
        .names("vulnerability.references", "", item: "reference", name: "", "''"),
    ]

    private static let library: [Column] = [
        .text("library.keyUuid", "", "l.uuid"),
        .integer("library.keyId", "", "l.key_id"),
        .text("library.filename", "", "l.filename"),
        .text("library.type", "", "l.type"),
        .text("library.languages", "", "l.type"),
        .text("library.description", "", "nullif(l.description, '')").omittedWhenNull,
        .link("library.references.url", "", "l.download_url"),
        .link("library.references.homePage", "", "nullif(l.homepage, '')").omittedWhenNull,
        .text("library.sha1", "", LibrarySQL.sha1).omittedWhenNull,
        .text("library.name", "", "l.artifact"),
        .text("library.artifactId", "", MendCoordinates.artifact),
        .text("library.version", "", LibrarySQL.version).omittedWhenNull,
        .text("library.groupId", "", LibrarySQL.group).omittedWhenNull,
    ]
}

extension Filter {
    /// Filters of alerts by time and by subject.
    static let ofAlert = dates("a.created_at", "alerts that were raised") + ofVulnerability

    /// Mend's words for the states of an alert.
    static let alertStatus = Filter(
        "status", .list(AlertStatus.words), "alerts in one of these states; all when it is not given"
    ) { values in
        "a.state IN \(SQL.list(values.compactMap(AlertStatus.init(rawValue:)).map { .text($0.state.rawValue) }))"
    }
}

/// The states of an alert in the spelling of the filter `status`.
enum AlertStatus: String, CaseIterable {
    case active, ignored, resolved

    static let words = allCases.map(\.rawValue)

    /// The state in the model of alerts.
    var state: AlertState {
        switch self {
        case .active: .open
        case .ignored: .ignored
        case .resolved: .resolved
        }
    }
}
