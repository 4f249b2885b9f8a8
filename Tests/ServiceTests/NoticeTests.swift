import API
import Database
import Foundation
import Intake
import Jobs
import Outbound
import Synchronization
import TestSupport
import Testing

@testable import Service

/// Notices to subscriptions: causes, messages, and a mail server that fails and recovers.
@Suite struct NoticeTests {
    private func sender(_ fixture: InventoryFixture, _ server: MailListener) throws -> NoticeSender {
        let mail = try #require(MailServer(url: server.url, from: "waybill@example.org"))
        return NoticeSender(
            try fixture.reports(), log: Log(.error) { _, event, _ in Issue.record("logged: \(event)") },
            targets: WebhookTargets(), secrets: nil, mail: mail)
    }

    /// A list begins to name the fixture's two vulnerabilities with a CVE.
    private func listExploited(_ fixture: InventoryFixture, _ names: [String]) throws {
        let (time, entries) = (fixture.queue.now(), names.map { Exploitation.Entry(name: $0, since: nil) })
        try fixture.database.write { try Exploitation.replace("euvd", with: entries, at: time, on: $0) }
    }

    /// A record about left-pad that was modified on a day, with events of its range.
    private func importFlaw(_ day: String, _ events: String, _ fixture: InventoryFixture) throws {
        let folder = try TemporaryFolder()
        let record = """
            {"id":"CVE-2026-77777","modified":"\(day)T00:00:00Z","severity":[{"type":"CVSS_V3","score":\
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],"affected":[{"package":{"ecosystem":"npm","name":"left-pad"},\
            "ranges":[{"type":"SEMVER","events":[\(events)]}]}]}
            """
        let path = folder.path("new.jsonl")
        try record.write(toFile: path, atomically: true, encoding: .utf8)
        _ = try AdvisoryImport(RecordImport(into: fixture.database)).run([path])
        _ = try fixture.queue.matchAll()
    }

    private func states(_ fixture: InventoryFixture) throws -> [String] {
        try fixture.database.read { connection in
            try connection.all("SELECT state FROM notice_message ORDER BY id") { $0.string(0) }
        }
    }

    private func field(_ name: String, of message: String) -> String {
        let head = message.components(separatedBy: "\r\n\r\n")[0].replacingOccurrences(of: "\r\n ", with: "")
        return head.components(separatedBy: "\r\n").first { $0.hasPrefix("\(name): ") }
            .map { String($0.dropFirst(name.count + 2)) } ?? ""
    }

