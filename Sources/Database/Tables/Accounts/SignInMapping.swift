/// The rights of the members of an issuer's group.
package struct MappingRule: Sendable, Equatable {
    package let group: String
    package let role: Role
    package let organization: Int64
    /// 0 for the whole organization.
    package let product: Int64

    package init(group: String, role: Role, organization: Int64, product: Int64) {
        self.group = group
        self.role = role
        self.organization = organization
        self.product = product
    }

    /// The roles that rules give to some groups: for each place the greatest role, with the group that gives it. Sorted by
    /// place.
    package static func roles(of groups: [String], by rules: [MappingRule]) -> [MappingRule] {
        let groups = Set(groups)
        var found: [String: MappingRule] = [:]
        for rule in rules where groups.contains(rule.group) {
            let place = "\(rule.organization)/\(rule.product)"
            if let other = found[place], other.role >= rule.role { continue }
            found[place] = rule
        }
        return found.values.sorted { ($0.organization, $0.product) < ($1.organization, $1.product) }
    }
}

/// The tables of groups that administrators of an organization set by calls.
package enum SignInMapping {
    /// The rules of an issuer in an organization, in the order of groups and products, without those of deleted products.
    package static func list(
        issuer: String, organization: Int64, on connection: any Connection
    ) throws -> [MappingRule] {
        try connection.all(
            """
            SELECT group_name, role, product FROM sign_in_mapping
            WHERE organization = \(organization) AND issuer = \(issuer)
                AND (product = 0 OR product IN (SELECT id FROM product WHERE organization = \(organization)))
            ORDER BY group_name, product
            """
        ) { (group: $0.string(0), role: Role(rawValue: $0.string(1)), product: $0.integer(2)) }
        .compactMap { row in
            row.role.map {
                MappingRule(group: row.group, role: $0, organization: organization, product: row.product)
            }
        }
    }

    /// Replaces the rules that an issuer has in the organization of the scope. Two rules for one group and product are an error
    /// of the caller.
    package static func replace(issuer: String, by rules: [MappingRule], _ writing: Writing) throws {
        try People.lock(writing)
        let (organization, connection) = (writing.scope.organization, writing.connection)
        try connection.run(
            "DELETE FROM sign_in_mapping WHERE organization = \(organization) AND issuer = \(issuer)")
        for rule in rules {
            try connection.run(
                """
                INSERT INTO sign_in_mapping (organization, issuer, group_name, product, role)
                VALUES (\(organization), \(issuer), \(rule.group), \(rule.product), \(rule.role.rawValue))
                """)
        }
        let words = rules.map {
            "\($0.group): \($0.role.rawValue)" + ($0.product == 0 ? "" : " in product \($0.product)")
        }
        try People.note(
            .assignment, .changed, "groups of \(issuer): \(words.isEmpty ? "none" : words.joined(separator: ", "))",
            writing)
    }
}
