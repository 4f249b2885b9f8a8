// DESIGN. PostgreSQL keeps each version of a row that a transaction which still runs may want to see. Rows of jobs change many
// times, so while a dump or a forgotten session holds a snapshot, each look at the queue steps over more and more dead versions.
// Waybill cannot end other programs' sessions; it reports the session that holds one, and for how long.

/// The oldest transaction of a PostgreSQL database whose snapshot keeps dead versions of rows.
package struct HeldSnapshot: Sendable {
    /// The age from which it is worth a warning: reports hold one as long as they run, which is minutes at most.
    package static let limit: Int64 = 600_000

    /// Milliseconds since the transaction began.
    package let age: Int64
    /// The name that the holder's program gives itself, and its process on the database's machine.
    package let program: String
    package let process: Int64

    /// The oldest of all sessions but the asking one (PostgreSQL 15, 28.2.3 `pg_stat_activity`: `backend_xmin`). Nil on SQLite,
    /// whose readers do not slow the queue, and when this role sees no such session: seeing sessions of other roles needs
    /// `pg_read_all_stats`.
    package static func oldest(on connection: any Connection) throws -> HeldSnapshot? {
        guard connection.engine == .postgresql else { return nil }
        return try connection.first(
            """
            SELECT CAST(extract(epoch FROM clock_timestamp() - xact_start) * 1000 AS BIGINT), application_name,
                CAST(pid AS BIGINT)
            FROM pg_stat_activity
            WHERE datname = current_database() AND backend_xmin IS NOT NULL AND xact_start IS NOT NULL
                AND pid <> pg_backend_pid()
            ORDER BY xact_start, pid LIMIT 1
            """
        ) { HeldSnapshot(age: max(0, $0.integer(0)), program: $0.string(1), process: $0.integer(2)) }
    }

    /// Advice about a snapshot that is older than the limit.
    package var warning: String {
        """
        the transaction of process \(process) (\(program.isEmpty ? "no name" : program)) has held a snapshot for \
        \(age / 60_000) minutes, which slows the queue more and more: end it, or dump from a standby (docs/scale.md)
        """
    }
}
