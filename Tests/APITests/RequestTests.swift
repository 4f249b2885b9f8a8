import Database
import Foundation
import HTTP
import Jobs
import Reports
import Testing

@testable import API

/// Requests that clients may send, and the errors for other requests: reports.md §1.1, §1.7, mend-api.md §1.
struct RequestTests {
    let fixture: Fixture
    init() throws { fixture = try Fixture() }

    private func wanted(_ json: String, _ kind: ScopeKind = .product) throws -> ReportRequest {
        try Call.wantedReport(Request(Array(json.utf8)), scope: Scope(kind: kind, organization: 1))
    }

    private func message(_ body: [UInt8], code: Int = 2021) async throws -> String {
        let answer = try Fixture.json(await fixture.post(body))
        #expect(answer["errorCode"] as? Int == code)
        #expect(try fixture.count("job") == 0)
        return try #require(answer["errorMessage"] as? String)
    }

    // MARK: Bad bodies

    @Test(arguments: [
        "", "  \n", "{", "[]", "\"text\"", "null", "{}{}", "{\"a\":1,}", "{'a':1}", "{\"a\":tru}", "{\"a\":01}",
        "{\"a\":\"\u{1}\"}", "{\"a\":\"\\ud800\"}", "requestType=getAllProducts", "{\"a\":1,\"a\":2}",
        "{\"filter\":{\"a\":1,\"a\":2}}",
    ])
    func badJSON(text: String) async throws { #expect(try await message(Array(text.utf8)).contains("JSON")) }

    @Test func bytesThatAreNoUTF8() async throws {
        let text = try await message(Array("{\"requestType\":\"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8))
        #expect(text.contains("UTF-8"))
    }

    @Test func deepNesting() async throws {
        for levels in [33, 10_000, 200_000] {
            let text = String(repeating: "[", count: levels)
            _ = try await message(Array("{\"filter\":\(text)".utf8))
            _ = try await message(Array("{\"filter\":\(text)\(String(repeating: "]", count: levels))}".utf8))
            _ = try await message(Array(String(repeating: "{\"a\":", count: levels).utf8))
        }
    }

    @Test func manyValues() async throws {
        let list = Array(repeating: "0", count: 200_000).joined(separator: ",")
        #expect(try await message(Array("{\"filter\":{\"a\":[\(list)]}}".utf8)).contains("100000"))
    }

    @Test(arguments: [
        "{“requestType”: “getAllProducts”}", "{\"requestType\": \"x\", \"status\": “active”}",
        "{\"requestType\": \"generateOrganizationReportAsync\", \"filter\": {\"status\": \"active” }}",
    ])
    func typographicQuotesAreNamed(text: String) async throws {
        #expect(try await message(Array(text.utf8)).contains("typographic quotation marks"))
    }

    @Test func unknownRequestTypesAreNamed() async throws {
        // The case matters, as in Mend.
        for name in ["getallproducts", "no such", "<script>", String(repeating: "x", count: 5000)] {
            let text = try await message(
                Array(try fixture.body(name, ["orgToken": fixture.acme.token]).utf8), code: 3000)
            #expect(text.contains(name.prefix(100)))
            #expect(text.count < 300)
        }
        let answer = try await fixture.send("{\"userKey\":\"x\"}")
        #expect(answer["errorCode"] as? Int == 3010)
        #expect((answer["errorMessage"] as? String)?.contains("requestType") == true)
    }

    @Test(
        arguments: [
            ([:], 3010, ["reportType"]),
            (["reportType": "", "format": "json"], 3010, ["reportType"]),
            (["reportType": "NoReport"], 2021, ["reportType", "NoReport", "OrgInventoryReport"]),
            (["reportType": "ProjectInventoryReport"], 2021, ["ProjectInventoryReport", "project"]),
            (["reportType": "OrgInventoryReport", "format": "doc"], 2021, ["doc", "xlsx", "json"]),
            (
                ["reportType": "OrgInventoryReport", "filter": ["includeInHouseData": "perhaps"]], 2021,
                ["includeInHouseData", "perhaps", "true"]
            ),
            (["reportType": "OrgInventoryReport", "includeInHouseData": ["a": 1]], 2021, ["includeInHouseData"]),
            (["reportType": "OrgInventoryReport", "filter": "text"], 2021, ["filter", "text", "object"]),
            (["reportType": ["a"]], 2021, ["reportType", "a"]),
        ] as [([String: any Sendable], Int, [String])])
    func badSubmissions(fields: [String: any Sendable], code: Int, words: [String]) async throws {
        var fields: [String: Any] = fields
        fields["orgToken"] = fixture.acme.token
        let answer = try await fixture.call("generateOrganizationReportAsync", fields)
        #expect(answer["errorCode"] as? Int == code)
        for word in words { #expect((answer["errorMessage"] as? String)?.contains(word) == true, "\(answer)") }
        #expect(try fixture.count("job") == 0)
    }

    @Test func badBillOfMaterialsRequests() async throws {
        for (fields, code, word) in [
            (["format": "json"], 3010, "standard"), (["standard": ""], 3010, "standard"),
            (["standard": "SWID"], 2021, "SWID"), (["standard": "SPDX", "version": "9"], 2021, "version"),
            (["standard": "SPDX", "format": "pdf"], 2021, "pdf"),
            (["standard": "CycloneDX", "maxDepthLevel": "-1"], 2021, "maxDepthLevel"),
        ] {
            var fields = fields
            fields["productToken"] = fixture.acme.token(.product)
            fields["reportType"] = "ProductSBOMReport"
            let answer = try await fixture.call("generateProductReportAsync", fields)
            #expect(answer["errorCode"] as? Int == code, "\(fields) \(answer)")
            #expect((answer["errorMessage"] as? String)?.contains(word) == true)
        }
    }

    // MARK: Tolerance: the eleven points of reports.md §1.1

    @Test(
        arguments: [
            (#"[1,"x"]"#, "policyIds[1] has the value x"),
            (#""1,9223372036854775808""#, "policyIds has the value 9223372036854775808"),
            ("[0]", "policyIds[0] has the value 0"), ("[[1]]", "policyIds[0] has the value […]"),
            ("true", "policyIds has the value true"),
            (#"{"a":1}"#, "policyIds has the value {…}"), ("[null]", "policyIds[0] has the value null"),
            ("1.5", "policyIds has the value 1.5"),
        ])
    func numbersOfListsAreNamed(_ json: String, _ text: String) async throws {
        let body = """
            {"requestType":"removeOrganizationPolicies","userKey":"\(fixture.acme.administrator)","orgToken":"\(fixture.acme.token)",
             "policyIds":\(json)}
            """
        #expect(try await message(Array(body.utf8)) == "\(text); accepted: a whole number from 1 to 9007199254740991")
    }

    /// A user without the right to a call learns nothing of its fields.
    @Test func numbersAreLookedAtBehindTheKey() async throws {
        let answer = try await fixture.call(
            "removeOrganizationPolicies", ["orgToken": fixture.rival.token, "policyIds": ["x"]])
        #expect(answer["errorCode"] as? Int == 5001)
    }

    @Test(arguments: ["/api", "/api/", "/api/v1.0", "/api/v1.1", "/api/v1.2", "/api/v1.3", "/api/v1.4", "/api/v1.4/"])
    func allVersionsAnswerAlike(path: String) async throws {
        let body = Array(try fixture.body("getOrganizationDetails", ["orgToken": fixture.acme.token]).utf8)
        #expect(try Fixture.json(await fixture.post(body, path: path))["orgName"] as? String == "Acme")
    }

    @Test func unknownKeysAndOtherContentTypes() async throws {
        let body = try fixture.body(
            "getOrganizationDetails",
            [
                "orgToken": fixture.acme.token, "agentInfo": ["agent": "ws-sdk", "agentVersion": "1"],
                "includeRequestToken": true, "excludeExtraData": NSNull(),
            ])
        for type in ["application/x-www-form-urlencoded", "APPLICATION/JSON; Charset=utf-8", "text/plain"] {
            let response = await fixture.post(Array(body.utf8), headers: ["Content-Type": type, "ctxId": "1"])
            #expect(try Fixture.json(response)["orgName"] as? String == "Acme")
        }
        let marked = [0xEF, 0xBB, 0xBF] + Array(body.utf8)
        #expect(try Fixture.json(await fixture.post(marked))["orgName"] as? String == "Acme")
    }

    @Test func filtersInTwoPlaces() throws {
        let beside = try wanted(#"{"reportType":"ProductInventoryReport","includeInHouseData":"False"}"#)
        #expect(beside.options["includeinhousedata"] == ["false"])
        let both = try wanted(
            #"{"reportType":"ProductInventoryReport","includeInHouseData":true,"filter":{"includeInHouseData":false}}"#)
        #expect(both.options["includeinhousedata"] == ["false"])
        let empty = try wanted(
            #"{"reportType":"ProductInventoryReport","includeInHouseData":false,"filter":{"includeInHouseData":""}}"#)
        #expect(empty.options["includeinhousedata"] == ["false"])
        let nothing = try wanted(#"{"reportType":"ProductInventoryReport","includeInHouseData":null,"filter":null}"#)
        #expect(nothing.options["includeinhousedata"] == nil)
    }

    @Test func billOfMaterialsKeysBesideTheFilterWin() throws {
        let request = try wanted(
            #"""
            {"reportType":"ProductSBOMReport","standard":"CycloneDx","maxDepthLevel":3,
             "filter":{"standard":"spdx","maxDepthLevel":9,"includeVulnerabilities":"False"}}
            """#)
        #expect(request.options["standard"] == ["cyclonedx"])
        #expect(request.options["maxdepthlevel"] == ["3"])
        #expect(request.options["includevulnerabilities"] == ["false"])
        let inside = try wanted(#"{"reportType":"ProductSBOMReport","standard":"","filter":{"standard":"spdx"}}"#)
        #expect(inside.options["standard"] == ["spdx"])
    }

    @Test func unknownFiltersAreIgnored() throws {
        let request = try wanted(
            #"""
            {"reportType":"ProductInventoryReport","format":"xlsx","filter":{"reportingScope":"licenses",
             "reportingAggregationMode":"BY_PROJECT","other":{"deep":[1,{"a":null}]}},"standard":""}
            """#)
        #expect(request.options.isEmpty)
    }

    @Test func valuesInAnyCaseAndLists() throws {
        let list = try wanted(
            #"{"reportType":"productinventoryreport","format":"JSON","filter":{"extraLibraryFields":["RELEASEDATE"]}}"#)
        #expect(list.type == "ProductInventoryReport")
        #expect(list.format == .json)
        let text = try wanted(
            #"{"reportType":"ProductInventoryReport","extraLibraryFields":" releaseDate , releasedate"}"#)
        #expect(list.options == text.options)
    }

    @Test func formatMayBeMissing() throws {
        for part in ["", #","format":"""#, #","format":null"#, #","filter":{}"#, #","standard":"""#] {
            #expect(try wanted(#"{"reportType":"ProductInventoryReport"\#(part)}"#).format == .xlsx)
        }
    }

    @Test func theOldNameOfAnSPDXDocument() throws {
        let request = try wanted(#"{"reportType":"ProjectSPDXReport","format":"json"}"#, .project)
        #expect(request.type == "ProjectSBOMReport")
        #expect(request.options["standard"] == ["spdx"])
        #expect(throws: ReportError.self) { try wanted(#"{"reportType":"ProjectSPDXReport"}"#, .product) }
    }
}
