import Dispatch
import Glibc
import Synchronization

// DESIGN. libpq's calls block and know no deadline of ours. So a thread looks twice a second at the connections on which
// somebody waits with a patience, and shuts down the socket of one that was silent for too long: the call that waits then ends
// with an error. The watch holds a copy of the socket's number of its own, so that a number that was given back, and perhaps
// used again for another socket, is never shut down.

/// Ends waits for a silent server.
final class SilenceWatch: Sendable {
    static let shared = SilenceWatch()
    private static let interval: UInt32 = 500_000

    /// A connection that somebody uses with a patience.
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

    /// Watches over a connection for as long as the result lives; nil when the process has no number left for it.
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

    /// Looks until there is nothing to watch.
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
