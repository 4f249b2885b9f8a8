import Database

extension Report {
    /// Libraries that the organization makes itself, and the rule or the person that marked each.
    static let inHouse = Report(
        name: .prefixed("InHouseReport", in: .organization, .product, .project).answered(as: "InHouseReport"),
        title: "In-House Libraries",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofLibrary,
        body: .tables([
            Table(
                key: "libraries", item: "library", title: "In-House",
                from: """
                    \(Joins.libraries)
                    LEFT JOIN in_house h ON h.organization = l.organization AND h.library_uuid = l.uuid
                    WHERE s.scan > 0 AND l.in_house = 1
                    """,
                order: ["s.project", "o.position"],
                columns: [
                    .text("filename", "Library", "l.filename", width: 36),
                    .text("type", "Type", "l.type", width: 16),
                    .text("sha1", "SHA1", LibrarySQL.sha1, width: 42).omittedWhenNull,
                    .text("productName", "Product", "s.product_name"),
                    .text("projectName", "Project", "s.project_name"),
                    .text("comments", "In-House Reason", "nullif(h.reason, '')", width: 36).omittedWhenNull,
                    .integer("", "Occurrences", "o.count", width: 12),
                    .text("keyUuid", "", "l.uuid"),
                    .text("artifactId", "", MendCoordinates.artifact),
                ])
        ])
    )
}
