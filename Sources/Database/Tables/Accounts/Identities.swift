import Bytes

// DESIGN. The issuer's address and its name for a person identify the person. An e-mail address does so only where the operator
// allows linking existing accounts by it. Each sign-in sets the roles in the issuer's organizations to those that the person's
// groups give. If they give none, the account is closed: it loses its roles, groups and keys, and with the keys its sessions. A
// person who has a role that the issuer does not control keeps the keys. A session begins with a key whose digest is random, so
// the code behind the console's door only needs to know keys. The groups are stored, so that a changed table of groups takes
// effect at once.

/// A person as an issuer describes them.
package struct IssuedPerson: Sendable, Equatable {
    /// The issuer's address, and its name for the person.
    package let issuer: String
    package let subject: String
    package let email: String
    /// Whether the issuer states that it has verified the address.
    package let isEmailVerified: Bool
    package let name: String
    /// Nil where the issuer does not say.
    package let groups: [String]?

    package init(
        issuer: String, subject: String, email: String, isEmailVerified: Bool, name: String, groups: [String]?
    ) {
        self.issuer = issuer
        self.subject = subject
        self.email = email
        self.isEmailVerified = isEmailVerified
        self.name = Accounts.isPrintable(name) ? String(name.prefix(Self.nameLimit)) : ""
        self.groups = groups?.filter { Accounts.isPrintable($0) }
    }

    /// The most characters of a name that are stored.
    private static let nameLimit = 100
}

/// The rights that an issuer can give in this database.
package struct IssuerReach: Sendable {
    /// The name in the operator's file, for records.
    package let name: String
    /// The organizations that the issuer may admit people to.
    package private(set) var organizations: [Int64]
    package private(set) var rules: [MappingRule]
    /// Whether a verified address links existing accounts.
    package let linksByEmail: Bool
    /// Whether somebody of whom the issuer names no groups at all has none.
    package var closesWithoutGroups = false
    /// Whether each organization of the operator's file was found.
    package var isWhole = true

    package init(name: String, organizations: [Int64], rules: [MappingRule], linksByEmail: Bool) {
        self.name = name
        self.organizations = organizations.sorted()
        self.rules = rules
        self.linksByEmail = linksByEmail
    }

    /// The part that concerns one organization.
    fileprivate func narrowed(to organization: Int64) -> IssuerReach {
        var part = self
        part.organizations.removeAll { $0 != organization }
        part.rules.removeAll { $0.organization != organization }
        return part
    }
}

