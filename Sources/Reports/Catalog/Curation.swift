import Database

extension Report {
    /// Libraries that the organization makes itself, and who or what says so.
    static let inHouse = Report(
        name: .prefixed("InHouseReport", in: .organization, .product, .project),
        title: "In-House Libraries",
        formats: Format.tabular(first: .xlsx),
        filters: [],
        body: .tables([
            Table(
                key: "libraries", item: "library", title: "In-House",
                from: """
                    scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library
                    LEFT JOIN in_house h ON h.organization = l.organization AND h.library_uuid = l.uuid
                    WHERE s.scan > 0 AND l.in_house = 1
                    """,
                order: ["s.project", "o.position"],
                columns: [
                    .text("filename", "Library", "l.filename", width: 36),
                    .text("type", "Type", "l.type", width: 16),
                    .text("sha1", "SHA1", "l.sha1", width: 42),
                    .text("productName", "Product", "s.product_name"),
                    .text("projectName", "Project", "s.project_name"),
                    .text("comments", "In-House Reason", "coalesce(h.reason, '')", width: 36),
                    .integer("", "Occurrences", "o.count", width: 12),
                    .text("keyUuid", "", "l.uuid"),
                    .text("artifactId", "", "l.artifact"),
                ])
        ])
    )

    /// Where in a project each library was found, as far as its documents say.
    static let libraryLocation = Report(
        name: .prefixed("LibraryLocationReport", in: .organization, .product, .project),
        title: "Library Locations",
        formats: Format.tabular(first: .xlsx),
        filters: [],
        body: .tables([
            Table(
                key: "libraryLocations", item: "libraryLocation", title: "Library Locations",
                from: """
                    scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library WHERE s.scan > 0
                    """,
                order: ["s.project", "o.position"],
                columns: [
                    .text("name", "Library", "l.filename", width: 36),
                    .text("", "Product", "s.product_name"),
                    .text("", "Project", "s.project_name"),
                    .integer("keyId", "", "l.key_id"),
                    .text("keyUuid", "", "l.uuid"),
                ],
                lists: [
                    Table(
                        key: "locations", item: "location", title: "Locations",
                        from: """
                            scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library
                            JOIN component c ON c.scan = o.scan AND c.occurrence = o.position
                            WHERE s.scan > 0 AND c.locations <> ''
                            """,
                        order: ["s.project", "o.position", "c.position"],
                        columns: [
                            .text("path", "Path", "c.locations", width: 60),
                            .text(
                                "matchType", "Match Type", "CASE WHEN l.sha1 <> '' THEN 'SHA1' ELSE 'FILE_NAME' END",
                                width: 14),
                        ], splitsLines: true)
                ],
                bound: "SELECT sum(c.libraries) FROM scope s JOIN scan c ON c.id = s.scan")
        ])
    )

