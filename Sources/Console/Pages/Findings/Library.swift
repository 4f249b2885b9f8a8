import Database
import Reports

extension Page {
    /// One library: its versions in use, and the projects with this version.
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
                if versions.contains(where: \.version.isEmpty) {
                    html.element(
                        "p", ("class", "basis weak"),
                        text: "Where a document names no version, any may be meant, and no vulnerability is looked up.")
                }
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
                html.export(
                    visit, "projects with this version", type: "OrgInventoryReport",
                    [Address.Field(name: "library", value: library.uuid)])
            }
        }
    }
}