/// The accounts of people who sign in with an issuer.
package enum Identities {
    /// The name of the keys that begin sessions.
    private static let keyName = "sign-in"

    package enum Entry: Sendable, Equatable {
        /// The account, and the digest of the key that begins the session.
        case entered(account: Int64, keyDigest: [UInt8])
        /// No group gives a role; an existing account is closed.
        case noRole
        /// The issuer does not say which groups there are, which changes nothing.
        case noGroups
        /// Another person has the address in this organization.
        case emailTaken
        /// The account with the address is the last local administrator, and the groups would take that role.
        case lastAdministrator
        /// The issuer gives no usable address.
        case noEmail
    }

    /// Admits a person, or closes the account. The caller provides a transaction for this call alone.
    ///
    /// - Parameters:
    ///   - digest: 32 random bytes, used as the digest if a new key is made.
    ///   - writing: in the name of the server; its scope is ignored.
    package static func enter(
        _ person: IssuedPerson, by reach: IssuerReach, newKey digest: [UInt8], _ writing: Writing
    ) throws -> Entry {
        let connection = writing.connection
        guard let groups = person.groups ?? (reach.closesWithoutGroups ? [] : nil) else { return .noGroups }
        try lock(reach, on: connection)
        let known = try account(issuer: person.issuer, subject: person.subject, on: connection)
        let roles = try roles(of: groups, by: reach, for: known, on: connection)
        guard !roles.isEmpty else {
            if let known {
                try setRoles([], of: known.account, by: reach, writing)
                try close(known.account, by: reach, writing)
                try note(person, account: known.account, closed: writing.time, writing)
            }
            return .noRole
        }
        let email: String
        do throws(AccountError) {
            email = try Accounts.checked(email: person.email)
        } catch {
            return .noEmail
        }
        let account: Int64
        let places = Set(roles.map(\.organization))
        let holder = try member(email, of: known == nil ? places.sorted() : reach.organizations, on: connection)
        if let known {
            // If another person has the address, that person keeps it, and the account keeps its old one.
            let isFree = holder == nil || holder?.account == known.account
            try rename(known.account, email: isFree ? email : nil, name: person.name, on: connection)
            account = known.account
        } else if let holder {
            // A machine's account stays its own, whatever its address.
            guard reach.linksByEmail, person.isEmailVerified, holder.kind == "USER",
                try !hasIdentity(holder.account, on: connection),
                // Somebody else may know a key of it, which must not open an organization of which it is no member.
                try places.isSubset(of: organizations(of: holder.account, on: connection))
            else { return .emailTaken }
            for organization in reach.organizations {
                let mapped = roles.filter { $0.organization == organization }
                if try takesLastAdministrator(mapped, from: holder.account, in: organization, writing) {
                    return .lastAdministrator
                }
            }
            account = holder.account
        } else {
            account = try Accounts.createAccount(
                email: email, name: person.name, kind: "USER", at: writing.time, on: connection)
        }
        try setRoles(roles, of: account, by: reach, writing)
        try note(person, account: account, isLinked: known == nil && holder != nil, closed: 0, writing)
        return .entered(account: account, keyDigest: try key(of: account, or: digest, writing))
    }

    /// Keeps the rights of an issuer from changing until the transaction ends, by locking its organizations. Rules that were
    /// read before the lock may be outdated.
    package static func lock(_ reach: IssuerReach, on connection: any Connection) throws {
        for organization in reach.organizations { try Revisions.lock(organization, on: connection) }
    }

    /// Gives everybody who signed in with an issuer the present rights of its rules, by the groups of the last sign-in: after a
    /// change of the operator's file. Gives those who stay administrators because they are the last local ones.
    @discardableResult
    package static func settle(issuer: String, by reach: IssuerReach, _ writing: Writing) throws -> Set<Int64> {
        let connection = writing.connection
        var kept: Set<Int64> = []
        try lock(reach, on: connection)
        for person in try people(of: issuer, on: connection) {
            let account = person.known.account
            // A closed account is opened again by the next sign-in; one that was kept is closed as soon as it need not be.
            if person.isClosed, try isLastLocal(account, in: reach.organizations, writing) { continue }
            let roles =
                person.isClosed ? [] : try roles(of: person.groups, by: reach, for: person.known, on: connection)
            if try setRoles(roles, of: account, by: reach, writing) { kept.insert(account) }
            // This change does not end roles elsewhere, as in an organization that a mistake in the file leaves out.
            guard roles.isEmpty, try !hasRole(account, outside: reach.organizations, on: connection) else { continue }
            try close(account, by: reach, writing)
            try connection.run("UPDATE sign_in_identity SET closed_at = \(writing.time) WHERE account = \(account)")
        }
        return kept
    }

    /// Does the same only in the organization of the scope, for the calls by which its administrators change the rules;
    /// rights in other organizations stay. Throws when the change would remove the last administrator.
    ///
    /// - Parameter former: the rights before the change: whom these would not have kept as the last administrator either, stays one by
    ///   the change alone.
    package static func settleOrganization(
        issuer: String, from former: IssuerReach, by reach: IssuerReach, _ writing: Writing
    ) throws {
        let (scope, time, connection) = (writing.scope, writing.time, writing.connection)
        let hadOne = try People.hasAdministrator(scope, at: time, on: connection)
        let before = try kept(issuer: issuer, by: former.narrowed(to: scope.organization), writing)
        let after = try settle(issuer: issuer, by: reach.narrowed(to: scope.organization), writing)
        guard after.isSubset(of: before) else { throw PeopleError.lastAdministrator }
        if hadOne { try People.checkAdministrators(scope, at: time, on: connection) }
    }

    /// Those who would stay administrators because they are the last local ones.
    private static func kept(issuer: String, by reach: IssuerReach, _ writing: Writing) throws -> Set<Int64> {
        let connection = writing.connection
        let found = try people(of: issuer, on: connection).filter { person in
            guard !person.isClosed else { return false }
            let roles = try roles(of: person.groups, by: reach, for: person.known, on: connection)
            return try reach.organizations.contains { organization in
                try takesLastAdministrator(
                    roles.filter { $0.organization == organization }, from: person.known.account, in: organization,
                    writing)
            }
        }
        return Set(found.map(\.known.account))
    }

    /// The issuer that the holder of a key signed in with; nil for keys that were typed.
    package static func issuer(ofKey digest: [UInt8], on connection: any Connection) throws -> String? {
        try connection.first(
            """
            SELECT i.issuer FROM user_key k JOIN sign_in_identity i ON i.account = k.account
            WHERE k.digest = \(digest) AND k.is_sign_in = 1
            """
        ) { $0.string(0) }
    }

    /// The digest of the key that begins sessions of a person; nil without one.
    package static func key(
        issuer: String, subject: String, on connection: any Connection
    ) throws -> [UInt8]? {
        try connection.first(
            """
            SELECT k.digest FROM sign_in_identity i JOIN user_key k ON k.account = i.account AND k.is_sign_in = 1
            WHERE i.issuer = \(issuer) AND i.subject = \(subject)
            """
        ) { $0.blob(0) }
    }

    // MARK: Rows

    /// An account of an issuer's person.
    private struct Known {
        let account: Int64
        /// Whether the account was there before the person signed in for the first time.
        let isLinked: Bool
    }

    private static func account(issuer: String, subject: String, on connection: any Connection) throws -> Known? {
        try connection.first(
            "SELECT account, is_linked FROM sign_in_identity WHERE issuer = \(issuer) AND subject = \(subject)"
        ) { Known(account: $0.integer(0), isLinked: $0.boolean(1)) }
    }

    /// The condition on `sign_in_identity` of people whom an issuer lets in, and of those whose closed accounts may have been kept as the
    /// last local administrator.
    static let openOrKept: StaticSQL = """
        (closed_at = 0 OR is_linked = 1
            AND EXISTS (SELECT 1 FROM assignment s WHERE s.account = sign_in_identity.account))
        """

    private static func people(
        of issuer: String, on connection: any Connection
    ) throws -> [(known: Known, groups: [String], isClosed: Bool)] {
        try connection.all(
            """
            SELECT account, is_linked, group_names, closed_at FROM sign_in_identity
            WHERE issuer = \(issuer) AND \(SQL(openOrKept)) ORDER BY account
            """
        ) { row in
            (
                known: Known(account: row.integer(0), isLinked: row.boolean(1)),
                groups: row.string(2).split(separator: "\n").map { String($0) }, isClosed: row.integer(3) != 0
            )
        }
    }

    /// The roles that groups give in the issuer's organizations. A linked account gets them only where it is a member: an administrator of
    /// one organization may know a key of it, which must not open another.
    private static func roles(
        of groups: [String], by reach: IssuerReach, for known: Known?, on connection: any Connection
    ) throws -> [MappingRule] {
        let roles = MappingRule.roles(of: groups, by: reach.rules)
            .filter { reach.organizations.contains($0.organization) }
        guard let known, known.isLinked, !roles.isEmpty else { return roles }
        let places = try organizations(of: known.account, on: connection)
        return roles.filter { places.contains($0.organization) }
    }

    /// The organizations of which an account is a member.
    private static func organizations(of account: Int64, on connection: any Connection) throws -> Set<Int64> {
        Set(try connection.all("SELECT organization FROM membership WHERE account = \(account)") { $0.integer(0) })
    }

    private static func hasIdentity(_ account: Int64, on connection: any Connection) throws -> Bool {
        try connection.integer("SELECT 1 FROM sign_in_identity WHERE account = \(account)") != nil
    }

    /// The member of one of these organizations with this address, regardless of case.
    private static func member(
        _ email: String, of organizations: [Int64], on connection: any Connection
    ) throws -> (account: Int64, kind: String)? {
        guard !organizations.isEmpty else { return nil }
        return try connection.first(
            """
            SELECT a.id, a.kind FROM account a JOIN membership m ON m.account = a.id
            WHERE lower(a.email) = lower(\(email)) AND m.organization IN \(SQL.list(organizations.map(Value.integer)))
            ORDER BY a.id LIMIT 1
            """
        ) { (account: $0.integer(0), kind: $0.string(1)) }
    }

    private static func note(
        _ person: IssuedPerson, account: Int64, isLinked: Bool = false, closed: Int64, _ writing: Writing
    ) throws {
        let groups = (person.groups ?? []).joined(separator: "\n")
        try writing.connection.run(
            """
            INSERT INTO sign_in_identity (issuer, subject, account, group_names, seen_at, closed_at, is_linked)
            VALUES (\(person.issuer), \(person.subject), \(account), \(groups), \(writing.time), \(closed),
                \(isLinked))
            ON CONFLICT (issuer, subject) DO UPDATE SET group_names = excluded.group_names, seen_at = excluded.seen_at,
                closed_at = excluded.closed_at
            """)
    }

    private static func rename(
        _ account: Int64, email: String?, name: String, on connection: any Connection
    ) throws {
        if let email {
            try connection.run("UPDATE account SET email = \(email) WHERE id = \(account) AND email <> \(email)")
        }
        if !name.isEmpty {
            try connection.run("UPDATE account SET name = \(name) WHERE id = \(account) AND name <> \(name)")
        }
    }

    /// The digest of the account's key for sessions, whose life is extended for another session.
    private static func key(of account: Int64, or digest: [UInt8], _ writing: Writing) throws -> [UInt8] {
        let end = writing.time + Sessions.lifetime
        let kept = try writing.connection.first(
            """
            UPDATE user_key SET expires_at = \(end) WHERE account = \(account) AND is_sign_in = 1 RETURNING digest
            """
        ) { $0.blob(0) }
        if let kept { return kept }
        var name = keyName
        // A person may have given the same name to a key.
        for number in 2...Int(Keys.limit) + 2
        where try writing.connection.integer("SELECT 1 FROM user_key WHERE account = \(account) AND name = \(name)")
            != nil
        {
            name = "\(keyName) \(number)"
        }
        _ = try Keys.insert(
            NewKey(digest, name: name, expires: end), account: account, isSignIn: true, at: writing.time,
            on: writing.connection)
        return digest
    }
}
