import Database
import Glibc
import Service
import Synchronization

/// Shows the progress of a long copy: on a terminal as one changing line, elsewhere as a line for each table.
final class CopyProgress: Sendable {
    private let isTerminal = isatty(2) == 1
    private let isQuiet: Bool
    private let pace = Mutex<(what: String, pace: Pace)>(("", Pace()))

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func show(_ progress: DatabaseCopy.Progress) {
        guard !isQuiet else { return }
        let what = "\(progress.action.rawValue) \(progress.table)"
        let text = "\(what): \(progress.rows) of \(progress.total) rows"
        if isTerminal {
            let pace = pace.withLock { pace in
                // Each table is copied at its own speed.
                if pace.what != what { pace = (what, Pace()) }
                return pace.pace
            }
            draw("\r\u{1b}[K\(what): \(pace.text(Int(progress.rows), of: Int(progress.total)))")
        } else if progress.rows == progress.total {
            complain("\(text)\n")
        }
    }

    func end() { if isTerminal, !isQuiet { draw("\r\u{1b}[K") } }

    /// The same, for copies.
    var watcher: CopyWatcher { CopyWatcher(show: { self.show($0) }, end: { self.end() }) }
}
