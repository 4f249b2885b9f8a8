import Database

// DESIGN. Licences conflict in a work, not in a list. Two libraries meet in one work in three cases. The graph leads from one
// to the other. One artifact contains both. The described component depends on both, and both are of one ecosystem, so that
// they can be linked. Packages of a distribution merely lie side by side in an image, so for them only an edge counts. The kind
// of linking is unknown, so each row states how the two meet and what has to be checked.

extension Report {
    /// Pairs of licences in one work that exclude each other or that a lawyer has to check, by the rules of `license_conflict`
    /// (docs/licences.md). Each row shows the first library with the other licence. Alternatives of a choice that were not
    /// chosen do not count.
    static let licenseCompatibility: Report = {
        var report = Report(
            name: .prefixed("LicenseCompatibilityReport", in: .product, .project).answered(
                as: "LicenseCompatibilityReport"),
            title: "License Compatibility",
            formats: Format.tabular(first: .xlsx),
            filters: Filter.ofLibrary,
            body: .tables([table]))
        report.remark = """
            Two libraries stand in a row where they meet in one work: one depends on the other, one artifact holds both, or what the \
            document describes needs both. Without a dependency graph no such pair is known. Each row is a question for an \
            expert, not a verdict.
            """
        return report
    }()

    private static let table = Table(
        key: "incompatibilities", item: "incompatibility", title: "License Compatibility",
        from: """
            \(Joins.libraries)
            JOIN library_license x ON x.library = o.library AND x.chosen = 1 JOIN license n ON n.id = x.license
            JOIN license_conflict m ON m.license = n.spdx
            JOIN license k ON k.id = (SELECT min(z.id) FROM license z
                WHERE z.organization = l.organization AND z.spdx = m.other)
            JOIN occurrence q ON q.scan = s.scan AND q.position = (\(Meeting.first))
            JOIN library r ON r.id = q.library
            WHERE s.scan > 0
            """,
        order: ["s.project", "o.position", "x.position", "m.number"],
        columns: [
            .text("library", "Library", "l.filename", width: 36),
            .text("license", "License", "n.name", width: 20),
            .text("otherLibrary", "Other Library", "r.filename", width: 36),
            .text("otherLicense", "Other License", "k.name", width: 20),
            .text("compatibility", "Compatibility", "m.compatibility", width: 16),
            .text("reason", "Reason", "m.reason", width: 60),
            .text("product", "Product", "s.product_name"),
            .text("project", "Project", "s.project_name"),
            .text("meeting", "Meeting", Meeting.words, width: 36),
            .text("caveat", "Caveat", Meeting.caveat, width: 44),
        ])
}

/// SQL about the `library l` of the occurrence `o` and the library of the occurrence `q`, in one project.
private enum Meeting {
    /// The first occurrence of a library under the license `k` that meets `o`. CROSS JOIN keeps SQLite within the scan: half of
    /// the organization's libraries may have the licence.
    static let first: StaticSQL = """
        SELECT q.position FROM occurrence q CROSS JOIN library_license y CROSS JOIN library w
        WHERE q.scan = s.scan AND q.library <> o.library AND y.library = q.library AND y.license = k.id AND y.chosen = 1
            AND w.id = q.library
            AND (\(isShared(with: "w")) OR \(leads(from: "o", to: "q")) OR \(leads(from: "q", to: "o"))
                OR \(isHeld(with: "w")))
        ORDER BY q.position LIMIT 1
        """

    static let words: StaticSQL = """
        CASE WHEN \(leads(from: "o", to: "q")) THEN 'the library depends on the other one'
        WHEN \(leads(from: "q", to: "o")) THEN 'the other library depends on it'
        WHEN \(isHeld(with: "r")) THEN 'one artifact holds both'
        ELSE 'what the document describes needs both' END
        """

    static let caveat: StaticSQL = """
        CASE m.compatibility WHEN 'INCOMPATIBLE' THEN 'Holds if both are parts of one program that is passed on; programs that '
            || 'only run beside each other, or stay in the house, are another matter.'
        ELSE 'Depends on how they are linked and on the terms of the files.' END
        """

    /// Whether an edge of the graph leads from one occurrence to the other.
    private static func leads(from source: StaticSQL, to target: StaticSQL) -> StaticSQL {
        """
        EXISTS (SELECT 1 FROM component c JOIN dependency d ON d.scan = c.scan AND d.source = c.position
            JOIN component t ON t.scan = d.scan AND t.position = d.target
            WHERE c.scan = s.scan AND c.occurrence = \(source).position AND t.occurrence = \(target).position
                AND d.kind IN ('dependsOn', 'STATIC_LINK', 'DYNAMIC_LINK'))
        """
    }

    /// Whether one entry of the document contains both, or one of the two contains the other.
    private static func isHeld(with other: StaticSQL) -> StaticSQL {
        """
        (\(isLinkable("l")) AND \(isLinkable(other)) AND EXISTS (SELECT 1 FROM component c JOIN component t ON t.scan = c.scan
            WHERE c.scan = s.scan AND c.occurrence = o.position AND t.occurrence = q.position
                AND (c.parent > 0 AND c.parent = t.parent OR c.parent = t.position OR t.parent = c.position
                OR EXISTS (SELECT 1 FROM dependency d WHERE d.scan = c.scan AND d.kind = 'contains'
                    AND (d.source = c.position AND d.target = t.position
                        OR d.source = t.position AND d.target = c.position)))))
        """
    }

    /// Whether the graph leads from the described component to both libraries, and both can be linked.
    private static func isShared(with other: StaticSQL) -> StaticSQL {
        """
        (o.direct >= 0 AND q.direct >= 0 AND o.depth >= 0 AND q.depth >= 0 AND l.type = \(other).type
            AND \(isLinkable("l")) AND \(isLinkable(other)))
        """
    }

    /// Whether a library is not a package of a distribution (types of package URLs).
    private static func isLinkable(_ library: StaticSQL) -> StaticSQL {
        """
        (\(library).purl NOT LIKE 'pkg:deb/%' AND \(library).purl NOT LIKE 'pkg:rpm/%' AND \(library).purl NOT LIKE 'pkg:apk/%'
            AND \(library).purl NOT LIKE 'pkg:alpm/%')
        """
    }
}
