import Database
import Foundation
import TestSupport
import Testing

@testable import Intake

/// The targets of statements in an SBOM, and the outcome of statements without one.
struct StatementTargetsTests {
    private static let serial = "3e671687-395b-41f5-a30f-a58921a69b79"
    private static let statement = #""analysis":{"state":"not_affected"}"#

    private static let advisories = """
        {"id":"GHSA-aaaa-bbbb-cccc","aliases":["CVE-2026-1","PYSEC-1"],"modified":"2026-01-01T00:00:00Z","affected":[
         {"package":{"ecosystem":"npm","name":"a"},"versions":["1"]},{"package":{"ecosystem":"npm","name":"b"},"versions":["1"]}]}
        """

    /// A database with advisories about `a` and `b`.
    private func bench(_ engine: Engine) throws -> Workbench {
        let bench = try Workbench(engine)
        let path = bench.folder.path("advisories.jsonl")
        try Data(Self.advisories.replacing("\n", with: "").utf8).write(to: URL(fileURLWithPath: path))
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        try bench.queue.matchAll()
        return bench
    }

    /// Components `a` and `b`, whose references differ from their package URLs, in edition 3 of a BOM.
    private func document(_ vulnerabilities: String, isLast: Bool = true) -> String {
        let head =
            #""bomFormat":"CycloneDX","specVersion":"1.6","version":3,"serialNumber":"urn:uuid:\#(Self.serial.uppercased())""#
        let components = #"""
            "metadata":{"component":{"type":"application","name":"shop","bom-ref":"root/1","purl":"pkg:npm/shop@2"}},
            "components":[{"type":"library","bom-ref":"ref a","name":"a","version":"1","purl":"pkg:npm/a@1?vcs_url=git"},
             {"type":"library","bom-ref":"b#1","name":"b","version":"1","purl":"pkg:npm/b@1"}]
            """#
        let claims = "\"vulnerabilities\":[\(vulnerabilities)]"
        return "{\(isLast ? "\(head),\(components),\(claims)" : "\(claims),\(components),\(head)")}"
    }

    private func about(_ ref: String, id: String = "CVE-2026-1") -> String {
        #"{"id":"\#(id)",\#(Self.statement),"affects":[{"ref":"\#(ref)"}]}"#
    }

    private func states(_ bench: Workbench) throws -> [String: String] {
        let rows = try bench.database.read { connection in
            try connection.all(
                """
                SELECT l.artifact, a.state FROM alert a JOIN library l ON l.id = a.library
                WHERE a.type = 'SECURITY_VULNERABILITY'
                """
            ) { ($0.string(0), $0.string(1)) }
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    @Test(
        arguments: [
            ("ref a", ["a"]), ("b#1", ["b"]), ("root/1", ["a", "b"]), ("urn:cdx:\(serial)/3#ref a", ["a"]),
            ("urn:cdx:\(serial)/3#ref%20a", ["a"]), ("URN:CDX:\(serial.uppercased())/3#b%231", ["b"]),
            ("urn:cdx:\(serial)/3#b#1", ["b"]), ("urn:cdx:\(serial)/3", ["a", "b"]),
            ("urn:cdx:\(serial)/3#root%2F1", ["a", "b"]), ("pkg:npm/a@1?vcs_url=git", ["a"]), ("pkg:npm/a@1", ["a"]),
            ("pkg:npm/b", ["b"]), ("pkg:npm/shop@2", ["a", "b"]),
        ] as [(String, [String])], [true, false])
    func `A reference reaches what it names`(target: (ref: String, names: [String]), isLast: Bool) throws {
        let bench = try bench(.sqlite)
        let result = try bench.sbom(document(about(target.ref), isLast: isLast))
        let states = try states(bench)
        #expect(states.filter { $0.value == "IGNORED" }.keys.sorted() == target.names, "\(result.warnings)")
        #expect(states.count == 2 && result.warnings.isEmpty)
    }

    @Test(arguments: [
        ("nowhere", "nothing in this document"), ("urn:cdx:\(serial)/2#ref a", "edition 3"),
        ("urn:cdx:00000000-395b-41f5-a30f-a58921a69b79/3#ref a", "another document"),
        ("urn:cdx:\(serial)/3#nowhere", "nothing in this document"), ("pkg:npm/a@2", "no component"),
        ("pkg:npm/a@1?vcs_url=other", "no component"), ("pkg:pypi/a@1", "no component"), ("", "names no component"),
    ])
    func `A statement that reaches nothing is a warning with the reason`(ref: String, sign: String) throws {
        let bench = try bench(.sqlite)
        let warnings = try bench.sbom(document(about(ref))).warnings
        #expect(warnings.count == 1 && warnings[0].contains("CVE-2026-1") && warnings[0].contains(sign), "\(warnings)")
        #expect(try states(bench) == ["a": "OPEN", "b": "OPEN"])
    }

    @Test func `Each reason is said a few times, then counted`() throws {
        let bench = try bench(.sqlite)
        let many = (0..<40).map { about("nowhere \($0)") }.joined(separator: ",")
        let warnings = try bench.sbom(document(many)).warnings
        #expect(warnings.count == 11 && warnings.last?.hasPrefix("30 more statements") == true, "\(warnings)")
        let mixed = #"{"id":"CVE-2026-1",\#(Self.statement),"affects":[{"ref":""},null,{"ref":"ref a"},{}]}"#
        let some = try bench.sbom(document(mixed)).warnings
        #expect(some.count == 1 && some[0].contains("no reference"), "\(some)")
        #expect(try states(bench) == ["a": "IGNORED", "b": "OPEN"])
    }

    @Test(arguments: Engine.allCases)
    func `Any name of a vulnerability is its name`(engine: Engine) throws {
        let bench = try bench(engine)
        for id in ["CVE-2026-1", "GHSA-aaaa-bbbb-cccc", "PYSEC-1"] {
            #expect(try bench.sbom(document(about("ref a", id: id))).warnings.isEmpty)
            #expect(try states(bench) == ["a": "IGNORED", "b": "OPEN"], "\(id)")
            try bench.sbom(document(""))
            #expect(try states(bench) == ["a": "OPEN", "b": "OPEN"])
        }
        let referenced = #"""
            {"id":"VENDOR-7","references":[{"id":"PYSEC-1"}],\#(Self.statement),"affects":[{"ref":"root/1"}]}
            """#
        #expect(try bench.sbom(document(referenced)).warnings.isEmpty)
        #expect(try states(bench) == ["a": "IGNORED", "b": "IGNORED"])
    }

    @Test(arguments: Engine.allCases)
    func `What is said of a library counts more than what is said of all`(engine: Engine) throws {
        let bench = try bench(engine)
        let exploitable = #"{"id":"PYSEC-1","analysis":{"state":"exploitable"},"affects":[{"ref":"ref a"}]}"#
        for claims in ["\(exploitable),\(about("root/1"))", "\(about("root/1")),\(exploitable)"] {
            try bench.sbom(document(claims))
            #expect(try states(bench) == ["a": "OPEN", "b": "IGNORED"])
        }
        // A vulnerability that is only listed has no statement.
        let listed = #"{"id":"CVE-2026-1","affects":[{"ref":"ref a"}]}"#
        try bench.sbom(document("\(listed),\(about("root/1", id: "PYSEC-1"))"))
        #expect(try states(bench) == ["a": "IGNORED", "b": "IGNORED"])
    }

    @Test func `A statement about the product whose vulnerability nobody has is a warning`() throws {
        let bench = try bench(.sqlite)
        let warnings = try bench.sbom(document("\(about("root/1", id: "CVE-2026-9")),\(about("ref a"))")).warnings
        #expect(
            warnings.count == 1 && warnings[0].contains("CVE-2026-9") && warnings[0].hasPrefix("1 statement"),
            "\(warnings)")
        let listed = #"{"id":"CVE-2026-9","affects":[{"ref":"ref b"},{"ref":"b#1"}]}"#
        let known = try bench.sbom(document("\(about("root/1", id: "CVE-2026-9")),\(listed)")).warnings
        #expect(known.count == 1 && known[0].contains("nothing in this document"), "\(known)")
    }

    // MARK: Documents of statements alone

    private func vex(_ claims: String, head: String = "") -> String {
        #"{"bomFormat":"CycloneDX","specVersion":"1.5",\#(head)"vulnerabilities":[\#(claims)]}"#
    }

    @Test(arguments: Engine.allCases)
    func `A VEX is applied to what its project shows`(engine: Engine) throws {
        let bench = try bench(engine)
        try bench.sbom(document(about("b#1")))
        #expect(try states(bench) == ["a": "OPEN", "b": "IGNORED"])
        let before = try bench.number("SELECT revision FROM project")
        let result = try bench.sbom(vex(about("urn:cdx:\(Self.serial)/3#ref%20a", id: "PYSEC-1")))
        #expect(result.libraries == 2 && result.warnings.count == 1, "\(result.warnings)")
        #expect(try states(bench) == ["a": "IGNORED", "b": "IGNORED"])
        #expect(try bench.number("SELECT revision FROM project") > before)
        // The statement is stored in addition to the claim of the project's own document.
        #expect(try bench.number("SELECT count(*) FROM vulnerability_claim c JOIN project p ON p.scan = c.scan") == 1)
        #expect(try bench.number("SELECT count(*) FROM vex_statement") == 1)
        // A later one takes precedence.
        let taken = #"{"id":"PYSEC-1","analysis":{"state":"in_triage"},"affects":[{"ref":"pkg:npm/a@1"}]}"#
        try bench.sbom(vex(taken))
        #expect(try states(bench) == ["a": "OPEN", "b": "IGNORED"])
        // The component that the VEX document describes is the product.
        let head = #""metadata":{"component":{"type":"application","name":"other","bom-ref":"it"}},"#
        try bench.sbom(vex(about("it", id: "CVE-2026-1"), head: head))
        #expect(try states(bench)["b"] == "IGNORED")
        let missed = try bench.sbom(vex(about("urn:cdx:\(Self.serial)/1#b%231"))).warnings
        #expect(missed.contains { $0.contains("was not applied") }, "\(missed)")
        // The next SBOM has its own statements.
        try bench.sbom(document(""))
        #expect(try states(bench) == ["a": "OPEN", "b": "OPEN"])
        try bench.intake.sweep()
        #expect(try bench.number("SELECT count(*) FROM library_claim") == 0)
        #expect(try bench.number("SELECT count(*) FROM scan") == 1)
    }
}
