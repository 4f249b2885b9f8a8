import Database
import Foundation
import Intake
import TestSupport
import Testing

@testable import Reports

/// A score has the same value everywhere under one name.
struct ScoreAgreementTests {
    @Test(arguments: TemporaryDatabase.engines)
    func `Where CVSS 4 alone rates, sheets have its score as JSON does`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.database.write { connection in
            _ = try connection.run(
                "UPDATE vulnerability SET score3 = '', severity3 = '', vector3 = '' WHERE vector4 <> ''")
        }
        let scope = try fixture.scope(.project)
        func report(_ format: Format) throws -> Part {
            let found = ReportCase.every.first { $0.type == "ProjectVulnerabilityReport" && $0.format == format }
            let parts = try #require(found).produce(fixture, scope: scope).parts()
            return try #require(parts.first)
        }
        let said = try report(.json).rows("vulnerabilities").filter { $0["name"] as? String == "CVE-2025-90001" }
        #expect(Set(said.map { $0["cvss3_score"] as? String }) == ["8.7"])
        #expect(Set(said.map { $0["cvss3_severity"] as? String }) == ["HIGH"])
        let rows = try #require(report(.xlsx).sheets().first).rows
        let heading = try #require(rows.first)
        func cells(_ title: String) throws -> [String?] {
            let column = try #require(heading.firstIndex(of: title))
            return rows.dropFirst().map { $0[column] }
        }
        let (ids, scores, words) = try (cells("Vulnerability ID"), cells("CVSS 3 Score"), cells("CVSS 3 Severity"))
        let places = ids.indices.filter { ids[$0] == "CVE-2025-90001" }
        #expect(places.count == said.count && !places.isEmpty)
        #expect(Set(places.map { scores[$0] }) == ["8.7"] && Set(places.map { words[$0] }) == ["HIGH"])
    }

    /// A score of 0.0 means none (CVSS 3.1, §5), in each place.
    @Test(arguments: TemporaryDatabase.engines)
    func `A score of 0.0 has one word in all outputs`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let record =
            #"{"id":"CVE-2099-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"zero"},"#
            + #""versions":["1"]}],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"}]}"#
        let folder = try TemporaryFolder()
        let path = folder.path("zero.jsonl")
        try Data(record.utf8).write(to: URL(fileURLWithPath: path))
        _ = try AdvisoryImport(RecordImport(into: fixture.database)).run([path])
        try fixture.importSBOM(
            #"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"type":"library","bom-ref":"z","name":"zero","#
                + #""version":"1","purl":"pkg:npm/zero@1"}]}"#)
        let scope = try fixture.scope(.project)
        func rows(_ type: String, _ key: String) throws -> [[String: Any]] {
            let found = try #require(ReportCase.every.first { $0.type == type && $0.format == .json })
            return try #require(found.produce(fixture, scope: scope).parts().first).rows(key)
        }
        let found = try #require(try rows("ProjectVulnerabilityReport", "vulnerabilities").first)
        #expect(found["severity"] as? String == "none" && found["cvss3_severity"] as? String == "NONE")
        #expect(found["score"] as? String == "0.0")
        // Resolved vulnerabilities of the earlier content are there, too.
        let alerts = try rows("ProjectSecurityAlertsReport", "alerts").filter {
            $0["vulnerabilityId"] as? String == "CVE-2099-1"
        }
        #expect(alerts.map { $0["severity"] as? String } == ["none"])
        let risk = try fixture.database.snapshot { try RiskFacts.read(scope, updated: 0, on: $0) }
        #expect(risk.open[ShownSeverity.harmless.place] == 1 && risk.open.reduce(0, +) == 1)
        #expect(risk.worstLibraries.first?.counts == [0, 0, 0, 0, 0, 1])
    }
}
