import Bytes
import Feeds
import Glibc
import Inventory
import Jobs
import Service

extension Command {
    static let update = Command(
        words: ["update"], operands: "[SOURCE…]",
        summary:
            "Brings in advisories, licence texts, exploited and likely vulnerabilities from their publishers or a mirror.",
        flags: [
            Flag("from", "URL|DIR", "a mirror, in the place of the publishers (docs/feeds.md has its layout)"),
            Flag("export", "DIR", "keep what comes in this folder, as a mirror"),
        ]
    ) { arguments, configuration in
        let wish = try asUsage { () throws(FeedError) in try Update.Wish(arguments.operands) }
        let origin = try asUsage { () throws(FeedError) in
            try configuration["from"].map { text throws(FeedError) in try FeedOrigin(text) }
        }
        let isQuiet = arguments.has("json")
        let runtime = try Runtime(existing: configuration, logLevel: isQuiet ? .warning : .info)
        let shown = ShownUpdate(isQuiet: isQuiet)
        var settings = Update.Settings(folder: runtime.directory.path)
        settings.origin = origin ?? .publishers
        settings.export = configuration["export"]
        let watcher = Update.Watcher(
            progress: { shown.show($0, $1) },
            warning: {
                shown.pause()
                complain("\($0)\n")
            })
        let update = try Update(database: runtime.database, settings, now: runtime.queue.now, watcher: watcher)
        let reports: [FeedReport]
        do {
            reports = try update.run(wish)
        } catch {
            shown.pause()
            throw error
        }
        shown.pause()
        _ = try LocalMatching(runtime, isQuiet: isQuiet).run()
        print(isQuiet ? FeedReport.json(reports) : reports.map(line).joined(separator: "\n"))
        let failed = reports.filter { $0.state == .failed }.map(\.source)
        if !failed.isEmpty {
            throw Failure("\(failed.joined(separator: ", ")) failed; what was known before stays")
        }
        try checkThatSomethingIsThere(reports, named: arguments.operands, mirror: configuration["from"])
    }

    /// Throws when the origin lacks a named source, or a mirror lacks all of them, because a mistyped name must not look like a
    /// source without news.
    private static func checkThatSomethingIsThere(
        _ reports: [FeedReport], named names: [String], mirror: String?
    ) throws(Failure) {
        for name in names {
            let words = name.split(separator: "/", maxSplits: 1).map(String.init)
            // It is no failure if a publisher has no data for the packages in use.
            if words.count == 1, mirror == nil { continue }
            guard let report = reports.first(where: { $0.source == words.first }) else { continue }
            let part = words.count == 2 ? report.parts.first { $0.source == words[1] } : report
            guard let part, part.state == .missing else { continue }
            let near = words.count == 2 ? NearWord.nearest(to: words[1], among: Ecosystem.registries) : nil
            let hint = near.flatMap { $0 == words[1] ? nil : "; did you mean \(words[0])/\($0)?" } ?? ""
            throw Failure("\(name) is not there: \(part.error)\(hint)")
        }
        guard let mirror, !reports.isEmpty, reports.allSatisfy({ $0.state == .missing }) else { return }
        throw Failure("the mirror \(mirror.prefix(200)) has none of the sources; docs/feeds.md shows its layout")
    }

    /// Faults of the command line are wrong usage.
    private static func asUsage<Result>(_ body: () throws(FeedError) -> Result) throws(UsageError) -> Result {
        do {
            return try body()
        } catch {
            throw UsageError(description: error.description)
        }
    }

    private static func line(_ report: FeedReport) -> String {
        var line = "\(report.source): \(report.state.rawValue), \(counted(report.records, "record"))"
        if let newest = report.newest { line += ", the newest of \(TimeText.time(newest))" }
        // The reason of a failure was printed when it happened.
        if !report.error.isEmpty, report.state != .failed { line += " (\(report.error))" }
        return line
    }
}

/// The line of an update on the terminal: the file and its progress.
private final class ShownUpdate {
    private let isQuiet: Bool
    private let count = Count()
    private var name = ""
    private var ticker: Ticker?

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func show(_ name: String, _ number: Int) {
        count.value = number
        guard !isQuiet, self.name != name || ticker == nil else { return }
        pause()
        self.name = name
        ticker = Ticker(label: name) { [count] in count.value }
    }

    /// Clears the line, so that something else can be written.
    func pause() {
        ticker?.stop()
        ticker = nil
    }
}
