import Database
import Dispatch
import Glibc
import Intake
import Jobs
import Service
import Synchronization

/// The outcome of a job of this process.
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
    /// Whether the job has failed and the queue has stored that.
    var isOver: Bool { kept.withLock { $0.isOver } }
}

/// A line on the terminal with a growing number, its duration, and the memory used. Nothing is shown when standard error is
/// not a terminal.
final class Ticker: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let finished = DispatchSemaphore(value: 0)
    private let isShown = isatty(2) == 1

    init(label: String, count: @escaping @Sendable () -> Int) {
        guard isShown else { return }
        let pace = Pace()
        DispatchQueue(label: "ticker").async { [self] in
            while !isOver.load(ordering: .relaxed) {
                usleep(300_000)
                draw("\r\u{1b}[K\(label): \(pace.text(count(), of: nil))")
            }
            finished.signal()
        }
    }

    /// Ends the line. A further call has no effect.
    func stop() {
        guard isShown, !isOver.exchange(true, ordering: .relaxed) else { return }
        finished.wait()
        draw("\r\u{1b}[K")
    }
}

/// The speed of some work in words: the finished amount, the time it took or will take, and the memory of the process.
struct Pace: Sendable {
    private let begun = ContinuousClock.now

    /// - Parameter total: the final amount; nil if unknown, and the time is then the elapsed one.
    func text(_ count: Int, of total: Int?) -> String {
        let elapsed = begun.secondsAgo
        var parts = [total.map { "\(count) of \($0)" } ?? "\(count)"]
        // Before the first second an estimate is worthless.
        if let total, count > 0, total > count, elapsed >= 1 {
            let left = elapsed * Double(total - count) / Double(count)
            parts.append("\(Self.time(left)) left")
        } else {
            parts.append(Self.time(elapsed))
        }
        if let memory = ProcessMemory.resident() { parts.append("\(memory >> 20) MiB") }
        return parts.joined(separator: ", ")
    }

    private static func time(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e9))
        return whole < 120 ? "\(whole) s" : "\(whole / 60) min"
    }
}

/// A number that one thread sets and another one shows.
final class Count: Sendable {
    private let number = Atomic<Int>(0)

    var value: Int {
        get { number.load(ordering: .relaxed) }
        set { number.store(newValue, ordering: .relaxed) }
    }
}

/// Logs an upgrade: its beginning, its progress every few seconds, and its end.
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
