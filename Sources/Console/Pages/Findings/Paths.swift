import Database
import Inventory
import Reports

extension Page {
    /// How each library of a project was added.
    static let paths = Page("paths", "Dependency paths", in: [.project]) { visit in
        var list = PathList(visit.scope)
        list.name = visit.query("name")
        list.after = visit.query("after")
        let libraries = try list.read(on: visit.connection)
        let hasGraph = try PathList.hasGraph(visit.scope, on: visit.connection)
        return Content("Dependency paths") { html in
            html.section("The shortest way to each library") { html in
                if !hasGraph {
                    html.element("p", ("class", "basis weak")) {
                        $0.text("The document does not say what needs what: how a library got here is not known.")
                    }
                }
                html.search(visit, "Part of the name")
                if libraries.rows.isEmpty {
                    return html.hint(list.name.isEmpty ? "There are no libraries." : "No library has this in its name.")
                }
                html.table("Dependency paths", pathColumns(visit), libraries.rows)
                html.pager(visit.address, next: libraries.next)
                html.export(visit, "SBOM with all dependencies", type: "ProjectSBOMReport")
            }
        }
    }

    private static func pathColumns(_ visit: Visit) -> [ListColumn<PathList.Row>] {
        [
            ListColumn("Library") { row, html in
                html.link(visit.inOrganization("library", item: row.uuid), row.name)
                if !row.version.isEmpty { html.element("span", ("class", "hint"), text: " \(row.version)") }
            },
            ListColumn("How it got there") { row, html in
                guard let path = row.path else {
                    return html.mark(row.directness == .direct ? "direct" : "not known", "quiet")
                }
                if path.count == 1 { return html.text("directly") }
                html.element("ol", ("class", "way")) { html in
                    for step in path { html.element("li", text: step) }
                }
            },
            ListColumn("Steps", isNumber: true, isWide: true) { row, html in
                if let path = row.path { html.text("\(path.count)") }
            },
            .number("Open alerts", \.alerts),
        ]
    }
}
