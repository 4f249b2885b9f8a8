package import Database

// DESIGN. A comparison has two sides: `scope`, and `compared`, the projects of the other side (Database/Tables/Accounts/Scope.swift).
// Libraries are compared by identity (`library.uuid`), so two descriptions of one library are no difference. A library counts as changed if
// one version of a package replaced one other version: it is shown once, with the version of the other side. If one side has several
// versions of a package that the other side lacks, it is unknown which replaced which: each has a row of its own.

extension Report {
    /// The differences of another product from the product of the scope.
    static let productDiff = diff(.product)
    /// The differences of another project from the project of the scope.
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

    /// The beginning of a subquery about occurrences `o` of libraries `k`.
    private static let shown: StaticSQL = "SELECT 1 FROM library k JOIN occurrence o ON o.library = k.id"
    /// Whether `k` describes the library `l`.
    private static let isSame: StaticSQL = "k.organization = l.organization AND k.uuid = l.uuid"
    /// Whether `k` is the library `l` in any version.
    private static let isOfSamePackage: StaticSQL = """
        k.organization = l.organization AND k.artifact = l.artifact AND k.group_id = l.group_id
        AND k.type_constant = l.type_constant
        """
    /// Whether the occurrence `o` is on the side of the scope, on the other side, or on either.
    private static let isHere: StaticSQL = "o.scan IN (SELECT s.scan FROM scope s)"
    private static let isThere: StaticSQL = "o.scan IN (SELECT c.scan FROM compared c)"
    private static let isOnEitherSide: StaticSQL = "(\(isHere) OR \(isThere))"

    /// Whether these scans show a library `k`, in any description.
    private static func isShown(in scans: StaticSQL) -> StaticSQL {
        """
        EXISTS (SELECT 1 FROM library m JOIN occurrence q ON q.library = m.id
            WHERE m.organization = l.organization AND m.uuid = k.uuid AND q.scan IN (\(scans)))
        """
    }
    private static let isOnlyHere: StaticSQL = """
        \(isShown(in: "SELECT s.scan FROM scope s")) AND NOT \(isShown(in: "SELECT c.scan FROM compared c"))
        """
    private static let isOnlyThere: StaticSQL = """
        \(isShown(in: "SELECT c.scan FROM compared c")) AND NOT \(isShown(in: "SELECT s.scan FROM scope s"))
        """

    /// Whether exactly one library of the package meets a condition; its descriptions do not count. The query needs no sort,
    /// unlike a count of distinct values.
    private static func isOne(_ condition: StaticSQL) -> StaticSQL {
        """
        (SELECT coalesce(min(k.uuid) = max(k.uuid), FALSE) FROM library k WHERE \(isOfSamePackage) AND \(condition))
        """
    }

    /// Whether the package of `l` has a name, and few descriptions in the organization. For other packages the versions are not
    /// compared, because each of them would read all others.
    private static let isSmall: StaticSQL = """
        l.artifact <> '' AND (SELECT k.id FROM library k WHERE \(isOfSamePackage) LIMIT 1 OFFSET 500) IS NULL
        """

    /// Libraries that only one side has. `is_here` and `is_there` say which sides have the library. `is_changed` says that this
    /// side has one version of its package that the other side lacks, and the other way round.
    private static let comparedLibraries = Table(
        key: "libraries", item: "library", title: "Libraries",
        from: """
            realm r JOIN (SELECT l.*,
                EXISTS (\(shown) WHERE \(isSame) AND \(isHere)) AS is_here,
                EXISTS (\(shown) WHERE \(isSame) AND \(isThere)) AS is_there,
                \(isSmall) AND \(isOne(isOnlyHere)) AND \(isOne(isOnlyThere)) AS is_changed
                FROM library l) l ON l.organization = r.organization
            WHERE l.id = (SELECT min(k.id) FROM library k WHERE \(isSame)
                    AND EXISTS (SELECT 1 FROM occurrence o WHERE o.library = k.id AND \(isOnEitherSide)))
                AND (l.is_there AND NOT l.is_here OR l.is_here AND NOT l.is_there AND NOT l.is_changed)
            """,
        order: ["l.id"],
        columns: [
            .text("library", "Library", "l.filename", width: 36),
            .names("licenses", "Licenses", item: "license", name: "", "l.licenses"),
            .text("spdxExpression", "SPDX Expression", "nullif(l.license_expression, '')", width: 28)
                .omittedWhenNull.untitled,
            .text(
                "action", "Action",
                "CASE WHEN NOT l.is_there THEN 'REMOVED' WHEN l.is_changed THEN 'CHANGED' ELSE 'ADDED' END", width: 12),
            .text("version", "Version", "nullif(l.version, '')", width: 14).omittedWhenNull.untitled,
            .text(
                "previousVersion", "Previous Version",
                """
                CASE WHEN l.is_there AND l.is_changed THEN (SELECT min(k.version) FROM library k
                    WHERE \(isOfSamePackage) AND \(isOnlyHere)) END
                """, width: 16
            ).omittedWhenNull.untitled,
        ])

    private static let comparedLicenses = Table(
        key: "licenseOccurrences", item: "licenseOccurrence", title: "License Occurrences",
        from: """
            realm r JOIN license n ON n.organization = r.organization
            WHERE EXISTS (SELECT 1 FROM library_license x JOIN occurrence o ON o.library = x.library
                WHERE x.license = n.id AND \(isOnEitherSide))
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

    /// The names that clients may use for the token of the other side. No name is documented (reports.md §15.1).
    package static func comparisonAliases(_ kind: ScopeKind) -> [String] {
        let word = kind == .product ? "Product" : "Project"
        return ["compare", "diff", "target", "other"].map { "\($0)\(word)Token" } + ["compareToken", "targetToken"]
    }
}
