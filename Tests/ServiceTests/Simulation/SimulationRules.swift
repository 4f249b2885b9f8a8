import Database
import Foundation
import Intake
import Jobs
import Store
import TestSupport

@testable import Service

/// The rules that hold at every moment of a simulation, whatever fails.
///
/// `@unchecked Sendable`, without a lock: one thread at a time runs a simulation, and its rules after each step. It hands work to a task only in
/// `SimulatedWorld.waiting`, and sleeps there on a semaphore until the task has ended, which also makes the task's writes visible to it.
final class SimulationRules: @unchecked Sendable {
    private struct Row {
        let id: Int64
        let uuid: String
        let kind: String
        let state: String
        let attempt: Int64
        let claims: Int64
        let created: Int64
        let finished: Int64
        let waitingFor: String
        let isCancelled: Bool
        let isGivenUp: Bool
        let error: String

        var isFinal: Bool { state == "SUCCESS" || state == "FAILED" }
    }

    /// An accepted job.
    private struct Accepted {
        /// The number of the document; nil for reports.
        let document: Int?
        /// Whether a file of Waybill is its only copy.
        let isUpload: Bool
        var last: Row
    }

    private(set) var violations: [String] = []
    /// Failed jobs that a client asked to repeat.
    var reruns: Set<String> = []
    private var accepted: [String: Accepted] = [:]
    private var successes: [String: Int] = [:]
    /// The job whose content each project shows.
    private var shown: [Int64: Int64] = [:]
    private var schedules: [Int64: (due: Int64, job: String)] = [:]
    /// Whether the clock was set back since the schedules changed; their times are then planned again.
    private var isSetBack = false
    private var lastTime = FalseClock.start

    func violated(_ text: String) { violations.append(text) }

    // MARK: Looks at the database

    private static func rows(_ world: SimulatedWorld) throws -> [String: Row] {
        let all = try world.database.read { connection in
            try connection.all(
                """
                SELECT id, uuid, kind, state, attempt, claims, created_at, finished_at, cancelled, given_up, error,
                    waiting_for FROM job
                """
            ) { row in
                Row(
                    id: row.integer(0), uuid: row.string(1), kind: row.string(2), state: row.string(3),
                    attempt: row.integer(4), claims: row.integer(5), created: row.integer(6), finished: row.integer(7),
                    waitingFor: row.string(11), isCancelled: row.boolean(8), isGivenUp: row.boolean(9),
                    error: row.string(10))
            }
        }
        return Dictionary(uniqueKeysWithValues: all.map { ($0.uuid, $0) })
    }

    /// The product and project of a destination; 0 for missing ones.
    func place(of destination: Intake.Destination, in world: SimulatedWorld) throws -> (product: Int64, project: Int64)
    {
        try world.database.read { connection in
            try connection.first(
                """
                SELECT d.id, p.id FROM product d JOIN project p ON p.product = d.id
                WHERE d.organization = \(destination.organization) AND p.name = \(destination.project)
                """
            ) { ($0.integer(0), $0.integer(1)) } ?? (0, 0)
        }
    }

    /// A random job in one of these states; nil without one.
    func job(in states: Set<String>, of world: SimulatedWorld) throws -> Job? {
        let rows = try Self.rows(world).values.filter { states.contains($0.state) }.sorted { $0.id < $1.id }
        guard !rows.isEmpty else { return nil }
        let uuid = rows[world.dice.below(rows.count)].uuid
        let queue = Queue(database: world.database, settings: world.settings) { [clock = world.clock] in clock.now }
        return try world.database.read { connection in
            let organization = try connection.integer("SELECT organization FROM job WHERE uuid = \(uuid)") ?? 0
            return try queue.find(uuid: uuid, organization: organization, on: connection)
        }
    }

    // MARK: Events

    /// A client made a request: from now on the job, if it exists, must not be lost.
    func submitted(_ uuid: String, document: Int? = nil, isUpload: Bool = false, in world: SimulatedWorld) {
        guard accepted[uuid] == nil, let row = (try? Self.rows(world))?[uuid] else { return }
        accepted[uuid] = Accepted(document: document, isUpload: isUpload, last: row)
    }

