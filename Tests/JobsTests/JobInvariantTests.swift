import Bytes
import Database
import TestSupport
import Testing

@testable import Jobs

/// The invariants of jobs and their leases (`Job.faults`).
@Suite struct JobInvariantTests {
    private func faults(_ board: Board) throws -> [String] {
        try board.database.read { try Job.faults("1 = 1", on: $0) }
    }

    /// Each invariant is detected in a row that breaks it.
    @Test(
        arguments: TemporaryDatabase.engines,
        [
            ("state = 'RUNNING'", "there is no such state"), ("lease_owner = ''", "without a lease"),
            ("lease_until = 0", "without a lease"), ("state = 'PENDING'", "has a lease and does not run"),
            ("attempt = 0", "attempts"), ("state = 'PENDING', lease_owner = '', cancelled = 1", "would run again"),
            ("finished_at = 5", "before its end"), ("state = 'SUCCESS', lease_owner = ''", "at no time"),
            ("state = 'FAILED', lease_owner = '', finished_at = 5", "without a reason"),
            ("given_up = 1", "did not fail"),
            (
                "state = 'FAILED', lease_owner = '', finished_at = 5, error = 'e', waiting_for = 'x'",
                "waits for something"
            ),
            ("artifact = 'a'", "without success"), ("result = '{}'", "without success"),
        ] as [(SQL, String)])
    func eachIsFound(engine: Engine, broken: (change: SQL, words: String)) throws {
        let board = try Board(engine)
        let job = try board.submit()
        _ = try #require(try board.claim())
        #expect(try faults(board) == [])
        let change: SQL = "UPDATE job SET \(broken.change) WHERE id = \(job.id)"
        try board.database.write { _ = try $0.run(change) }
        let found = try faults(board)
        #expect(found.count == 1 && found[0].contains(broken.words), "\(found)")
    }

    /// The invariants hold after all actions of workers, the sweeper and callers in any order; a cancelled job ends.
    @Test(arguments: TemporaryDatabase.engines, [1, 2, 3] as [UInt64])
    func anyWalkKeepsThem(engine: Engine, seed: UInt64) async throws {
        let board = try Board(engine) {
            $0.attempts = 3
        }
        var random = seed
        func next(_ count: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % count
        }
        var held: [(job: Job, owner: String)] = []
        var (made, cancelled): ([Job], [Job]) = ([], [])
        for step in 0..<150 {
            if next(3) == 0 {
                made.append(try board.submit(next(2) == 0 ? .report : .intake, organization: Int64(1 + next(3))))
            }
            let owner = "worker \(next(3))"
            if let job = try board.claim(owner) { held.append((job, owner)) }
            // Some are settled twice, as by a worker that lost its lease.
            if let (job, owner) = held.isEmpty ? nil : held[next(held.count)] {
                switch next(8) {
                case 0: try board.queue.fail(job, owner: owner, why: "broken")
                case 1: try board.queue.retry(job, owner: owner, why: "again")
                case 2: try board.queue.wait(job, owner: owner, for: .database, why: "later")
                case 3: try board.queue.giveBack(job, owner: owner)
                case 4: try? board.queue.succeed(job, owner: owner, artifact: board.artifact(job))
                case 5: _ = try board.queue.heartbeat(job, owner: owner, rows: Int64(step))
                case 6: _ = try board.queue.rescue { $0 == owner }
                default:
                    if try await board.queue.cancel(job) { cancelled.append(job) }
                }
            }
            board.pass(Int64(next(5_000)))
            #expect(try faults(board) == [], "step \(step) of seed \(seed)")
        }
        // Leases run out, and no worker works any more.
        board.pass(board.queue.settings.lease + 1)
        _ = try board.queue.rescue { _ in true }
        #expect(try faults(board) == [])
        for job in cancelled { #expect(try board.now(job)?.state.isFinal == true) }
        #expect(made.count > 20 && !cancelled.isEmpty)
    }
}
