import Database
import Foundation
import Intake
import Inventory
import TestSupport
import Testing

@testable import Reports

/// Findings of advisories and claims of documents form one set, and every output has the totals of this set.
struct AgreementTests {
    /// A claim about a vulnerability that no advisory knows, a claim that an advisory confirms, and a settled claim.
    private static let claims = #"""
        {"bomFormat":"CycloneDX","specVersion":"1.6","version":1,
         "metadata":{"component":{"type":"application","name":"app","bom-ref":"root"}},
         "components":[
          {"type":"library","bom-ref":"pad","name":"left-pad","version":"1.3.0","purl":"pkg:npm/left-pad@1.3.0"},
          {"type":"library","bom-ref":"core","name":"core","group":"@babel","version":"7.20.12","purl":"pkg:npm/%40babel/core@7.20.12"}],
         "vulnerabilities":[
          {"id":"VENDOR-1","ratings":[{"severity":"high"}],"recommendation":"Take care.","affects":[{"ref":"pad"},{"ref":"core"}]},
          {"id":"GHSA-aaaa-bbbb-cccc","ratings":[],"affects":[{"ref":"pad"}]},
          {"id":"VENDOR-2","analysis":{"state":"not_affected","justification":"code_not_present"},"affects":[{"ref":"core"}]}]}
        """#

    private func produce(
        _ type: String, _ scope: Scope, _ fixture: InventoryFixture, standard: String = "", version: String = "",
        fields: [String: [String]] = [:]
    ) throws -> Part {
        let found = ReportCase.every.first { one in
            one.type == type && one.format == .json
                && (standard.isEmpty || one.fields["standard"] == [standard] && one.fields["version"] == [version])
        }
        var report = try #require(found)
        report.fields.merge(fields) { _, new in new }
        return try #require(report.produce(fixture, scope: scope).parts().first)
    }

    /// Pairs of library and vulnerability, from one query of the model.
    private func model(_ scope: Scope, _ fixture: InventoryFixture) throws -> [String: Int] {
        try fixture.database.read { connection in
            var found: [String: Int] = [:]
            try connection.each(
                scope.clause + """
                    SELECT l.uuid || ' ' || v.name FROM scope s JOIN exposure e ON e.scan = s.scan
                    JOIN occurrence o ON o.scan = e.scan AND o.position = e.position JOIN library l ON l.id = o.library
                    JOIN vulnerability v ON v.id = e.vulnerability
                    """
            ) { found[$0.string(0), default: 0] += 1 }
            return found
        }
    }

    @Test(arguments: TemporaryDatabase.engines, ScopeKind.allCases)
    func `Vulnerabilities, alerts, risk and counts are one set`(engine: Engine, kind: ScopeKind) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(Self.claims)
        let scope = try fixture.scope(kind)
        let model = try model(scope, fixture)
        #expect(model.keys.contains { $0.hasSuffix(" VENDOR-1") })
        func counted(_ rows: [String]) -> [String: Int] { rows.reduce(into: [:]) { $0[$1, default: 0] += 1 } }
        let vulnerabilities = try produce("\(kind.prefix)VulnerabilityReport", scope, fixture).rows("vulnerabilities")
        let listed = vulnerabilities.map { row in
            "\((row["library"] as? [String: Any])?["keyUuid"] ?? "") \(row["name"] ?? "")"
        }
        #expect(counted(listed) == model)
        let usage = try fixture.database.read { connection in
            try connection.all(
                scope.clause + """
                    SELECT a.library_uuid || ' ' || a.subject, a.state, v.severity FROM scope s
                    JOIN alert a ON a.project = s.project JOIN vulnerability v ON v.id = a.vulnerability
                    WHERE a.type = 'SECURITY_VULNERABILITY' AND a.state <> 'RESOLVED'
                    """
            ) { (pair: $0.string(0), state: $0.string(1), severity: $0.string(2)) }
        }
        #expect(counted(usage.map(\.pair)) == model)
        let security = try produce("\(kind.prefix)SecurityAlertsReport", scope, fixture).rows("alerts")
        #expect(security.filter { $0["status"] as? String != "Resolved" }.count == usage.count)
        let (risk, counts) = try fixture.database.snapshot { connection in
            (
                try RiskFacts.read(scope, updated: 0, on: connection),
                try connection.all(
                    scope.clause + """
                        SELECT c.severity, CAST(sum(c.open_alerts) AS BIGINT), CAST(sum(c.ignored_alerts) AS BIGINT)
                        FROM scope s JOIN project_severity c ON c.project = s.project GROUP BY c.severity
                        """
                ) { ($0.string(0), Int($0.integer(1)), Int($0.integer(2))) }
            )
        }
        #expect(risk.open.reduce(0, +) == usage.filter { $0.state == "OPEN" }.count)
        #expect(risk.ignored == usage.filter { $0.state == "IGNORED" }.count)
        for (word, open, ignored) in counts {
            let same = usage.filter { $0.severity == word }
            #expect(open == same.filter { $0.state == "OPEN" }.count && ignored == same.count - open, "\(word)")
        }
        #expect(counts.reduce(0) { $0 + $1.1 + $1.2 } == usage.count)
    }

    @Test(arguments: TemporaryDatabase.engines, [ScopeKind.project, .product])
    func `A bill of materials has the whole set, and none when nobody wants it`(engine: Engine, kind: ScopeKind) throws
    {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(Self.claims)
        let scope = try fixture.scope(kind)
        let type = "\(kind.prefix)SBOMReport"
        let deep = ["maxDepthLevel": ["99"]]
        let document = try produce(
            type, scope, fixture, standard: "CycloneDX", version: "1.6", fields: deep
        ).json()
        let said = try #require(document["vulnerabilities"] as? [[String: Any]])
        var pairs: Set<String> = []
        let uuids = try fixture.database.read { connection in
            try connection.all(
                scope.clause + """
                    SELECT c.ref, l.uuid FROM scope s JOIN component c ON c.scan = s.scan AND c.position > 0
                    JOIN occurrence o ON o.scan = c.scan AND o.position = c.occurrence JOIN library l ON l.id = o.library
                    """
            ) { ($0.string(0), $0.string(1)) }
        }
        let libraries = Dictionary(uuids, uniquingKeysWith: { first, _ in first })
        for vulnerability in said {
            let names =
                [vulnerability["id"] as? String ?? ""]
                + (vulnerability["references"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
            for affected in vulnerability["affects"] as? [[String: Any]] ?? [] {
                let ref = affected["ref"] as? String ?? ""
                for name in names { pairs.insert("\(kind == .project ? libraries[ref] ?? ref : ref) \(name)") }
            }
        }
        let model = try model(scope, fixture)
        #expect(model.keys.filter { !pairs.contains($0) }.isEmpty)
        // Each pair comes once.
        let own = said.filter { $0["id"] as? String == "VENDOR-1" }
        #expect(own.count == 1)
        #expect(said.filter { $0["id"] as? String == "GHSA-aaaa-bbbb-cccc" }.count == 1)
        for (standard, version) in [("CycloneDX", "1.4"), ("SPDX", "3.0"), ("SPDX", "2.3"), ("SPDX", "2.2")] {
            let with = try produce(type, scope, fixture, standard: standard, version: version, fields: deep).text
            #expect(with.contains("CVE-2025-90001") || with.contains("GHSA-aaaa-bbbb-cccc"), "\(standard) \(version)")
            let fields = deep.merging(["includeVulnerabilities": ["false"]]) { _, new in new }
            let without = try produce(type, scope, fixture, standard: standard, version: version, fields: fields).text
            for word in ["CVE-2025-90001", "GHSA-aaaa-bbbb-cccc", "VENDOR-1"] {
                #expect(!without.contains(word), "\(standard) \(version) \(word)")
            }
        }
    }

    /// One vulnerability under two names, three times, about a component and about the product.
    private static func repeated(about ref: String) -> String {
        #"""
        {"bomFormat":"CycloneDX","specVersion":"1.6","version":1,
         "metadata":{"component":{"type":"application","name":"app","bom-ref":"root"}},
         "components":[
          {"type":"library","bom-ref":"pad","name":"left-pad","version":"1.3.0","purl":"pkg:npm/left-pad@1.3.0"}],
         "vulnerabilities":[
          {"id":"GHSA-aaaa-bbbb-cccc","affects":[{"ref":"\#(ref)"}]},
          {"id":"CVE-2025-90001","ratings":[{"score":1.5,"severity":"low","method":"other"}],"affects":[{"ref":"\#(ref)"}]},
          {"id":"GHSA-aaaa-bbbb-cccc","cwes":[79],"affects":[{"ref":"\#(ref)"}]}]}
        """#
    }

    @Test(arguments: [ScopeKind.project, .product], ["pad", "root"])
    func `Claims under several names are one vulnerability of what has it`(kind: ScopeKind, ref: String) throws {
        let fixture = try InventoryFixture(.sqlite)
        try fixture.importSBOM(Self.repeated(about: ref))
        let scope = try fixture.scope(kind)
        let type = "\(kind.prefix)SBOMReport"
        let document = try produce(
            type, scope, fixture, standard: "CycloneDX", version: "1.6", fields: ["maxDepthLevel": ["99"]]
        ).json()
        let model = try model(scope, fixture).keys.filter { $0.hasSuffix(" CVE-2025-90001") }
        let said = try #require(document["vulnerabilities"] as? [[String: Any]]).filter { one in
            let names =
                [one["id"] as? String ?? ""]
                + (one["references"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
            return names.contains("CVE-2025-90001") || names.contains("GHSA-aaaa-bbbb-cccc")
        }
        #expect(said.count == 1 && said.first?["id"] as? String == "CVE-2025-90001")
        let scores = (said.first?["ratings"] as? [[String: Any]] ?? []).compactMap { $0["score"] as? Double }
        #expect(scores.contains(1.5) && scores.contains(8.7))
        let weaknesses = said.first?["cwes"] as? [Int]
        #expect(weaknesses?.contains(79) == true)
        #expect((said.first?["affects"] as? [Any] ?? []).count == model.count && !model.isEmpty)
        let spdx = try produce(
            type, scope, fixture, standard: "SPDX", version: "2.3", fields: ["maxDepthLevel": ["99"]]
        ).json()
        let packages = try #require(spdx["packages"] as? [[String: Any]])
        let named = packages.flatMap { $0["externalRefs"] as? [[String: Any]] ?? [] }.filter {
            $0["referenceType"] as? String == "advisory"
                && ["CVE-2025-90001", "GHSA-aaaa-bbbb-cccc"].contains($0["comment"] as? String ?? "")
        }
        #expect(Set(named.compactMap { $0["comment"] as? String }).count <= 1)
        #expect(packages.first { $0["name"] as? String == "app" }?["externalRefs"] == nil)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A decision and its reason are the analysis`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try fixture.importSBOM(Self.claims)
        let scope = try fixture.scope(.project)
        func decide(_ decision: AlertDecision, _ subject: String, _ comments: String) throws {
            try fixture.database.write { connection in
                let uuids = try connection.all(
                    """
                    SELECT uuid FROM alert WHERE project = \(scope.project) AND subject = \(subject)
                        AND library_uuid IN (SELECT uuid FROM library WHERE artifact = 'left-pad') OR
                        project = \(scope.project) AND subject = \(subject) AND subject = 'VENDOR-2'
                    """
                ) { $0.string(0) }
                let whole = Scope(kind: .organization, organization: 1)
                try Alerts.decide(
                    decision, on: uuids, comments: comments,
                    Writing(in: whole, by: .account(7), at: InventoryFixture.start + 1, on: connection))
            }
        }
        func analyses(_ id: String) throws -> [String] {
            let document = try produce(
                "ProjectSBOMReport", scope, fixture, standard: "CycloneDX", version: "1.6",
                fields: ["maxDepthLevel": ["99"]]
            ).json()
            return (document["vulnerabilities"] as? [[String: Any]] ?? []).filter { $0["id"] as? String == id }.map {
                let analysis = $0["analysis"] as? [String: Any] ?? [:]
                let responses = (analysis["response"] as? [String] ?? []).joined(separator: ",")
                let refs = ($0["affects"] as? [[String: Any]] ?? []).compactMap { $0["ref"] as? String }
                return "\(refs.joined(separator: ",")) \(analysis["state"] ?? "") \(analysis["justification"] ?? "") "
                    + "\(responses) \(analysis["detail"] ?? "")"
            }
        }
        #expect(try analyses("VENDOR-1") == ["pad,core    "])
        #expect(try analyses("VENDOR-2") == ["core not_affected code_not_present  "])
        let reason = IgnoreReason(.notAffected, justification: "code_not_reachable")
        try decide(.ignore(until: 0, because: reason), "VENDOR-1", "never called")
        #expect(
            try analyses("VENDOR-1") == ["core    ", "pad not_affected code_not_reachable  never called"])
        try decide(.ignore(until: 0, because: .none), "VENDOR-1", "later")
        #expect(try analyses("VENDOR-1") == ["core    ", "pad exploitable  will_not_fix later"])
        // A person keeps it open although the document settles it.
        try decide(.open, "VENDOR-2", "it is called")
        #expect(try analyses("VENDOR-2") == ["core in_triage   it is called"])
        let logged = try fixture.database.read { connection in
            try connection.all("SELECT before, after FROM change WHERE class = 'ALERT' ORDER BY id") {
                "\($0.string(0)) > \($0.string(1))"
            }
        }
        #expect(
            logged.first
                == "SECURITY_VULNERABILITY VENDOR-1 OPEN > SECURITY_VULNERABILITY VENDOR-1 IGNORED not_affected "
                + "code_not_reachable never called")
        #expect(logged.count == 3)
        let ignored = try produce("ProjectIgnoreAlertsReport", scope, fixture).rows("alerts")
        #expect(ignored.contains { $0["reason"] as? String == "will_not_fix" })
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Without advisories nothing is assessed, and the first ones change every report`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        try fixture.importSBOM(FixtureDocuments.cart)
        let scope = try fixture.scope(.project)
        func state() throws -> (isAssessed: Bool, revision: Int64) {
            try fixture.database.snapshot { connection in
                (
                    try RiskFacts.read(scope, updated: 0, on: connection).basis.isAssessed,
                    try ScopeFacts.read(scope, on: connection)?.revision ?? 0
                )
            }
        }
        let before = try state()
        #expect(!before.isAssessed)
        let folder = try TemporaryFolder()
        let path = folder.path("a.jsonl")
        func importAdvisory(of ecosystem: String) throws {
            let record =
                #"{"id":"GHSA-\#(ecosystem)","modified":"2026-01-01T00:00:00Z","affected":[{"package":"#
                + #"{"ecosystem":"\#(ecosystem)","name":"elsewhere"},"versions":["1.0.0"]}]}"#
            try Data(record.utf8).write(to: URL(fileURLWithPath: path))
            _ = try AdvisoryImport(RecordImport(into: fixture.database)).run([path])
            try fixture.queue.matchAll()
        }
        // With advisories of other ecosystems only, the libraries still count as not looked up.
        try importAdvisory(of: "Hackage")
        #expect(try state() == before)
        try importAdvisory(of: "npm")
        let after = try state()
        #expect(after.isAssessed && after.revision > before.revision)
    }
}
