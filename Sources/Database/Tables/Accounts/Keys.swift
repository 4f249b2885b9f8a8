// DESIGN. An account has several keys, each with a name, scopes and, optionally, an expiry. Only digests are stored, so a key
// is shown once, when it is made. The server writes the time of a key's last use now and then; a request never writes it. No
// person knows the key behind a sign-in with an issuer (`Identities`), and no list shows it. No change of keys removes the last
// key that can administer the organization.

/// The reason why a key was not made or changed.
package enum KeyError: Error, Equatable {
    case badName(String)
    /// The account has a key with this name.
    case nameTaken(String)
    /// The account has no key with this number or name.
    case unknown(String)
    /// The account has the most keys that it may have.
    case tooMany
    /// The expiry is in the past.
    case ended(Int64)
}

/// The description of a key, without the key itself.
package struct KeyRecord: Sendable, Equatable {
    package let id: Int64
    package let name: String
    package let scopes: KeyScopes
    /// Milliseconds since 1970, UTC, like the next two; 0 for never.
    package let created: Int64
    package let expires: Int64
    package let used: Int64

    package init(id: Int64, name: String, scopes: KeyScopes, created: Int64, expires: Int64, used: Int64) {
        self.id = id
        self.name = name
        self.scopes = scopes
        self.created = created
        self.expires = expires
        self.used = used
    }
}

/// A request's key, with the facts in the database.
package struct HeldKey: Sendable, Equatable {
    package let id: Int64
    package let digest: [UInt8]
    package let scopes: KeyScopes
    /// The last written time of its use; 0 for never.
    package let used: Int64

    package init(id: Int64, digest: [UInt8], scopes: KeyScopes, used: Int64) {
        self.id = id
        self.digest = digest
        self.scopes = scopes
        self.used = used
    }
}

/// The facts of a new key.
package struct NewKey: Sendable {
    package let name: String
    /// SHA-256 of the key.
    package let digest: [UInt8]
    package let scopes: KeyScopes
    /// Milliseconds since 1970, UTC; 0 for never.
    package let expires: Int64

    /// The name of the first key of an account.
    package static let mainName = "main"

    package init(_ digest: [UInt8], name: String = mainName, scopes: KeyScopes = .all, expires: Int64 = 0) {
        self.name = name
        self.digest = digest
        self.scopes = scopes
        self.expires = expires
    }
}

/// The choice of a key of an account.
package enum KeyChoice: Sendable, Equatable {
    case id(Int64)
    case name(String)
    /// The key that was made first.
    case first

    var shown: String {
        switch self {
        case .id(let id): "\(id)"
        case .name(let name): name
        case .first: NewKey.mainName
        }
    }
}

