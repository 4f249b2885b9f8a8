import API
import Database
import Jobs
import OpenID
import Synchronization
import TestSupport
import Testing

@testable import Service

/// Rights of people after a change of the operator's file, and of people who stay away, on each engine.
struct SignInKeeperTests {
    private final class State: Sendable {
        let time = Mutex<Int64>(1000)
        let events = Mutex<[String]>([])
    }

    /// The organizations Acme and Rival, and a log that the test reads.
    private struct World {
        let queue: Queue
        let state = State()

        init(_ engine: Engine) throws {
            let database = try TemporaryDatabase.make(engine)
            try database.write { connection in
                for (number, name) in [(UInt8(1), "Acme"), (UInt8(2), "Rival")] {
                    _ = try Accounts.createOrganization(
                        named: name, token: name, administrator: "admin@\(name).example", keyDigest: [number], at: 1,
                        on: connection)
                }
            }
            queue = Queue(database: database) { [state] in state.time.withLock { $0 } }
        }

        var log: Log {
            Log(.debug) { [state] level, event, _ in state.events.withLock { $0.append("\(level) \(event)") } }
        }

        func directory(_ issuers: [Issuer]) -> IssuerDirectory {
            IssuerDirectory(
                SignInSettings(address: "https://waybill.example", issuers: issuers), now: queue.now)
        }

        /// The work of a server at its start with these issuers; nil for a start without a file.
        func start(_ issuers: [Issuer]?) {
            SignInKeeper.settle(issuers.map { directory($0) }, queue: queue, log: log)
        }

        /// Signs Ada in; her session begins with the key `[9]`, and she has a key of her own, `[7]`.
        func enter(_ issuer: Issuer) throws {
            let person = IssuedPerson(
                issuer: issuer.url, subject: "ada", email: "ada@acme.example", isEmailVerified: true, name: "Ada",
                groups: ["all"])
            let now = queue.now()
            try queue.database.write { connection in
                let writing = Writing(
                    in: Scope(kind: .organization, organization: 1), by: .system, at: now, on: connection)
                let entry = try Identities.enter(person, by: issuer.reach(on: connection), newKey: [9], writing)
                guard case .entered(let account, _) = entry,
                    try Keys.find(.name("own"), account: account, on: connection) == nil
                else { return }
                let person = try #require(try People.account(account, on: connection))
                _ = try Keys.add(NewKey([7], name: "own"), to: person, writing)
            }
        }

        /// The organizations in which Ada's session and her own key are valid.
        func places() throws -> [String] {
            let now = queue.now()
            return try queue.database.read { connection in
                try [9, 7].flatMap { (key: UInt8) in
                    try ["Acme", "Rival"].filter { token in
                        try Standing.find(.organization, token: token, keyDigest: [key], at: now, on: connection)
                            .holder?.standing.isMember == true
                    }.map { "\(key) \($0)" }
                }
            }
        }
    }

    private static func issuer(_ id: String, organizations: [String] = ["Acme", "Rival"]) -> Issuer {
        var issuer = Issuer(
            id: id, name: id, url: "https://\(id).example", client: "waybill", organizations: organizations)
        issuer.rules = organizations.map { GroupRule(group: "all", role: "READ_ONLY", organization: $0) }
        return issuer
    }

    @Test(arguments: TemporaryDatabase.engines) func anIssuerThatIsTakenOutTakesItsRightsAlong(engine: Engine) throws {
        let world = try World(engine)
        let (old, new) = (Self.issuer("old"), Self.issuer("new"))
        try world.enter(old)
        let all = ["9 Acme", "9 Rival", "7 Acme", "7 Rival"]
        world.start([old, new])
        #expect(try world.places() == all)
        // A start without the flag may be a mistake, so the log states what stays unchanged.
        world.start(nil)
        #expect(try world.places() == all)
        #expect(world.state.events.withLock { $0 }.last?.hasPrefix("warning people keep the rights") == true)
        world.start([new])
        #expect(try world.places().isEmpty)
        let found = try world.queue.database.read { connection in
            var wanted = AuditTrail.Wanted(organization: 2, limit: 1)
            wanted.event = .role
            return try AuditTrail.list(wanted, on: connection).map { $0.subject + $0.detail }
        }
        #expect(found.first?.contains("NONE: ada@acme.example: https://old.example is no issuer any more") == true)
        // When the issuer is in the file again, the next sign-in restores everything, including the own key.
        world.start([old])
        #expect(try world.places().isEmpty)
        try world.enter(old)
        #expect(try world.places() == all)
        // A file without issuers ends all.
        world.start([])
        #expect(try world.places().isEmpty)
    }

    @Test(arguments: TemporaryDatabase.engines) func anOrganizationThatIsTakenOutLosesThePeople(engine: Engine) throws {
        let world = try World(engine)
        try world.enter(Self.issuer("acme"))
        // A name without a match may be misspelt.
        world.start([Self.issuer("acme", organizations: ["Acme", "Rivale"])])
        #expect(try world.places() == ["9 Acme", "9 Rival", "7 Acme", "7 Rival"])
        world.start([Self.issuer("acme", organizations: ["Acme"])])
        #expect(try world.places() == ["9 Acme", "7 Acme"])
        // The same when calls set the mapping.
        var free = Self.issuer("acme", organizations: ["Rival"])
        free.rules = nil
        world.start([free])
        #expect(try world.places().isEmpty)
    }

    @Test(arguments: TemporaryDatabase.engines) func peopleWhoStayAwayLoseTheirRights(engine: Engine) throws {
        let world = try World(engine)
        var issuer = Self.issuer("acme")
        issuer.signInWithinDays = 30
        try world.enter(issuer)
        let keeper = SignInKeeper(world.directory([issuer]), queue: world.queue, log: world.log)
        let end = world.state.time.withLock { $0 } + 30 * 24 * 3_600_000
        world.state.time.withLock { $0 = end }
        try keeper.withdrawFromIdle()
        #expect(try world.places() == ["7 Acme", "7 Rival"])
        world.state.time.withLock { $0 += 1 }
        // It checks once an hour.
        try keeper.tend()
        #expect(try world.places().isEmpty)
        try world.enter(issuer)
        #expect(try world.places().count == 4)
        // For any number of days.
        issuer.signInWithinDays = 0
        let patient = SignInKeeper(world.directory([issuer]), queue: world.queue, log: world.log)
        world.state.time.withLock { $0 += 1000 * 24 * 3_600_000 }
        try patient.tend()
        #expect(try world.places() == ["7 Acme", "7 Rival"])
    }
}
