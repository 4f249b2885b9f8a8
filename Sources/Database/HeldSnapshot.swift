// DESIGN. PostgreSQL keeps each version of a row that a running transaction may still need. Rows of jobs change often. So while
// a dump or a forgotten session holds a snapshot, each query of the queue steps over more and more dead versions. Waybill
// cannot end sessions of other programs; it reports the session that holds such a snapshot, and its age.

/// The oldest transaction of a PostgreSQL database whose snapshot keeps dead versions of rows.
package struct HeldSnapshot: Sendable {
    /// The age from which a warning is due; reports hold a snapshot while they run, for minutes at most.
    package static let limit: Int64 = 600_000

    /// Milliseconds since the transaction began.
    package let age: Int64
    /// The name that the holder's program gives itself, and the number of its process on the database's machine.
    package let program: String
    package let process: Int64

    /// The oldest transaction of all sessions except this one (PostgreSQL 15, 28.2.3 `pg_stat_activity`: `backend_xmin`). Nil
    /// on SQLite, where readers do not slow the queue, and when this role cannot see such a session: sessions of other roles
    /// are visible only with `pg_read_all_stats`.
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

    /// Advice about a snapshot beyond the age limit.
    package var warning: String {
        """
        the transaction of process \(process) (\(program.isEmpty ? "no name" : program)) has held a snapshot for \
        \(age / 60_000) minutes, which slows the queue more and more: end it, or dump from a standby (docs/scale.md)
        """
    }
}
