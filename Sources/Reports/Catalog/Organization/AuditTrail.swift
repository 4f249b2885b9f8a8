import Database

extension Report {
    /// The audit trail: actions with their users and times. For administrators.
    static let auditTrail: Report = {
        var report = Report(
            name: .plain("AuditTrailReport", in: .organization),
            title: "Audit Trail",
            formats: Format.tabular(first: .json),
            filters: [
                Filter("event", .list(AuditRecord.Event.allCases.map(\.rawValue)), "records of these events") {
                    values in
                    "t.event IN \(SQL.list(values.map { .text($0.uppercased()) }))"
                }
            ] + Filter.dates("t.at", "records of what was done"),
            body: .tables([
                Table(
                    key: "records", item: "record", title: "Audit Trail",
                    from: """
                        realm r JOIN audit t ON t.organization = r.organization LEFT JOIN account u ON u.id = t.account
                        WHERE r.sees_all = 1
                        """,
                    order: ["t.at", "t.id"],
                    columns: [
                        .timestamp("date", "Date", "t.at"),
                        .text("event", "Event", "t.event", width: 14),
                        .text("userEmail", "User Email", "u.email", width: 28).omittedWhenNull,
                        .text("address", "Address", "nullif(t.address, '')", width: 18).omittedWhenNull,
                        .text("door", "Door", "nullif(t.door, '')", width: 10).omittedWhenNull,
                        .text("request", "Request", "nullif(t.call, '')", width: 26).omittedWhenNull,
                        .text("subject", "Subject", "nullif(t.subject, '')", width: 36).omittedWhenNull,
                        .text("detail", "Detail", "nullif(t.detail, '')", width: 40).omittedWhenNull,
                        .integer("count", "Count", "t.times"),
                    ])
            ]))
        report.isTrail = true
        return report
    }()
}
