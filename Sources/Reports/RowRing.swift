import Database
import Dispatch
import Synchronization

/// Passes batches of rows from the thread that reads the database to the thread that renders.
///
/// The buffers form a ring and are filled and emptied in turn. So reading and rendering overlap, memory is bounded by
/// the ring, and no row is copied in between.
final class RowRing: Sendable {
    /// The reader's message about a batch.
    enum Message: Sendable, Equatable {
        case rows
        /// The rows of a table are complete; the buffer is empty.
        case endOfTable
        /// No message follows: all tables are complete, or the reader failed and reports the error elsewhere.
        case end
    }

    private final class Slot: Sendable {
        struct Content: ~Copyable {
            var message = Message.end
            var rows = RowBuffer(capacity: 1 << 18)
        }
        let content = Mutex(Content())
    }

    /// The progress of both sides, with the invariants of the ring, which debug builds check at each step.
    struct Progress: Sendable {
        /// The number of buffers that the reader passed on, including the last one of a failed reader.
        var sent = 0
        /// The number of buffers that the renderer gave back.
        var received = 0
        var isClosed = false

        /// Each side counts its own buffers, from zero.
        mutating func passOn(_ number: Int) {
            assert(number == sent, "buffer \(number) is passed on as the \(sent)th")
            sent += 1
        }

        mutating func giveBack(_ number: Int) {
            assert(number == received, "buffer \(number) comes back as the \(received)th")
            received += 1
        }

        /// The broken invariant of a ring with this many buffers, in words; nil when all hold.
        func fault(slots: Int) -> String? {
            if received > sent { return "\(received) buffers came back of \(sent) that were passed on" }
            // A failing reader does not wait for a free buffer.
            let most = slots + (isClosed ? 1 : 0)
            return sent - received > most ? "\(sent - received) buffers are on their way in a ring of \(slots)" : nil
        }
    }

    private let slots = [Slot(), Slot(), Slot()]
    private let progress = Mutex(Progress())
    private let free = DispatchSemaphore(value: 3)
    private let filled = DispatchSemaphore(value: 0)
    private let abandoned = Atomic<Bool>(false)

    /// For the reader only: lets `fill` write into the next buffer, and passes the buffer on. False when the renderer
    /// has given up.
    func send(_ number: Int, _ fill: (inout RowBuffer) throws -> Message) throws -> Bool {
        free.wait()
        if abandoned.load(ordering: .acquiring) { return false }
        try slots[number % slots.count].content.withLock { content in
            content.rows.removeAll()
            content.message = .end
            content.message = try fill(&content.rows)
        }
        step { $0.passOn(number) }
        filled.signal()
        return true
    }

    /// For the reader only, when it fails: tells the renderer to end.
    func close(_ number: Int) {
        slots[number % slots.count].content.withLock { content in
            content.rows.removeAll()
            content.message = .end
        }
        step {
            $0.isClosed = true
            $0.passOn(number)
        }
        filled.signal()
    }

    /// For the renderer only: waits for the next buffer, lets `take` use it, and gives it back.
    func receive<Result>(_ number: Int, _ take: (Message, borrowing RowBuffer) throws -> Result) rethrows -> Result {
        filled.wait()
        defer {
            step { $0.giveBack(number) }
            free.signal()
        }
        return try slots[number % slots.count].content.withLock { content in
            try take(content.message, content.rows)
        }
    }

    /// For the renderer only, when it fails: the reader's next `send` returns false.
    func abandon() {
        abandoned.store(true, ordering: .releasing)
        for _ in 0..<4 { free.signal() }
    }

    private func step(_ change: (inout Progress) -> Void) {
        let fault = progress.withLock {
            change(&$0)
            return $0.fault(slots: slots.count)
        }
        assert(fault == nil, fault ?? "")
    }
}
