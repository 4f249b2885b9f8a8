import Bytes
import Database
import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

extension EndToEnd {
    /// A real server makes a scheduled report and notifies a real listener.
    struct AutomationEndToEndTests {
        private final class Heard: Sendable {
            let requests = Mutex<[(fields: HTTPFields, body: [UInt8])]>([])
        }

        private func listener(_ heard: Heard) throws -> HTTPServer {
            try HTTPServer(
                HTTPConfiguration(listen: .init(host: "127.0.0.1", port: 0), spool: NSTemporaryDirectory()),
                policy: { _ in .memory(limit: 1 << 20) },
                handler: { request in
                    guard case .bytes(let body) = request.body else { return .now(.text(400, "no body")) }
                    heard.requests.withLock { $0.append((request.headers, body)) }
                    return .now(.text(200, "thanks"))
                })
        }

        @Test func aScheduledReportIsMadeAndTold() async throws {
            let heard = Heard()
            let listener = try listener(heard)
            let site = try Site()
            let organization = try site.organization("Acme")
            let project = try site.importBOM(Document.cycloneDX(libraries: 3), to: organization)
            let server = try RunningServer(site, ["--webhook-targets", "\(listener.url)/hooks/"])
            let webhook = try server.call(
                "waybillAddWebhook", ["orgToken": organization.token, "url": "\(listener.url)/hooks/a"],
                key: organization.key)
            let secret = try #require(webhook["secret"] as? String)
            let elsewhere = try server.call(
                "waybillAddWebhook", ["orgToken": organization.token, "url": "http://127.0.0.1:1/"],
                key: organization.key)
            #expect(elsewhere["errorCode"] as? Int == 2021)
            let schedule = try server.call(
                "waybillAddSchedule",
                [
                    "projectToken": project.projectToken, "cron": "0 0 1 1 *", "reportType": "ProjectInventoryReport",
                    "format": "json",
                ], key: organization.key)
            #expect(schedule["id"] is Int)
            // The year goes by.
            try site.change("UPDATE schedule SET run_at = 1")
            #expect(eventually { heard.requests.withLock { !$0.isEmpty } })
            let (fields, body) = try #require(heard.requests.withLock { $0.first })
            let message = try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
            let data = try #require(message["data"] as? [String: Any])
            #expect(data["status"] as? String == "SUCCESS")
            let (id, time) = (try #require(fields["webhook-id"]), try #require(fields["webhook-timestamp"]))
            let key = try #require(Data(base64Encoded: String(secret.dropFirst(6))))
            let digest = Digest.hmacSHA256(Array("\(id).\(time).".utf8) + body, key: [UInt8](key))
            #expect(fields["webhook-signature"] == "v1," + Data(digest).base64EncodedString())
            let zip = try server.answer(
                "downloadAsyncReport",
                ["orgToken": organization.token, "reportStatusUUID": try #require(data["uuid"] as? String)],
                key: organization.key)
            #expect(zip.status == 200 && zip.body.starts(with: [0x50, 0x4B]))
            // It does so once, and the log contains no secret.
            #expect(heard.requests.withLock { $0.count } == 1)
            let ending = try server.stop()
            #expect(ending.status == 0)
            #expect(!ending.errors.contains(secret))
            await listener.drain(grace: .seconds(1))
        }
    }
}
