import API
import Bytes
import Database
import Foundation
import Jobs
import Outbound
import Reports
import Store
import Synchronization
import TestSupport
import Testing

@testable import Service

/// Scheduled reports in mail.
@Suite struct ScheduledMailTests {
    private static let name = "Webshop größe-Inventory.zip"

    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// A job of the account for a product, made by a schedule where `isScheduled` is true, and held by a worker.
    private func job(
        by account: Int64, inProduct product: Int64, isScheduled: Bool = true, _ fixture: InventoryFixture
    ) throws -> Job {
        let scope = Scope(kind: .product, organization: 1, product: product)
        var job = NewJob(
            uuid: UUID().uuidString.lowercased(), organization: 1, kind: .report,
            request: try ReportRequest(
                type: "ProductInventoryReport", scope: scope, format: "json", fields: [:]
            ).json(), processType: "PRODUCT_INVENTORY_REPORT")
        (job.account, job.product) = (account, product)
        let (wanted, queue) = (job, fixture.queue)
        return try fixture.database.write { connection in
            let submitted = try queue.submit(wanted, claimedBy: "test", on: connection)
            if isScheduled {
                let id = try #require(
                    try Schedules.add(
                        cron: "@daily", request: "{}", due: 1,
                        Writing(in: scope, by: .account(account), at: 1, on: connection)))
                try connection.run("UPDATE schedule SET job = \(wanted.uuid) WHERE id = \(id)")
            }
            return submitted
        }
    }

    /// Ends a job with an artifact of these bytes.
    private func succeed(_ job: Job, _ bytes: [UInt8], _ fixture: InventoryFixture) throws {
        let artifact = Artifact(
            uuid: "\(job.uuid)-1", organization: 1, cacheKey: job.uuid, fileName: Self.name, size: Int64(bytes.count),
            sha1: Digest.of(bytes, .sha1).hexadecimal, sha256: Digest.of(bytes, .sha256).hexadecimal, parts: 1, rows: 1,
            notes: [])
        let upload = try FileStore(root: folder.path("artifacts")).create(artifact.uuid)
        try bytes.withUnsafeBytes { try upload.write($0) }
        try upload.publish()
        try fixture.queue.succeed(job, owner: "test", artifact: artifact)
    }

    private func send(
        _ fixture: InventoryFixture, to server: MailListener, publicURL: String? = "https://waybill.example.org"
    ) throws {
        fixture.pass(60_000)
        let mail = try #require(MailServer(url: server.url, from: "waybill@example.org"))
        let sender = NoticeSender(
            try fixture.reports(in: folder, publicURL: publicURL),
            log: Log(.error) { _, event, _ in Issue.record("logged: \(event)") }, targets: WebhookTargets(),
            secrets: nil,
            mail: mail)
        try sender.run { true }
    }

    /// The text of a message, with its attached file.
    private func parts(of message: String) -> (text: String, file: [UInt8]?) {
        let parts = message.components(separatedBy: "\r\n--waybill-").map { part -> (head: String, body: Data) in
            let pieces = part.components(separatedBy: "\r\n\r\n")
            return (pieces[0], Data(base64Encoded: pieces.last ?? "", options: .ignoreUnknownCharacters) ?? Data())
        }
        let text = parts.first { $0.head.contains("text/plain") }.map { String(decoding: $0.body, as: UTF8.self) }
        return (text ?? "", parts.first { $0.head.contains("application/zip") }.map { Array($0.body) })
    }

    @Test(arguments: TemporaryDatabase.engines) func aScheduledReportIsAttached(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let product = try fixture.ids(place: 0).product
        // A subscriber to both kinds gets one message.
        let account = try fixture.subscribe([.scheduled, .report], to: try fixture.scope(.product, place: 0))
        try fixture.subscribe([.scheduled], to: try fixture.scope(.product, place: 2))
        let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try succeed(job(by: account, inProduct: product, fixture), content, fixture)
        let server = try MailListener([.take])
        try send(fixture, to: server)
        let mail = try #require(server.messages.first)
        #expect(server.messages.count == 1)
        #expect(mail.contains("Content-Type: multipart/mixed; boundary="))
        #expect(
            mail.contains(
                "filename=\"Webshop gr__e-Inventory.zip\"; filename*=UTF-8''Webshop%20gr%C3%B6%C3%9Fe-Inventory.zip"))
        let (text, file) = parts(of: mail)
        #expect(file == content)
        #expect(
            text.contains("* Scheduled report PRODUCT_INVENTORY_REPORT: ready\n  Attached: \(Self.name)"), "\(text)")
        #expect(!mail.components(separatedBy: "\r\n").contains { $0.utf8.count > 998 })
    }

    @Test func whatIsTooLongForTheMailOrTheServerIsALink() throws {
        let fixture = try InventoryFixture(.sqlite)
        let product = try fixture.ids(place: 0).product
        let account = try fixture.subscribe([.scheduled])
        let long = try job(by: account, inProduct: product, fixture)
        try succeed(long, [UInt8](repeating: 1, count: Int(ScheduledReports.limit) + 1), fixture)
        let server = try MailListener([.take, .refuse("552 too long"), .take, .take])
        try send(fixture, to: server)
        let link = "https://waybill.example.org/console/organization/token%201/download/"
        let first = parts(of: try #require(server.messages.first))
        #expect(first.file == nil)
        #expect(
            first.text.contains("5 MiB, more than is attached. Fetch it by the link.\n  \(link)\(long.uuid)\n"),
            "\(first.text)")
        // A server that refuses such a message accepts it without the report.
        let refused = try job(by: account, inProduct: product, fixture)
        try succeed(refused, [1, 2, 3], fixture)
        try send(fixture, to: server)
        let second = parts(of: try #require(server.messages.last))
        #expect(server.messages.count == 2 && second.file == nil && second.text.contains("\(link)\(refused.uuid)"))
        // The address of this server was not configured.
        let other = try job(by: account, inProduct: product, fixture)
        try succeed(other, [UInt8](repeating: 1, count: Int(ScheduledReports.limit) + 1), fixture)
        try send(fixture, to: server, publicURL: nil)
        let third = parts(of: try #require(server.messages.last))
        #expect(third.text.contains("downloadAsyncReport by the uuid \(other.uuid)"), "\(third.text)")
    }

    @Test(arguments: TemporaryDatabase.engines) func whatCannotBeAttachedIsSaid(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let product = try fixture.ids(place: 0).product
        let account = try fixture.subscribe([.scheduled])
        try fixture.queue.fail(job(by: account, inProduct: product, fixture), owner: "test", why: "no font")
        // No schedule made this one.
        try succeed(job(by: account, inProduct: product, isScheduled: false, fixture), [1], fixture)
        let server = try MailListener([.take])
        try send(fixture, to: server)
        #expect(server.messages.count == 1)
        let text = parts(of: try #require(server.messages.first)).text
        #expect(text.contains("Scheduled report PRODUCT_INVENTORY_REPORT: failed: no font"), "\(text)")
    }

    /// A user who may no longer see the product when the message is made gets no report.
    @Test func onlyWhoMaySeeItGetsIt() throws {
        let fixture = try InventoryFixture(.sqlite)
        let (shop, bank) = (try fixture.ids(place: 0).product, try fixture.ids(place: 2).product)
        let account = try fixture.subscribe([.scheduled])
        try succeed(job(by: account, inProduct: shop, fixture), [1], fixture)
        try fixture.database.write { connection in
            _ = try connection.run("UPDATE assignment SET product = \(bank)")
        }
        #expect(try fixture.said() == [])
    }

    /// A message that the mail server does not accept yet is already made; a user who loses the right in the meantime gets
    /// nothing.
    @Test(arguments: TemporaryDatabase.engines) func rightsAreAskedForAgainAtEachAttempt(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let (shop, bank) = (try fixture.ids(place: 0).product, try fixture.ids(place: 2).product)
        let account = try fixture.subscribe([.scheduled])
        try succeed(job(by: account, inProduct: shop, fixture), [1], fixture)
        let server = try MailListener([.refuse("451 later"), .take, .take])
        try send(fixture, to: server)
        try fixture.database.write { connection in
            _ = try connection.run("UPDATE assignment SET product = \(bank) WHERE account = \(account)")
        }
        try send(fixture, to: server)
        #expect(server.messages == [])
        #expect(try errors(fixture) == ["its owner may not see the report any more"])
        // The same for a user who left the organization.
        try fixture.database.write { connection in
            _ = try connection.run("UPDATE notice_message SET state = 'PENDING', run_at = 1")
            _ = try connection.run("DELETE FROM assignment WHERE account = \(account)")
        }
        try send(fixture, to: server)
        #expect(server.messages == [])
        #expect(try errors(fixture) == ["its owner is no member of the organization any more"])
    }

    /// The reason why messages were given up.
    private func errors(_ fixture: InventoryFixture) throws -> [String] {
        try fixture.database.read { connection in
            try connection.all("SELECT error FROM notice_message WHERE state = 'FAILED' ORDER BY id") { $0.string(0) }
        }
    }
}
