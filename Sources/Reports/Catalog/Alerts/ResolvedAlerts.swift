import Database

extension Report {
    /// Alerts whose cause disappeared: the library was removed or upgraded, the advisory was withdrawn, or the policy
    /// changed.
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
                urgency: .ofAlert,
                columns: Column.alertOfAnyType([
                    .text("", "Resolution", "a.resolution", width: 24),
                    Column("creation_date", "Creation Date", .date, "a.created_at", width: 12),
                    Column("", "Resolved Date", .date, "a.resolved_at", width: 12),
                    .integer("", "Duration (days)", "(a.resolved_at - a.created_at) / 86400000", width: 14),
                ]),
                lists: Table.alertLists,
                printed: Column.alertOfAnyTypePrinted("Resolution", "Creation Date", "Resolved Date", "Duration (days)")
            )
        ])
    )
}