    /// Files, and the libraries that they belong to.
    static let sourceFiles = Report(
        name: .prefixed("SourceFileInventoryReport", in: .organization, .product, .project),
        title: "Source Files",
        formats: Format.tabular(first: .xlsx),
        filters: [],
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
                    .text("sha1", "SHA1", "f.sha1", width: 42),
                    .text("", "Library", "l.filename", width: 36),
                    .text("library.version", "Library Version", "coalesce(l.version, '')", width: 14),
                    .names(
                        "licenses", "Licenses", item: "license", name: "name", rest: "\"references\":[]",
                        "coalesce(l.licenses, '')"),
                    .text("matchType", "Match Type", "coalesce(l.match_type, '')", width: 14),
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                    .text("library.name", "", "coalesce(l.artifact, '')"),
                    .text("library.keyUuid", "", "coalesce(l.uuid, '')"),
                    .text("library.type", "", "coalesce(l.type, '')"),
                ])
        ])
    )

    /// Values of custom attributes.
    static let attributes = Report(
        name: .prefixed("AttributesReport", in: .organization, .product),
        title: "Custom Attributes",
        formats: Format.tabular(first: .xlsx),
        filters: [],
        body: .tables([
            Table(
                key: "attributes", item: "attribute", title: "Attributes",
                from: """
                    scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library
                    JOIN attribute_value y ON y.organization = l.organization AND y.library_uuid = l.uuid
                    JOIN attribute t ON t.id = y.attribute
                    WHERE s.scan > 0 AND (y.product = 0 OR y.product = s.product) AND (y.project = 0 OR y.project = s.project)
                    """,
                order: ["s.project", "o.position", "y.attribute", "y.product", "y.project"],
                columns: [
                    .text("library", "Library", "l.filename", width: 36),
                    .text("productName", "Product", "s.product_name"),
                    .text("projectName", "Project", "s.project_name"),
                    .text("attribute", "Attribute", "t.name"),
                    .text("value", "Value", "y.value", width: 40),
                    .text("keyUuid", "", "l.uuid"),
                ])
        ])
    )

    /// Licences that people put in the place of those found: one row for each decision about a library of the scope.
    static let effectiveLicenses = Report(
        name: .prefixed("EffectiveLicensesReport", in: .organization, .product),
        title: "Effective Licenses",
        formats: Format.tabular(first: .xlsx),
        filters: [],
        body: .tables([
            Table(
                key: "effectiveLicenses", item: "effectiveLicense", title: "Effective Licenses",
                // A decision is about a library, however many descriptions it has and projects hold it.
                from: """
                    realm r JOIN license_override x ON x.organization = r.organization
                    JOIN library l ON l.id = (SELECT min(k.id) FROM library k JOIN occurrence o ON o.library = k.id
                        JOIN scan c ON c.id = o.scan JOIN scope s ON s.project = c.project AND s.scan = c.id
                        WHERE k.organization = x.organization AND k.uuid = x.library_uuid)
                    LEFT JOIN account u ON u.id = x.account WHERE x.number > 0
                    """,
                order: ["x.number"],
                columns: [
                    .text("library", "Library", "l.filename", width: 36),
                    .text("effectiveLicense", "Effective License", "replace(x.licenses, '\n', ', ')", width: 24),
                    .text("user", "User", "coalesce(u.email, '')", width: 24),
                    .link("reference", "Reference", "x.reference", width: 36),
                    Column("date", "Date", .date, "x.at", width: 12),
                    .names("originalLicenses", "Original Licenses", item: "license", name: "", "x.originals"),
                    .integer(
                        "occurrences", "Occurrences",
                        """
                        (SELECT CAST(sum(o.count) AS BIGINT) FROM library k JOIN occurrence o ON o.library = k.id
                            JOIN scan c ON c.id = o.scan JOIN scope s ON s.project = c.project AND s.scan = c.id
                        WHERE k.organization = x.organization AND k.uuid = x.library_uuid)
                        """, width: 12),
                ])
        ])
    )

    /// Bugs that trackers know of libraries in use.
    static let bugs = Report(
        name: .prefixed("BugsReport", in: .organization, .product, .project),
        title: "Bugs",
        formats: Format.tabular(first: .xlsx),
        filters: [],
        body: .tables([
            Table(
                key: "bugs", item: "bug", title: "Bugs",
                from: """
                    scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library
                    JOIN library_bug b ON b.organization = l.organization AND b.library_uuid = l.uuid WHERE s.scan > 0
                    """,
                order: ["s.project", "o.position", "b.position"],
                columns: [
                    .text("library", "Library", "l.filename", width: 36),
                    .text("bugId", "Bug", "b.bug", width: 14),
                    .text("severity", "Severity", "b.severity", width: 10),
                    .text("title", "Title", "b.title", width: 44),
                    .text("status", "Status", "b.status", width: 12),
                    Column("creationDate", "Reported", .date, "b.reported_at", width: 12),
                    .link("url", "URL", "b.url", width: 36),
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                ])
        ])
    )

    /// Pairs of licences in one project that cannot be kept together, or that a lawyer has to look at: the rules of
    /// `license_conflict` (docs/licences.md), with the first library that has the other licence. Licences that an expression
    /// leaves to choose and that are not chosen do not count.
    static let licenseCompatibility = Report(
        name: .prefixed("LicenseCompatibilityReport", in: .product, .project),
        title: "License Compatibility",
        formats: Format.tabular(first: .xlsx),
        filters: [],
        body: .tables([
            Table(
                key: "incompatibilities", item: "incompatibility", title: "License Compatibility",
                from: """
                    scope s JOIN occurrence o ON o.scan = s.scan JOIN library l ON l.id = o.library
                    JOIN library_license x ON x.library = o.library AND x.chosen = 1 JOIN license n ON n.id = x.license
                    JOIN license_conflict m ON m.license = n.spdx
                    JOIN license k ON k.id = (SELECT min(z.id) FROM license z
                        WHERE z.organization = l.organization AND z.spdx = m.other)
                    WHERE s.scan > 0 AND EXISTS (SELECT 1 FROM library_license y JOIN occurrence q ON q.library = y.library
                        AND q.scan = s.scan WHERE y.license = k.id AND y.chosen = 1)
                    """,
                order: ["s.project", "o.position", "x.position", "m.number"],
                columns: [
                    .text("library", "Library", "l.filename", width: 36),
                    .text("license", "License", "n.name", width: 20),
                    .text(
                        "otherLibrary", "Other Library",
                        """
                        (SELECT z.filename FROM library z WHERE z.id = (SELECT min(q.library)
                            FROM library_license y JOIN occurrence q ON q.library = y.library AND q.scan = s.scan
                            WHERE y.license = k.id AND y.chosen = 1))
                        """, width: 36),
                    .text("otherLicense", "Other License", "k.name", width: 20),
                    .text("compatibility", "Compatibility", "m.compatibility", width: 16),
                    .text("reason", "Reason", "m.reason", width: 60),
                    .text("product", "Product", "s.product_name"),
                    .text("project", "Project", "s.project_name"),
                ])
        ])
    )
}
