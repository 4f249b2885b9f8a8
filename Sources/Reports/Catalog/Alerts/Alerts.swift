import Database
import Inventory

extension Report {
    /// What is open and somebody should decide.
    static let alerts = Report(
        name: .prefixed("AlertsReport", in: .organization, .product, .project).answered(as: "AlertsReport"),
        title: "Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofAlert + [
            Filter(
                "alertType", .choice(AlertType.allCases.map(\.rawValue)), "alerts of this type alone"
            ) { values in "a.type = \((values.first ?? "").uppercased())" }
        ],
        body: .tables([
            Table(
                key: "alerts", item: "alert", title: "Alerts",
                from: Table.alertSource, condition: "a.state = 'OPEN'",
                order: ["s.project", "a.number"],
                columns: Column.alert([
                    .text("type", "Type", "a.type", width: 28),
                    .text("level", "Level", "a.level", width: 10),
                    .text("", "Library", "l.filename", width: 36),
                    .text("", "Library Type", "l.type", width: 16),
                    .text("description", "Description", "a.description", width: 40),
                    .text("", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .directDependency("Direct Dependency", "nullif(a.direct, -1)"),
                    Column("creation_date", "Creation Date", .date, "a.created_at", width: 12),
                    Column("modifiedDate", "Modified Date", .date, "a.modified_at", width: 12),
                ]),
                lists: Table.alertLists)
        ])
    )

    /// What somebody, or a VEX statement, decided to ignore.
    static let ignoredAlerts = Report(
        name: .prefixed("IgnoreAlertsReport", in: .organization, .product, .project).answered(
            as: "IgnoredAlertsReport"),
        title: "Ignored Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofAlert,
        body: .tables([
            Table(
                key: "alerts", item: "alert", title: "Ignored Alerts",
                from: Table.alertSource, condition: "a.state = 'IGNORED'",
                order: ["s.project", "a.number"],
                columns: Column.alert([
                    .text("type", "Type", "a.type", width: 28),
                    .text("level", "Level", "a.level", width: 10),
                    .text("", "Library", "l.filename", width: 36),
                    .text("", "Library Type", "l.type", width: 16),
                    .text("description", "Description", "a.description", width: 40),
                    .text("", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text("", "Ignored By", "coalesce(i.email, 'VEX')", width: 24),
                    .text("comments", "Comments", "a.comments", width: 40),
                    Column("creation_date", "Creation Date", .date, "a.created_at", width: 12),
                    Column("modifiedDate", "Modified Date", .date, "a.modified_at", width: 12),
                    .text("reason", "Reason", "nullif(a.reason, '')", width: 16).omittedWhenNull,
                    .text("justification", "Justification", "nullif(a.justification, '')", width: 24).omittedWhenNull,
                ]),
                lists: Table.alertLists)
        ])
    )

    /// What is no more: the library left or was upgraded, the advisory was withdrawn, the policy changed.
    static let resolvedAlerts = Report(
        name: .prefixed("ResolvedAlertsReport", in: .organization, .product, .project).answered(
            as: "ResolvedAlertsReport"),
        title: "Resolved Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofAlert,
        body: .tables([
            Table(
                key: "alerts", item: "alert", title: "Resolved Alerts",
                from: Table.alertSource, condition: "a.state = 'RESOLVED'",
                order: ["s.project", "a.number"],
                columns: Column.alert([
                    .text("type", "Type", "a.type", width: 28),
                    .text("level", "Level", "a.level", width: 10),
                    .text("", "Library", "l.filename", width: 36),
                    .text("", "Library Type", "l.type", width: 16),
                    .text("description", "Description", "a.description", width: 40),
                    .text("", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text("", "Resolution", "a.resolution", width: 24),
                    Column("creation_date", "Creation Date", .date, "a.created_at", width: 12),
                    Column("", "Resolved Date", .date, "a.resolved_at", width: 12),
                    .integer("", "Duration (days)", "(a.resolved_at - a.created_at) / 86400000", width: 14),
                ]),
                lists: Table.alertLists)
        ])
    )

    /// All that is about licences, policies and versions rather than vulnerabilities.
    static let licenseAndComplianceAlerts = Report(
        name: .prefixed("LicenseAndComplianceAlertReport", in: .organization, .product, .project),
        title: "License and Compliance Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: [Filter.alertStatus] + Filter.ofAlert,
        body: .tables([
            Table(
                key: "alerts", item: "alert", title: "License and Compliance",
                from: Table.alertSource, condition: "a.type <> 'SECURITY_VULNERABILITY'",
                order: ["s.project", "a.number"],
                columns: Column.alert([
                    .text("type", "Alert Type", "a.type", width: 28),
                    .text("", "Library", "l.filename", width: 36),
                    .text("", "Library Type", "l.type", width: 16),
                    .text("description", "Description", "a.description", width: 40),
                    .names("", "Licenses", item: "license", name: "", "l.licenses"),
                    .text("", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text("status", "Status", "a.state", width: 12),
                    Column("creation_date", "Creation Date", .date, "a.created_at", width: 12),
                    Column("modifiedDate", "Modified Date", .date, "a.modified_at", width: 12),
                    .text("comments", "Comments", "a.comments", width: 40),
                ]),
                lists: Table.alertLists)
        ])
    )
}
