import API
import Bytes
import Database
import Glibc
import HTTP
import Inventory
import Jobs
import Store
import Synchronization

/// The counters of the process, and the values that each scrape queries.
final class Metrics: Sendable {
    private let counted = Mutex(MetricSeries())
    private let begun = Double(Clock.now()) / 1000
    /// The last text and its time: many scrapers cost the database no more than one.
    private let latest = Mutex<(text: String, at: Int64)>(("", 0))

    // MARK: Counting

    func count(_ event: AccessEvent) {
        let path = Self.path(event.path)
        counted.withLock { series in
            series.add(.httpRequests, [Self.method(event.method), path, "\(event.status)"])
            series.observe(.httpSeconds, [path], event.seconds)
            series.add(.httpBytes, [path], Double(event.bytes))
            guard path == "/api" else { return }
            let call = event.mark.name.isEmpty ? "unknown" : event.mark.name
            let isOurs = event.mark.error == Int(APIError.faultCode)
            series.add(.calls, [call, event.mark.error == 0 ? "ok" : isOurs ? "failed" : "refused"])
            if event.mark.error != 0 { series.add(.callErrors, [call, "\(event.mark.error)"]) }
        }
    }

    func count(_ event: JobEvent) {
        let kind = event.job.kind.rawValue
        counted.withLock { series in
            series.add(.jobs, [kind, event.outcome.rawValue])
            series.observe(.jobSeconds, [kind], Double(event.took) / 1000)
            if event.job.attempt == 1 { series.observe(.jobWait, [kind], Double(event.waited) / 1000) }
        }
    }

    func count(_ report: MadeReport) {
        let labels = [report.type, report.format]
        counted.withLock { series in
            series.add(.reports, labels + [report.isNew ? "made" : "found"])
            guard report.isNew else { return }
            series.observe(.reportSeconds, labels, Double(report.took) / 1000)
            series.add(.reportRows, labels, Double(report.rows))
            series.add(.artifactBytes, [report.format], Double(report.size))
        }
    }

    func countRequestFailure() { counted.withLock { $0.add(.requestFailures) } }

    func countWrite(seconds: Double) { counted.withLock { $0.observe(.databaseSeconds, [], seconds) } }

    func countDatabaseError(_ error: any Error) {
        guard let error = error as? DatabaseError else { return }
        let kind =
            switch error {
            case .unavailable, .noDatabase: "unavailable"
            case .statement: "statement"
            case .conflict: "conflict"
            case .busy: "busy"
            case .storage: "storage"
            case .exhausted: "exhausted"
            case .unknownOutcome: "unknown_outcome"
            case .newerSchema, .otherSchema, .unfinishedUpgrade: "schema"
            case .noNumberLeft: "numbers"
            }
        counted.withLock { $0.add(.databaseErrors, [kind]) }
    }

    func countStore(_ doing: StaticString, seconds: Double, failed: Bool) {
        counted.withLock { series in
            series.observe(.storeSeconds, [doing.description], seconds)
            if failed { series.add(.storeErrors, [doing.description]) }
        }
    }

    // MARK: Bounds of labels

    private static let paths: Set<String> = [
        "/api", "/health/live", "/health/ready", "/metrics", "/api/v1/bom", "/api/version", "/agent", "/",
    ]

    /// The label of a path, by its position; unknown paths share one.
    private static func path(_ path: String) -> String {
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        if (0...4).contains(where: { path == "/api/v1.\($0)" }) { return "/api" }
        if path.hasPrefix("/api/v1/bom/token/") { return "/api/v1/bom/token" }
        if path == "/" || path.hasPrefix("/console/") { return "/console" }
        return paths.contains(path) ? path : "other"
    }

    private static func method(_ method: String) -> String {
        ["GET", "HEAD", "POST", "PUT"].contains(method) ? method : "other"
    }

    // MARK: Telling

