import Database
import Dispatch
import Glibc
import Synchronization

// DESIGN. PostgreSQL holds a lock during the commit, including its flush, of every transaction that notifies
// (src/backend/commands/async.c, PreCommit_Notify). So submissions that notify themselves are committed one after the other:
// measured 6 to 8 times slower with 16 clients. So the notification is sent after the commit, in a separate transaction that
// writes and flushes nothing, once for all submissions of a moment. If a process dies in between, the polling of the workers
// finds the job.

/// Notifies the workers of all processes on a database of new jobs.
final class Announcer: Sendable {
    static let channel: StaticString = "job"

    private let database: any Database
    private let log: Log
    private let queue = DispatchQueue(label: "announcer")
    private let state = Mutex<State>(.idle)

    private enum State { case idle, sending, again }

    init(_ database: any Database, log: Log) {
        self.database = database
        self.log = log
    }

    /// Returns at once.
    func announce() {
        let starts = state.withLock { state in
            defer { state = state == .idle ? .sending : .again }
            return state == .idle
        }
        if starts { queue.async { self.send() } }
    }

    private func send() {
        repeat {
            state.withLock { $0 = .sending }
            // Where notifications do not arrive, workers poll.
            do {
                try database.write { try $0.notify(Self.channel) }
            } catch {
                log(.warning, "other nodes could not be notified of new jobs", ["error": "\(error)"])
            }
            usleep(10_000)
        } while state.withLock { state in
            if state == .sending { state = .idle }
            return state != .idle
        }
    }
}
