import Database
import TestSupport
import Testing

@testable import Reports

/// A component that was found in several places.
struct LocationTests {
    private static let document = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[
         {"type":"library","bom-ref":"a","name":"spread","version":"1",
          "evidence":{"occurrences":[{"location":"lib/a.js"},{"location":"vendor/b, \"c\".js"}]}},
         {"type":"library","bom-ref":"b","name":"single","version":"1",
          "evidence":{"occurrences":[{"location":"only.js"}]}},
         {"type":"library","bom-ref":"c","name":"nowhere","version":"1"},
         {"type":"library","bom-ref":"d","name":"digested","version":"1",
          "hashes":[{"alg":"SHA-1","content":"0123456789abcdef0123456789abcdef01234567"}]},
         {"type":"library","bom-ref":"e","name":"digested","version":"1","evidence":{"occurrences":[{"location":"found.js"}]},
          "hashes":[{"alg":"SHA-1","content":"0123456789abcdef0123456789abcdef01234567"}]},
         {"type":"library","bom-ref":"f","name":"file","version":"2",
          "hashes":[{"alg":"SHA-1","content":"89abcdef0123456789abcdef0123456789abcdef"}]}]}
        """#

    @Test(arguments: TemporaryDatabase.engines) func eachPlaceIsALocation(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(Self.document, product: "Spread", project: "Places")
        let project = try fixture.database.read { try $0.integer("SELECT max(id) FROM project") }
        let bare = try fixture.scope(.organization)
        let product = try fixture.database.read { try $0.integer("SELECT max(id) FROM product") }
        let scope = Scope(
            kind: .project, organization: bare.organization, product: try #require(product),
            project: try #require(project))
        let found = ReportCase.all.first { $0.type == "ProjectLibraryLocationReport" && $0.format == .json }
        let report = try #require(found)
        let part = try #require(report.produce(fixture, scope: scope).parts().first)
        let places = try part.rows("libraryLocations").map { library in
            (library["locations"] as? [[String: Any]] ?? []).map { "\($0["path"] ?? "-") \($0["matchType"] ?? "-")" }
        }
        // A digest without a path counts as a location only if no other location has a path.
        #expect(
            places == [
                ["lib/a.js -", "vendor/b, \"c\".js -"], ["only.js -"], [], ["found.js SHA1"], ["- SHA1"],
            ])
    }
}
