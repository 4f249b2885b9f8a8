import Database
import Foundation
import Inventory
import Jobs
import TestSupport
import Testing

@testable import Intake

/// Claims of documents about vulnerabilities: alerts, their own rows, and their change when advisories arrive.
struct ClaimTests {
    private static let rating = #"""
        "ratings":[{"method":"CVSSv31","score":9.8,"severity":"critical","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "description":"From the document.","recommendation":"Take 2.","cwes":[79]
        """#

    private func claim(
        _ id: String, aliases: [String] = [], at ref: String = "a", _ more: String = rating
    ) -> String {
        let references = aliases.map { #"{"id":"\#($0)","source":{"name":"x"}}"# }.joined(separator: ",")
        return #"{"id":"\#(id)","references":[\#(references)],\#(more),"affects":[{"ref":"\#(ref)"}]}"#
    }

    private func document(_ claims: String...) -> String {
        cycloneDX([("a", "1"), ("b", "1")], more: ",\"vulnerabilities\":[\(claims.joined(separator: ","))]")
    }

    private func advise(_ bench: Workbench, _ records: String...) throws {
        let path = bench.folder.path("\(UUID().uuidString).jsonl")
        try Data(records.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        try bench.queue.matchAll()
        try settle(bench)
    }

    private func settle(_ bench: Workbench) throws {
        let alerts = StaleAlerts(database: bench.database, now: bench.queue.now)
        for organization in 1...2 { try alerts.run(organization: Int64(organization)) { true } }
    }

    /// `library vulnerability state` for each alert about a vulnerability, with the vulnerability's owner and
    /// severity.
    private func alerts(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT l.artifact, a.subject, a.state, v.organization, v.severity FROM alert a
            JOIN library l ON l.id = a.library JOIN vulnerability v ON v.id = a.vulnerability
            WHERE a.type = 'SECURITY_VULNERABILITY' ORDER BY a.project, l.artifact, a.subject, a.number
            """)
    }

