import Bytes

// DESIGN. Organizations, their people and the rights of these people. Only the digests of keys are known here. Tokens,
// times and digests come as values, ids from the sequences. Each change of a configuration writes its line of the change
// log in the same transaction. No code here decides whether a change is allowed: the API's authorization first reads
// `Standing`.

/// The reason why an organization, account, product or project was not made.
package enum AccountError: Error, Equatable, CustomStringConvertible {
    /// An invalid name, with the accepted form.
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

/// The tables of organizations, accounts and their direct dependents.
package enum Accounts {
    // MARK: Making

    /// Makes an organization and its first administrator, whose key has this digest.
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

    /// Makes an account without a role, with a key for all purposes, and returns its id. `kind` is `USER` or
    /// `SERVICE`.
    package static func createAccount(
        email: String, name: String, kind: StaticString, keyDigest: [UInt8], at time: Int64,
        on connection: any Connection
    ) throws -> Int64 {
        try createAccount(email: email, name: name, kind: kind, key: NewKey(keyDigest), at: time, on: connection)
    }

    /// Makes an account without a role, with its first key, and returns its id.
    static func createAccount(
        email: String, name: String, kind: StaticString, key: NewKey, at time: Int64, on connection: any Connection
    ) throws -> Int64 {
        let id = try createAccount(email: email, name: name, kind: kind, at: time, on: connection)
        _ = try Keys.insert(key, account: id, at: time, on: connection)
        return id
    }

    /// Makes an account without a key or a role, and returns its id.
    static func createAccount(
        email: String, name: String, kind: StaticString, at time: Int64, on connection: any Connection
    ) throws -> Int64 {
        let email = try checked(email: email)
        let id = try connection.take(1, from: "account")
        try connection.run(
            """
            INSERT INTO account (id, email, name, kind, created_at)
            VALUES (\(id), \(email), \(name), \(kind.description), \(time))
            """)
        return id
    }

    /// Throws unless a text can be a mail address.
    static func checked(email text: String) throws(AccountError) -> String {
        let email = text.trimmingBlanks()
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, email.utf8.count <= AccountError.nameLimit,
            !email.contains(where: \.isWhitespace), isPrintable(email)
        else { throw .badEmail(email) }
        return email
    }

    /// Makes an account a member of the organization. Repeating it changes nothing.
    static func join(_ organization: Int64, account: Int64, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO membership (organization, account) VALUES (\(organization), \(account)) ON CONFLICT DO NOTHING
            """)
    }

    /// Gives an account a role in the organization or in one of its products, and makes it a member. Giving it again changes
    /// nothing.
    package static func assign(
        _ role: Role, to account: Int64, organization: Int64, product: Int64 = 0, on connection: any Connection
    ) throws {
        try join(organization, account: account, on: connection)
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
        try Revisions.raise(scope, contentAt: time, on: connection)
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
        try Revisions.raise(scope, contentAt: time, on: connection)
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
        try Change(.configuration, .entity, aspect, of: place, after: [entity.name]).write(writing)
    }

    // MARK: Finding

    /// The scope that a token of this kind names, with all products visible; nil for an unknown token. For the operator
    /// at the command line, who may see everything; requests use `Standing.find`.
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

    /// The address of an account; empty if the account was deleted.
    package static func email(of account: Int64, on connection: any Connection) throws -> String {
        try connection.first("SELECT email FROM account WHERE id = \(account)") { $0.string(0) } ?? ""
    }

    // MARK: Names

    /// The name without blanks at its ends; throws for an invalid name.
    private static func checked(_ name: String, of kind: ScopeKind) throws(AccountError) -> String {
        let trimmed = name.trimmingBlanks()
        guard !trimmed.isEmpty, trimmed.utf8.count <= AccountError.nameLimit, isPrintable(trimmed) else {
            throw .badName(name, of: kind)
        }
        return trimmed
    }

    /// Control characters would break the files and terminals that show names; U+FFFD replaces unreadable characters.
    static func isPrintable(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.properties.generalCategory == .control || $0 == "\u{FFFD}" }
    }
}
