import Database
import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Threads that claim and run.
@Suite struct WorkerTests {
    /// Waits for a condition, so long that only a fault makes it fail.
    private func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<6000 {
            if try condition() { return true }
            usleep(10_000)
        }
        return false
    }

    /// A queue by the clock on the wall.
    private func wall(_ board: Board, lease: Int64 = 15_000) -> Queue {
        var settings = Queue.Settings()
        settings.lease = lease
        return Queue(database: board.database, settings: settings) { Int64(Date().timeIntervalSince1970 * 1000) }
    }

    @Test(arguments: TemporaryDatabase.engines) func eightThreadsDoEachJobOnce(engine: Engine) throws {
        let board = try Board(engine)
        let queue = wall(board)
        try board.database.write { connection in
            for number in 0..<500 {
                _ = try queue.submit(Board.newJob(organization: Int64(1 + number % 3)), on: connection)
            }
        }
        let done = Mutex<[String: Int]>([:])
        let outcomes = Mutex<[JobEvent.Outcome: Int]>([:])
        let worker = Worker(
            queue: queue, owner: "here", bell: Bell(),
            observe: { event in outcomes.withLock { $0[event.outcome, default: 0] += 1 } },
            work: { lease in
                done.withLock { $0[lease.job.uuid, default: 0] += 1 }
                try queue.succeed(lease.job, owner: lease.owner, artifact: board.artifact(lease.job))
            })
        worker.start(count: 8)
        let finished = try eventually { try board.number("SELECT count(*) FROM job WHERE state = 'SUCCESS'") == 500 }
        worker.stop(grace: 10_000)
        #expect(finished)
        #expect(done.withLock { $0.count } == 500)
        #expect(done.withLock { $0.values.allSatisfy { $0 == 1 } })
        #expect(outcomes.withLock { $0 } == [.success: 500])
        #expect(try board.number("SELECT count(*) FROM artifact") == 500)
    }

    @Test(arguments: TemporaryDatabase.engines) func errorsSettleJobs(engine: Engine) throws {
        let board = try Board(engine) { $0.attempts = 2 }
        struct Odd: Error {}
        let events = Mutex<[JobEvent]>([])
        let thrown = Mutex<any Error>(Odd())
        let worker = Worker(
            queue: board.queue, owner: "here", bell: Bell(), observe: { event in events.withLock { $0.append(event) } },
            work: { _ in throw thrown.withLock { $0 } })
        func outcome(of error: any Error) throws -> (JobEvent.Outcome?, Job) {
            thrown.withLock { $0 = error }
            let job = try board.submit()
            #expect(try board.claim("here")?.uuid == job.uuid)
            guard let claimed = try board.now(job) else { return (nil, job) }
            worker.run(Lease(job: claimed, owner: "here"))
            guard let settled = try board.now(job) else { return (nil, job) }
            return (events.withLock { $0.last?.outcome }, settled)
        }
        let (failed, job) = try outcome(of: WorkError.hopeless("there is no such project"))
        #expect(failed == .failed && job.state == .failed && job.error == "there is no such project")
        // Failures that cost no attempt are tested in `WaitingTests`.
        for error in [Odd(), WorkError.stopped] as [any Error] {
            let (retried, job) = try outcome(of: error)
            #expect(retried == .retried && job.state == .pending && job.attempt == 1)
            board.pass(60_000)
            let again = try #require(try board.claim("here"))
            worker.run(Lease(job: again, owner: "here"))
            #expect(events.withLock { $0.last?.outcome } == .failed)
            #expect(try board.now(job)?.state == .failed)
        }
    }

    /// Shutting down lets a job end within the grace period, and gives longer ones back without costing an attempt.
    @Test(arguments: TemporaryDatabase.engines) func stoppingGivesBackWhatIsNotDone(engine: Engine) throws {
        let board = try Board(engine)
        let queue = wall(board)
        let quick = try board.submit()
        let slow = try board.submit()
        let running = Atomic<Int>(0)
        let mayEnd = DispatchSemaphore(value: 0)
        let events = Mutex<[JobEvent.Outcome]>([])
        let worker = Worker(
            queue: queue, owner: "here", bell: Bell(),
            observe: { event in events.withLock { $0.append(event.outcome) } },
            work: { lease in
                running.wrappingAdd(1, ordering: .sequentiallyConsistent)
                if lease.job.uuid == quick.uuid {
                    mayEnd.wait()
                    try queue.succeed(lease.job, owner: lease.owner, artifact: board.artifact(lease.job))
                    return
                }
                while lease.stopReason == nil { usleep(1000) }
                throw WorkError.stopped
            })
        worker.start(count: 2)
        #expect(eventually { running.load(ordering: .sequentiallyConsistent) == 2 })
        let third = try board.submit()
        mayEnd.signal()
        worker.stop(grace: 300)
        #expect(try board.now(quick)?.state == .success)
        let seen = try #require(try board.now(slow))
        #expect(seen.state == .pending && seen.attempt == 0)
        // A third job may have started before the stop; it was then given back, too.
        let waiting = try #require(try board.now(third))
        #expect(waiting.state == .pending && waiting.attempt == 0)
        #expect(events.withLock { $0.contains(.success) && $0.contains(.givenBack) && !$0.contains(.retried) })
    }

    /// Leases of long jobs are renewed; a cancelled job is notified; a job whose lease was taken away writes nothing
    /// more.
    @Test(arguments: TemporaryDatabase.engines) func leasesAreKeptWhileJobsRun(engine: Engine) throws {
        let board = try Board(engine)
        let queue = wall(board, lease: 3000)
        let job = try board.submit()
        let taken = try board.submit()
        let events = Mutex<[String: JobEvent.Outcome]>([:])
        let worker = Worker(
            queue: queue, owner: "here", bell: Bell(),
            observe: { event in events.withLock { $0[event.job.uuid] = event.outcome } },
            work: { lease in
                lease.progress = 7
                while lease.stopReason == nil { usleep(1000) }
                throw WorkError.stopped
            })
        worker.start(count: 2)
        // Two pulses.
        #expect(try eventually { try board.now(job)?.rowsDone == 7 && board.now(taken)?.rowsDone == 7 })
        let until = try board.number("SELECT lease_until FROM job WHERE uuid = \(job.uuid)")
        #expect(try eventually { try board.number("SELECT lease_until FROM job WHERE uuid = \(job.uuid)") > until })
        try board.database.write { connection in
            _ = try connection.run("UPDATE job SET cancelled = 1 WHERE uuid = \(job.uuid)")
        }
        try board.database.write { connection in
            _ = try connection.run(
                "UPDATE job SET lease_owner = 'another', lease_until = lease_until + 600000 WHERE uuid = \(taken.uuid)")
        }
        #expect(eventually { events.withLock { $0.count == 2 } })
        #expect(events.withLock { $0 } == [job.uuid: .cancelled, taken.uuid: .lost])
        #expect(try board.now(job)?.state == .failed)
        #expect(try board.now(taken)?.state == .inProgress)
        worker.stop(grace: 1000)
    }

    /// Submissions that arrive together share transactions, and so flushes to the disk.
    @Test func submissionsShareTransactions() async throws {
        let board = try Board(.sqlite)
        let entered = Atomic<Bool>(false)
        let mayGo = DispatchSemaphore(value: 0)
        // The writer is held while a hundred submissions gather.
        async let held: Void = board.database.write { _ in
            entered.store(true, ordering: .sequentiallyConsistent)
            mayGo.wait()
        }
        while !entered.load(ordering: .sequentiallyConsistent) { try await Task.sleep(for: .milliseconds(5)) }
        try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await board.database.write { connection in
                        let job = try board.queue.submit(Board.newJob(), on: connection)
                        // A savepoint within one transaction sees the rows of earlier ones.
                        return try connection.integer("SELECT count(*) FROM job WHERE id <= \(job.id)") ?? 0
                    }
                }
            }
            try await Task.sleep(for: .milliseconds(200))
            #expect(try board.number("SELECT count(*) FROM job") == 0, "nothing is seen before its commit")
            mayGo.signal()
            var seen: [Int64] = []
            for try await count in group { seen.append(count) }
            #expect(seen.sorted() == Array(1...100))
        }
        try await held
        #expect(try board.number("SELECT count(*) FROM job") == 100)
    }
}
