import Dispatch
import Synchronization

// DESIGN. Readers are the connections of a pool. There is one writer with a queue of its own. Callers queue their
// writes as closures; the writer takes all waiting ones, runs each in a savepoint, and commits them together. So a
// thousand submissions that arrive during a flush of the disk cost one further flush (group commit), and a failed write
// undoes only itself. SQLite's busy handler waits for writers of other processes.

/// A SQLite file with its pool of readers and its only writer.
final class SQLiteDatabase: Database {
    let engine = Engine.sqlite
    private let path: String
    private let idle: Mutex<[SQLiteConnection]>
    private let writer: SQLiteConnection
    private let queue = DispatchQueue(label: "database writer")
    private let waiting = Mutex<[Waiting]>([])
    private let listeners = Listeners()
    private let checkpoints: SQLiteCheckpoints
    /// Whether the writer's commits wait for the disk. Accessed only on the writer's queue.
    private let isFlushing = Atomic<Bool>(true)

    /// A write in the queue.
    private struct Waiting: Sendable {
        /// Whether it waits for the disk.
        let isFlushed: Bool
        /// Does the write, and returns a closure that passes the result on after the commit.
        let body: @Sendable (any Connection) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    /// Opens or creates the file at `path`; its folder must exist.
    init(path: String) throws(DatabaseError) {
        self.path = path
        let writer = try SQLiteConnection(path: path, create: true)
        try writer.script("PRAGMA wal_autocheckpoint = 0")
        self.writer = writer
        checkpoints = SQLiteCheckpoints(path: path)
        idle = Mutex([])
    }

    func close() { idle.withLock { $0.removeAll() } }

    // MARK: Reading

    func read<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        let connection = try idle.withLock { $0.popLast() } ?? SQLiteConnection(path: path, create: false)
        defer { idle.withLock { if $0.count < 32 { $0.append(connection) } } }
        return try body(connection)
    }

    func snapshot<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        try read { connection in
            // They do not run as scripts, which would be compiled each time.
            try connection.run("BEGIN")
            do {
                let result = try body(connection)
                try connection.run("COMMIT")
                return result
            } catch {
                // The first error is reported; if the rollback fails, too, the transaction had already ended.
                _ = try? connection.run("ROLLBACK")
                throw error
            }
        }
    }

    // MARK: Writing

    func write<Result: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> Result) throws -> Result {
        try wait(for: body, isFlushed: true)
    }

    func writeUnflushed<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result {
        try wait(for: body, isFlushed: false)
    }

    private func wait<Result: Sendable>(
        for body: @escaping @Sendable (any Connection) throws -> Result, isFlushed: Bool
    ) throws -> Result {
        dispatchPrecondition(condition: .notOnQueue(queue))
        let box = Mutex<Swift.Result<Result, any Error>?>(nil)
        let finished = DispatchSemaphore(value: 0)
        enqueue(body, isFlushed: isFlushed) { result in
            box.withLock { $0 = result }
            finished.signal()
        }
        finished.wait()
        // The semaphore is signalled after the result is stored, never before.
        guard let result = box.withLock({ $0 }) else { preconditionFailure("a write ended without a result") }
        return try result.get()
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(body, isFlushed: true) { continuation.resume(with: $0) }
        }
    }

    func listen(
        _ channel: StaticString, deaf: @escaping @Sendable (any Error) -> Void,
        heard body: @escaping @Sendable () -> Void
    ) -> Listening {
        listeners.add(channel, deaf: deaf, heard: body)
    }

    private func enqueue<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result, isFlushed: Bool,
        done: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        let write = Waiting(
            isFlushed: isFlushed,
            body: { connection in
                let result = try body(connection)
                return { done(.success(result)) }
            },
            fail: { done(.failure($0)) })
        waiting.withLock { $0.append(write) }
        queue.async { self.commitWaiting() }
    }

    /// Sets whether the next commit waits for the disk. A commit that does not wait is flushed with the next one that does,
    /// because the log is flushed as a whole. The database stays intact in any case (SQLite, "PRAGMA synchronous").
    private func flush(_ isFlushed: Bool) throws {
        guard isFlushing.load(ordering: .relaxed) != isFlushed else { return }
        try writer.script("PRAGMA synchronous = \(isFlushed ? "FULL" : "NORMAL")")
        isFlushing.store(isFlushed, ordering: .relaxed)
    }

    /// Runs on the writer's queue: one transaction for all waiting writes, at most 512.
    private func commitWaiting() {
        let batch = waiting.withLock { waiting in
            let batch = Array(waiting.prefix(512))
            waiting.removeFirst(batch.count)
            return batch
        }
        guard !batch.isEmpty else { return }
        var outcomes: [Result<@Sendable () -> Void, any Error>] = []
        do {
            try flush(batch.contains { $0.isFlushed })
            try writer.script("BEGIN IMMEDIATE")
            for write in batch {
                // A single write needs no savepoint, which would copy each page that it changes; the rollback of the
                // transaction undoes it.
                if batch.count > 1 { try writer.script("SAVEPOINT one") }
                let notified = writer.notified.count
                writer.failed = nil
                do {
                    let deliver = try write.body(writer)
                    // As on PostgreSQL, a failed statement undoes the write, even when its error was caught.
                    if let failed = writer.failed { throw failed }
                    if batch.count > 1 { try writer.script("RELEASE one") }
                    outcomes.append(.success(deliver))
                } catch {
                    guard batch.count > 1 else { throw error }
                    writer.notified.removeSubrange(notified...)
                    outcomes.append(.failure(error))
                    try writer.script("ROLLBACK TO one; RELEASE one")
                }
            }
            try writer.script("COMMIT")
        } catch {
            // On a full disk, SQLite ends the transaction itself; this rollback then has no effect.
            try? writer.script("ROLLBACK")
            outcomes = batch.indices.map { index in
                if index < outcomes.count, case .failure = outcomes[index] { outcomes[index] } else { .failure(error) }
            }
        }
        let notified = Set(writer.notified)
        writer.notified.removeAll()
        for (write, outcome) in zip(batch, outcomes) {
            switch outcome {
            case .success(let deliver): deliver()
            case .failure(let error): write.fail(error)
            }
        }
        let isAnyWritten = outcomes.contains { if case .success = $0 { true } else { false } }
        if isAnyWritten { for channel in notified { listeners.call(channel) } }
        // When it fails, the next long log tries again.
        let isFull = outcomes.contains {
            if case .failure(let error) = $0, case .storage? = error as? DatabaseError { true } else { false }
        }
        if checkpoints.wrote(writer.takeWrittenPages(), isFull: isFull) { _ = try? writer.writeBack() }
    }
}
