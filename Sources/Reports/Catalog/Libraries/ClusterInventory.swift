import Database

extension Report {
    /// Libraries by the places where images with them run.
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
                    .text("version", "Version", LibrarySQL.version, width: 14).omittedWhenNull,
                    .text("type", "Type", "l.type", width: 16),
                    .licenses("l.licenses"),
                    .text("keyUuid", "", "l.uuid"),
                    .text("productName", "", "s.product_name"),
                    .text("projectName", "", "s.project_name"),
                    .text("description", "", LibrarySQL.description).omittedWhenNull,
                    .directDependency("", "nullif(o.direct, -1)"),
                    .text("matchType", "", LibrarySQL.matchType).omittedWhenNull,
                    .text("sha1", "", LibrarySQL.sha1).omittedWhenNull,
                    .text("name", "", "l.filename"),
                    .text("artifactId", "", MendCoordinates.artifact),
                    .text("groupId", "", LibrarySQL.group).omittedWhenNull,
                ])
        ])
    )
}
