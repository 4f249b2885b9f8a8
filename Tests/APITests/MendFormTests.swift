import Database
import Foundation
import HTTP
import Reports
import TestSupport
import Testing

@testable import API

/// The form that public readers of Mend's answers require: versions, error numbers, spellings, fields.
struct MendFormTests {
    private func answer(
        _ world: ManagedWorld, _ path: String, _ requestType: String, _ fields: [String: Any]
    ) async throws -> (status: Int, body: [String: Any]) {
        var object = fields
        object["requestType"] = requestType
        object["userKey"] = world.keys[0].text
        let body = HTTPRequest.Body.bytes([UInt8](try JSONSerialization.data(withJSONObject: object)))
        let request = HTTPRequest(method: "POST", path: path, headers: [:], body: body)
        let response =
            switch world.door.reply(to: request) {
            case .now(let response): response
            case .later(let work): await work()
            }
        let json = try? JSONSerialization.jsonObject(with: Data(Fixture.bytes(response)))
        return (response.status, json as? [String: Any] ?? [:])
    }

    @Test func versions() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = try world.token(.organization)
        for path in [
            "/api", "/api/", "/api/v1.0", "/api/v1.1", "/api/v1.2", "/api/v1.3", "/api/1.3", "/api/v1.4", "/api/v1.4/",
        ] {
            let said = try await answer(world, path, "getOrganizationDetails", ["orgToken": org])
            #expect(said.status == 200 && said.body["orgToken"] as? String == org, "\(path)")
        }
        for path in ["/api/v1.5", "/api/v2.0", "/api/v1", "/api/v0.9", "/api/v1.40", "/api/vv1.4", "/api/v1.4/x"] {
            #expect(try await answer(world, path, "getOrganizationDetails", ["orgToken": org]).status == 404, "\(path)")
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func criticalIsOf14(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let project = try world.token(.project)
        try await world.inventory.database.write { connection in
            _ = try connection.run(
                "UPDATE vulnerability SET severity = 'critical', severity3 = 'CRITICAL' WHERE severity <> ''")
        }
        for (path, word) in [
            ("/api", "critical"), ("/api/v1.4", "critical"), ("/api/v1.3", "high"), ("/api/v1.0", "high"),
        ] {
            let said = try await answer(
                world, path, "getProjectAlertsByType",
                ["projectToken": project, "alertType": "SECURITY_VULNERABILITY"])
            let alerts = try #require(said.body["alerts"] as? [[String: Any]])
            let words = alerts.compactMap { ($0["vulnerability"] as? [String: Any])?["severity"] as? String }
            #expect(!words.isEmpty && Set(words) == [word], "\(path)")
            let threes = alerts.compactMap { ($0["vulnerability"] as? [String: Any])?["cvss3_severity"] as? String }
            #expect(!threes.isEmpty && Set(threes) == [word], "\(path)")
        }
    }

    /// A client repeats 3000 for half a minute, so it means that the fault may be temporary.
    @Test func numbersOfErrors() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = try world.token(.organization)
        let cases: [(call: String, fields: [String: Any], code: Int)] = [
            ("generateOrganizationReportAsync", ["orgToken": org, "reportType": "NoSuchReport"], 2021),
            (
                "generateOrganizationReportAsync",
                ["orgToken": org, "reportType": "OrgInventoryReport", "format": "doc"], 2021
            ),
            ("generateOrganizationReportAsync", ["orgToken": org], 3010),
            ("getAsyncProcessStatus", ["orgToken": org, "uuid": "no such"], 2021),
            ("getOrganizationAlertsByType", ["orgToken": org, "alertType": "NO_SUCH"], 2021),
            ("getOrganizationDetails", ["orgToken": String(repeating: "0", count: 64)], 5001),
            ("noSuchRequest", ["orgToken": org], 3000),
        ]
        for (call, fields, code) in cases {
            let said = try await answer(world, "/api/v1.4", call, fields).body
            #expect(said["errorCode"] as? Int == code, "\(call): \(said)")
        }
        let refused = try await answer(world, "/api", "getOrganizationDetails", ["orgToken": "x"]).body
        #expect(refused["errorMessage"] as? String == "User is not allowed to perform this action")
    }

