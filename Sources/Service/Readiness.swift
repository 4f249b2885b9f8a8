import Database
import Dispatch
import Glibc
import Store
import Synchronization

// DESIGN. Only work shows whether the server can work, so a probe writes a row and queries the store. A stuck writer
// blocks the probe, so the probe has its own thread, and only one runs at a time. Requests wait for it without a thread,
// and do not wait for an overdue one. An answer is reused for a moment, so any number of requests causes at most one
// write a second.

/// Determines whether this process can work now.
final class Readiness: Sendable {
    /// The milliseconds after which an unfinished probe means that the process is not ready.
    static let patience = 5000
    /// The milliseconds for which an answer is reused.
    private static let life = 1000

    /// Nil means ready. Otherwise the reason for not being ready.
    typealias Reason = String?

    private enum State {
        case idle
        /// An answer, with the time when it was given.
        case known(Reason, DispatchTime)
        /// The number of the probe, and the waiting requests.
        case probing(Int, [CheckedContinuation<Reason, Never>])
        /// The probe is overdue.
        case overdue(Int)
    }

    private let state = Mutex<(state: State, probes: Int)>((.idle, 0))
    private let thread = DispatchQueue(label: "readiness")
    private let clock = DispatchQueue(label: "readiness clock")
    private let patience: Int
    private let probe: @Sendable () -> Reason

    /// - Parameter probe: checks the server; it may block for any time.
    init(patience: Int = Readiness.patience, probe: @escaping @Sendable () -> Reason) {
        self.patience = patience
        self.probe = probe
    }

    /// The reason why the process cannot work now, or nil when it can; within the patience.
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

    /// Ends a probe or marks it as overdue; the earlier of the two answers the waiting requests.
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
    /// Writes to the database and queries the store; blocks for as long as they take. Returns the reason of a
    /// failure.
    func probe() -> Readiness.Reason {
        do {
            // Each process writes its own row, so the nodes of a cluster do not wait for one another.
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
            // Causes are only logged, because they may name places of this machine.
            return switch error {
            case DatabaseError.storage(let why) where why == "no space left on the disk":
                "the database cannot be written: \(why)"
            case DatabaseError.storage, DatabaseError.busy: "the database cannot be written"
            default: "the database or the artifact store cannot be used"
            }
        }
    }
}
