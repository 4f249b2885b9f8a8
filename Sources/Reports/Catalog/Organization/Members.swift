import Database

// DESIGN. Rows that belong to no project are read from `realm`, whose one row names the visible organization. A user
// who may see only some products gets the rows about these products.

extension Report {
    /// Members with their strongest role in the organization or in a product, and groups with the roles that they give.
    static let members: Report = {
        var report = membersAndGroups
        report.showsOrganization = true
        return report
    }()

    private static let membersAndGroups = Report(
        name: .prefixed("MembersReport", in: .organization, .product, .project).answered(as: "MembersReport"),
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
                            AND n.account = m.account AND n.product = m.product AND \(isStronger("n.role", than: "m.role")))
                    """,
                order: ["m.account", "m.product"],
                columns: [
                    .text("scope", "Scope", "CASE m.product WHEN 0 THEN 'ORGANIZATION' ELSE 'PRODUCT' END", width: 14),
                    .text("scopeName", "Name", "coalesce(d.name, r.name)", width: 24),
                    .text("type", "Type", "CASE u.kind WHEN 'SERVICE' THEN 'SERVICE_USER' ELSE 'USER' END", width: 14),
                    .text("name", "User", "u.name", width: 24),
                    .text("email", "Email", "u.email", width: 30),
                    // The first group, and the number of further groups.
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
                        AND \(isStrongestOfGroup)
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
                            WHERE \(isStrongestOfGroup)
                            """,
                        // For each group and product only one role remains. It is still selected, because it is in
                        // the key.
                        order: ["a.account_group", "a.product", "a.role", "y.account"],
                        columns: [
                            .text("name", "User", "u.name", width: 24),
                            .text("email", "Email", "u.email", width: 30),
                        ])
                ]),
        ])
    )

    /// Whether the group has no stronger role in the same place than that of `group_assignment a`.
    private static let isStrongestOfGroup: StaticSQL = """
        NOT EXISTS (SELECT 1 FROM group_assignment n WHERE n.organization = a.organization
            AND n.account_group = a.account_group AND n.product = a.product AND \(isStronger("n.role", than: "a.role")))
        """

    /// Whether an assignment's role comes before another: by its rights, then by its word.
    private static func isStronger(_ role: StaticSQL, than other: StaticSQL) -> StaticSQL {
        """
        (\(weakness(of: role)) < \(weakness(of: other))
            OR \(weakness(of: role)) = \(weakness(of: other)) AND \(role) < \(other))
        """
    }

    /// 0 for the role with the most rights; roles without rights come last. A test checks this order against
    /// `Role(assignment:)`.
    static func weakness(of role: StaticSQL) -> StaticSQL {
        """
        CASE \(role) WHEN 'ADMINISTRATOR' THEN 0 WHEN 'MEMBER' THEN 1 WHEN 'DEFAULT_APPROVER' THEN 1
            WHEN 'PRODUCT_APPROVER' THEN 1 WHEN 'PRODUCT_INTEGRATOR' THEN 1 WHEN 'READ_ONLY' THEN 2 ELSE 3 END
        """
    }
}
