import Bytes
import Database
import Foundation
import HTTP
import TestSupport
import Testing

@testable import API
@testable import Service

/// Secrets of webhooks: encrypted in the database, with the key in a separate file, on both engines.
struct SecretTests {
    private func stored(_ world: ManagedWorld) throws -> [String] {
        try world.inventory.database.read { try Webhooks.secrets(on: $0) }.map(\.secret)
    }

    @Test(arguments: TemporaryDatabase.engines) func secretsAreEncrypted(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = ["orgToken": try world.token(.organization)]
        var secrets: [String] = []
        for name in ["a", "b"] {
            let made = try await world.call(
                "waybillAddWebhook", org.merging(["url": "https://hooks.example/waybill/\(name)"]) { $1 })
            secrets.append(try #require(made["secret"] as? String))
        }
        let texts = try stored(world)
        #expect(texts.allSatisfy { $0.hasPrefix("aes-256-gcm:") })
        #expect(texts[0] != texts[1] && secrets.allSatisfy { secret in !texts.joined().contains(secret) })
        let box = try #require(world.backend.secrets)
        let places = ["a", "b"].map { SecretBox.place(organization: 1, url: "https://hooks.example/waybill/\($0)") }
        #expect(try box.open(texts[0], at: places[0]) == secrets[0])
        // The secret of one webhook does not fit another one, and another key decrypts none.
        #expect(throws: SecretBox.Fault.damaged) { try box.open(texts[0], at: places[1]) }
        let other = try #require(SecretBox(key: [UInt8](repeating: 8, count: 32)))
        #expect(throws: SecretBox.Fault.otherKey) { try other.open(texts[0], at: places[0]) }
        #expect(try other.unreadable(in: world.inventory.database).count == 2)
        #expect(try box.unreadable(in: world.inventory.database).count == 0)
    }

    @Test(arguments: TemporaryDatabase.engines) func secretsOfBeforeAreEncryptedAtTheStart(engine: Engine) throws {
        let world = try ManagedWorld(engine)
        try world.inventory.database.write { connection in
            let scope = Scope(kind: .organization, organization: 1)
            _ = try Webhooks.add(
                "https://hooks.example/old", secret: "whsec_b2xk",
                Writing(in: scope, by: .account(1), at: 1, on: connection))
        }
        let box = try #require(world.backend.secrets)
        for _ in 0..<2 {
            try box.sealOldSecrets(in: world.inventory.database, .system)
            let text = try #require(try stored(world).first)
            #expect(!text.contains("b2xk"))
            let place = SecretBox.place(organization: 1, url: "https://hooks.example/old")
            #expect(try box.open(text, at: place) == "whsec_b2xk")
        }
    }

    @Test func withoutAKeyThereIsNoWebhook() async throws {
        let world = try ManagedWorld(.sqlite)
        var backend = world.backend
        backend.secrets = nil
        let body = """
            {"requestType":"waybillAddWebhook","userKey":"\(world.keys[0].text)","orgToken":"\(try world.token(.organization))",
            "url":"https://hooks.example/waybill/a"}
            """
        let reply = Door(backend).reply(
            to: .init(method: "POST", path: "/api/v1.4", headers: [:], body: .bytes(Array(body.utf8))))
        guard case .now(let response) = reply else {
            Issue.record("no answer at once")
            return
        }
        #expect(String(decoding: Fixture.bytes(response), as: UTF8.self).contains("no key to keep the secret with"))
    }

    @Test func theKeyIsMadeOnceAndForItsOwnerOnly() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("secret.key")
        let key = SecretKey(path: path)
        #expect(try key.read() == nil)
        let sealed = try key.readOrMake(.system).seal("whsec_x", at: "here", .system)
        #expect(try key.readOrMake(.system).open(sealed, at: "here") == "whsec_x")
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("")) == ["secret.key"])
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(throws: Failure.self) { try key.read() }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        try Data("no key".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: Failure.self) { try key.readOrMake(.system) }
    }
}
