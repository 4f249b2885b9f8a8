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

    /// The licences of a project.
    static let licences = Page("licences", "Licences", in: [.project]) { visit in
        let list = try LicenseUse.read(visit.scope, on: visit.connection)
        return Content("Licences") { html in
            html.section("Licences in effect") { html in
                if list.unknown > 0 {
                    html.element("p", ("class", "basis weak")) {
                        $0.text(
                            "\(Words.count(list.unknown, "component")) \(list.unknown == 1 ? "has" : "have") no known licence."
                        )
                    }
                }
                if list.rows.isEmpty { return html.hint("No licence is known.") }
                html.table(
                    "Licences",
                    [
                        ListColumn("Licence") { row, html in
                            html.link(visit.inOrganization("licence", item: row.spdx.or(row.name)), row.name)
                        },
                        .text("SPDX", \.spdx),
                        ListColumn("Kind") { row, html in
                            guard let family = row.family else { return html.mark("not known", "quiet") }
                            html.text(family.rawValue)
                        },
                        .text("Type", isWide: true, \.type),
                        .number("Components", \.libraries),
                    ] as [ListColumn<LicenseUse.Row>], list.rows)
                if list.rows.count == LicenseUse.limit { html.hint("More licences are in the report.") }
                html.export(visit, "licences", type: "ProjectLicensesReport")
                html.export(visit, "due diligence", type: "ProjectDueDiligenceReport")
            }
        }
    }

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

    /// One library: its versions in use, and the projects that have this one.
    static let library = Page("library", "", in: [.organization]) { visit in
        let found = try LibraryUse.find(visit.address.item, in: visit.scope, on: visit.connection)
        guard let library = found else { throw LostPage("No project that you see has this library.") }
        let versions = try library.versions(in: visit.scope, on: visit.connection)
        let projects = try library.projects(in: visit.scope, after: visit.query("after"), on: visit.connection)
        return Content(library.name) { html in
            html.section("What it is") { html in
                if !library.description.isEmpty {
                    html.element("p", ("class", "prose"), text: String(library.description.prefix(2000)))
                }
                html.facts([
                    ("Version", library.version), ("Newest version", library.newest ?? ""), ("Group", library.group),
                    ("Kind", library.type), ("Package URL", library.purl),
                    ("Licence", library.expression.or(library.licenses.joined(separator: ", ")).or("not known")),
                ])
                if !library.licenses.isEmpty {
                    html.element("p") { html in
                        html.text("Licences: ")
                        html.licences(library.licenses, visit)
                    }
                }
                if !library.homepage.isEmpty { html.element("p") { $0.outside(library.homepage, library.homepage) } }
            }
            html.section("Versions in use") { html in
                html.table(
                    "Versions in use",
                    [
                        ListColumn("Version") { row, html in
                            let version = row.version.or("no version")
                            if row.uuid == library.uuid { return html.text("\(version) (this one)") }
                            html.link(visit.inOrganization("library", item: row.uuid), version)
                        },
                        .number("Projects", \.projects),
                    ] as [ListColumn<LibraryUse.Version>], versions)
                if versions.count == LibraryUse.versionLimit { html.hint("There may be more versions.") }
            }
            html.section("Projects with this version") { html in
                html.table(
                    "Projects with this version",
                    [
                        ListColumn("Project") { row, html in html.link(Address(.project, row.token), row.name) },
                        ListColumn("Product") { row, html in
                            html.link(Address(.product, row.productToken), row.product)
                        },
                    ] as [ListColumn<LibraryUse.Project>], projects.rows)
                html.pager(visit.address, next: projects.next)
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
