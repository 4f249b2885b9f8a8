import Bytes
import Dispatch
import Synchronization

/// The connections to one server: made when needed, up to a limit, and used again while they are whole.
final class PostgreSQLPool: Sendable {
    private struct State {
        var idle: [PostgreSQLConnection] = []
        var isClosed = false
    }

    private let dialer: PostgreSQLDialer
    private let limit: Int
    private let state: Mutex<State>
    /// One for each connection that may yet be used.
    private let free: DispatchSemaphore

    /// Makes the first connection, without patience: the server is there or it is not.
    init(dialer: PostgreSQLDialer, limit: Int) throws(DatabaseError) {
        self.dialer = dialer
        self.limit = limit
        free = DispatchSemaphore(value: limit)
        state = Mutex(State())
        let first = try PostgreSQLConnection(dialer, patiently: false)
        state.withLock { $0.idle.append(first) }
    }

    /// How many seconds a caller waits for a connection, unless its own limit is lower.
    private static let patience = 30.0

    /// Runs `body` with a connection that no one else uses. Waits for one up to 30 seconds or the patience.
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

    /// No connection is kept from now on.
    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle.removeAll() }
            return state.idle
        }
        // Each takes leave of the server when it is closed, outside the lock.
        _ = idle.count
    }

    /// The one used last, whose pages and plans are warm.
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

/// A queue on a limited number of threads of its own.
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

    /// Works until nothing waits.
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
