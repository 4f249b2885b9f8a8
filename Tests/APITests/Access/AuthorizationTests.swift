import Bytes
import Database
import Foundation
import HTTP
import Jobs
import Testing

@testable import API

/// The rights of roles. The walks use the table of calls itself, so each new call is covered as soon as it is in the
/// table.
struct AuthorizationTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    /// The tokens that a call accepts: the name of the field and the kind.
    private func tokens(of call: Call) -> [(name: String, kind: ScopeKind)] { call.token.fields }

    /// All calls; calls that remove what other calls need come last.
    private var calls: [Call] {
        let order = ["deleteProject", "deleteProduct"]
        return Call.table.filter { !order.contains($0.requestType) }
            + order.compactMap { name in Call.table.first { $0.requestType == name } }
    }

    /// The fields of a call besides key and token that pass the checks for missing fields.
    private func fields(of call: Call, process: String) -> [String: Any] {
        var fields: [String: Any] = ["uuid": process, "productName": "New", "projectName": "New"]
        for (_, kind) in tokens(of: call) where call.requestType.hasPrefix("generate") {
            fields["reportType"] = "\(kind.prefix)InventoryReport"
        }
        // Reports without JSON are recognized by their names.
        if Call.synchronousReports.contains(where: { $0.requestType == call.requestType }) {
            fields["format"] = call.requestType.contains("RiskReport") ? "pdf" : "json"
        }
        return fields
    }

    private func process() async throws -> String {
        try #require(
            try await fixture.envelope(
                "generateProductReportAsync",
                ["productToken": fixture.acme.token(.product), "reportType": "ProductInventoryReport"])["uuid"]
                as? String)
    }

    @Test func namesInTheTableAreDistinct() {
        #expect(Set(Call.table.map(\.requestType)).count == Call.table.count)
    }

    @Test func nobodyLearnsWhichTokensExist() async throws {
        let process = try await process()
        let nobody = UserKey(random: try Randomness.system.bytes(32)).text
        let unknown = String(repeating: "0", count: 64)
        for call in Call.table {
            for (field, kind) in tokens(of: call) {
                var texts: Set<String> = []
                for (key, token) in [
                    (fixture.acme.administrator, fixture.rival.token(kind)), (fixture.acme.administrator, unknown),
                    (nobody, fixture.acme.token(kind)), (nobody, unknown),
                ] {
                    let before = try (fixture.count("job"), fixture.count("product"), fixture.count("project"))
                    var fields = fields(of: call, process: process)
                    fields[field] = token
                    let answer = try await fixture.call(call.requestType, fields, key: key)
                    #expect(answer["errorCode"] as? Int == 5001, "\(call.requestType) \(kind)")
                    texts.insert(try #require(answer["errorMessage"] as? String))
                    let after = try (fixture.count("job"), fixture.count("product"), fixture.count("project"))
                    #expect(before == after)
                }
                #expect(texts.count == 1)
            }
        }
    }

    @Test func aTokenOfTheWrongKindFails() async throws {
        let process = try await process()
        for call in Call.table {
            for (field, kind) in tokens(of: call) {
                for wrong in ScopeKind.allCases where wrong != kind {
                    var fields = fields(of: call, process: process)
                    fields[field] = fixture.acme.token(wrong)
                    #expect(try await fixture.code(call.requestType, fields) == 5001, "\(call.requestType) \(wrong)")
                }
            }
        }
    }

    @Test func aCallNamesTheTokenThatItLacks() async throws {
        for call in Call.table where call.token != .global {
            let answer = try await fixture.call(call.requestType, fields(of: call, process: "x"))
            #expect(answer["errorCode"] as? Int == 3010)
            for (field, _) in tokens(of: call) {
                #expect((answer["errorMessage"] as? String)?.contains(field) == true)
            }
        }
        let answer = try await fixture.send(
            #"{"requestType":"getOrganizationDetails","orgToken":"\#(fixture.acme.token)","userKey":""}"#)
        #expect(answer["errorCode"] as? Int == 3010)
        #expect((answer["errorMessage"] as? String)?.contains("userKey") == true)
    }

    @Test func rolesOfTheOrganization() async throws {
        let process = try await process()
        for role in Role.allCases {
            let key = try fixture.user(role)
            for call in calls where !["cancelAsyncProcess", "waybillRetryProcess"].contains(call.requestType) {
                var fields = fields(of: call, process: process)
                fields["productName"] = "by \(role)"
                fields["projectName"] = "by \(role)"
                let (field, kind) = try #require(tokens(of: call).first)
                fields[field] = fixture.acme.token(kind)
                let code = try await self.code(call, fields, key: key)
                // An authorized request may still lack fields.
                #expect((code == 5001) == (role < call.need.role), "\(call.requestType) \(role) \(code ?? 0)")
            }
        }
    }

    /// Every call × every role × every scope of a key, and keys with all scopes but one: a call is admitted where both the
    /// role and the key suffice, and otherwise refused in one sentence.
    @Test func rolesAndScopesOfKeys() async throws {
        let process = try await process()
        let kinds = [KeyScopes.read, .submit, .upload, .administer]
        let choices = kinds + kinds.map { KeyScopes.all.subtracting($0) }
        for role in Role.allCases {
            let keys = try choices.map { try fixture.user(role, scopes: $0) }
            for call in calls where !["cancelAsyncProcess", "waybillRetryProcess"].contains(call.requestType) {
                for (scopes, key) in zip(choices, keys) {
                    var fields = fields(of: call, process: process)
                    fields["productName"] = "\(role) \(scopes.rawValue)"
                    fields["projectName"] = "\(role) \(scopes.rawValue)"
                    let (field, kind) = try #require(tokens(of: call).first)
                    fields[field] = fixture.acme.token(kind)
                    let isDeleting = call.requestType.hasPrefix("delete")
                    let isLet = role >= call.need.role && !scopes.isDisjoint(with: call.need.scopes)
                    // Calls that delete would end the walk, so only their refusals are tested.
                    guard !isLet || !isDeleting else { continue }
                    let code = try await self.code(call, fields, key: key)
                    #expect((code == 5001) == !isLet, "\(call.requestType) \(role) \(scopes.words) \(code ?? 0)")
                }
            }
        }
    }

    /// A key that only reads may change nothing.
    @Test func aReadingKeyChangesNothing() {
        for call in Call.table where call.need.role > .readOnly {
            #expect(!call.need.scopes.contains(.read), "\(call.requestType)")
        }
        let readers = Call.table.filter { $0.need.scopes == .read }
        #expect(readers.contains { $0.requestType == "downloadAsyncReport" })
        #expect(readers.allSatisfy { $0.need.role == .readOnly })
    }

    /// The code of an answer; nil for a successful one of any form.
    private func code(_ call: Call, _ fields: [String: Any], key: String) async throws -> Int? {
        let body = try fixture.body(call.requestType, fields, key: key)
        let bytes = Fixture.bytes(await fixture.post(Array(body.utf8)))
        guard bytes.starts(with: Array("{\"errorCode\"".utf8)) else { return nil }
        return try (JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])?["errorCode"] as? Int
    }

    @Test func aProductAdministratorStaysInTheProduct() async throws {
        let process = try await process()
        let key = try fixture.user(.administrator, product: 0)
        for call in calls where call.token != .any && !call.requestType.hasPrefix("delete") {
            let (field, kind) = try #require(tokens(of: call).first)
            for place in [0, 1] {
                var fields = fields(of: call, process: process)
                fields[field] = fixture.acme.token(kind, place)
                let code = try await self.code(call, fields, key: key)
                if kind == .organization {
                    // Reading shows the user's own product; nothing of the organization may be changed.
                    #expect((code == 5001) == (call.need.role > .readOnly), "\(call.requestType)")
                } else {
                    #expect((code == 5001) == (place != 0), "\(call.requestType) \(place)")
                }
            }
        }
        let products = try await fixture.call("getAllProducts", ["orgToken": fixture.acme.token], key: key)
        #expect((products["products"] as? [[String: Any]])?.map { $0["productName"] as? String } == ["Shop"])
        let projects = try await fixture.call(
            "getOrganizationProjectVitals", ["orgToken": fixture.acme.token], key: key)
        #expect((projects["projectVitals"] as? [[String: Any]])?.count == 2)
        #expect(
            (projects["projectVitals"] as? [[String: Any]])?.allSatisfy { $0["productName"] as? String == "Shop" }
                == true)
    }

    @Test func anOrganizationsReportShowsAMemberTheOwnProducts() async throws {
        let key = try fixture.user(.member, product: 1)
        _ = try await fixture.envelope(
            "generateOrganizationReportAsync",
            ["orgToken": fixture.acme.token, "reportType": "OrgInventoryReport"], key: key)
        let stored = try #require(
            try fixture.database.read { try $0.first("SELECT request FROM job") { $0.string(0) } })
        let request = try #require(
            try JSONSerialization.jsonObject(with: Data(stored.utf8)) as? [String: Any])
        #expect(request["visible"] as? [Int64] == [fixture.acme.products[1].id])
        #expect(!stored.contains(key))
    }

    @Test func theNarrowestTokenCounts() async throws {
        // One client also sends the organization's token, another the product's (mend-api.md §1).
        let vitals = try await fixture.call(
            "getProjectVitals", ["orgToken": fixture.acme.token, "projectToken": fixture.acme.token(.project)])
        #expect((vitals["projectVitals"] as? [[String: Any]])?.count == 1)
        let process = try await process()
        let code = try await fixture.code(
            "getAsyncProcessStatus",
            ["orgToken": fixture.acme.token, "productToken": fixture.rival.token(.product), "uuid": process])
        #expect(code == 5001)
    }

    @Test func keysAreStoredAsDigestsOnly() throws {
        let key = fixture.acme.administrator
        #expect(key.wholeMatch(of: /[0-9a-f]{64}/) != nil)
        #expect(fixture.acme.token.wholeMatch(of: /[0-9a-f]{64}/) != nil)
        let digests = try fixture.database.read { connection in
            try connection.all("SELECT digest FROM user_key ORDER BY id") { $0.blob(0) }
        }
        #expect(digests.first == Digest.of(key.utf8, .sha256))
        for name in try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path) {
            let bytes = try Data(contentsOf: fixture.folder.appendingPathComponent(name))
            #expect(bytes.range(of: Data(key.utf8)) == nil, "\(name) holds the key")
        }
    }
}
