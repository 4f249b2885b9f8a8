import Bytes
import Database
import Foundation
import TestSupport
import Testing

@testable import API

/// The meaning of words, names and lists in calls.
struct FormTests {
    private func policy(_ type: String, enabled: Any = true) -> [String: Any] {
        [
            "name": type, "enabled": enabled, "filter": ["type": type, "value": "left-pad*", "days": 30],
            "action": ["type": "REJECT"],
        ]
    }

    @Test func typesOfPoliciesAreReadByWords() throws {
        func rule(_ type: String) throws -> String {
            let json = try JSONSerialization.data(withJSONObject: ["policy": policy(type)])
            let field = try #require(try Request([UInt8](json))["policy"])
            return "\(try PolicyForm(field).policy.rule)".prefix { $0 != "(" }.description
        }
        #expect(try rule("PACKAGE_NAME") == "name" && rule("RESOURCE_NAME") == "name")
        #expect(try rule("AGE") == "age" && rule("LIBRARY_AGE") == "age" && rule("STALE") == "age")
        #expect(try rule("LANGUAGE") == "nothing")
    }

    @Test func aPolicyIsEnabledOrNot() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = try world.token(.organization)
        for word in ["no", "0", "off"] {
            let answer = try await world.call(
                "addOrganizationPolicy", ["orgToken": org, "policy": policy("RESOURCE_NAME", enabled: word)])
            #expect(answer["errorCode"] as? Int == 2021, "\(word): \(answer)")
            #expect((answer["errorMessage"] as? String)?.contains("policy.enabled") == true)
        }
        for word in ["false", "TRUE"] {
            let answer = try await world.call(
                "addOrganizationPolicy", ["orgToken": org, "policy": policy("RESOURCE_NAME", enabled: word)])
            #expect(answer["errorCode"] == nil, "\(word): \(answer)")
        }
        let list = try await world.list("getOrganizationPolicies", "policies", ["orgToken": org])
        #expect(list.compactMap { $0["enabled"] as? Bool }.count { $0 } == 1 && list.count == 2)
    }

    @Test func aListHasALimit() async throws {
        let world = try ManagedWorld(.sqlite)
        let org = try world.token(.organization)
        let many = (0...10_000).map { "uuid-\($0)" }
        for (call, key) in [
            ("waybillMarkInHouse", "keyUuids"), ("waybillUnmarkInHouse", "keyUuids"), ("ignoreAlerts", "alertUuids"),
        ] {
            let answer = try await world.call(call, ["orgToken": org, key: many])
            #expect(answer["errorCode"] as? Int == 2021, "\(call)")
            let message = answer["errorMessage"] as? String ?? ""
            #expect(message.contains(key) && message.contains("at most 10000"), "\(call): \(message)")
        }
        let bugs = many.map { ["bug": $0] }
        let answer = try await world.call("waybillSetBugs", ["orgToken": org, "keyUuid": "x", "bugs": bugs])
        #expect((answer["errorMessage"] as? String)?.contains("at most 10000") == true, "\(answer)")
    }

    private func bill(_ components: String) -> String {
        #"{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\#(components)]}"#
    }

    /// SQL changes the case of ASCII letters only.
    @Test(arguments: TemporaryDatabase.engines) func theSearchFindsOtherLetters(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        try world.inventory.importSBOM(
            bill(
                #"{"type":"library","bom-ref":"a","name":"Ärger-LIB","version":"1","purl":"pkg:npm/%C3%84rger-LIB@1"}"#
            ))
        let org = try world.token(.organization)
        for text in ["Ärger", "Ärger-lib"] {
            let found = try await world.list("librarySearch", "libraries", ["orgToken": org, "searchValue": text])
            #expect(found.count == 1, "\(text)")
        }
    }

    @Test func textsOfNamesThatDifferInSignsAreOneEntryEach() async throws {
        let world = try ManagedWorld(.sqlite)
        let components = [("a", "Foo License", "one"), ("b", "Foo-License", "one"), ("c", "Foo License", "two")].map {
            """
            {"type":"library","bom-ref":"\($0)","name":"\($0)","version":"1","purl":"pkg:npm/\($0)@1",
             "licenses":[{"license":{"name":"\($1)","text":{"content":"\($2)"}}}]}
            """
        }
        try world.inventory.importSBOM(bill(components.joined(separator: ",")))
        let bytes = try await world.raw("getLicensesTextZip", ["productToken": try world.token(.product)])
        let folder = try TemporaryFolder()
        try Data(bytes).write(to: URL(fileURLWithPath: folder.path("texts.zip")))
        let reader = try ZIPReader(path: folder.path("texts.zip"))
        var names: [String] = []
        while let entry = try reader.next() { names.append(entry.name) }
        #expect(names.filter { $0.hasPrefix("Foo-License-") }.count == 2, "\(names)")
    }
}
