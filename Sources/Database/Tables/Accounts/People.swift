// DESIGN. The table `membership` lists the people of an organization, with and without a role. In practice an account belongs
// to one organization. The same address in another organization is another account, so that no organization learns about
// another's people. Names in requests are searched among the organization's own people. Each change here writes a line of the
// change log, and an organization never loses its last administrator.

/// The reason why a change of people was refused.
package enum PeopleError: Error, Equatable {
    case unknownUser(String)
    case unknownGroup(String)
    /// The address is a member's already.
    case isMember(String)
    case groupTaken(String)
    case badName(String)
    case lastAdministrator
    /// The person has rights that the caller does not give: in another organization, or by an issuer that may give such.
    case hasOwnKeys(String)
}

/// The tables of people.
package enum People {
    /// The query for the members of an organization.
    private static func members(_ organization: Int64) -> SQL {
        "(SELECT m.account FROM membership m WHERE m.organization = \(organization))"
    }

    /// The members of an organization, in the order of their ids. A user who may see only some products gets the members of
    /// these products.
    package static func all(_ scope: Scope, on connection: any Connection) throws -> [Person] {
        var members = members(scope.organization)
        if let visible = scope.visibleProducts {
            members = """
                (SELECT s.account FROM assignment s WHERE s.organization = \(scope.organization)
                    AND s.product IN \(SQL.list(visible.map(Value.integer))))
                """
        }
        return try connection.all("SELECT a.id, a.name, a.email FROM account a WHERE a.id IN \(members) ORDER BY a.id")
        {
            Person(id: $0.integer(0), name: $0.string(1), email: $0.string(2))
        }
    }

    /// The groups of an organization with their members, in the order of their ids. A user who may see only some products gets
    /// no groups.
    package static func groups(_ scope: Scope, on connection: any Connection) throws -> [PeopleGroup] {
        guard scope.visibleProducts == nil else { return [] }
        var found: [PeopleGroup] = []
        try connection.each(
            """
            SELECT c.id, c.name, c.description, a.id, a.name, a.email FROM account_group c
            LEFT JOIN group_member m ON m.account_group = c.id LEFT JOIN account a ON a.id = m.account
            WHERE c.organization = \(scope.organization) ORDER BY c.id, a.id
            """
        ) { row in
            if found.last?.id != row.integer(0) {
                found.append(PeopleGroup(id: row.integer(0), name: row.string(1), description: row.string(2)))
            }
            guard !row.isNull(3) else { return }
            found[found.count - 1].people.append(
                Person(id: row.integer(3), name: row.string(4), email: row.string(5)))
        }
        return found
    }

    // MARK: Users

    /// A new member of an organization.
    package struct NewMember: Sendable {
        package let name: String
        package let email: String
        /// `USER` or `SERVICE`.
        package let kind: StaticString
        package let key: NewKey
        /// The role; nil for none.
        package let role: Role?
        /// The product of the role; 0 for the whole organization.
        package let product: Int64

        package init(
            name: String, email: String, kind: StaticString, key: NewKey, role: Role? = nil, product: Int64 = 0
        ) {
            self.name = name
            self.email = email
            self.kind = kind
            self.key = key
            self.role = role
            self.product = product
        }
    }

    /// Makes a member of the organization.
    package static func add(_ new: NewMember, _ writing: Writing) throws {
        let (organization, connection) = (writing.scope.organization, writing.connection)
        try lock(writing)
        guard try find(new.email, in: organization, on: connection) == nil else {
            throw PeopleError.isMember(new.email)
        }
        let account = try Accounts.createAccount(
            email: new.email, name: new.name, kind: new.kind, key: new.key, at: writing.time, on: connection)
        try Accounts.join(organization, account: account, on: connection)
        if let role = new.role {
            try Accounts.assign(
                role, to: account, organization: organization, product: new.product, on: connection)
        }
        try note(.user, .created, "\(new.name) <\(new.email)>", writing)
        if let role = new.role {
            try note(.assignment, .changed, "\(role.rawValue): \(new.email)", in: new.product, writing)
        }
    }

    /// Gives a member this role in place of all other roles with rights, in the organization or in the product of a
    /// product's scope; nil removes them. Roles without rights, such as receiving mail, stay.
    package static func setRole(_ role: Role?, email: String, _ writing: Writing) throws {
        let (scope, connection) = (writing.scope, writing.connection)
        try lock(writing)
        let person = try user(email, in: scope.organization, on: connection)
        let held = try connection.all(
            """
            SELECT role FROM assignment WHERE organization = \(scope.organization) AND account = \(person.id)
                AND product = \(scope.product) ORDER BY role
            """
        ) { $0.string(0) }.filter { Role(assignment: $0) != nil }
        for word in held {
            try connection.run(
                """
                DELETE FROM assignment WHERE organization = \(scope.organization) AND account = \(person.id)
                    AND product = \(scope.product) AND role = \(word)
                """)
        }
        if let role {
            try Accounts.assign(
                role, to: person.id, organization: scope.organization, product: scope.product, on: connection)
        }
        try checkAdministrators(scope, at: writing.time, on: connection)
        try note(.assignment, .changed, "\(role?.rawValue ?? "NONE"): \(email)", writing)
    }

    /// Removes all roles and groups of a member, and all keys where no role is left in another organization. A person to whom an issuer still gives a role becomes a member again at
    /// the next sign-in.
    package static func remove(email: String, _ writing: Writing) throws {
        try lock(writing)
        let person = try user(email, in: writing.scope.organization, on: writing.connection)
        try writing.connection.run(
            "DELETE FROM assignment WHERE organization = \(writing.scope.organization) AND account = \(person.id)")
        try writing.connection.run(
            """
            DELETE FROM group_member WHERE account = \(person.id)
                AND account_group IN (SELECT id FROM account_group WHERE organization = \(writing.scope.organization))
            """)
        try writing.connection.run(
            "DELETE FROM membership WHERE organization = \(writing.scope.organization) AND account = \(person.id)")
        // Rights in another organization stay, and keys with them.
        if try !Identities.hasRole(person.id, on: writing.connection) {
            try writing.connection.run("DELETE FROM user_key WHERE account = \(person.id)")
            // Without a key that somebody else may know, the account is like one that a sign-in made.
            try writing.connection.run(
                "UPDATE sign_in_identity SET closed_at = \(writing.time), is_linked = 0 WHERE account = \(person.id)")
        }
        try checkAdministrators(writing.scope, at: writing.time, on: writing.connection)
        try note(.user, .deleted, "\(person.name) <\(person.email)>", writing)
    }

    /// Replaces this key by another one, which expires at `expires` (0: never). False when no member has the key.
    package static func renew(
        keyDigest: [UInt8], by new: [UInt8], expires: Int64 = 0, _ writing: Writing
    ) throws -> Bool {
        let found = try writing.connection.first(
            """
            SELECT a.id, a.name, a.email, k.id FROM user_key k JOIN account a ON a.id = k.account
            WHERE k.digest = \(keyDigest) AND k.account IN \(members(writing.scope.organization))
            """
        ) { row in
            (person: Person(id: row.integer(0), name: row.string(1), email: row.string(2)), key: row.integer(3))
        }
        guard let found else { return false }
        try Keys.renew(.id(found.key), of: found.person, by: new, expires: expires, writing)
        return true
    }

    /// Replaces the first key of a member, or makes the first one; it expires at `expires` (0: never).
    package static func renew(
        email: String, by new: [UInt8], expires: Int64 = 0, _ writing: Writing
    ) throws {
        let person = try user(email, in: writing.scope.organization, on: writing.connection)
        guard try Keys.find(.first, account: person.id, on: writing.connection) != nil else {
            _ = try Keys.add(NewKey(new, expires: expires), to: person, writing)
            return
        }
        try Keys.renew(.first, of: person, by: new, expires: expires, writing)
    }

    // MARK: Groups

    /// Makes a group.
    package static func createGroup(_ name: String, description: String, _ writing: Writing) throws {
        guard !name.isEmpty, name.utf8.count <= AccountError.nameLimit else { throw PeopleError.badName(name) }
        let id = try writing.connection.take(1, from: "account_group")
        do {
            try writing.connection.run(
                """
                INSERT INTO account_group (id, organization, name, description)
                VALUES (\(id), \(writing.scope.organization), \(name), \(description))
                """)
        } catch {
            if case .conflict = error { throw PeopleError.groupTaken(name) }
            throw error
        }
        try note(.group, .created, name, writing)
    }

    /// Adds members of the organization to one of its groups. Existing members stay.
    package static func add(_ emails: [String], toGroup name: String, _ writing: Writing) throws {
        let group = try group(name, in: writing.scope.organization, on: writing.connection)
        for email in emails {
            let person = try user(email, in: writing.scope.organization, on: writing.connection)
            try writing.connection.run(
                """
                INSERT INTO group_member (account_group, account) VALUES (\(group), \(person.id)) ON CONFLICT DO NOTHING
                """)
        }
        try note(
            .group, .changed, "\(name): \(emails.joined(separator: ", "))", writing)
    }

    // MARK: Roles

    /// The holders of each role in the organization, or in the product of a product's scope, in the order of the roles'
    /// words.
    package static func assignments(_ scope: Scope, on connection: any Connection) throws -> [Assignments] {
        guard scope.product != 0 || scope.visibleProducts == nil else { return [] }
        var found: [String: Assignments] = [:]
        try connection.each(
            """
            SELECT s.role, a.id, a.name, a.email FROM assignment s JOIN account a ON a.id = s.account
            WHERE s.organization = \(scope.organization) AND s.product = \(scope.product) ORDER BY s.role, a.id
            """
        ) { row in
            let role = row.string(0)
            found[role, default: Assignments(role: role)].people.append(
                Person(id: row.integer(1), name: row.string(2), email: row.string(3)))
        }
        try connection.each(
            """
            SELECT s.role, c.name FROM group_assignment s JOIN account_group c ON c.id = s.account_group
            WHERE s.organization = \(scope.organization) AND s.product = \(scope.product) ORDER BY s.role, c.id
            """
        ) { row in
            let role = row.string(0)
            found[role, default: Assignments(role: role)].groups.append(row.string(1))
        }
        return found.values.sorted { $0.role < $1.role }
    }

    /// Gives a role in the scope to exactly these people and groups. Nil leaves people, or groups, unchanged.
    package static func set(
        _ role: String, people emails: [String]?, groups names: [String]?, _ writing: Writing
    ) throws {
        try lock(writing)
        if let emails {
            let people = try emails.map { try user($0, in: writing.scope.organization, on: writing.connection).id }
            try writing.connection.run(
                """
                DELETE FROM assignment
                WHERE organization = \(writing.scope.organization) AND product = \(writing.scope.product) AND role = \(role)
                """)
            for account in Set(people).sorted() {
                try writing.connection.run(
                    """
                    INSERT INTO assignment (organization, account, product, role)
                    VALUES (\(writing.scope.organization), \(account), \(writing.scope.product), \(role))
                    """)
            }
        }
        if let names {
            let groups = try names.map { try group($0, in: writing.scope.organization, on: writing.connection) }
            try writing.connection.run(
                """
                DELETE FROM group_assignment
                WHERE organization = \(writing.scope.organization) AND product = \(writing.scope.product) AND role = \(role)
                """)
            for group in Set(groups).sorted() {
                try writing.connection.run(
                    """
                    INSERT INTO group_assignment (organization, account_group, product, role)
                    VALUES (\(writing.scope.organization), \(group), \(writing.scope.product), \(role))
                    """)
            }
        }
        try checkAdministrators(writing.scope, at: writing.time, on: writing.connection)
        let who = (emails ?? []) + (names ?? [])
        try note(
            .assignment, .changed, "\(role): \(who.joined(separator: ", "))", writing)
    }

    // MARK: Finding

    private static func find(
        _ email: String, in organization: Int64, on connection: any Connection
    ) throws -> Person? {
        try connection.first(
            """
            SELECT a.id, a.name, a.email FROM account a
            WHERE a.email = \(email) AND a.id IN \(members(organization)) ORDER BY a.id LIMIT 1
            """
        ) { Person(id: $0.integer(0), name: $0.string(1), email: $0.string(2)) }
    }

    /// The member with this address.
    package static func user(
        _ email: String, in organization: Int64, on connection: any Connection
    ) throws -> Person {
        guard let person = try find(email, in: organization, on: connection) else {
            throw PeopleError.unknownUser(email)
        }
        return person
    }

    private static func group(_ name: String, in organization: Int64, on connection: any Connection) throws -> Int64 {
        let id = try connection.integer(
            "SELECT id FROM account_group WHERE organization = \(organization) AND name = \(name)")
        guard let id else { throw PeopleError.unknownGroup(name) }
        return id
    }

    /// The account with this number, in any organization; nil without one.
    package static func account(_ id: Int64, on connection: any Connection) throws -> Person? {
        try connection.first("SELECT id, name, email FROM account WHERE id = \(id)") {
            Person(id: $0.integer(0), name: $0.string(1), email: $0.string(2))
        }
    }

    // MARK: Keeping

    /// Allows one change of people, roles and keys at a time. Two at once could together remove the last administrators, or
    /// make one member twice.
    static func lock(_ writing: Writing) throws {
        try Revisions.lock(writing.scope.organization, on: writing.connection)
    }

    /// Throws when the organization has no administrator left with a valid administering key.
    static func checkAdministrators(_ scope: Scope, at time: Int64, on connection: any Connection) throws {
        guard try hasAdministrator(scope, at: time, on: connection) else { throw PeopleError.lastAdministrator }
    }

    /// Whether an administrator of the organization has a valid administering key. Sessions of people who signed in with an
    /// issuer do not count, because without the issuer nobody could administer.
    static func hasAdministrator(_ scope: Scope, at time: Int64, on connection: any Connection) throws -> Bool {
        try connection.integer("SELECT 1 \(administeringKeys(scope.organization, at: time)) LIMIT 1") != nil
    }

    /// The accounts that administer an organization without an issuer: with a valid administering key, and not made by a sign-in.
    /// Two at most, as the question is whether somebody is the last one.
    static func localAdministrators(
        of organization: Int64, at time: Int64, on connection: any Connection
    ) throws -> [Int64] {
        try connection.all(
            """
            SELECT DISTINCT k.account \(administeringKeys(organization, at: time))
                AND k.account NOT IN (SELECT i.account FROM sign_in_identity i WHERE i.is_linked = 0)
            ORDER BY k.account LIMIT 2
            """
        ) { $0.integer(0) }
    }

    /// The valid administering keys of an organization's administrators, without those of sessions.
    private static func administeringKeys(_ organization: Int64, at time: Int64) -> SQL {
        """
        FROM user_key k
        WHERE (k.scopes & \(KeyScopes.administer.rawValue)) <> 0 AND \(Standing.hasTime(at: time)) AND k.is_sign_in = 0
            AND k.account IN (
            SELECT s.account FROM assignment s WHERE s.organization = \(organization) AND s.product = 0
                AND s.role = 'ADMINISTRATOR'
            UNION SELECT m.account FROM group_assignment g JOIN group_member m ON m.account_group = g.account_group
            WHERE g.organization = \(organization) AND g.product = 0 AND g.role = 'ADMINISTRATOR')
        """
    }

    static func note(
        _ kind: Change.Kind, _ aspect: Change.Aspect, _ text: String, in product: Int64 = 0, _ writing: Writing
    ) throws {
        var writing = writing
        if product != 0 {
            writing = writing.moved(
                to: Scope(kind: .product, organization: writing.scope.organization, product: product))
        }
        let change = try Change(
            .configuration, kind, aspect, in: writing.scope, before: aspect == .deleted ? [text] : [],
            after: aspect == .deleted ? [] : [text], on: writing.connection)
        try change.write(writing)
        try Revisions.raise(writing.scope, contentAt: writing.time, on: writing.connection)
    }
}
