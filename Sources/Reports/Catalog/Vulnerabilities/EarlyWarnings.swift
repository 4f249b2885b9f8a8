import Database

extension Report {
    /// Vulnerabilities without a CVE (yet) in the libraries in use.
    static let earlyWarnings = Report(
        name: .prefixed("EarlyWarningsReport", in: .organization, .product, .project),
        title: "Early Warnings",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofVulnerability + Filter.dates("v.published", "warnings that were published"),
        body: .tables([
            Table(
                key: "earlyWarnings", item: "earlyWarning", title: "Early Warnings",
                from: """
                    \(Joins.exposures)
                    \(Joins.exposedVulnerability) WHERE s.scan > 0 AND v.type <> 'CVE'
                    """,
                order: ["s.project", "e.position", "e.vulnerability"],
                urgency: .ofVulnerability,
                columns: [
                    .libraryFile("library"),
                    .text("libraryType", "Library Type", "l.type", width: 16),
                    .vulnerabilityName("name", "Warning", width: 24),
                    .text(
                        "source", "Source", "CASE v.organization WHEN 0 THEN 'OSV' ELSE 'SBOM' END", width: 10),
                    Column("publishDate", "Published", .date, VulnerabilityText.published, width: 12).omittedWhenNull,
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text("description", "", VulnerabilityText.ofAdvisoryA),
                    .severity("", "Severity"),
                    .vulnerabilityText("", "Description", VulnerabilityText.ofAdvisoryA),
                ],
                printed: [
                    "Severity", "Warning", "Library", "Description", "Product", "Project", "Source", "Published",
                ])
        ]),
        isVerdict: true
    )
}