    /// A process got an answer to its submission, so the job exists.
    func confirmed(_ uuid: String) {
        if accepted[uuid] == nil { violated("job \(uuid) was accepted and is not there") }
    }

    func claimed(_ job: Job, by process: SimulatedProcess, in world: SimulatedWorld) throws {
        // The state before the claim; actions of others in between were checked when they ended.
        if let before = accepted[job.uuid]?.last, before.state != "PENDING" {
            violated("\(process.owner) claimed job \(job.id), which was \(before.state)")
        }
        guard job.kind == .report, job.created >= world.clock.now - world.settings.patience else { return }
        let ahead = try world.database.read { connection in
            try connection.integer(
                """
                SELECT min(i.id) FROM job i WHERE i.organization = \(job.organization) AND i.kind = 'INTAKE'
                    AND i.state IN ('PENDING', 'IN_PROGRESS') AND i.id < \(job.id)
                    AND (i.product = 0 OR \(job.product) = 0 OR i.product = \(job.product))
                    AND (i.project = 0 OR \(job.project) = 0 OR i.project = \(job.project))
                """)
        }
        if let ahead { violated("report \(job.id) began before upload \(ahead), which was accepted before it") }
    }

    /// A worker stored an outcome.
    func saw(_ event: JobEvent, by owner: String, isAlive: Bool, in world: SimulatedWorld) {
        let job = event.job
        world.note("\(owner): job \(job.id) \(event.outcome) \(event.why)")
        switch event.outcome {
        case .success:
            successes[job.uuid, default: 0] += 1
            if successes[job.uuid, default: 0] > 1 { violated("job \(job.id) succeeded twice") }
            let claims = (try? Self.rows(world))?[job.uuid]?.claims
            if isAlive, let claims, claims != job.claims {
                violated("job \(job.id) was ended by claim \(job.claims), and claim \(claims) has its lease")
            }
        case .failed, .retried:
            if isAlive, event.why != "stopped", !world.hasFailed {
                violated("job \(job.id) went wrong without a fault: \(event.why)")
            }
        case .waiting:
            guard let row = (try? Self.rows(world))?[job.uuid], row.claims == job.claims, !row.waitingFor.isEmpty else {
                return
            }
            if row.attempt != Int64(job.attempt) - 1 { violated("job \(job.id) waits, which cost an attempt") }
        case .cancelled, .givenBack, .lost: break
        }
    }

    // MARK: At every moment

    func check(_ world: SimulatedWorld) {
        guard violations.isEmpty else { return }
        do {
            try world.database.read { connection in
                violations += try Job.faults("1 = 1", on: connection)
                violations += try StagedScan.faults("1 = 1", on: connection)
                try checkProjects(on: connection)
            }
            let rows = try Self.rows(world)
            try checkSchedules(rows, world)
            checkJobs(rows, world)
            try checkArtifacts(world)
        } catch {
            violated("the rules cannot be checked: \(error)")
        }
    }

    private func checkJobs(_ rows: [String: Row], _ world: SimulatedWorld) {
        for (uuid, known) in accepted {
            guard let row = rows[uuid] else {
                // The life of a shared artifact is extended once a minute.
                let end = known.last.finished + world.settings.retention - 60_000
                if !known.last.isFinal || end > world.clock.latest {
                    violated("job \(known.last.id), \(known.last.kind), \(known.last.state), is gone")
                }
                accepted[uuid] = nil
                continue
            }
            if known.last.isFinal, row.state != known.last.state {
                if known.last.state != "FAILED" || !reruns.contains(uuid) {
                    violated("job \(row.id) was \(known.last.state) and is \(row.state)")
                }
            }
            if row.state == "FAILED", !row.isCancelled, !row.isGivenUp {
                violated("job \(row.id) failed and nobody is to blame: \(row.error)")
            }
            let file = world.folder.path(IntakeJob.spoolPath(of: uuid))
            if row.kind == "INTAKE", row.state != "SUCCESS", known.isUpload, access(file, F_OK) != 0 {
                violated("the upload of job \(row.id), \(row.state), is gone")
            }
            accepted[uuid]?.last = row
        }
    }

