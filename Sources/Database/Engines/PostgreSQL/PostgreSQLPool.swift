import Bytes
import Dispatch
import Synchronization

/// The connections to one server, made on demand up to a limit, and reused while they are intact.
final class PostgreSQLPool: Sendable {
    private struct State {
        var idle: [PostgreSQLConnection] = []
        var isClosed = false
    }

    private let dialer: PostgreSQLDialer
    private let limit: Int
    private let state: Mutex<State>
    /// One permit for each connection that may still be taken.
    private let free: DispatchSemaphore

    /// Makes the first connection without waiting for an unavailable server.
    init(dialer: PostgreSQLDialer, limit: Int) throws(DatabaseError) {
        self.dialer = dialer
        self.limit = limit
        free = DispatchSemaphore(value: limit)
        state = Mutex(State())
        let first = try PostgreSQLConnection(dialer, patiently: false)
        state.withLock { $0.idle.append(first) }
    }

    /// The seconds that a caller waits for a connection, unless its own time limit is lower.
    private static let patience = 30.0

    /// Runs `body` with a connection that no other caller uses. Waits for a connection for up to 30 seconds, or the
    /// caller's time limit.
    func use<Result>(_ body: (PostgreSQLConnection) throws -> Result) throws -> Result {
        let patience = min(Patience.current.map { $0 / .seconds(1) } ?? Self.patience, Self.patience)
        guard free.wait(timeout: .now() + patience) == .success else {
            throw DatabaseError.unavailable(
                url: dialer.url.description, why: "all \(limit) connections were in use for \(Int(patience)) seconds")
        }
        defer { free.signal() }
        let connection = try take()
        defer { giveBack(connection) }
        try connection.beginWatch()
        defer { connection.endWatch() }
        return try body(connection)
    }

    /// From now on, no connection is kept.
    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle.removeAll() }
            return state.idle
        }
        // Each connection says goodbye to the server when it is closed, outside the lock.
        _ = idle.count
    }

    /// The connection that was used last, whose pages and plans are in memory.
    private func take() throws(DatabaseError) -> PostgreSQLConnection {
        while let connection = state.withLock({ $0.idle.popLast() }) {
            if connection.isHealthy { return connection }
        }
        return try PostgreSQLConnection(dialer, patiently: true)
    }

    private func giveBack(_ connection: PostgreSQLConnection) {
        guard connection.isUsable else { return }
        state.withLock { if !$0.isClosed { $0.idle.append(connection) } }
    }
}

/// A queue with a limited number of threads of its own.
final class BoundedQueue: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let queue: DispatchQueue
    private let width: Int
    private let state = Mutex(State())

    init(label: String, width: Int) {
        queue = DispatchQueue(label: label, attributes: .concurrent)
        self.width = width
    }

    func run(_ work: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            state.waiting.append(work)
            guard state.running < width else { return false }
            state.running += 1
            return true
        }
        if starts { queue.async { self.drain() } }
    }

    /// Works until no task is waiting.
    private func drain() {
        while let work = next() { work() }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }
}
