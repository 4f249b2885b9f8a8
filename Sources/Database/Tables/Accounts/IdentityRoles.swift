// The roles of people who sign in with an issuer.

extension Identities {
    /// The roles of rights of an account in an organization.
    private static func held(
        _ account: Int64, _ organization: Int64, on connection: any Connection
    ) throws -> [(product: Int64, role: String)] {
        try connection.all(
            """
            SELECT product, role FROM assignment WHERE organization = \(organization) AND account = \(account)
            ORDER BY product, role
            """
        ) { (product: $0.integer(0), role: $0.string(1)) }
        .filter { Role(assignment: $0.role) != nil }
    }

    /// Whether an account has a role with rights, of its own or of a group, in any organization but these.
    static func hasRole(
        _ account: Int64, outside organizations: [Int64] = [], on connection: any Connection
    ) throws -> Bool {
        try connection.all(
            """
            SELECT organization, role FROM assignment WHERE account = \(account)
            UNION SELECT c.organization, g.role FROM group_member m
                JOIN group_assignment g ON g.account_group = m.account_group JOIN account_group c ON c.id = m.account_group
            WHERE m.account = \(account)
            """
        ) { (organization: $0.integer(0), role: $0.string(1)) }
        .contains { Role(assignment: $0.role) != nil && !organizations.contains($0.organization) }
    }

    /// Whether an account is the last local administrator of one of these organizations.
    static func isLastLocal(_ account: Int64, in organizations: [Int64], _ writing: Writing) throws -> Bool {
        try organizations.contains { try takesLastAdministrator([], from: account, in: $0, writing) }
    }

    /// Sets the roles of an account in the issuer's organizations to exactly these. Roles without rights, such as receiving mail, and
    /// groups stay while there is a role in the organization. An account that no sign-in made and that is the last local administrator of
    /// an organization stays its administrator. Returns whether the account stays an administrator for this reason.
    ///
    /// - Parameter reason: why roles end, for the records; nil for the groups.
    @discardableResult
    static func setRoles(
        _ roles: [MappingRule], of account: Int64, by reach: IssuerReach, because reason: String? = nil,
        _ writing: Writing
    ) throws -> Bool {
        let connection = writing.connection
        let reason = reason ?? "no group of \(reach.name) gives a role"
        var keepsAny = false
        for organization in reach.organizations {
            let mapped = roles.filter { $0.organization == organization }
            let isKept = try takesLastAdministrator(mapped, from: account, in: organization, writing)
            keepsAny = keepsAny || isKept
            // In the whole organization, the role of an administrator replaces the roles of the groups.
            let given = mapped.filter { !isKept || $0.product != 0 }
            var wanted = given.map { (product: $0.product, role: $0.role) }
            if isKept { wanted.append((product: 0, role: .administrator)) }
            let held = try held(account, organization, on: connection)
            let hasLeft = try wanted.isEmpty && leave(organization, account, on: connection)
            let isSame =
                held.map { "\($0.product) \($0.role)" }.sorted()
                == wanted.map { "\($0.product) \($0.role.rawValue)" }.sorted()
            if isSame && !hasLeft && !isKept { continue }
            if !isSame { try replace(held, by: wanted, of: account, in: organization, on: connection) }
            let email = try Accounts.email(of: account, on: connection)
            let writing = writing.moved(to: Scope(kind: .organization, organization: organization))
            for rule in isSame ? [] : given {
                try People.note(
                    .assignment, .changed,
                    "\(rule.role.rawValue): \(email), by the group \(rule.group) of \(reach.name)", in: rule.product,
                    writing)
            }
            if isKept {
                try People.note(
                    .assignment, .changed,
                    "ADMINISTRATOR: \(email), kept as the last local administrator with a key: \(reason)", writing)
            }
            if wanted.isEmpty { try People.note(.assignment, .changed, "NONE: \(email): \(reason)", writing) }
        }
        return keepsAny
    }

    private static func replace(
        _ held: [(product: Int64, role: String)], by wanted: [(product: Int64, role: Role)], of account: Int64,
        in organization: Int64, on connection: any Connection
    ) throws {
        for row in held {
            try connection.run(
                """
                DELETE FROM assignment WHERE organization = \(organization) AND account = \(account)
                    AND product = \(row.product) AND role = \(row.role)
                """)
        }
        for row in wanted {
            try Accounts.assign(
                row.role, to: account, organization: organization, product: row.product, on: connection)
        }
    }

    /// Whether an account with these roles in place of its present ones would leave an organization without a local
    /// administrator. An account that a sign-in made is not local: the issuer decides when it ends.
    static func takesLastAdministrator(
        _ wanted: [MappingRule], from account: Int64, in organization: Int64, _ writing: Writing
    ) throws -> Bool {
        let administrator = Role.administrator.rawValue
        guard !wanted.contains(where: { $0.product == 0 && $0.role == .administrator }) else { return false }
        // While a role is left, the groups and their rights stay.
        let held = try held(account, organization, on: writing.connection)
        guard wanted.isEmpty || held.contains(where: { $0.product == 0 && $0.role == administrator }) else {
            return false
        }
        let local = try People.localAdministrators(of: organization, at: writing.time, on: writing.connection)
        return local == [account]
    }

    /// Takes all roles and groups of an organization from an account: a group there may give a role, too. False where it had none.
    private static func leave(
        _ organization: Int64, _ account: Int64, on connection: any Connection
    ) throws -> Bool {
        let roles = try connection.run(
            "DELETE FROM assignment WHERE organization = \(organization) AND account = \(account)")
        let groups = try connection.run(
            """
            DELETE FROM group_member WHERE account = \(account)
                AND account_group IN (SELECT id FROM account_group WHERE organization = \(organization))
            """)
        return roles + groups > 0
    }

    /// Takes all its keys from an account whose roles the issuer ended, and with them the sessions. Keys that open something elsewhere
    /// stay, so those of a last local administrator, too. That an account of the issuer's may be the last administrator keeps it from
    /// nothing: the operator's command line makes another one.
    static func close(_ account: Int64, by reach: IssuerReach, _ writing: Writing) throws {
        let connection = writing.connection
        let isOpenElsewhere = try hasRole(account, on: connection)
        let which: SQL = isOpenElsewhere ? "AND is_sign_in = 1" : ""
        let keys = try connection.run("DELETE FROM user_key WHERE account = \(account) \(which)")
        guard keys > 0 else { return }
        let what = isOpenElsewhere ? "the key of sessions" : "all keys"
        let email = try Accounts.email(of: account, on: connection)
        for organization in reach.organizations {
            try People.note(
                .userKey, .deleted, "\(email): \(what), as no group of \(reach.name) lets in any more",
                writing.moved(to: Scope(kind: .organization, organization: organization)))
        }
    }
}
