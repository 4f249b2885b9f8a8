import Bytes
import Database
import Foundation
import HTTP
import Intake
import Jobs
import OpenID
import Reports
import Synchronization
import TestSupport
import Testing

@testable import API

/// A door over an inventory that was imported, on either engine, with an administrator in each of its two organizations.
final class ManagedWorld: Sendable {
    let inventory: InventoryFixture
    let door: Door
    let backend: Backend
    let keys: [UserKey]
    private let folder: TemporaryFolder

    init(_ engine: Engine) throws {
        let inventory = try InventoryFixture(engine)
        self.inventory = inventory
        folder = try TemporaryFolder()
        keys = try (0..<2).map { _ in UserKey(random: try Randomness.system.bytes(32)) }
        var backend = Backend(
            database: inventory.database, queue: inventory.queue, bell: Bell(), openArtifact: { _ in nil },
            scratch: folder.path(""),
            settleAlerts: { organization in
                _ = try? StaleAlerts(database: inventory.database, now: inventory.queue.now).run(
                    organization: organization
                ) { true }
            },
            log: { Issue.record("\($0.request): \($0.cause)") })
        backend.webhookTargets = try #require(WebhookTargets("https://hooks.example/waybill"))
        backend.secrets = SecretBox(key: [UInt8](repeating: 7, count: Sealing.keySize))
        let first = try inventory.database.read { connection in
            try connection.first("SELECT token FROM organization WHERE id = 1") { $0.string(0) }
        }
        let issuer = Issuer(
            id: "acme", name: "Acme", url: "https://login.example", client: "waybill",
            organizations: [try #require(first)])
        backend.issuers = IssuerDirectory(
            SignInSettings(address: "https://waybill.example", issuers: [issuer]), now: inventory.queue.now)
        self.backend = backend
        door = Door(backend)
        let digests = keys.map(\.digest)
        try inventory.database.write { connection in
            for (place, digest) in digests.enumerated() {
                // Tokens are identified only by their value.
                let account = try Accounts.createAccount(
                    email: "admin\(place + 1)@example.org", name: "Admin", kind: "USER", keyDigest: digest, at: 1,
                    on: connection)
                try Accounts.assign(.administrator, to: account, organization: Int64(place + 1), on: connection)
            }
        }
    }

    func token(_ kind: ScopeKind, place: Int = 0, organization: Int64 = 1) throws -> String {
        let ids = try inventory.ids(organization: organization, place: place)
        return try #require(
            try inventory.database.read { connection in
                switch kind {
                case .organization:
                    try connection.first("SELECT token FROM organization WHERE id = \(organization)") { $0.string(0) }
                case .product:
                    try connection.first("SELECT token FROM product WHERE id = \(ids.product)") { $0.string(0) }
                case .project:
                    try connection.first("SELECT token FROM project WHERE id = \(ids.project)") { $0.string(0) }
                }
            })
    }

    func raw(
        _ requestType: String, _ fields: [String: Any], as organization: Int = 1, key: String? = nil
    ) async throws -> [UInt8] {
        var object = fields
        object["requestType"] = requestType
        object["userKey"] = key ?? keys[organization - 1].text
        let body = [UInt8](try JSONSerialization.data(withJSONObject: object))
        let request = HTTPRequest(method: "POST", path: "/api/v1.4", headers: [:], body: .bytes(body))
        switch door.reply(to: request) {
        case .now(let response): return Fixture.bytes(response)
        case .later(let work): return Fixture.bytes(await work())
        }
    }

    func call(
        _ requestType: String, _ fields: [String: Any], as organization: Int = 1, key: String? = nil
    ) async throws -> [String: Any] {
        let bytes = try await raw(requestType, fields, as: organization, key: key)
        return try #require(
            try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any],
            "\(requestType): \(String(decoding: bytes.prefix(300), as: UTF8.self))")
    }

    func list(
        _ requestType: String, _ key: String, _ fields: [String: Any], as organization: Int = 1
    ) async throws -> [[String: Any]] {
        let answer = try await call(requestType, fields, as: organization)
        return try #require(answer[key] as? [[String: Any]], "\(requestType): \(answer)")
    }

    /// The last lines of the change log, the newest last: class, aspect, before, after.
    func changes(_ count: Int) throws -> [[String]] {
        try inventory.database.read { connection in
            try connection.all("SELECT class, aspect, before, after FROM change ORDER BY id DESC LIMIT \(count)") {
                row in
                (0..<4).map { row.string($0) }
            }
        }.reversed()
    }
}

extension ManagedWorld {
    /// The only file of a report, from the ZIP.
    func file(of request: ReportRequest) throws -> [UInt8] {
        let parts = KeptParts()
        _ = try inventory.database.snapshot { connection in
            try Production(request).run(on: connection) { _ in parts }
        }
        return parts.bytes.withLock { $0 }
    }

    /// The rows of a report as JSON.
    func rows(
        _ type: String, _ key: String, _ kind: ScopeKind = .organization, version: APIVersion = .newest
    ) throws -> [[String: Any]] {
        let request = try ReportRequest(
            type: type, scope: inventory.scope(kind), format: "json", fields: [:], version: version)
        let object = try JSONSerialization.jsonObject(with: Data(try file(of: request))) as? [String: Any]
        return try #require(object?[key] as? [[String: Any]], "\(type) has no list \(key)")
    }
}

/// Joins the bytes of the parts of a report.
private final class KeptParts: PartReceiver, Sendable {
    let bytes = Mutex<[UInt8]>([])

    func begin(_ name: String) throws(SinkError) -> ByteSink.Destination {
        { bytes throws(SinkError) in self.bytes.withLock { $0 += Array(bytes) } }
    }

    func end() throws(SinkError) {}
    func finish() throws(SinkError) {}
}
