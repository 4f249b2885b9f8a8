import Database

extension Report {
    /// Alerts about vulnerabilities that have no CVE (yet), but that registries and databases already list.
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
                    .libraryFile("libraryName"),
                    .text("libraryType", "Library Type", "l.type", width: 16),
                    .vulnerabilityName("vulnerabilityId", "Warning", width: 24),
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text(
                        "status", "Status",
                        "CASE a.state WHEN 'OPEN' THEN 'Active' WHEN 'IGNORED' THEN 'Ignored' ELSE 'Resolved' END",
                        width: 10),
                    .timestamp("creationDate", "Creation Date", "a.created_at"),
                    .timestamp("modifiedDate", "Modified Date", "a.modified_at"),
                    .severity("severity", "Severity"),
                    .vulnerabilityText("", "Details", VulnerabilityText.ofAdvisoryD),
                ],
                printed: [
                    "Severity", "Warning", "Library", "Details", "Product", "Project", "Status", "Creation Date",
                ])
        ]),
        isVerdict: true
    )
}
