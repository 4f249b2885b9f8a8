import API
import Database
import Glibc
import Intake
import Jobs
import Service

/// Updates everything that a command's import made stale, with a job for each organization, which this process does
/// unless a server is faster. If this process dies, servers do the rest.
struct LocalMatching {
    /// The milliseconds for which a command tries to store the outcome of its job while the database accepts no
    /// writes.
    static let persistence = 5_000

    private let runtime: Runtime
    private let isQuiet: Bool

    init(_ runtime: Runtime, isQuiet: Bool) {
        self.runtime = runtime
        self.isQuiet = isQuiet
    }

    /// Returns how many findings are new or changed. Throws the reason why a job failed.
    func run() throws -> Int {
        var jobs = try MatchingJob(runtime.queue).submit(besideRunning: true, newUUID: Randomness.system.uuid)
        var matched = 0
        while !jobs.isEmpty {
            // A job whose worker died is left to other processes.
            _ = try runtime.queue.rescue(isDead: runtime.owner.knowsDead)
            var open: [Job] = []
            for job in jobs {
                if let mine = try runtime.queue.claim(uuid: job.uuid, for: runtime.owner.name) { work(mine) }
                let now = try runtime.database.read { connection in
                    try runtime.queue.find(uuid: job.uuid, organization: job.organization, on: connection)
                }
                guard let now else { continue }
                switch now.state {
                case .success: matched += try MatchingJob.Result(json: now.result).matched
                case .failed: throw Failure("matching (job \(now.uuid)): \(now.error)")
                case .pending where now.waitingFor != nil:
                    throw Failure("matching (job \(now.uuid)) waits: \(now.error); a server goes on with it")
                case .pending, .inProgress: open.append(now)
                }
            }
            if open.count == jobs.count { usleep(200_000) }
            jobs = open
        }
        return matched
    }

    private func work(_ job: Job) {
        let lease = Lease(job: job, owner: runtime.owner.name)
        let matching = MatchingJob(runtime.queue)
        let worker = Worker(
            queue: runtime.queue, owner: runtime.owner.name, bell: Bell(), persistence: Self.persistence,
            observe: { _ in }, work: { try matching.run($0) })
        let ticker = isQuiet ? nil : Ticker(label: "matching, job \(job.uuid)", count: { lease.progress })
        worker.keeping(lease) { worker.run(lease) }
        ticker?.stop()
    }
}
