import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Reports show the current state of alerts: resolved ones do not count, and severities are current.
struct AlertTruthTests {
    /// All vulnerable libraries of the fixture are removed, except one.
    private static let after = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[
         {"type":"library","bom-ref":"a","name":"rails","version":"7.0.4","purl":"pkg:gem/rails@7.0.4"}]}
        """#

    private func rows(
        _ type: String, _ fields: [String: [String]] = [:], version: APIVersion = .newest,
        _ fixture: InventoryFixture
    ) throws -> [[String: Any]] {
        let report = try #require(ReportCase.every.first { $0.type == type && $0.format == .json })
        let request = try ReportRequest(
            type: type, scope: fixture.scope(report.scope), format: "json", fields: fields, version: version)
        return try Output(Production(request), on: fixture.database).parts().flatMap { try $0.rows("alerts") }
    }

    private func number(_ value: Any?) -> Int { value as? Int ?? 0 }

    /// The rows that the report must have, computed from the alerts themselves.
    private func expected(
        _ states: [String], _ fixture: InventoryFixture
    ) throws -> [String: [Int]] {
        try fixture.database.read { connection in
            var found: [String: [Int]] = [:]
            try connection.each(
                """
                SELECT CAST(a.project AS TEXT) || ' ' || a.library_uuid, v.severity, a.state FROM alert a
                JOIN vulnerability v ON v.id = a.vulnerability
                WHERE a.type = 'SECURITY_VULNERABILITY' AND a.organization = 1
                """
            ) { row in
                guard states.contains(row.string(2)) else { return }
                var counts = found[row.string(0)] ?? [0, 0, 0, 0, 0, 0]
                counts[0] += 1
                if let place = ["critical", "high", "medium", "low"].firstIndex(of: row.string(1)) {
                    counts[place + 1] += 1
                }
                if row.string(2) == "IGNORED" { counts[5] += 1 }
                found[row.string(0)] = counts
            }
            return found
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func resolvedAlertsCountForNoLibrary(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.database.write { connection in
            _ = try connection.run(
                "UPDATE alert SET state = 'IGNORED' WHERE type = 'SECURITY_VULNERABILITY' AND number % 3 = 0")
        }
        try fixture.importSBOM(Self.after)
        let gone = try expected(["RESOLVED"], fixture)
        #expect(!gone.isEmpty)
        for (status, states) in [(nil, ["OPEN", "IGNORED"]), ("resolved", ["RESOLVED"])] as [(String?, [String])] {
            let rows = try rows("OrgLibrarySecurityAlertsReport", status.map { ["status": [$0]] } ?? [:], fixture)
            let counted = rows.map { row in
                let severity = row["severity"] as? [String: Any] ?? [:]
                return [number(row["totalAlerts"])]
                    + ["critical", "high", "medium", "low"].map { number(severity[$0]) }
                    + [number(row["ignoredAlerts"])]
            }
            #expect(
                counted.map(\.description).sorted()
                    == (try expected(states, fixture)).values.map(\.description).sorted())
        }
    }

    /// An alert's description follows the vulnerability, in the words of the version of the API.
    @Test(arguments: TemporaryDatabase.engines) func descriptionsAreTheSeverityNow(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.database.write { connection in
            _ = try connection.run("UPDATE vulnerability SET severity = 'critical' WHERE severity = 'high'")
            _ = try connection.run("UPDATE vulnerability SET severity = '' WHERE severity = 'low'")
        }
        var words: Set<String> = []
        for version in [APIVersion.newest, .v13] {
            for row in try rows("OrgAlertsReport", version: version, fixture) {
                guard row["type"] as? String == "SECURITY_VULNERABILITY" else { continue }
                let vulnerability = try #require(row["vulnerability"] as? [String: Any])
                let severity = vulnerability["severity"] as? String
                let description = row["description"] as? String
                #expect(description == severity.map { "\($0.capitalized):1," } ?? "")
                if version == .v13 { #expect(severity != "critical") }
                words.insert(description ?? "")
            }
        }
        #expect(words.isSuperset(of: ["Critical:1,", "High:1,"]))
    }

    /// A vulnerability may be critical without a score; it then comes before less severe ones.
    @Test(arguments: TemporaryDatabase.engines) func theWorstComesFirst(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let names = try fixture.database.read { connection in
            try connection.all(
                """
                SELECT DISTINCT v.name FROM vulnerability v JOIN alert a ON a.vulnerability = v.id
                WHERE a.state = 'OPEN' ORDER BY v.name
                """
            ) { $0.string(0) }
        }
        try #require(names.count > 2)
        let (malware, low) = (names[1], names[2])
        try fixture.database.write { connection in
            _ = try connection.run(
                "UPDATE vulnerability SET severity = 'critical', score = NULL WHERE name = \(malware)")
            _ = try connection.run("UPDATE vulnerability SET severity = 'low', score = 39 WHERE name = \(low)")
            _ = try connection.run(
                "UPDATE vulnerability SET severity = 'high', score = 88 WHERE name NOT IN (\(malware), \(low))")
            // The likelihood of exploitation counts, too.
            _ = try connection.run("DELETE FROM likelihood")
        }
        let facts = try fixture.database.snapshot {
            try RiskFacts.read(fixture.scope(.organization), updated: 0, on: $0)
        }
        // Exploited vulnerabilities come first, in a separate list. A vulnerability has a row for each library.
        let listed = facts.exploitedVulnerabilities + facts.worstVulnerabilities
        #expect(listed.first?.name == malware)
        // The list has a limit: low ones come last or are left out.
        #expect(listed.contains { $0.name != malware && $0.name != low })
        #expect(listed.drop { $0.name != low }.allSatisfy { $0.name == low })
        #expect((facts.worstLibraries.first?.counts.first ?? 0) > 0)
    }

    /// A filter with several values selects rows with any of them. Where only one value is allowed, several are an
    /// error, so none is silently ignored.
    @Test(arguments: TemporaryDatabase.engines) func severalValues(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let all = try rows("OrgSecurityAlertsReport", [:], fixture)
        let names = Array(Set(all.compactMap { $0["vulnerabilityId"] as? String })).sorted().prefix(3)
        try #require(names.count == 3)
        let wanted = all.filter { names.contains($0["vulnerabilityId"] as? String ?? "") }.count
        #expect(try rows("OrgSecurityAlertsReport", ["cve": Array(names)], fixture).count == wanted)
        #expect(try rows("OrgSecurityAlertsReport", ["cve": [names.joined(separator: ", ")]], fixture).count == wanted)
        let projects = Array(Set(all.compactMap { $0["project"] as? String })).sorted()
        #expect(try rows("OrgSecurityAlertsReport", ["project": projects], fixture).count == all.count)
        #expect(try rows("OrgSecurityAlertsReport", ["status": ["active", "resolved"]], fixture).count == all.count)
        #expect(
            try rows("OrgSecurityAlertsReport", ["status": ["Active,ignored"]], fixture).count == all.count)
        for (type, key, values) in [
            ("OrgVulnerabilityReport", "status", ["active", "ignored"]),
            ("OrgInventoryReport", "includeInHouseData", ["true", "false"]),
            ("OrgVulnerabilityReport", "fromDate", ["2024-01-01", "2025-01-01"]),
            ("OrgVulnerabilityReport", "cve", (0..<101).map { "CVE-2024-\($0)" }),
        ] {
            do {
                _ = try ReportRequest(
                    type: type, scope: Scope(kind: .organization, organization: 1), format: "json",
                    fields: [key: values])
                Issue.record("\(type) took several values for \(key)")
            } catch {
                #expect(error.description.contains(key))
            }
        }
    }
}
