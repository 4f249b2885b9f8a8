import Database
import Foundation
import HTTP
import Jobs
import Testing

@testable import API

/// Keys in headers, submissions that are sent again, and refusals that are written down.
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
        // The body's key counts where there are both.
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
        // A key ends with its job.
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
        // A stranger's call is not.
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
        // A clock that goes back gives nothing away.
        #expect(limit.admit("a", at: 0) == 1)
        let response = APIError.tooManyCalls(seconds: 7).response
        #expect(response.status == 429 && response.headers["Retry-After"] == "7")
    }
}
