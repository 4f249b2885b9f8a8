import Bytes
import Database
import Foundation
import Inventory
import Jobs
import TestSupport
import Testing

@testable import Intake

/// Statements (VEX) in separate documents: their targets, and the outcome of statements without one.
@Suite struct StatementImportTests {
    /// One OpenVEX statement.
    private func say(
        _ vulnerability: String, _ product: String, _ status: String, part: String? = nil, at time: String? = nil,
        _ more: String = ""
    ) -> String {
        let parts = part.map { #","subcomponents":[{"@id":"\#($0)"}]"# } ?? ""
        let time = time.map { #","timestamp":"\#($0)T00:00:00Z""# } ?? ""
        return """
            {"vulnerability":{"name":"\(vulnerability)"},"products":[{"@id":"\(product)"\(parts)}],"status":"\(status)"\(time)\(more)}
            """
    }

    private func document(
        _ statements: String..., author: String = "Example", id: String = "urn:x:1", at time: String = "2024-06-01"
    ) -> String {
        """
        {"@context":"https://openvex.dev/ns/v0.2.0","@id":"\(id)","author":"\(author)","timestamp":"\(time)T00:00:00Z",
        "version":1,"statements":[\(statements.joined(separator: ","))]}
        """
    }

    @discardableResult
    private func take(
        _ text: String, on bench: Workbench, organization: Int64 = 1, project: Int64 = 0
    ) throws -> StatementSummary {
        let job = IntakeJob(
            kind: .vex, path: try bench.file(text),
            destination: Intake.Destination(organization: organization, product: ""))
        let queue = bench.queue
        let submitted = try bench.database.write { connection in
            try queue.submit(
                job.newJob(uuid: UUID().uuidString.lowercased(), project: project), claimedBy: "me", on: connection)
        }
        let result = try IntakeJob.run(
            Lease(job: submitted, owner: "me"), intake: bench.intake, dataFolder: bench.folder.path(""))
        return try #require(result.statements)
    }

    /// Statements leave the reserve of the disk free, like bills of materials.
    @Test(arguments: TemporaryDatabase.engines) func `Statements wait for room on the disk`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let text = document(say("CVE-1", "pkg:npm/a@1", "not_affected", #","justification":"component_not_present""#))
        let job = IntakeJob(
            kind: .vex, path: try bench.file(text), destination: Intake.Destination(organization: 1, product: ""))
        let lease = try bench.lease(job)
        var intake = Intake(queue: bench.queue, newToken: bench.intake.newToken)
        intake.hasRoom = { false }
        do {
            try IntakeJob.run(lease, intake: intake, dataFolder: bench.folder.path(""))
            Issue.record("the statements were written where there is no room")
        } catch WorkError.waiting(let outage, _) {
            #expect(outage == .disk)
        }
        #expect(try bench.number("SELECT count(*) FROM vex_document") == 0, "what was staged is gone")
        intake.hasRoom = { true }
        try IntakeJob.run(lease, intake: intake, dataFolder: bench.folder.path(""))
        #expect(try bench.number("SELECT count(*) FROM vex_document") == 1)
    }

    private func advise(_ bench: Workbench, _ names: String...) throws {
        let records = names.map {
            #"{"id":"\#($0)","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"},"#
                + #""ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]}"#
        }
        let path = bench.folder.path("\(UUID().uuidString).jsonl")
        try Data(records.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        try bench.queue.matchAll()
    }

    private func alerts(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT p.name, l.artifact, a.subject, a.state FROM alert a JOIN project p ON p.id = a.project
            JOIN library l ON l.id = a.library WHERE a.type = 'SECURITY_VULNERABILITY' AND a.state <> 'RESOLVED'
            ORDER BY p.name, l.artifact, a.subject
            """)
    }

    private func project(_ bench: Workbench, _ name: String = "Project") throws -> Int64 {
        Int64(try bench.number("SELECT id FROM project WHERE name = \(name)"))
    }

    // MARK: Applying

    @Test(arguments: Engine.allCases)
    func `Statements decide alerts, and say why others do not`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(cycloneDX([("a", "1"), ("b", "1")]))
        try advise(bench, "CVE-2024-1", "CVE-2024-2")
        let summary = try take(
            document(
                say("CVE-2024-1", "pkg:npm/a@1", "not_affected"), say("CVE-2024-2", "pkg:npm/a", "affected"),
                say("CVE-2024-3", "pkg:npm/gone@1", "fixed"), say("CVE-2024-4", "pkg:npm/a@2", "fixed"),
                say("CVE-2024-5", "pkg:npm/a@1", "well")), on: bench)
        #expect(try alerts(bench) == ["Project|a|CVE-2024-1|IGNORED", "Project|a|CVE-2024-2|OPEN"])
        #expect(summary.statements == 5 && summary.applied == 2 && summary.superseded == 0)
        #expect(summary.notApplied.map(\.vulnerability) == ["CVE-2024-3", "CVE-2024-4", "CVE-2024-5"])
        #expect(summary.notApplied[2].reason.contains("\"well\""))
        #expect(
            try bench.texts("SELECT comments FROM alert WHERE state = 'IGNORED'") == ["VEX (Example): not affected"])
        // Repeated, and after another import of the project: nothing changes.
        try take(document(say("CVE-2024-1", "pkg:npm/a@1", "not_affected")), on: bench)
        try bench.sbom(cycloneDX([("a", "1"), ("b", "1"), ("c", "1")]))
        #expect(try alerts(bench) == ["Project|a|CVE-2024-1|IGNORED", "Project|a|CVE-2024-2|OPEN"])
    }

    @Test(arguments: Engine.allCases)
    func `A statement waits for its project and its vulnerability`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let text = document(
            say("GHSA-aaaa-bbbb-cccc", "pkg:npm/a@1", "not_affected"), say("CVE-2024-2", "root", "fixed"))
        let first = try take(text, on: bench)
        #expect(first.applied == 0 && first.notApplied.count == 2)
        try bench.sbom(cycloneDX([("a", "1")]))
        // A vulnerability that no advisory knows becomes a claim.
        #expect(try alerts(bench) == ["Project|a|GHSA-aaaa-bbbb-cccc|IGNORED"])
        let record =
            #"{"id":"CVE-2024-9","aliases":["GHSA-aaaa-bbbb-cccc"],"modified":"2024-01-01T00:00:00Z","affected":[{"package":"#
            + #"{"ecosystem":"npm","name":"a"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]}"#
        let path = bench.folder.path("late.jsonl")
        try Data(record.utf8).write(to: URL(fileURLWithPath: path))
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        try bench.queue.matchAll()
        #expect(try alerts(bench) == ["Project|a|CVE-2024-9|IGNORED"])
        #expect(try take(text, on: bench).applied == 1)
    }

    @Test func `Statements of all kinds make claims, and a claim goes with its document`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("a", "1"), ("b", "1")]))
        try take(document(say("CVE-2024-1", "pkg:npm/b@1", "affected")), on: bench)
        try take(
            """
            {"document":{"csaf_version":"2.0","publisher":{"name":"C"},"tracking":{"id":"1","current_release_date":"2024-06-01T00:00:00Z"}},
            "product_tree":{"full_product_names":[{"product_id":"P","name":"b 1"}]},
            "vulnerabilities":[{"cve":"CVE-2024-2","product_status":{"under_investigation":["P"]}}]}
            """, on: bench)
        try take(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","vulnerabilities":[{"id":"CVE-2024-3",
            "ratings":[{"severity":"high"}],"analysis":{"state":"exploitable"},"affects":[{"ref":"pkg:npm/b@1"}]}]}
            """, on: bench)
        #expect(
            try alerts(bench) == [
                "Project|b|CVE-2024-1|OPEN", "Project|b|CVE-2024-2|OPEN", "Project|b|CVE-2024-3|OPEN",
            ])
        #expect(try bench.texts("SELECT severity FROM vulnerability WHERE name = 'CVE-2024-3'") == ["high"])
        // A later edition does not contain the first one's statement.
        try take(document(say("CVE-2024-8", "pkg:npm/b@1", "fixed"), at: "2024-07-01"), on: bench)
        #expect(
            try alerts(bench) == [
                "Project|b|CVE-2024-2|OPEN", "Project|b|CVE-2024-3|OPEN", "Project|b|CVE-2024-8|IGNORED",
            ])
    }

    @Test(arguments: Engine.allCases, ["under_investigation", "affected", "fixed"])
    func `A statement without a version adds nothing to a version that advisories call free`(
        engine: Engine, status: String
    ) throws {
        let bench = try Workbench(engine)
        let packages = ["0.5.0", "2.0.0"].map {
            #"{"type":"library","bom-ref":"a\#($0)","name":"a","version":"\#($0)","purl":"pkg:npm/a@\#($0)"}"#
        }
        try bench.sbom(
            #"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[\#(packages.joined(separator: ","))]}"#)
        let record =
            #"{"id":"CVE-2024-1","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"},"#
            + #""ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.0.0"}]}]}]}"#
        let path = bench.folder.path("one.jsonl")
        try Data(record.utf8).write(to: URL(fileURLWithPath: path))
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        try bench.queue.matchAll()
        func affected() throws -> [String] {
            try bench.texts(
                """
                SELECT l.version FROM exposure e JOIN occurrence o ON o.scan = e.scan AND o.position = e.position
                JOIN library l ON l.id = o.library ORDER BY l.version
                """)
        }
        #expect(try take(document(say("CVE-2024-1", "pkg:npm/a", status)), on: bench).applied == 1)
        #expect(try affected() == ["0.5.0"])
        // Its author claims this version, whatever advisories say.
        #expect(
            try take(document(say("CVE-2024-1", "pkg:npm/a@2.0.0", status), id: "urn:x:2"), on: bench).applied == 1)
        #expect(try affected() == ["0.5.0", "2.0.0"])
    }

    // MARK: Products

    @Test func `Products are found by token, name, package, part and BOM-Link`() throws {
        let bench = try Workbench()
        let serial = "3e671687-395b-41f5-a30f-a58921a69b79"
        let bom = cycloneDX([("a", "1"), ("b", "1")]).replacingOccurrences(
            of: "\"version\":1,", with: "\"serialNumber\":\"urn:uuid:\(serial)\",\"version\":1,",
            options: [], range: nil)
        let result = try bench.sbom(bom)
        try bench.sbom(cycloneDX(root: "other", [("a", "1")]), project: "Other")
        try advise(bench, "CVE-1", "CVE-2", "CVE-3", "CVE-4", "CVE-5")
        try take(
            document(
                say("CVE-1", result.projectToken, "fixed"),
                say("CVE-2", result.projectToken, "fixed", part: "pkg:npm/a"),
                say("CVE-3", "urn:cdx:\(serial)/1#a", "fixed"), say("CVE-4", "urn:cdx:\(serial)/2#a", "fixed")),
            on: bench)
        try take(
            """
            {"document":{"csaf_version":"2.0","publisher":{"name":"C"},"tracking":{"id":"1","current_release_date":"2024-06-01T00:00:00Z"}},
            "product_tree":{"branches":[{"category":"product_name","name":"shop","branches":[{"category":"product_version",
            "name":"1.0","product":{"product_id":"S","name":"shop 1.0"}}]}]},
            "vulnerabilities":[{"cve":"CVE-5","product_status":{"fixed":["S"]}}]}
            """, on: bench)
        let ignored = try alerts(bench).filter { $0.hasSuffix("IGNORED") }
        #expect(
            ignored == [
                "Project|a|CVE-1|IGNORED", "Project|a|CVE-2|IGNORED", "Project|a|CVE-3|IGNORED",
                "Project|a|CVE-5|IGNORED",
            ])
    }

