import Bytes

// DESIGN. Events that are caused only by the passing of time belong to no transaction, so nodes check for them once a minute. A
// row stores the time of the last check. Events that became due between two checks are reported once, by the node that updates
// the row. Reported events are not marked, so a source that was updated can become due again.

/// Notices whose cause is the passing of time: sources that become too old, and decisions that should be reviewed.
package enum NoticeWatch {
    /// The row of `feed` whose `checked_at` is the time of the last check.
    static let mark = "watch"
    /// Milliseconds between two looks.
    private static let interval: Int64 = 60_000

    /// Whether a check is due. A check in the future is from before a clock was set back, and does not count.
    package static func isDue(at time: Int64, on connection: any Connection) throws -> Bool {
        let last = try connection.integer("SELECT checked_at FROM feed WHERE name = \(mark)")
        return last.map { $0 <= time - interval || $0 > time } ?? true
    }

    /// Writes the notices that became due since the last call; the first call writes all due ones.
    ///
    /// - Parameter life: the milliseconds for which a source is current, by its name; nil for an unknown name.
    package static func look(at time: Int64, life: (String) -> Int64?, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO feed (\(FeedState.columns)) VALUES (\(mark), '', '', '', 0, NULL, 0, 0, 0, '')
            ON CONFLICT (name) DO NOTHING
            """)
        // RETURNING gives the time of the previous check.
        let last = try connection.integer(
            """
            UPDATE feed SET updated_at = checked_at, checked_at = \(time) WHERE name = \(mark) AND checked_at <> \(time)
            RETURNING updated_at
            """)
        guard let last, last < time else { return }
        try sayOld(after: last, at: time, life: life, on: connection)
        for organization in try Notices.listeners(to: .review, on: connection) {
            try sayReviews(of: organization, after: last, at: time, on: connection)
        }
    }

    private static func sayOld(
        after last: Int64, at time: Int64, life: (String) -> Int64?, on connection: any Connection
    ) throws {
        for state in try FeedState.all(on: connection) where state.checked > 0 {
            guard let span = life(state.name), last < state.checked + span, state.checked + span <= time else {
                continue
            }
            try Notices.sayToAll(
                .old, of: state.name,
                """
                looked at last at \(TimeText.rfc3339(state.checked)), more than \(span / TimeText.day) days ago; \
                waybill update \(state.name) brings it up to date
                """, at: time, on: connection)
        }
    }

    private static func sayReviews(
        of organization: Int64, after last: Int64, at time: Int64, on connection: any Connection
    ) throws {
        let due = try connection.all(
            """
            SELECT \(LastingDecision.columns) FROM decision WHERE organization = \(organization)
                AND state = \(LastingDecision.State.inForce.rawValue) AND review_at > \(last) AND review_at <= \(time)
            ORDER BY id LIMIT \(Notices.limit)
            """
        ) { LastingDecision(row: $0) }
        for decision in due.compactMap(\.self) {
            let event = Notices.Event(.review, of: String(decision.id), decision.said)
            try Notices.say(event, in: decision.place, account: nil, at: time, on: connection)
        }
    }
}
