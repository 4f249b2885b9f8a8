import Bytes
import Database
import TestSupport
import Testing

@testable import Jobs

/// Workers that die, and jobs that are tried again.
@Suite struct DeathTests {
    /// Lets the worker of a job die silently, until its death is noticed.
    private func die(_ board: Board) throws -> [Job] {
        board.pass(board.queue.settings.lease + 1)
        #expect(try board.queue.rescue { _ in false }.isEmpty, "it may be unable to write")
        board.pass(board.queue.lastCall + 1)
        return try board.queue.rescue { _ in false }
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A lease that ran out is a death when its worker stays silent`(engine: Engine) throws {
        let board = try Board(engine)
        let job = try board.submit()
        let claimed = try #require(try board.claim())
        #expect(try die(board).map(\.uuid) == [job.uuid])
        let seen = try #require(try board.now(job))
        #expect(seen.state == .pending && seen.attempt == 1)
        #expect(try board.queue.heartbeat(claimed, owner: "worker", rows: 1) == .lost)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A worker that could not write for an hour goes on and has lost nothing`(engine: Engine) throws {
        let board = try Board(engine)
        try board.submit()
        let claimed = try #require(try board.claim())
        board.pass(3_600_000)
        #expect(try board.queue.rescue { _ in false }.isEmpty)
        // Its pulse comes within the extended lease.
        board.pass(board.queue.settings.lease / 3)
        #expect(try board.queue.heartbeat(claimed, owner: "worker", rows: 1) == .alive)
        board.pass(board.queue.settings.lease - 1)
        #expect(try board.queue.rescue { _ in false }.isEmpty)
        // The next time is the same.
        board.pass(3_600_000)
        #expect(try board.queue.rescue { _ in false }.isEmpty)
        try board.queue.wait(claimed, owner: "worker", for: .disk, why: "full")
        #expect(try board.now(claimed)?.attempt == 0)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A process that got its own job again is told from what it was before`(engine: Engine) throws {
        let board = try Board(engine)
        try board.submit()
        let first = try #require(try board.claim("same"))
        try board.queue.giveBack(first, owner: "same")
        let second = try #require(try board.claim("same"))
        #expect(second.attempt == first.attempt && second.claims > first.claims)
        try board.queue.fail(first, owner: "same", why: "too late")
        #expect(try board.queue.heartbeat(first, owner: "same", rows: 1) == .lost)
        #expect(try board.now(second)?.state == .inProgress)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `After eight deaths a job fails, and is tried again on demand`(engine: Engine) throws {
        let board = try Board(engine)
        let job = try board.submit(.intake)
        var claims: Int64 = 0
        for death in 1...8 {
            let claimed = try #require(try board.claim("worker \(death)"))
            #expect(claimed.attempt == death && claimed.claims > claims)
            claims = claimed.claims
            #expect(try board.queue.rescue { $0 == "worker \(death)" }.count == 1)
            board.pass(60_000)
        }
        let failed = try #require(try board.now(job))
        #expect(failed.state == .failed && failed.isGivenUp)
        #expect(failed.error.contains("8 attempts") && failed.error.contains("is kept"))
        #expect(try board.database.read { try board.queue.givenUp(limit: 5, on: $0) }.map(\.uuid) == [job.uuid])
        #expect(try board.database.read { try board.queue.givenUpCount(on: $0) } == 1)

        func rerun() throws -> Queue.Rerun? {
            try board.database.write { try board.queue.rerun(uuid: job.uuid, on: $0) }
        }
        #expect(try rerun() == .restarted)
        let again = try #require(try board.now(job))
        #expect(again.state == .pending && again.attempt == 0 && again.error.isEmpty && !again.isGivenUp)
        #expect(try rerun() == .unfinished, "once is enough")
        #expect(try board.database.read { try board.queue.givenUpCount(on: $0) } == 0)
        let claimed = try #require(try board.claim())
        #expect(claimed.attempt == 1 && claimed.claims > claims)
        #expect(try board.claim("another") == nil, "one owner at a time")
        #expect(try rerun() == .unfinished)
        try board.database.write { try board.queue.succeed(claimed, owner: "worker", result: "{}", on: $0) }
        #expect(try rerun() == .done)
        #expect(try board.now(job)?.state == .success)
        #expect(try board.database.write { try board.queue.rerun(uuid: "none", on: $0) } == nil)
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A refused job is not among those that were given up`(engine: Engine) throws {
        let board = try Board(engine)
        let job = try board.submit(.intake)
        try board.queue.fail(try #require(try board.claim()), owner: "worker", why: "no SBOM")
        #expect(try board.database.read { try board.queue.givenUp(limit: 5, on: $0) }.isEmpty)
        #expect(try board.database.write { try board.queue.rerun(uuid: job.uuid, on: $0) } == .restarted)
    }
}
