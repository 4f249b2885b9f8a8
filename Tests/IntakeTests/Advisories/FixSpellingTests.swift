import Database
import Foundation
import TestSupport
import Testing

@testable import Intake

/// Fixes have the ecosystem's spelling of versions, and come from the advisory that describes the vulnerability.
struct FixSpellingTests {
    private static let document = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.5","components":[
         {"type":"library","bom-ref":"a","name":"x","purl":"pkg:golang/github.com/Azure/x@v1.0.0"},
         {"type":"library","bom-ref":"b","name":"github.com/BurntSushi/y","purl":"pkg:golang/github.com/burntsushi/y@1.0.0"}]}
        """#

    private static func record(_ id: String, _ aliases: String, _ package: String) -> String {
        #"{"id":"\#(id)","aliases":[\#(aliases)],"modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Go","#
            + #""name":"\#(package)"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.0"}]}]}]}"#
    }

    @Test(arguments: Engine.allCases)
    func `Fixes of Go keep the v, and names their case`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let records = [
            Self.record("AAA-1", #""CVE-2026-1""#, "github.com/Azure/x"),
            Self.record("CVE-2026-1", "", "github.com/Azure/x"),
            Self.record("CVE-2026-2", "", "github.com/BurntSushi/y"),
        ]
        let path = bench.folder.path("advisories.jsonl")
        try Data(records.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        try bench.sbom(Self.document)
        let fixes: SQL = """
            SELECT l.artifact, f.top_fix, d.name FROM finding f JOIN library l ON l.id = f.library
            JOIN advisory d ON d.id = f.top_fix_advisory ORDER BY l.artifact
            """
        let wanted = ["github.com/Azure/x|v1.2.0|CVE-2026-1", "github.com/BurntSushi/y|1.2.0|CVE-2026-2"]
        #expect(try bench.texts(fixes) == wanted)
        #expect(try bench.texts("SELECT version FROM finding_fix ORDER BY version") == ["1.2.0", "v1.2.0"])
        let first = try bench.texts("SELECT purl FROM library ORDER BY purl").first
        #expect(first == "pkg:golang/github.com/azure/x@v1.0.0")
    }
}
