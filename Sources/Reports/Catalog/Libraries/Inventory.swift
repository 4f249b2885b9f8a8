import Database

extension Report {
    /// Libraries in use: one row for each library of each project.
    static let inventory = Report(
        name: .prefixed("InventoryReport", in: .organization, .product, .project).answered(as: "InventoryReport"),
        title: "Inventory",
        formats: Format.tabular(first: .xlsx),
        filters: [
            .flag(
                "includeInHouseData", default: true, "false drops libraries that are marked as in-house",
                otherwise: "l.in_house = 0"),
            .flag(
                "directOnly", default: false, "true keeps direct dependencies alone", otherwise: "o.direct = 1"),
            Filter("libraryPart", .text, "libraries whose file's name has these letters in it") { values in
                SQL.contains("l.filename", values.first ?? "")
            },
            Filter("extraLibraryFields", .list(["releaseDate"]), "releaseDate adds the date of the library's release"),
        ] + Filter.ofLibrary,
        body: .tables([
            Table(
                key: "libraries", item: "library", title: "Inventory",
                from: """
                    \(Joins.libraries) WHERE s.scan > 0
                    """,
                order: ["s.project", "o.position"],
                columns: [
                    .text("keyUuid", "", "l.uuid"),
                    .text("name", "Name", "l.filename", width: 36),
                    .text("groupId", "Group", LibrarySQL.group, width: 24).omittedWhenNull,
                    .text("artifactId", "Artifact", MendCoordinates.artifact, width: 28),
                    .text("version", "Version", "nullif(l.version, '')", width: 14).omittedWhenNull,
                    .text("type", "Type", "l.type", width: 16),
                    .text("sha1", "SHA1", LibrarySQL.sha1, width: 42).omittedWhenNull,
                    .libraryText("description", "Description"),
                    .licenses("l.licenses"),
                    .text("matchType", "Match Type", LibrarySQL.matchType, width: 14).omittedWhenNull,
                    .directDependency("Direct Dependency", "nullif(o.direct, -1)"),
                    .text("productName", "Product", "s.product_name"),
                    .text("projectName", "Project", "s.project_name"),
                    .integer("", "Occurrences", "o.count", width: 12),
                    .text("spdxExpression", "SPDX Expression", "nullif(l.license_expression, '')", width: 28)
                        .omittedWhenNull,
                    .text("releaseDate", "Release Date", "nullif(substr(l.release_date, 1, 10), '')", width: 12)
                        .omittedWhenNull
                        .only(when: "extraLibraryFields", has: "releaseDate"),
                ],
                bound: "SELECT sum(c.libraries) FROM scope s JOIN scan c ON c.id = s.scan")
        ])
    )
}
