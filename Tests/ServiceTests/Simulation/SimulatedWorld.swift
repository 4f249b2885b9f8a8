import API
import Bytes
import Database
import Foundation
import Intake
import Jobs
import Reports
import Store
import Synchronization
import TestSupport

@testable import Service

// DESIGN. The parts of a server that keep its promises (queue, leases, intake, publishing, sweeps, schedules) run in one
// thread. A seed determines all events: which process does what next, faults, deaths, jumps of the clock. Between any two
// database calls of a process others may act, up to the end of their action or to their own next call. So orders of events
// occur that threads show once a year. After each step the rules are checked (`SimulationRules`). docs/adr/030 has the details.

/// The state of one simulation.
///
/// `@unchecked Sendable`, without a lock: one thread at a time runs a simulation. It hands work to a task only in
/// `SimulatedWorld.waiting`, and sleeps there on a semaphore until the task has ended, which also makes the task's writes visible to it.
final class SimulatedWorld: @unchecked Sendable {
    let dice: Dice
    let clock = FalseClock()
    let bug: PlantedBug?
    /// The database without faults, for checks.
    let database: any Database
    let folder: TemporaryFolder
    let files: FileStore
    let settings: Queue.Settings
    private(set) var processes: [SimulatedProcess] = []
    let rules = SimulationRules()
    /// The names of processes that others know to have ended.
    var knownDead: Set<String> = []
    var isDiskFull = false
    var isStoreAway = false
    /// No more faults, and no process acts between the calls of others.
    var isCalm = false
    /// Whether something failed on purpose in this step.
    var hasFailed = false
    private(set) var steps: [String] = []
    /// The running steps, the innermost last.
    private var running: [Step] = []
    /// Numbers of documents.
    private var documents = 0

