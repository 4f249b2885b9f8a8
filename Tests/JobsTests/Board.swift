import Database
import Foundation
import Synchronization
import TestSupport

@testable import Jobs

/// A queue on its own database with some organizations, and a clock that tests move.
final class Board: Sendable {
    let database: any Database
    let queue: Queue
    private let clock: Clock

    private final class Clock: Sendable {
        let now = Atomic<Int64>(1_767_323_045_000)
    }

    private static let start = ContinuousClock.now

    /// - Parameter looks: by itself with a clock that stands still, so that every search is complete on a slow machine, too.
    init(
        _ engine: Engine, organizations: Int64 = 3, looks: Looks = Looks { start },
        change: (inout Queue.Settings) -> Void = { _ in }
    ) throws {
        database = try TemporaryDatabase.make(engine)
        var settings = Queue.Settings()
        change(&settings)
        let clock = Clock()
        self.clock = clock
        queue = Queue(database: database, settings: settings, looks: looks) {
            clock.now.load(ordering: .sequentiallyConsistent)
        }
        try database.write { connection in
            for id in 1...organizations {
                try connection.run(
                    "INSERT INTO organization (id, token, name, created_at) VALUES (\(id), \("token \(id)"), 'n', 1)")
            }
        }
    }

    deinit { database.close() }

    /// Moves the time forward.
    func pass(_ milliseconds: Int64) { clock.now.wrappingAdd(milliseconds, ordering: .sequentiallyConsistent) }

    @discardableResult
    func submit(
        _ kind: Job.Kind = .report, organization: Int64 = 1, product: Int64 = 0, project: Int64 = 0,
        type: String = "TEST"
    ) throws -> Job {
        var job = Self.newJob(kind, organization: organization, product: product, project: project)
        job.processType = type
        let new = job
        let queue = queue
        return try database.write { connection in try queue.submit(new, on: connection) }
    }

    static func newJob(
        _ kind: Job.Kind = .report, organization: Int64 = 1, product: Int64 = 0, project: Int64 = 0
    ) -> NewJob {
        var job = NewJob(
            uuid: UUID().uuidString.lowercased(), organization: organization, kind: kind, request: "{}",
            processType: "TEST")
        job.product = product
        job.project = project
        return job
    }

    func claim(_ owner: String = "worker") throws -> Job? { try queue.claim(for: owner) }

    /// Claims until no job can be claimed.
    func claimAll(_ owner: String = "worker") throws -> [Job] {
        var jobs: [Job] = []
        while let job = try claim(owner) { jobs.append(job) }
        return jobs
    }

    /// The current row of the job.
    func now(_ job: Job) throws -> Job? {
        try database.read { try queue.find(uuid: job.uuid, organization: job.organization, on: $0) }
    }

    func artifact(_ job: Job, key: String = "key") -> Artifact {
        Artifact(
            uuid: "\(job.uuid)-\(job.attempt)", organization: job.organization, cacheKey: key, fileName: "a.zip",
            size: 1,
            sha1: "", sha256: "", parts: 1, rows: 5, notes: ["one", "two"])
    }

    func number(_ sql: SQL) throws -> Int { Int(try database.read { try $0.integer(sql) } ?? 0) }
}
