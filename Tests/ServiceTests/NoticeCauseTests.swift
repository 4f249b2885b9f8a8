import API
import Bytes
import Database
import Feeds
import Foundation
import Intake
import Inventory
import Jobs
import TestSupport
import Testing

@testable import Service

/// Causes of notices other than a new vulnerability: decisions of people, ended decisions, and the passing of time.
@Suite struct NoticeCauseTests {
    private static let day: Int64 = 86_400_000

    // MARK: Time

    /// A node's check of events that time caused.
    private func look(_ fixture: InventoryFixture) throws {
        let time = fixture.queue.now()
        guard try fixture.database.read({ try NoticeWatch.isDue(at: time, on: $0) }) else { return }
        // Another node that checks at the same time adds nothing.
        for _ in 1...2 {
            try fixture.database.write { try NoticeWatch.look(at: time, life: Feed.life(of:), on: $0) }
        }
    }

    private func succeed(_ source: String, _ fixture: InventoryFixture) throws {
        var state = FeedState(name: source)
        state.checked = fixture.queue.now()
        let done = state
        try fixture.database.write { try done.put(on: $0) }
    }

    @Test(arguments: TemporaryDatabase.engines) func aSourceThatIsTooOldIsSaidOnce(engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        try fixture.subscribe([.old])
        try succeed("kev", fixture)
        try look(fixture)
        fixture.pass(3 * Self.day - 1)
        try look(fixture)
        #expect(try fixture.said() == [], "one millisecond was left")
        try look(fixture)
        #expect(
            try fixture.said() == [
                "The source kev is too old | looked at last at 2026-01-02T03:04:05Z, more than 3 days ago; "
                    + "waybill update kev brings it up to date"
            ])
        for _ in 1...3 {
            fixture.pass(Self.day)
            try look(fixture)
        }
        #expect(try fixture.said() == [], "it was said")
        // After it is current again, it may become outdated again.
        try succeed("kev", fixture)
        try look(fixture)
        #expect(try fixture.said() == [])
        fixture.pass(4 * Self.day)
        try look(fixture)
        #expect(try fixture.said().count == 1)
        let shown = try fixture.database.read { try FeedState.all(on: $0) }
        #expect(shown.map(\.name) == ["kev"], "the time of the last look is no source")
    }

    /// Without an earlier check, as after an upgrade, everything outdated is reported.
    @Test func theFirstLookSaysWhatIsTooOldByThen() throws {
        let fixture = try InventoryFixture(.sqlite, isFilled: false)
        try fixture.subscribe([.old])
        try succeed("osv/npm", fixture)
        try succeed("licenses", fixture)
        fixture.pass(10 * Self.day)
        try look(fixture)
        #expect(try fixture.said().map { $0.prefix(30) } == ["The source osv/npm is too old "])
    }

    @Test(arguments: TemporaryDatabase.engines) func aSourceThatFailsIsSaidOnceUntilItCanBeRead(engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        try fixture.subscribe([.update])
        func fail() throws {
            fixture.pass(1000)
            let time = fixture.queue.now()
            try fixture.database.write { try FeedState.fail("epss", at: time, why: "answered 503", on: $0) }
        }
        try fail()
        #expect(try fixture.said() == ["The source epss could not be brought up to date | answered 503"])
        try fail()
        #expect(try fixture.said() == [])
        try succeed("epss", fixture)
        try fail()
        #expect(try fixture.said().count == 1)
    }

    // MARK: Decisions

    private func decide(
        _ fixture: InventoryFixture, _ reach: LastingDecision.Reach, product: Int64 = 0,
        _ change: (inout LastingDecision) -> Void
    ) throws {
        let time = fixture.queue.now()
        var decision = LastingDecision(
            .ignored(IgnoreReason(.notAffected)), reach: reach, organization: 1, by: 7, at: time)
        decision.vulnerability = "CVE-2023-0001"
        decision.product = product
        change(&decision)
        let wanted = decision
        let made = try fixture.database.write { connection in
            try Decisions.add(
                wanted, alerts: [],
                Writing(in: InventoryFixture.everywhere, by: .account(7), at: time, on: connection))
        }
        for one in made {
            let done = try DecisionWork(database: fixture.database, now: fixture.queue.now).run(one) { false }
            #expect(done.isDone)
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aDecisionIsToBeLookedAtAgain(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let (shop, bank) = (try fixture.ids(place: 0).product, try fixture.ids(place: 2).product)
        try fixture.subscribe([.review])
        try fixture.subscribe([.review], to: try fixture.scope(.product, place: 2))
        try look(fixture)
        let due = fixture.queue.now() + Self.day
        try decide(fixture, .organization) { $0.review = due }
        try decide(fixture, .product, product: bank) { $0.review = due }
        try decide(fixture, .product, product: shop) { $0.review = due + Self.day }
        fixture.pass(Self.day)
        try look(fixture)
        // The subscription to the bank's product gets only that product's events.
        #expect(
            try fixture.said().sorted() == [
                "Decision 1 should be looked at again | ORGANIZATION CVE-2023-0001 IGNORED not_affected",
                "Decision 2 should be looked at again | PRODUCT CVE-2023-0001 IGNORED not_affected",
                "Decision 2 should be looked at again | PRODUCT CVE-2023-0001 IGNORED not_affected",
            ])
        try look(fixture)
        #expect(try fixture.said() == [])
        // A user who may not see the product gets no message about its decision.
        try fixture.database.write { connection in
            _ = try connection.run("UPDATE assignment SET product = \(bank)")
        }
        fixture.pass(Self.day)
        try look(fixture)
        #expect(try fixture.said() == [])
    }

    @Test(arguments: TemporaryDatabase.engines) func theEndOfADecisionOpensItsAlerts(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.subscribe([.expired, .vulnerability])
        let end = fixture.queue.now() + Self.day
        try decide(fixture, .organization) { $0.expires = end }
        fixture.pass(Self.day)
        let time = fixture.queue.now()
        let ended = try fixture.database.write {
            try Decisions.expire(organization: 1, limit: 10, at: time, on: $0)
        }
        #expect(ended == 1)
        _ = try StaleAlerts(database: fixture.database, now: fixture.queue.now).run(organization: 1) { true }
        let said = try fixture.said()
        #expect(
            said.count == 1 && said[0].hasPrefix("CVE-2023-0001 (") && said[0].contains(": no longer ignored in "),
            "\(said)")
    }

    @Test(arguments: TemporaryDatabase.engines) func aPolicyIsViolated(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.subscribe([.policy], to: try fixture.scope(.product, place: 2))
        try fixture.subscribe([.policy])
        let policy = NewPolicy(
            name: "No pads", isEnabled: true, filter: #"{"type":"RESOURCE_NAME"}"#, action: #"{"type":"REJECT"}"#,
            filterType: "RESOURCE_NAME", actionType: "REJECT", rule: .name(try NamePattern("left-pad*")), priority: nil)
        let time = fixture.queue.now()
        try fixture.database.write { connection in
            _ = try Policies.add(
                policy, Writing(in: InventoryFixture.everywhere, by: .account(0), at: time, on: connection))
            try StaleProject.mark("SELECT id FROM project", on: connection)
        }
        _ = try StaleAlerts(database: fixture.database, now: fixture.queue.now).run(organization: 1) { true }
        let said = try fixture.said()
        // The cart and the ledger have such a library; a subscriber to the ledger's product gets only that product's
        // event.
        let lines = said.map { $0.split(separator: " | ")[0] }
        #expect(
            Set(lines) == [
                "Policy No pads is violated in 2 projects", "Policy No pads is violated in =ledger|'!A0",
            ], "\(said)")
    }

    // MARK: Jobs

    private func job(_ kind: Job.Kind, by account: Int64, _ type: String, _ fixture: InventoryFixture) throws -> Job {
        let uuid = UUID().uuidString.lowercased()
        var job = NewJob(uuid: uuid, organization: 1, kind: kind, request: "{}", processType: type)
        job.account = account
        let (wanted, queue) = (job, fixture.queue)
        return try fixture.database.write { try queue.submit(wanted, claimedBy: "test", on: $0) }
    }

    @Test(arguments: TemporaryDatabase.engines) func ownJobsThatEndAreSaid(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let account = try fixture.subscribe([.report, .refused])
        let queue = fixture.queue
        try queue.fail(job(.report, by: account, "Inventory Report", fixture), owner: "test", why: "no font")
        try queue.fail(job(.intake, by: account, "SBOM Upload", fixture), owner: "test", why: "no JSON")
        try queue.fail(job(.report, by: account + 1, "Risk Report", fixture), owner: "test", why: "of somebody else")
        #expect(
            Set(try fixture.said()) == [
                "Report Inventory Report: failed: no font | Inventory Report: failed: no font",
                "Upload SBOM Upload: failed: no JSON | SBOM Upload: failed: no JSON",
            ])
    }

    // MARK: Ways

    @Test(arguments: TemporaryDatabase.engines) func aWebhookHearsOfThemSigned(engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        let server = try ScriptedServer([.answer(status: 503), .answer(status: 200)])
        let (key, time) = ([UInt8](repeating: 7, count: 32), fixture.queue.now())
        try fixture.database.write { connection in
            let account = try Accounts.createAccount(
                email: "hook@example.org", name: "", kind: "USER", keyDigest: key, at: 1, on: connection)
            try Accounts.assign(.administrator, to: account, organization: 1, on: connection)
            let writing = Writing(in: InventoryFixture.everywhere, by: .account(account), at: time, on: connection)
            let url = "http://127.0.0.1:\(server.port)/hook"
            let webhook = try #require(try Webhooks.add(url, secret: "whsec_\(key.base64)", writing))
            let subscription = Subscription(
                way: .webhook(webhook), kinds: [.update], severity: 0, isExploitedOnly: false, rhythm: .now)
            #expect(try Subscriptions.add(subscription, writing) != nil)
            try FeedState.fail("epss", at: time, why: "answered 503", on: connection)
        }
        let sender = NoticeSender(
            try fixture.reports(), log: Log(.error) { _, event, _ in Issue.record("logged: \(event)") },
            targets: try #require(WebhookTargets("http://127.0.0.1:\(server.port)/")), secrets: SecretBox(key: key),
            mail: nil)
        fixture.pass(60_000)
        // The receiver fails, and gets the message again under the same id 30 seconds later.
        try sender.run { true }
        fixture.pass(30_000)
        try sender.run { true }
        #expect(server.requests.count == 2)
        let ids = try server.requests.map { request in
            let parts = request.components(separatedBy: "\r\n\r\n")
            func field(_ name: String) throws -> String {
                let line = parts[0].components(separatedBy: "\r\n").first { $0.hasPrefix("\(name): ") }
                return String(try #require(line).dropFirst(name.count + 2))
            }
            let (id, stamp) = (try field("webhook-id"), try field("webhook-timestamp"))
            let signature = Digest.hmacSHA256(Array("\(id).\(stamp).\(parts[1])".utf8), key: key).base64
            #expect(try field("webhook-signature") == "v1,\(signature)")
            let body = try #require(try JSONSerialization.jsonObject(with: Data(parts[1].utf8)) as? [String: Any])
            let notices = (body["data"] as? [String: Any])?["notices"] as? [[String: Any]]
            #expect(body["type"] as? String == "notices" && notices?.first?["subject"] as? String == "epss")
            return id
        }
        #expect(Set(ids).count == 1)
    }
}
