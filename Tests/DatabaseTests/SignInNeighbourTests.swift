import TestSupport
import Testing

@testable import Database

/// An issuer that serves two organizations: the administrator of one gets nothing in the other, on each engine.
struct SignInNeighbourTests {
    private static func both(_ house: SignInHouse, links: Bool = true) -> IssuerReach {
        IssuerReach(
            name: "acme", organizations: [house.acme, house.rival],
            rules: [
                MappingRule(group: "acme", role: .readOnly, organization: house.acme, product: 0),
                MappingRule(group: "rival", role: .administrator, organization: house.rival, product: 0),
            ], linksByEmail: links)
    }

    private static func write<Result: Sendable>(
        _ house: SignInHouse, by author: Author = .system, _ body: @escaping @Sendable (Writing) throws -> Result
    ) throws -> Result {
        try house.database.write { connection in
            try body(
                Writing(in: Scope(kind: .organization, organization: house.acme), by: author, at: 120, on: connection))
        }
    }

    /// A member with this address, whose key the administrator of Acme knows.
    private static func plant(_ email: String, key: UInt8, in house: SignInHouse) throws {
        try write(house) { writing in
            try People.add(.init(name: "", email: email, kind: "USER", key: NewKey([key])), writing)
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aPlantedAccountGetsNobodysRights(engine: Engine) throws {
        let house = try SignInHouse(engine)
        let mail = "ceo@rival.example"
        try Self.plant(mail, key: 30, in: house)
        guard case .entered(_, let key) = try house.enter(["rival"], email: mail, by: Self.both(house)) else {
            Issue.record("the planted account keeps the person out")
            return
        }
        #expect(try house.standing(key, "b")?.role == .administrator)
        #expect(try !house.isMember([30], of: "b"))
        // Rights in both are not given to an account that is a member of one.
        try Self.plant("cfo@rival.example", key: 31, in: house)
        #expect(
            try house.enter(["acme", "rival"], subject: "cfo", email: "cfo@rival.example", by: Self.both(house))
                == .emailTaken)
        #expect(try !house.isMember([31], of: "b"))
    }

    @Test(arguments: TemporaryDatabase.engines) func aLinkedAccountStaysWhereItIsAMember(engine: Engine) throws {
        let house = try SignInHouse(engine)
        try Self.plant("bob@acme.example", key: 32, in: house)
        let reach = Self.both(house)
        #expect(try house.enter(["acme"], subject: "bob", email: "bob@acme.example", by: reach) != .emailTaken)
        #expect(try house.standing([32], "a")?.role == .readOnly)
        // Another group comes later, at a sign-in or by the rules.
        _ = try house.enter(["acme", "rival"], subject: "bob", email: "bob@acme.example", by: reach)
        #expect(try house.standing([32], "a")?.role == .readOnly && !house.isMember([32], of: "b"))
        _ = try Self.write(house) { try Identities.settle(issuer: SignInHouse.issuer, by: reach, $0) }
        #expect(try !house.isMember([32], of: "b"))
    }

    @Test(arguments: TemporaryDatabase.engines) func nobodyMakesKeysThatOpenMore(engine: Engine) throws {
        let house = try SignInHouse(engine)
        guard
            case .entered(let account, let session) = try house.enter(["acme", "rival"], by: Self.both(house))
        else {
            Issue.record("not let in")
            return
        }
        let person = try #require(try house.database.read { try People.account(account, on: $0) })
        let administrator = try house.database.read {
            try People.user("admin@acme.example", in: house.acme, on: $0)
        }
        let refused = PeopleError.hasOwnKeys("ada@acme.example")
        for author in [Author.account(administrator.id), .account(account), .system] {
            let mayDo = author != .account(administrator.id)
            let (made, new) = (author == .system ? "by the operator" : "own", UInt8(author == .system ? 41 : 40))
            func attempt(_ body: @escaping @Sendable (Writing) throws -> Void) {
                if mayDo {
                    #expect(throws: Never.self) { try Self.write(house, by: author, body) }
                } else {
                    #expect(throws: refused) { try Self.write(house, by: author, body) }
                }
            }
            attempt { _ = try Keys.add(NewKey([new], name: made), to: person, $0) }
            attempt { try People.renew(email: person.email, by: [new + 10], expires: 0, $0) }
            attempt { try Keys.revoke(.first, of: person, $0) }
        }
        _ = try house.enter(["acme"], by: Self.both(house), at: 130, digest: session)
        try house.addKey(70, to: account)
        // Rights here alone: the key may be ended, but not made, for the issuer may give rights elsewhere tomorrow.
        try Self.write(house, by: .account(administrator.id)) { try Keys.revoke(.first, of: person, $0) }
        #expect(throws: refused) {
            try Self.write(house, by: .account(administrator.id)) {
                _ = try Keys.add(NewKey([60], name: "x"), to: person, $0)
            }
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aRemovedMemberKeepsTheOtherOrganization(engine: Engine) throws {
        let house = try SignInHouse(engine)
        guard case .entered(let account, let key) = try house.enter(["acme", "rival"], by: Self.both(house)) else {
            Issue.record("not let in")
            return
        }
        try house.addKey(7, to: account)
        try Self.write(house) { try People.remove(email: "ada@acme.example", $0) }
        #expect(try !house.isMember([7], of: "a") && house.standing([7], "b")?.role == .administrator)
        #expect(try house.standing(key, "b")?.role == .administrator)
        // Where nothing is left, keys end, and rules bring nobody back without a sign-in.
        guard
            case .entered(let bob, _) = try house.enter(
                ["acme"], subject: "bob", email: "bob@acme.example", by: Self.both(house), digest: [8])
        else {
            Issue.record("not let in")
            return
        }
        try house.addKey(19, to: bob)
        try Self.write(house) { try People.remove(email: "bob@acme.example", $0) }
        _ = try Self.write(house) { try Identities.settle(issuer: SignInHouse.issuer, by: Self.both(house), $0) }
        #expect(try !house.isMember([19], of: "a"))
        #expect(throws: PeopleError.unknownUser("bob@acme.example")) {
            try house.database.read { try People.user("bob@acme.example", in: house.acme, on: $0) }
        }
        #expect(
            try house.enter(
                ["acme"], subject: "bob", email: "bob@acme.example", by: Self.both(house), at: 140, digest: [8])
                == .entered(account: bob, keyDigest: [8]))
    }

