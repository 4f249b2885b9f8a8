import Database
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

    /// The ranges in the description are those of the checks.
    @Test func numbersHaveRanges() async throws {
        let components = try #require(try await description()["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: [String: Any]])
        func field(_ call: String, _ path: String...) throws -> [String: Any] {
            try path.reduce(try #require(schemas[call])) { schema, name in
                let properties = try #require(schema["properties"] as? [String: [String: Any]], "\(call) \(name)")
                return try #require(properties[name], "\(call) \(name)")
            }
        }
        let priority = try field("addProductPolicy", "policy", "priority")
        #expect(priority["type"] as? String == "integer")
        #expect(priority["minimum"] as? Int64 == Policies.priorities.lowerBound)
        #expect(priority["maximum"] as? Int64 == Policies.priorities.upperBound)
        let score = try field("addProductPolicy", "policy", "filter", "minScore")
        #expect(score["type"] as? String == "number" && score["maximum"] as? Double == 10)
        let ids = try #require(try field("removeProductPolicies", "policyIds")["items"] as? [String: Any])
        #expect(ids["minimum"] as? Int == 1 && ids["maximum"] as? Int64 == 9_007_199_254_740_991)
        let depth = try field("generateProjectReportAsync", "filter", "maxDepthLevel")
        #expect(depth["minimum"] as? Int == 0 && depth["maximum"] as? Int == 1_000_000)
        let key = try field("getLibraryInfo", "keyId")
        #expect(key["type"] as? String == "integer" && key["maximum"] != nil)
        // No number of any call lacks a range.
        func check(_ schema: [String: Any], _ name: String) {
            if ["integer", "number"].contains(schema["type"] as? String) {
                #expect(schema["minimum"] != nil && schema["maximum"] != nil, "\(name)")
            }
            if let items = schema["items"] as? [String: Any] { check(items, name) }
            for (member, schema) in schema["properties"] as? [String: [String: Any]] ?? [:] {
                check(schema, "\(name).\(member)")
            }
        }
        for call in Call.table { check(try #require(schemas[call.requestType]), call.requestType) }
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
        #expect(schema["required"] as? [String] == ["requestType", "reportType"])
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        #expect((properties["reportType"]?["enum"] as? [String])?.contains("ProductInventoryReport") == true)
        #expect((properties["reportType"]?["enum"] as? [String])?.contains("ProjectInventoryReport") == false)
    }
}
