import Database

// DESIGN. What hangs on no project is read from `realm`, the one row that says which organization may be seen. Who may see
// some products only sees what is said of these.

extension Report {
    /// Who may do what here: each with the strongest role in the organization or in a product, and the groups whose members
    /// have a role by them.
    static let members = Report(
        name: .prefixed("MembersReport", in: .organization, .product, .project),
        title: "Members",
        formats: Format.tabular(first: .xlsx),
        filters: [],
        body: .tables([
            Table(
                key: "members", item: "member", title: "Members",
                from: """
                    realm r JOIN assignment m ON m.organization = r.organization JOIN account u ON u.id = m.account
                    LEFT JOIN product d ON d.id = m.product
                    WHERE (r.product = 0 OR m.product = 0 OR m.product = r.product)
                        AND (r.sees_all = 1 OR m.product IN (SELECT s.product FROM scope s))
                        AND NOT EXISTS (SELECT 1 FROM assignment n WHERE n.organization = m.organization
                            AND n.account = m.account AND n.product = m.product AND n.role < m.role)
                    """,
                order: ["m.account", "m.product"],
                columns: [
                    .text("scope", "Scope", "CASE m.product WHEN 0 THEN 'ORGANIZATION' ELSE 'PRODUCT' END", width: 14),
                    .text("scopeName", "Name", "coalesce(d.name, r.name)", width: 24),
                    .text("type", "Type", "CASE u.kind WHEN 'SERVICE' THEN 'SERVICE_USER' ELSE 'USER' END", width: 14),
                    .text("name", "User", "u.name", width: 24),
                    .text("email", "Email", "u.email", width: 30),
                    // The first group, and how many more there are.
                    .names(
                        "groups", "Group", item: "group", name: "",
                        """
                        coalesce((SELECT min(g.name) || CASE WHEN count(*) > 1 THEN ' (+' || (count(*) - 1) || ')' ELSE '' END
                        FROM group_member y JOIN account_group g ON g.id = y.account_group
                        WHERE y.account = m.account AND g.organization = m.organization), '')
                        """, width: 20),
                    .text("role", "Role", "m.role", width: 16),
                ]),
            Table(
                key: "groups", item: "group", title: "Groups",
                from: """
                    realm r JOIN group_assignment a ON a.organization = r.organization
                    JOIN account_group g ON g.id = a.account_group LEFT JOIN product d ON d.id = a.product
                    WHERE (r.product = 0 OR a.product = 0 OR a.product = r.product)
                        AND (r.sees_all = 1 OR a.product IN (SELECT s.product FROM scope s))
                        AND NOT EXISTS (SELECT 1 FROM group_assignment n WHERE n.organization = a.organization
                            AND n.account_group = a.account_group AND n.product = a.product AND n.role < a.role)
                    """,
                order: ["a.account_group", "a.product"],
                columns: [
                    .text("scope", "Scope", "CASE a.product WHEN 0 THEN 'ORGANIZATION' ELSE 'PRODUCT' END", width: 14),
                    .text("scopeName", "Name", "coalesce(d.name, r.name)", width: 24),
                    .text("name", "Group", "g.name", width: 24),
                    .text("role", "Role", "a.role", width: 16),
                ],
                lists: [
                    Table(
                        key: "members", item: "member", title: "Members",
                        from: """
                            realm r JOIN group_assignment a ON a.organization = r.organization
                            JOIN group_member y ON y.account_group = a.account_group JOIN account u ON u.id = y.account
                            WHERE NOT EXISTS (SELECT 1 FROM group_assignment n WHERE n.organization = a.organization
                                AND n.account_group = a.account_group AND n.product = a.product AND n.role < a.role)
                            """,
                        // One role is left of each group and product; it is named because the key has it.
                        order: ["a.account_group", "a.product", "a.role", "y.account"],
                        columns: [
                            .text("name", "User", "u.name", width: 24),
                            .text("email", "Email", "u.email", width: 30),
                        ])
                ]),
        ])
    )

    /// What agents, plug-ins and other uploads asked for.
    static let pluginRequestHistory = Report(
        name: .plain("PluginRequestHistoryReport", in: .organization),
        title: "Plugin Requests",
        formats: Format.tabular(first: .xlsx),
        filters: [],
        body: .tables([
            Table(
                key: "pluginRequests", item: "pluginRequest", title: "Plugin Requests",
                from: """
                    realm r JOIN agent_request q ON q.organization = r.organization
                    WHERE (r.sees_all = 1 OR q.product IN (SELECT s.product FROM scope s))
                    """,
                order: ["q.id"],
                columns: [
                    .timestamp("time", "Time", "q.at"),
                    .text("requestedBy", "Requested By", "q.requested_by", width: 24),
                    .text("ipAddress", "IP Address", "q.address", width: 16),
                    .text("agent", "Agent", "q.agent"),
                    .text("agentVersion", "Agent Version", "q.agent_version", width: 14),
                    .text("product", "Product", "q.product_name"),
                    .text("project", "Project", "q.project_name"),
                    .text("requestType", "Request Type", "q.type", width: 24),
                    .text("requestToken", "Request Token", "q.request_token", width: 36),
                    .text("status", "Status", "q.status", width: 12),
                ])
        ])
    )

    /// What broke a policy when an agent asked.
    static let pluginPolicyViolation = Report(
        name: .plain("PluginPolicyViolationReport", in: .organization),
        title: "Policy Violations",
        formats: Format.tabular(first: .xlsx),
        filters: [],
        body: .tables([
            Table(
                key: "pluginPolicyViolations", item: "pluginPolicyViolation", title: "Policy Violations",
                from: """
                    realm r JOIN agent_request q ON q.organization = r.organization
                    WHERE (r.sees_all = 1 OR q.product IN (SELECT s.product FROM scope s))
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

    /// Every change of configuration and metadata, and who made it.
    static let changeLog = Report(
        name: .plain("ChangeLogReport", in: .organization),
        title: "Change Log",
        formats: Format.tabular(first: .json),
        filters: [
            Filter("startDateTime", .time, "changes from that moment on (UTC)") {
                "c.at >= \(Int64($0.first ?? "") ?? 0)"
            },
            Filter("endDateTime", .time, "changes up to that moment (UTC)") {
                "c.at <= \(Int64($0.first ?? "") ?? 0)"
            },
        ],
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
