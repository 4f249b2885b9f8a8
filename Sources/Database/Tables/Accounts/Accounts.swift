import Bytes

// DESIGN. Organizations, the people in them and what they may do. Keys are known by their digest only; tokens, times and
// digests come in as values, ids from the sequences. What changes a configuration writes its line of the change log in the
// same transaction. Who is allowed to do it was decided before: the API's authorization asks `Standing`.

/// What a person may do in an organization or a product. Each role includes those before it.
package enum Role: String, Sendable, CaseIterable, Comparable {
    case readOnly = "READ_ONLY"
    case member = "MEMBER"
    case administrator = "ADMINISTRATOR"

    /// The rights that an assignment gives; nil for one that gives none, as receiving mail about alerts.
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

/// Why an organization, account, product or project was not made.
package enum AccountError: Error, Equatable, CustomStringConvertible {
    /// A name that cannot be one: which, and what is accepted.
    case badName(String, of: ScopeKind)
    case nameTaken(String, of: ScopeKind)
    case badEmail(String)

    /// The longest name, in bytes of UTF-8.
    package static let nameLimit = 255

    package var description: String {
        switch self {
        case .badName(let name, let kind):
            """
            the \(kind.rawValue) name "\(name.prefix(100))" cannot be used; accepted: 1 to \(Self.nameLimit) bytes of \
            text without control characters, blanks at its ends not counted
            """
        case .nameTaken(let name, let kind): "a \(kind.rawValue) with the name \(name) exists already"
        case .badEmail(let email):
            "\"\(email.prefix(100))\" is no email address; accepted: NAME@DOMAIN, at most \(Self.nameLimit) bytes"
        }
    }
}

/// A row that was made, or found by its token.
package struct Entity: Sendable, Equatable {
    package let id: Int64
    package let token: String
    package let name: String

    package init(id: Int64, token: String, name: String) {
        self.id = id
        self.token = token
        self.name = name
    }
}

/// The author of a change in the change log.
package enum Author: Sendable, Equatable {
    case account(Int64)
    /// The server, or its operator at the command line.
    case system

    var account: Int64? {
        switch self {
        case .account(let id): id
        case .system: nil
        }
    }

    var word: String { self == .system ? "SYSTEM" : "USER" }
}

/// What an account may do in one organization.
package struct Standing: Sendable, Equatable {
    package let account: Int64
    package let email: String
    /// The greatest role in the whole organization, or nil when there is none.
    package let role: Role?
    /// The greatest role in single products.
    package let productRoles: [Int64: Role]

    package init(account: Int64, email: String, role: Role?, productRoles: [Int64: Role]) {
        self.account = account
        self.email = email
        self.role = role
        self.productRoles = productRoles
    }

    /// Whether the account belongs to the organization at all.
    package var isMember: Bool { role != nil || !productRoles.isEmpty }

    /// The products that the account may see; nil for all.
    package var visibleProducts: [Int64]? { role == nil ? productRoles.keys.sorted() : nil }

    /// The role in a product (0: the organization as a whole), or nil for none. Who belongs to some products only may
    /// read what the organization's requests show of those.
    package func role(inProduct product: Int64) -> Role? {
        guard product != 0 else { return role ?? (productRoles.isEmpty ? nil : .readOnly) }
        guard let own = productRoles[product] else { return role }
        return role.map { max($0, own) } ?? own
    }

    /// What a token names and what the holder of a key may do there, by assignments of their own and of their groups;
    /// either is nil when there is none. A key whose time is over at `time` is none.
    ///
    /// One query that looks for both whatever it finds, so that it takes as long for a wrong token as for a wrong key.
    /// The scope shows all products: narrowing it is up to who lets the account in.
    package static func find(
        _ kind: ScopeKind, token: String, keyDigest: [UInt8], at time: Int64, on connection: any Connection
    ) throws -> (scope: Scope?, holder: (standing: Standing, keyDigest: [UInt8])?) {
        let place: SQL =
            switch kind {
            case .organization: "SELECT id AS organization, 0 AS product, 0 AS project FROM organization"
            case .product: "SELECT organization, id AS product, 0 AS project FROM product"
            case .project: "SELECT organization, product, id AS project FROM project"
            }
        let rows = try connection.all(
            """
            SELECT t.organization, t.product, t.project, a.id, a.email, a.key_digest, s.product, s.role
            FROM (SELECT 1 AS one) x LEFT JOIN (\(place) WHERE token = \(token)) t ON true
            LEFT JOIN account a ON a.key_digest = \(keyDigest) AND \(hasTime(at: time))
            LEFT JOIN assignment s ON s.account = a.id AND s.organization = t.organization
            UNION ALL
            SELECT t.organization, t.product, t.project, a.id, a.email, a.key_digest, g.product, g.role
            FROM (\(place) WHERE token = \(token)) t JOIN account a ON a.key_digest = \(keyDigest)
            JOIN group_member m ON m.account = a.id
            JOIN group_assignment g ON g.organization = t.organization AND g.account_group = m.account_group
            WHERE \(hasTime(at: time))
            """
        ) { row in
            (
                organization: row.integerOrNil(0), product: row.integer(1), project: row.integer(2),
                account: row.integerOrNil(3), email: row.string(4), digest: row.blob(5), where: row.integer(6),
                role: Role(assignment: row.string(7))
            )
        }
        guard let first = rows.first else { return (nil, nil) }
        let scope = first.organization.map {
            Scope(kind: kind, organization: $0, product: first.product, project: first.project)
        }
        guard let account = first.account else { return (scope, nil) }
        let standing = Standing(
            account: account, email: first.email, assignments: rows.map { (product: $0.where, role: $0.role) })
        return (scope, (standing, first.digest))
    }

    /// The greatest of the roles that assignments give, in the whole organization (product 0) and in products.
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

    /// What an account may do in an organization now, for what is done in its name while it is away; nil when there is no
    /// such account.
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

    /// Organizations in which the holder of a key has a role anywhere, in the order of their ids, with the greatest of
    /// these roles. Nil when nobody has the key.
    package static func organizations(
        keyDigest: [UInt8], at time: Int64, on connection: any Connection
    ) throws -> (keyDigest: [UInt8], organizations: [(id: Int64, token: String, role: Role)])? {
        let holder = try connection.first(
            "SELECT a.id, a.key_digest FROM account a WHERE a.key_digest = \(keyDigest) AND \(hasTime(at: time))"
        ) { (account: $0.integer(0), digest: $0.blob(1)) }
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
        return (holder.digest, found)
    }

    /// The condition on an account `a` that its key has not expired.
    private static func hasTime(at time: Int64) -> SQL { "(a.key_expires_at = 0 OR a.key_expires_at > \(time))" }
}

/// The tables of organizations, accounts and what hangs on them directly.
package enum Accounts {
    // MARK: Making

    /// Makes an organization with its first administrator, who has the key with this digest.
    package static func createOrganization(
        named name: String, token: String, administrator email: String, keyDigest: [UInt8], at time: Int64,
        on connection: any Connection
    ) throws -> Entity {
        let name = try checked(name, of: .organization)
        let id = try connection.take(1, from: "organization")
        try connection.run(
            """
            INSERT INTO organization (id, token, name, created_at, revision)
            VALUES (\(id), \(token), \(name), \(time), 1)
            """)
        let account = try createAccount(
            email: email, name: "", kind: "USER", keyDigest: keyDigest, at: time, on: connection)
        try assign(.administrator, to: account, organization: id, on: connection)
        let made = Entity(id: id, token: token, name: name)
        try note(
            .created, .organization, made,
            Writing(in: Scope(kind: .organization, organization: id), by: .system, at: time, on: connection))
        return made
    }

    /// Makes an account without any role and gives its id. `kind` is `USER` or `SERVICE`.
    package static func createAccount(
        email: String, name: String, kind: StaticString, keyDigest: [UInt8], at time: Int64,
        on connection: any Connection
    ) throws -> Int64 {
        let email = email.trimmingBlanks()
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, email.utf8.count <= AccountError.nameLimit,
            !email.contains(where: \.isWhitespace), isPrintable(email)
        else { throw AccountError.badEmail(email) }
        let id = try connection.take(1, from: "account")
        try connection.run(
            """
            INSERT INTO account (id, email, name, kind, key_digest, created_at)
            VALUES (\(id), \(email), \(name), \(kind.description), \(keyDigest), \(time))
            """)
        return id
    }

    /// Gives an account a role in the organization, or in one of its products. Giving it again changes nothing.
    package static func assign(
        _ role: Role, to account: Int64, organization: Int64, product: Int64 = 0, on connection: any Connection
    ) throws {
        try connection.run(
            """
            INSERT INTO assignment (organization, account, product, role)
            VALUES (\(organization), \(account), \(product), \(role.rawValue)) ON CONFLICT DO NOTHING
            """)
    }

    /// Makes a product in the organization of the scope.
    package static func createProduct(named name: String, token: String, _ writing: Writing) throws -> Entity {
        let (organization, time, connection) = (writing.scope.organization, writing.time, writing.connection)
        let name = try checked(name, of: .product)
        let id = try connection.take(1, from: "product")
        try insert(
            """
            INSERT INTO product (id, organization, token, name, created_at, updated_at)
            VALUES (\(id), \(organization), \(token), \(name), \(time), \(time))
            """,
            orThrow: .nameTaken(name, of: .product), on: connection)
        let made = Entity(id: id, token: token, name: name)
        let scope = Scope(kind: .product, organization: organization, product: id)
        try note(.created, .product, made, writing.moved(to: scope))
        try touch(scope, at: time, on: connection)
        return made
    }

    /// Makes a project in the product of the scope.
    package static func createProject(named name: String, token: String, _ writing: Writing) throws -> Entity {
        let (organization, product) = (writing.scope.organization, writing.scope.product)
        let (time, connection) = (writing.time, writing.connection)
        let name = try checked(name, of: .project)
        let id = try connection.take(1, from: "project")
        try insert(
            """
            INSERT INTO project (id, organization, product, token, name, created_at, updated_at)
            VALUES (\(id), \(organization), \(product), \(token), \(name), \(time), \(time))
            """,
            orThrow: .nameTaken(name, of: .project), on: connection)
        let made = Entity(id: id, token: token, name: name)
        let scope = Scope(kind: .project, organization: organization, product: product, project: id)
        try note(.created, .project, made, writing.moved(to: scope))
        try touch(scope, at: time, on: connection)
        return made
    }

    /// Inserts a row whose name may be taken.
    private static func insert(_ row: SQL, orThrow taken: AccountError, on connection: any Connection) throws {
        do {
            try connection.run(row)
        } catch {
            if case .conflict = error { throw taken }
            throw error
        }
    }

    /// Writes a line of the change log.
    private static func note(
        _ aspect: Change.Aspect, _ kind: ScopeKind, _ entity: Entity, _ writing: Writing
    ) throws {
        let place = Change.Place(kind.rawValue.uppercased(), id: entity.id, name: entity.name)
        try Change(.configuration, "ENTITY", aspect, of: place, after: [entity.name]).write(writing)
    }

    /// Counts up the revisions of a scope and of those around it, so that no older report is the answer afterwards.
    package static func touch(_ scope: Scope, at time: Int64, on connection: any Connection) throws {
        if scope.project != 0 {
            try connection.run(
                """
                UPDATE project SET revision = revision + 1, updated_at = \(time), content_at = \(time)
                WHERE id = \(scope.project)
                """)
        }
        if scope.product != 0 {
            try connection.run(
                """
                UPDATE product SET revision = revision + 1, updated_at = \(time), content_at = \(time)
                WHERE id = \(scope.product)
                """)
        }
        try connection.run("UPDATE organization SET revision = revision + 1 WHERE id = \(scope.organization)")
    }

    // MARK: Finding

    /// The scope that a token of this kind names, with all products visible; nil when there is none. For the operator at
    /// the command line, who may see everything: requests go through `Standing.find`.
    package static func scope(_ kind: ScopeKind, token: String, on connection: any Connection) throws -> Scope? {
        let query: SQL =
            switch kind {
            case .organization: "SELECT id, 0, 0 FROM organization WHERE token = \(token)"
            case .product: "SELECT organization, id, 0 FROM product WHERE token = \(token)"
            case .project: "SELECT organization, product, id FROM project WHERE token = \(token)"
            }
        return try connection.first(query) { row in
            Scope(kind: kind, organization: row.integer(0), product: row.integer(1), project: row.integer(2))
        }
    }

    /// The address of an account; empty when it is gone.
    package static func email(of account: Int64, on connection: any Connection) throws -> String {
        try connection.first("SELECT email FROM account WHERE id = \(account)") { $0.string(0) } ?? ""
    }

    // MARK: Names

    /// The name without blanks at its ends; throws when it cannot be one.
    private static func checked(_ name: String, of kind: ScopeKind) throws(AccountError) -> String {
        let trimmed = name.trimmingBlanks()
        guard !trimmed.isEmpty, trimmed.utf8.count <= AccountError.nameLimit, isPrintable(trimmed) else {
            throw .badName(name, of: kind)
        }
        return trimmed
    }

    /// Control characters break the files and terminals in which names are shown; U+FFFD stands for what could not be read.
    private static func isPrintable(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{FFFD}" }
    }
}
