import Database
import Jobs
import Store

/// Deletes expired artifacts and jobs, and files that belong to no artifact or running job; requeues jobs whose worker
/// has ended.
struct Sweeper: Sendable {
    let queue: Queue
    let store: any ArtifactStore
    let owner: Owner
    let log: Log
    /// The time for which audit records are kept, in milliseconds.
    let auditRetention: Int64
    /// The audit records that one transaction deletes, and the transactions of one sweep: the writer is held for
    /// milliseconds.
    private static let auditSlice = (records: 500, times: 200)

    /// Requeues the jobs of dead workers.
    func rescue() {
        do {
            for job in try queue.rescue(isDead: owner.knowsDead) {
                log(.warning, "job of a dead worker put back", ["uuid": job.uuid, "attempt": "\(job.attempt)"])
            }
        } catch {
            log(.error, "rescue failed", ["error": "\(error)"])
        }
    }

    /// Deletes expired artifacts with their jobs, then files without an owner.
    func sweep() {
        do {
            while true {
                let expired = try queue.expired(limit: 100)
                var gone = 0
                for name in expired where try queue.forget(artifact: name) {
                    try store.remove(name)
                    gone += 1
                }
                if gone < 100 { break }
            }
            try queue.forgetFinishedJobs()
            let before = queue.now() - queue.settings.retention
            try queue.database.write { connection in
                try Idempotency.sweep(on: connection)
                try Sessions.sweep(at: queue.now(), on: connection)
                try PendingSignIns.sweep(at: queue.now(), on: connection)
                try Webhooks.sweep(before: before, on: connection)
                try NoticeMessages.sweep(before: before, on: connection)
            }
            try sweepAudit()
            // Names are listed before jobs are queried, so a job that began a file in between is found.
            for name in try queue.strays(among: try store.names()) {
                try store.remove(name)
                log(.info, "stray artifact removed", ["name": name])
            }
        } catch {
            log(.error, "sweep failed", ["error": "\(error)"])
        }
    }

    /// Deletes expired audit records in short transactions.
    private func sweepAudit() throws {
        let before = queue.now() - auditRetention
        for _ in 0..<Self.auditSlice.times {
            let gone = try queue.database.write { connection in
                try AuditTrail.sweep(before: before, limit: Self.auditSlice.records, on: connection)
            }
            if gone < Self.auditSlice.records { return }
        }
    }
}