    private func checkArtifacts(_ world: SimulatedWorld) throws {
        let names = try world.database.read { connection in
            try connection.all("SELECT uuid FROM artifact") { $0.string(0) }
        }
        for name in names {
            do throws(StoreError) {
                _ = try world.files.locate(name)
            } catch {
                violated("artifact \(name) has a row and no file")
            }
        }
    }

    private func checkProjects(on connection: any Connection) throws {
        let now = try connection.all(
            "SELECT p.id, s.job, s.id FROM project p JOIN scan s ON s.id = p.scan"
        ) { (project: $0.integer(0), job: $0.integer(1), scan: $0.integer(2)) }
        for (project, job, scan) in now {
            if let before = shown[project], before > job {
                violated("project \(project) showed the upload of job \(before) and shows that of \(job)")
            }
            shown[project] = job
            guard let document = accepted.values.first(where: { $0.last.id == job })?.document else { continue }
            let libraries = try connection.all(
                """
                SELECT l.artifact FROM occurrence o JOIN library l ON l.id = o.library WHERE o.scan = \(scan)
                ORDER BY l.artifact
                """
            ) { $0.string(0) }
            if libraries != ["common", "lib-\(document)"] {
                violated("project \(project) shows \(libraries) for document \(document)")
            }
        }
    }

    /// A schedule makes one report for each of its times.
    private func checkSchedules(_ rows: [String: Row], _ world: SimulatedWorld) throws {
        let now = try world.database.read { connection in
            try connection.all("SELECT id, run_at, job FROM schedule") {
                (id: $0.integer(0), due: $0.integer(1), job: $0.string(2))
            }
        }
        if world.clock.now < lastTime { isSetBack = true }
        lastTime = world.clock.now
        for (id, due, job) in now {
            defer {
                if let before = schedules[id], before != (due, job) { isSetBack = false }
                schedules[id] = (due, job)
            }
            guard let before = schedules[id], before.job != job else { continue }
            guard let row = rows[job] else {
                violated("schedule \(id) names job \(job), which is not there")
                continue
            }
            if !isSetBack, before.due > world.clock.latest { violated("schedule \(id) was made before its time") }
            if !isSetBack, due <= before.due { violated("schedule \(id) was made twice for one time") }
            accepted[job] = Accepted(document: nil, isUpload: false, last: row)
        }
        for row in rows.values where accepted[row.uuid] == nil && row.kind == "REPORT" && !row.isFinal {
            violated("nobody asked for report \(row.id)")
        }
    }

    // MARK: At the end

    /// The number of unfinished jobs.
    func unfinished(in world: SimulatedWorld) -> Int {
        (try? Self.rows(world))?.values.count { !$0.isFinal } ?? 0
    }

    /// Once all faults have ended and all processes had time, no work is left.
    func checkEnd(_ world: SimulatedWorld) {
        guard violations.isEmpty else { return }
        do {
            for row in try Self.rows(world).values where !row.isFinal {
                violated("job \(row.id), \(row.kind), is still \(row.state) after an hour without faults")
            }
        } catch {
            violated("the end cannot be checked: \(error)")
        }
    }

    /// After the retention time and two sweeps, nothing is left.
    func checkEmpty(_ world: SimulatedWorld) {
        guard violations.isEmpty else { return }
        do {
            let left = try world.database.read { connection in
                try connection.all(
                    """
                    SELECT 'job ' || id FROM job UNION ALL SELECT 'artifact ' || uuid FROM artifact
                    UNION ALL SELECT 'scan ' || id FROM scan WHERE state <> 'CURRENT'
                    """
                ) { $0.string(0) }
            }
            let files =
                try world.files.names() + FileManager.default.contentsOfDirectory(atPath: world.folder.path("spool"))
            if !left.isEmpty || !files.isEmpty { violated("left behind: \(left) \(files)") }
        } catch {
            violated("what is left cannot be checked: \(error)")
        }
    }
}
