import Database
import Inventory

extension Report {
    /// Open alerts, which await a decision.
    static let alerts = Report(
        name: .prefixed("AlertsReport", in: .organization, .product, .project).answered(as: "AlertsReport"),
        title: "Alerts",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofAlert + [
            Filter(
                "alertType", .list(AlertType.allCases.map(\.rawValue)), "alerts of these types alone"
            ) { values in "a.type IN \(SQL.list(values.map { .text($0.uppercased()) }))" }
        ],
        body: .tables([
            Table(
                key: "alerts", item: "alert", title: "Alerts",
                from: Table.alertSource, condition: "a.state = 'OPEN'",
                order: ["s.project", "a.number"],
                urgency: .ofAlert,
                columns: Column.alertOfAnyType([
                    .directDependency("Direct Dependency", "nullif(a.direct, -1)"),
                    Column("creation_date", "Creation Date", .date, "a.created_at", width: 12),
                    Column("modifiedDate", "Modified Date", .date, "a.modified_at", width: 12),
                ]),
                lists: Table.alertLists,
                printed: Column.alertOfAnyTypePrinted("Top Fix", "Direct Dependency", "Creation Date"))
        ]),
        isVerdict: true
    )
}
