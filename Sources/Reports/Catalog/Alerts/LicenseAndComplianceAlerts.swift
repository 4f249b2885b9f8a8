import Database

extension Report {
    /// Alerts about licences, policies and versions rather than vulnerabilities.
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
                urgency: .ofAlert,
                columns: Column.alert([
                    .alertType("type", "Alert Type"),
                    .libraryFile(""),
                    .text("", "Library Type", "l.type", width: 16),
                    .alertDescription("Description"),
                    .names("", "Licenses", item: "license", name: "", "l.licenses"),
                    .text("", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text("status", "Status", "a.state", width: 12),
                    Column("creation_date", "Creation Date", .date, "a.created_at", width: 12),
                    Column("modifiedDate", "Modified Date", .date, "a.modified_at", width: 12),
                    .text("comments", "Comments", "nullif(a.comments, '')", width: 40).omittedWhenNull,
                ]),
                lists: Table.alertLists,
                printed: [
                    "Alert Type", "Library", "Library Type", "Description", "Licenses", "Product", "Project", "Status",
                    "Creation Date", "Comments",
                ])
        ])
    )
}
