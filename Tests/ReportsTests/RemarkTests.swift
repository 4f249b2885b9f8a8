import Database
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Reports

/// The remarks of a report beside its rows, so that readers mistake neither a part for the whole nor an empty report
/// for a verdict.
struct RemarkTests {
    private static let chain = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
         "metadata":{"component":{"type":"application","bom-ref":"root","name":"till","version":"1"}},
         "components":[{"type":"library","bom-ref":"a","name":"a","version":"1","purl":"pkg:npm/a@1",
           "licenses":[{"license":{"id":"MIT"}}]},
          {"type":"library","bom-ref":"b","name":"b","version":"1","purl":"pkg:npm/b@1"}],
         "dependencies":[{"ref":"root","dependsOn":["a"]},{"ref":"a","dependsOn":["b"]}]}
        """#

    private func output(
        _ type: String, _ scope: Scope, _ format: String, _ fields: [String: [String]], _ fixture: InventoryFixture
    ) throws -> Output {
        let request = try ReportRequest(type: type, scope: scope, format: format, fields: fields)
        return try Output(Production(request), on: fixture.database)
    }

    @Test(arguments: TemporaryDatabase.engines, [ScopeKind.product, .project])
    func `A bill of materials says what its depth leaves out`(engine: Engine, kind: ScopeKind) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        try fixture.importSBOM(Self.chain)
        let scope = try fixture.scope(kind)
        for version in ["1.4", "1.6"] {
            for format in ["json", "xml"] {
                let asked = ["standard": ["CycloneDX"], "version": [version]]
                let type = "\(kind.prefix)SBOMReport"
                let part = try output(type, scope, format, asked, fixture)
                let text = try #require(part.parts().first).text
                #expect(text.contains("incomplete") && text.contains("assembl"), "\(version) \(format): \(text)")
                #expect(
                    part.produced.notes.contains("1 of 2 libraries lies deeper than maxDepthLevel 0 and is left out"))
                let all = ReportRequest.withAllLevels(asked, of: type.lowercased(), in: kind)
                let whole = try output(type, scope, format, all, fixture)
                #expect(whole.produced.rows == 2 && whole.produced.notes == [])
                #expect(try !(#require(whole.parts().first).text.contains("incomplete")))
            }
        }
    }

    @Test func `All levels are asked for where none is named, and nowhere else`() {
        func levels(_ fields: [String: [String]], _ type: String = "ProjectSBOMReport") -> [String]? {
            ReportRequest.withAllLevels(fields, of: type, in: .project)["maxDepthLevel"]
        }
        #expect(levels([:]) == ["1000000"])
        #expect(levels(["MAXDEPTHLEVEL": ["2"]]) == nil)
        #expect(levels([:], "ProjectInventoryReport") == nil)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Nobody takes what was not looked up, or is not here, for a verdict`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        try fixture.importSBOM(Self.chain)
        let scope = try fixture.scope(.organization)
        for format in ["json", "csv", "xml"] {
            let made = try output("OrgVulnerabilityReport", scope, format, [:], fixture)
            #expect(made.produced.notes.first?.hasPrefix("Not assessed: none of ") == true)
            #expect(made.produced.basis.last == made.produced.notes.last)
        }
        let full = try InventoryFixture(engine)
        let wide = try full.scope(.organization)
        func notes(_ fields: [String: [String]]) throws -> [String] {
            try output("OrgVulnerabilityReport", wide, "json", fields, full).produced.notes
        }
        #expect(try notes([:]) == [])
        #expect(
            try notes(["cve": ["CVE-2O24-1234"], "product": ["Shpo"], "project": ["Crat"], "library": ["x"]]) == [
                "product Shpo: no product with projects is called this here",
                "project Crat: no project is called this here", "library x: no library is called this here",
                "cve CVE-2O24-1234: no advisory and no document here names it",
            ])
        #expect(try notes(["license": ["GLP-3.0"]]) == ["license GLP-3.0: no library has a license of this name here"])
        // They exist here, in another case or under another name.
        let rows = try output("OrgVulnerabilityReport", wide, "json", [:], full).parts().flatMap {
            try $0.rows("vulnerabilities")
        }
        for row in rows {
            let name = try #require(row["name"] as? String)
            for known in [name, name.lowercased()] + (row["aliases"] as? [String] ?? []) {
                #expect(try notes(["cve": [known]]) == [], "\(known)")
            }
        }
    }

    @Test func `An attribution without texts says so`() throws {
        let fixture = try InventoryFixture(.sqlite, isFilled: false)
        try fixture.importSBOM(Self.chain)
        let scope = try fixture.scope(.project)
        for format in ["txt", "html", "json"] {
            let made = try output("AttributionReport", scope, format, [:], fixture).produced
            #expect(
                made.notes.contains { $0.hasPrefix("the text of 1 license is not here (MIT") },
                "\(format) \(made.notes)"
            )
            // A library counts once, however often the report writes it.
            #expect(made.rows == 2)
        }
    }
}
