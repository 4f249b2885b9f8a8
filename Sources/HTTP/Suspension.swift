import CMicrohttpd
import Synchronization

/// Access to the task, of any type, that a connection waits for.
struct Sleeper: Sendable {
    /// Cancels the task, because no connection waits for it. The connection wakes when the task ends.
    let cancel: @Sendable () -> Void
    /// Cancels the task and wakes the connection at once.
    let giveUp: @Sendable () -> Void
}

/// A connection that the library suspended until a task has made a value for it.
///
/// The library has three rules whose violation is undefined behaviour: a connection is resumed once, only while it is
/// suspended, and before the daemon stops. The state under the lock ensures the first two. The call to resume is made under
/// the lock, so a thread that sees `awake` knows that it was made. The third is ensured by the watch, which gives up every
/// sleeper before it stops the daemon, and by `begin`, which checks `isClosing` after the sleeper can be found.
final class Suspension<Value: Sendable>: Sendable {
    private enum State {
        case asleep(OpaquePointer, Task<Void, Never>?)
        case awake(Value)
        case taken
    }

    private let state: Mutex<State>
    private let fallback: Value

    private init(_ handle: sending OpaquePointer, fallback: Value) {
        state = Mutex(.asleep(handle, nil))
        self.fallback = fallback
    }

    /// Suspends the connection and starts the work. Called from a callback of the library, on the thread of the
    /// connection. When the server gives up before the work is done, the value is `fallback`.
    static func begin(
        _ handle: OpaquePointer, of connection: ClientConnection, isClosing: borrowing Atomic<Bool>, fallback: Value,
        work: @escaping @Sendable () async -> Value
    ) -> Suspension {
        // The library's pointer stays valid while the connection is suspended, and any thread may resume it.
        nonisolated(unsafe) let handle = handle
        let suspension = Suspension(handle, fallback: fallback)
        MHD_suspend_connection(handle)
        connection.setSleeper(Sleeper(cancel: suspension.cancel, giveUp: suspension.giveUp))
        // The task is unstructured, because its parent is a callback from C; it ends with `wake`, and the connection
        // cancels it.
        let task = Task { suspension.wake(await work()) }
        let isAsleep = suspension.state.withLock { state in
            guard case .asleep(let handle, nil) = state else { return false }
            state = .asleep(handle, task)
            return true
        }
        // The request was given up before its task was known, so the task is cancelled here.
        if !isAsleep { task.cancel() }
        if isClosing.load(ordering: .sequentiallyConsistent) { suspension.giveUp() }
        return suspension
    }

    /// The value once the connection is awake, for the thread that woke; nil before that, and after the first call.
    func take() -> Value? {
        state.withLock { state in
            guard case .awake(let value) = state else { return nil }
            state = .taken
            return value
        }
    }

    @Sendable func cancel() { task?.cancel() }

    @Sendable private func giveUp() {
        let task = task
        // This comes first, or the cancelled task would give its own answer.
        wake(fallback)
        task?.cancel()
    }

    private var task: Task<Void, Never>? {
        state.withLock { state in
            guard case .asleep(_, let task) = state else { return nil }
            return task
        }
    }

    private func wake(_ value: Value) {
        state.withLock { state in
            guard case .asleep(let handle, _) = state else { return }
            state = .awake(value)
            MHD_resume_connection(handle)
        }
    }
}
