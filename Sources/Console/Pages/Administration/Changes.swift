import API
import Database
import Reports

extension Page {
    /// The changes of configuration and metadata with their authors, the newest first.
    static let changes = Page("changes", "Changes", in: [.organization]) { visit in
        var list = ChangeList(visit.scope)
        list.after = visit.query("after")
        let changes = try list.read(on: visit.connection)
        return Content("Changes") { html in
            html.section("The newest first") { html in
                if changes.rows.isEmpty { return html.hint("Nothing was changed yet.") }
                html.table(
                    "Changes",
                    [
                        .time("When", \.at), .text("Who") { $0.email.or("Waybill") },
                        .text("What") { "\($0.kind.spaced) \($0.aspect.spaced)" }, .text("Where", \.place),
                        .text("Before", isWide: true) { $0.before.joined(separator: ", ") },
                        .text("After") { $0.after.joined(separator: ", ") },
                    ] as [ListColumn<ChangeList.Row>], changes.rows)
                html.pager(visit.address, next: changes.next)
                html.export(visit, "change log", type: "ChangeLogReport")
            }
        }
    }
}
