import TestSupport
import Testing

@testable import Database

/// The last administrators of organizations whose people sign in with an issuer, on each engine.
struct SignInAdministratorTests {
    @Test(arguments: TemporaryDatabase.engines) func rulesThatLeaveNoAdministratorAreRefused(engine: Engine) throws {
        let house = try SignInHouse(engine)
        let (mail, admins) = ("admin@acme.example", house.reach(links: true))
        #expect(try house.enter(["admins"], email: mail, by: admins) != .emailTaken)
        #expect(throws: PeopleError.lastAdministrator) {
            try house.database.write { connection in
                let writing = Writing(
                    in: Scope(kind: .organization, organization: house.acme), by: .system, at: 140, on: connection)
                try Identities.settleOrganization(
                    issuer: SignInHouse.issuer, from: admins, by: house.reach([]), writing)
            }
        }
        #expect(try house.standing([1])?.role == .administrator)
    }

    @Test(arguments: TemporaryDatabase.engines) func administratorsWithKeysRemain(engine: Engine) throws {
        let house = try SignInHouse(engine)
        #expect(try house.enter(["admins"]) != .noRole)
        // A person who signs in with the issuer does not count as the last administrator.
        #expect(throws: PeopleError.lastAdministrator) {
            try house.database.write { connection in
                let writing = Writing(
                    in: Scope(kind: .organization, organization: house.acme), by: .system, at: 150, on: connection)
                try People.remove(email: "admin@acme.example", writing)
            }
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aLinkTakesNoLastAdministratorAway(engine: Engine) throws {
        let house = try SignInHouse(engine)
        let (mail, links) = ("admin@acme.example", house.reach(links: true))
        #expect(try house.enter(["all"], email: mail, by: links) == .lastAdministrator)
        #expect(try house.standing([1])?.role == .administrator)
        #expect(try house.database.read { try $0.integer("SELECT count(*) FROM sign_in_identity") } == 0)
        // An administrator by the issuer does not suffice, even with a key of their own.
        guard case .entered(let bob, _) = try house.enter(["admins"], subject: "bob", email: "bob@acme.example") else {
            Issue.record("not let in")
            return
        }
        try house.addKey(7, to: bob)
        #expect(try house.enter(["all"], email: mail, by: links) == .lastAdministrator)
        try house.addAdministrator(key: 20)
        #expect(try house.enter(["all"], email: mail, by: links, digest: [3]) != .lastAdministrator)
        #expect(try house.standing([1])?.role == .readOnly && house.standing([20])?.role == .administrator)
    }

    @Test(arguments: TemporaryDatabase.engines) func aMappingTakesNoLastAdministratorAway(engine: Engine) throws {
        let house = try SignInHouse(engine)
        let (mail, links) = ("admin@acme.example", house.reach(links: true))
        guard case .entered(let account, let key) = try house.enter(["admins"], email: mail, by: links) else {
            Issue.record("not linked")
            return
        }
        // The issuer's groups no longer make an administrator; the account was one by hand.
        #expect(try house.enter(["shop"], email: mail, by: links) == .entered(account: account, keyDigest: key))
        let standing = try #require(try house.standing([1]))
        #expect(standing.role == .administrator && standing.productRoles == [house.shop: .member])
        #expect(try house.audit(.role).contains { $0.contains("kept as the last local administrator") })
        // Another table in the operator's file does not, either.
        let kept = try house.database.write { connection in
            let writing = Writing(
                in: Scope(kind: .organization, organization: house.acme), by: .system, at: 120, on: connection)
            return try Identities.settle(issuer: SignInHouse.issuer, by: house.reach([]), writing)
        }
        #expect(try kept == [account] && house.standing([1])?.role == .administrator)
        // The session ended, because no group admits the person; with another administrator everything else ends,
        // too.
        #expect(try house.standing(key) == nil)
        try house.addAdministrator(key: 20)
        #expect(try house.enter(["shop"], email: mail, by: links, at: 130) != .noRole)
        #expect(try house.standing([1])?.role == nil && house.standing([1])?.productRoles == [house.shop: .member])
    }

    @Test(arguments: TemporaryDatabase.engines) func closingTakesNoLastAdministratorAway(engine: Engine) throws {
        let house = try SignInHouse(engine)
        let (mail, links) = ("admin@acme.example", house.reach(links: true))
        guard case .entered(_, let key) = try house.enter(["admins"], email: mail, by: links) else {
            Issue.record("not linked")
            return
        }
        #expect(try house.enter(["strangers"], email: mail, by: links, at: 110) == .noRole)
        // No session begins with the issuer, and the earlier key works.
        #expect(try house.standing(key) == nil && house.standing([1])?.role == .administrator)
        #expect(try house.audit(.role).contains { $0.contains("kept as the last local administrator") })
        try house.addAdministrator(key: 20)
        #expect(try house.enter(["strangers"], email: mail, by: links, at: 120) == .noRole)
        #expect(try house.standing([1]) == nil)
        #expect(try house.standing([20])?.role == .administrator)
    }

    /// An account that was kept is no longer when another administrator is there, without a sign-in.
    @Test(arguments: TemporaryDatabase.engines, [false, true])
    func whoWasKeptIsLookedAtAgain(engine: Engine, isIssuerGone: Bool) throws {
        let house = try SignInHouse(engine)
        let (mail, links) = ("admin@acme.example", house.reach(links: true))
        guard case .entered(let account, _) = try house.enter(["admins"], email: mail, by: links) else {
            Issue.record("not linked")
            return
        }
        @Sendable func again() throws {
            try house.database.write { connection in
                let writing = Writing(
                    in: Scope(kind: .organization, organization: house.acme), by: .system, at: 150, on: connection)
                if isIssuerGone {
                    for account in try Identities.accounts(of: SignInHouse.issuer, on: connection) {
                        try Identities.withdraw(account, because: "no issuer any more", writing)
                    }
                } else {
                    try Identities.settle(issuer: SignInHouse.issuer, by: house.reach([]), writing)
                }
            }
        }
        try again()
        let records = try house.audit(.role).count
        #expect(try house.standing([1])?.role == .administrator)
        // Nothing changes until then, and nothing is recorded.
        try again()
        #expect(try house.standing([1])?.role == .administrator && house.audit(.role).count == records)
        #expect(try house.database.read { try Identities.people(on: $0).map(\.count) } == [1])
        try house.addAdministrator(key: 20)
        try again()
        #expect(try house.standing([1])?.role == nil && house.audit(.role).count > records)
        #expect(try house.database.read { try Identities.accounts(of: SignInHouse.issuer, on: $0) } == [], "\(account)")
    }

    /// Rules that do not concern an administrator who is kept anyway are not refused because of that one.
    @Test(arguments: TemporaryDatabase.engines) func whoIsKeptAnywayKeepsNoRulesFromChanging(engine: Engine) throws {
        let house = try SignInHouse(engine)
        let links = house.reach(links: true)
        #expect(try house.enter(["admins"], email: "admin@acme.example", by: links) != .emailTaken)
        #expect(try house.enter(["shop"], email: "admin@acme.example", by: links) != .noRole)
        try house.database.write { connection in
            let writing = Writing(
                in: Scope(kind: .organization, organization: house.acme), by: .system, at: 150, on: connection)
            let rules = [MappingRule(group: "shop", role: .readOnly, organization: house.acme, product: house.shop)]
            try Identities.settleOrganization(
                issuer: SignInHouse.issuer, from: links, by: house.reach(rules), writing)
        }
        #expect(try house.standing([1])?.role == .administrator)
    }
}