    private func exposures(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT l.artifact, v.name, e.found, e.claim, e.state FROM exposure e JOIN project p ON p.scan = e.scan
            JOIN occurrence o ON o.scan = e.scan AND o.position = e.position JOIN library l ON l.id = o.library
            JOIN vulnerability v ON v.id = e.vulnerability ORDER BY p.id, l.artifact, v.name
            """)
    }

    private static let advisory = #"""
        {"id":"GHSA-1111-1111-1111","aliases":["CVE-2026-1"],"modified":"2026-01-01T00:00:00Z","affected":[
        {"package":{"ecosystem":"npm","name":"a"},"versions":["1"]}],"database_specific":{"severity":"LOW"}}
        """#.replacing("\n", with: "")

    @Test(arguments: Engine.allCases)
    func `A claim that no advisory knows is an alert with the document's facts`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(document(claim("CVE-2026-1", aliases: ["GHSA-1111-1111-1111"])))
        #expect(try alerts(bench) == ["a|CVE-2026-1|OPEN|1|critical"])
        #expect(try exposures(bench) == ["a|CVE-2026-1|0|0|"])
        let facts = try bench.texts(
            "SELECT score, cvss_version, aliases, description, recommendation, weaknesses, url FROM vulnerability")
        #expect(
            facts == [
                "98|3.1|GHSA-1111-1111-1111|From the document.|Take 2.|CWE-79|"
                    + "https://nvd.nist.gov/vuln/detail/CVE-2026-1"
            ])
        #expect(
            try bench.texts("SELECT severity, open_alerts, ignored_alerts FROM project_severity") == ["critical|1|0"])
        // It ends with the document and becomes history.
        try bench.sbom(document())
        #expect(try alerts(bench) == ["a|CVE-2026-1|RESOLVED|1|critical"])
        #expect(try exposures(bench).isEmpty)
        #expect(try bench.texts("SELECT severity, open_alerts FROM project_severity").isEmpty)
        // Deleting the project removes all of it.
        try bench.database.write { connection in
            let ids = try connection.first("SELECT id, product FROM project") { ($0.integer(0), $0.integer(1)) }
            let scope = Scope(kind: .project, organization: 1, product: ids?.1 ?? 0, project: ids?.0 ?? 0)
            try Deletion.project(Writing(in: scope, by: .system, at: 1, on: connection))
        }
        try bench.intake.sweep()
        for table in ["vulnerability", "vulnerability_name", "exposure", "claimed_vulnerability"] as [StaticString] {
            #expect(try bench.number("SELECT count(*) FROM \(literal: table)") == 0, "\(table)")
        }
    }

    @Test(arguments: Engine.allCases, [true, false])
    func `Claims and advisories are merged by any name, whichever came first`(engine: Engine, isFirst: Bool) throws {
        let bench = try Workbench(engine)
        if isFirst { try advise(bench, Self.advisory) }
        try bench.sbom(document(claim("GHSA-1111-1111-1111"), claim("GHSA-1111-1111-1111", at: "b")))
        if !isFirst {
            #expect(try alerts(bench).count == 2)
            try advise(bench, Self.advisory)
        }
        // The advisory's name and severity; `b` has a claim but no finding.
        #expect(try alerts(bench) == ["a|CVE-2026-1|OPEN|0|low", "b|CVE-2026-1|OPEN|0|low"])
        #expect(try exposures(bench) == ["a|CVE-2026-1|1|0|", "b|CVE-2026-1|0|1|"])
        #expect(try bench.number("SELECT count(*) FROM vulnerability WHERE organization > 0") == 0)
        // A changed advisory also changes claimed vulnerabilities.
        let revision = try bench.number("SELECT revision FROM project")
        try advise(
            bench, Self.advisory.replacing("LOW", with: "HIGH").replacing("2026-01-01T", with: "2026-01-02T"))
        #expect(try alerts(bench) == ["a|CVE-2026-1|OPEN|0|high", "b|CVE-2026-1|OPEN|0|high"])
        #expect(try bench.number("SELECT revision FROM project") > revision)
    }

    @Test(arguments: Engine.allCases)
    func `A decision survives another name of the vulnerability`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(document(claim("GHSA-1111-1111-1111")))
        let uuid = try bench.texts("SELECT uuid FROM alert WHERE type = 'SECURITY_VULNERABILITY'")
        try bench.database.write { connection in
            try Alerts.decide(
                .ignore(until: 0, because: .none), on: uuid, comments: "not called",
                Writing(
                    in: Scope(kind: .organization, organization: 1), by: .account(7), at: 5, on: connection))
        }
        try advise(bench, Self.advisory)
        #expect(try alerts(bench) == ["a|CVE-2026-1|IGNORED|0|low"])
        #expect(try bench.texts("SELECT uuid FROM alert WHERE type = 'SECURITY_VULNERABILITY'") == uuid)
        #expect(try bench.texts("SELECT severity, open_alerts, ignored_alerts FROM project_severity") == ["low|0|1"])
        // The old name is free for another vulnerability.
        try advise(
            bench, Self.advisory.replacing(#""aliases":["CVE-2026-1"],"#, with: "").replacing("01-01T", with: "01-03T"))
        #expect(try alerts(bench) == ["a|CVE-2026-1|RESOLVED|0|low", "a|GHSA-1111-1111-1111|OPEN|0|low"])
    }

    @Test(arguments: Engine.allCases)
    func `Documents of an organization agree, and another's sees nothing of them`(engine: Engine) throws {
        let worse = claim("CVE-2026-1", aliases: ["GHSA-1111-1111-1111"])
        let milder = claim("GHSA-1111-1111-1111", #""ratings":[{"severity":"low"}],"description":"Milder.""#)
        for order in [[("A", milder), ("B", worse)], [("B", worse), ("A", milder)]] {
            let bench = try Workbench(engine)
            for (project, said) in order { try bench.sbom(document(said), project: project) }
            try bench.sbom(document(milder), organization: 2, project: "C")
            try settle(bench)
            #expect(
                try alerts(bench).sorted() == [
                    "a|CVE-2026-1|OPEN|1|critical", "a|CVE-2026-1|OPEN|1|critical", "a|GHSA-1111-1111-1111|OPEN|2|low",
                ])
            // Importing a document again changes nothing elsewhere.
            let revision = try bench.texts("SELECT revision FROM project WHERE name = 'A'")
            try bench.sbom(document(worse), project: "B")
            try settle(bench)
            #expect(try bench.texts("SELECT revision FROM project WHERE name = 'A'") == revision)
            #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)
            // The document with the claim was deleted, so the other one counts.
            try bench.sbom(document(), project: "B")
            try settle(bench)
            try bench.intake.sweep()
            #expect(
                try bench.texts("SELECT name, severity, description FROM vulnerability WHERE organization = 1")
                    == ["CVE-2026-1|low|Milder."])
        }
    }

    @Test(arguments: Engine.allCases)
    func `A claim that settles the matter is an ignored alert with its reason`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let analysis = #""analysis":{"state":"false_positive","detail":"other code"}"#
        try bench.sbom(document(claim("X-1", analysis)))
        #expect(try alerts(bench) == ["a|X-1|IGNORED|1|"])
        #expect(try exposures(bench) == ["a|X-1|0|0|false_positive"])
        #expect(
            try bench.texts("SELECT comments FROM alert WHERE subject = 'X-1'") == ["VEX: false positive: other code"])
        #expect(try bench.texts("SELECT severity, open_alerts, ignored_alerts FROM project_severity") == ["|0|1"])
    }

    @Test(arguments: Engine.allCases)
    func `Two CVEs stay two, and one claim of both is of each`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(
            document(claim("GHSA-9", aliases: ["CVE-2026-1", "CVE-2026-2"]), claim("CVE-2026-1", aliases: ["GHSA-9"])))
        #expect(try alerts(bench) == ["a|CVE-2026-1|OPEN|1|critical", "a|CVE-2026-2|OPEN|1|critical"])
    }

    @Test(arguments: Engine.allCases)
    func `Policies see what is claimed, and in-house libraries have nothing`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.database.write { connection in
            _ = try connection.run(
                """
                INSERT INTO policy (id, organization, priority, name, enabled, filter, action, filter_type, action_type, rule,
                    aged_day, created_at)
                VALUES (1, 1, 1, 'No critical', 1, '{}', '{}', 'SEVERITY', 'REJECT', \("SEVERITY\nCRITICAL"), -1, 1)
                """)
        }
        try bench.sbom(document(claim("CVE-2026-1")))
        #expect(
            try bench.texts("SELECT l.artifact FROM alert a JOIN library l ON l.id = a.library WHERE a.policy = 1") == [
                "a"
            ])
        try bench.database.write { connection in
            try connection.run("UPDATE library SET in_house = 1 WHERE artifact = 'a'")
            try StaleProject.mark("SELECT id FROM project", on: connection)
        }
        try settle(bench)
        #expect(try alerts(bench) == ["a|CVE-2026-1|RESOLVED|1|critical"])
        #expect(try exposures(bench).isEmpty)
    }

    /// All rows that claims and exposures refer to exist, also after changes and removals.
    @Test(arguments: TemporaryDatabase.engines)
    func `Nothing refers to what is not there`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let references: [(what: String, from: SQL, to: SQL)] = [
            (
                "occurrence of an exposure", "exposure e WHERE 0 = 0",
                "occurrence o WHERE o.scan = e.scan AND o.position = e.position"
            ),
            ("vulnerability of an exposure", "exposure e WHERE 0 = 0", "vulnerability v WHERE v.id = e.vulnerability"),
            (
                "claim of an exposure", "exposure e WHERE e.claim >= 0",
                "vulnerability_claim c WHERE c.scan = e.scan AND c.position = e.claim"
            ),
            (
                "library of a claim", "library_claim k WHERE k.occurrence > 0",
                "occurrence o WHERE o.scan = k.scan AND o.position = k.occurrence"
            ),
            (
                "entry of a claim", "library_claim k WHERE 0 = 0",
                "vulnerability_claim c WHERE c.scan = k.scan AND c.position = k.claim"
            ),
            (
                "claim that is about a vulnerability", "claimed_vulnerability k WHERE 0 = 0",
                "vulnerability_claim c WHERE c.scan = k.scan AND c.position = k.claim"
            ),
            (
                "vulnerability that a claim is about", "claimed_vulnerability k WHERE 0 = 0",
                "vulnerability v WHERE v.id = k.vulnerability"
            ),
            (
                "vulnerability of a name", "vulnerability_name n WHERE 0 = 0",
                "vulnerability v WHERE v.id = n.vulnerability AND v.organization = n.organization"
            ),
            (
                "claim that describes a vulnerability", "vulnerability v WHERE v.claim_scan > 0",
                "vulnerability_claim c WHERE c.scan = v.claim_scan AND c.position = v.claim"
            ),
            (
                "vulnerability of an alert", "alert a WHERE a.vulnerability > 0",
                "vulnerability v WHERE v.id = a.vulnerability"
            ),
            ("scan of a basis", "scan_basis b WHERE 0 = 0", "scan s WHERE s.id = b.scan"),
        ]
        func walk(_ when: String) throws {
            try settle(bench)
            _ = try bench.intake.sweep()
            for (what, from, to) in references {
                let lost = try bench.number("SELECT count(*) FROM \(from) AND NOT EXISTS (SELECT 1 FROM \(to))")
                #expect(lost == 0, "\(when): the \(what) is not there")
            }
        }
        try bench.sbom(document(claim("OWN-1", aliases: ["OWN-2"]), claim("GHSA-1", at: "b")))
        try bench.sbom(document(claim("OWN-2")), project: "Other")
        #expect(try bench.number("SELECT count(*) FROM claimed_vulnerability") > 1)
        try walk("first")
        try advise(bench, Self.advisory)
        try walk("advisories")
        try bench.sbom(document(claim("OWN-3", at: "b")))
        try walk("another document")
        try bench.sbom(document(), project: "Other")
        try walk("no claims")
        try bench.sbom(cycloneDX([("c", "1")]))
        try walk("other libraries")
    }
}
