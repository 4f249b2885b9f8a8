import Synchronization

// DESIGN. Work that needs a processor for seconds and a database session gets one of a few places, with a bounded queue before
// them. When the queue is full, a client is refused at once and can try again, instead of waiting with all others. A waiting
// caller holds no thread. A free place goes to the party with the fewest places and, within it, to the caller that has waited
// longest. So a thousand calls of one organization do not delay a call of another.

/// A few places for heavy work.
///
///     do {
///         return try await pool.run(for: organization, on: threads) { try report() }
///     } catch is WorkPool.Full {
///         throw APIError.busy(seconds: 5)
///     }
///
/// Any task may use it, and it lives as long as the server. Places and the length of the queue are numbers of callers.
/// A task that is cancelled leaves the queue and throws `CancellationError`; work that has begun runs to its end. Work
/// must not request another place, because all places may wait in the same way.
final class WorkPool: Sendable {
    /// Thrown when the queue is full.
    struct Full: Error {}

    private struct Waiting {
        let number: Int
        let party: Int64
        let wake: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var free: Int
        /// The number of callers that wait for something before they request a place, that wait for a place, or that
        /// have one.
        var entered = 0
        var next = 0
        var running: [Int64: Int] = [:]
        var waiting: [Waiting] = []
    }

    private let limit: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - places: the number of works at a time.
    ///   - queue: the most callers that may wait in addition.
    init(places: Int, queue: Int) {
        limit = places + queue
        state = Mutex(State(free: places))
    }

    /// The number of callers that have a place or wait before one.
    var entered: Int { state.withLock { $0.entered } }

    /// Does work in a place of a party, on a thread that may block. Throws `Full`, `CancellationError`, or an error of the work.
    ///
    /// - Parameter before: waited for in the queue, without holding a place.
    func run<Result: Sendable>(
        for party: Int64, on threads: Threads, after before: () async throws -> Void = {},
        _ work: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        let isIn = state.withLock { state in
            guard state.entered < limit else { return false }
            state.entered += 1
            return true
        }
        guard isIn else { throw Full() }
        defer { state.withLock { $0.entered -= 1 } }
        try await before()
        guard await takePlace(for: party) else { throw CancellationError() }
        defer { leavePlace(of: party) }
        try Task.checkCancellation()
        return try await threads.attempt(work).get()
    }

    /// False if the task was cancelled in the meantime, so that no caller waits any more.
    private func takePlace(for party: Int64) async -> Bool {
        guard !Task.isCancelled else { return false }
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isNow: Bool? = state.withLock { state in
                    guard state.free > 0 else {
                        state.waiting.append(Waiting(number: number, party: party, wake: continuation))
                        return nil
                    }
                    state.free -= 1
                    state.running[party, default: 0] += 1
                    return true
                }
                if let isNow { continuation.resume(returning: isNow) }
            }
        } onCancel: {
            let gone = state.withLock { state -> Waiting? in
                guard let place = state.waiting.firstIndex(where: { $0.number == number }) else { return nil }
                return state.waiting.remove(at: place)
            }
            gone?.wake.resume(returning: false)
        }
    }

    private func leavePlace(of party: Int64) {
        let next = state.withLock { state -> Waiting? in
            let left = (state.running[party] ?? 1) - 1
            state.running[party] = left > 0 ? left : nil
            // The first of the smallest: `min` keeps the order of waiting.
            let order = state.waiting.indices.min { one, other in
                let (a, b) = (
                    state.running[state.waiting[one].party] ?? 0, state.running[state.waiting[other].party] ?? 0
                )
                return (a, one) < (b, other)
            }
            guard let order else {
                state.free += 1
                return nil
            }
            let chosen = state.waiting.remove(at: order)
            state.running[chosen.party, default: 0] += 1
            return chosen
        }
        next?.wake.resume(returning: true)
    }
}
