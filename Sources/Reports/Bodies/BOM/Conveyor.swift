import Dispatch
import Synchronization

// DESIGN. Reading and decoding rows costs about as much as writing the result, so two threads share the work. Elements are
// passed on in small arrays, and at most three arrays wait. So memory does not grow with the number of rows, and the
// threads seldom wait for each other.

/// Passes elements from a producing thread to a consuming thread, in order.
final class Conveyor<Element: Sendable>: Sendable {
    private static var batch: Int { 64 }

    /// Thrown into the producer once the consumer has stopped. Never leaves this type.
    private struct Abandoned: Error {}

    private struct State {
        var batches: [[Element]] = []
        var failure: (any Error)?
        var isAbandoned = false
    }

    private let state = Mutex(State())
    // Both start at 0: libdispatch traps when a semaphore is destroyed below its initial value.
    private let free = DispatchSemaphore(value: 0)
    private let filled = DispatchSemaphore(value: 0)

    private init() { for _ in 0..<3 { free.signal() } }

    /// Runs `produce` on a thread of its own with a closure that accepts the elements, and calls `consume` for each element on
    /// the calling thread. When one of the two fails, the other one ends early, and the error is thrown. `produce` has ended
    /// when this function returns. `consume` must not touch the objects of `produce`, such as a connection.
    static func run(
        _ produce: (_ hand: (Element) throws -> Void) throws -> Void, consume: (Element) throws -> Void
    ) throws {
        let conveyor = Conveyor()
        let producing = DispatchGroup()
        try withoutActuallyEscaping(produce) { produce in
            // This is safe, though the compiler cannot see it: this scope ends after the other thread, and the
            // dispatch and the wait order the accesses of both threads.
            nonisolated(unsafe) let produce = produce  // Used by that one thread alone, see above.
            DispatchQueue.global(qos: .userInitiated).async(group: producing) { conveyor.feed(by: produce) }
            defer { producing.wait() }
            do {
                while let batch = try conveyor.receive() {
                    // The elements are used in place: taking one out would count references to everything that it
                    // refers to.
                    try batch.withUnsafeBufferPointer { elements in
                        for index in elements.indices { try consume(elements[index]) }
                    }
                }
            } catch {
                conveyor.abandon()
                throw error
            }
        }
    }

    // MARK: The thread that makes them

    private func feed(by produce: ((Element) throws -> Void) throws -> Void) {
        var batch: [Element] = []
        do {
            try produce { element in
                if batch.isEmpty { batch.reserveCapacity(Self.batch) }
                batch.append(element)
                if batch.count == Self.batch {
                    try send(batch)
                    batch = []
                }
            }
            if !batch.isEmpty { try send(batch) }
        } catch {
            if !(error is Abandoned) { state.withLock { $0.failure = error } }
        }
        // A signal without a batch is the end.
        filled.signal()
    }

    private func send(_ batch: [Element]) throws {
        free.wait()
        try state.withLock { state in
            if state.isAbandoned { throw Abandoned() }
            state.batches.append(batch)
        }
        filled.signal()
    }

    // MARK: The thread that uses them

    /// The next elements; nil when all were received.
    private func receive() throws -> [Element]? {
        filled.wait()
        let batch = try state.withLock { state in
            if state.batches.isEmpty {
                if let failure = state.failure { throw failure }
                return nil as [Element]?
            }
            return state.batches.removeFirst()
        }
        free.signal()
        return batch
    }

    private func abandon() {
        state.withLock { $0.isAbandoned = true }
        free.signal()
    }
}
