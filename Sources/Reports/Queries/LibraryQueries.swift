import Database

// DESIGN. Calls that list libraries answer with JSON that no report has. The engine of reports makes these answers,
// too: one definition, streamed from one snapshot. The definitions are not in the catalog, because clients cannot
// request them asynchronously.

extension Report {
    /// `getProjectInventory`: the libraries of a project in the form of this call.
    package static let projectInventory = Report(
        name: .prefixed("InventoryReport", in: .project),
        title: "Inventory",
        formats: Format.tabular(first: .json),
        filters: Report.inventory.filters,
        body: .tables([
            Table(
                key: "libraries", item: "library", title: "Inventory",
                from: """
                    \(Joins.libraries)
                    LEFT JOIN newer_version n ON n.library = l.id WHERE s.scan > 0
                    """,
                order: ["s.project", "o.position"],
                columns: Column.libraryOfCall + [
                    .text("matchType", "Match Type", "CASE WHEN l.sha1 <> '' THEN 'SHA1' END")
                        .omittedWhenNull,
                    .directDependency("Direct Dependency", "nullif(o.direct, -1)"),
                    .text("releaseDate", "Release Date", "nullif(substr(l.release_date, 1, 10), '')", width: 12)
                        .omittedWhenNull
                        .only(when: "extraLibraryFields", has: "releaseDate"),
                ],
                lists: [Table.licensesOfOccurrence])
        ]))

    /// `getOrganizationLicenses` and its siblings: libraries with their licences and places of use.
    package static let libraryLicenses = libraryLicenses(also: [projectsOfLibrary])

    /// The same without the places of use.
    package static let libraryLicensesAlone = libraryLicenses(also: [])

    private static func libraryLicenses(also lists: [Table]) -> Report {
        Report(
            name: .prefixed("Licenses", in: .organization, .product, .project),
            title: "Licenses",
            formats: [.json],
            filters: [],
            body: .tables([
                Table(
                    key: "libraries", item: "library", title: "Licenses",
                    from: """
                        realm r JOIN library l ON l.organization = r.organization
                        LEFT JOIN newer_version n ON n.library = l.id
                        WHERE l.id = (SELECT min(k.id) FROM library k
                            WHERE k.organization = l.organization AND k.uuid = l.uuid AND EXISTS (SELECT 1
                                FROM occurrence o JOIN scope s ON s.scan = o.scan WHERE o.library = k.id))
                        """,
                    order: ["l.id"],
                    columns: Column.libraryWithLicenses + [
                        .names(
                            "copyrightReferences", "", item: "copyrightReference", name: "copyright", "l.copyright"),
                        // A library is direct if at least one project needs it directly.
                        .directDependency(
                            "",
                            """
                            nullif((SELECT max(o.direct) FROM library k JOIN occurrence o ON o.library = k.id
                                JOIN scope s ON s.scan = o.scan
                                WHERE k.organization = l.organization AND k.uuid = l.uuid), -1)
                            """),
                    ],
                    lists: [
                        Table(
                            key: "licenses", item: "license", title: "Licenses",
                            // Documents may state different licences for one library; each licence comes once.
                            from: """
                                realm r JOIN library l ON l.organization = r.organization
                                JOIN library k ON k.organization = l.organization AND k.uuid = l.uuid
                                JOIN library_license x ON x.library = k.id JOIN license n ON n.id = x.license
                                WHERE k.id = (SELECT min(m.id) FROM library m
                                    JOIN library_license y ON y.library = m.id AND y.license = x.license
                                    WHERE m.organization = l.organization AND m.uuid = l.uuid AND EXISTS (SELECT 1
                                        FROM occurrence o JOIN scope s ON s.scan = o.scan WHERE o.library = m.id))
                                """,
                            order: ["l.id", "k.id", "x.position"], columns: Column.licenseOfCall)
                    ] + lists)
            ]))
    }

