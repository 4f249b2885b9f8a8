import Console
import Database
import Foundation
import HTTP
import Jobs
import Synchronization
import Testing

@testable import API

/// Keys in headers, repeated submissions, and recorded refusals.
struct DoorkeepingTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private func send(_ fields: [String: Any], _ headers: HTTPFields) async throws -> [String: Any] {
        let body = [UInt8](try JSONSerialization.data(withJSONObject: fields))
        return try Fixture.json(await fixture.post(body, headers: headers))
    }

    @Test func aBearerTokenIsTheKey() async throws {
        let fields = ["requestType": "getOrganizationDetails", "orgToken": fixture.acme.token]
        for value in ["Bearer \(fixture.acme.administrator)", "bearer   \(fixture.acme.administrator)"] {
            #expect(try await send(fields, ["Authorization": value])["orgName"] as? String == "Acme")
        }
        for value in ["Bearer \(fixture.rival.administrator)", "Bearer x"] {
            #expect(try await send(fields, ["Authorization": value])["errorCode"] as? Int == 5001)
        }
        for value in ["Bearer ", "Basic abc", fixture.acme.administrator] {
            #expect(try await send(fields, ["Authorization": value])["errorCode"] as? Int == 3010)
        }
        // If both have a key, the body's counts.
        let both = fields.merging(["userKey": fixture.rival.administrator]) { $1 }
        let bearer = HTTPFields(dictionaryLiteral: ("Authorization", "Bearer \(fixture.acme.administrator)"))
        #expect(try await send(both, bearer)["errorCode"] as? Int == 5001)
    }

    @Test func aSubmissionThatIsSentAgainIsOneJob() async throws {
        var fields: [String: Any] = [
            "requestType": "generateProductReportAsync", "productToken": fixture.acme.token(.product),
            "reportType": "ProductInventoryReport", "userKey": fixture.acme.administrator,
        ]
        func uuid(_ key: String) async throws -> String? {
            (try await send(fields, ["Idempotency-Key": key])["asyncProcessStatus"] as? [String: Any])?["uuid"]
                as? String
        }
        let first = try #require(try await uuid("build 7"))
        #expect(try await uuid("build 7") == first)
        #expect(try await uuid("\"build 7\"") == first)
        #expect(try await uuid("build 8") != first)
        #expect(try fixture.count("job") == 2)
        fields["format"] = "json"
        let other = try await send(fields, ["Idempotency-Key": "build 7"])
        #expect(other["errorCode"] as? Int == 2021)
        #expect(try fixture.count("job") == 2)
        let long = try await send(fields, ["Idempotency-Key": String(repeating: "k", count: 256)])
        #expect(long["errorCode"] as? Int == 2021)
        // Another user's key is another key.
        fields["format"] = nil
        fields["userKey"] = try fixture.user(.readOnly)
        #expect(try await uuid("build 7") != first)
        // An idempotency key is removed with its job.
        try await fixture.database.write { _ = try $0.run("DELETE FROM job WHERE uuid = \(first)") }
        try await fixture.database.write { try Idempotency.sweep(on: $0) }
        #expect(try fixture.count("idempotency") == 2)
        fields["userKey"] = fixture.acme.administrator
        #expect(try await uuid("build 7") != first)
    }

    @Test func whatARoleForbidsIsWrittenDown() async throws {
        let key = try fixture.user(.readOnly)
        let org = ["orgToken": fixture.acme.token]
        #expect(
            try await fixture.code("createProduct", ["orgToken": fixture.acme.token, "productName": "X"], key: key)
                == 5001)
        // A stranger's call is not recorded.
        #expect(try await fixture.code("createProduct", org, key: fixture.rival.administrator) == 5001)
        let denials = try await fixture.call("waybillGetDenials", org)["denials"] as? [[String: Any]]
        #expect(denials?.count == 1)
        #expect(denials?.first?["request"] as? String == "createProduct")
        #expect((denials?.first?["userEmail"] as? String)?.hasSuffix("@acme.example") == true)
        #expect(String(describing: denials).contains(key) == false)
        #expect(try await fixture.code("waybillGetDenials", org, key: key) == 5001)
    }

    @Test func aFloodIsHeldBack() {
        let limit = RateLimit(perMinute: 60)
        for _ in 0..<60 { #expect(limit.admit("a", at: 0) == nil) }
        #expect(limit.admit("a", at: 0) == 1)
        #expect(limit.admit("b", at: 0) == nil)
        #expect(limit.admit("a", at: 999) == 1)
        #expect(limit.admit("a", at: 2100) == nil)
        #expect(limit.admit("a", at: 2100) == nil)
        #expect(limit.admit("a", at: 2100) == 1)
        // A clock that is set back allows no additional requests.
        #expect(limit.admit("a", at: 0) == 1)
        let response = APIError.tooManyCalls(seconds: 7).response
        #expect(response.status == 429 && response.headers["Retry-After"] == "7")
    }

    @Test func anAddressThatTriesKeysIsHeldBack() {
        let keeper = Doorkeeper(callsPerMinute: 0, refusalsPerMinute: 3)
        keeper.welcome("good")
        for number in 0..<3 {
            #expect(keeper.admit("wrong \(number)", from: "192.0.2.1", at: 0) == nil)
            keeper.refuse("wrong \(number)", from: "192.0.2.1", at: 0)
        }
        #expect(keeper.admit("wrong", from: "192.0.2.1", at: 0) == 20)
        #expect(keeper.admit("good", from: "192.0.2.1", at: 0) == nil)
        #expect(keeper.admit("wrong", from: "192.0.2.2", at: 0) == nil)
        #expect(keeper.admit("wrong", from: "192.0.2.1", at: 20_001) == nil)
        // One machine has all of a /64.
        for host in 0..<3 { keeper.refuse("x", from: "2001:db8::\(host)", at: 0) }
        #expect(keeper.admit("wrong", from: "2001:db8::ffff", at: 0) == 20)
        #expect(Doorkeeper(callsPerMinute: 0, refusalsPerMinute: 0).admit("a", from: "b", at: 0) == nil)
    }

    /// Every door counts the calls of a key, and the keys that it refuses.
    @Test func allDoorsAskTheDoorkeeper() async throws {
        for (calls, refusals) in [(2, 0), (0, 2)] {
            let bench = try UploadWorkbench(doorkeeper: {
                Doorkeeper(callsPerMinute: calls, refusalsPerMinute: refusals)
            })
            let acme = bench.fixture.acme
            let key = refusals > 0 ? String(repeating: "0", count: 64) : acme.administrator
            for (number, door) in [
                "/api", "/api/ask", "/agent", "/api/v1/bom", "/api/v1/bom/token/x", "/console/enter",
            ].enumerated() {
                var statuses: [Int] = []
                for _ in 0..<3 {
                    statuses.append(await bench.knock(door, key, from: "192.0.2.\(number)"))
                    bench.fixture.world.time.withLock { $0 += calls > 0 ? 0 : 1 }
                }
                #expect(statuses.last == 429, "\(door) \(statuses)")
                #expect(!statuses.dropLast().contains(429), "\(door) \(statuses)")
                bench.fixture.world.time.withLock { $0 += 120_000 }
            }
        }
    }

    /// Pages of all sessions of a key are counted together, in addition to its calls.
    @Test func pagesOfASessionAreCounted() async throws {
        let bench = try UploadWorkbench(doorkeeper: { Doorkeeper(callsPerMinute: 2, refusalsPerMinute: 0) })
        func ask(_ method: String, _ path: String, _ headers: HTTPFields, _ body: String) async -> HTTPResponse {
            let request = HTTPRequest(
                method: method, path: path, headers: headers, body: .bytes(Array(body.utf8)), client: "192.0.2.1")
            switch bench.site.reply(to: request) {
            case .now(let response): return response
            case .later(let work): return await work()
            }
        }
        for _ in 0..<2 {
            let entered = await ask("POST", "/console/enter", [:], "userKey=\(bench.fixture.acme.administrator)")
            let cookie = String(try #require(entered.headers["Set-Cookie"]).prefix { $0 != ";" })
            var statuses: [Int] = []
            for _ in 0..<3 { statuses.append(await ask("GET", "/", ["Cookie": cookie], "").status) }
            #expect(statuses == [200, 200, 429])
            bench.fixture.world.time.withLock { $0 += 60_000 }
            #expect(await ask("GET", "/", ["Cookie": cookie], "").status == 200)
            bench.fixture.world.time.withLock { $0 += 60_000 }
        }
    }

    @Test func healthAndMetricsMayBeElsewhere() async throws {
        let bench = try UploadWorkbench()
        for path in ["/health/live", "/health/ready", "/metrics"] {
            let request = HTTPRequest(method: "GET", path: path)
            #expect(await bench.answer(request).status == 200)
            #expect(await bench.apart.answer(to: request).status == 404)
        }
    }
}

extension UploadWorkbench {
    /// The status of a request at a door with this key. The test inspects a body like the server.
    fileprivate func knock(_ path: String, _ key: String, from address: String) async -> Int {
        let acme = fixture.acme
        var request: HTTPRequest
        switch path {
        case "/api":
            let body = #"{"requestType":"getOrganizationDetails","orgToken":"\#(acme.token)","userKey":"\#(key)"}"#
            request = HTTPRequest(method: "POST", path: path, body: .bytes(Array(body.utf8)), client: address)
        case "/agent":
            let body = "type=UPDATE&token=\(acme.token)&userKey=\(key)&product=P&diff=[]"
            request = HTTPRequest(method: "POST", path: path, body: .bytes(Array(body.utf8)), client: address)
        case "/api/v1/bom":
            request = HTTPRequest(method: "PUT", path: path, headers: ["X-Api-Key": key], client: address)
            switch door.policy(for: request) {
            case .refuse(let response): return response.status
            case .later, .memory: return 0
            case .file: return 200
            }
        case "/console/enter":
            request = HTTPRequest(
                method: "POST", path: path, body: .bytes(Array("userKey=\(key)".utf8)), client: address)
            guard case .later(let work) = site.reply(to: request) else { return 0 }
            return await work().status
        default: request = HTTPRequest(method: "GET", path: path, headers: ["X-Api-Key": key], client: address)
        }
        return await answer(request).status
    }
}
