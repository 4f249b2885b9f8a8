package import Database

// DESIGN. A comparison has two sides: `scope`, and `compared`, the projects of what it is compared with
// (Database/Tables/Accounts/Scope.swift). Libraries are compared by what they are (`library.uuid`), so that two descriptions of one
// are no difference. A library of another version on the other side has changed: it is shown once, as it is there.

extension Report {
    /// What is different in another product, seen from that of the scope.
    static let productDiff = diff(.product)
    /// What is different in another project, seen from that of the scope.
    static let projectDiff = diff(.project)

    private static func diff(_ kind: ScopeKind) -> Report {
        let names = comparisonAliases(kind)
        var report = Report(
            name: .prefixed("DiffReport", in: kind).answered(as: "DiffReport"),
            title: "Comparison",
            formats: Format.tabular(first: .xlsx),
            filters: [
                Filter(
                    names[0], .text,
                    "the token of the other \(kind.rawValue); also as \(names.dropFirst().joined(separator: ", "))")
            ],
            body: .tables([comparedLibraries, comparedLicenses]))
        report.isComparison = true
        return report
    }

    /// Libraries that one side alone has. `is_here` and `is_there` say which sides have the library; `was_here` says that
    /// the side of the scope has it in another version.
    private static let comparedLibraries = Table(
        key: "libraries", item: "library", title: "Libraries",
        from: """
            realm r JOIN (SELECT a.*,
                EXISTS (SELECT 1 FROM library k JOIN occurrence o ON o.library = k.id
                    WHERE k.organization = a.organization AND k.uuid = a.uuid
                    AND o.scan IN (SELECT s.scan FROM scope s)) AS is_here,
                EXISTS (SELECT 1 FROM library k JOIN occurrence o ON o.library = k.id
                    WHERE k.organization = a.organization AND k.uuid = a.uuid
                    AND o.scan IN (SELECT c.scan FROM compared c)) AS is_there,
                EXISTS (SELECT 1 FROM library k JOIN occurrence o ON o.library = k.id
                    WHERE k.organization = a.organization AND k.artifact = a.artifact
                    AND k.group_id = a.group_id AND k.type_constant = a.type_constant
                    AND o.scan IN (SELECT s.scan FROM scope s)) AS was_here
                FROM library a) l ON l.organization = r.organization
            WHERE l.id = (SELECT min(k.id) FROM library k
                    WHERE k.organization = l.organization AND k.uuid = l.uuid
                    AND EXISTS (SELECT 1 FROM occurrence o WHERE o.library = k.id
                        AND (o.scan IN (SELECT s.scan FROM scope s) OR o.scan IN (SELECT c.scan FROM compared c))))
                AND (l.is_there AND NOT l.is_here
                OR l.is_here AND NOT l.is_there
                    AND NOT EXISTS (SELECT 1 FROM library k JOIN occurrence o ON o.library = k.id
                        WHERE k.organization = l.organization AND k.artifact = l.artifact
                        AND k.group_id = l.group_id AND k.type_constant = l.type_constant
                        AND o.scan IN (SELECT c.scan FROM compared c)
                        AND NOT EXISTS (SELECT 1 FROM library m JOIN occurrence q ON q.library = m.id
                            WHERE m.organization = l.organization AND m.uuid = k.uuid
                            AND q.scan IN (SELECT s.scan FROM scope s))))
            """,
        order: ["l.id"],
        columns: [
            .text("library", "Library", "l.filename", width: 36),
            .names("licenses", "Licenses", item: "license", name: "", "l.licenses"),
            .text("spdxExpression", "SPDX Expression", "nullif(l.license_expression, '')", width: 28)
                .omittedWhenNull.untitled,
            .text(
                "action", "Action",
                "CASE WHEN NOT l.is_there THEN 'REMOVED' WHEN l.was_here THEN 'CHANGED' ELSE 'ADDED' END", width: 12),
            .text("version", "Version", "l.version", width: 14).untitled,
            // The least of those that it had.
            .text(
                "previousVersion", "Previous Version",
                """
                CASE WHEN l.is_there THEN (SELECT min(k.version) FROM library k JOIN occurrence o ON o.library = k.id
                    WHERE k.organization = l.organization AND k.artifact = l.artifact
                    AND k.group_id = l.group_id AND k.type_constant = l.type_constant AND k.version <> l.version
                    AND o.scan IN (SELECT s.scan FROM scope s)) END
                """, width: 16
            ).omittedWhenNull.untitled,
        ])

    private static let comparedLicenses = Table(
        key: "licenseOccurrences", item: "licenseOccurrence", title: "License Occurrences",
        from: """
            realm r JOIN license n ON n.organization = r.organization
            WHERE EXISTS (SELECT 1 FROM library_license x JOIN occurrence o ON o.library = x.library
                WHERE x.license = n.id
                AND (o.scan IN (SELECT s.scan FROM scope s) OR o.scan IN (SELECT c.scan FROM compared c)))
            """,
        order: ["n.id"],
        columns: [
            .text("license", "License", "n.name", width: 28),
            .text("spdxId", "SPDX Identifier", LicenseSQL.identifier, width: 24).omittedWhenNull,
            .integer(
                "sourceOccurrences", "Source Occurrences",
                """
                (SELECT count(*) FROM library_license x JOIN occurrence o ON o.library = x.library
                    JOIN scope s ON s.scan = o.scan WHERE x.license = n.id)
                """, width: 18),
            .integer(
                "targetOccurrences", "Target Occurrences",
                """
                (SELECT count(*) FROM library_license x JOIN occurrence o ON o.library = x.library
                    JOIN compared c ON c.scan = o.scan WHERE x.license = n.id)
                """, width: 18),
        ])

    /// The names under which clients may put the token of the other side. None is documented (reports.md §15.1).
    package static func comparisonAliases(_ kind: ScopeKind) -> [String] {
        let word = kind == .product ? "Product" : "Project"
        return ["compare", "diff", "target", "other"].map { "\($0)\(word)Token" } + ["compareToken", "targetToken"]
    }
}
