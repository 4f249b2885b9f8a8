// DESIGN. Who belongs to an organization: accounts with an assignment in it or in one of its groups. An account is of one
// organization in practice: the same address in another one is another account, so that no organization learns of
// another's people. Names in requests are looked for among the organization's own. What is changed here writes its line
// of the change log; an organization never loses its last administrator.

/// Why a change of people was refused.
package enum PeopleError: Error, Equatable {
    case unknownUser(String)
    case unknownGroup(String)
    /// The address is a member's already.
    case isMember(String)
    case groupTaken(String)
    case badName(String)
    case lastAdministrator
}

/// A person, or a service, as lists show it.
package struct Person: Sendable, Equatable {
    package let id: Int64
    package let name: String
    package let email: String
}

/// A group with its members.
package struct PeopleGroup: Sendable, Equatable {
    package let id: Int64
    package let name: String
    package let description: String
    package var people: [Person] = []
}

/// Who has a role: people and groups by its word.
package struct Assignments: Sendable, Equatable {
    package let role: String
    package var people: [Person] = []
    package var groups: [String] = []
}

/// The tables of people.
package enum People {
    /// Members of an organization.
    private static func members(_ organization: Int64) -> SQL {
        """
        (SELECT s.account FROM assignment s WHERE s.organization = \(organization)
            UNION SELECT m.account FROM account_group c JOIN group_member m ON m.account_group = c.id
            WHERE c.organization = \(organization))
        """
    }

    /// The members of an organization, in the order of their ids. Who may see some products only sees those of them.
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

    /// The groups of an organization with their members, in the order of their ids. Who may see some products only sees
    /// none.
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

    /// Who becomes a member.
    package struct NewMember: Sendable {
        package let name: String
        package let email: String
        /// `USER` or `SERVICE`.
        package let kind: StaticString
        /// SHA-256 of the key.
        package let keyDigest: [UInt8]

        package init(name: String, email: String, kind: StaticString, keyDigest: [UInt8]) {
            self.name = name
            self.email = email
            self.kind = kind
            self.keyDigest = keyDigest
        }
    }

    /// Makes a member of the organization.
    package static func add(_ new: NewMember, role: Role, _ writing: Writing) throws {
        let (organization, connection) = (writing.scope.organization, writing.connection)
        guard try find(new.email, in: organization, on: connection) == nil else {
            throw PeopleError.isMember(new.email)
        }
        let account = try Accounts.createAccount(
            email: new.email, name: new.name, kind: new.kind, keyDigest: new.keyDigest, at: writing.time,
            on: connection)
        try Accounts.assign(role, to: account, organization: organization, on: connection)
        try note("USER", .created, "\(new.name) <\(new.email)>", writing)
    }

    /// Takes all roles and groups away from a member, and the key.
    package static func remove(email: String, _ writing: Writing) throws {
        try lock(writing.scope, on: writing.connection)
        let person = try user(email, in: writing.scope.organization, on: writing.connection)
        try writing.connection.run(
            "DELETE FROM assignment WHERE organization = \(writing.scope.organization) AND account = \(person.id)")
        try writing.connection.run(
            """
            DELETE FROM group_member WHERE account = \(person.id)
                AND account_group IN (SELECT id FROM account_group WHERE organization = \(writing.scope.organization))
            """)
        try writing.connection.run("UPDATE account SET key_digest = NULL WHERE id = \(person.id)")
        try checkAdministrators(writing.scope, on: writing.connection)
        try note("USER", .deleted, "\(person.name) <\(person.email)>", writing)
    }

    /// Gives the member with this key a new one, which ends at `expires` (0: never). False when no member has the key.
    package static func renew(
        keyDigest: [UInt8], by new: [UInt8], expires: Int64 = 0, _ writing: Writing
    ) throws -> Bool {
        let person = try writing.connection.first(
            """
            SELECT a.id, a.name, a.email FROM account a
            WHERE a.key_digest = \(keyDigest) AND a.id IN \(members(writing.scope.organization))
            """
        ) { Person(id: $0.integer(0), name: $0.string(1), email: $0.string(2)) }
        guard let person else { return false }
        try setKey(of: person, to: new, expires: expires, writing)
        return true
    }

    /// Gives a member a new key, which ends at `expires` (0: never).
    package static func renew(
        email: String, by new: [UInt8], expires: Int64 = 0, _ writing: Writing
    ) throws {
        let person = try user(email, in: writing.scope.organization, on: writing.connection)
        try setKey(of: person, to: new, expires: expires, writing)
    }

    private static func setKey(
        of person: Person, to new: [UInt8], expires: Int64, _ writing: Writing
    ) throws {
        try writing.connection.run(
            "UPDATE account SET key_digest = \(new), key_expires_at = \(expires) WHERE id = \(person.id)")
        try note(
            "USER_KEY", .changed, "\(person.name) <\(person.email)>", writing)
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
        try note("GROUP", .created, name, writing)
    }

    /// Adds members of the organization to one of its groups. Who is in it already stays.
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
            "GROUP", .changed, "\(name): \(emails.joined(separator: ", "))", writing)
    }

    // MARK: Roles

    /// Who has which role in the organization, or in the product of a product's scope; roles in the order of their words.
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

    /// Gives a role in the scope to these people and groups, and to nobody else. Nil leaves people, or groups, as they are.
    package static func set(
        _ role: String, people emails: [String]?, groups names: [String]?, _ writing: Writing
    ) throws {
        try lock(writing.scope, on: writing.connection)
        if let emails {
            let people = try emails.map { try user($0, in: writing.scope.organization, on: writing.connection).id }
            // Those found first: who loses the only role is no member for the rest of the list.
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
        try checkAdministrators(writing.scope, on: writing.connection)
        let who = (emails ?? []) + (names ?? [])
        try note(
            "ASSIGNMENT", .changed, "\(role): \(who.joined(separator: ", "))", writing)
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

    private static func user(
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

    /// One change of roles at a time: two could take the last administrators away between them.
    private static func lock(_ scope: Scope, on connection: any Connection) throws {
        _ = try connection.integer(
            "SELECT 1 FROM organization WHERE id = \(scope.organization) \(connection.engine.locking)")
    }

    private static func checkAdministrators(_ scope: Scope, on connection: any Connection) throws {
        let left = try connection.integer(
            """
            SELECT 1 FROM assignment s JOIN account a ON a.id = s.account
            WHERE s.organization = \(scope.organization) AND s.product = 0 AND s.role = 'ADMINISTRATOR'
                AND a.key_digest IS NOT NULL LIMIT 1
            """)
        if left == nil { throw PeopleError.lastAdministrator }
    }

    private static func note(
        _ what: StaticString, _ aspect: Change.Aspect, _ text: String, _ writing: Writing
    ) throws {
        let change = try Change(
            .configuration, what, aspect, in: writing.scope, before: aspect == .deleted ? [text] : [],
            after: aspect == .deleted ? [] : [text], on: writing.connection)
        try change.write(writing)
        try Accounts.touch(writing.scope, at: writing.time, on: writing.connection)
    }
}
