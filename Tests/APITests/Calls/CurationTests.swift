import Database
import Foundation
import TestSupport
import Testing

@testable import API

/// Statements of people about libraries, and reports that show them.
struct CurationTests {
    /// A library of the first project that is not in-house, with its alerts.
    private func library(_ world: ManagedWorld) async throws -> (uuid: String, name: String) {
        let own = try await world.list(
            "getProjectInHouseLibraries", "libraries", ["projectToken": try world.token(.project)]
        ).compactMap { $0["keyUuid"] as? String }
        let all = try await world.call("getProjectInventory", ["projectToken": try world.token(.project)])
        for library in try #require(all["libraries"] as? [[String: Any]]) {
            let uuid = try #require(library["keyUuid"] as? String)
            let name = try #require(library["name"] as? String)
            if !own.contains(uuid), name.utf8.count > 3, !name.contains("*") { return (uuid, name) }
        }
        throw CocoaError(.featureUnsupported)
    }

    private func inHouse(_ world: ManagedWorld) async throws -> [[String: Any]] {
        try await world.list("getProjectInHouseLibraries", "libraries", ["projectToken": try world.token(.project)])
    }

    private func open(_ world: ManagedWorld, _ uuid: String) async throws -> [String] {
        try await world.list("getProjectAlerts", "alerts", ["projectToken": try world.token(.project)]).filter {
            ($0["library"] as? [String: Any])?["keyUuid"] as? String == uuid
        }.compactMap { $0["type"] as? String }
    }

    /// The same document with another publisher of each library: other rows for the same libraries.
    private var described: String {
        FixtureDocuments.cart.replacing("\"type\":\"library\"", with: "\"type\":\"library\",\"publisher\":\"Anew\"")
            .replacing("\"type\": \"library\"", with: "\"type\": \"library\", \"publisher\": \"Anew\"")
    }

    @Test(arguments: Engine.allCases) func inHouseByHandAndByRule(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        let (uuid, name) = try await library(world)
        let before = try await inHouse(world).count
        _ = try await world.call(
            "waybillSetBugs",
            [
                "orgToken": org, "keyUuid": uuid,
                "bugs": [["bug": "B-1", "severity": "high", "title": "<it> breaks", "reported": "2026-01-01"]],
            ])
        #expect(try await open(world, uuid).contains("HIGH_SEVERITY_BUG"))
        _ = try await world.call("waybillMarkInHouse", ["orgToken": org, "keyUuids": [uuid], "reason": "ours"])
        let marked = try await inHouse(world)
        #expect(marked.count == before + 1)
        #expect(marked.first { $0["keyUuid"] as? String == uuid }?["comments"] as? String == "ours")
        #expect(try await open(world, uuid).isEmpty)
        // The choice stays although a later document describes the library differently.
        try world.inventory.importSBOM(described)
        #expect(try await inHouse(world).contains { $0["keyUuid"] as? String == uuid })
        _ = try await world.call("waybillUnmarkInHouse", ["orgToken": org, "keyUuids": uuid])
        #expect(try await inHouse(world).count == before)
        #expect(try await open(world, uuid).contains("HIGH_SEVERITY_BUG"))
        let rule = ["type": "artifact_id", "pattern": name.uppercased().prefix(3) + "*", "description": "our prefix"]
        let made = try await world.call("waybillAddInHouseRule", ["orgToken": org, "rule": rule])
        #expect(made["markedLibraries"] as? Int ?? 0 > 0)
        #expect(
            try await inHouse(world).first { $0["keyUuid"] as? String == uuid }?["comments"] as? String == "our prefix")
        let rules = try await world.list("waybillGetInHouseRules", "inHouseRules", ["orgToken": org])
        #expect(rules.count == 1)
        _ = try await world.call("waybillRemoveInHouseRule", ["orgToken": org, "ruleId": rules[0]["id"] ?? 0])
        #expect(try await inHouse(world).count == before)
        #expect(
            try await world.call("waybillMarkInHouse", ["orgToken": org, "keyUuids": ["x"]])["errorCode"] as? Int
                == 8000)
    }

    @Test(arguments: Engine.allCases) func aRuleMarksWhatImportsBring(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        _ = try await world.call(
            "waybillAddInHouseRule",
            ["orgToken": org, "rule": ["type": "LIBRARY_COORDINATES", "pattern": "com.acme*:*"]])
        let text = """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"library","bom-ref":"b",
             "group":"com.acme.shop","name":"core","version":"1","purl":"pkg:maven/com.acme.shop/core@1"}]}
            """
        try world.inventory.importSBOM(text, project: "New")
        let own = try await world.list("getOrganizationInHouseLibraries", "libraries", ["orgToken": org])
        #expect(own.contains { $0["artifactId"] as? String == "core" })
    }

    @Test(arguments: Engine.allCases) func licencesAreChosen(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = try (world.token(.organization), world.token(.project))
        let (uuid, _) = try await library(world)
        func licenses() async throws -> [String] {
            let all = try await world.list("getProjectLicenses", "libraries", ["projectToken": project])
            let one = try #require(all.first { $0["keyUuid"] as? String == uuid })
            return (one["licenses"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        }
        let before = try await licenses()
        _ = try await world.call(
            "waybillSetLicenses",
            ["orgToken": org, "keyUuid": uuid, "licenses": ["Apache-2.0", "House Terms"], "reference": "ticket 1"])
        #expect(try await licenses() == ["Apache 2.0", "House Terms"])
        try world.inventory.importSBOM(described)
        #expect(try await licenses() == ["Apache 2.0", "House Terms"])
        let report = try await world.list(
            "getOrganizationEffectiveLicensesReport", "effectiveLicenses", ["orgToken": org, "format": "json"])
        let row = report.first { $0["effectiveLicense"] as? String == "Apache 2.0, House Terms" }
        #expect(row?["user"] as? String == "admin1@example.org")
        #expect(row?["originalLicenses"] as? [String] == before)
        _ = try await world.call("waybillResetLicenses", ["orgToken": org, "keyUuid": uuid])
        #expect(try await licenses() == before)
        #expect(try world.changes(1).map { $0[0] } == ["LICENSE"])
    }

    @Test(arguments: Engine.allCases) func attributesNoticesAndPlaces(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, product, project) = try (world.token(.organization), world.token(.product), world.token(.project))
        let (uuid, _) = try await library(world)
        _ = try await world.call(
            "waybillAddAttribute", ["orgToken": org, "attribute": ["name": "Export", "context": "product"]])
        let value: [String: Any] = ["keyUuid": uuid, "attribute": "Export", "value": "no <b>"]
        let wide = try await world.call("waybillSetAttributeValue", value.merging(["orgToken": org]) { $1 })
        #expect(wide["errorCode"] as? Int == 3010)
        _ = try await world.call("waybillSetAttributeValue", value.merging(["productToken": product]) { $1 })
        let rows = try await world.list(
            "getProductAttributesReport", "attributes", ["productToken": product, "format": "json"])
        #expect(rows.contains { $0["attribute"] as? String == "Export" && $0["value"] as? String == "no <b>" })
        _ = try await world.call(
            "setLibraryNotice",
            ["orgToken": org, "libraryUUID": uuid, "text": "Made by\nothers", "reference": "NOTICE.txt"])
        let text = String(
            decoding: try await world.raw("getNoticesTextFile", ["productToken": product]), as: UTF8.self)
        #expect(text.hasPrefix("Webshop\r\n"))
        #expect(text.contains("Reference: NOTICE.txt\r\nMade by\r\nothers\r\n"))
        _ = try await world.call(
            "waybillSetPlaces",
            [
                "projectToken": project,
                "places": [["cluster": "live", "namespace": "web", "image": "shop", "tag": "v2"]],
            ])
        let cluster = try await world.raw("getOrganizationClusterInventoryReport", ["orgToken": org, "format": "csv"])
        #expect(String(decoding: cluster, as: UTF8.self).contains("live,web"))
    }

    @Test(arguments: Engine.allCases) func filesGetAnotherOrigin(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = try (world.token(.organization), world.token(.project))
        let (uuid, _) = try await library(world)
        let all = try await world.list(
            "getProjectSourceFileInventoryReport", "sourceFiles", ["projectToken": project, "format": "json"])
        let digest = try #require(all.first?["sha1"] as? String)
        let fields: [String: Any] = [
            "orgToken": org, "targetKeyUuid": uuid, "sourceFiles": [digest], "userComments": "mine",
        ]
        let done = try await world.call("changeOriginLibrary", fields)
        #expect((done["message"] as? String)?.hasPrefix("Successfully") == true, "\(done)")
        let then = try await world.list(
            "getProjectSourceFileInventoryReport", "sourceFiles", ["projectToken": project, "format": "json"])
        #expect(
            then.filter { $0["sha1"] as? String == digest }.allSatisfy {
                ($0["library"] as? [String: Any])?["keyUuid"] as? String == uuid
            })
        // In the background: a process that can be polled, and has nothing to download.
        let envelope = try await world.call("changeOriginLibrary", fields.merging(["async": "True"]) { $1 })
        let process = try #require(envelope["asyncProcessStatus"] as? [String: Any])
        #expect(process["status"] as? String == "SUCCESS")
        #expect(process["processType"] as? String == "CHANGE_ORIGIN_LIBRARY")
        let status = try await world.call("getAsyncProcessStatus", ["orgToken": org, "uuid": process["uuid"] ?? ""])
        #expect((status["asyncProcessStatus"] as? [String: Any])?["status"] as? String == "SUCCESS")
        #expect(
            try await world.call("downloadAsyncReport", ["orgToken": org, "reportStatusUUID": process["uuid"] ?? ""])[
                "errorCode"] as? Int == 2021)
        let unknown = try await world.call("changeOriginLibrary", fields.merging(["targetKeyUuid": "x"]) { $1 })
        #expect(unknown["errorCode"] as? Int == 8000)
        let bad = try await world.call("changeOriginLibrary", fields.merging(["sourceFiles": ["zz"]]) { $1 })
        #expect(bad["errorCode"] as? Int == 2021)
    }
}
