import Bytes
import Dispatch
import Glibc
import Service
import Synchronization

// DESIGN. A stopped process must end in time, whatever it is doing: a job in a long call of a C library, a write that waits
// for a lock of another process, a start that is still upgrading the schema. So the thread that waits for the signal starts
// before all others, and has another task: if the process still runs after its grace period, the thread logs the running work
// and ends the process. Nothing is lost by that, just as `kill -9` loses nothing.

/// SIGTERM and SIGINT, which do not end the process at once. They are blocked before the first thread starts, so that
/// no other thread receives them.
final class StopSignals: Sendable {
    /// The seconds after the grace period in which jobs are given back. Then the process ends.
    static let allowance = 2

    private let grace: Int
    private let arrived = DispatchSemaphore(value: 0)
    private let lastAct = Mutex<(@Sendable () -> Void)?>(nil)

    /// - Parameter grace: the seconds from the signal until jobs must be given back.
    init(grace: Int) throws {
        self.grace = grace
        var signals = Self.signals()
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var thread = pthread_t()
        // It lives as long as the process, with everything that it holds.
        let this = Unmanaged.passRetained(self).toOpaque()
        let code = pthread_create(
            &thread, nil,
            { this in
                if let this { Unmanaged<StopSignals>.fromOpaque(this).takeUnretainedValue().watch() }
                return nil
            }, this)
        guard code == 0 else { throw Failure("cannot start a thread: \(systemMessage(code))") }
    }

    private static func signals() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        return signals
    }

    private func watch() {
        var (signals, signal) = (Self.signals(), Int32(0))
        sigwait(&signals, &signal)
        arrived.signal()
        sleep(UInt32(grace + Self.allowance))
        lastAct.withLock { $0 }?()
        _exit(1)
    }

    /// Blocks until one of the signals arrives.
    func wait() { arrived.wait() }

    /// The last work of a process that did not stop in time; takes at most a second.
    func beforeTheEnd(_ body: @escaping @Sendable () -> Void) { lastAct.withLock { $0 = body } }
}
