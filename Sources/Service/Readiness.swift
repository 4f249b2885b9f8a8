import Database
import Dispatch
import Glibc
import Store
import Synchronization

// DESIGN. Whether the server can work shows only by work: a probe writes a row and asks the store. A stuck writer blocks
// the probe, so the probe has a thread of its own and runs once at a time. Requests wait for it without a thread, and do
// not wait once it is overdue. An answer is reused for a moment, so that any number of requests causes at most one write
// a second.

/// Whether this process can work now.
final class Readiness: Sendable {
    /// Milliseconds after which a probe that has not ended says that the process is not ready.
    static let patience = 5000
    /// Milliseconds for which an answer holds.
    private static let life = 1000

    /// Nil: ready. Otherwise why not.
    typealias Reason = String?

    private enum State {
        case idle
        /// When the answer was given.
        case known(Reason, DispatchTime)
        /// The number of the probe, and the requests that wait for it.
        case probing(Int, [CheckedContinuation<Reason, Never>])
        /// The probe is overdue.
        case overdue(Int)
    }

    private let state = Mutex<(state: State, probes: Int)>((.idle, 0))
    private let thread = DispatchQueue(label: "readiness")
    private let clock = DispatchQueue(label: "readiness clock")
    private let patience: Int
    private let probe: @Sendable () -> Reason

    /// - Parameter probe: looks, and may block for as long as it likes.
    init(patience: Int = Readiness.patience, probe: @escaping @Sendable () -> Reason) {
        self.patience = patience
        self.probe = probe
    }

    /// Why the process cannot work now, or nil when it can; after the patience at the latest.
    func reason() async -> Reason {
        await withCheckedContinuation { continuation in
            var known: [Reason] = []
            var begun: Int?
            state.withLock { here in
                switch here.state {
                case .known(let reason, let time) where DispatchTime.now() < time + .milliseconds(Self.life):
                    known = [reason]
                case .idle, .known:
                    here.probes += 1
                    begun = here.probes
                    here.state = .probing(here.probes, [continuation])
                case .probing(let number, let waiting): here.state = .probing(number, waiting + [continuation])
                case .overdue: known = [overdue]
                }
            }
            if let begun { begin(begun) }
            for reason in known { continuation.resume(returning: reason) }
        }
    }

    private var overdue: String {
        "a write to the database or the artifact store has not ended for \(patience / 1000) s"
    }

    private func begin(_ number: Int) {
        thread.async { [self] in
            let reason = probe()
            end(number, .known(reason, .now()), saying: reason)
        }
        clock.asyncAfter(deadline: .now() + .milliseconds(patience)) { [self] in
            end(number, .overdue(number), saying: overdue)
        }
    }

    /// Ends a probe or marks it as overdue; the first of both answers the waiting requests.
    private func end(_ number: Int, _ next: State, saying reason: Reason) {
        let waiting = state.withLock { here -> [CheckedContinuation<Reason, Never>] in
            switch here.state {
            case .probing(number, let waiting):
                here.state = next
                return waiting
            case .overdue(number):
                here.state = next
                return []
            case .idle, .known, .probing, .overdue: return []
            }
        }
        for continuation in waiting { continuation.resume(returning: reason) }
    }
}

extension Runtime {
    /// Writes to the database and asks the store; blocks for as long as they take. Returns the reason of a failure.
    func probe() -> Readiness.Reason {
        do {
            // Processes write different rows, so that the nodes of a cluster do not wait for one another.
            let name = "readiness \(getpid() % 64)"
            try database.write { connection in
                try connection.run(
                    """
                    INSERT INTO sequence (name, next) VALUES (\(name), 1)
                    ON CONFLICT (name) DO UPDATE SET next = sequence.next + 1
                    """)
            }
            try store.check()
            return nil
        } catch {
            log(.error, "not ready", ["cause": "\(error)"])
            // Causes are for the log: they may name places of this machine.
            return switch error {
            case DatabaseError.storage(let why) where why == "no space left on the disk":
                "the database cannot be written: \(why)"
            case DatabaseError.storage, DatabaseError.busy: "the database cannot be written"
            default: "the database or the artifact store cannot be used"
            }
        }
    }
}
