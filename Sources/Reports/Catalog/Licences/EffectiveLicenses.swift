import Database

extension Report {
    /// Licences that people set in place of the found ones: one row for each decision about a library of the scope.
    static let effectiveLicenses = Report(
        name: .prefixed("EffectiveLicensesReport", in: .organization, .product).answered(as: "EffectiveLicensesReport"),
        title: "Effective Licenses",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.aboutLibrary + Filter.dates("x.at", "decisions that were made"),
        body: .tables([
            Table(
                key: "effectiveLicenses", item: "effectiveLicense", title: "Effective Licenses",
                // A decision concerns a library, with all its descriptions and in all its projects.
                from: """
                    realm r JOIN license_override x ON x.organization = r.organization
                    JOIN library l ON l.id = (SELECT min(k.id) \(decidedOccurrences))
                    LEFT JOIN account u ON u.id = x.account WHERE x.number > 0
                    """,
                order: ["x.number"],
                columns: [
                    .text("library", "Library", "l.filename", width: 36),
                    .text("effectiveLicense", "Effective License", "replace(x.licenses, '\n', ', ')", width: 24),
                    .text("user", "User", "u.email", width: 24).omittedWhenNull,
                    .link("reference", "Reference", "nullif(x.reference, '')", width: 36).omittedWhenNull,
                    Column("date", "Date", .date, "x.at", width: 12),
                    .names("originalLicenses", "Original Licenses", item: "license", name: "", "x.originals"),
                    .integer(
                        "occurrences", "Occurrences",
                        """
                        (SELECT CAST(sum(o.count) AS BIGINT) \(decidedOccurrences))
                        """, width: 12),
                    .text("spdxExpression", "SPDX Expression", "nullif(l.license_expression, '')", width: 28)
                        .omittedWhenNull,
                ],
                lists: [originalExpressions])
        ])
    )

    /// The FROM and WHERE of a subquery about the occurrences `o` in the scope of the library `k` that the decision `x`
    /// concerns.
    private static let decidedOccurrences: StaticSQL = """
        FROM library k JOIN occurrence o ON o.library = k.id
        JOIN scan c ON c.id = o.scan JOIN scope s ON s.project = c.project AND s.scan = c.id
        WHERE k.organization = x.organization AND k.uuid = x.library_uuid
        """

    /// The expressions of documents about the library, each once.
    private static let originalExpressions = Table(
        key: "originalExpressions", item: "original", title: "Original Expressions",
        from: """
            realm r JOIN license_override x ON x.organization = r.organization
            JOIN library k ON k.organization = x.organization AND k.uuid = x.library_uuid
            WHERE x.number > 0 AND k.license_found <> '' AND k.id = (SELECT min(m.id) FROM library m
                JOIN occurrence o ON o.library = m.id JOIN scan c ON c.id = o.scan
                JOIN scope s ON s.project = c.project AND s.scan = c.id
                WHERE m.organization = k.organization AND m.uuid = k.uuid AND m.license_found = k.license_found)
            """,
        order: ["x.number", "k.id"],
        columns: [.text("spdxExpression", "Original Expressions", "k.license_found", width: 28)])
}
