import Database
import Intake
import TestSupport
import Testing

/// The invariants of shown scans (`StagedScan.faults`).
@Suite struct ScanInvariantTests {
    private func faults(_ bench: Workbench) throws -> [String] {
        try bench.database.read { try StagedScan.faults("1 = 1", on: $0) }
    }

    /// They hold after each import, into a new project or an existing one, and after a sweep.
    @Test(arguments: TemporaryDatabase.engines) func importsKeepThem(engine: Engine) throws {
        let bench = try Workbench(engine)
        for libraries in [["a", "b"], ["b", "c", "d"], ["a"]] {
            try bench.sbom(cycloneDX(libraries.map { ($0, "1") }))
            #expect(try faults(bench) == [])
            try bench.intake.sweep()
            #expect(try faults(bench) == [])
        }
    }

    /// Each invariant is reported for rows that break it.
    @Test(
        arguments: TemporaryDatabase.engines,
        [
            ("UPDATE project SET scan = 999", "is not there"),
            ("UPDATE scan SET state = 'OBSOLETE'", "is not current"),
            ("UPDATE scan SET project = 999", "of another project"),
            (
                """
                INSERT INTO scan (id, organization, project, state, created_at)
                SELECT 999, organization, id, 'CURRENT', 1 FROM project
                """, "another scan is current"
            ),
            ("UPDATE scan SET libraries = libraries + 1", "other libraries than it has"),
            ("UPDATE project SET scan = 0", "shows no scan"),
        ] as [(SQL, String)])
    func eachIsFound(engine: Engine, broken: (change: SQL, words: String)) throws {
        let bench = try Workbench(engine)
        try bench.sbom(cycloneDX([("a", "1")]))
        #expect(try faults(bench) == [])
        try bench.database.write { _ = try $0.run(broken.change) }
        let found = try faults(bench)
        #expect(found.count == 1 && found[0].contains(broken.words), "\(found)")
    }
}
