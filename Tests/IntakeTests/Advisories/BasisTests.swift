import BOM
import Database
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Intake

/// The basis of verdicts about vulnerabilities.
@Suite struct BasisTests {
    /// Eight libraries: one for each kind of obstacle, and two that can be looked up.
    private static let document = """
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,
         "metadata":{"component":{"type":"application","name":"app","bom-ref":"root"}},"components":[
         {"type":"library","name":"one","version":"1.0.0","purl":"pkg:npm/one@1.0.0"},
         {"type":"library","name":"two","version":"2.0.0","purl":"pkg:npm/two@2.0.0"},
         {"type":"library","name":"latest","version":"latest","purl":"pkg:npm/latest@latest"},
         {"type":"library","name":"bare","version":"1.0"},
         {"type":"library","name":"none","purl":"pkg:npm/none"},
         {"type":"library","name":"curl","version":"8.0-1","purl":"pkg:rpm/redhat/curl@8.0-1"},
         {"type":"library","name":"zlib","version":"1.2-1","purl":"pkg:rpm/amzn/zlib@1.2-1?distro=amzn-2023"},
         {"type":"library","name":"gcc","version":"12.2.0-1","purl":"pkg:deb/debian/gcc@12.2.0-1?distro=debian-12"}]}
        """

    private func advise(_ bench: Workbench, at time: Int64? = nil, _ records: String...) throws {
        let path = bench.folder.path("\(UUID().uuidString).jsonl")
        try records.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        _ = try AdvisoryImport(RecordImport(into: bench.database), at: time).run([path])
        try bench.queue.matchAll()
    }

    private func record(_ id: String, _ day: String, _ ecosystems: String...) -> String {
        let affected = ecosystems.map {
            "{\"package\":{\"ecosystem\":\"\($0)\",\"name\":\"elsewhere\"},\"versions\":[\"1\"]}"
        }
        return "{\"id\":\"\(id)\",\"modified\":\"\(day)T00:00:00Z\",\"affected\":[\(affected.joined(separator: ","))]}"
    }

    private func basis(_ bench: Workbench) throws -> Basis {
        try bench.database.read { try Basis.read(Scope(kind: .organization, organization: 1), on: $0) }
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `What is unmatched is counted by its reason, and current when advisories come`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let result = try bench.sbom(Self.document)
        let first = try basis(bench)
        #expect(result.basis == first && first.libraries == result.libraries && first.libraries == 8)
        #expect(!first.isAssessed && first.ecosystems.isEmpty)
        #expect(
            first.unmatched == [.noPackageURL: 1, .noVersion: 1, .unknownDistribution: 1, .noAdvisories: 5])
        #expect(first.gaps.map(\.name) == ["npm", "Amazon Linux", "Debian:12"])

        try advise(bench, at: 5, record("A-1", "2026-01-02", "npm", "Debian:11"), record("A-2", "2026-01-01", "npm"))
        let second = try basis(bench)
        #expect(second.matchable == 2 && second.isAssessed && second.libraries == 8)
        #expect(second.unmatched[.versionNotOrdered] == 1 && second.unmatched[.noAdvisories] == 2)
        #expect(second.gaps.map(\.name) == ["Amazon Linux", "Debian:12"])
        let npm = try #require(second.ecosystems.first)
        #expect(second.ecosystems.map(\.name) == ["npm"])
        #expect(npm.records == 2 && npm.newest == 1_767_312_000_000 && npm.read == 5 && npm.libraries == 2)

