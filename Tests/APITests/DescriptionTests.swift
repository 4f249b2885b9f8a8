import Foundation
import HTTP
import Testing

@testable import API

/// The description of all paths, and the schemas of requests that are asked for one by one.
struct DescriptionTests {
    private let fixture: Fixture

    init() throws { fixture = try Fixture() }

    private func description() async throws -> [String: Any] {
        let response = await fixture.response(to: HTTPRequest(method: "GET", path: "/api/openapi.json"))
        #expect(response.status == 200)
        return try Fixture.json(response)
    }

    @Test func allCallsAreDescribed() async throws {
        let whole = try await description()
        #expect(whole["openapi"] as? String == "3.1.0")
        let components = try #require(whole["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: [String: Any]])
        for call in Call.table {
            let schema = try #require(schemas[call.requestType], "\(call.requestType)")
            let properties = try #require(schema["properties"] as? [String: [String: Any]])
            #expect(properties["requestType"]?["const"] as? String == call.requestType)
            for (name, _) in call.token.fields { #expect(properties[name] != nil) }
        }
        let choices = try #require(schemas["Request"]?["anyOf"] as? [[String: String]])
        let named = choices.compactMap { $0["$ref"]?.split(separator: "/").last.map(String.init) }
        #expect(named == Call.table.map(\.requestType))
    }

    @Test func allPathsExist() async throws {
        let paths = try #require(try await description()["paths"] as? [String: [String: Any]])
        for (path, operations) in paths {
            #expect(Door.has(path: path.replacing("{token}", with: "x")), "\(path)")
            #expect(!operations.isEmpty)
        }
        for path in ["/api/v1.4", "/agent", "/api/v1/bom", "/api/version", "/health/live", "/health/ready", "/metrics"]
        {
            #expect(paths[path] != nil, "\(path)")
        }
    }

    @Test func oneRequestIsDescribedAlike() async throws {
        let answer = try await fixture.call(
            "getRequestSchema", ["orgToken": fixture.acme.token, "request": "generateProductReportAsync"])
        let schema = try #require(answer["requestSchema"] as? [String: Any])
        #expect(schema["required"] as? [String] == ["requestType", "productToken", "reportType"])
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        #expect((properties["reportType"]?["enum"] as? [String])?.contains("ProductInventoryReport") == true)
        #expect((properties["reportType"]?["enum"] as? [String])?.contains("ProjectInventoryReport") == false)
    }
}
