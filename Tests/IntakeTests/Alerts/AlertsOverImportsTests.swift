import Database
import Foundation
import Intake
import Jobs
import TestSupport
import Testing

/// Alerts over imports, advisories and marks, on both engines.
@Suite struct AlertsOverImports {
    /// `number state library version subject: resolution` for a project's alerts of a type.
    private func alerts(
        _ bench: Workbench, type: String = "SECURITY_VULNERABILITY", project: String = "Project"
    ) throws -> [String] {
        try bench.database.read { connection in
            try connection.all(
                """
                SELECT a.number, a.state, l.artifact, l.version, a.subject, a.resolution
                FROM alert a JOIN project p ON p.id = a.project JOIN library l ON l.id = a.library
                WHERE p.name = \(project) AND a.type = \(type) ORDER BY a.number
                """
            ) { row in
                "\(row.string(0)) \(row.string(1)) \(row.string(2)) \(row.string(3)) \(row.string(4)): \(row.string(5))"
            }
        }
    }

    private func advisories(_ bench: Workbench, _ records: [(id: String, package: String, withdrawn: Bool)]) throws {
        let lines = records.map { record in
            """
            {"id":"\(record.id)","modified":"2026-0\(record.withdrawn ? 2 : 1)-01T00:00:00Z",\
            \(record.withdrawn ? "\"withdrawn\":\"2026-02-01T00:00:00Z\"," : "")"affected":[{"package":\
            {"ecosystem":"npm","name":"\(record.package)"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},\
            {"fixed":"2.0.0"}]}]}],"severity":[{"type":"CVSS_V3",\
            "score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}]}
            """
        }
        let path = bench.folder.path("advisories.jsonl")
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        try bench.queue.matchAll()
    }

    private let two = cycloneDX([("dates", "1.0.0"), ("pad", "1.0.0")])

