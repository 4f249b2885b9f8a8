import Database

extension Report {
    /// Libraries by the places where the images that hold them run.
    static let clusterInventory = Report(
        name: .prefixed("ClusterInventoryReport", in: .organization, .product).answered(as: "ClusterInventoryReport"),
        title: "Cluster Inventory",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.ofLibrary,
        body: .tables([
            Table(
                key: "libraries", item: "library", title: "Cluster Inventory",
                from: """
                    scope s JOIN place c ON c.project = s.project JOIN occurrence o ON o.scan = s.scan
                    JOIN library l ON l.id = o.library WHERE s.scan > 0
                    """,
                order: ["s.project", "c.position", "o.position"],
                columns: [
                    .text("clusterName", "Cluster", "c.cluster"),
                    .text("namespace", "Namespace", "c.namespace"),
                    .text("", "Workload", "c.workload"),
                    .text("", "Container", "c.container"),
                    .text("imageName", "Image", "c.image", width: 30),
                    .text("", "Image Tag", "c.tag", width: 14),
                    .text("", "Library", "l.filename", width: 36),
                    .text("version", "Version", "l.version", width: 14),
                    .text("type", "Type", "l.type", width: 16),
                    .licenses("l.licenses"),
                    .text("keyUuid", "", "l.uuid"),
                    .text("productName", "", "s.product_name"),
                    .text("projectName", "", "s.project_name"),
                    .text("description", "", "l.description"),
                    .directDependency("", "nullif(o.direct, -1)"),
                    .text("matchType", "", LibrarySQL.matchType).omittedWhenNull,
                    .text("sha1", "", LibrarySQL.sha1).omittedWhenNull,
                    .text("name", "", "l.filename"),
                    .text("artifactId", "", MendCoordinates.artifact),
                    .text("groupId", "", MendCoordinates.group),
                ])
        ])
    )

    // CROSS JOIN keeps SQLite from another order of the tables, which it would have to sort.

    /// Vulnerabilities by the places where the images that hold them run.
    static let containerVulnerability = Report(
        name: .prefixed("ContainerVulnerabilityReport", in: .organization, .product, .project).answered(exactly: [
            .organization: "getOrganizationContainerVulnerabilityReportRequest",
            .product: "getClusterVulnerabilityReportRequest",
        ]),
        title: "Container Vulnerabilities",
        formats: Format.tabular(first: .xlsx),
        filters: [.vulnerabilityStatus] + Filter.ofVulnerability
            + Filter.dates("v.published", "vulnerabilities that were published"),
        body: .tables([
            Table(
                key: "vulnerabilities", item: "vulnerability", title: "Container Vulnerabilities",
                from: """
                    scope s CROSS JOIN place c CROSS JOIN exposure e
                    JOIN occurrence o ON o.scan = e.scan AND o.position = e.position
                    JOIN vulnerability v ON v.id = e.vulnerability JOIN library l ON l.id = o.library
                    LEFT JOIN advisory a ON a.id = v.advisory
                    LEFT JOIN finding f ON f.library = o.library AND f.vulnerability = e.vulnerability
                    LEFT JOIN advisory t ON t.id = f.top_fix_advisory
                    WHERE s.scan > 0 AND c.project = s.project AND e.scan = s.scan
                    """,
                order: ["s.project", "c.position", "e.position", "e.vulnerability"],
                columns: Column.containerVulnerability,
                lists: [
                    Table(
                        key: "allFixes", item: "fix", title: "All Fixes",
                        from: """
                            scope s CROSS JOIN place c CROSS JOIN exposure e CROSS JOIN occurrence o
                            CROSS JOIN finding_fix x
                            JOIN vulnerability v ON v.id = x.vulnerability JOIN library l ON l.id = o.library
                            JOIN advisory a ON a.id = x.advisory
                            WHERE s.scan > 0 AND c.project = s.project AND e.scan = s.scan AND o.scan = e.scan
                                AND o.position = e.position AND x.library = o.library
                                AND x.vulnerability = e.vulnerability
                            """,
                        order: ["s.project", "c.position", "e.position", "e.vulnerability", "x.position"],
                        columns: Column.fix)
                ],
                replacements: [
                    Replacement(filter: "status", value: "resolved", table: resolvedContainerVulnerabilities)
                ])
        ])
    )

    /// What was found in an image's libraries once, and is no more, by where the image runs now.
    private static let resolvedContainerVulnerabilities = Table(
        key: "vulnerabilities", item: "vulnerability", title: "Container Vulnerabilities",
        from: """
            scope s CROSS JOIN place c CROSS JOIN alert g JOIN vulnerability v ON v.id = g.vulnerability
            JOIN library l ON l.id = g.library LEFT JOIN advisory a ON a.id = v.advisory
            LEFT JOIN finding f ON f.library = l.id AND f.vulnerability = v.id
            LEFT JOIN advisory t ON t.id = f.top_fix_advisory
            WHERE c.project = s.project AND g.project = s.project AND g.type = 'SECURITY_VULNERABILITY'
                AND g.state = 'RESOLVED'
            """,
        order: ["s.project", "c.position", "g.number"],
        columns: Column.containerVulnerability,
        lists: [
            Table(
                key: "allFixes", item: "fix", title: "All Fixes",
                from: """
                    scope s CROSS JOIN place c CROSS JOIN alert g CROSS JOIN finding_fix x
                    JOIN vulnerability v ON v.id = g.vulnerability JOIN library l ON l.id = g.library
                    JOIN advisory a ON a.id = x.advisory
                    WHERE c.project = s.project AND g.project = s.project AND g.type = 'SECURITY_VULNERABILITY'
                        AND g.state = 'RESOLVED' AND x.library = g.library AND x.vulnerability = g.vulnerability
                    """,
                order: ["s.project", "c.position", "g.number", "x.position"],
                columns: Column.fix)
        ])
}

extension Column {
    /// A finding (`vulnerability`) in an image that runs at `place c`.
    fileprivate static let containerVulnerability: [Column] =
        [
            .severity("severity", "Severity"),
            .text("clusterName", "Cluster", "c.cluster"),
            .text("namespace", "Namespace", "c.namespace"),
            .text("imageName", "Image", "c.image", width: 30),
            .text("imageTag", "Image Tag", "c.tag", width: 14),
            .text("", "Library", "l.filename", width: 36),
            .text("name", "Vulnerability ID", "v.name", width: 20),
            Column("", "CVSS 3 Score", .real, "CAST(nullif(v.score3, '') AS DOUBLE PRECISION)", width: 14),
            Column("publishDate", "Published", .date, VulnerabilityText.published, width: 12).omittedWhenNull,
            Column("lastUpdatedDate", "Modified", .date, VulnerabilityText.modified, width: 12).omittedWhenNull,
            .text("", "Top Fix", VulnerabilityText.fix, width: 36),
        ]
        + vulnerability.filter {
            !["", "severity", "name", "publishDate", "lastUpdatedDate", "libraryUpgrade"].contains($0.key)
        }.map(\.untitled) + severityHeadings
}
