import Database
import Foundation
import TestSupport
import Testing

@testable import API

/// Answers of calls about licences where documents differ, on both engines.
struct LegalCallTests {
    private func bill(_ licenses: String) -> String {
        """
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[
         {"type":"library","bom-ref":"a","name":"twosided","version":"1","purl":"pkg:npm/twosided@1","licenses":[\(licenses)]},
         {"type":"library","bom-ref":"b","name":"alike","version":"1","purl":"pkg:npm/alike@1",
          "licenses":[{"expression":"GPL-2.0-only AND GPL-2.0-or-later"}]}]}
        """
    }

    private func world(_ engine: Engine) throws -> ManagedWorld {
        let world = try ManagedWorld(engine)
        try world.inventory.importSBOM(bill("{\"license\":{\"id\":\"MIT\"}}"), project: "Legal A")
        try world.inventory.importSBOM(bill(""), project: "Legal B")
        return world
    }

    private func token(_ name: String, _ world: ManagedWorld) async throws -> String {
        let vitals = try await world.list(
            "getOrganizationProjectVitals", "projectVitals", ["orgToken": try world.token(.organization)])
        return try #require(vitals.first { $0["name"] as? String == name }?["token"] as? String)
    }

    @Test(arguments: Engine.allCases) func `a library of two descriptions is one entry`(engine: Engine) async throws {
        let world = try world(engine)
        let org = try world.token(.organization)
        let libraries = try await world.list("getOrganizationLicenses", "libraries", ["orgToken": org])
        let uuids = libraries.compactMap { $0["keyUuid"] as? String }
        #expect(Set(uuids).count == uuids.count)
        let one = try #require(libraries.first { $0["name"] as? String == "twosided" })
        let names = (one["licenses"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
        #expect(names == ["MIT"])
        let projects = (one["projects"] as? [[String: Any]] ?? []).compactMap { $0["projectName"] as? String }
        #expect(projects.sorted() == ["Legal A", "Legal B"])
    }

    @Test(arguments: Engine.allCases) func `licences that share a name are counted apart`(engine: Engine) async throws {
        let world = try world(engine)
        let answer = try await world.call(
            "getProjectLicenseHistogram", ["projectToken": try await token("Legal A", world)])
        #expect(
            answer["licenseHistogram"] as? [String: Int] == [
                "GPL 2.0 (GPL-2.0-only)": 1, "GPL 2.0 (GPL-2.0-or-later)": 1, "MIT": 1,
            ])
        #expect(
            answer["spdxHistogram"] as? [String: Int] == ["GPL-2.0-only": 1, "GPL-2.0-or-later": 1, "MIT": 1])
    }

    /// Rows of older programs may give one identifier several names, but a key occurs only once in an object.
    @Test(arguments: Engine.allCases) func `an identifier of several names is one key`(engine: Engine) async throws {
        let world = try world(engine)
        try await world.inventory.database.write { connection in
            _ = try connection.run(
                """
                UPDATE license SET spdx = 'GPL-2.0-only', base = 'GPL-2.0-only', name = 'GPL 2.0 of old'
                WHERE spdx = 'GPL-2.0-or-later' AND organization = 1
                """)
        }
        let raw = try await world.raw(
            "getProjectLicenseHistogram", ["projectToken": try await token("Legal A", world)])
        let text = String(decoding: raw, as: UTF8.self)
        #expect(text.ranges(of: "\"GPL-2.0-only\":").count == 1)
        #expect(text.contains("\"spdxHistogram\":{\"GPL-2.0-only\":1,\"MIT\":1}"))
    }

    @Test(arguments: Engine.allCases) func `nobody knows what is outdated without versions`(engine: Engine) async throws
    {
        let world = try world(engine)
        let mine = try await world.list(
            "getProjectInventory", "libraries", ["projectToken": try await token("Legal A", world)])
        #expect(mine.count == 2 && mine.allSatisfy { $0["outdated"] == nil })
        let found = try await world.list(
            "librarySearch", "libraries", ["orgToken": try world.token(.organization), "searchValue": "twosided"])
        #expect(found.count == 1 && found.allSatisfy { $0["outdated"] == nil })
        // The fixture has versions of some packages.
        let known = try await world.list(
            "getProjectInventory", "libraries", ["projectToken": try world.token(.project)])
        #expect(known.contains { $0["outdated"] as? Bool == true })
    }

    @Test(arguments: Engine.allCases) func `the original licences are those of all descriptions`(engine: Engine)
        async throws
    {
        let world = try world(engine)
        let org = try world.token(.organization)
        let found = try await world.list("librarySearch", "libraries", ["orgToken": org, "searchValue": "twosided"])
        let uuid = try #require(found.first?["keyUuid"] as? String)
        _ = try await world.call(
            "waybillSetLicenses", ["orgToken": org, "keyUuid": uuid, "licenses": ["Apache-2.0 OR ISC"]])
        let report = try await world.list(
            "getOrganizationEffectiveLicensesReport", "effectiveLicenses", ["orgToken": org, "format": "json"])
        let row = try #require(report.first { "\($0["library"] ?? "")".hasPrefix("twosided") })
        #expect(row["originalLicenses"] as? [String] == ["MIT"])
        let originals = (row["originalExpressions"] as? [[String: Any]])?.map { $0["spdxExpression"] as? String }
        #expect(originals == ["MIT"])
        #expect(row["effectiveLicense"] as? String == "Apache 2.0, ISC")
        #expect(row["spdxExpression"] as? String == "Apache-2.0 OR ISC")
        let changes = try await world.list("getChangesReport", "changes", ["orgToken": org, "format": "json"])
        let change = try #require(changes.last { $0["changeClass"] as? String == "LICENSE" })
        #expect(change["beforeChange"] as? [String] == ["MIT"])
        #expect(change["afterChange"] as? [String] == ["Apache 2.0, ISC (Apache-2.0 OR ISC)"])
    }
}
