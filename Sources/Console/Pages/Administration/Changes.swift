import API
import Bytes
import Database
import Reports

extension Page {
    /// The changes of configuration and metadata with their authors, the newest first.
    static let changes = Page("changes", "Changes", in: [.organization]) { visit in
        var list = ChangeList(visit.scope)
        let (from, until) = (visit.query("fromDate"), visit.query("toDate"))
        list.from = TimeText.milliseconds(from)
        // The whole of the last day.
        list.until = TimeText.milliseconds(until).map { $0 + TimeText.day }
        list.after = visit.query("after")
        let changes = try list.read(on: visit.connection)
        return Content("Changes") { html in
            html.section("The newest first") { html in
                html.filters(visit.address) { html in
                    for (name, label) in [("fromDate", "From"), ("toDate", "To")] {
                        var day = Field(name, label)
                        day.type = "date"
                        day.value = visit.query(name)
                        html.field(day)
                    }
                }
                if changes.rows.isEmpty {
                    return html.hint("Nothing was changed \(from.isEmpty && until.isEmpty ? "yet" : "then").")
                }
                html.table(
                    "Changes",
                    [
                        .time("When", \.at), .text("Who") { $0.email.or("Waybill") },
                        .text("What") { "\($0.kind.spaced) \($0.aspect.spaced)" }, .text("Where", \.place),
                        .text("Before", isWide: true) { $0.before.joined(separator: ", ") },
                        .text("After") { $0.after.joined(separator: ", ") },
                    ] as [ListColumn<ChangeList.Row>], changes.rows)
                html.pager(visit.address, next: changes.next)
                html.export(
                    visit, "these changes", type: "ChangeLogReport",
                    [Address.Field(name: "fromDate", value: from), Address.Field(name: "toDate", value: until)])
            }
        }
    }
}
