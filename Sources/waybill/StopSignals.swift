import Bytes
import Dispatch
import Glibc
import Service
import Synchronization

// DESIGN. A stopped process has to end in time, whatever it does: a job in a long call of a C library, a write that waits for
// a lock of another process, a start that still brings the schema up to date. So the thread that waits for the signal starts
// before all others and has one more task: if the process still runs after its grace, it logs the running work and ends the
// process. Nothing is lost by that, as nothing is lost by `kill -9`.

/// SIGTERM and SIGINT, kept from ending the process at once. Blocked before the first thread starts, so that no
/// thread takes them.
final class StopSignals: Sendable {
    /// Seconds after the grace in which jobs are given back. Then the process ends.
    static let allowance = 2

    private let grace: Int
    private let arrived = DispatchSemaphore(value: 0)
    private let lastAct = Mutex<(@Sendable () -> Void)?>(nil)

    /// - Parameter grace: seconds from the signal until jobs have to be given back.
    init(grace: Int) throws {
        self.grace = grace
        var signals = Self.signals()
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var thread = pthread_t()
        // Lives as long as the process, with all that it holds.
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

    /// Blocks until one of them arrives.
    func wait() { arrived.wait() }

    /// The last work of a process that did not stop in time: it takes a second at most.
    func beforeTheEnd(_ body: @escaping @Sendable () -> Void) { lastAct.withLock { $0 = body } }
}