    /// All families as text. The values of the queue are read from the database at most once a second.
    func text(_ queue: Queue, workers: Int) -> String {
        let now = queue.now()
        if let fresh = latest.withLock({ abs(now - $0.at) < 1000 ? $0.text : nil }) { return fresh }
        var series = counted.withLock { $0 }
        ask(queue, now: now, &series)
        series.set(.workers, [], Double(workers))
        series.set(.build, [ProgramVersion.current, queue.database.engine.rawValue], 1)
        tellProcess(&series)
        let text = series.text
        latest.withLock { $0 = (text, now) }
        return text
    }

    private func ask(_ queue: Queue, now: Int64, _ series: inout MetricSeries) {
        for kind in Job.Kind.allCases {
            for state in [Job.State.pending, .inProgress] {
                series.set(.queueJobs, [kind.rawValue, state.rawValue], 0)
                series.set(.queueOldest, [kind.rawValue, state.rawValue], 0)
            }
        }
        for outage in Outage.allCases {
            series.set(.queueWaiting, [outage.rawValue.lowercased()], 0)
            series.set(.queueWaitingOldest, [outage.rawValue.lowercased()], 0)
        }
        do {
            let (depths, waits, givenUp, count, bytes, snapshot, feeds) = try queue.database.snapshot { connection in
                (
                    try queue.depths(on: connection), try queue.waits(on: connection),
                    try queue.givenUpCount(on: connection),
                    try connection.integer("SELECT count(*) FROM artifact") ?? 0,
                    try connection.integer("SELECT CAST(sum(size) AS BIGINT) FROM artifact") ?? 0,
                    try HeldSnapshot.oldest(on: connection), try FeedState.all(on: connection)
                )
            }
            for depth in depths {
                let labels = [depth.kind.rawValue, depth.state.rawValue]
                series.set(.queueJobs, labels, Double(depth.count))
                series.set(.queueOldest, labels, max(0, Double(now - depth.oldest) / 1000))
            }
            for wait in waits {
                let labels = [wait.outage.rawValue.lowercased()]
                series.set(.queueWaiting, labels, Double(wait.count))
                series.set(.queueWaitingOldest, labels, max(0, Double(now - wait.since) / 1000))
            }
            for feed in feeds {
                if feed.checked > 0 { series.set(.feedAge, [feed.name], max(0, Double(now - feed.checked) / 1000)) }
                if let newest = feed.newest { series.set(.feedNewest, [feed.name], Double(newest) / 1000) }
                series.set(.feedFailing, [feed.name], feed.isFailing ? 1 : 0)
            }
            series.set(.queueGivenUp, [], Double(givenUp))
            series.set(.artifacts, [], Double(count))
            series.set(.storedBytes, [], Double(bytes))
            if queue.database.engine == .postgresql {
                series.set(.oldestSnapshot, [], Double(snapshot?.age ?? 0) / 1000)
            }
            tell(try queue.database.snapshot { try Basis.everything(on: $0) }, &series)
            series.set(.databaseUp, [], 1)
        } catch {
            series.set(.databaseUp, [], 0)
        }
    }

    private func tell(_ basis: Basis, _ series: inout MetricSeries) {
        series.set(.components, ["matched"], Double(basis.matchable))
        for kind in MatchingObstacle.Kind.allCases {
            series.set(.components, [kind.rawValue], Double(basis.unmatched[kind] ?? 0))
        }
        for (name, releases) in Dictionary(grouping: basis.ecosystems, by: { Ecosystem.word(ofPlace: $0.name) }) {
            series.set(.advisories, [name], Double(releases.reduce(0) { $0 + $1.records }))
            series.set(.advisoryNewest, [name], Double(releases.map(\.newest).max() ?? 0) / 1000)
            // The waiting release that is the oldest.
            if let read = releases.map(\.read).min(), read > 0 {
                series.set(.advisoryRead, [name], Double(read) / 1000)
            }
        }
    }

    private func tellProcess(_ series: inout MetricSeries) {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let times = [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }
            series.set(.processCPU, [], times[0] + times[1])
        }
        if let memory = ProcessMemory.resident() { series.set(.processMemory, [], Double(memory)) }
        if let descriptors = Folder.names(in: "/proc/self/fd") {
            // One less, because reading the list of descriptors uses a descriptor.
            series.set(.processFiles, [], Double(descriptors.count - 1))
        }
        series.set(.processStart, [], begun)
    }
}
