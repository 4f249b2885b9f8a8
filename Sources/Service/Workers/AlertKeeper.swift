import API
import Bytes
import Database
import Intake
import Jobs
import Synchronization

/// Decides alerts again whose causes changed: those of a call at once. Jobs decide all others.
struct AlertKeeper: Sendable {
    /// The longest wait of a call.
    private static let patience = Duration.milliseconds(2000)
    /// The libraries of a project that can be decided in that time on a busy machine. A larger one is left to a job.
    private static let largest: Int64 = 10_000

    let runtime: Runtime
    /// The stale packages of the last look.
    private let before = Marks()
    private let threads = Threads("alerts", width: 4)

    init(runtime: Runtime) { self.runtime = runtime }

    /// After a call: decides as many projects of the organization as a short time allows.
    func settle(organization: Int64) async {
        // The time starts here: a call that waited for a thread has waited long enough, and a job does the rest.
        let end = ContinuousClock.now + Self.patience
        await threads.run {
            guard ContinuousClock.now < end else { return }
            do {
                _ = try StaleAlerts(database: runtime.database, now: runtime.queue.now).run(
                    organization: organization, largest: Self.largest, shouldStop: { ContinuousClock.now >= end },
                    looked: { ContinuousClock.now < end })
            } catch {
                runtime.log(.error, "deciding alerts again failed", ["error": "\(error)"])
            }
        }
    }

    /// Continues in-house rules whose call did not finish, for a short time; every node does this.
    func tendRules(shouldStop: @escaping () -> Bool) {
        do {
            let end = ContinuousClock.now + Self.patience
            let work = RuleWork(database: runtime.database, now: runtime.queue.now)
            for rule in try runtime.database.read({ try RuleWork.unfinished(on: $0) }) {
                guard try work.run(rule: rule, shouldStop: { ContinuousClock.now >= end || shouldStop() }) else {
                    return
                }
            }
        } catch {
            runtime.log(.error, "marking libraries by in-house rules failed", ["error": "\(error)"])
        }
    }

    /// The expired decisions that one transaction ends.
    private static let expiryLimit = 100

    /// For all organizations: ends expired decisions, and continues those whose process has ended.
    private func tendDecisions(at time: Int64) throws {
        let database = runtime.database
        while let organization = try database.read({ try Decisions.expired(at: time, on: $0) }) {
            let ended = try database.write { connection in
                try Decisions.expire(
                    organization: organization, limit: Self.expiryLimit, at: time, on: connection)
            }
            if ended == 0 { break }
        }
        try DecisionWork(database: database, now: runtime.queue.now).resume()
    }

    /// For all organizations: makes jobs for those with stale rows. Alerts whose time of being ignored ended, ended decisions,
    /// and libraries that reached the age in a policy make rows stale. True when a job was made.
    func tend() -> Bool {
        do {
            let time = runtime.queue.now()
            try tendDecisions(at: time)
            let (over, aged, marks) = try runtime.database.snapshot { connection in
                (
                    try Alerts.hasExpired(at: time, on: connection), try PolicyAging(at: time, on: connection),
                    try Findings.staleMarks(on: connection)
                )
            }
            if over { try runtime.database.write { try Alerts.markExpired(at: time, on: $0) } }
            if let aged { try runtime.database.write { try aged.settle(on: $0) } }
            // A running import would make the same packages stale again.
            guard before.sum.exchange(marks, ordering: .relaxed) == marks else { return false }
            let jobs = try MatchingJob(runtime.queue).submit(besideRunning: false, newUUID: Randomness.system.uuid)
            return !jobs.isEmpty
        } catch {
            runtime.log(.error, "looking for what has to be matched again failed", ["error": "\(error)"])
            return false
        }
    }

    private final class Marks: Sendable {
        let sum = Atomic<Int64>(0)
    }
}
