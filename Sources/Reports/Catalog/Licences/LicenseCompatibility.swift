import Database

extension Report {
    /// Pairs of licences in one project that cannot be kept together, or that a lawyer has to look at: the rules of
    /// `license_conflict` (docs/licences.md), with the first library that has the other licence. Licences that an expression
    /// leaves to choose and that are not chosen do not count.
    static let licenseCompatibility = Report(
        name: .prefixed("LicenseCompatibilityReport", in: .product, .project).answered(
            as: "LicenseCompatibilityReport"),
        title: "License Compatibility",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofLibrary,
        body: .tables([
            Table(
                key: "incompatibilities", item: "incompatibility", title: "License Compatibility",
                from: """
                    \(Joins.libraries)
                    JOIN library_license x ON x.library = o.library AND x.chosen = 1 JOIN license n ON n.id = x.license
                    JOIN license_conflict m ON m.license = n.spdx
                    JOIN license k ON k.id = (SELECT min(z.id) FROM license z
                        WHERE z.organization = l.organization AND z.spdx = m.other)
                    WHERE s.scan > 0 AND EXISTS (SELECT 1 \(otherLicense))
                    """,
                order: ["s.project", "o.position", "x.position", "m.number"],
                columns: [
                    .text("library", "Library", "l.filename", width: 36),
                    .text("license", "License", "n.name", width: 20),
                    .text(
                        "otherLibrary", "Other Library",
                        """
                        (SELECT z.filename FROM library z WHERE z.id = (SELECT min(q.library) \(otherLicense)))
                        """, width: 36),
                    .text("otherLicense", "Other License", "k.name", width: 20),
                    .text("compatibility", "Compatibility", "m.compatibility", width: 16),
                    .text("reason", "Reason", "m.reason", width: 60),
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                ])
        ])
    )

    /// What a subquery reads about the occurrences `q`, in the project, of libraries that are under the other license `k`.
    private static let otherLicense: StaticSQL = """
        FROM library_license y JOIN occurrence q ON q.library = y.library AND q.scan = s.scan
        WHERE y.license = k.id AND y.chosen = 1
        """
}
