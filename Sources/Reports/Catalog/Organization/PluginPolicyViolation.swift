import Database

extension Report {
    /// Violations of policies that agents asked about.
    static let pluginPolicyViolation = Report(
        name: .plain("PluginPolicyViolationReport", in: .organization).answered(exactly: [
            .organization: "getPluginPolicyViolationReport"
        ]),
        title: "Policy Violations",
        formats: Format.tabular(first: .xlsx),
        filters: Filter.dates("q.at", "requests that were made"),
        body: .tables([
            Table(
                key: "pluginPolicyViolations", item: "pluginPolicyViolation", title: "Policy Violations",
                from: """
                    \(Joins.agentRequests)
                        AND EXISTS (SELECT 1 FROM agent_violation x WHERE x.request = q.id)
                    """,
                order: ["q.id"],
                columns: [
                    .timestamp("time", "Time", "q.at"),
                    .text("requestedBy", "Requested By", "q.requested_by", width: 24),
                    .text("ipAddress", "IP Address", "q.address", width: 16),
                    .text("agent", "Agent", "q.agent"),
                    .text("product", "Product", "q.product_name"),
                    .text("project", "Project", "q.project_name"),
                ],
                lists: [
                    Table(
                        key: "violations", item: "violation", title: "Violations",
                        from: """
                            realm r JOIN agent_request q ON q.organization = r.organization
                            JOIN agent_violation x ON x.request = q.id WHERE r.organization > 0
                            """,
                        order: ["q.id", "x.position"],
                        columns: [
                            .text("library", "Library", "x.library", width: 36),
                            .text("dependency", "Dependency", "x.dependency", width: 36),
                            .names("licenses", "Licenses", item: "license", name: "", "x.licenses"),
                            .text("policy", "Policy", "x.policy", width: 24),
                        ])
                ])
        ])
    )
}
