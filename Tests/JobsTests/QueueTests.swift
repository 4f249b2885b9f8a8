import Database
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// The promises of the queue (`docs/job-states.md`), on every engine.
@Suite struct QueueTests {
    // MARK: Order

    /// A thousand jobs of one organization do not delay another's only one.
    @Test(arguments: TemporaryDatabase.engines) func turnsGoRoundOrganizations(engine: Engine) throws {
        let board = try Board(engine)
        try board.database.write { connection in
            for _ in 0..<1000 { _ = try board.queue.submit(Board.newJob(organization: 1), on: connection) }
            for _ in 0..<3 { _ = try board.queue.submit(Board.newJob(organization: 2), on: connection) }
            _ = try board.queue.submit(Board.newJob(organization: 3), on: connection)
        }
        var turns: [Int64] = []
        for _ in 0..<8 {
            let job = try #require(try board.claim())
            turns.append(job.organization)
            try board.queue.fail(job, owner: "worker", why: "done")
        }
        #expect(turns == [1, 2, 3, 1, 2, 1, 2, 1])
    }

    /// The organization with the fewest running jobs is next, so slow jobs do not take all workers.
    @Test(arguments: TemporaryDatabase.engines) func slowJobsDoNotTakeAllWorkers(engine: Engine) throws {
        let board = try Board(engine)
        for _ in 0..<10 { try board.submit(organization: 1) }
        let slow = try (0..<4).map { _ in try #require(try board.claim()) }
        #expect(slow.allSatisfy { $0.organization == 1 })
        for _ in 0..<2 { try board.submit(organization: 2) }
        #expect(try (0..<2).map { _ in try board.claim()?.organization } == [2, 2])
    }

    /// With many organizations one list serves several claims, in the order of the turns and each organization once; new
    /// organizations wait for these few claims.
    @Test(arguments: TemporaryDatabase.engines)
    func `Many organizations are listed once for several claims`(engine: Engine) throws {
        let board = try Board(engine, organizations: 600)
        try board.database.write { connection in
            for _ in 0..<2 {
                for organization in 2...600 as ClosedRange<Int64> {
                    _ = try board.queue.submit(Board.newJob(organization: organization), on: connection)
                }
            }
        }
        func claim() throws -> Int64 {
            let job = try #require(try board.claim())
            try board.queue.fail(job, owner: "worker", why: "done")
            return job.organization
        }
        #expect(try claim() == 2)
        // The list of 599 organizations serves two more claims.
        try board.submit(organization: 1)
        #expect(try (0..<4).map { _ in try claim() } == [3, 4, 1, 5])
        try board.submit(organization: 1)
        board.pass(1001)
        #expect(try (0..<20).map { _ in try claim() } == Array(6...25))
    }

    /// If no organization of a list that was kept from an earlier claim has a job that can run, the claim lists them again.
    @Test(arguments: TemporaryDatabase.engines)
    func `An organization that had its turn is found again when nobody else can run`(engine: Engine) throws {
        let board = try Board(engine, organizations: 600)
        try board.database.write { connection in
            for organization in 1...600 as ClosedRange<Int64> {
                _ = try board.queue.submit(Board.newJob(organization: organization), on: connection)
            }
        }
        let first = try #require(try board.claim())
        #expect(first.organization == 1)
        try board.database.write { connection in
            try connection.run("UPDATE job SET run_at = run_at + 5000 WHERE state = 'PENDING'")
        }
        let own = try board.submit(organization: 1)
        #expect(try board.claim()?.uuid == own.uuid)
        #expect(try board.claim() == nil)
    }

    @Test(arguments: TemporaryDatabase.engines) func anOrganizationsJobsRunInOrder(engine: Engine) throws {
        let board = try Board(engine)
        let submitted = try (0..<20).map { _ in try board.submit() }
        let claimed = try board.claimAll()
        #expect(claimed.map(\.uuid) == submitted.map(\.uuid))
        #expect(claimed.allSatisfy { $0.state == .inProgress && $0.attempt == 1 })
        #expect(try board.claim() == nil)
    }

    // MARK: Waiting for uploads

    /// A comparison shows two places and waits for the uploads of both.
    @Test(arguments: TemporaryDatabase.engines) func aComparisonWaitsForUploadsOfBothSides(engine: Engine) throws {
        let board = try Board(engine)
        for type in Queue.comparisons.sorted() {
            let upload = try board.submit(.intake, product: 2, project: 4)
            let held = try #require(try board.claim())
            #expect(held.uuid == upload.uuid)
            let report = try board.submit(product: 1, project: type.hasPrefix("PROJECT") ? 2 : 0, type: type)
            #expect(try board.claim() == nil, "\(type)")
            try board.queue.fail(held, owner: "worker", why: "done")
            let next = try #require(try board.claim())
            #expect(next.uuid == report.uuid)
            try board.queue.fail(next, owner: "worker", why: "done")
        }
        try board.submit(.intake, product: 2, project: 4)
        func waiting(_ product: Int64, _ project: Int64, with other: Scope.Comparison?) throws -> Int {
            var scope = Scope(
                kind: project == 0 ? .product : .project, organization: 1, product: product, project: project)
            scope.comparison = other
            let asked = scope
            return try board.database.read { try board.queue.uploads(waitingIn: asked, on: $0) }
        }
        #expect(try waiting(1, 0, with: nil) == 0)
        #expect(try waiting(1, 0, with: .init(product: 2, project: 0)) == 1)
        #expect(try waiting(1, 2, with: .init(product: 2, project: 4)) == 1)
        #expect(try waiting(1, 2, with: .init(product: 2, project: 5)) == 0)
    }

    /// The uploads that a report waits for: (product, project) of the upload and of the report; 0 is wider.
    @Test(
        arguments: TemporaryDatabase.engines,
        [
            ((0, 0), (0, 0), true), ((1, 2), (0, 0), true), ((0, 0), (1, 2), true), ((1, 2), (1, 2), true),
            ((1, 2), (1, 0), true), ((1, 0), (1, 2), true), ((1, 2), (1, 3), false), ((1, 2), (2, 0), false),
            ((1, 2), (2, 4), false),
        ] as [((Int64, Int64), (Int64, Int64), Bool)])
    func aReportWaitsForUploadsOfItsScope(
        engine: Engine, places: (upload: (Int64, Int64), report: (Int64, Int64), waits: Bool)
    ) throws {
        let board = try Board(engine)
        let upload = try board.submit(.intake, product: places.upload.0, project: places.upload.1)
        #expect(try board.claim()?.uuid == upload.uuid)
        let report = try board.submit(product: places.report.0, project: places.report.1)
        let foreign = try board.submit(organization: 2)
        let ahead = try board.database.read {
            try board.queue.standing(uuid: report.uuid, organization: report.organization, on: $0)?.uploadsAhead
        }
        #expect(ahead == (places.waits ? 1 : 0))
        var claimed = Set(try board.claimAll().map(\.uuid))
        #expect(claimed.contains(foreign.uuid), "another organization's report never waits")
        #expect(claimed.contains(report.uuid) == !places.waits)
        let held = try #require(try board.now(upload))
        try board.database.write { connection in
            try board.queue.succeed(held, owner: "worker", result: "{}", on: connection)
        }
        claimed.formUnion(try board.claimAll().map(\.uuid))
        #expect(claimed.contains(report.uuid))
        #expect(try board.now(upload)?.result == "{}")
    }

    /// A report does not wait for later uploads; uploads of one project keep their order.
    @Test(arguments: TemporaryDatabase.engines) func laterUploadsAreNotWaitedFor(engine: Engine) throws {
        let board = try Board(engine)
        let report = try board.submit(product: 1, project: 1)
        let first = try board.submit(.intake, product: 1, project: 1)
        let second = try board.submit(.intake, product: 1, project: 1)
        let other = try board.submit(.intake, product: 1, project: 2)
        #expect(try board.claimAll().map(\.uuid) == [report.uuid, first.uuid, other.uuid])
        try board.queue.fail(try #require(try board.now(first)), owner: "worker", why: "broken")
        #expect(try board.claimAll().map(\.uuid) == [second.uuid])
    }

    @Test(arguments: TemporaryDatabase.engines) func patienceIsBounded(engine: Engine) throws {
        let board = try Board(engine) { $0.patience = 60_000 }
        try board.submit(.intake)
        _ = try board.claim()
        let report = try board.submit()
        board.pass(60_000)
        #expect(try board.claim() == nil)
        board.pass(1)
        #expect(try board.claim()?.uuid == report.uuid)
    }

    // MARK: Leases

    /// A worker that lost its lease changes nothing, whatever it reports, and neither does a worker with an older
    /// attempt.
    @Test(arguments: TemporaryDatabase.engines) func aLostLeaseChangesNothing(engine: Engine) throws {
        let board = try Board(engine)
        try board.submit()
        let lost = try #require(try board.claim("same owner"))
        board.pass(board.queue.settings.lease + 1)
        #expect(try board.queue.rescue { _ in false }.isEmpty)
        board.pass(board.queue.lastCall + 1)
        #expect(try board.queue.rescue { _ in false }.count == 1)
        board.pass(60_000)
        // The same process may get it again; the claims distinguish the two attempts.
        let held = try #require(try board.claim("same owner"))
        #expect(held.uuid == lost.uuid && held.attempt == 2)
        let before = try board.now(held)
        #expect(throws: QueueError.self) {
            try board.queue.succeed(lost, owner: "same owner", artifact: board.artifact(lost))
        }
        #expect(throws: QueueError.self) {
            try board.queue.succeed(lost, owner: "same owner", sharing: board.artifact(lost))
        }
        #expect(throws: QueueError.leaseLost(uuid: lost.uuid)) {
            try board.database.write { try board.queue.succeed(lost, owner: "same owner", result: "{}", on: $0) }
        }
        try board.queue.fail(lost, owner: "same owner", why: "too late")
        try board.queue.retry(lost, owner: "same owner", why: "too late")
        try board.queue.giveBack(lost, owner: "same owner")
        #expect(try board.queue.heartbeat(lost, owner: "same owner", rows: 99) == .lost)
        #expect(try board.queue.heartbeat(held, owner: "another", rows: 99) == .lost)
        #expect(try board.now(held) == before)
        #expect(try board.number("SELECT count(*) FROM artifact") == 0, "no artifact of a lost lease")
        try board.queue.succeed(held, owner: "same owner", artifact: board.artifact(held))
        #expect(try board.now(held)?.state == .success)
        #expect(try board.queue.heartbeat(held, owner: "same owner", rows: 1) == .lost)
    }

    @Test(arguments: TemporaryDatabase.engines) func heartbeatsKeepALease(engine: Engine) throws {
        let board = try Board(engine)
        try board.submit()
        let job = try #require(try board.claim())
        for beat in 1...5 {
            board.pass(board.queue.settings.lease - 1)
            #expect(try board.queue.rescue { _ in false }.isEmpty)
            #expect(try board.queue.heartbeat(job, owner: "worker", rows: Int64(beat)) == .alive)
            let seen = try #require(try board.now(job))
            #expect(seen.rowsDone == Int64(beat) && seen.modified > job.modified)
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func deadOwnersAreKnownAtOnce(engine: Engine) throws {
        let board = try Board(engine)
        try board.submit()
        try board.submit()
        let dead = try #require(try board.claim("dead"))
        let alive = try #require(try board.claim("alive"))
        #expect(try board.queue.rescue { $0 == "dead" }.map(\.uuid) == [dead.uuid])
        #expect(try board.now(dead)?.state == .pending)
        #expect(try board.now(dead)?.error.contains("died") == true)
        #expect(try board.now(alive)?.state == .inProgress)
    }

    // MARK: Attempts

    /// Each attempt comes later than the previous one; after the last the job fails, with the reason.
    @Test(arguments: TemporaryDatabase.engines) func attemptsAreBounded(engine: Engine) throws {
        let board = try Board(engine) { $0.attempts = 4 }
        let job = try board.submit()
        var pauses: [Int64] = []
        for attempt in 1...4 {
            let claimed = try #require(try board.claim())
            #expect(claimed.attempt == attempt)
            try board.queue.retry(claimed, owner: "worker", why: "the store is away")
            guard attempt < 4 else { break }
            #expect(try board.now(job)?.state == .pending)
            #expect(try board.claim() == nil, "not before its time")
            var waited: Int64 = 0
            while try board.number("SELECT count(*) FROM job WHERE run_at <= \(board.queue.now())") == 0 {
                board.pass(50)
                waited += 50
            }
            pauses.append(waited)
        }
        #expect(pauses == [500, 1000, 2000])
        let failed = try #require(try board.now(job))
        #expect(
            failed.state == .failed && failed.error.contains("4 attempts") && failed.error.contains("the store is away")
        )
        #expect(try board.claim() == nil)
        #expect(Queue.pause(after: 60) == 60_000)
    }

    @Test(arguments: TemporaryDatabase.engines) func givingBackCostsNoAttempt(engine: Engine) throws {
        let board = try Board(engine) { $0.attempts = 2 }
        let job = try board.submit()
        for _ in 0..<10 {
            let claimed = try #require(try board.claim())
            #expect(claimed.attempt == 1)
            try board.queue.giveBack(claimed, owner: "worker")
            #expect(try board.now(job)?.state == .pending)
        }
    }

    // MARK: Cancelling

    @Test(arguments: TemporaryDatabase.engines) func waitingJobsEndAtOnce(engine: Engine) async throws {
        let board = try Board(engine)
        let job = try board.submit()
        #expect(try await board.queue.cancel(job))
        let seen = try #require(try board.now(job))
        #expect(seen.state == .failed && seen.isCancelled && seen.error == QueueError.cancelled.description)
        #expect(try board.claim() == nil)
        #expect(try await board.queue.cancel(job) == false, "it is finished already")
    }

    @Test(arguments: TemporaryDatabase.engines) func runningJobsHearOfItAtTheHeartbeat(engine: Engine) async throws {
        let board = try Board(engine)
        try board.submit()
        let job = try #require(try board.claim())
        #expect(try await board.queue.cancel(job))
        #expect(try board.now(job)?.state == .inProgress)
        #expect(try board.queue.heartbeat(job, owner: "worker", rows: 1) == .cancelled)
    }

    /// In whatever way a cancelled job leaves its worker, it does not start again.
    @Test(arguments: TemporaryDatabase.engines, ["rescue", "retry", "give back"])
    func cancelledJobsDoNotBeginAgain(engine: Engine, way: String) async throws {
        let board = try Board(engine)
        try board.submit()
        let job = try #require(try board.claim())
        #expect(try await board.queue.cancel(job))
        switch way {
        case "rescue": _ = try board.queue.rescue { _ in true }
        case "retry": try board.queue.retry(job, owner: "worker", why: "the store is away")
        default: try board.queue.giveBack(job, owner: "worker")
        }
        let seen = try #require(try board.now(job))
        #expect(seen.state == .failed && seen.isCancelled && seen.error == QueueError.cancelled.description)
        board.pass(600_000)
        #expect(try board.claim() == nil)
    }

    // MARK: Depth

    @Test(arguments: TemporaryDatabase.engines) func depthIsBounded(engine: Engine) throws {
        let board = try Board(engine) { $0.depth = 3 }
        for _ in 0..<3 { try board.submit() }
        #expect(throws: QueueError.full(limit: 3)) { try board.submit() }
        #expect("\(QueueError.full(limit: 3))".contains("3"))
        try board.submit(organization: 2)
        _ = try board.claim()
        try board.submit()
        #expect(try board.database.read { try board.queue.depths(on: $0) }.map(\.count).sorted() == [1, 4])
    }

    @Test(arguments: TemporaryDatabase.engines) func anotherOrganizationsJobIsNotFound(engine: Engine) throws {
        let board = try Board(engine)
        let job = try board.submit()
        #expect(try board.now(job) == job)
        #expect(try board.database.read { try board.queue.find(uuid: job.uuid, organization: 2, on: $0) } == nil)
    }

    @Test(arguments: TemporaryDatabase.engines.filter { $0 == .postgresql })
    func `A submission does not wait for a write that holds its organization`(engine: Engine) throws {
        let board = try Board(engine)
        try board.database.write { holder in
            _ = try holder.integer("SELECT 1 FROM organization WHERE id = 1 \(holder.engine.locking)")
            // On a separate connection, because writers run side by side here.
            try board.database.write { connection in
                try connection.script("SET LOCAL lock_timeout = '2s'")
                _ = try board.queue.submit(Board.newJob(), on: connection)
            }
        }
        #expect(try board.claim() != nil)
    }
}
