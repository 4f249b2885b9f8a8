import Database

extension Report {
    /// Alerts about vulnerabilities, in any state.
    static let securityAlerts = Report(
        name: .prefixed("SecurityAlertsReport", in: .organization, .product, .project).answered(
            as: "SecurityAlertsByVulnerabilityReport"),
        title: "Security Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: [Filter.alertStatus] + Filter.ofAlert,
        body: .tables([
            .security(
                title: "Security Alerts", shown: Column.security,
                printed: [
                    "Severity", "Vulnerability ID", "Library", "Details", "Product", "Project", "Status", "Top Fix",
                    "CVSS",
                    "Exploited", "EPSS", "Creation Date", "Comments",
                ])
        ]),
        isVerdict: true
    )
}
