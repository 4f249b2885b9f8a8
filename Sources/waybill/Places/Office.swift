import API
import Database
import Service

/// A workplace where people, their keys and the audit trail of an organization are looked after: on the data in the operator's name, at a
/// server in that of the user whose key is shown.
protocol Office: Workplace {
    /// The members of the organization with all that is known of each.
    func members() throws -> [Member]

    /// Makes a member with a first key, and returns the key.
    func add(_ member: WantedMember) throws -> String

    func remove(email: String) throws

    /// Gives a member one role in place of others, in one product if there is one; nil takes the role away.
    func setRole(_ role: Role?, of email: String, in product: NamedPlace?) throws

    func keys(of email: String) throws -> [KeyRecord]

    /// Makes one more key of a member, and returns it.
    func addKey(named name: String, _ rights: KeyRights, to email: String) throws -> String

    /// Puts another key in the place of one, and returns it.
    ///
    /// - Parameters:
    ///   - name: nil for the member's first key.
    ///   - expires: when the new one ends, in milliseconds since 1970, UTC; 0 for never.
    func renewKey(named name: String?, of email: String, until expires: Int64) throws -> String

    func revokeKey(named name: String, of email: String) throws

    /// The newest records of the audit trail, the newest first.
    ///
    /// - Parameter event: nil for those of all events.
    func records(of event: AuditRecord.Event?, limit: Int) throws -> [AuditRecord]
}

/// The scopes of a key, and its end.
struct KeyRights: Sendable {
    let scopes: KeyScopes
    /// Milliseconds since 1970, UTC; 0 for never.
    let expires: Int64
}

/// A member to be made.
struct WantedMember: Sendable {
    let email: String
    let name: String
    let role: Role?
    /// Where the role holds; nil for the whole organization.
    let product: NamedPlace?
    let rights: KeyRights
}

extension Configuration {
    /// Where a command about people, keys or the audit trail does its work.
    func office() throws -> any Office {
        guard let address = try serverAddress() else { return try DataPlace(self) }
        return try ServerPlace(address, self)
    }
}

extension DataPlace: Office {
    func members() throws -> [Member] {
        let scope = try organization().scope
        return try runtime.database.snapshot { try Member.list(scope, on: $0) }
    }

    func add(_ member: WantedMember) throws -> String {
        let secret = try UserKey.new()
        let new = People.NewMember(
            name: member.name, email: member.email, kind: "USER",
            key: NewKey(secret.digest, scopes: member.rights.scopes, expires: member.rights.expires),
            role: member.role, product: member.product?.scope.product ?? 0)
        try change { try People.add(new, $0) }
        return secret.text
    }

    func remove(email: String) throws {
        try change { try People.remove(email: email, $0) }
    }

    func setRole(_ role: Role?, of email: String, in product: NamedPlace?) throws {
        try change { writing in
            let place = product.map { writing.moved(to: $0.scope) } ?? writing
            try People.setRole(role, email: email, place)
        }
    }

    func keys(of email: String) throws -> [KeyRecord] {
        let scope = try organization().scope
        return try runtime.database.read { connection in
            try Keys.list(account: try People.user(email, in: scope.organization, on: connection).id, on: connection)
        }
    }

    func addKey(named name: String, _ rights: KeyRights, to email: String) throws -> String {
        let secret = try UserKey.new()
        let new = NewKey(secret.digest, name: name, scopes: rights.scopes, expires: rights.expires)
        try change { writing in
            let person = try People.user(email, in: writing.scope.organization, on: writing.connection)
            _ = try Keys.add(new, to: person, writing)
        }
        return secret.text
    }

    func renewKey(named name: String?, of email: String, until expires: Int64) throws -> String {
        let secret = try UserKey.new()
        try change { writing in
            guard let name else { return try People.renew(email: email, by: secret.digest, expires: expires, writing) }
            let person = try People.user(email, in: writing.scope.organization, on: writing.connection)
            try Keys.renew(.name(name), of: person, by: secret.digest, expires: expires, writing)
        }
        return secret.text
    }

    func revokeKey(named name: String, of email: String) throws {
        try change { writing in
            let person = try People.user(email, in: writing.scope.organization, on: writing.connection)
            try Keys.revoke(.name(name), of: person, writing)
        }
    }

    /// The records of all organizations, and those without an organization, if no organization is named.
    func records(of event: AuditRecord.Event?, limit: Int) throws -> [AuditRecord] {
        let organization = try organizationName.map { try runtime.organization(named: $0) }
        var wanted = AuditTrail.Wanted(organization: organization, limit: limit)
        wanted.event = event
        return try runtime.database.read { [wanted] in try AuditTrail.list(wanted, on: $0) }
    }

    /// Changes something of the organization in the operator's name.
    private func change(_ body: @escaping @Sendable (Writing) throws -> Void) throws {
        try change(try organization().scope, body)
    }
}

extension UserKey {
    /// A new key.
    fileprivate static func new() throws -> UserKey { UserKey(random: try Randomness.system.bytes(32)) }
}
