import Database
import Glibc
import Service

/// Shows how far a long copy is: on a terminal one line that changes, elsewhere a line for each table.
final class CopyProgress: Sendable {
    private let isTerminal = isatty(2) == 1
    private let isQuiet: Bool

    init(isQuiet: Bool) { self.isQuiet = isQuiet }

    func show(_ progress: DatabaseCopy.Progress) {
        guard !isQuiet else { return }
        let text = "\(progress.action.rawValue) \(progress.table): \(progress.rows) of \(progress.total) rows"
        if isTerminal {
            complain("\r\u{1b}[K\(text)")
        } else if progress.rows == progress.total {
            complain("\(text)\n")
        }
    }

    func end() { if isTerminal, !isQuiet { complain("\r\u{1b}[K") } }

    /// The same, for what copies.
    var watcher: CopyWatcher { CopyWatcher(show: { self.show($0) }, end: { self.end() }) }
}
