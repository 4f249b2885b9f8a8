import Bytes
import Database
import Dispatch
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Effects of outages on jobs: they wait and lose nothing.
@Suite struct WaitingTests {
    private static let day: Int64 = 86_400_000

    /// The ends of attempts.
    private final class Events: Sendable {
        private let kept = Mutex<[JobEvent.Outcome]>([])

        var all: [JobEvent.Outcome] { kept.withLock { $0 } }

        func add(_ event: JobEvent) { kept.withLock { $0.append(event.outcome) } }
    }

    /// A worker whose every attempt ends in this way.
    private func worker(_ queue: Queue, _ error: any Error, _ events: Events, persistence: Int = .max) -> Worker {
        Worker(
            queue: queue, owner: "worker", bell: Bell(), persistence: persistence, observe: events.add,
            work: { _ in throw error })
    }

    @Test(arguments: TemporaryDatabase.engines, Job.Kind.allCases)
    func `An outage of a week costs no attempt, and its end is found within a minute`(
        engine: Engine, kind: Job.Kind
    ) throws {
        let board = try Board(engine)
        let job = try board.submit(kind)
        let events = Events()
        let worker = worker(board.queue, WorkError.waiting(.store, why: "the bucket is away"), events)
        let start = board.queue.now()
        var pauses: [Int64] = []
        var claims: Int64 = 0
        for round in 0..<60 {
            let claimed = try #require(try board.claim())
            #expect(claimed.attempt == 1 && claimed.claims > claims)
            claims = claimed.claims
            worker.run(Lease(job: claimed, owner: "worker"))
            let seen = try #require(try board.now(job))
            #expect(seen.state == .pending && seen.waitingFor == .store && seen.waitingSince == start)
            #expect(seen.error == "the bucket is away" && seen.attempt == 0)
            pauses.append(try Int64(board.number("SELECT run_at FROM job")) - board.queue.now())
            #expect(try board.claim() == nil, "not before its time")
            // Sometimes no process checks for half a day.
            board.pass(max(try #require(pauses.last), round % 10 == 9 ? Self.day / 2 : 0))
        }
        #expect(events.all.allSatisfy { $0 == .waiting })
        #expect(pauses.allSatisfy { (750...60_000).contains($0) })
        #expect(pauses[0] <= 1_000 && pauses[2] > pauses[1] && pauses[9] > 30_000)
        let last = try #require(try board.claim())
        try board.database.write { try board.queue.succeed(last, owner: "worker", result: "{}", on: $0) }
        let done = try #require(try board.now(job))
        #expect(done.state == .success && done.waitingFor == nil && done.error.isEmpty)
    }

    @Test func `Jobs that stopped together do not come back together`() {
        let pauses = (1...100).map { Queue.pause(waited: 600_000, job: $0) }
        #expect(Set(pauses).count > 90)
        #expect(pauses.allSatisfy { (45_000...60_000).contains($0) })
        #expect(Queue.pause(waited: -5, job: 0) == 1_000, "a clock that was set back")
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `What waits is counted by what it waits for`(engine: Engine) throws {
        let board = try Board(engine)
        for outage in [Outage.disk, .disk, .files] {
            try board.submit()
            let job = try #require(try board.claim())
            try board.queue.wait(job, owner: "worker", for: outage, why: "\(outage) \(job.id)")
            board.pass(100)
        }
        let waits = try board.database.read { try board.queue.waits(on: $0) }
        #expect(waits.map(\.outage) == [.disk, .files] && waits.map(\.count) == [2, 1])
        #expect(waits.first?.since == board.queue.now() - 300)
        #expect(waits.first?.why.hasSuffix(" 1") == true, "that of the one that waits longest")
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A job that waits can be cancelled`(engine: Engine) async throws {
        let board = try Board(engine)
        let job = try board.submit()
        try board.queue.wait(try #require(try board.claim()), owner: "worker", for: .disk, why: "full")
        #expect(try await board.queue.cancel(job))
        let seen = try #require(try board.now(job))
        #expect(seen.state == .failed && seen.waitingFor == nil)
        #expect(try board.database.read { try board.queue.waits(on: $0) }.isEmpty)
    }

    // MARK: A queue that cannot be told

    private struct Odd: Error {}
    /// The outcome of an attempt that the queue could not store at first.
    static let outcomes: [(any Error, Job.State, Int)] = [
        (WorkError.waiting(.disk, why: "full"), .pending, 0), (DatabaseError.storage(why: "full"), .pending, 0),
        (WorkError.hopeless("no SBOM"), .failed, 1), (Odd(), .pending, 1),
    ]

    @Test(arguments: TemporaryDatabase.engines, Self.outcomes.indices)
    func `An outcome is written when the disk has room again`(engine: Engine, place: Int) throws {
        let board = try Board(engine)
        let (error, state, attempt) = Self.outcomes[place]
        let disk = FullDatabase(board.database)
        let queue = Queue(database: disk, now: board.queue.now)
        let job = try board.submit()
        let claimed = try #require(try board.claim())
        let events = Events()
        let worker = worker(queue, error, events)
        disk.isFull = true
        let ended = DispatchSemaphore(value: 0)
        DispatchQueue(label: "a worker").async {
            worker.run(Lease(job: claimed, owner: "worker"))
            ended.signal()
        }
        while disk.refusals < 3 { usleep(10_000) }
        #expect(try board.now(job)?.state == .inProgress)
        // The lease ran out long ago, but the job must not count as that of a dead worker yet.
        board.pass(600_000)
        #expect(try board.queue.rescue { _ in false }.isEmpty)
        disk.isFull = false
        #expect(ended.wait(timeout: .now() + 30) == .success)
        let seen = try #require(try board.now(job))
        #expect(seen.state == state && seen.attempt == attempt)
        #expect(events.all.count == 1 && events.all != [.lost])
    }

    @Test func `A command does not wait for the disk for ever`() throws {
        let board = try Board(.sqlite)
        let disk = FullDatabase(board.database)
        try board.submit()
        let claimed = try #require(try board.claim())
        disk.isFull = true
        let events = Events()
        let worker = worker(Queue(database: disk, now: board.queue.now), Odd(), events, persistence: 300)
        worker.run(Lease(job: claimed, owner: "worker"))
        #expect(events.all == [.lost])
        #expect(disk.refusals > 1)
    }

    // MARK: Who is at fault

    static let errors: [(any Error, String)] = [
        (SinkError.system(doing: "cannot write to", path: "/data/x", errno: ENOSPC), "DISK"),
        (SinkError.system(doing: "cannot write to", path: "/data/x", errno: EDQUOT), "DISK"),
        (SinkError.system(doing: "cannot write to", path: "/data/x", errno: EROFS), "DISK"),
        (SinkError.system(doing: "cannot write to", path: "/data/x", errno: EIO), "DISK"),
        (SinkError.system(doing: "cannot create", path: "/data/x", errno: EMFILE), "FILES"),
        (SinkError.system(doing: "cannot create", path: "/data/x", errno: ENFILE), "FILES"),
        (SinkError.system(doing: "cannot create", path: "/data/x", errno: ENOMEM), "MEMORY"),
        (SinkError.system(doing: "cannot create", path: "/data/x", errno: EACCES), "PERMISSION"),
        (SinkError.unavailable("no bucket"), "STORE"), (SinkError.format("a cell is too long"), "hopeless"),
        (DatabaseError.storage(why: ""), "DISK"), (DatabaseError.busy, "DATABASE"),
        (DatabaseError.unavailable(url: "", why: ""), "DATABASE"), (DatabaseError.exhausted(why: ""), "DATABASE"),
        (DatabaseError.unknownOutcome(why: ""), "DATABASE"), (DatabaseError.statement(sql: "", why: ""), "unexpected"),
        (JSONError.source("reading failed", .files), "FILES"), (JSONError.truncated(offset: 1), "hopeless"),
        (WorkError.hopeless("x"), "hopeless"), (Odd(), "unexpected"),
    ]

    @Test(arguments: Self.errors.indices) func `Each error knows who is at fault`(place: Int) {
        let (error, expected) = Self.errors[place]
        let found =
            switch WorkError(error) {
            case .waiting(let outage, _): outage.rawValue
            case .hopeless: "hopeless"
            case .stopped: "stopped"
            case .unexpected: "unexpected"
            }
        #expect(found == expected, "\(error)")
    }

    @Test func `What is missing is said without a place on the server`() {
        for outage in Outage.allCases { #expect(!"\(outage)".contains("/") && !"\(outage)".isEmpty) }
    }
}
