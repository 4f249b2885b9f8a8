import Database

extension Report {
    /// Files, and the libraries that they belong to.
    static let sourceFiles = Report(
        name: .prefixed("SourceFileInventoryReport", in: .organization, .product, .project).answered(
            as: "SourceFileInventoryReport"),
        title: "Source Files",
        formats: Format.tabular(first: .xlsx),
        filters: [
            Filter("pathPart", .text, "files whose path has these letters in it") { values in
                SQL.contains("f.path", values.first ?? "")
            }
        ] + Filter.ofLibrary,
        body: .tables([
            Table(
                key: "sourceFiles", item: "sourceFile", title: "Source Files",
                from: """
                    scope s JOIN source_file f ON f.scan = s.scan
                    LEFT JOIN component c ON c.scan = f.scan AND c.position = f.component
                    LEFT JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence
                    LEFT JOIN library l ON l.id = o.library WHERE s.scan > 0
                    """,
                order: ["s.project", "f.position"],
                columns: [
                    .text("name", "Source File", "f.name", width: 30),
                    .text("path", "Path", "f.path", width: 50),
                    .text("sha1", "SHA1", "nullif(f.sha1, '')", width: 42).omittedWhenNull,
                    .text("", "Library", "l.filename", width: 36),
                    .text("library.version", "Library Version", "nullif(l.version, '')", width: 14).omittedAlone,
                    // The licences of the file itself: the concluded ones, else those that were found in the file.
                    .licenses("f.licenses"),
                    .text("matchType", "Match Type", LibrarySQL.matchType, width: 14).omittedWhenNull,
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text("spdxExpression", "SPDX Expression", "nullif(f.license_expression, '')", width: 28)
                        .omittedWhenNull,
                    .text("library.name", "", "l.artifact").omittedWhenNull,
                    .text("library.keyUuid", "", "l.uuid").omittedWhenNull,
                    .text("library.type", "", "l.type").omittedWhenNull,
                ])
        ])
    )
}
