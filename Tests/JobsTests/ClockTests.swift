import Bytes
import Database
import TestSupport
import Testing

@testable import Jobs

/// A clock that is set back or forward by a day while there is work: nothing waits for it, and nothing is lost.
@Suite struct ClockTests {
    private static let jumps = [-TimeText.day, TimeText.day, -3650 * TimeText.day]

    @Test(arguments: TemporaryDatabase.engines, jumps)
    func `A job that waits for its next attempt does not wait for the clock`(engine: Engine, jump: Int64) throws {
        let board = try Board(engine)
        let job = try board.submit()
        let claimed = try #require(try board.claim())
        try board.queue.retry(claimed, owner: "worker", why: "died")
        #expect(try board.claim() == nil, "it pauses")
        board.pass(jump)
        #expect(try board.claim()?.uuid == job.uuid)
        // The same for a requeued job, and for a job that waits for an outage.
        let other = try board.submit(organization: 2)
        try board.queue.wait(try #require(try board.claim()), owner: "worker", for: .disk, why: "full")
        board.pass(jump)
        #expect(try board.queue.claim(uuid: other.uuid, for: "worker") != nil)
    }

    @Test(arguments: TemporaryDatabase.engines, jumps)
    func `Order is that of submission`(engine: Engine, jump: Int64) throws {
        let board = try Board(engine)
        var submitted: [String] = []
        for _ in 0..<4 {
            submitted.append(try board.submit().uuid)
            board.pass(jump)
        }
        #expect(try board.claimAll().map(\.uuid) == submitted)
        // An upload precedes a report that was requested later.
        let upload = try board.submit(.intake)
        board.pass(jump)
        let report = try board.submit()
        #expect(try board.claimAll().map(\.uuid) == [upload.uuid])
        let standing = try board.database.read { try board.queue.standing(uuid: report.uuid, organization: 1, on: $0) }
        #expect(standing?.uploadsAhead == 1)
    }

    @Test(arguments: TemporaryDatabase.engines, jumps)
    func `A worker that lives keeps its job`(engine: Engine, jump: Int64) throws {
        let board = try Board(engine)
        try board.submit()
        let claimed = try #require(try board.claim())
        board.pass(jump)
        for _ in 0..<10 {
            #expect(try board.queue.rescue { _ in false }.isEmpty)
            board.pass(board.queue.settings.lease / 3)
            #expect(try board.queue.heartbeat(claimed, owner: "worker", rows: 1) == .alive)
        }
        try board.database.write { try board.queue.succeed(claimed, owner: "worker", result: "{}", on: $0) }
        #expect(try board.now(claimed)?.state == .success)
    }

    @Test(arguments: TemporaryDatabase.engines, jumps)
    func `A worker that died is noticed within three leases`(engine: Engine, jump: Int64) throws {
        let board = try Board(engine)
        let job = try board.submit()
        _ = try #require(try board.claim())
        board.pass(jump)
        var rescued: [String] = []
        for _ in 0..<13 {
            rescued += try board.queue.rescue { _ in false }.map(\.uuid)
            board.pass(board.queue.settings.lease / 4)
        }
        #expect(rescued == [job.uuid])
        board.pass(60_000)
        #expect(try board.claim()?.attempt == 2)
    }

    /// A node whose clock is an hour ahead or behind: neither node takes the jobs of the other.
    @Test(arguments: TemporaryDatabase.engines, [-3_600_000, 3_600_000] as [Int64])
    func `Nodes whose clocks differ leave each other's jobs alone`(engine: Engine, apart: Int64) throws {
        let board = try Board(engine)
        let other = Queue(database: board.database) { [queue = board.queue] in queue.now() + apart }
        try board.submit()
        let claimed = try #require(try other.claim(for: "far"))
        for _ in 0..<10 {
            #expect(try board.queue.rescue { _ in false }.isEmpty)
            #expect(try other.rescue { _ in false }.isEmpty)
            board.pass(board.queue.settings.lease / 3)
            #expect(try other.heartbeat(claimed, owner: "far", rows: 0) == .alive)
        }
    }

    /// Things with a retention of a week are kept for at least six days, and are finally deleted.
    @Test(arguments: TemporaryDatabase.engines) func `Retention survives a day`(engine: Engine) throws {
        let board = try Board(engine)
        try board.submit()
        let claimed = try #require(try board.claim())
        try board.queue.succeed(claimed, owner: "worker", artifact: board.artifact(claimed))
        for jump in [TimeText.day, -TimeText.day, -TimeText.day, TimeText.day] {
            board.pass(jump)
            #expect(try board.queue.expired(limit: 10).isEmpty)
            try board.queue.forgetFinishedJobs()
            #expect(try board.now(claimed)?.state == .success)
        }
        board.pass(board.queue.settings.retention + 1)
        #expect(try board.queue.expired(limit: 10).count == 1)
    }
}