    init(seed: UInt64, bug: PlantedBug? = nil) throws {
        dice = Dice(seed: seed)
        self.bug = bug
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("spool"), withIntermediateDirectories: true)
        try SimulationTemplate.copy(to: folder.path("waybill.sqlite"))
        database = try TemporaryDatabase.open("sqlite:" + folder.path("waybill.sqlite"))
        files = try FileStore(root: folder.path("artifacts"))
        var settings = Queue.Settings()
        settings.retention = 4 * 3_600_000
        self.settings = settings
        processes = try (1...3).map { number in
            try SimulatedProcess(number) { [unowned self] in try self.parts(of: $0, owner: $1, life: $2) }
        }
    }

    private func parts(
        of process: SimulatedProcess?, owner: String, life: SimulatedLife
    ) throws -> SimulatedProcess.Parts {
        let (clock, dice) = (clock, dice)
        let simulated = SimulatedDatabase(database, life: life, bug: bug, dice: dice) { [unowned self] isWrite in
            try self.between(isWrite: isWrite)
        }
        let store = SimulatedStore(real: files, life: life) { [unowned self] in
            if isStoreAway { hasFailed = true }
            return isStoreAway
        }
        let queue = Queue(database: simulated, settings: settings) { clock.now }
        let random = Randomness { dice.bytes($0) }
        let intake = Intake(queue: queue) { try random.token() }
        let reports = ReportWork(
            database: simulated, queue: queue, store: store, settings: Production.Settings(), observe: { _ in })
        let backend = Backend(
            database: simulated, queue: queue, bell: Bell(), random: random, openArtifact: { _ in nil },
            scratch: folder.path(""), log: { _ in })
        let dataFolder = folder.path("")
        let worker = Worker(
            queue: queue, owner: owner, bell: Bell(), persistence: 0,
            observe: { [unowned self] in self.rules.saw($0, by: owner, isAlive: !life.isOver, in: self) },
            work: { [unowned self, weak process] lease in
                process?.leases.append(lease)
                defer { process?.leases.removeAll { $0 === lease } }
                do {
                    switch lease.job.kind {
                    case .report: try reports.run(lease)
                    case .intake: try IntakeJob.run(lease, intake: intake, dataFolder: dataFolder)
                    case .matching: try MatchingJob(queue).run(lease)
                    case .update: throw WorkError.hopeless("no updates here")
                    }
                } catch {
                    note("  \(owner): job \(lease.job.id) stops: \(error)")
                    // A worker that cannot write the outcome waits until it can; here it has no second thread.
                    isDiskFull = false
                    throw error
                }
            })
        return .init(
            queue: queue, store: store, scheduler: Scheduler(backend), worker: worker, intake: intake)
    }

    func note(_ text: String) { steps.append(String(repeating: "  ", count: running.count) + text) }

    // MARK: Steps

    /// The events between two calls of a process.
    private func between(isWrite: Bool) throws {
        if !isCalm, running.count < 4, dice.once(in: 6) { step(meddling(), by: processes[dice.below(processes.count)]) }
        if isWrite, isDiskFull {
            hasFailed = true
            throw DatabaseError.storage(why: "no space left on the disk")
        }
    }

    enum Step: CaseIterable {
        case upload, command, report, work, time, jump, stall, rescue, sweep, schedule, match, disk, store, death,
            birth,
            cancel, rerun
    }
    private static let weights: [(Step, weight: Int)] = [
        (.upload, 12), (.command, 3), (.report, 10), (.work, 30), (.time, 12), (.jump, 3), (.stall, 4), (.rescue, 6),
        (.sweep, 8),
        (.schedule, 8), (.match, 2), (.disk, 3), (.store, 3), (.death, 4), (.birth, 6), (.cancel, 2), (.rerun, 3),
    ]

    /// The action of another process during a step: often the same action, or a cleanup, because races occur there.
    private func meddling() -> Step {
        switch dice.below(3) {
        case 0: running.last ?? .work
        case 1: [.rescue, .sweep, .sweep, .stall, .jump, .schedule][dice.below(6)]
        default: dice.pick(Self.weights)
        }
    }

    /// One random step of a random process, with the check of the rules after it.
    func step() { step(dice.pick(Self.weights), by: processes[dice.below(processes.count)]) }

    func step(_ step: Step, by process: SimulatedProcess) {
        note("\(process.owner): \(step) at \(clock.now - FalseClock.start)")
        if running.isEmpty { hasFailed = false }
        running.append(step)
        defer { running.removeLast() }
        do {
            try perform(step, by: process)
        } catch is Crash {
            note("\(process.owner) is dead")
        } catch {
            note("failed: \(error)")
            if !hasFailed, !process.life.isOver { rules.violated("\(step) failed without a fault: \(error)") }
        }
        rules.check(self)
    }

    private func perform(_ step: Step, by process: SimulatedProcess) throws {
        if process.life.isOver, ![.birth, .time, .jump].contains(step) { return }
        switch step {
        case .upload: try upload(by: process)
        case .command: try command(by: process)
        case .report: try report(by: process)
        case .work: try work(process)
        case .time: for _ in 0..<(dice.once(in: 3) ? 14 : 1) { pass(Int64(dice.below(Int(settings.lease / 3)))) }
        case .jump: clock.move(by: [3_600_000, 86_400_000, -3_600_000, -86_400_000, 20_000, 90_000][dice.below(6)])
        case .stall: try stall(others: process)
        case .rescue: try rescue(by: process)
        case .sweep: try sweep(by: process)
        case .schedule: _ = try process.scheduler.run()
        case .match: _ = try MatchingJob(process.queue).submit(besideRunning: false, newUUID: uuid)
        case .disk: isDiskFull = !isCalm && !isDiskFull
        case .store: isStoreAway = !isCalm && !isStoreAway
        case .death: if !isCalm { process.life.light(calls: dice.below(25), isDone: dice.once(in: 2)) }
        case .birth:
            guard process.life.isOver else { return }
            if isCalm || dice.once(in: 2) { knownDead.insert(process.owner) }
            try process.begin()
        case .cancel:
            guard let job = try rules.job(in: ["PENDING", "IN_PROGRESS"], of: self) else { return }
            _ = try waiting { try await process.queue.cancel(job) }
        case .rerun:
            guard let job = try rules.job(in: ["FAILED"], of: self) else { return }
            rules.reruns.insert(job.uuid)
            _ = try process.queue.database.write { try process.queue.rerun(uuid: job.uuid, on: $0) }
        }
    }

    /// Time passes, and working processes renew their leases, except one that is cut off.
    private func pass(_ milliseconds: Int64) {
        clock.move(by: milliseconds)
        let cutOff = dice.once(in: 4) ? processes[dice.below(processes.count)].number : 0
        for process in processes where process.number != cutOff && !process.life.isOver {
            for lease in process.leases {
                switch try? process.queue.heartbeat(lease.job, owner: process.owner, rows: Int64(lease.progress)) {
                case .cancelled?: lease.end(because: .cancelled)
                case .lost?: lease.end(because: .lost)
                case .alive?, nil: break
                }
            }
        }
    }

    /// All processes but one stand still for longer than their leases. That one takes their jobs, begins one, and may
    /// die of it.
    private func stall(others process: SimulatedProcess) throws {
        for _ in 0..<2 {
            clock.move(by: settings.lease + 1000)
            try rescue(by: process)
        }
        clock.move(by: 1000)
        rules.check(self)
        guard let job = try claim(by: process) else { return }
        if dice.once(in: 2) {
            process.life.end()
            note("\(process.owner) dies with job \(job.id)")
        } else {
            process.worker.run(Lease(job: job, owner: process.owner))
        }
    }

    private func waiting<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) throws -> Result {
        let box = Mutex<Swift.Result<Result, any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
        Task.detached(executorPreference: OwnThreads()) {
            do {
                let made = try await work()
                box.withLock { $0 = .success(made) }
            } catch {
                box.withLock { $0 = .failure(error) }
            }
            done.signal()
        }
        done.wait()
        guard let result = box.withLock({ $0 }) else { throw Crash() }
        return try result.get()
    }

    private func uuid() throws -> String { try Randomness { [dice] in dice.bytes($0) }.uuid() }

    // MARK: What clients and processes do

    private func document() -> (number: Int, text: String) {
        documents += 1
        let parts = ["common", "lib-\(documents)"].map {
            "{\"type\":\"library\",\"name\":\"\($0)\",\"version\":\"1\",\"purl\":\"pkg:npm/\($0)@1\"}"
        }
        return (
            documents,
            "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"version\":1,\"components\":[\(parts.joined(separator: ","))]}"
        )
    }

    private func destination() -> Intake.Destination {
        var destination = Intake.Destination(organization: Int64(1 + dice.below(2)), product: "Shop")
        destination.project = ["cart", "till"][dice.below(2)]
        return destination
    }

    /// The upload of a document, as at the doors: its file exists before its job.
    private func upload(by process: SimulatedProcess) throws {
        let (number, text) = document()
        let destination = destination()
        let name = try uuid()
        let path = folder.path(IntakeJob.spoolPath(of: name))
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let date = Date(timeIntervalSince1970: Double(clock.now) / 1000)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
        let place = try rules.place(of: destination, in: self)
        let job = IntakeJob(.sbom, upload: name, into: destination).newJob(
            uuid: name, product: place.product, project: place.project)
        try submit(job, by: process, document: number)
    }

    /// Submits, and remembers accepted jobs, also those that a dying process had no time to confirm.
    private func submit(_ job: NewJob, by process: SimulatedProcess, document: Int? = nil) throws {
        defer { rules.submitted(job.uuid, document: document, isUpload: document != nil, in: self) }
        let queue = process.queue
        _ = try queue.database.write { try queue.submit(job, on: $0) }
        rules.submitted(job.uuid, document: document, isUpload: document != nil, in: self)
        rules.confirmed(job.uuid)
    }

    /// `waybill import sbom`, which does its job itself.
    private func command(by process: SimulatedProcess) throws {
        let (number, text) = document()
        let name = try uuid()
        let path = folder.path("given-\(number).json")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let destination = destination()
        let place = try rules.place(of: destination, in: self)
        let job = IntakeJob(kind: .sbom, path: path, destination: destination).newJob(
            uuid: name, product: place.product, project: place.project)
        let (queue, owner) = (process.queue, process.owner)
        defer { rules.submitted(name, document: number, in: self) }
        let made = try queue.database.write { try queue.submit(job, claimedBy: owner, on: $0) }
        rules.submitted(name, document: number, in: self)
        process.worker.run(Lease(job: made, owner: owner))
    }

    private func report(by process: SimulatedProcess) throws {
        let destination = destination()
        let place = try rules.place(of: destination, in: self)
        let isWide = place.project == 0 || dice.once(in: 2)
        let scope =
            isWide
            ? Scope(kind: .organization, organization: destination.organization)
            : Scope(
                kind: .project, organization: destination.organization, product: place.product, project: place.project)
        let request = try ReportRequest(
            type: isWide ? "OrgInventoryReport" : "ProjectInventoryReport", scope: scope, format: "json", fields: [:])
        let name = try uuid()
        var job = NewJob(
            uuid: name, organization: scope.organization, kind: .report, request: try request.json(),
            processType: "simulated")
        (job.product, job.project) = (scope.product, scope.project)
        try submit(job, by: process)
    }

    private func work(_ process: SimulatedProcess) throws {
        guard let job = try claim(by: process) else { return }
        process.worker.run(Lease(job: job, owner: process.owner))
    }

    private func claim(by process: SimulatedProcess) throws -> Job? {
        guard let job = try process.queue.claim(for: process.owner) else { return nil }
        note("\(process.owner) claims job \(job.id), \(job.kind), claim \(job.claims)")
        try rules.claimed(job, by: process, in: self)
        return job
    }

    private func rescue(by process: SimulatedProcess) throws {
        let dead = knownDead
        for job in try process.queue.rescue(isDead: { dead.contains($0) }) {
            note("job \(job.id) was taken from its worker")
        }
    }

    private func sweep(by process: SimulatedProcess) throws {
        let life = process.life
        let log = Log(.warning) { [unowned self] level, event, facts in
            note("log: \(event) \(facts)")
            if level == .error, !hasFailed, !life.isOver { rules.violated("logged without a fault: \(event) \(facts)") }
        }
        Sweeper(
            queue: process.queue, store: process.store, owner: Owner(), log: log, auditRetention: 86_400_000
        ).sweep()
        _ = try process.intake.sweep()
        // A file waits for its job for less than ten minutes, whatever the clock says.
        _ = try IntakeJob.sweepSpool(
            process.queue, dataFolder: folder.path(""), patience: isCalm ? .zero : .seconds(600))
    }
}

/// Runs each piece of a task on a thread of its own. A step may wait for a task in which another step waits for its own, four
/// levels deep. Tasks share as many threads as there are processors, and all of them would be waiting.
private final class OwnThreads: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let thread = Thread { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
        thread.stackSize = 8 << 20
        thread.start()
    }
}
