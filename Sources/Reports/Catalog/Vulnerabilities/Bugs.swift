import Database

extension Report {
    /// Bugs in libraries in use, from bug trackers.
    static let bugs = Report(
        name: .prefixed("BugsReport", in: .organization, .product, .project).answered(as: "BugsReport"),
        title: "Bugs",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofLibrary + Filter.dates("b.reported_at", "bugs that were reported"),
        body: .tables([
            Table(
                key: "bugs", item: "bug", title: "Bugs",
                from: """
                    \(Joins.libraries)
                    JOIN library_bug b ON b.organization = l.organization AND b.library_uuid = l.uuid WHERE s.scan > 0
                    """,
                order: ["s.project", "o.position", "b.position"],
                columns: [
                    .text("library", "Library", "l.filename", width: 36),
                    .text("bugId", "Bug", "b.bug", width: 14),
                    .text("severity", "Severity", "b.severity", width: 10),
                    .text("title", "Title", "b.title", width: 44),
                    .text("status", "Status", "b.status", width: 12),
                    Column("creationDate", "Reported", .date, "b.reported_at", width: 12),
                    .link("url", "URL", "b.url", width: 36),
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                ])
        ])
    )
}
