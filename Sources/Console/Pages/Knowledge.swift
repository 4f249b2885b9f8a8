import API
import Database

extension Page {
    /// The sources of knowledge, their age and their coverage.
    static let knowledge = Page("knowledge", "Knowledge", in: [.organization]) { visit in
        let feeds = try FeedState.all(on: visit.connection)
        let basis = try visit.totals().basis
        let isOperator = visit.may(.administrator, with: .administer)
        return Content("Knowledge") { html in
            html.section("What verdicts rest on") { html in
                html.basis(basis)
                if !basis.ecosystems.isEmpty {
                    html.table(
                        "Ecosystems of the libraries in use",
                        [
                            .text("Ecosystem", \.name), .number("Components") { Int64($0.libraries) },
                            .number("Records") { Int64($0.records) }, .time("Newest record", \.newest),
                            .time("Last looked at", \.read),
                        ] as [ListColumn<Basis.Ecosystem>], basis.ecosystems)
                }
                if !basis.gaps.isEmpty {
                    html.element("h3", text: "Without advisories")
                    html.table(
                        "Without advisories",
                        [.text("Ecosystem", \.name), .number("Components") { Int64($0.libraries) }]
                            as [ListColumn<Basis.Gap>], Array(basis.gaps.prefix(100)))
                }
            }
            html.section("Sources") { html in
                if feeds.isEmpty {
                    return html.hint("None was looked at yet: the operator runs waybill update, or imports advisories.")
                }
                html.table(
                    "Sources",
                    [
                        .text("Source", \.name),
                        ListColumn("State") { feed, html in
                            html.mark(feed.isFailing ? "fails" : "current", feed.isFailing ? "bad" : "good")
                            // Only people who can remove the cause see the reason.
                            if feed.isFailing, isOperator { html.text(" \(feed.error)") }
                        },
                        .number("Records", \.records), .time("Looked at", \.checked),
                        .time("Changed", isWide: true, \.updated),
                        ListColumn("Newest record", isWide: true) { feed, html in html.time(feed.newest ?? 0) },
                    ] as [ListColumn<FeedState>], feeds)
            }
        }
    }
}
