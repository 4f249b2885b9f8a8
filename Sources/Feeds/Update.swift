import Bytes
package import Database
import Glibc
import Intake

// DESIGN. Sources, and the parts of a source, are updated one after the other, each independently: an error is stored with its
// source or part, and does not stop the others. A file is fetched as a whole, compared with the stored data, and only then
// imported. The row of `feed` that lets the next update skip the file is written last. So if an update dies, the next one
// repeats the unfinished work.

/// Updates sources of knowledge.
///
///     let update = try Update(database: database, Update.Settings(folder: "/var/lib/waybill"), now: clock)
///     let reports = try update.run(try Update.Wish(["osv/npm", "kev"]))
///
/// An update belongs to one thread, which `run` blocks, often for minutes. Its lock admits one process of a data
/// directory at a time, and lives as long as the update. `run` makes its own writes, so a write must not call it. Times
/// are milliseconds since 1970. `run` throws `DatabaseError`, or the stop; a source that fails has its `FeedError` in
/// its report. As in every import, the new data mark packages that must be matched again; the caller starts the
/// matching.
package struct Update {
    /// The sources to update.
    package struct Wish: Sendable {
        var sources: [Feed.Source] = []
        /// The named parts; empty for those in use.
        var ecosystems: [String] = []
        /// Whether the caller named the sources. The update then includes sources that are otherwise left out
        /// (`Feed.isAsked`).
        var isNamed = false
        /// Whether sources with a recent update are skipped.
        package var isRestful = false

        /// - Parameter names: `kev`, `osv`, `osv/npm`; none for the default sources.
        package init(_ names: [String] = []) throws(FeedError) {
            isNamed = !names.isEmpty
            for name in names {
                let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard let source = Feed.Source(rawValue: parts[0]), parts.count == 1 || source == .osv else {
                    let accepted = Feed.Source.allCases.map(\.rawValue).joined(separator: ", ")
                    throw .unknown(name: name, accepted: accepted + ", and osv/ECOSYSTEM, as osv/npm")
                }
                if parts.count == 2 {
                    guard Self.isEcosystem(parts[1]) else {
                        throw .unknown(
                            name: name, accepted: "osv/ECOSYSTEM with a name of OSV, as osv/npm or osv/Debian")
                    }
                    ecosystems.append(parts[1])
                }
                if !sources.contains(source) { sources.append(source) }
            }
        }

        /// Whether a text may be a folder of OSV's; any other text must not become a path.
        static func isEcosystem(_ text: String) -> Bool {
            (1...80).contains(text.utf8.count) && !text.hasPrefix(".")
                && text.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: "-"),
                        UInt8(ascii: "_"), UInt8(ascii: ":"):
                        true
                    default: false
                    }
                }
        }
    }

    /// The origin and the destination of files.
    package struct Settings: Sendable {
        /// The data directory, which holds received files for a while.
        package var folder: String
        package var origin = FeedOrigin.publishers
        /// The root of a mirror that is made along the way; nil for none.
        package var export: String?
        var patience = FeedFetcher.Patience()

        package init(folder: String) { self.folder = folder }
    }

    /// The observer of a running update.
    package struct Watcher {
        /// Called with the name of the running part, and its number of records.
        let progress: (_ name: String, _ count: Int) -> Void
        /// Called with each part that was skipped or failed, and the reason.
        let warning: (String) -> Void
        /// Called often; true ends the update soon.
        let isStopped: @Sendable () -> Bool

        package init(
            progress: @escaping (_ name: String, _ count: Int) -> Void = { _, _ in },
            warning: @escaping (String) -> Void = { _ in }, isStopped: @escaping @Sendable () -> Bool = { false }
        ) {
            self.progress = progress
            self.warning = warning
            self.isStopped = isStopped
        }
    }

    let database: any Database
    let fetcher: FeedFetcher
    let now: @Sendable () -> Int64
    private let watcher: Watcher
    /// Held as long as the update lives; locks the folder of received files.
    private let lock: FolderLock

    /// Throws `FeedError` when another process updates from this data directory, or the directory cannot be written.
    package init(
        database: any Database, _ settings: Settings, now: @escaping @Sendable () -> Int64, watcher: Watcher = Watcher()
    ) throws(FeedError) {
        let spool = "\(settings.folder)/feeds"
        try FeedFetcher.makeFolder(spool)
        lock = try FolderLock(spool)
        self.database = database
        self.now = now
        self.watcher = watcher
        fetcher = FeedFetcher(
            origin: settings.origin, spool: spool, export: settings.export, patience: settings.patience,
            isStopped: watcher.isStopped)
    }

    func progress(_ name: String, _ count: Int) { watcher.progress(name, count) }

    func warning(_ text: String) { watcher.warning(text) }

    func isStopped() -> Bool { watcher.isStopped() }

    /// Updates sources and returns the outcome of each. Throws when the database fails or the update was stopped; the error
    /// of a source is in its report.
    package func run(_ wish: Wish) throws -> [FeedReport] {
        let sources = wish.sources.isEmpty ? Feed.all.filter { isWanted($0, wish) }.map(\.source) : wish.sources
        return try sources.map { source in
            switch source {
            case .osv: try advisories(wish)
            case .licenses: try single(.licenses, wish, licenses)
            case .kev: try single(.kev, wish) { try exploited(.kev, $0) }
            case .euvd: try single(.euvd, wish) { try exploited(.euvd, $0) }
            case .epss: try single(.epss, wish, likelihoods)
            case .versions: try single(.versions, wish, releases)
            case .eol: try single(.eol, wish, products)
            }
        }
    }

    /// Publishers are queried about packages in use only if the operator allows it; a mirror belongs to the operator.
    private func isWanted(_ feed: Feed, _ wish: Wish) -> Bool {
        feed.isAsked || wish.isNamed || fetcher.origin != .publishers
    }

    private func single(
        _ source: Feed.Source, _ wish: Wish, _ work: (FeedState) throws -> Outcome
    ) throws -> FeedReport {
        try part(source.rawValue, as: source.rawValue, of: .of(source), wish, work)
    }

    // MARK: A part

    /// The outcome of the look at a part.
    enum Outcome {
        case unchanged
        case missing(String)
        /// The database has the source: its number of records, the time of the newest, and its origin.
        case updated(records: Int, newest: Int64?, FeedFetcher.Stamp)
        /// As `updated`, but without new records.
        case seen(records: Int, newest: Int64?, FeedFetcher.Stamp)
    }

    /// Checks a part and stores the outcome.
    func part(
        _ name: String, as label: String, of feed: Feed, _ wish: Wish, _ work: (FeedState) throws -> Outcome
    ) throws -> FeedReport {
        if isStopped() { throw FeedError.stopped }
        var state = try database.read { try FeedState.of(name, on: $0) }
        let begun = now()
        if wish.isRestful, !state.isFailing, state.checked <= begun, state.checked > begun - feed.rest {
            return report(label, .unchanged, state)
        }
        progress(name, 0)
        do {
            let found: FeedReport.State
            switch try work(state) {
            case .unchanged: found = .unchanged
            case .missing(let why):
                var report = report(label, .missing, state)
                report.error = why
                return report
            case .seen(let records, let newest, let stamp):
                found = .unchanged
                keep(records, newest, stamp, in: &state)
            case .updated(let records, let newest, let stamp):
                found = .updated
                keep(records, newest, stamp, in: &state)
                state.updated = now()
            }
            state.checked = now()
            try database.write { [state] in try state.put(on: $0) }
            return report(label, found, state)
        } catch let error as DatabaseError {
            throw error
        } catch FeedError.stopped {
            throw FeedError.stopped
        } catch {
            let (why, time) = ("\(error)", now())
            warning("\(name): \(why)")
            try database.write { try FeedState.fail(name, at: time, why: why, on: $0) }
            var report = report(label, .failed, state)
            report.error = why
            return report
        }
    }

    private func report(_ label: String, _ found: FeedReport.State, _ state: FeedState) -> FeedReport {
        var report = FeedReport(source: label, state: found)
        report.records = state.records
        report.newest = state.newest
        return report
    }

    private func keep(_ records: Int, _ newest: Int64?, _ stamp: FeedFetcher.Stamp, in state: inout FeedState) {
        state.records = Int64(records)
        // A record from the future would make every later answer count as older.
        state.newest = newest.map { min($0, now()) }
        (state.address, state.etag, state.lastModified) = (stamp.address, stamp.etag, stamp.lastModified)
    }

    // MARK: Judging

    /// Refuses data that is much smaller or older than the stored data.
    func judge(_ name: String, records: Int, newest: Int64? = nil, beside known: FeedState) throws(FeedError) {
        guard Int64(records) * 2 >= known.records else {
            throw .implausible(
                name: name, why: "it has \(records) records where \(known.records) are known; it may be cut or wrong")
        }
        if let newest, newest > now() + TimeText.day {
            warning("\(name): its newest record is of \(TimeText.time(newest)): is the clock of this machine behind?")
        }
        guard let newest, let before = known.newest, newest < before else { return }
        throw .implausible(
            name: name,
            why: "its newest record is of \(TimeText.time(newest)), one of \(TimeText.time(before)) is known; it is old"
        )
    }
}

/// Locks a folder for one process, without a file in it.
final class FolderLock: Sendable {
    private let descriptor: Int32

    init(_ path: String) throws(FeedError) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: path, why: systemMessage(errno)) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            throw .file(
                path: path,
                why: code == EWOULDBLOCK ? "another update of this data directory is at work" : systemMessage(code))
        }
    }

    deinit { close(descriptor) }
}
