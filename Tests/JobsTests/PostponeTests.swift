import Database
import Synchronization
import TestSupport
import Testing

@testable import Jobs

struct PostponeTests {
    private final class Time: Sendable {
        let now = Atomic<Int64>(1_000_000)
    }

    private static let hour: Int64 = 3_600_000

    @Test(
        "an outage costs no attempt for a day; then a job that has no end fails", arguments: TemporaryDatabase.engines)
    func outage(engine: Engine) async throws {
        let database = try TemporaryDatabase.make(engine)
        let time = Time()
        let queue = Queue(database: database) { time.now.load(ordering: .relaxed) }
        let job = try await database.write { connection in
            try connection.run("INSERT INTO organization (id, token, name, created_at) VALUES (1, 't', 'n', 0)")
            return try queue.submit(
                NewJob(uuid: "u", organization: 1, kind: .report, request: "{}", processType: "T"), on: connection)
        }
        let worker = Worker(
            queue: queue, owner: "w", bell: Bell(), observe: { _ in },
            work: { _ in throw WorkError.passing("the bucket is away") })
        var begun: [Int64] = []
        func state() throws -> Job {
            try #require(try database.read { try queue.find(uuid: "u", organization: 1, on: $0) })
        }
        while try state().state != .failed, begun.count < 3000 {
            if let claimed = try queue.claim(for: "w") {
                begun.append(time.now.load(ordering: .relaxed) - job.created)
                if (begun.last ?? 0) < 24 * Self.hour { #expect(claimed.attempt == 1) }
                worker.run(Lease(job: claimed, owner: "w"))
                #expect(try state().error.hasSuffix("the bucket is away"))
            }
            // The next moment at which something may run.
            let next = try database.read { try $0.integer("SELECT run_at FROM job") } ?? 0
            time.now.store(max(next, time.now.load(ordering: .relaxed) + 1), ordering: .relaxed)
        }
        let pauses = zip(begun, begun.dropFirst()).map { $1 - $0 }
        // Eight attempts in a row would be over in 64 seconds.
        #expect(begun.filter { $0 < 64_000 }.count > 8)
        #expect(pauses.filter { $0 < 1_000 }.count <= 1)
        #expect(pauses.allSatisfy { $0 <= 60_000 })
        #expect(begun.last.map { $0 >= 24 * Self.hour && $0 < 25 * Self.hour } == true)
        #expect(begun.filter { $0 >= 24 * Self.hour }.count == queue.settings.attempts)
        #expect(try state().error.hasPrefix("given up after 8 attempts"))
    }
}
