import Database
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Intake

/// Names are matched before the transaction that decides alerts.
struct NameVerdictsTests {
    private static let document = """
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[
         {"type":"library","bom-ref":"a","name":"bad-one","version":"1","purl":"pkg:npm/bad-one@1"},
         {"type":"library","bom-ref":"b","name":"good","version":"1","purl":"pkg:npm/good@1"}]}
        """

    private func add(_ pattern: String, to bench: Workbench) throws {
        let policy = NewPolicy(
            name: pattern, isEnabled: true, filter: "{}", action: "{}", filterType: "NAME", actionType: "REJECT",
            rule: .name(NamePattern(stored: pattern)), priority: nil)
        try bench.database.write { connection in
            _ = try Policies.add(
                policy,
                Writing(
                    in: Scope(kind: .organization, organization: 1), by: .account(0), at: 1, on: connection))
        }
    }

    private func rejected(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT l.artifact FROM alert a JOIN library l ON l.id = a.library
            WHERE a.type = 'REJECTED_BY_POLICY_RESOURCE' AND a.resolved_at = 0 ORDER BY l.artifact
            """)
    }

    @Test(arguments: Engine.allCases) func verdicts(engine: Engine) throws {
        let bench = try Workbench(engine)
        for pattern in ["bad*", "/(?!x)/", "/b.d-one/"] { try add(pattern, to: bench) }
        try bench.sbom(Self.document)
        let scope = Scope(kind: .organization, organization: 1)
        let policies = try bench.database.read { try Policies.own(of: scope, on: $0) }
        let scan = try #require(try bench.database.read { try $0.integer("SELECT max(scan) FROM project") })
        let names = try #require(try NameVerdicts(policies, scan: scan, in: bench.database) { false })
        func verdicts(_ pattern: String, scan: Int64) -> [PolicyMatcher.Verdict?] {
            [1, 2, 3].map { names.column(NamePattern(stored: pattern), inScan: scan).verdict(at: $0) }
        }
        #expect(verdicts("bad*", scan: scan) == [.fits, .differs, nil])
        #expect(verdicts("/b.d-one/", scan: scan) == [.fits, .differs, nil])
        #expect(verdicts("/(?!x)/", scan: scan) == [.unknown, .unknown, .unknown])
        #expect(verdicts("other", scan: scan) == [nil, nil, nil])
        #expect(verdicts("bad*", scan: scan + 1) == [nil, nil, nil])
        // A caller that must stop gets none.
        #expect(try NameVerdicts(policies, scan: scan, in: bench.database) { true } == nil)
        #expect(try rejected(bench) == ["bad-one"])
    }

    /// Without a verdict nothing is decided, and the project is evaluated again.
    @Test(arguments: Engine.allCases) func whatCameInBetweenIsDecidedAfterwards(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(Self.document)
        try add("bad*", to: bench)
        func evaluate() throws {
            try bench.database.write { connection in
                _ = try connection.run("DELETE FROM stale_project")
                let project = try connection.integer("SELECT max(id) FROM project") ?? 0
                let view = try #require(try ProjectView.lock(project: project, organization: 1, on: connection))
                let nothing = try #require(try NameVerdicts([], scan: view.scan, in: bench.database) { false })
                var evaluation = AlertEvaluation(of: view, at: 1, with: nothing, on: connection)
                try evaluation.run()
            }
        }
        try evaluate()
        #expect(try rejected(bench) == [])
        try StaleAlerts(database: bench.database, now: { 2 }).run(organization: 1) { true }
        #expect(try rejected(bench) == ["bad-one"])
        // Its earlier decisions stay in the meantime.
        try evaluate()
        #expect(try rejected(bench) == ["bad-one"])
        #expect(try bench.texts("SELECT project FROM stale_project").count == 1)
    }
}
