import Database
import Reports

extension Page {
    /// The libraries that were added to a project or removed from it.
    static let history = Page("history", "History", in: [.project]) { visit in
        var list = HistoryList(visit.scope)
        list.after = visit.query("after")
        let events = try list.read(on: visit.connection)
        return Content("History") { html in
            html.section("Libraries that came and went") { html in
                if events.rows.isEmpty { return html.hint("Nothing was uploaded yet.") }
                html.table(
                    "History",
                    [
                        .time("When", \.at),
                        ListColumn("What") { row, html in
                            html.mark(row.isAdded ? "added" : "removed", row.isAdded ? "good" : "quiet")
                        },
                        ListColumn("Library") { row, html in
                            html.link(visit.inOrganization("library", item: row.libraryUUID), row.library)
                        },
                    ] as [ListColumn<HistoryList.Row>], events.rows)
                html.pager(visit.address, next: events.next)
                html.export(visit, "history", type: "ProjectHistoryReport")
            }
        }
    }
}
