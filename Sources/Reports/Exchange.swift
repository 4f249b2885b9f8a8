import Database
import Dispatch
import Synchronization

/// Batches of rows on their way from the thread that reads the database to the thread that renders.
///
/// A ring of buffers that are filled and emptied in turn: reading and rendering overlap, memory is the ring's, and
/// nothing is copied in between.
final class Exchange: Sendable {
    /// What the reader says of a batch.
    enum Message: Sendable, Equatable {
        case rows
        /// The rows of a table are over; the buffer is empty.
        case endOfTable
        /// Nothing follows: all tables are over, or the reader failed and says why elsewhere.
        case end
    }

    private final class Slot: Sendable {
        struct Content: ~Copyable {
            var message = Message.end
            var rows = RowBuffer(capacity: 1 << 18)
        }
        let content = Mutex(Content())
    }

    private let slots = [Slot(), Slot(), Slot()]
    private let free = DispatchSemaphore(value: 3)
    private let filled = DispatchSemaphore(value: 0)
    private let abandoned = Atomic<Bool>(false)

    /// Used by the reader alone: lets `fill` put something into the next buffer and passes it on. False when the
    /// renderer has given up.
    func send(_ number: Int, _ fill: (inout RowBuffer) throws -> Message) throws -> Bool {
        free.wait()
        if abandoned.load(ordering: .acquiring) { return false }
        try slots[number % slots.count].content.withLock { content in
            content.rows.removeAll()
            content.message = .end
            content.message = try fill(&content.rows)
        }
        filled.signal()
        return true
    }

    /// Used by the reader alone, when it fails: the renderer sees the end.
    func close(_ number: Int) {
        slots[number % slots.count].content.withLock { content in
            content.rows.removeAll()
            content.message = .end
        }
        filled.signal()
    }

    /// Used by the renderer alone: waits for the next buffer, lets `take` use it and gives it back.
    func receive<Result>(_ number: Int, _ take: (Message, borrowing RowBuffer) throws -> Result) rethrows -> Result {
        filled.wait()
        defer { free.signal() }
        return try slots[number % slots.count].content.withLock { content in
            try take(content.message, content.rows)
        }
    }

    /// Used by the renderer alone, when it fails: the reader's next `send` returns false.
    func abandon() {
        abandoned.store(true, ordering: .releasing)
        for _ in 0..<4 { free.signal() }
    }
}
