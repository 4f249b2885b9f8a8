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
                try Identities.settleOrganization(issuer: SignInHouse.issuer, by: house.reach([]), writing)
            }
        }
        #expect(try house.standing([1])?.role == .administrator)
    }

    @Test(arguments: TemporaryDatabase.engines) func administratorsWithKeysRemain(engine: Engine) throws {
        let house = try SignInHouse(engine)
        #expect(try house.enter(["admins"]) != .noRole)
        // Whoever signs in with the issuer is no administrator whom the organization could do with alone.
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
        // An administrator of the issuer's does not do, not even with a key of their own.
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
        // The issuer's groups no longer make an administrator: by hand the account was one.
        #expect(try house.enter(["shop"], email: mail, by: links) == .entered(account: account, keyDigest: key))
        let standing = try #require(try house.standing([1]))
        #expect(standing.role == .administrator && standing.productRoles == [house.shop: .member])
        #expect(try house.audit(.role).contains { $0.contains("kept as the last local administrator") })
        // Nor does another table of the operator's file.
        let kept = try house.database.write { connection in
            let writing = Writing(
                in: Scope(kind: .organization, organization: house.acme), by: .system, at: 120, on: connection)
            return try Identities.settle(issuer: SignInHouse.issuer, by: house.reach([]), writing)
        }
        #expect(try kept == 1 && house.standing([1])?.role == .administrator)
        // The session ended, as no group lets in; with another administrator all else ends, too.
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
        // No session begins with the issuer, and the key of before works.
        #expect(try house.standing(key) == nil && house.standing([1])?.role == .administrator)
        #expect(try house.audit(.role).contains { $0.contains("kept as the last local administrator") })
        try house.addAdministrator(key: 20)
        #expect(try house.enter(["strangers"], email: mail, by: links, at: 120) == .noRole)
        #expect(try house.standing([1]) == nil)
        #expect(try house.standing([20])?.role == .administrator)
    }
}
