import Database
import Dispatch
import Glibc
import Intake
import Jobs
import Service
import Synchronization

/// What a job that this process did came to.
final class ImportOutcome: Sendable {
    private let kept = Mutex<(result: Intake.Result?, why: String, isOver: Bool)>((nil, "it did not run", false))

    func set(_ result: Intake.Result) { kept.withLock { $0.result = result } }

    func set(_ event: JobEvent) {
        kept.withLock { kept in
            kept.why = event.why
            kept.isOver = event.outcome == .failed
        }
    }

    var result: Intake.Result? { kept.withLock { $0.result } }
    var why: String { kept.withLock { $0.why } }
    /// Whether the job has failed, and that stands in the queue.
    var isOver: Bool { kept.withLock { $0.isOver } }
}

/// A line on the terminal that shows a growing number. Silent when standard error is no terminal.
final class Ticker: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let finished = DispatchSemaphore(value: 0)
    private let isShown = isatty(2) == 1

    init(label: String, count: @escaping @Sendable () -> Int) {
        guard isShown else { return }
        DispatchQueue(label: "ticker").async { [self] in
            while !isOver.load(ordering: .relaxed) {
                usleep(300_000)
                complain("\r\(label): \(count()) …")
            }
            finished.signal()
        }
    }

    /// Ends the line. May be called again, and has no effect then.
    func stop() {
        guard isShown, !isOver.exchange(true, ordering: .relaxed) else { return }
        finished.wait()
        complain("\r\u{1b}[K")
    }
}

/// A number that one thread sets and another shows.
final class Count: Sendable {
    private let number = Atomic<Int>(0)

    var value: Int {
        get { number.load(ordering: .relaxed) }
        set { number.store(newValue, ordering: .relaxed) }
    }
}

/// Logs the work of an upgrade: its beginning, then every few seconds, and its end.
final class UpgradeTicker {
    private let log: Log
    private var rows = 0
    private var logged = ContinuousClock.now

    init(_ log: Log) { self.log = log }

    func show(_ progress: MigrationProgress) {
        rows += progress.rows
        let isFirst = rows == 0 && !progress.isFinished
        guard isFirst || progress.isFinished || logged.secondsAgo >= 2 else { return }
        logged = .now
        log(
            .info, progress.isFinished ? "schema step done" : "schema step at work",
            ["step": "\(progress.step) of \(progress.steps)", "name": progress.name, "rows": "\(rows)"])
        if progress.isFinished { rows = 0 }
    }
}
