import Bytes
import Glibc
import Synchronization

// DESIGN. All connections are alike and come from one pool. A write is a transaction on one of them, so writers run side
// by side and PostgreSQL groups their flushes. Asynchronous writes run on the threads of a queue with as many threads as
// the pool has connections. A write is repeated here if the server undid it in favour of another write, or if its
// connection broke before the commit.

/// A PostgreSQL database, reached by libpq.
final class PostgreSQLDatabase: Database {
    let engine = Engine.postgresql
    private let pool: PostgreSQLPool
    private let threads: BoundedQueue
    private let listener: PostgreSQLListener

    /// Makes the first connection at once, so that a wrong address or password is reported here.
    init(url text: String, connections: Int = 16) throws(DatabaseError) {
        let dialer = PostgreSQLDialer(PostgreSQLURL(text))
        pool = try PostgreSQLPool(dialer: dialer, limit: connections)
        threads = BoundedQueue(label: "database writers", width: connections)
        listener = PostgreSQLListener(dialer: dialer)
    }

    deinit { close() }

    func close() {
        listener.close()
        pool.close()
    }

    // MARK: Reading

    func read<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        try pool.use { connection in
            connection.begin(.none)
            defer { connection.end() }
            return try body(connection)
        }
    }

    func snapshot<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        try pool.use { connection in
            connection.begin(.snapshot)
            defer { connection.end() }
            return try body(connection)
        }
    }

    // MARK: Writing

    /// The most attempts of a write that fails because a row with the same key exists.
    private static let takenAttempts = 8

    func write<Result: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> Result) throws -> Result {
        try write(.write, body)
    }

    private func write<Result>(
        _ kind: PostgreSQLConnection.Transaction, _ body: (any Connection) throws -> Result
    ) throws -> Result {
        var attempt = 1
        while true {
            var again = false
            do {
                return try pool.use { connection in
                    do {
                        connection.begin(kind)
                        let result = try body(connection)
                        try connection.commit()
                        connection.end()
                        return result
                    } catch {
                        // When the body itself throws an error about a taken name, the error is final.
                        let isTaken = connection.isTaken && error is DatabaseError && attempt < Self.takenAttempts
                        again = (connection.isWorthTrying || isTaken) && !connection.wasSilent
                        connection.end()
                        throw error
                    }
                }
            } catch {
                guard again, attempt < 30 else { throw error }
            }
            // Random pauses keep colliding writers from colliding again.
            let pause = Int.random(in: 1...(4 << min(attempt, 6)))
            usleep(UInt32(pause) * 1000)
            attempt += 1
        }
    }

    func writeUnflushed<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result {
        try write(.unflushed, body)
    }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result {
        let patience = Patience.current
        return try await withCheckedThrowingContinuation { continuation in
            threads.run {
                Patience.$current.withValue(patience) {
                    continuation.resume(with: Swift.Result { try self.write(body) })
                }
            }
        }
    }

    func listen(
        _ channel: StaticString, deaf: @escaping @Sendable (any Error) -> Void,
        heard body: @escaping @Sendable () -> Void
    ) -> Listening {
        listener.add(channel, deaf: deaf, heard: body)
    }
}
