import TestSupport
import Testing

@testable import Database

/// A database with the organizations 1 and 2 (Acme, Rival) and the product Shop of the first.
struct SignInHouse {
    static let issuer = "https://login.example"

    let database: any Database
    let acme: Int64
    let rival: Int64
    let shop: Int64

    init(_ engine: Engine) throws {
        database = try TemporaryDatabase.make(engine)
        (acme, rival, shop) = try database.write { connection in
            let acme = try Accounts.createOrganization(
                named: "Acme", token: "a", administrator: "admin@acme.example", keyDigest: [1], at: 1,
                on: connection)
            let rival = try Accounts.createOrganization(
                named: "Rival", token: "b", administrator: "admin@rival.example", keyDigest: [2], at: 1,
                on: connection)
            let writing = Writing(
                in: Scope(kind: .organization, organization: acme.id), by: .system, at: 1, on: connection)
            let shop = try Accounts.createProduct(named: "Shop", token: "s", writing)
            return (acme.id, rival.id, shop.id)
        }
    }

    func reach(links: Bool = false, _ rules: [MappingRule]? = nil) -> IssuerReach {
        IssuerReach(
            name: "acme", organizations: [acme],
            rules: rules ?? [
                MappingRule(group: "all", role: .readOnly, organization: acme, product: 0),
                MappingRule(group: "admins", role: .administrator, organization: acme, product: 0),
                MappingRule(group: "shop", role: .member, organization: acme, product: shop),
                // The person belongs to an organization that the issuer may not admit people to.
                MappingRule(group: "all", role: .administrator, organization: rival, product: 0),
            ], linksByEmail: links)
    }

    func enter(
        _ groups: [String]?, subject: String = "ada", email: String = "ada@acme.example", isVerified: Bool = true,
        by reach: IssuerReach? = nil, at time: Int64 = 100, digest: [UInt8] = [9]
    ) throws -> Identities.Entry {
        let person = IssuedPerson(
            issuer: Self.issuer, subject: subject, email: email, isEmailVerified: isVerified, name: "Ada",
            groups: groups)
        return try database.write { connection in
            let writing = Writing(
                in: Scope(kind: .organization, organization: acme), by: .system, at: time, on: connection)
            return try Identities.enter(person, by: reach ?? self.reach(), newKey: digest, writing)
        }
    }

    /// Makes a further administrator by hand.
    func addAdministrator(key: UInt8) throws {
        try database.write { connection in
            let account = try Accounts.createAccount(
                email: "admin\(key)@acme.example", name: "", kind: "USER", keyDigest: [key], at: 1, on: connection)
            try Accounts.assign(.administrator, to: account, organization: acme, on: connection)
        }
    }

    /// Gives a person a key of their own.
    func addKey(_ key: UInt8, to account: Int64) throws {
        try database.write { connection in
            let writing = Writing(
                in: Scope(kind: .organization, organization: acme), by: .system, at: 110, on: connection)
            let person = try #require(try People.account(account, on: connection))
            _ = try Keys.add(NewKey([key], name: "own \(key)"), to: person, writing)
        }
    }

    func standing(_ digest: [UInt8], _ token: String = "a", at time: Int64 = 200) throws -> Standing? {
        try database.read {
            try Standing.find(.organization, token: token, keyDigest: digest, at: time, on: $0).holder?.standing
        }
    }

    /// Whether a key gives rights in an organization.
    func isMember(_ digest: [UInt8], of token: String) throws -> Bool {
        try standing(digest, token)?.isMember == true
    }

    func audit(_ event: AuditRecord.Event) throws -> [String] {
        try database.read { connection in
            var wanted = AuditTrail.Wanted(organization: acme, limit: 50)
            wanted.event = event
            return try AuditTrail.list(wanted, on: connection).map { "\($0.subject) \($0.detail)" }
        }
    }
}
