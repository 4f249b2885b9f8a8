import Database
import Reports

extension Page {
    /// The files that the document of a project lists.
    static let files = Page("files", "Files", in: [.project]) { visit in
        var list = FileList(visit.scope)
        list.path = visit.query("name")
        list.after = visit.query("after")
        let files = try list.read(on: visit.connection)
        return Content("Files") { html in
            html.section("Files that the document lists") { html in
                html.search(visit, "Part of the path")
                if files.rows.isEmpty {
                    return html.hint(
                        list.path.isEmpty ? "The document lists no files." : "No file has this in its path.")
                }
                html.table("Files", fileColumns(visit), files.rows)
                html.pager(visit.address, next: files.next)
                html.export(
                    visit, "these files", type: "ProjectSourceFileInventoryReport",
                    [Address.Field(name: "pathPart", value: list.path)])
            }
        }
    }

    private static func fileColumns(_ visit: Visit) -> [ListColumn<FileList.Row>] {
        [
            .text("Path") { $0.path.or($0.name) },
            ListColumn("Library") { row, html in
                if row.library.isEmpty { return html.mark("not named", "quiet") }
                html.link(visit.inOrganization("library", item: row.libraryUUID), row.library)
            },
            ListColumn("Licence") { row, html in
                if row.license.isEmpty { return html.mark("not named", "quiet") }
                html.text(row.license)
            },
            ListColumn("SHA-1", isWide: true) { row, html in
                if row.sha1.isEmpty { return html.mark("not known", "quiet") }
                html.element("code", text: row.sha1)
            },
        ]
    }
}
