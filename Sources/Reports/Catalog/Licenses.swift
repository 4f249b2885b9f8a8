import Database

extension Report {
    /// What legal has to know: one row for each licence of each library of each project (due diligence).
    static let licenses = Report(
        name: .prefixed("LicensesReport", in: .organization, .product, .project),
        title: "Due Diligence",
        formats: Format.tabular(first: .xlsx),
        filters: [],
        body: .tables([
            Table(
                key: "licenses", item: "license", title: "Due Diligence",
                from: """
                    scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library
                    JOIN library_license x ON x.library = o.library JOIN license n ON n.id = x.license WHERE s.scan > 0
                    """,
                order: ["s.project", "o.position", "x.position"],
                columns: [
                    .text("type", "Type", "n.type", width: 14),
                    .text("riskScore", "Risk Score", "CAST(n.risk_score AS TEXT)", width: 11),
                    .text("library", "Library", "l.filename", width: 36),
                    .link("reference", "Reference", "x.reference", width: 36),
                    .text("copyright", "Copyright", "l.copyright", width: 36),
                    .link("downloadLink", "Download Link", "l.download_url", width: 36),
                    .link("homepage", "Homepage", "l.homepage", width: 30),
                    .text("", "Package URL", "l.purl", width: 40),
                    .text("author", "Author", "l.author", width: 24),
                    .text("projectName", "Project Name", "s.project_name"),
                    .text("productName", "Product Name", "s.product_name"),
                    .text("reference_type", "Reference Type", "x.reference_type", width: 16),
                    .text("name", "License", "n.name", width: 20),
                    .link("", "All References", "n.url", width: 36),
                ])
        ])
    )
}
