import Database

extension Report {
    /// Due diligence: one row for each licence of each library of each project, and one for each library without a known licence.
    static let licenses = Report(
        name: .prefixed("LicensesReport", in: .organization, .product, .project).answered(as: "DueDiligenceReport"),
        title: "Due Diligence",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofLibrary,
        body: .tables([
            Table(
                key: "licenses", item: "license", title: "Due Diligence",
                from: """
                    \(Joins.libraries)
                    LEFT JOIN library_license x ON x.library = o.library LEFT JOIN license n ON n.id = x.license
                    WHERE s.scan > 0
                    """,
                // The query sorts the licences of one library at a time; a library may have none.
                order: ["s.project", "o.position", "coalesce(x.position, 0)"],
                columns: [
                    .text("type", "Type", "coalesce(n.type, 'Unknown')", width: 14),
                    .text("riskScore", "", "CAST(n.risk_score AS TEXT)").omittedWhenNull,
                    .integer("", "Risk Score", "n.risk_score", width: 11),
                    .text("library", "Library", "l.filename", width: 36),
                    .link("reference", "Reference", "nullif(x.reference, '')", width: 36).omittedWhenNull,
                    .text("copyright", "Copyright", "nullif(l.copyright, '')", width: 36).omittedWhenNull,
                    .link("downloadLink", "Download Link", "nullif(l.download_url, '')", width: 36).omittedWhenNull,
                    .link("homepage", "Homepage", "nullif(l.homepage, '')", width: 30).omittedWhenNull,
                    .text("", "Package URL", "l.purl", width: 40),
                    .text("author", "Author", "nullif(l.author, '')", width: 24).omittedWhenNull,
                    .text("projectName", "Project Name", "s.project_name"),
                    .text("productName", "Product Name", "s.product_name"),
                    .text("reference_type", "Reference Type", "x.reference_type", width: 16).omittedWhenNull,
                    .text("name", "License", "n.name", width: 20).omittedWhenNull,
                    .link("", "All References", "n.url", width: 36),
                    .text("spdxId", "SPDX Identifier", LicenseSQL.identifier, width: 24)
                        .omittedWhenNull,
                    .text("spdxExpression", "SPDX Expression", "nullif(l.license_expression, '')", width: 36)
                        .omittedWhenNull,
                    .boolean("inEffect", "In Effect", "x.chosen").omittedWhenNull,
                ])
        ])
    )
}
