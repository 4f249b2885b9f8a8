import Database
import TestSupport
import Testing

@testable import Jobs

/// Artifacts that are reused, extended, expired or deleted; and files without an owner.
@Suite struct ArtifactTests {
    /// A finished job with its artifact.
    private func made(_ board: Board, key: String = "key", organization: Int64 = 1) throws -> (Job, Artifact) {
        try board.submit(organization: organization)
        let job = try #require(try board.claim())
        let artifact = board.artifact(job, key: key)
        try board.queue.succeed(job, owner: "worker", artifact: artifact)
        return (job, artifact)
    }

    private func find(_ board: Board, key: String = "key", organization: Int64 = 1) throws -> Artifact? {
        try board.database.read { try board.queue.artifact(cacheKey: key, organization: organization, on: $0) }
    }

    @Test(arguments: TemporaryDatabase.engines) func anEqualRequestIsAnsweredByIt(engine: Engine) throws {
        let board = try Board(engine)
        let (first, artifact) = try made(board)
        #expect(try find(board) == artifact)
        #expect(try find(board, key: "another") == nil)
        #expect(try find(board, organization: 2) == nil, "another organization's artifact")
        let done = try #require(try board.now(first))
        #expect(done.state == .success && done.artifact == artifact.uuid && done.rowsDone == 5)

        board.pass(board.queue.settings.retention - 120_000)
        try board.submit()
        let second = try #require(try board.claim())
        try board.queue.succeed(second, owner: "worker", sharing: artifact)
        #expect(try board.now(second)?.artifact == artifact.uuid)
        board.pass(240_000)
        #expect(try board.queue.expired(limit: 10).isEmpty, "its life was prolonged")
        #expect(try find(board) == artifact)
    }

    /// An artifact that is about to expire is not reused.
    @Test(arguments: TemporaryDatabase.engines) func theLastMinuteIsNotGivenAway(engine: Engine) throws {
        let board = try Board(engine)
        _ = try made(board)
        board.pass(board.queue.settings.retention - 60_000)
        #expect(try find(board) == nil)
        #expect(try board.queue.expired(limit: 10).isEmpty)
    }

    @Test(arguments: TemporaryDatabase.engines) func expiryTakesTheJobsAlong(engine: Engine) throws {
        let board = try Board(engine)
        let (first, artifact) = try made(board)
        try board.submit()
        let second = try #require(try board.claim())
        try board.queue.succeed(second, owner: "worker", sharing: artifact)
        let (other, _) = try made(board, key: "other", organization: 2)
        let waiting = try board.submit()
        #expect(try board.queue.forget(artifact: artifact.uuid) == false, "its time is not over")
        board.pass(board.queue.settings.retention + 1)
        #expect(try board.queue.expired(limit: 1).count == 1)
        #expect(try board.queue.expired(limit: 10).count == 2)
        #expect(try board.queue.forget(artifact: artifact.uuid))
        #expect(try board.queue.forget(artifact: artifact.uuid) == false, "only once")
        #expect(try board.now(first) == nil && board.now(second) == nil)
        #expect(try board.now(other) != nil && board.now(waiting) != nil)
    }

    /// The first one wins: a job that shares an artifact, or the sweeper that deletes it.
    @Test(arguments: TemporaryDatabase.engines) func sharingAndForgettingRace(engine: Engine) throws {
        let board = try Board(engine)
        let (_, artifact) = try made(board)
        board.pass(board.queue.settings.retention + 1)
        try board.submit()
        let late = try #require(try board.claim())
        #expect(try board.queue.expired(limit: 10) == [artifact.uuid])
        // The artifact's life was extended after the sweeper's check, so it stays.
        try board.queue.succeed(late, owner: "worker", sharing: artifact)
        #expect(try board.queue.forget(artifact: artifact.uuid) == false)
        board.pass(board.queue.settings.retention + 1)
        try board.submit()
        let later = try #require(try board.claim())
        // If it is deleted before it could be shared, the job makes it again.
        #expect(try board.queue.forget(artifact: artifact.uuid))
        #expect(throws: QueueError.leaseLost(uuid: artifact.uuid)) {
            try board.queue.succeed(later, owner: "worker", sharing: artifact)
        }
        #expect(try board.now(later)?.state == .inProgress)
        try board.queue.succeed(later, owner: "worker", artifact: board.artifact(later))
    }

    @Test(arguments: TemporaryDatabase.engines) func finishedJobsAreForgotten(engine: Engine) throws {
        let board = try Board(engine)
        let (kept, _) = try made(board)
        let failed = try board.submit()
        try board.queue.fail(try #require(try board.claim()), owner: "worker", why: "broken")
        let waiting = try board.submit()
        board.pass(board.queue.settings.retention)
        try board.queue.forgetFinishedJobs()
        #expect(try board.now(failed) != nil)
        board.pass(1)
        try board.queue.forgetFinishedJobs()
        #expect(try board.now(failed) == nil)
        #expect(try board.now(kept) != nil, "it goes with its artifact")
        #expect(try board.now(waiting) != nil)
    }

    /// A file that is being written is no stray file; a file of an ended attempt is one.
    @Test(arguments: TemporaryDatabase.engines) func strays(engine: Engine) throws {
        let board = try Board(engine)
        let (_, artifact) = try made(board)
        try board.submit()
        let running = try #require(try board.claim())
        let names = [
            artifact.uuid, "\(running.uuid)-1", "\(running.uuid)-2", "\(running.uuid)", "unknown-1", "no number-x", "-",
            "'; DROP TABLE job; --",
        ]
        #expect(try board.queue.strays(among: names) == Array(names.dropFirst(2)))
        try board.queue.retry(running, owner: "worker", why: "away")
        #expect(try board.queue.strays(among: ["\(running.uuid)-1"]) == ["\(running.uuid)-1"])
        board.pass(60_000)
        let again = try #require(try board.claim())
        #expect(try board.queue.strays(among: ["\(again.uuid)-1", "\(again.uuid)-2"]) == ["\(again.uuid)-1"])
    }
}
