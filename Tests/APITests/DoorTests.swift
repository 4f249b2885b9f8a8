import Database
import Foundation
import HTTP
import Jobs
import Synchronization
import Testing

@testable import API

/// Paths, methods, faults.
struct DoorTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private func status(_ method: String, _ path: String) async -> Int {
        await fixture.response(to: HTTPRequest(method: method, path: path)).status
    }

    @Test func pathsAndMethods() async throws {
        for path in ["/api/vx", "/api/v", "/api//v1.4", "/API/v1.4", "/api/v1.4/x", "/health"] {
            #expect(await status("POST", path) == 404, "\(path)")
        }
        for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
            let response = await fixture.response(to: HTTPRequest(method: method, path: "/api/v1.4"))
            #expect(response.status == 405)
            #expect(response.headers["Allow"] == "POST")
        }
        #expect(await status("POST", "/health/live") == 405)
        let lost = await fixture.response(to: HTTPRequest(method: "POST", path: "/"))
        #expect(lost.status == 404)
        #expect(String(decoding: Fixture.bytes(lost), as: UTF8.self).contains("POST /api/v1.4"))
        #expect(await status("GET", "/health/live") == 200)
        #expect(await status("GET", "/health/ready") == 200)
        fixture.world.unreadiness.withLock { $0 = "the store is away" }
        let ready = await fixture.response(to: HTTPRequest(method: "GET", path: "/health/ready"))
        #expect(ready.status == 503)
        #expect(String(decoding: Fixture.bytes(ready), as: UTF8.self).contains("the store is away"))
        let metrics = await fixture.response(to: HTTPRequest(method: "GET", path: "/metrics"))
        #expect(String(decoding: Fixture.bytes(metrics), as: UTF8.self) == "waybill_jobs 0\n")
    }

    @Test func bodiesAreKeptForCallsOnly() throws {
        guard
            case .memory(1 << 20, .stranger) = fixture.door.policy(for: HTTPRequest(method: "POST", path: "/api/v1.3"))
        else {
            Issue.record("a call's body is not kept")
            return
        }
        for (method, path, status) in [
            ("POST", "/nowhere", 404), ("PUT", "/api", 405), ("GET", "/health/live", 400),
        ] {
            guard case .refuse(let response) = fixture.door.policy(for: HTTPRequest(method: method, path: path)) else {
                Issue.record("a body is read for \(method) \(path)")
                return
            }
            #expect(response.status == status)
        }
    }

    @Test func aLargeBodyIsReadAllTheSame() async throws {
        let answer = try await fixture.call(
            "getOrganizationDetails",
            ["orgToken": fixture.acme.token, "comment": String(repeating: "x", count: 100_000)])
        #expect(answer["orgName"] as? String == "Acme")
    }

    @Test func aFaultIsAnIdForTheClientAndALineForTheLog() async throws {
        try await fixture.database.write { connection in try connection.script("DROP TABLE artifact; DROP TABLE job") }
        let uuid = UUID().uuidString.lowercased()
        let answers = [
            try await fixture.call("getAsyncProcessStatus", ["orgToken": fixture.acme.token, "uuid": uuid]),
            try await fixture.call(
                "generateOrganizationReportAsync",
                ["orgToken": fixture.acme.token, "reportType": "OrgInventoryReport"]),
        ]
        let incidents = fixture.world.incidents.withLock { $0 }
        #expect(incidents.count == 2)
        for (answer, incident) in zip(answers, incidents) {
            #expect(answer["errorCode"] as? Int == 4000)
            let message = try #require(answer["errorMessage"] as? String)
            #expect(message.contains(incident.id))
            #expect(!message.contains("job"))
            #expect(!message.contains("SELECT"))
            #expect(incident.cause.contains("job"))
            #expect(!incident.cause.contains(fixture.acme.administrator))
            #expect(!incident.cause.contains(fixture.acme.token))
        }
        #expect(incidents.map(\.request) == ["getAsyncProcessStatus", "generateOrganizationReportAsync"])
    }

    @Test func aFullQueueIsSaidClearly() async throws {
        var settings = Queue.Settings()
        settings.depth = 1
        let queue = Queue(database: fixture.database, settings: settings) { Fixture.start }
        let door = Door(
            Backend(
                database: fixture.database, queue: queue, bell: Bell(), openArtifact: { _ in nil }, scratch: "",
                log: { _ in }))
        let body = try fixture.body(
            "generateOrganizationReportAsync",
            ["orgToken": fixture.acme.token, "reportType": "OrgInventoryReport"])
        for expected in [nil, 3000] {
            let request = HTTPRequest(method: "POST", path: "/api", body: .bytes(Array(body.utf8)))
            guard case .later(let work) = door.reply(to: request) else {
                Issue.record("a submission was answered before it was durable")
                return
            }
            #expect(try Fixture.json(await work())["errorCode"] as? Int == expected)
        }
    }

    @Test func aPollIsAnsweredAtOnce() async throws {
        let envelope = try await fixture.envelope(
            "generateOrganizationReportAsync",
            ["orgToken": fixture.acme.token, "reportType": "OrgInventoryReport"])
        let uuid = try #require(envelope["uuid"] as? String)
        let body = try fixture.body("getAsyncProcessStatus", ["orgToken": fixture.acme.token, "uuid": uuid])
        let request = HTTPRequest(method: "POST", path: "/api/v1.4", body: .bytes(Array(body.utf8)))
        guard case .now = fixture.door.reply(to: request) else {
            Issue.record("a poll took a task")
            return
        }
    }

    @Test func randomBytesThatAreMissingMakeNoWeakToken() async throws {
        let door = Door(
            Backend(
                database: fixture.database, queue: fixture.queue, bell: Bell(), random: Randomness { _ in nil },
                openArtifact: { _ in nil }, scratch: "", log: { _ in }))
        let body = try fixture.body("createProduct", ["orgToken": fixture.acme.token, "productName": "New"])
        let request = HTTPRequest(method: "POST", path: "/api", body: .bytes(Array(body.utf8)))
        guard case .now(let response) = door.reply(to: request) else {
            Issue.record("something was written")
            return
        }
        #expect(try Fixture.json(response)["errorCode"] as? Int == 4000)
    }
}