    /// An organization that is taken out of an issuer ends what is there, and not what is left to the issuer.
    @Test(arguments: TemporaryDatabase.engines) func whoIsKeptInOneStaysKnownInTheOther(engine: Engine) throws {
        let house = try SignInHouse(engine)
        let reach = IssuerReach(
            name: "acme", organizations: [house.acme, house.rival],
            rules: [
                MappingRule(group: "acme", role: .administrator, organization: house.acme, product: 0),
                MappingRule(group: "rival", role: .readOnly, organization: house.rival, product: 0),
            ], linksByEmail: true)
        let mail = "admin@acme.example"
        guard case .entered(let account, _) = try house.enter(["acme"], email: mail, by: reach) else {
            Issue.record("not linked")
            return
        }
        // Made a member of the other organization there.
        try house.database.write { try Accounts.assign(.readOnly, to: account, organization: house.rival, on: $0) }
        guard case .entered(_, let key) = try house.enter(["acme", "rival"], email: mail, by: reach) else {
            Issue.record("not let in")
            return
        }
        #expect(try house.standing(key, "b")?.role == .readOnly)
        _ = try Self.write(house) {
            try Identities.withdraw(account, outside: [house.rival], because: "not an organization of acme", $0)
        }
        #expect(try house.standing(key, "a")?.role == .administrator && house.standing(key, "b")?.role == .readOnly)
        // Later rules reach the person still.
        _ = try Self.write(house) { try Identities.settle(issuer: SignInHouse.issuer, by: house.reach([]), $0) }
        let open = try house.database.read { connection in
            try connection.integer("SELECT count(*) FROM sign_in_identity WHERE closed_at = 0")
        }
        #expect(open == 1)
    }
}
