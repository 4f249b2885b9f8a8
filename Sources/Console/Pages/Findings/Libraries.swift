import Database
import Inventory
import Reports

extension Page {
    /// The libraries of a project.
    static let libraries = Page("libraries", "Libraries", in: [.project]) { visit in
        var list = LibraryList(visit.scope)
        list.name = visit.query("name")
        list.isDirectOnly = visit.query("only") == "direct"
        list.after = visit.query("after")
        let libraries = try list.read(on: visit.connection)
        let basis = try visit.totals().basis
        return Content("Libraries") { html in
            html.section("In the order of the document") { html in
                html.filters(visit.address) { html in
                    var name = Field("name", "Part of the name")
                    name.value = visit.query("name")
                    name.type = "search"
                    html.field(name)
                    var only = Field("only", "Which")
                    only.choices = [Choice("", "all"), Choice("direct", "direct dependencies")]
                    only.value = visit.query("only")
                    html.field(only)
                }
                if libraries.rows.isEmpty { return html.hint("There are none.") }
                html.table("Libraries", ListColumn<LibraryList.Row>.libraries(visit), libraries.rows)
                html.pager(visit.address, next: libraries.next)
                html.basis(basis)
                html.export(
                    visit, "these libraries", type: "ProjectInventoryReport",
                    [
                        Address.Field(name: "libraryPart", value: list.name),
                        Address.Field(name: "directOnly", value: list.isDirectOnly ? "true" : ""),
                    ])
            }
        }
    }
}

extension ListColumn where Row == LibraryList.Row {
    fileprivate static func libraries(_ visit: Visit) -> [ListColumn] {
        [
            ListColumn("Library") { row, html in
                html.link(visit.inOrganization("library", item: row.uuid), row.name)
            },
            ListColumn("Version") { row, html in
                if row.version.isEmpty { return html.mark("not known", "quiet") }
                html.text(row.version)
                if let newest = row.newest { html.element("span", ("class", "hint"), text: " (newest: \(newest))") }
            },
            .text("Kind", isWide: true, \.type),
            ListColumn("Licences") { row, html in
                if row.licenses.isEmpty { return html.mark("not known", "quiet") }
                html.licences(row.licenses, visit)
            },
            .text("How", isWide: true) { row in
                switch row.directness {
                case .direct: "direct"
                case .transitive: "through others"
                case .unknown: ""
                }
            },
            ListColumn("Open alerts", isNumber: true) { row, html in
                if row.alerts == 0, !row.isAssessed { return html.mark("not assessed", "bad") }
                html.text(Words.number(row.alerts))
            },
        ]
    }
}
