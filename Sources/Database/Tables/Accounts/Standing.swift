// DESIGN. The rights of an account follow from its assignments and those of its groups. Only the API's authorization
// calls this; no other code decides by roles.

/// The rights of a person in an organization or a product. Each role includes the roles before it.
package enum Role: String, Sendable, CaseIterable, Comparable {
    case readOnly = "READ_ONLY"
    case member = "MEMBER"
    case administrator = "ADMINISTRATOR"

    /// The rights of an assignment; nil for assignments without rights, such as receiving mail about alerts.
    package init?(assignment word: String) {
        switch word {
        case "ADMINISTRATOR": self = .administrator
        case "MEMBER", "DEFAULT_APPROVER", "PRODUCT_APPROVER", "PRODUCT_INTEGRATOR": self = .member
        case "READ_ONLY": self = .readOnly
        default: return nil
        }
    }

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .readOnly: 0
        case .member: 1
        case .administrator: 2
        }
    }

    /// The word for messages.
    package var word: String {
        switch self {
        case .readOnly: "read-only"
        case .member: "member"
        case .administrator: "administrator"
        }
    }
}

/// The rights of an account in one organization.
package struct Standing: Sendable, Equatable {
    package let account: Int64
    package let email: String
    /// The greatest role in the whole organization; nil for none.
    package let role: Role?
    /// The greatest role in single products.
    package let productRoles: [Int64: Role]

    package init(account: Int64, email: String, role: Role?, productRoles: [Int64: Role]) {
        self.account = account
        self.email = email
        self.role = role
        self.productRoles = productRoles
    }

    /// Whether the account belongs to the organization.
    package var isMember: Bool { role != nil || !productRoles.isEmpty }

    /// The products that the account may see; nil for all.
    package var visibleProducts: [Int64]? { role == nil ? productRoles.keys.sorted() : nil }

    /// The role in a product (0: the whole organization); nil for none. A member of only some products may read the parts of
    /// the organization's requests that concern these products.
    package func role(inProduct product: Int64) -> Role? {
        guard product != 0 else { return role ?? (productRoles.isEmpty ? nil : .readOnly) }
        guard let own = productRoles[product] else { return role }
        return role.map { max($0, own) } ?? own
    }

    /// The scope that a token names and the rights of a key's holder there, by assignments of the holder and of
    /// groups; each is nil if unknown. An expired key does not count.
    ///
    /// One query looks up both, so a wrong token takes as long as a wrong key. The scope shows all products;
    /// authorization narrows it.
    package static func find(
        _ kind: ScopeKind, token: String, keyDigest: [UInt8], at time: Int64, on connection: any Connection
    ) throws -> (scope: Scope?, holder: (standing: Standing, key: HeldKey)?) {
        let place: SQL =
            switch kind {
            case .organization: "SELECT id AS organization, 0 AS product, 0 AS project FROM organization"
            case .product: "SELECT organization, id AS product, 0 AS project FROM product"
            case .project: "SELECT organization, product, id AS project FROM project"
            }
        let rows = try connection.all(
            """
            SELECT t.organization, t.product, t.project, a.id, a.email, s.product, s.role, k.id, k.digest, k.scopes, k.used_at
            FROM (SELECT 1 AS one) x LEFT JOIN (\(place) WHERE token = \(token)) t ON true
            LEFT JOIN user_key k ON k.digest = \(keyDigest) AND \(hasTime(at: time))
            LEFT JOIN account a ON a.id = k.account
            LEFT JOIN assignment s ON s.account = k.account AND s.organization = t.organization
            UNION ALL
            SELECT t.organization, t.product, t.project, a.id, a.email, g.product, g.role, k.id, k.digest, k.scopes, k.used_at
            FROM (\(place) WHERE token = \(token)) t JOIN user_key k ON k.digest = \(keyDigest)
            JOIN account a ON a.id = k.account JOIN group_member m ON m.account = k.account
            JOIN group_assignment g ON g.organization = t.organization AND g.account_group = m.account_group
            WHERE \(hasTime(at: time))
            """
        ) { row in
            (
                organization: row.integerOrNil(0), product: row.integer(1), project: row.integer(2),
                account: row.integerOrNil(3), email: row.string(4), where: row.integer(5),
                role: Role(assignment: row.string(6)),
                key: HeldKey(
                    id: row.integer(7), digest: row.blob(8), scopes: KeyScopes(rawValue: row.integer(9)),
                    used: row.integer(10))
            )
        }
        guard let first = rows.first else { return (nil, nil) }
        let scope = first.organization.map {
            Scope(kind: kind, organization: $0, product: first.product, project: first.project)
        }
        guard let account = first.account else { return (scope, nil) }
        let standing = Standing(
            account: account, email: first.email, assignments: rows.map { (product: $0.where, role: $0.role) })
        return (scope, (standing, first.key))
    }

    /// The greatest role of the assignments, in the whole organization (product 0) and in each product.
    private init(account: Int64, email: String, assignments: [(product: Int64, role: Role?)]) {
        var role: Role?
        var productRoles: [Int64: Role] = [:]
        for (product, given) in assignments {
            guard let given else { continue }
            if product == 0 {
                role = max(role ?? given, given)
            } else {
                productRoles[product] = max(productRoles[product] ?? given, given)
            }
        }
        self.init(account: account, email: email, role: role, productRoles: productRoles)
    }

    /// The present rights of an account in an organization, for automatic work in its name; nil for an unknown
    /// account.
    package static func find(
        account: Int64, in organization: Int64, on connection: any Connection
    ) throws -> Standing? {
        let rows = try connection.all(
            """
            SELECT a.email, s.product, s.role FROM account a
            LEFT JOIN assignment s ON s.account = a.id AND s.organization = \(organization) WHERE a.id = \(account)
            UNION ALL
            SELECT a.email, g.product, g.role FROM account a JOIN group_member m ON m.account = a.id
            JOIN group_assignment g ON g.organization = \(organization) AND g.account_group = m.account_group
            WHERE a.id = \(account)
            """
        ) { row in (email: row.string(0), product: row.integer(1), role: Role(assignment: row.string(2))) }
        guard let first = rows.first else { return nil }
        return Standing(
            account: account, email: first.email, assignments: rows.map { (product: $0.product, role: $0.role) })
    }

    /// The organizations in which the holder of a key has a role anywhere, in the order of their ids, with the
    /// greatest of these roles. Nil for an unknown key.
    package static func organizations(
        keyDigest: [UInt8], at time: Int64, on connection: any Connection
    ) throws -> (account: Int64, key: HeldKey, organizations: [(id: Int64, token: String, role: Role)])? {
        let holder = try connection.first(
            """
            SELECT k.account, k.id, k.digest, k.scopes, k.used_at FROM user_key k
            WHERE k.digest = \(keyDigest) AND \(hasTime(at: time))
            """
        ) { row in
            (
                account: row.integer(0),
                key: HeldKey(
                    id: row.integer(1), digest: row.blob(2), scopes: KeyScopes(rawValue: row.integer(3)),
                    used: row.integer(4))
            )
        }
        guard let holder else { return nil }
        var found: [(id: Int64, token: String, role: Role)] = []
        try connection.each(
            """
            SELECT o.id, o.token, s.role FROM assignment s JOIN organization o ON o.id = s.organization
            WHERE s.account = \(holder.account)
            UNION ALL
            SELECT o.id, o.token, g.role FROM group_member m
            JOIN account_group c ON c.id = m.account_group JOIN organization o ON o.id = c.organization
            JOIN group_assignment g ON g.organization = o.id AND g.account_group = m.account_group
            WHERE m.account = \(holder.account)
            ORDER BY 1
            """
        ) { row in
            guard let role = Role(assignment: row.string(2)) else { return }
            if let last = found.last, last.id == row.integer(0) {
                found[found.count - 1].role = max(last.role, role)
            } else {
                found.append((row.integer(0), row.string(1), role))
            }
        }
        return (holder.account, holder.key, found)
    }

    /// The condition that a key `k` has not expired.
    static func hasTime(at time: Int64) -> SQL { "(k.expires_at = 0 OR k.expires_at > \(time))" }
}
