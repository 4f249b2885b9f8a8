import Database

extension Report {
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
                columns: Column.alertOfAnyType([
                    .text("", "Ignored By", "coalesce(i.email, 'VEX')", width: 24),
                    .text("comments", "Comments", "a.comments", width: 40),
                    Column("creation_date", "Creation Date", .date, "a.created_at", width: 12),
                    Column("modifiedDate", "Modified Date", .date, "a.modified_at", width: 12),
                    .text("reason", "Reason", "nullif(a.reason, '')", width: 16).omittedWhenNull,
                    .text("justification", "Justification", "nullif(a.justification, '')", width: 24)
                        .omittedWhenNull,
                ]),
                lists: Table.alertLists)
        ])
    )
}
