import Database
import Glibc
import Synchronization

/// The clock of the process.
package enum Clock {
    /// Milliseconds since 1970, UTC.
    package static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// The time of the database's machine, continued by the monotonic clock of this one. So the nodes of a cluster agree even if
/// their clocks differ, and setting a node's clock has no effect.
package final class SharedClock: Sendable {
    /// The milliseconds between 1970 and the zero of the monotonic clock.
    private let offset: Atomic<Int64>
    private let monotonic: @Sendable () -> Int64

    /// - Parameter monotonic: milliseconds since any fixed moment. Tests pass another one.
    init(monotonic: @escaping @Sendable () -> Int64 = SharedClock.sinceBoot) {
        self.monotonic = monotonic
        offset = Atomic(Clock.now() - monotonic())
    }

    /// Milliseconds since 1970, UTC.
    package func now() -> Int64 { monotonic() + offset.load(ordering: .relaxed) }

    /// Reads the clock of the database, and returns by how many milliseconds this one was wrong.
    @discardableResult func follow(_ database: any Database) throws -> Int64 {
        let before = monotonic()
        let found = try database.read { try Self.time(on: $0) }
        let after = monotonic()
        guard let found else { return 0 }
        // The database reads its clock in the middle of the round trip; an error within the round trip is no reason
        // to adjust.
        let (new, old) = (found - (before + after) / 2, offset.load(ordering: .relaxed))
        guard abs(new - old) > after - before + 5 else { return 0 }
        offset.store(new, ordering: .relaxed)
        return new - old
    }

    /// Nil when the database has no clock of its own.
    private static func time(on connection: any Connection) throws -> Int64? {
        guard connection.engine == .postgresql else { return nil }
        return try connection.integer("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")
    }

    /// It continues while the machine sleeps.
    static let sinceBoot: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
