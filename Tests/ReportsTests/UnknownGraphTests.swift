import Database
import Foundation
import Intake
import TestSupport
import Testing

@testable import Reports

/// Unknown dependencies, and statements about the described component, survive export and import.
struct UnknownGraphTests {
    private static let document = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
         "metadata":{"component":{"type":"application","bom-ref":"root","name":"till","version":"1"}},
         "components":[{"type":"library","bom-ref":"a","name":"a","version":"1","purl":"pkg:npm/a@1"},
          {"type":"library","bom-ref":"b","name":"b","version":"1","purl":"pkg:npm/b@1",
           "licenses":[{"expression":"Apache-2.0+"}]}],
         "vulnerabilities":[{"id":"CVE-2099-1","ratings":[{"severity":"high"}],"affects":[{"ref":"root"}]}]}
        """#

    private func sbom(_ standard: String, _ version: String, _ fixture: InventoryFixture) throws -> String {
        let request = try ReportRequest(
            type: "ProjectSBOMReport", scope: fixture.scope(.project), format: "json",
            fields: ["standard": [standard], "version": [version]])
        return try #require(Output(Production(request), on: fixture.database).parts().first).text
    }

    private func texts(_ sql: SQL, _ fixture: InventoryFixture) throws -> [String] {
        try fixture.database.read { try $0.all(sql) { "\($0.string(0)) \($0.string(1))" } }
    }

    @Test(
        arguments: TemporaryDatabase.engines,
        [("CycloneDX", "1.4"), ("CycloneDX", "1.6"), ("SPDX", "2.2"), ("SPDX", "2.3")])
    func `An SBOM of a document without a graph has none either`(engine: Engine, form: (String, String)) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        try fixture.importSBOM(Self.document)
        let direct: SQL = """
            SELECT l.artifact, CAST(o.direct AS TEXT) FROM project p JOIN occurrence o ON o.scan = p.scan
            JOIN library l ON l.id = o.library WHERE o.position > 0 ORDER BY l.artifact
            """
        let unknown = ["a -1", "b -1"]
        #expect(try texts(direct, fixture) == unknown)
        let made = try sbom(form.0, form.1, fixture)
        #expect(!made.contains("DEPENDS_ON") && !made.contains("dependsOn"))
        #expect(made.contains(form.0 == "SPDX" ? "CONTAINS" : #""aggregate":"unknown""#))
        try fixture.importSBOM(made)
        #expect(try texts(direct, fixture) == unknown, "\(form)")
        let licenses: SQL = """
            SELECT l.artifact, l.license_found FROM project p JOIN occurrence o ON o.scan = p.scan
            JOIN library l ON l.id = o.library WHERE l.artifact = 'b'
            """
        #expect(try texts(licenses, fixture) == ["b Apache-2.0+"], "\(form)")
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `What the described component has stands everywhere`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        let result = try fixture.importSBOM(Self.document)
        #expect(result.libraries == 3 && result.warnings.isEmpty)
        func rows(_ type: String, _ key: String) throws -> [[String: Any]] {
            let request = try ReportRequest(
                type: type, scope: fixture.scope(.project), format: "json", fields: [:])
            return try Output(Production(request), on: fixture.database).parts().flatMap { try $0.rows(key) }
        }
        #expect(try rows("ProjectInventoryReport", "libraries").count == 3)
        let vulnerable = try rows("ProjectVulnerabilityReport", "vulnerabilities")
        #expect(vulnerable.map { $0["name"] as? String } == ["CVE-2099-1"])
        #expect((vulnerable.first?["library"] as? [String: Any])?["artifactId"] as? String == "till")
        let alerts = try rows("ProjectSecurityAlertsReport", "alerts")
        #expect(alerts.map { $0["vulnerabilityId"] as? String } == ["CVE-2099-1"])
        let bom = try JSONSerialization.jsonObject(with: Data(sbom("CycloneDX", "1.5", fixture).utf8)) as? [String: Any]
        #expect((bom?["components"] as? [Any])?.count == 2, "it stands in its own place")
        let said = try #require(bom?["vulnerabilities"] as? [[String: Any]])
        #expect(said.count == 1)
        #expect((said[0]["affects"] as? [[String: Any]])?.map { $0["ref"] as? String } == ["root"])
        #expect(try sbom("SPDX", "2.3", fixture).contains("CVE-2099-1"))
    }
}
