import Bytes
import Dispatch
import Synchronization

/// Threads for blocking work: Swift's task threads are few and must not block.
///
///     let threads = Threads("api", width: 4)
///     let names = try await threads.attempt {
///         try database.read { try $0.all("SELECT name FROM product") { $0.string(0) } }
///     }.get()
///
/// At most `width` blocks run at a time. Later callers wait in the order of their arrival and hold no thread. Any task
/// may use it; a cancelled task still waits for its block. `run` throws nothing, `attempt` returns the error of its
/// block. A block must not wait for another block of the same threads, because all threads may wait in the same way.
package final class Threads: Sendable {
    private struct State {
        var free: Int
        var waiting: [@Sendable () -> Void] = []
        /// The entries before this one were already taken from `waiting`.
        var first = 0
    }

    private let queue: DispatchQueue
    private let state: Mutex<State>

    /// - Parameters:
    ///   - label: the name of the threads in debuggers.
    ///   - width: the number of threads.
    package init(_ label: String, width: Int = 16) {
        queue = DispatchQueue(label: label, attributes: .concurrent)
        state = Mutex(State(free: width))
    }

    /// Runs blocking work with the task's patience while the calling task is suspended.
    package func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        let patience = Patience.current
        return await withCheckedContinuation { continuation in
            start {
                continuation.resume(returning: Patience.$current.withValue(patience, operation: body))
            }
        }
    }

    /// As `run`, for work that may fail.
    @discardableResult
    package func attempt<Success: Sendable>(
        _ body: @escaping @Sendable () throws -> Success
    ) async -> Result<Success, any Error> {
        await run { Result { try body() } }
    }

    private func start(_ work: @escaping @Sendable () -> Void) {
        let isNow = state.withLock { state in
            guard state.free > 0 else {
                state.waiting.append(work)
                return false
            }
            state.free -= 1
            return true
        }
        if isNow { queue.async { [self] in go(on: work) } }
    }

    /// Works until no caller is waiting.
    private func go(on first: @escaping @Sendable () -> Void) {
        var work = first
        while true {
            work()
            let next = state.withLock { state -> (@Sendable () -> Void)? in
                guard state.first < state.waiting.count else {
                    state.free += 1
                    return nil
                }
                let next = state.waiting[state.first]
                state.first += 1
                if state.first * 2 >= state.waiting.count {
                    state.waiting.removeFirst(state.first)
                    state.first = 0
                }
                return next
            }
            guard let next else { return }
            work = next
        }
    }
}
