import Bytes
import TestSupport
import Testing

@testable import Database

/// Accounts of people who sign in with an issuer, on each engine.
struct SignInTests {
    @Test(arguments: TemporaryDatabase.engines) func groupsGiveAnAccountItsRoles(engine: Engine) throws {
        let house = try SignInHouse(engine)
        guard case .entered(let account, let key) = try house.enter(["all", "shop", "other"]) else {
            Issue.record("not let in")
            return
        }
        #expect(key == [9])
        let standing = try #require(try house.standing(key))
        #expect(
            standing.account == account && standing.role == .readOnly && standing.productRoles == [house.shop: .member])
        // The issuer has no rights in the other organization.
        #expect(try house.standing(key, "b")?.isMember == false)
        // The audit trail names the group.
        #expect(try house.audit(.role).contains { $0.contains("ada@acme.example, by the group shop of acme") })
        // Nobody can see the key, and it expires.
        #expect(try house.database.read { try Keys.list(account: account, on: $0) }.isEmpty)
        #expect(try house.database.read { try Keys.find(.first, account: account, on: $0) } == nil)
        #expect(try house.standing(key, at: 100 + Sessions.lifetime) == nil)
        // The next sign-in finds the same account and key, with the greatest role of several groups.
        #expect(try house.enter(["all", "admins"], digest: [8]) == .entered(account: account, keyDigest: [9]))
        let later = try #require(try house.standing(key))
        #expect(later.role == .administrator && later.productRoles.isEmpty)
    }

    @Test(arguments: TemporaryDatabase.engines) func noGroupClosesTheAccount(engine: Engine) throws {
        let house = try SignInHouse(engine)
        guard case .entered(let account, let key) = try house.enter(["admins"]) else {
            Issue.record("not let in")
            return
        }
        try house.database.write { connection in
            let writing = Writing(
                in: Scope(kind: .organization, organization: house.acme), by: .system, at: 110, on: connection)
            let person = try #require(try People.account(account, on: connection))
            _ = try Keys.add(NewKey([7], name: "ci"), to: person, writing)
            try People.createGroup("legal", description: "", writing)
            try People.add(["ada@acme.example"], toGroup: "legal", writing)
            try People.set("ADMINISTRATOR", people: nil, groups: ["legal"], writing)
        }
        #expect(try house.enter(["strangers"], at: 120) == .noRole)
        // Neither the session's key nor the person's own is valid anywhere.
        #expect(try house.standing(key) == nil && house.standing([7]) == nil)
        #expect(
            try house.database.read { try Standing.find(account: account, in: house.acme, on: $0) }?.isMember == false)
        #expect(try house.audit(.key).contains { $0.contains("no group of acme lets in any more") })
        // A stranger without a group leaves no account.
        #expect(try house.enter([], subject: "eve", email: "eve@acme.example") == .noRole)
        #expect(try house.database.read { try $0.integer("SELECT count(*) FROM account") } == 3)
        // The group back, the person is back.
        #expect(try house.enter(["all"], at: 130, digest: [6]) == .entered(account: account, keyDigest: [6]))
    }

    @Test(arguments: TemporaryDatabase.engines) func anAddressIsNoIdentity(engine: Engine) throws {
        let house = try SignInHouse(engine)
        // A person at the issuer who has the administrator's address is not the administrator.
        let (mail, shouted) = ("admin@acme.example", "Admin@Acme.example")
        for email in [mail, shouted] {
            #expect(try house.enter(["all"], email: email) == .emailTaken)
        }
        // This holds even if the file links accounts, while the address is not verified.
        #expect(try house.enter(["all"], email: mail, isVerified: false, by: house.reach(links: true)) == .emailTaken)
        guard case .entered(let account, _) = try house.enter(["admins"], email: mail, by: house.reach(links: true))
        else {
            Issue.record("not linked")
            return
        }
        #expect(try house.standing([1])?.account == account)
        // A second person is not linked to the same account.
        #expect(try house.enter(["all"], subject: "eve", email: mail, by: house.reach(links: true)) == .emailTaken)
        #expect(try house.enter(["all"], subject: "bob", email: "bob") == .noEmail)
        // A changed address is taken over if it is free; another person's is not.
        #expect(try house.enter(["all"], subject: "cid", email: "cid@acme.example", digest: [5]) != .noRole)
        _ = try house.enter(["all"], subject: "cid", email: mail)
        #expect(try house.standing([5])?.email == "cid@acme.example")
        _ = try house.enter(["all"], subject: "cid", email: "sid@acme.example")
        #expect(try house.standing([5])?.email == "sid@acme.example")
    }

    @Test(arguments: TemporaryDatabase.engines) func groupsThatAreNotNamedChangeNothing(engine: Engine) throws {
        let house = try SignInHouse(engine)
        guard case .entered(_, let key) = try house.enter(["all", "shop"]) else {
            Issue.record("not let in")
            return
        }
        let before = try #require(try house.standing(key))
        #expect(try house.enter(nil, at: 110) == .noGroups)
        #expect(try house.standing(key) == before)
        // The issuer's last statement counts when the table changes.
        let kept = try house.database.read { connection in
            try connection.first("SELECT group_names FROM sign_in_identity") { $0.string(0) }
        }
        #expect(kept == "all\nshop")
        #expect(try house.enter(nil, subject: "eve", email: "eve@acme.example") == .noGroups)
        #expect(try house.database.read { try $0.integer("SELECT count(*) FROM account") } == 3)
        // If the operator says that this means none, it does.
        var reach = house.reach()
        reach.closesWithoutGroups = true
        #expect(try house.enter(nil, by: reach, at: 120) == .noRole)
        #expect(try house.standing(key) == nil)
    }

    @Test(arguments: TemporaryDatabase.engines) func aMachinesAccountIsNobodys(engine: Engine) throws {
        let house = try SignInHouse(engine)
        let mail = "ci@acme.example"
        try house.database.write { connection in
            let account = try Accounts.createAccount(
                email: mail, name: "CI", kind: "SERVICE", keyDigest: [4], at: 1, on: connection)
            try Accounts.assign(.member, to: account, organization: house.acme, on: connection)
        }
        #expect(try house.enter(["all"], email: mail, by: house.reach(links: true)) == .emailTaken)
        #expect(try house.standing([4])?.role == .member)
    }

    @Test(arguments: TemporaryDatabase.engines) func anotherTableCountsAtOnce(engine: Engine) throws {
        let house = try SignInHouse(engine)
        guard case .entered(_, let key) = try house.enter(["shop"]),
            case .entered(_, let other) = try house.enter(
                ["all"], subject: "bob", email: "bob@acme.example", digest: [8])
        else {
            Issue.record("not let in")
            return
        }
        let rules = [MappingRule(group: "shop", role: .readOnly, organization: house.acme, product: house.shop)]
        try house.database.write { connection in
            let writing = Writing(
                in: Scope(kind: .organization, organization: house.acme), by: .system, at: 140, on: connection)
            try SignInMapping.replace(issuer: "acme", by: rules, writing)
            let kept = try SignInMapping.list(issuer: "acme", organization: house.acme, on: connection)
            #expect(kept == rules)
            try Identities.settle(issuer: SignInHouse.issuer, by: house.reach(kept), writing)
        }
        #expect(try house.standing(key)?.productRoles == [house.shop: .readOnly])
        #expect(try house.standing(other) == nil)
        #expect(try house.audit(.role).contains { $0.contains("groups of acme: shop: READ_ONLY in product") })
    }

    /// An issuer for two organizations, whose administrators each set the rules.
    @Test(arguments: TemporaryDatabase.engines) func rulesOfOneOrganizationLeaveAnotherAlone(engine: Engine) throws {
        let house = try SignInHouse(engine)
        @Sendable func reach(_ groups: [String]) -> IssuerReach {
            IssuerReach(
                name: "acme", organizations: [house.acme, house.rival],
                rules: groups.map {
                    MappingRule(
                        group: $0, role: .readOnly, organization: $0 == "rivals" ? house.rival : house.acme, product: 0)
                }, linksByEmail: true)
        }
        @Sendable func settle(_ groups: [String]) throws {
            try house.database.write { connection in
                let writing = Writing(
                    in: Scope(kind: .organization, organization: house.acme), by: .system, at: 140, on: connection)
                try Identities.settleOrganization(
                    issuer: SignInHouse.issuer, from: reach(["all", "rivals"]), by: reach(groups), writing)
            }
        }
        guard case .entered(let account, let key) = try house.enter(["all", "rivals"], by: reach(["all", "rivals"]))
        else {
            Issue.record("not let in")
            return
        }
        // A role by hand, and one by a group, in each organization.
        try house.database.write { connection in
            for organization in [house.acme, house.rival] {
                let writing = Writing(
                    in: Scope(kind: .organization, organization: organization), by: .system, at: 110, on: connection)
                try People.setRole(.member, email: "ada@acme.example", writing)
                try People.createGroup("legal", description: "", writing)
                try People.add(["ada@acme.example"], toGroup: "legal", writing)
                try People.set("PRODUCT_APPROVER", people: nil, groups: ["legal"], writing)
            }
        }
        try settle(["rivals"])
        #expect(try house.standing(key, "a")?.isMember == false)
        #expect(try house.standing(key, "b")?.role == .member)
        // This holds even if the other organization gives the role only by hand.
        try settle([])
        #expect(try house.standing(key, "b")?.role == .member)
        // A sign-in removes everything that no rule gives, including groups; the key stays while there is a role.
        #expect(
            try house.enter(["all", "rivals"], by: reach(["all"])) == .entered(account: account, keyDigest: key))
        #expect(try house.standing(key, "a")?.role == .readOnly && house.standing(key, "b")?.isMember == false)
        // A role that only a group gave leaves a line, too.
        let records = try house.audit(.role).count
        try house.database.write { connection in
            let writing = Writing(
                in: Scope(kind: .organization, organization: house.acme), by: .system, at: 150, on: connection)
            try People.setRole(nil, email: "ada@acme.example", writing)
            try People.add(["ada@acme.example"], toGroup: "legal", writing)
        }
        try settle(["rivals"])
        #expect(try house.standing(key, "a") == nil && house.audit(.role).count == records + 3)
        _ = try house.enter(["all"], by: reach(["all"]), digest: key)
        // The last role gone, the account is closed.
        try settle([])
        #expect(try house.standing(key, "a") == nil)
    }

    /// A misspelt name in the operator's file ends nobody's keys.
    @Test(arguments: TemporaryDatabase.engines) func anOrganizationThatIsNotFoundEndsNoKey(engine: Engine) throws {
        let house = try SignInHouse(engine)
        #expect(try house.enter(["all"]) != .noRole)
        let nowhere = IssuerReach(name: "acme", organizations: [], rules: [], linksByEmail: false)
        try house.database.write { connection in
            let account = try #require(
                try connection.integer("SELECT account FROM sign_in_identity WHERE subject = 'ada'"))
            let writing = Writing(
                in: Scope(kind: .organization, organization: house.acme), by: .system, at: 110, on: connection)
            let person = try #require(try People.account(account, on: connection))
            _ = try Keys.add(NewKey([7], name: "ci"), to: person, writing)
            try Identities.settle(issuer: SignInHouse.issuer, by: nowhere, writing)
        }
        #expect(try house.standing([7])?.role == .readOnly && house.standing([9])?.role == .readOnly)
        // Nobody can sign in with it, and the session that began with the issuer ends.
        #expect(try house.enter(["all"], by: nowhere) == .noRole)
        #expect(try house.standing([7])?.role == .readOnly && house.standing([9]) == nil)
    }

    @Test(arguments: TemporaryDatabase.engines) func anAnswerIsTakenOnce(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let row = PendingSignIns.Row(browser: [1], issuer: "acme", page: "/console/product/x")
        try database.write { connection in
            #expect(try PendingSignIns.begin(row, state: [2], from: "192.0.2.1", at: 1000, on: connection))
            #expect(try PendingSignIns.take(state: [3], at: 1001, on: connection) == nil)
            #expect(try PendingSignIns.take(state: [2], at: 1001, on: connection) == row)
            #expect(try PendingSignIns.take(state: [2], at: 1002, on: connection) == nil)
            // After the limit it is gone, too.
            #expect(try PendingSignIns.begin(row, state: [4], from: "192.0.2.1", at: 1000, on: connection))
            #expect(try PendingSignIns.take(state: [4], at: 1000 + PendingSignIns.life, on: connection) == nil)
            #expect(try PendingSignIns.begin(row, state: [5], from: "192.0.2.1", at: 1000, on: connection))
            try PendingSignIns.sweep(at: 1000 + PendingSignIns.life, on: connection)
            #expect(try connection.integer("SELECT count(*) FROM pending_sign_in") == 0)
        }
    }

    /// One address can use no more than its share of the places.
    @Test(arguments: TemporaryDatabase.engines) func fewSignInsOfOneAddressWait(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let row = PendingSignIns.Row(browser: [1], issuer: "acme", page: "/")
        try database.write { connection in
            func begin(_ number: Int64, from sender: String, at time: Int64 = 1000) throws -> Bool {
                let state = withUnsafeBytes(of: number.bigEndian) { Array($0) } + Array(sender.utf8)
                return try PendingSignIns.begin(row, state: state, from: sender, at: time, on: connection)
            }
            for number in 0..<PendingSignIns.senderLimit {
                let isNoted = try begin(number, from: "192.0.2.1")
                #expect(isNoted)
            }
            let more = try [
                begin(1000, from: "192.0.2.1"), begin(1000, from: "2001.db8.0.0/64"),
                begin(1001, from: "192.0.2.1", at: 1000 + PendingSignIns.life),
            ]
            #expect(more == [false, true, true])
        }
    }

    @Test func sessionsAreFoundByAnIndex() throws {
        let database = try TemporaryDatabase.make(.sqlite)
        try database.read { connection in
            let keys = try connection.plan("SELECT digest FROM session WHERE key_digest = \([UInt8]([9]))")
            #expect(keys.contains { $0.contains("session_key") }, "\(keys)")
            let issuers = try connection.plan("SELECT digest FROM session WHERE issuer_session = \("s")")
            #expect(issuers.contains { $0.contains("session_issuer") }, "\(issuers)")
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func sessionsEndWithTheIssuers(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        try database.write { connection in
            var new = Sessions.New([1], keyDigest: [9], from: "", browser: "")
            new.issuerSession = "s"
            new.end = 5000
            try Sessions.begin(new, replacing: nil, at: 1000, on: connection)
            try Sessions.begin(
                Sessions.New([2], keyDigest: [8], from: "", browser: ""), replacing: nil, at: 1000, on: connection)
            #expect(try Sessions.find([1], at: 4999, on: connection) != nil)
            #expect(try Sessions.find([1], at: 5000, on: connection) == nil)
            #expect(try Sessions.find([2], at: 5000, on: connection) != nil)
            // An empty name ends nothing.
            #expect(try Sessions.end(issuerSession: "", on: connection).isEmpty)
            #expect(try Sessions.end(issuerSession: "s", on: connection) == [[9]])
            try Sessions.end(keyDigest: [8], on: connection)
            #expect(try connection.integer("SELECT count(*) FROM session") == 0)
        }
    }
}