    @Test(arguments: TemporaryDatabase.engines) func unknownFiltersAreNoted(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        func submit(_ filter: [String: Any]) async throws -> [String: Any] {
            let said = try await world.call(
                "generateOrganizationReportAsync",
                ["orgToken": org, "reportType": "OrganizationInventoryReport", "format": "json", "filter": filter])
            return try #require(said["asyncProcessStatus"] as? [String: Any], "\(said)")
        }
        let known = try await submit(["library": "left-pad"])
        #expect(known["notes"] == nil)
        let odd = try await submit(["noSuchKey": 1])
        let status = try await world.call(
            "getAsyncProcessStatus", ["orgToken": org, "uuid": try #require(odd["uuid"] as? String)])
        for envelope in [odd, status["asyncProcessStatus"] as? [String: Any] ?? [:]] {
            let notes = try #require(envelope["notes"] as? [String])
            #expect(notes.count == 1 && notes[0].contains("noSuchKey") && notes[0].contains("includeInHouseData"))
        }
    }

    /// The risk report is a PDF for every requested format, and the answer says so; an unknown format is refused.
    @Test func formatsOfTheRiskReport() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = try world.token(.organization)
        func submit(_ format: String?) async throws -> [String: Any] {
            var fields: [String: Any] = ["orgToken": org, "reportType": "RiskReport"]
            fields["format"] = format
            return try await world.call("generateOrganizationReportAsync", fields)
        }
        for format in [nil, "pdf", "PDF"] {
            let said = try await submit(format)["asyncProcessStatus"] as? [String: Any]
            #expect(said != nil && said?["notes"] == nil, "\(format ?? "absent")")
        }
        let other = try #require(try await submit("xlsx")["asyncProcessStatus"] as? [String: Any])
        let uuid = try #require(other["uuid"] as? String)
        let status = try await world.call("getAsyncProcessStatus", ["orgToken": org, "uuid": uuid])
        for envelope in [other, status["asyncProcessStatus"] as? [String: Any] ?? [:]] {
            #expect(envelope["notes"] as? [String] == ["format xlsx was not used: RiskReport is made as pdf alone"])
        }
        #expect(try await submit("docx")["errorCode"] as? Int == 2021)
    }

    /// A call is at most 1 MiB long; a longer one is refused, and the answer states the limit.
    @Test func theLimitOfACall() async throws {
        let world = try ManagedWorld(.sqlite)
        let request = HTTPRequest(method: "POST", path: "/api/v1.4", headers: [:], body: .bytes([]))
        guard case .memory(let limit, _) = world.door.policy(for: request) else {
            Issue.record("the body of a call is not kept in memory")
            return
        }
        #expect(limit == 1 << 20)
    }

    @Test func aProductsTokenInEitherField() async throws {
        let world = try ManagedWorld(.sqlite)
        let (product, project) = (try world.token(.product), try world.token(.project))
        let fields: [String: Any] = ["reportType": "ProductSBOMReport", "standard": "CycloneDX", "format": "json"]
        for tokens in [
            ["productToken": product], ["projectToken": product], ["productToken": product, "projectToken": project],
        ] {
            let said = try await world.call("generateProductReportAsync", fields.merging(tokens) { _, token in token })
            #expect(said["asyncProcessStatus"] != nil, "\(said)")
        }
        let wrong = try await world.call("generateProductReportAsync", fields.merging(["projectToken": project]) { $1 })
        #expect(wrong["errorCode"] as? Int == 5001)
    }

    @Test func fieldsOfLibrariesAndProjects() async throws {
        let world = try ManagedWorld(.sqlite)
        let (org, project) = (try world.token(.organization), try world.token(.project))
        let vitals = try await world.list("getProjectVitals", "projectVitals", ["projectToken": project])
        #expect((vitals.first?["id"] as? Int).map { $0 > 0 && $0 < 1 << 31 } == true)
        for library in try await world.list("getProjectInventory", "libraries", ["projectToken": project]) {
            let parts = ["groupId", "artifactId", "version"].map { library[$0] as? String ?? "" }.filter { !$0.isEmpty }
            #expect(library["coordinates"] as? String == parts.joined(separator: ":"), "\(library)")
        }
        let found = try await world.list("librarySearch", "libraries", ["orgToken": org, "searchValue": "left-pad"])
        #expect(found.first?["type"] as? String == "javascript/Node.js")
        let alerts = try await world.list(
            "getProjectAlertsByType", "alerts", ["projectToken": project, "alertType": "SECURITY_VULNERABILITY"])
        for alert in alerts {
            let library = try #require(alert["library"] as? [String: Any])
            #expect(library["languages"] as? String == library["type"] as? String)
        }
        let profiles = alerts.flatMap { ($0["library"] as? [String: Any])?["licenses"] as? [[String: Any]] ?? [] }
            .compactMap { $0["profileInfo"] as? [String: Any] }
        #expect(!profiles.isEmpty)
        for profile in profiles {
            #expect(["NO", "PARTIAL", "FULL"].contains(profile["copyleft"] as? String))
            #expect(profile["copyrightRiskScore"] is String && profile["patentRiskScore"] is String)
        }
    }

    /// The reader of the older synchronous report finds licence texts by the ids of packages; the asynchronous report has
    /// other ids.
    @Test func idsOfTheOlderSPDX() async throws {
        let world = try ManagedWorld(.sqlite)
        let bytes = try await world.raw(
            "getProjectSpdxReport", ["projectToken": try world.token(.project), "format": "json"])
        let document = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let ids = (document["packages"] as? [[String: Any]] ?? []).compactMap { $0["SPDXID"] as? String }
        #expect(ids.contains("SPDXRef-PACKAGE-left-pad-1.3.0.tgz"))
        #expect(ids.allSatisfy { $0.hasPrefix("SPDXRef-PACKAGE-") })
    }
}