    @Test func `A digest and a range name libraries, too`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("a", "1.5.0")]))
        try advise(bench, "CVE-1", "CVE-2", "CVE-3")
        try take(
            document(
                say("CVE-1", "x", "fixed").replacingOccurrences(
                    of: #""@id":"x""#, with: #""@id":"x","hashes":{"sha1":"5BEDD0FA987065A13D5ED2A535C550770842A7FA"}"#),
                say("CVE-2", "pkg:npm/a?vers=vers:npm/%3C2.0.0", "fixed"),
                say("CVE-3", "pkg:npm/a?vers=vers:npm/%3E2.0.0", "fixed")), on: bench)
        #expect(
            try alerts(bench) == [
                "Project|a|CVE-1|IGNORED", "Project|a|CVE-2|IGNORED", "Project|a|CVE-3|OPEN",
            ])
    }

    @Test func `A document for one project is about no other, and another organization's token is unknown`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("a", "1")]))
        try bench.sbom(cycloneDX([("a", "1")]), project: "Other")
        let foreign = try bench.sbom(cycloneDX([("a", "1")]), organization: 2)
        try advise(bench, "CVE-1", "CVE-2")
        try take(
            document(say("CVE-1", "pkg:oci/whatever", "fixed", part: "pkg:npm/a@1")), on: bench, project: project(bench)
        )
        let summary = try take(
            document(
                say("CVE-2", foreign.projectToken, "fixed"), say("CVE-2", String(repeating: "0", count: 64), "fixed"),
                id: "urn:x:2"), on: bench)
        #expect(Set(summary.notApplied.map(\.reason)).count == 1 && summary.notApplied.count == 2)
        #expect(try alerts(bench).filter { $0.hasSuffix("IGNORED") } == ["Project|a|CVE-1|IGNORED"])
    }

    // MARK: Who counts

    @Test func `A newer statement of the same author supersedes, whichever comes first`() throws {
        let old = document(say("CVE-1", "pkg:npm/a@1", "not_affected", at: "2024-01-01"), id: "urn:x:old")
        let new = document(say("CVE-1", "pkg:npm/a@1", "affected", at: "2024-02-01"), id: "urn:x:new")
        for order in [[old, new], [new, old]] {
            let bench = try Workbench()
            try bench.sbom(cycloneDX([("a", "1")]))
            try advise(bench, "CVE-1")
            for text in order { try take(text, on: bench) }
            #expect(try alerts(bench) == ["Project|a|CVE-1|OPEN"])
            #expect(try take(old, on: bench).superseded == 1)
            #expect(try take(new, on: bench).applied == 1)
            let other = document(
                say("CVE-1", "pkg:npm/a@1", "fixed", at: "2024-01-15"), author: "Other", id: "urn:x:other")
            #expect(try take(other, on: bench).notApplied.first?.reason.contains("Example") == true)
        }
    }

    @Test func `A person's decision counts before documents, and a newer document contests it`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("a", "1")]))
        try advise(bench, "CVE-1")
        let uuid = try bench.texts("SELECT uuid FROM alert WHERE type = 'SECURITY_VULNERABILITY'")
        let time = bench.queue.now()
        func decide(_ decision: AlertDecision, at time: Int64) throws {
            try bench.database.write { connection in
                let writing = Writing(
                    in: Scope(kind: .organization, organization: 1), by: .account(7), at: time, on: connection)
                try Alerts.decide(decision, on: uuid, comments: "looked", writing)
            }
        }
        try decide(.ignore(until: 0, because: IgnoreReason(.notAffected)), at: time)
        let older = document(say("CVE-1", "pkg:npm/a@1", "affected"), id: "urn:x:1")
        #expect(try take(older, on: bench).notApplied.first?.reason.contains("person") == true)
        #expect(try bench.number("SELECT contested FROM alert WHERE subject = 'CVE-1'") == 0)
        let newer = document(say("CVE-1", "pkg:npm/a@1", "affected", at: "2999-01-01"), id: "urn:x:2")
        try take(newer, on: bench)
        #expect(try bench.number("SELECT contested FROM alert WHERE subject = 'CVE-1'") > 0)
        #expect(try alerts(bench) == ["Project|a|CVE-1|IGNORED"])
        try decide(.open, at: time + 1)
        #expect(try bench.number("SELECT contested FROM alert WHERE subject = 'CVE-1'") == 0)
    }

    @Test func `A document is about so many products, and says which statements are over that`() throws {
        let bench = try Workbench()
        let products = (0..<30_000).map { "{\"@id\":\"pkg:npm/p\($0)@1\"}" }.joined(separator: ",")
        let statements = [1, 2, 3].map { number in
            let named = number < 3 ? products : "{\"@id\":\"pkg:npm/a@1\"}"
            return "{\"vulnerability\":{\"name\":\"CVE-2026-\(number)\"},\"products\":[\(named)],\"status\":\"fixed\"}"
        }
        let summary = try take(
            """
            {"@context":"https://openvex.dev/ns/v0.2.0","@id":"urn:x:1","author":"Example","timestamp":"2024-06-01T00:00:00Z",
            "version":1,"statements":[\(statements.joined(separator: ","))]}
            """, on: bench)
        #expect(summary.notApplied.map { $0.reason.contains("more than 50000 products") } == [false, true, false])
        #expect(try bench.number("SELECT count(*) FROM vex_target") == 30_001)
    }

    @Test func `100,000 statements are taken, those that count for something and those that wait`() throws {
        let bench = try Workbench()
        try bench.sbom(cycloneDX([("a", "1")]))
        try advise(bench, "CVE-2026-50000")
        let statements = (0..<100_000).map { number in
            // Half of them name no product, so that the document stays within the limit of names.
            let products = number % 2 == 0 ? "{\"@id\":\"pkg:npm/\(number == 50_000 ? "a" : "other")@1\"}" : ""
            return
                "{\"vulnerability\":{\"name\":\"CVE-2026-\(number)\"},\"products\":[\(products)],\"status\":\"fixed\"}"
        }
        let summary = try take(
            """
            {"@context":"https://openvex.dev/ns/v0.2.0","@id":"urn:x:1","author":"Example","timestamp":"2024-06-01T00:00:00Z",
            "version":1,"statements":[\(statements.joined(separator: ","))]}
            """, on: bench)
        #expect(summary.statements == 100_000 && summary.applied == 1)
        #expect(summary.notApplied.count == 99_999 && summary.notApplied.allSatisfy { !$0.reason.isEmpty })
        #expect(summary.notApplied.count { $0.reason.contains("no product") } == 50_000)
        #expect(try alerts(bench) == ["Project|a|CVE-2026-50000|IGNORED"])
    }

    @Test func `A refused document leaves nothing behind`() throws {
        let bench = try Workbench()
        #expect(throws: WorkError.self) {
            try take(document(say("CVE-1", "pkg:npm/a@1", "fixed")) + "!", on: bench)
        }
        for table in ["vex_document", "vex_statement", "vex_target", "vex_key"] as [StaticString] {
            #expect(try bench.number("SELECT count(*) FROM \(literal: table)") == 0)
        }
    }
}