/// The table of keys.
package enum Keys {
    /// The most keys of an account.
    package static let limit: Int64 = 50

    /// The keys of an account, in the order in which they were made.
    package static func list(account: Int64, on connection: any Connection) throws -> [KeyRecord] {
        try connection.all(
            "SELECT \(columns) FROM user_key k WHERE k.account = \(account) AND k.is_sign_in = 0 ORDER BY k.id", record)
    }

    /// A key of an account; nil when no key matches the choice.
    package static func find(
        _ choice: KeyChoice, account: Int64, on connection: any Connection
    ) throws -> KeyRecord? {
        let which: SQL =
            switch choice {
            case .id(let id): "AND k.id = \(id)"
            case .name(let name): "AND k.name = \(name)"
            case .first: ""
            }
        return try connection.first(
            """
            SELECT \(columns) FROM user_key k WHERE k.account = \(account) AND k.is_sign_in = 0 \(which)
            ORDER BY k.id LIMIT 1
            """, record)
    }

    /// Makes a key of a member and gives its number.
    package static func add(_ new: NewKey, to person: Person, _ writing: Writing) throws -> Int64 {
        try checkMaker(of: person, writing)
        let count = try writing.connection.integer("SELECT count(*) FROM user_key WHERE account = \(person.id)") ?? 0
        guard count < limit else { throw KeyError.tooMany }
        let id = try insert(new, account: person.id, at: writing.time, on: writing.connection)
        try note(.created, new.name, new.scopes, expires: new.expires, of: person, writing)
        return id
    }

    /// Replaces a key by another one with the same name and scopes, which expires at `expires` (0: never).
    package static func renew(
        _ choice: KeyChoice, of person: Person, by digest: [UInt8], expires: Int64, _ writing: Writing
    ) throws {
        try checkMaker(of: person, writing)
        let key = try known(choice, of: person, writing)
        try check(expires, at: writing.time)
        try writing.connection.run(
            """
            UPDATE user_key SET digest = \(digest), expires_at = \(expires), created_at = \(writing.time), used_at = 0
            WHERE id = \(key.id)
            """)
        try People.checkAdministrators(writing.scope, at: writing.time, on: writing.connection)
        try note(.changed, key.name, key.scopes, expires: expires, of: person, writing)
    }

    /// A key opens every organization in which its account has a role. So an administrator makes keys for people with roles in the own
    /// organization alone, and never for those whom an issuer may give roles elsewhere at their next sign-in; the operator may.
    private static func checkMaker(of person: Person, _ writing: Writing) throws {
        guard let maker = writing.author.account, maker != person.id else { return }
        try checkOrganizations(of: person, writing)
        let signsIn = try writing.connection.integer(
            "SELECT 1 FROM sign_in_identity WHERE account = \(person.id) AND is_linked = 0")
        guard signsIn == nil else { throw PeopleError.hasOwnKeys(person.email) }
    }

    private static func checkOrganizations(of person: Person, _ writing: Writing) throws {
        guard let maker = writing.author.account, maker != person.id else { return }
        guard try !Identities.hasRole(person.id, outside: [writing.scope.organization], on: writing.connection) else {
            throw PeopleError.hasOwnKeys(person.email)
        }
    }

    /// Ends a key at once.
    package static func revoke(_ choice: KeyChoice, of person: Person, _ writing: Writing) throws {
        try People.lock(writing)
        try checkOrganizations(of: person, writing)
        let key = try known(choice, of: person, writing)
        try writing.connection.run("DELETE FROM user_key WHERE id = \(key.id)")
        try People.checkAdministrators(writing.scope, at: writing.time, on: writing.connection)
        try note(.deleted, key.name, key.scopes, expires: key.expires, of: person, writing)
    }

    /// The largest allowed difference between the clocks of two nodes, in milliseconds. A use farther in the future was noted
    /// before a clock was set back.
    private static let tolerance: Int64 = 5 * 60_000

    /// Writes when keys were used last. A newer time from another process stays.
    package static func noteUses(_ uses: [(key: Int64, time: Int64)], on connection: any Connection) throws {
        for use in uses {
            try connection.run(
                """
                UPDATE user_key SET used_at = \(use.time)
                WHERE id = \(use.key) AND (used_at < \(use.time) OR used_at > \(use.time + tolerance))
                """)
        }
    }

    // MARK: Rows

    /// Makes the row of a key and returns its number.
    ///
    /// - Parameter isSignIn: whether the key only serves sessions of a sign-in with an issuer.
    static func insert(
        _ new: NewKey, account: Int64, isSignIn: Bool = false, at time: Int64, on connection: any Connection
    ) throws -> Int64 {
        guard !new.name.isEmpty, new.name.utf8.count <= AccountError.nameLimit, Accounts.isPrintable(new.name) else {
            throw KeyError.badName(new.name)
        }
        try check(new.expires, at: time)
        let taken = try connection.integer(
            "SELECT 1 FROM user_key WHERE account = \(account) AND name = \(new.name)")
        guard taken == nil else { throw KeyError.nameTaken(new.name) }
        let id = try connection.take(1, from: "user_key")
        try connection.run(
            """
            INSERT INTO user_key (id, account, name, digest, scopes, created_at, expires_at, is_sign_in)
            VALUES (\(id), \(account), \(new.name), \(new.digest), \(new.scopes.rawValue), \(time), \(new.expires),
                \(isSignIn))
            """)
        return id
    }

    private static let columns: SQL = "k.id, k.name, k.scopes, k.created_at, k.expires_at, k.used_at"

    private static func record(_ row: borrowing RowBuffer) -> KeyRecord {
        KeyRecord(
            id: row.integer(0), name: row.string(1), scopes: KeyScopes(rawValue: row.integer(2)),
            created: row.integer(3), expires: row.integer(4), used: row.integer(5))
    }

    private static func known(_ choice: KeyChoice, of person: Person, _ writing: Writing) throws -> KeyRecord {
        guard let key = try find(choice, account: person.id, on: writing.connection) else {
            throw KeyError.unknown(choice.shown)
        }
        return key
    }

    /// A key that expires before it begins is useless, and could lock out an organization.
    private static func check(_ expires: Int64, at time: Int64) throws(KeyError) {
        guard expires == 0 || expires > time else { throw .ended(expires) }
    }

    private static func note(
        _ aspect: Change.Aspect, _ name: String, _ scopes: KeyScopes, expires: Int64, of person: Person,
        _ writing: Writing
    ) throws {
        let words = scopes.words.joined(separator: " ")
        let end = expires == 0 ? "" : ", with an end"
        try People.note(
            .userKey, aspect,
            "\(person.name) <\(person.email)> \(name): \(words)\(end)",
            writing)
    }
}
