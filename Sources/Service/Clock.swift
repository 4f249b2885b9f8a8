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

/// The time of the database's machine, carried on by the monotonic clock of this one: nodes of a cluster agree on it even if
/// their own clocks differ, and setting a node's clock has no effect.
package final class SharedClock: Sendable {
    /// Milliseconds from the zero of the monotonic clock back to 1970.
    private let offset: Atomic<Int64>
    private let monotonic: @Sendable () -> Int64

    /// - Parameter monotonic: milliseconds since some moment. Tests give another one.
    init(monotonic: @escaping @Sendable () -> Int64 = SharedClock.sinceBoot) {
        self.monotonic = monotonic
        offset = Atomic(Clock.now() - monotonic())
    }

    /// Milliseconds since 1970, UTC.
    package func now() -> Int64 { monotonic() + offset.load(ordering: .relaxed) }

    /// Looks at the clock of the database, and gives by how many milliseconds this one was wrong.
    @discardableResult func follow(_ database: any Database) throws -> Int64 {
        let before = monotonic()
        let found = try database.read { try Self.time(on: $0) }
        let after = monotonic()
        guard let found else { return 0 }
        // Asked in the middle of the way there and back; what that may be wrong by is no reason to move.
        let (new, old) = (found - (before + after) / 2, offset.load(ordering: .relaxed))
        guard abs(new - old) > after - before + 5 else { return 0 }
        offset.store(new, ordering: .relaxed)
        return new - old
    }

    /// Nil where the database has no clock of its own.
    private static func time(on connection: any Connection) throws -> Int64? {
        guard connection.engine == .postgresql else { return nil }
        return try connection.integer("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")
    }

    /// Goes on while the machine sleeps.
    static let sinceBoot: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