    private static let projectsOfLibrary = Table(
        key: "projects", item: "project", title: "Projects",
        from: """
            realm r JOIN library l ON l.organization = r.organization
            JOIN library k ON k.organization = l.organization AND k.uuid = l.uuid
            JOIN occurrence o ON o.library = k.id JOIN scope s ON s.scan = o.scan WHERE r.organization > 0
            """,
        order: ["l.id", "s.project"],
        columns: [
            .text("projectName", "", "s.project_name"),
            .text("projectToken", "", "s.project_token"),
        ])

    /// The alerts of `getAlertsByProjectTag`. The filter's value is the tag's key and value, separated by a line end.
    package static let alertsByProjectTag: Report = {
        let alerts = Report.alerts
        let tag = Filter("projectTag", .text, "alerts of projects with this tag") { values in
            let parts = (values.first ?? "").split(separator: "\n", maxSplits: 1).map(String.init)
            return """
                s.project IN (SELECT t.project FROM project_tag t
                    WHERE t.key = \(parts.first ?? "") AND t.value = \(parts.last ?? ""))
                """
        }
        return Report(
            name: alerts.name, title: alerts.title, formats: [.json], filters: alerts.filters + [tag],
            body: alerts.body)
    }()
}

extension Table {
    fileprivate static let licensesOfOccurrence = Table(
        key: "licenses", item: "license", title: "Licenses",
        from: """
            scope s JOIN occurrence o ON o.scan = s.scan JOIN library_license x ON x.library = o.library
            JOIN license n ON n.id = x.license WHERE s.scan > 0
            """,
        order: ["s.project", "o.position", "x.position"], columns: Column.licenseOfCall)
}

extension Column {
    /// A library in the form of the calls: mend-api.md §2.
    fileprivate static let libraryOfCall: [Column] = [
        .text("keyUuid", "", "l.uuid"),
        .integer("keyId", "", "l.key_id"),
        .text("filename", "Library", "l.filename", width: 36),
        .text("name", "", "l.artifact"),
        .text("groupId", "Group", LibrarySQL.group, width: 24).omittedWhenNull,
        .text("artifactId", "Artifact", MendCoordinates.artifact, width: 28),
        .text("version", "Version", LibrarySQL.version, width: 14).omittedWhenNull,
        .text("sha1", "SHA1", "nullif(l.sha1, '')", width: 42).omittedWhenNull,
        .text("type", "Type", "l.type_constant", width: 24),
        .text("languages", "", "l.type"),
        .text("description", "Description", "nullif(l.description, '')", width: 40).omittedWhenNull,
        .text("coordinates", "", MendCoordinates.all),
        .text("purl", "", "nullif(l.purl, '')").omittedWhenNull,
        .boolean("outdated", "", Releases.isOutdated).omittedWhenNull,
        .text("outdatedModel.newestVersion", "", "n.newest").omittedWhenNull,
        Column("outdatedModel.newestLibraryDate", "", .date, "n.newest_published", width: 12).omittedWhenNull,
        Column("outdatedModel.outdatedLibraryDate", "", .date, "n.published", width: 12).omittedWhenNull,
        .integer("outdatedModel.versionsInBetween", "", "n.versions_between"),
        .link("references.url", "", "nullif(l.download_url, '')").omittedAlone,
        .link("references.homePage", "", "nullif(l.homepage, '')").omittedWhenNull,
    ]

    /// A library in calls about licences. The type is a word there, as in recorded answers; in an inventory it is a constant.
    fileprivate static let libraryWithLicenses: [Column] = libraryOfCall.map { column in
        column.key == "type" ? Column.text("type", "", "l.type") : column
    }

    fileprivate static let licenseOfCall: [Column] =
        [
            .text("name", "License", "n.name"),
            .link("url", "", "nullif(n.url, '')").omittedWhenNull,
            .text("spdxName", "", LicenseSQL.identifier).omittedWhenNull,
            .text("type", "", "n.type"),
        ] + licenseProfile + [
            .names("references", "", item: "reference", name: "reference", "x.reference")
        ]
}
