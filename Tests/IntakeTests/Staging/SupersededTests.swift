import Database
import Foundation
import Intake
import Jobs
import TestSupport
import Testing

/// A project shows the upload that was accepted last, whichever import ends last.
@Suite struct SupersededTests {
    private func lease(_ bench: Workbench, _ text: String, project: String = "Project") throws -> Lease {
        var destination = Intake.Destination(organization: 1, product: "Product")
        destination.project = project
        return try bench.lease(IntakeJob(kind: .sbom, path: try bench.file(text), destination: destination))
    }

    private func shown(_ bench: Workbench) throws -> [String] {
        try bench.texts(
            """
            SELECT l.artifact, l.version FROM project p JOIN occurrence o ON o.scan = p.scan
            JOIN library l ON l.id = o.library ORDER BY l.artifact, l.version
            """)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `An older import that is done later does not replace a newer one`(engine: Engine) throws {
        let bench = try Workbench(engine)
        // Accepted first, for example by a command that was killed, or as a waiting upload.
        let older = try lease(bench, cycloneDX([("a", "1"), ("old", "1")]))
        let newer = try lease(bench, cycloneDX([("a", "2")]))
        try IntakeJob.run(newer, intake: bench.intake, dataFolder: "/")
        let before = try bench.texts("SELECT revision, updated_at, scan FROM project")
        let result = try IntakeJob.run(older, intake: bench.intake, dataFolder: "/")
        #expect(try shown(bench) == ["a|2"])
        #expect(try bench.texts("SELECT revision, updated_at, scan FROM project") == before, "nothing happened to it")
        #expect(result.warnings.first?.hasPrefix("superseded") == true && result.libraries == 2)
        let standing = try #require(
            try bench.database.read { connection in
                try bench.queue.standing(uuid: older.job.uuid, organization: 1, on: connection)
            })
        #expect(standing.job.state == .success)
        #expect(
            standing.job.result.contains("accepted later (\(newer.job.uuid))"), "its status shows it among the notes")
        try bench.intake.sweep()
        #expect(try bench.number("SELECT count(*) FROM scan") == 1)
        #expect(try bench.number("SELECT count(*) FROM library WHERE artifact = 'old'") == 0)

        // The project shows an upload that was accepted after these two.
        try IntakeJob.run(try lease(bench, cycloneDX([("a", "3")])), intake: bench.intake, dataFolder: "/")
        #expect(try shown(bench) == ["a|3"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `Only uploads of the same project are compared`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let older = try lease(bench, cycloneDX([("a", "1")]), project: "One")
        let newer = try lease(bench, cycloneDX([("b", "1")]), project: "Two")
        try IntakeJob.run(newer, intake: bench.intake, dataFolder: "/")
        let result = try IntakeJob.run(older, intake: bench.intake, dataFolder: "/")
        #expect(result.warnings.isEmpty)
        #expect(try shown(bench) == ["a|1", "b|1"])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `An upload that is tried again after a newer one is superseded`(engine: Engine) throws {
        let bench = try Workbench(engine)
        let older = try lease(bench, cycloneDX([("a", "1")]))
        try bench.queue.fail(older.job, owner: "me", why: "given up")
        try bench.sbom(cycloneDX([("a", "2")]))
        _ = try bench.database.write { try bench.queue.rerun(uuid: older.job.uuid, on: $0) }
        let job = try #require(try bench.queue.claim(for: "me"))
        #expect(job.uuid == older.job.uuid)
        try IntakeJob.run(Lease(job: job, owner: "me"), intake: bench.intake, dataFolder: "/")
        #expect(try shown(bench) == ["a|2"])
    }
}
