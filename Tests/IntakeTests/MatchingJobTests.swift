import Database
import Foundation
import Intake
import Jobs
import TestSupport
import Testing

@Suite struct MatchingJobTests {
    /// Two organizations with the same library in one project each, and an advisory of it that is not matched yet.
    private func bench(_ engine: Engine) throws -> Workbench {
        let bench = try Workbench(engine)
        for organization: Int64 in [1, 2] {
            try bench.sbom(
                """
                {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[
                    {"type":"library","name":"dates","version":"1.0.0","purl":"pkg:npm/dates@1.0.0"}]}
                """, organization: organization)
        }
        let path = bench.folder.path("a.jsonl")
        try """
        {"id":"CVE-2026-1","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"dates"},\
        "ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.5.0"}]}]}]}
        """.write(toFile: path, atomically: true, encoding: .utf8)
        _ = try AdvisoryImport(RecordImport(into: bench.database)).run([path])
        return bench
    }

    private func submit(_ bench: Workbench, besideRunning: Bool) throws -> [Job] {
        try MatchingJob(bench.queue).submit(besideRunning: besideRunning) { UUID().uuidString.lowercased() }
    }

    private func findings(_ bench: Workbench) throws -> [Int64] {
        try bench.database.read { connection in
            try connection.all(
                "SELECT l.organization FROM finding f JOIN library l ON l.id = f.library ORDER BY l.organization"
            ) { $0.integer(0) }
        }
    }

    @Test(arguments: TemporaryDatabase.engines)
    func eachOrganizationHasAJobOfItsOwn(_ engine: Engine) throws {
        let bench = try bench(engine)
        let jobs = try submit(bench, besideRunning: false)
        #expect(jobs.map(\.organization) == [1, 2])
        #expect(jobs.allSatisfy { $0.kind == .matching && $0.state == .pending })
        // A waiting job will process everything that is stale when it runs.
        #expect(try submit(bench, besideRunning: true).map(\.uuid) == jobs.map(\.uuid))

        let second = try #require(try bench.queue.claim(uuid: jobs[1].uuid, for: "me"))
        #expect(try bench.queue.claim(uuid: jobs[1].uuid, for: "other") == nil)
        // A running job may already have passed a row that was marked as stale later, so a caller can ask for a job beside it.
        #expect(try submit(bench, besideRunning: false).map(\.uuid) == [jobs[0].uuid])
        #expect(try submit(bench, besideRunning: true).count == 2)

        let lease = Lease(job: second, owner: "me")
        let result = try MatchingJob(bench.queue).run(lease)
        #expect(try findings(bench) == [2])
        #expect(result.json == #"{"libraries":1,"projects":1,"matched":1,"alerts":1}"#)
        #expect(try MatchingJob.Result(json: result.json) == result)
        let done = try #require(
            try bench.database.read { try bench.queue.find(uuid: second.uuid, organization: 2, on: $0) })
        #expect(done.state == .success && done.rowsDone == 2 && done.result == result.json)

        #expect(try bench.queue.matchAll() == 1)
        #expect(try findings(bench) == [1, 2])
        #expect(try submit(bench, besideRunning: true).isEmpty)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func whatAJobLeavesTheNextOneDoes(_ engine: Engine) throws {
        let bench = try bench(engine)
        let waiting = try #require(try submit(bench, besideRunning: false).first)
        let lease = Lease(job: try #require(try bench.queue.claim(uuid: waiting.uuid, for: "me")), owner: "me")
        lease.end(because: .shutdown)
        #expect(throws: WorkError.self) { try MatchingJob(bench.queue).run(lease) }
        try bench.queue.giveBack(lease.job, owner: "me")
        #expect(try bench.database.read { try Findings.staleOrganizations(on: $0) } == [1, 2])
        #expect(try bench.queue.matchAll() >= 1)
        #expect(try findings(bench) == [1, 2])
        #expect(try bench.texts("SELECT state FROM alert ORDER BY organization") == ["OPEN", "OPEN"])
        #expect(try bench.database.read { try Findings.staleOrganizations(on: $0) }.isEmpty)
    }

    @Test func theQueueOfAnOrganizationMayBeFull() throws {
        let bench = try bench(.sqlite)
        var settings = Queue.Settings()
        settings.depth = 0
        let queue = Queue(database: bench.database, settings: settings, now: bench.queue.now)
        #expect(try MatchingJob(queue).submit(besideRunning: false) { UUID().uuidString }.count == 2)
    }
}
