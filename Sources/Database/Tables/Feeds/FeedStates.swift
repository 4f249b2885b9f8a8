/// The state of a source of knowledge, or of a part of one: a row of `feed`.
package struct FeedState: Sendable, Equatable {
    /// The name: `kev`, `osv/npm`.
    package let name: String
    /// The address of the last download.
    package var address = ""
    /// The marks by which the server can answer that the file is unchanged; empty if the server sent none.
    package var etag = ""
    package var lastModified = ""
    package var records: Int64 = 0
    /// The time of the newest record, in milliseconds since 1970, UTC, as for all times here.
    package var newest: Int64?
    /// The time of its last successful update; 0 for never.
    package var checked: Int64 = 0
    /// The time of the last update that changed something; 0 for never.
    package var updated: Int64 = 0
    /// The time of the last failure, and its reason; 0 and empty for none.
    package var failed: Int64 = 0
    package var error = ""

    package init(name: String) { self.name = name }

    /// Whether the last attempt failed.
    package var isFailing: Bool { failed > 0 && failed >= checked }

    static let columns: SQL =
        "name, address, etag, last_modified, records, newest, checked_at, updated_at, failed_at, error"

    private init(row: borrowing RowBuffer) {
        name = row.string(0)
        address = row.string(1)
        etag = row.string(2)
        lastModified = row.string(3)
        records = row.integer(4)
        newest = row.integerOrNil(5)
        checked = row.integer(6)
        updated = row.integer(7)
        failed = row.integer(8)
        error = row.string(9)
    }

    /// The state of a source; an unknown source has never been checked.
    package static func of(_ name: String, on connection: any Connection) throws -> FeedState {
        try connection.first("SELECT \(columns) FROM feed WHERE name = \(name)") { FeedState(row: $0) }
            ?? FeedState(name: name)
    }

    /// All sources with an attempted update, by name.
    package static func all(on connection: any Connection) throws -> [FeedState] {
        try connection.all(
            "SELECT \(columns) FROM feed WHERE name NOT IN (\(schedule), \(NoticeWatch.mark)) ORDER BY name"
        ) { FeedState(row: $0) }
    }

    /// Writes the state, which replaces the earlier one.
    package func put(on connection: any Connection) throws {
        try connection.run("DELETE FROM feed WHERE name = \(name)")
        try connection.run(
            """
            INSERT INTO feed (\(Self.columns))
            VALUES (\(name), \(address), \(etag), \(lastModified), \(records), \(newest), \(checked), \(updated),
                \(failed), \(error))
            """)
    }

    /// Stores that a source could not be updated. Its stored records remain.
    package static func fail(_ name: String, at time: Int64, why: String, on connection: any Connection) throws {
        var state = try of(name, on: connection)
        // A failure is reported once, until the next successful update.
        if !state.isFailing { try Notices.sayToAll(.update, of: name, why, at: time, on: connection) }
        state.failed = time
        state.error = why
        try state.put(on: connection)
    }

    // MARK: Whose turn it is

    /// The name of the row with the time when a server last began an automatic update.
    private static let schedule = "schedule"

    /// Whether a server may start an automatic update.
    package static func isTurnDue(at time: Int64, every interval: Int64, on connection: any Connection) throws -> Bool {
        guard let last = try connection.integer("SELECT checked_at FROM feed WHERE name = \(schedule)") else {
            return true
        }
        return last <= time - interval || last > time
    }

    /// Takes the turn for an update, in the transaction that submits the job; false when another node took it less
    /// than `interval` milliseconds ago. A turn in the future is from before a clock was set back, and does not
    /// count.
    package static func takeTurn(at time: Int64, every interval: Int64, on connection: any Connection) throws -> Bool {
        try connection.run(
            """
            INSERT INTO feed (\(columns)) VALUES (\(schedule), '', '', '', 0, NULL, 0, 0, 0, '')
            ON CONFLICT (name) DO NOTHING
            """)
        return try connection.run(
            """
            UPDATE feed SET checked_at = \(time)
            WHERE name = \(schedule) AND (checked_at <= \(time - interval) OR checked_at > \(time))
            """) > 0
    }
}
