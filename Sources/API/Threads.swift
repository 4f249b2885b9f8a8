import Bytes
import Dispatch

/// Threads of our own for what blocks: those of Swift's tasks are few and may not wait.
struct Threads: Sendable {
    private let queue: DispatchQueue

    /// - Parameter label: what debuggers call them.
    init(_ label: String) { queue = DispatchQueue(label: label, attributes: .concurrent) }

    /// Runs what blocks, while the calling task sleeps; with the task's patience.
    func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        let patience = Patience.current
        return await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Patience.$current.withValue(patience, operation: body))
            }
        }
    }

    /// As `run`, for what may fail.
    @discardableResult
    func attempt<Success: Sendable>(
        _ body: @escaping @Sendable () throws -> Success
    ) async -> Result<Success, any Error> {
        await run { Result { try body() } }
    }
}
