import Database

extension Report {
    /// The places in a project where each library was found, as far as documents state them.
    static let libraryLocation = Report(
        name: .prefixed("LibraryLocationReport", in: .organization, .product, .project).answered(
            as: "LibraryLocationReport"),
        title: "Library Locations",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofLibrary,
        body: .tables([
            Table(
                key: "libraryLocations", item: "libraryLocation", title: "Library Locations",
                from: """
                    \(Joins.libraries) WHERE s.scan > 0
                    """,
                order: ["s.project", "o.position"],
                columns: [
                    .text("name", "Library", "l.filename", width: 36),
                    .text("", "Product", "s.product_name"),
                    .text("", "Project", "s.project_name"),
                    .integer("keyId", "", "l.key_id"),
                    .text("keyUuid", "", "l.uuid"),
                ],
                lists: [
                    Table(
                        key: "locations", item: "location", title: "Locations",
                        from: """
                            \(Joins.libraries)
                            JOIN component c ON c.scan = o.scan AND c.occurrence = o.position
                            WHERE s.scan > 0
                            """,
                        condition: LibrarySQL.isLocation,
                        order: ["s.project", "o.position", "c.position"],
                        columns: [
                            .text("path", "Path", LibrarySQL.paths, width: 60).omittedWhenNull,
                            .text(
                                "matchType", "Match Type", "CASE WHEN l.sha1 <> '' THEN 'SHA1' END",
                                width: 14
                            ).omittedWhenNull,
                        ], splitsLines: true)
                ],
                bound: "SELECT sum(c.libraries) FROM scope s JOIN scan c ON c.id = s.scan")
        ])
    )
}