    /// The parts of a message, decoded.
    private func parts(of message: String) -> [String] {
        message.components(separatedBy: "Content-Transfer-Encoding: base64\r\n\r\n").dropFirst().map { part in
            let lines = part.components(separatedBy: "\r\n").prefix { !$0.hasPrefix("--") }
            return Data(base64Encoded: lines.joined()).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aFlawThatBecomesExploitedIsOneMail(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.subscribe([.exploited])
        let server = try MailListener([.take])
        let sender = try sender(fixture, server)
        try listExploited(fixture, ["CVE-2023-0001", "CVE-1999-9999"])
        try sender.run { true }
        #expect(server.messages.isEmpty, "a minute is waited for more of the same cause")
        fixture.pass(60_000)
        try sender.run { true }
        let mail = try #require(server.messages.first)
        #expect(server.messages.count == 1)
        #expect(server.commands.contains("MAIL FROM:<waybill@example.org>"))
        #expect(server.commands.contains("RCPT TO:<security@example.org>"))
        #expect(field("Subject", of: mail).hasPrefix("CVE-2023-0001"), "\(mail)")
        #expect(!field("References", of: mail).isEmpty && field("Auto-Submitted", of: mail) == "auto-generated")
        let (text, page) = try (#require(parts(of: mail).first), #require(parts(of: mail).last))
        #expect(text.contains("is exploited now") && text.contains("EPSS 0.00001") && text.contains("Webshop / Cart"))
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("<td>Cart</td>"))
        // It is reported once: another list with the same vulnerability is no news.
        try listExploited(fixture, ["CVE-2023-0001"])
        fixture.pass(60_000)
        try sender.run { true }
        #expect(server.messages.count == 1)
        #expect(try states(fixture) == ["DONE"])
    }

    @Test(arguments: TemporaryDatabase.engines) func manyProjectsAreOneMessage(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(FixtureDocuments.cart, product: "Webshop", project: "Cart 2")
        try fixture.subscribe([.vulnerability])
        try fixture.subscribe([.vulnerability], severity: 4)
        try importFlaw("2026-01-01", #"{"introduced":"0"}"#, fixture)
        fixture.pass(61_000)
        let server = try MailListener([.take])
        try sender(fixture, server).run { true }
        let mail = try #require(server.messages.first)
        // 7.5 is high, so a subscriber to critical vulnerabilities gets no message.
        #expect(try states(fixture) == ["DONE"])
        let text = try #require(parts(of: mail).first)
        #expect(text.contains("CVE-2026-77777 (high, CVSS 7.5): new in "), "\(text)")
        #expect(text.contains("/ Cart:") && text.contains("/ Cart 2:"), "\(text)")
    }

    @Test(arguments: TemporaryDatabase.engines) func aFixIsNews(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.subscribe([.fix])
        try importFlaw("2026-01-01", #"{"introduced":"0"}"#, fixture)
        let server = try MailListener([.take])
        let sender = try sender(fixture, server)
        fixture.pass(61_000)
        try sender.run { true }
        #expect(server.messages.isEmpty)
        try importFlaw("2026-01-02", #"{"introduced":"0"},{"fixed":"9.1.0"}"#, fixture)
        fixture.pass(61_000)
        try sender.run { true }
        let text = try #require(server.messages.first.flatMap { parts(of: $0).first })
        #expect(text.contains("CVE-2026-77777 (high, CVSS 7.5): a fix is available in "), "\(text)")
        #expect(text.contains(": 9.1.0"), "\(text)")
    }

    @Test(arguments: TemporaryDatabase.engines) func aDigestComesEvenWhenEmpty(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.subscribe([.vulnerability], rhythm: .daily)
        let server = try MailListener([.take, .take])
        let sender = try sender(fixture, server)
        try sender.run { true }
        #expect(server.messages.isEmpty)
        fixture.pass(86_400_000)
        try sender.run { true }
        try sender.run { true }
        #expect(server.messages.map { field("Subject", of: $0) } == ["Daily digest: nothing new"])
        fixture.pass(86_400_000)
        try sender.run { true }
        #expect(server.messages.count == 2)
    }

    /// A receiver that fails and recovers gets the same message; one that refuses permanently gets no further
    /// attempt.
    @Test(arguments: TemporaryDatabase.engines) func whatFailsIsTriedAgain(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.subscribe([.exploited])
        let server = try MailListener([.hangUp, .refuse("451 later"), .hangUpAfterwards, .take, .refuse("550 nobody")])
        let mail = try #require(MailServer(url: server.url, from: "waybill@example.org"))
        let events = Mutex<[String]>([])
        let sender = NoticeSender(
            try fixture.reports(), log: Log(.warning) { _, event, _ in events.withLock { $0.append(event) } },
            targets: WebhookTargets(), secrets: nil, mail: mail)
        try listExploited(fixture, ["CVE-2023-0001"])
        fixture.pass(60_000)
        for pause in [30_000, 60_000, 120_000, 0] as [Int64] {
            try sender.run { true }
            // Its time has not come again.
            try sender.run { true }
            fixture.pass(pause)
        }
        #expect(events.withLock { $0 } == ["notice failed", "notice failed", "notice failed"])
        #expect(try states(fixture) == ["DONE"])
        let ids = server.messages.map { field("Message-ID", of: $0) }
        #expect(ids.count == 2 && Set(ids).count == 1 && ids[0].hasSuffix("@example.org>"))
        try listExploited(fixture, [])
        try listExploited(fixture, ["CVE-2023-0001"])
        fixture.pass(60_000)
        try sender.run { true }
        #expect(try states(fixture) == ["DONE", "FAILED"])
        #expect(events.withLock { $0.last } == "notice given up")
    }

    /// An event whose transaction failed is not reported, and no node sends a message that another node holds.
    @Test(arguments: TemporaryDatabase.engines) func onceAndOnlyIfItHappened(engine: Engine) throws {
        struct Crash: Error {}
        let fixture = try InventoryFixture(engine)
        try fixture.subscribe([.exploited])
        #expect(throws: (any Error).self) {
            try fixture.database.write { connection in
                try Exploitation.replace(
                    "euvd", with: [.init(name: "CVE-2023-0001", since: nil)], at: fixture.queue.now(), on: connection)
                throw Crash()
            }
        }
        func items() throws -> Int64? {
            try fixture.database.read { try $0.integer("SELECT count(*) FROM notice_item") }
        }
        #expect(try items() == 0)
        try listExploited(fixture, ["CVE-2023-0001"])
        #expect(try items() ?? 0 > 0)
        fixture.pass(60_000)
        let time = fixture.queue.now()
        _ = try fixture.database.write {
            try NoticeComposer(queue: fixture.queue, connection: $0, time: time).makeNext()
        }
        #expect(try items() == 0)
        // A node takes the message and dies.
        let taken = try fixture.database.write { try NoticeMessages.take(at: time, on: $0) }
        #expect(taken?.attempt == 1)
        let server = try MailListener([.take])
        let other = try sender(fixture, server)
        try other.run { true }
        #expect(server.messages.isEmpty)
        fixture.pass(120_000)
        try other.run { true }
        #expect(server.messages.map { field("Message-ID", of: $0) } == ["<\(taken?.uuid ?? "")@example.org>"])
    }

    /// A user who may not see a product gets no message about it.
    @Test func onlyWhatTheOwnerMaySee() throws {
        let fixture = try InventoryFixture(.sqlite)
        try fixture.subscribe([.exploited])
        let bank = try fixture.ids(place: 2).product
        try fixture.database.write { connection in
            _ = try connection.run("UPDATE assignment SET product = \(bank)")
        }
        try listExploited(fixture, ["CVE-2023-0001"])
        fixture.pass(60_000)
        let time = fixture.queue.now()
        _ = try fixture.database.write {
            try NoticeComposer(queue: fixture.queue, connection: $0, time: time).makeNext()
        }
        let bodies = try fixture.database.read { connection in
            try connection.all("SELECT body FROM notice_message") { $0.string(0) }
        }
        #expect(!bodies.contains { $0.contains("Cart") }, "\(bodies)")
    }

    @Test func headsHoldWhatTheyMay() {
        #expect(MailMessage.date(1_767_323_045_000) == "Fri, 02 Jan 2026 03:04:05 +0000")
        #expect(MailMessage.encoded("plain") == "plain")
        let nasty = MailMessage.encoded("x\r\nBcc: all@example.org")
        #expect(!nasty.contains("Bcc"))
        let long = MailMessage.encoded(String(repeating: "漢字", count: 60))
        for word in long.components(separatedBy: "\r\n ") {
            #expect(word.utf8.count <= 75 && word.hasPrefix("=?UTF-8?B?") && word.hasSuffix("?="))
        }
        #expect(MailServer(url: "smtp://a", from: "x@y\r\nBcc: z").map(\.url) == nil)
        #expect(MailServer(url: "http://a", from: "x@y").map(\.url) == nil)
    }

    @Test func digestsComeAtSix() {
        let friday: Int64 = 1_767_323_045_000
        #expect(NoticeRhythm.daily.next(after: friday) == 1_767_333_600_000)
        #expect(NoticeRhythm.daily.next(after: 1_767_333_600_000) == 1_767_420_000_000)
        // Monday, 2026-01-05 06:00 UTC.
        #expect(NoticeRhythm.weekly.next(after: friday) == 1_767_592_800_000)
    }
}
