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

/// A line on the terminal with a growing number, the time left or its duration, and the memory used. Nothing is shown when standard error is
/// not a terminal.
final class Ticker: Sendable {
    private let isOver = Atomic<Bool>(false)
    private let finished = DispatchSemaphore(value: 0)
    private let isShown = isatty(2) == 1

    /// - Parameter part: the finished part of the work, if it is known.
    init(label: String, count: @escaping @Sendable () -> Int, part: Part? = nil) {
        guard isShown else { return }
        let pace = Pace()
        DispatchQueue(label: "ticker").async { [self] in
            while !isOver.load(ordering: .relaxed) {
                usleep(300_000)
                draw("\r\u{1b}[K\(label): \(pace.text(count(), after: part))")
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

    /// A finished number of a known total.
    func text(_ count: Int, of total: Int) -> String { line("\(count) of \(total)", done: count, total: total) }

    /// A number without a known total.
    ///
    /// - Parameter part: the finished part of the work; nil if unknown, and the time is then the elapsed one.
    func text(_ count: Int, after part: Part?) -> String {
        line("\(count)", done: part?.done.value ?? 0, total: part?.total.value ?? 0)
    }

    private func line(_ number: String, done: Int, total: Int) -> String {
        let elapsed = begun.secondsAgo
        var parts = [number]
        // Before the first second an estimate is worthless.
        if done > 0, total > done, elapsed >= 1 {
            parts.append("\(Self.time(elapsed * Double(total - done) / Double(done))) left")
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

/// The finished part of some work, in bytes.
struct Part: Sendable {
    let done = Count()
    let total = Count()
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
