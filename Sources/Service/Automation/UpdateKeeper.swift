import API
import Bytes
import Database
import Feeds
import Jobs

/// Automatic updates of a server.
package struct UpdateSettings: Sendable {
    /// The milliseconds from the start of an update to the start of the next.
    package var interval: Int64
    /// A mirror in the form of `waybill update --from`; empty for the publishers.
    package var origin: String

    package init(interval: Int64, origin: String = "") {
        self.interval = interval
        self.origin = origin
    }
}

/// Submits the job that updates advisories and lists when it is due: one job for all nodes, which any node may submit and run.
struct UpdateKeeper: Sendable {
    static let processType = "Knowledge Update"

    let queue: Queue
    let settings: UpdateSettings

    /// Submits a due job; true when it did.
    func tend() throws -> Bool {
        let time = queue.now()
        let isDue = try queue.database.read { try FeedState.isTurnDue(at: time, every: settings.interval, on: $0) }
        guard isDue else { return false }
        return try queue.database.write { [queue, settings] connection in
            // Without an organization no packages are in use.
            guard let host = try queue.host(on: connection),
                try queue.unfinished(.update, organization: host, on: connection).isEmpty,
                try FeedState.takeTurn(at: time, every: settings.interval, on: connection)
            else { return false }
            let job = NewJob(
                uuid: try Randomness.system.uuid(), organization: host, kind: .update, request: settings.origin,
                processType: Self.processType)
            _ = try queue.submitOwn(job, on: connection)
            return true
        }
    }
}

/// Work of the kind UPDATE. The request is the mirror to use, or empty for the publishers.
struct UpdateWork: Sendable {
    let queue: Queue
    /// The data directory.
    let folder: String
    let log: Log

    /// Does a job. It is SUCCESS when this returns, even if single sources failed: their errors are in its result, in the log
    /// and with the sources. The lease's progress counts records.
    func run(_ lease: Lease) throws {
        // Most of the time is spent waiting for other servers.
        lease.leavePlace()
        let reports: [FeedReport]
        do {
            var done = 0
            var last = (name: "", count: 0)
            var settings = Update.Settings(folder: folder)
            if !lease.job.request.isEmpty { settings.origin = try FeedOrigin(lease.job.request) }
            let watcher = Update.Watcher(
                progress: { name, count in
                    if name != last.name || count < last.count { done += last.count }
                    last = (name, count)
                    lease.progress = done + count
                },
                warning: { [log] in log(.warning, "update", ["uuid": lease.job.uuid, "what": $0]) },
                isStopped: { lease.stopReason != nil })
            let update = try Update(database: queue.database, settings, now: queue.now, watcher: watcher)
            var wish = try Update.Wish()
            wish.isRestful = true
            reports = try update.run(wish)
        } catch FeedError.stopped {
            throw WorkError.stopped
        } catch let error as FeedError {
            throw WorkError.unexpected(error.description)
        }
        if lease.stopReason != nil { throw WorkError.stopped }
        try queue.database.write { [queue] connection in
            try queue.succeed(
                lease.job, owner: lease.owner, result: FeedReport.json(reports), rows: lease.progress, on: connection)
        }
    }
}
