import TestSupport
import Testing

@testable import Database

/// Rights of people who do not return, or whose issuer or organization was removed from the operator's file, on each engine.
struct SignInEndTests {
    private static func withdraw(
        _ account: Int64, in house: SignInHouse, outside organizations: [Int64] = [], seenBefore time: Int64 = .max
    ) throws -> Bool {
        try house.database.write { connection in
            let writing = Writing(
                in: Scope(kind: .organization, organization: 0), by: .system, at: 150, on: connection)
            return try Identities.withdraw(
                account, outside: organizations, seenBefore: time, because: "no issuer any more", writing)
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func rightsAreWithdrawnUntilTheNextSignIn(engine: Engine) throws {
        let house = try SignInHouse(engine)
        guard case .entered(let account, let key) = try house.enter(["all", "shop"]) else {
            Issue.record("not let in")
            return
        }
        try house.addKey(7, to: account)
        #expect(try house.database.read { try Identities.people(on: $0).map(\.count) } == [1])
        // A person who has signed in since is not affected.
        #expect(try !Self.withdraw(account, in: house, seenBefore: 100))
        #expect(try house.standing(key)?.role == .readOnly)
        #expect(try Self.withdraw(account, in: house, seenBefore: 101))
        // The session has ended, and the person's own key is not valid anywhere.
        #expect(try house.standing(key) == nil && house.standing([7])?.isMember == false)
        #expect(try house.audit(.role).contains { $0.contains("NONE: ada@acme.example: no issuer any more") })
        // Once is enough.
        #expect(try !Self.withdraw(account, in: house))
        #expect(try house.database.read { try Identities.people(on: $0) }.isEmpty)
        #expect(try house.enter(["all"], at: 160, digest: [6]) == .entered(account: account, keyDigest: [6]))
        #expect(try house.standing([7])?.role == .readOnly)
    }

    @Test(arguments: TemporaryDatabase.engines) func anOrganizationThatIsTakenOutEndsItsRolesAlone(
        engine: Engine
    ) throws {
        let house = try SignInHouse(engine)
        let rules = [house.acme, house.rival].map {
            MappingRule(group: "all", role: .readOnly, organization: $0, product: 0)
        }
        let both = IssuerReach(
            name: "acme", organizations: [house.acme, house.rival], rules: rules, linksByEmail: false)
        guard case .entered(let account, let key) = try house.enter(["all"], by: both) else {
            Issue.record("not let in")
            return
        }
        let outside = try house.database.read { connection in
            (
                try Identities.accounts(of: SignInHouse.issuer, outside: both, on: connection),
                try Identities.accounts(of: SignInHouse.issuer, outside: house.reach(), on: connection)
            )
        }
        #expect(outside.0.isEmpty && outside.1 == [account])
        #expect(try Self.withdraw(account, in: house, outside: [house.acme]))
        #expect(try house.standing(key, "a")?.role == .readOnly && house.standing(key, "b")?.isMember == false)
        #expect(try house.database.read { try Identities.accounts(of: SignInHouse.issuer, on: $0) } == [account])
    }

    @Test(arguments: TemporaryDatabase.engines) func theLastLocalAdministratorIsLeft(engine: Engine) throws {
        let house = try SignInHouse(engine)
        guard
            case .entered(let account, let key) = try house.enter(
                ["admins"], email: "admin@acme.example", by: house.reach(links: true))
        else {
            Issue.record("not linked")
            return
        }
        #expect(try Self.withdraw(account, in: house))
        #expect(try house.standing(key) == nil && house.standing([1])?.role == .administrator)
        #expect(
            try house.audit(.role).contains {
                $0.contains("kept as the last local administrator with a key: no issuer any more")
            })
    }
}
