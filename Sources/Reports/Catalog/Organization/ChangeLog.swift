import Database

extension Report {
    /// Every change of configuration and metadata, with its author.
    static let changeLog = Report(
        name: .plain("ChangeLogReport", in: .organization).answered(exactly: [.organization: "getChangesReport"]),
        title: "Change Log",
        formats: Format.tabular(first: .json),
        filters: [
            Filter("startDateTime", .time, "changes from that moment on (UTC)") {
                "c.at >= \(Int64($0.first ?? "") ?? 0)"
            },
            Filter("endDateTime", .time, "changes up to that moment (UTC)") {
                "c.at <= \(Int64($0.first ?? "") ?? 0)"
            },
        ] + Filter.dates("c.at", "changes that were made"),
        body: .tables([
            Table(
                key: "changes", item: "change", title: "Change Log",
                from: """
                    realm r JOIN change c ON c.organization = r.organization LEFT JOIN account u ON u.id = c.account
                    LEFT JOIN product d ON d.id = c.product LEFT JOIN project p ON p.id = c.project
                    WHERE (r.sees_all = 1 OR c.product IN (SELECT s.product FROM scope s))
                    """,
                order: ["c.at", "c.id"],
                columns: [
                    .timestamp("startDateTime", "Date", "c.at"),
                    .text("changeCategory", "Category", "c.category", width: 16),
                    .text("changeClass", "Class", "c.class", width: 16),
                    .text("changeAspect", "Aspect", "c.aspect", width: 12),
                    .text("scope", "Scope", "c.scope", width: 14),
                    .text("scopeName", "Scope Name", "c.scope_name", width: 30),
                    .names("beforeChange", "Before", item: "value", name: "", "c.before", width: 30),
                    .names("afterChange", "After", item: "value", name: "", "c.after", width: 30),
                    .text("operator", "Operator", "c.operator", width: 10),
                    .text("userEmail", "User Email", "coalesce(u.email, '')", width: 24),
                    .text("productName", "Product", "d.name").omittedWhenNull,
                    .text("projectName", "Project", "p.name").omittedWhenNull,
                    .integer("changeScopeId", "", "c.scope_id"),
                    .integer("orgId", "", "r.organization"),
                    .text("orgName", "", "r.name"),
                    .integer("productId", "", "c.product").omittedWhenNull,
                    .integer("projectId", "", "c.project").omittedWhenNull,
                ])
        ])
    )
}
