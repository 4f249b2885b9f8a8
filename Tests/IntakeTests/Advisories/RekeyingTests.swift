import Database
import Foundation
import TestSupport
import Testing

@testable import Intake

/// Libraries that were imported under older rules of package keys.
@Suite struct RekeyingTests {
    private static let document = """
        {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"library","name":"libssl3",
         "purl":"pkg:deb/debian/libssl3@3.0.11-1~deb12u1?distro=debian-12.2",
         "properties":[{"name":"aquasecurity:trivy:SrcName","value":"openssl"}]}]}
        """
    private static let advisory = """
        {"id":"CVE-2026-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12",\
        "name":"openssl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0.13-1~deb12u1"}]}]}]}
        """

    private func findings(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT l.organization, l.artifact, v.name FROM finding f JOIN library l ON l.id = f.library
            JOIN vulnerability v ON v.id = f.vulnerability ORDER BY l.organization, l.artifact, v.name
            """)
    }

    private func mark(_ bench: Workbench) throws {
        try bench.database.write { try Findings.markRekeying(on: $0) }
    }

    /// Libraries from imports under older rules get their keys and findings, and reports of them become stale.
    @Test(arguments: TemporaryDatabase.engines) func keysAreMadeAnew(engine: Engine) throws {
        let bench = try Workbench(engine)
        let path = bench.folder.path("a.jsonl")
        try Self.advisory.write(toFile: path, atomically: true, encoding: .utf8)
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        for organization: Int64 in [1, 2] {
            try bench.sbom(Self.document, organization: organization)
            try bench.sbom(
                cycloneDX([("dates", "1.0.0")]), organization: organization, project: "Other")
        }
        let keys: SQL = "SELECT package, organization, library, version FROM library_package ORDER BY library, package"
        let whole = try (bench.texts(keys), findings(bench))
        #expect(whole.1.count == 2)
        let revisions: SQL = "SELECT name, organization, revision FROM project ORDER BY organization, name"
        try bench.database.write { connection in
            try connection.run(
                "UPDATE library_package SET package = 'Debian:12/libssl3' WHERE package = 'Debian:12/openssl'")
            try connection.run("DELETE FROM finding_fix")
            try connection.run("DELETE FROM finding")
        }
        #expect(try bench.queue.matchAll() == 0, "nothing is marked")
        let before = try bench.texts(revisions)

        try mark(bench)
        #expect(try bench.database.read { try Findings.staleOrganizations(on: $0) } == [1])
        #expect(try bench.queue.matchAll() == 2)
        let after = try (bench.texts(keys), findings(bench))
        #expect(after == whole)
        #expect(zip(before, try bench.texts(revisions)).map { $0 == $1 } == [true, false, true, false])
        #expect(try bench.database.read { try Findings.rekeyingMark(on: $0) } == nil)
        // Alerts of the other organization are separate work.
        #expect(try bench.database.read { try Findings.staleOrganizations(on: $0) } == [2])
        #expect(try bench.queue.matchAll() == 0)
        #expect(try bench.database.read { try Findings.staleOrganizations(on: $0) } == [])

        // Repeating the work changes nothing.
        let now = try bench.texts(revisions)
        try mark(bench)
        #expect(try bench.queue.matchAll() == 0)
        #expect(try bench.texts(revisions) == now && bench.texts(keys) == whole.0)
    }

    @Test(arguments: TemporaryDatabase.engines) func makingKeysGoesOnWhereItStopped(engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(cycloneDX((0..<1200).map { ("p\($0)", "1.0.0") }))
        try bench.database.write { try $0.run("DELETE FROM library_package") }
        try mark(bench)
        func count() throws -> Int { try bench.number("SELECT count(*) FROM library_package") }
        var steps: [Int] = []
        _ = try Rekeying(database: bench.database).run {
            steps.append($0)
            return false
        }
        #expect(steps == [500])
        #expect(try count() >= 499)
        _ = try Rekeying(database: bench.database).run {
            steps.append($0)
            return true
        }
        #expect(steps.reduce(0, +) == 1201 && steps.last == 0)
        #expect(try count() == 1200)
    }
}
