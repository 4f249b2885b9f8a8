import Database
import Synchronization
import TestSupport
import Testing

@testable import Jobs

/// Claims between complete searches for waiting jobs.
@Suite struct LooksTests {
    /// A clock that tests move.
    private final class Clock: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func pass(_ duration: Duration) { time.withLock { $0 += duration } }
    }

    private static func looks(_ clock: Clock) -> Looks { Looks { clock.now } }

    @Test func `Complete searches take a twentieth of the time`() {
        let clock = Clock()
        let looks = Self.looks(clock)
        // First a second is saved up; this search takes three.
        #expect(looks.complete { clock.pass(.seconds(3)) } != nil)
        #expect(looks.complete {} == nil)
        // They took two too much, less the twentieth of these three.
        clock.pass(.seconds(36))
        #expect(looks.complete {} == nil)
        clock.pass(.seconds(2))
        #expect(looks.complete {} != nil)
        // At most a second is saved up.
        clock.pass(.seconds(10_000))
        #expect(looks.complete { clock.pass(.milliseconds(1500)) } != nil)
        #expect(looks.complete {} == nil)
    }

    @Test func `One complete search runs at a time, and one that fails counts`() {
        struct Failure: Error {}
        let clock = Clock()
        let looks = Self.looks(clock)
        #expect(looks.complete { looks.complete {} == nil } == true)
        #expect(throws: Failure.self) {
            try looks.complete {
                clock.pass(.seconds(2))
                throw Failure()
            }
        }
        #expect(looks.complete {} == nil)
    }

    @Test func `A search that hung in an outage stops complete searches for a minute at most`() {
        struct Broken: Error {}
        let clock = Clock()
        let looks = Self.looks(clock)
        #expect(throws: Broken.self) {
            try looks.complete {
                clock.pass(.seconds(300))
                throw Broken()
            }
        }
        clock.pass(.seconds(59))
        #expect(looks.complete {} == nil)
        clock.pass(.seconds(2))
        #expect(looks.complete {} != nil)
    }

    @Test func `A search begins at a claim that has rested`() {
        let clock = Clock()
        let looks = Self.looks(clock)
        #expect(looks.start(of: 1) == 0)
        var starts: [Int64] = []
        for claim in [10, 20, 15, 30, 40] as [Int64] {
            looks.note(claim: claim, of: 1)
            starts.append(looks.start(of: 1))
            clock.pass(.milliseconds(100))
        }
        #expect(starts == [0, 0, 20, 20, 30])
        looks.note(claim: 50, of: 1)
        looks.note(claim: 60, of: 1)
        #expect(looks.start(of: 1) == 40)
        #expect(looks.start(of: 2) == 0)
    }

    /// Jobs of two organizations that many claims skipped: none of them is checked again before a complete search.
    @Test(arguments: TemporaryDatabase.engines.filter { $0 == .postgresql })
    func `Between complete searches claims begin behind those of a moment ago`(engine: Engine) throws {
        let clock = Clock()
        let looks = Self.looks(clock)
        let board = try Board(engine, looks: looks)
        func end(_ job: Job) throws { try board.queue.fail(job, owner: "worker", why: "done") }
        let first = try board.submit(organization: 1)
        for organization in [1, 1, 1, 2, 2, 2, 2] as [Int64] { try board.submit(organization: organization) }
        let back = try #require(try board.claim())
        #expect(back.uuid == first.uuid)
        try board.queue.retry(back, owner: "worker", why: "test")
        board.pass(1000)
        // Complete searches take all of their time, and more.
        _ = looks.complete { clock.pass(.seconds(1000)) }
        var turns: [Int64] = []
        // The first organization's job that came back is the oldest until its claims have rested.
        for _ in 0..<8 {
            let job = try #require(try board.claim())
            turns.append(job.organization)
            try end(job)
            clock.pass(.milliseconds(100))
        }
        #expect(turns == [2, 1, 2, 1, 2, 1, 2, 1])
        #expect(looks.start(of: 1) > first.id && looks.start(of: 2) > first.id)
        #expect(try board.number("SELECT count(*) FROM turn WHERE organization = 2") == 0)

        let late = try board.submit(organization: 1)
        try board.database.write { connection in
            try connection.run("UPDATE job SET state = 'PENDING', finished_at = 0 WHERE id = \(first.id)")
        }
        #expect(try board.claim()?.uuid == late.uuid)
        #expect(try board.claim() == nil)
        clock.pass(.seconds(40_000))
        #expect(try board.claim()?.uuid == first.uuid)
        #expect(try board.claim() == nil)
    }

    /// An index of the jobs in a state looks smaller, and has to be read as a whole: while a snapshot is held somewhere, it has an entry of
    /// every job since then.
    @Test(arguments: TemporaryDatabase.engines.filter { $0 == .postgresql })
    func `A worker's statements look up the job by its number, although few jobs run`(engine: Engine) throws {
        let board = try Board(engine)
        try board.submit()
        let job = try #require(try board.claim())
        let plans = try board.database.write { [queue = board.queue] connection in
            try connection.run(
                """
                INSERT INTO job (uuid, organization, account, kind, product, project, request, request_sha1, request_token, process_type,
                    state, run_at, created_at, modified_at, finished_at)
                SELECT 'done ' || n, organization, account, kind, product, project, request, request_sha1, request_token, process_type,
                    'SUCCESS', run_at, created_at, modified_at, modified_at FROM job, generate_series(1, 20000) AS s (n)
                """)
            try connection.run("ANALYZE job")
            return [
                try connection.plan("UPDATE job SET rows_done = 1 WHERE \(queue.held(job, by: "worker"))"),
                try connection.plan("UPDATE job SET claims = 1 WHERE id = \(job.id) AND \(Queue.isIn(.pending))"),
            ]
        }
        for plan in plans {
            #expect(plan.contains { $0.contains("job_pkey") }, "\(plan)")
            #expect(!plan.contains { $0.contains("job_running") || $0.contains("job_turn") }, "\(plan)")
        }
    }

    /// Each of two processes may use half of the room that it saw.
    @Test(arguments: TemporaryDatabase.engines)
    func `The limit of waiting jobs is looked at where it is near`(engine: Engine) throws {
        let board = try Board(engine) { $0.depth = 9 }
        try board.submit()
        // The search found room for nine: this one, and four without a search.
        try board.database.write { connection in
            for _ in 0..<8 { _ = try board.queue.submitOwn(Board.newJob(), on: connection) }
        }
        for _ in 0..<4 { try board.submit() }
        #expect(throws: QueueError.full(limit: 9)) { try board.submit() }
        while try board.number("SELECT count(*) FROM job WHERE state = 'PENDING'") >= 9 { _ = try board.claim() }
        try board.submit()
        #expect(throws: QueueError.full(limit: 9)) { try board.submit() }
    }
}
