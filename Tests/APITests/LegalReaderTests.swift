import Database
import Foundation
import Reports
import TestSupport
import Testing

@testable import API

/// As `ReaderTests`, for readers that make their own documents from licences, attributions and the change log.
struct LegalReaderTests {
    private typealias Row = ReaderTests.Row

    /// ws-sbom-generator: uses these members without a check, and joins due diligence by the file and the licence's name.
    @Test(arguments: TemporaryDatabase.engines) func licences(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        for kind in [ScopeKind.organization, .product, .project] {
            let token = [kind.tokenField: try world.token(kind)]
            let due = try await world.list(
                "get\(kind.requestWord)DueDiligenceReport", "licenses", token.merging(["format": "json"]) { $1 })
            let known = Set(due.map { "\($0["library"] ?? "") \($0["name"] ?? "")" })
            #expect(due.allSatisfy { $0["library"] is String })
            for library in try await world.list("get\(kind.requestWord)Licenses", "libraries", token) {
                let file = try ReaderTests.text(library, "filename")
                _ = try (ReaderTests.text(library, "name"), ReaderTests.text(library, "keyUuid"))
                // Whitesource.Api's recorded answer has words here, where an inventory has constants.
                #expect(library["type"] as? String == library["languages"] as? String)
                // mend-azure-wi-sync calls a library transitive when this is false.
                #expect(library["directDependency"] == nil || library["directDependency"] is Bool)
                for copyright in try #require(library["copyrightReferences"] as? [Row]) {
                    _ = try ReaderTests.text(copyright, "copyright")
                }
                for license in try #require(library["licenses"] as? [Row]) {
                    #expect(known.contains("\(file) \(try ReaderTests.text(license, "name"))"))
                    guard license.keys.contains("profileInfo") else { continue }
                    let profile = try ReaderTests.object(license, "profileInfo")
                    for key in profile.keys { _ = try ReaderTests.text(profile, key) }
                }
            }
            for library in try await world.list("get\(kind.requestWord)InHouseLibraries", "libraries", token) {
                for key in ["keyUuid", "filename", "artifactId", "type", "projectName", "productName"] {
                    _ = try ReaderTests.text(library, key)
                }
                // Left out if unknown.
                if let sha1 = library["sha1"] { #expect((sha1 as? String)?.isEmpty == false) }
            }
        }
        func files(_ libraries: [Row]) throws {
            for library in libraries {
                _ = try (ReaderTests.text(library, "keyUuid"), ReaderTests.text(library, "filename"))
                try files(library["dependencies"] as? [Row] ?? [])
            }
        }
        try files(
            await world.list("getProjectHierarchy", "libraries", ["projectToken": try world.token(.project)]))
    }

    /// mend-sbom-export-cli: looks up the texts of each library under the id of its package, and uses the licence's name where
    /// a text is empty. Ids contain only letters, digits, points and hyphens; with other characters the reader finds no file.
    @Test(arguments: TemporaryDatabase.engines) func textsOfLicences(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let token = ["projectToken": try world.token(.project)]
        let attribution = try await world.call(
            "getProjectAttributionReport",
            token.merging([
                "reportingAggregationMode": "BY_PROJECT", "reportingScope": "LICENSES", "exportFormat": "JSON",
            ]) { $1 })
        let detail = try #require(attribution["detail"] as? [String: [Row]])
        #expect(detail.count == 1)
        let document = try await world.call("getProjectSpdxReport", token.merging(["format": "JSON"]) { $1 })
        let ids = Set((document["packages"] as? [Row] ?? []).compactMap { $0["SPDXID"] as? String })
        var found = 0
        for library in detail.values.flatMap({ $0 }) {
            let name = try ReaderTests.text(library, "library")
            var texts: [String] = []
            for license in try #require(library["licenses"] as? [Row]) {
                let text = try #require(license["licenseText"] as? String)
                texts.append(text.isEmpty ? try ReaderTests.text(license, "license") : text)
            }
            let isPlain = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") }
            #expect(!isPlain || ids.contains("SPDXRef-PACKAGE-\(name)"), "\(name)")
            if isPlain, !texts.isEmpty { found += 1 }
        }
        #expect(found > 3)
        #expect("\(detail)".contains("Permission <script>"))
        // In CycloneDX it reads the licences of each component.
        let request = try ReportRequest(
            type: "ProjectSBOMReport", scope: world.inventory.scope(.project), format: "json",
            fields: ["standard": ["CycloneDX"]])
        let bill = try JSONSerialization.jsonObject(with: Data(world.file(of: request))) as? Row
        for component in try #require(bill?["components"] as? [Row]) {
            for license in try #require(component["licenses"] as? [Row]) {
                if license["expression"] is String { continue }
                let it = try ReaderTests.object(license, "license")
                #expect(it["id"] is String || it["name"] is String)
            }
        }
    }

    /// Hygieia's collector: changes are dated texts, with lists before and after, and the number of their subject.
    @Test(arguments: TemporaryDatabase.engines) func changes(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = try world.token(.organization)
        _ = try await world.call("createProduct", ["orgToken": org, "productName": "Read by Hygieia"])
        let asked = try await world.list("getChangesReport", "changes", ["orgToken": org])
        let made = try world.rows("ChangeLogReport", "changes")
        #expect(!asked.isEmpty && !made.isEmpty)
        for change in asked + made {
            for key in ["changeClass", "changeCategory", "changeAspect", "scope", "operator"] {
                _ = try ReaderTests.text(change, key)
            }
            let time = try ReaderTests.text(change, "startDateTime")
            #expect(time.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}/) != nil)
            #expect(change["beforeChange"] is [String] && change["afterChange"] is [String])
            #expect(change["changeScopeId"] is Int)
        }
    }

    /// scantist-karby: accepts lists only with this message. scanctl and the vendor's scripts: names and tokens.
    @Test func lists() async throws {
        let world = try ManagedWorld(.sqlite)
        let products = try await world.call("getAllProducts", ["orgToken": try world.token(.organization)])
        let projects = try await world.call("getAllProjects", ["productToken": try world.token(.product)])
        for (answer, key, name, token) in [
            (products, "products", "productName", "productToken"),
            (projects, "projects", "projectName", "projectToken"),
        ] {
            #expect(answer["message"] as? String == "Success")
            for row in try #require(answer[key] as? [Row]) {
                _ = try (ReaderTests.text(row, name), ReaderTests.text(row, token))
            }
        }
    }
}
