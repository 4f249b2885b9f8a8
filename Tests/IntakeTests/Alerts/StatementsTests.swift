import Database
import Foundation
import Jobs
import TestSupport
import Testing

@testable import Intake

/// A document's statements about vulnerabilities (VEX) count for its alerts: CycloneDX 1.6, `vulnerabilities`.
struct StatementsTests {
    private func document(_ vulnerabilities: String) -> String {
        """
        {"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"vulnerabilities":[\(vulnerabilities)],
         "components":[{"type":"library","bom-ref":"a","name":"a","version":"1","purl":"pkg:npm/a@1"},
          {"type":"library","bom-ref":"b","name":"b","version":"1","purl":"pkg:npm/b@1"}]}
        """
    }

    private static let advisory = #"""
        {"id":"GHSA-aaaa-bbbb-cccc","aliases":["CVE-2026-1"],"modified":"2026-01-01T00:00:00Z","affected":[
         {"package":{"ecosystem":"npm","name":"a"},"versions":["1"]},{"package":{"ecosystem":"npm","name":"b"},"versions":["1"]}]}
        """#

    private func alerts(_ fixture: InventoryFixture) throws -> [[String]] {
        try fixture.database.read { connection in
            try connection.all(
                """
                SELECT l.artifact, a.state, a.comments FROM alert a JOIN library l ON l.id = a.library
                WHERE a.type = 'SECURITY_VULNERABILITY' ORDER BY l.artifact, a.subject
                """
            ) { row in (0..<3).map { row.string($0) } }
        }
    }

    @Test func `Words that no standard knows say nothing`() throws {
        let fixture = try InventoryFixture(.sqlite, isFilled: false)
        let claims = """
            {"id":"X-1","analysis":{"state":"false_positive","justification":"null"},"affects":[{"ref":"a"}]},
            {"id":"X-2","analysis":{"state":"undefined","justification":"code_not_present"},"affects":[{"ref":"b"}]}
            """
        try fixture.importSBOM(document(claims))
        #expect(try alerts(fixture) == [["a", "IGNORED", "VEX: false positive"], ["b", "OPEN", ""]])
        let states = try fixture.database.read {
            try $0.all("SELECT state FROM exposure ORDER BY position") { $0.string(0) }
        }
        #expect(states == ["false_positive", ""])
    }

    @Test(arguments: Engine.allCases) func aStatementIgnoresUntilItIsTakenBack(engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        let folder = try TemporaryFolder()
        let path = folder.path("a.json")
        try Data(Self.advisory.replacing("\n", with: "").utf8).write(to: URL(fileURLWithPath: path))
        _ = try AdvisoryImport(RecordImport(into: fixture.database)).run([path])
        try fixture.queue.matchAll()
        // They come before the components, under another name than Waybill's.
        let statement = """
            {"id":"CVE-2026-1","analysis":{"state":"not_affected","justification":"code_not_reachable","detail":"no call"},
             "affects":[{"ref":"a"},{"ref":"nowhere"}]}
            """
        try fixture.importSBOM(document(statement))
        #expect(
            try alerts(fixture) == [
                ["a", "IGNORED", "VEX: not affected (code not reachable): no call"], ["b", "OPEN", ""],
            ])
        // By another name, and for an exploitable one.
        let others = """
            {"id":"GHSA-aaaa-bbbb-cccc","analysis":{"state":"exploitable"},"affects":[{"ref":"a"}]},
            {"id":"X-1","references":[],"affects":[{"ref":"b","versions":[{"version":"1","status":"unaffected"}]}]}
            """
        try fixture.importSBOM(document(others))
        #expect(try alerts(fixture).map { $0[1] } == ["OPEN", "OPEN", "IGNORED"])
        let claims = try fixture.database.read { connection in
            try connection.all(
                """
                SELECT c.vulnerability, c.state FROM library_claim c JOIN project p ON p.scan = c.scan
                ORDER BY c.vulnerability
                """
            ) { [$0.string(0), $0.string(1)] }
        }
        #expect(claims == [["GHSA-aaaa-bbbb-cccc", "exploitable"], ["X-1", "not_affected"]])
        // The statements of the first document are deleted with it.
        _ = try fixture.intake.sweep()
        let left = try fixture.database.read { try $0.integer("SELECT count(*) FROM library_claim") }
        #expect(left == 2)
    }
}
