import Dispatch
import Glibc
import Synchronization

// DESIGN. libpq's calls block and take no time limit. So twice a second a thread checks the connections that somebody waits on
// with a time limit, and shuts down the socket of one that was silent for too long. The waiting call then ends with an error.
// The watch duplicates the number of the socket. So a number that was closed, and perhaps reused for another socket, is never
// shut down.

/// Ends waits for a silent server.
final class SilenceWatch: Sendable {
    static let shared = SilenceWatch()
    private static let interval: UInt32 = 500_000

    /// A connection that a caller with a time limit uses.
    final class Watched: Sendable {
        fileprivate let socket: Int32
        fileprivate let patience: Duration
        fileprivate let state = Mutex(State.answered)

        fileprivate enum State {
            case answered
            case waiting(since: ContinuousClock.Instant)
            case cut
        }

        fileprivate init(socket: Int32, patience: Duration) {
            self.socket = socket
            self.patience = patience
        }

        deinit { close(socket) }

        /// Whether the watch ended the connection.
        var isCut: Bool { state.withLock { if case .cut = $0 { true } else { false } } }

        /// Runs a call that waits for the server.
        func waiting<Result>(_ body: () -> Result) -> Result {
            set(.waiting(since: .now))
            defer { set(.answered) }
            return body()
        }

        private func set(_ next: State) {
            state.withLock { state in
                if case .cut = state { return }
                state = next
            }
        }

        fileprivate func look(_ now: ContinuousClock.Instant) {
            state.withLock { state in
                guard case .waiting(let since) = state, now - since > patience else { return }
                shutdown(socket, Int32(SHUT_RDWR))
                state = .cut
            }
        }
    }

    private struct Weak: Sendable {
        weak var watched: Watched?
    }

    private let all = Mutex<(watched: [Weak], isLooking: Bool)>(([], false))

    /// Watches a connection for the life of the result; nil when the process has no descriptor left.
    func watch(_ socket: Int32, patience: Duration) -> Watched? {
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return nil }
        let watched = Watched(socket: copy, patience: patience)
        let begins = all.withLock { all in
            all.watched.append(Weak(watched: watched))
            defer { all.isLooking = true }
            return !all.isLooking
        }
        if begins { DispatchQueue(label: "silent connections").async { self.work() } }
        return watched
    }

    /// Checks until there is no connection to watch.
    private func work() {
        while true {
            usleep(Self.interval)
            let watched = all.withLock { all in
                all.watched.removeAll { $0.watched == nil }
                let alive = all.watched.compactMap(\.watched)
                all.isLooking = !alive.isEmpty
                return alive
            }
            if watched.isEmpty { return }
            let now = ContinuousClock.now
            for connection in watched { connection.look(now) }
        }
    }
}
