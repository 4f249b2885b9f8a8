import Database
import TestSupport
import Testing

@testable import Reports

/// A score has one value under one name.
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
}