        // A changed record counts once, and leaves an ecosystem that it no longer names.
        try advise(bench, record("A-1", "2026-01-04", "npm", "Debian:12"))
        let third = try basis(bench)
        #expect(third.matchable == 3 && third.ecosystems.map(\.name) == ["Debian:12", "npm"])
        #expect(
            third.ecosystems.map(\.records) == [1, 2] && third.ecosystems.allSatisfy { $0.newest == 1_767_484_800_000 })
        let everything = try bench.database.read { try Basis.everything(on: $0) }
        #expect(everything == third, "Debian:11 has no records any more")
        try advise(bench, record("A-1", "2026-01-05", "npm"))
        #expect(try basis(bench).matchable == 2 && basis(bench).gaps.map(\.name) == ["Amazon Linux", "Debian:12"])
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)
    }

    /// One query for the basis of every library, and the counts of reasons from the facts themselves.
    @Test(arguments: TemporaryDatabase.engines)
    func `The basis of a scan is that of its libraries`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try advise(bench, record("A-1", "2026-01-02", "npm", "Debian:12"))
        try bench.sbom(Self.document)
        let covered: Set<String> = ["npm", "Debian:12"]
        var reasons: [String: Int] = [:]
        try bench.database.read { connection in
            try connection.each(
                """
                SELECT f.body FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library_facts f ON f.library = o.library
                """
            ) { row in
                let component = try ComponentFacts.decode(row.string(0))
                let obstacle = Lookup(PackageKey.find(component)).obstacle(isCovered: covered.contains)
                reasons[obstacle?.kind.rawValue ?? "", default: 0] += 1
            }
        }
        let kept = try bench.texts(
            """
            SELECT obstacle, CAST(sum(libraries) AS BIGINT) FROM scan_basis GROUP BY obstacle ORDER BY obstacle
            """)
        #expect(kept == reasons.sorted { $0.key < $1.key }.map { "\($0.key)|\($0.value)" })
        #expect(try bench.texts("SELECT DISTINCT lookup FROM library WHERE lookup = ''") == [])
    }

    /// Ecosystems are counted batch by batch; the sum counts all records.
    @Test(arguments: TemporaryDatabase.engines)
    func `Records are counted as they come and go`(engine: Engine) throws {
        let bench = try Workbench(engine)
        for day in 1...5 {
            try advise(
                bench, record("A-\(day % 3)", "2026-02-0\(day)", "npm", day % 2 == 0 ? "PyPI" : "Debian:12"),
                record("B-\(day)", "2026-02-0\(day)", "npm"))
            let counted = try bench.texts("SELECT name, records, newest FROM ecosystem ORDER BY name")
            var records: [String: Set<Int64>] = [:]
            var newest: [String: Int64] = [:]
            try bench.database.read { connection in
                try connection.each(
                    "SELECT x.package, a.id, a.modified FROM affected_package x JOIN advisory a ON a.id = x.advisory"
                ) { row in
                    let place = PackageKey.place(of: row.string(0))
                    records[place, default: []].insert(row.integer(1))
                    newest[place] = max(newest[place] ?? 0, row.integer(2))
                }
            }
            #expect(
                counted.map { $0.split(separator: "|").prefix(2).joined(separator: "|") }
                    == records.sorted { $0.key < $1.key }.map { "\($0.key)|\($0.value.count)" }, "day \(day)")
            #expect(counted.contains { $0.hasPrefix("npm|") && $0.hasSuffix("|\(newest["npm"] ?? 0)") })
        }
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Old data has a basis after the step's work`(engine: Engine) throws {
        let bench = try Workbench(engine)
        try advise(bench, record("A-1", "2026-01-02", "npm", "Debian:12"), record("A-2", "2026-01-03", "Red Hat:x"))
        try bench.sbom(Self.document)
        let tables: [SQL] = [
            "SELECT name, records, newest FROM ecosystem ORDER BY name",
            "SELECT scan, lookup, obstacle, subject, covered, libraries FROM scan_basis ORDER BY scan, lookup",
            "SELECT id, lookup FROM library ORDER BY id",
        ]
        let before = try tables.map { try bench.texts($0) }
        #expect(before.allSatisfy { !$0.isEmpty })
        try bench.database.write { connection in
            try connection.run("DELETE FROM ecosystem")
            try connection.run("DELETE FROM scan_basis")
            try connection.run("UPDATE library SET lookup = ''")
        }
        var mark: String? = ""
        var slices = 0
        while let last = mark {
            mark = try bench.database.write { try MigrationWork.basis.slice(last, $0).mark }
            slices += 1
        }
        #expect(slices > 4)
        #expect(try tables.map { try bench.texts($0) } == before)
    }

    /// A record that older rules read is read again although it did not change.
    @Test func `Records of older rules are read again`() throws {
        let bench = try Workbench()
        let text = record("A-1", "2026-01-02", "npm")
        try advise(bench, text)
        let path = bench.folder.path("again.jsonl")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try AdvisoryImport(RecordImport(into: bench.database)).run([path]).updated == 0)
        try bench.database.write { try $0.run("UPDATE advisory SET rules = 0") }
        #expect(try AdvisoryImport(RecordImport(into: bench.database)).run([path]).updated == 1)
        #expect(try AdvisoryImport(RecordImport(into: bench.database)).run([path]).updated == 0)
        #expect(try basis(bench).libraries == 0)
    }

    @Test func `A release from a package URL cannot break the text of a lookup`() throws {
        var component = Component(ref: "x", name: "busybox")
        component.purl = "pkg:apk/alpaquita/busybox@1.36.1-r1?distro=alpaquita-a%3Fb!"
        let lookup = Lookup(PackageKey.find(component))
        let place = try #require(lookup.places.first)
        #expect(lookup.places == ["Alpaquita:a_b_"])
        #expect(lookup.obstacle { _ in false } == .noAdvisories(of: place))
        #expect(lookup.obstacle { _ in true } == nil)
        #expect(Lookup(text: lookup.text) == lookup)
    }

    @Test func `Outputs carry it as one object`() throws {
        let bench = try Workbench()
        try advise(bench, at: 1_767_312_000_000, record("A-1", "2026-01-02", "npm"))
        let result = try bench.sbom(Self.document)
        let text = """
            {"components":8,"matchable":2,"unmatched":{"no-purl":1,"no-version":1,"version-not-ordered":1,\
            "unknown-distribution":1,"no-advisories":2},"gaps":[{"ecosystem":"Amazon Linux","components":1},\
            {"ecosystem":"Debian:12","components":1}],"ecosystems":[{"ecosystem":"npm","components":2,"records":1,\
            "newest":"2026-01-02T00:00:00Z","read":"2026-01-02T00:00:00Z"}]}
            """
        #expect(result.basis?.json == text)
        #expect(result.json.contains("\"basis\":\(text)"))
    }
}
