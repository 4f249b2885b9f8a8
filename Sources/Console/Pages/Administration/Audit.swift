import API
import Database

extension Page {
    /// The audit records of the organization, the newest first.
    static let audit = Page("audit", "Audit", in: [.organization], for: .administrator, with: .administer) { visit in
        try visit.access.require(
            Need(.administrator, with: .administer, for: "the audit trail"), inProduct: nil)
        var wanted = AuditTrail.Wanted(organization: visit.scope.organization, limit: auditLimit)
        wanted.event = AuditRecord.Event(rawValue: visit.query("event"))
        if let cursor = AuditCursor(visit.query("after")) { wanted.before = (cursor.time, cursor.id) }
        let records = try AuditTrail.list(wanted, on: visit.connection)
        let next =
            records.count == auditLimit
            ? records.last.map { AuditCursor(time: $0.time, id: $0.id).text } : nil
        return Content("Audit trail") { html in
            html.filters(visit.address) { html in
                var event = Field("event", "Event")
                event.choices =
                    [Choice("", "all")] + AuditRecord.Event.allCases.map { Choice($0.rawValue, $0.rawValue) }
                event.value = visit.query("event")
                html.field(event)
            }
            if records.isEmpty { return html.hint("There is nothing before.") }
            html.table(
                "Audit trail",
                [
                    .time("When", \.time), .text("Event", \.event.rawValue), .text("Who", \.email),
                    .text("From", isWide: true, \.origin.address), .text("Request", isWide: true, \.origin.call),
                    .text("About", \.subject), .text("Detail", \.detail),
                ], records)
            html.pager(visit.address, next: next)
            html.export(
                visit, "these records", type: "AuditTrailReport",
                [Address.Field(name: "event", value: wanted.event?.rawValue ?? "")])
        }
    }

    /// The audit records on a page.
    private static let auditLimit = 200
}