    @Test(arguments: TemporaryDatabase.engines)
    func anImportRaisesInTheOrderOfTheDocumentAndTheSameAgainChangesNothing(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        try advisories(
            bench, [("CVE-2026-9", "dates", false), ("CVE-2026-1", "dates", false), ("CVE-2026-5", "pad", false)])
        try bench.sbom(two)
        let raised = [
            "1 OPEN dates 1.0.0 CVE-2026-1: ", "2 OPEN dates 1.0.0 CVE-2026-9: ", "4 OPEN pad 1.0.0 CVE-2026-5: ",
        ]
        #expect(try alerts(bench) == raised)
        #expect(try alerts(bench, type: "MULTIPLE_LICENSES").map { $0.prefix(1) } == ["3", "5"])
        let before = try bench.texts("SELECT * FROM alert ORDER BY project, number")
        let events = try bench.texts("SELECT * FROM alert_event ORDER BY project, alert, position")
        #expect(events.count == 5)
        try bench.sbom(two)
        #expect(try bench.texts("SELECT * FROM alert ORDER BY project, number") == before)
        #expect(try bench.texts("SELECT * FROM alert_event ORDER BY project, alert, position") == events)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func removalUpgradeAndReturn(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        try advisories(bench, [("CVE-2026-1", "dates", false), ("CVE-2026-5", "pad", false)])
        try bench.sbom(two)
        try bench.sbom(cycloneDX([("dates", "2.0.0")]))
        #expect(
            try alerts(bench) == [
                "1 RESOLVED dates 1.0.0 CVE-2026-1: Library upgraded",
                "3 RESOLVED pad 1.0.0 CVE-2026-5: Library removed",
            ])
        try bench.sbom(two)
        #expect(try alerts(bench) == ["1 OPEN dates 1.0.0 CVE-2026-1: ", "3 OPEN pad 1.0.0 CVE-2026-5: "])
        #expect(
            try bench.texts("SELECT state, comments FROM alert_event WHERE alert = 1 ORDER BY position")
                == ["OPEN|", "RESOLVED|Library upgraded", "OPEN|Reopened"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func advisoriesThatComeAndGo(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(two)
        try bench.sbom(cycloneDX([("other", "1.0.0")]), project: "Other")
        #expect(try alerts(bench) == [])
        // After the first advisories, reports no longer say "not assessed"; later ones affect only their projects.
        try advisories(bench, [("CVE-2025-9", "elsewhere", false)])
        let revision = try bench.number("SELECT revision FROM project WHERE name = 'Other'")
        try advisories(bench, [("CVE-2026-1", "dates", false)])
        #expect(try alerts(bench).map { $0.dropFirst(2) } == ["OPEN dates 1.0.0 CVE-2026-1: "])
        try advisories(bench, [("CVE-2026-1", "dates", true)])
        #expect(try alerts(bench).map { $0.dropFirst(2) } == ["RESOLVED dates 1.0.0 CVE-2026-1: Advisory withdrawn"])
        #expect(try bench.number("SELECT count(*) FROM stale_project") == 0)
        #expect(try bench.number("SELECT revision FROM project WHERE name = 'Other'") == revision)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func severalVersionsAreToldOfEach(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        let both = """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[
             {"type":"library","bom-ref":"a","name":"dates","version":"1.0.0","purl":"pkg:npm/dates@1.0.0"},
             {"type":"library","bom-ref":"b","name":"dates","version":"2.0.0","purl":"pkg:npm/dates@2.0.0"},
             {"type":"library","bom-ref":"c","name":"pad","version":"1.0.0","purl":"pkg:npm/pad@1.0.0"}]}
            """
        try bench.sbom(both)
        let type = "MULTIPLE_LIBRARY_VERSIONS"
        #expect(try alerts(bench, type: type) == ["1 OPEN dates 1.0.0 : ", "2 OPEN dates 2.0.0 : "])
        #expect(
            try bench.texts("SELECT DISTINCT description FROM alert") == ["Several versions of dates: 1.0.0, 2.0.0"])
        try bench.sbom(
            """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[
             {"type":"library","bom-ref":"b","name":"dates","version":"2.0.0","purl":"pkg:npm/dates@2.0.0"}]}
            """)
        #expect(
            try alerts(bench, type: type) == [
                "1 RESOLVED dates 1.0.0 : Library upgraded", "2 RESOLVED dates 2.0.0 : One version left",
            ])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func eachLibraryIsAskedForOnceInAProject(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        try bench.sbom(two)
        try bench.sbom(cycloneDX([("new", "1.0.0"), ("pad", "1.0.0")]))
        try bench.sbom(two, organization: 2)
        let query: SQL = """
            SELECT r.organization, r.number, l.artifact, r.status FROM library_request r JOIN library l ON l.id = r.library
            ORDER BY r.organization, r.number
            """
        #expect(
            try bench.texts(query) == [
                "1|1|dates|PENDING", "1|2|pad|PENDING", "1|3|new|PENDING", "2|1|dates|PENDING", "2|2|pad|PENDING",
            ])
    }

    /// Claims of an organization's documents never reach another organization, although the names of projects are the
    /// same.
    @Test(arguments: TemporaryDatabase.engines)
    func organizationsAreApart(_ engine: Engine) throws {
        let bench = try Workbench(engine)
        try advisories(bench, [("CVE-2026-1", "dates", false)])
        try bench.sbom(two)
        try bench.sbom(two, organization: 2)
        let uuids = try bench.texts("SELECT uuid FROM alert WHERE type = 'SECURITY_VULNERABILITY'")
        #expect(Set(uuids).count == 2)
        try bench.sbom(cycloneDX([("pad", "1.0.0")]), organization: 2)
        #expect(
            try bench.texts("SELECT organization, state FROM alert WHERE subject <> '' ORDER BY organization")
                == ["1|OPEN", "2|RESOLVED"])
    }
}
