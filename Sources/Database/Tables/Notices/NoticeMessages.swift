/// A subject of a message.
package struct NoticeItem: Sendable, Equatable {
    package let kind: NoticeKind
    package let subject: String
    package let detail: String
    /// Milliseconds since 1970, UTC.
    package let at: Int64
    /// The product of the project; 0 and empty for a subject without a project.
    package let product: Int64
    package let productName: String
    package let projectName: String
}

/// The facts about a vulnerability in a message, in addition to its name.
package struct NoticeVulnerability: Sendable, Equatable {
    package let severity: String
    /// The score in tenths; nil where no vector rates the vulnerability.
    package let score: Int64?
    package let isExploited: Bool
    /// The EPSS score in millionths; nil where the vulnerability has none.
    package let likelihood: Int64?
    package let url: String
    /// The urgency: greater values come first (`PrioritySQL`).
    package let weight: Int64
}

/// A message that is being sent.
package struct NoticeMessage: Sendable, Equatable {
    package let id: Int64
    package let organization: Int64
    /// The account of the subscription's owner.
    package let account: Int64
    /// The same for each attempt.
    package let uuid: String
    package let thread: String
    /// JSON.
    package let body: String
    package let way: Subscription.Way
    /// The address of a webhook; its secret is in the form of the database.
    package let url: String
    package let secret: String
    /// The number of the attempt, from 1.
    package let attempt: Int64
    /// Milliseconds since 1970, UTC.
    package let created: Int64
}

/// The tables of notices and messages.
package enum NoticeMessages {
    /// The attempts before a message is given up: about a day, including the pauses.
    package static let attempts: Int64 = 10
    /// The milliseconds after which a taken message may be taken again; longer than any sending takes.
    private static let lease: Int64 = 120_000

    // MARK: Making

    /// Whether a subscription or a message is due.
    package static func isDue(at time: Int64, on connection: any Connection) throws -> Bool {
        if try connection.integer("SELECT 1 FROM subscription WHERE run_at > 0 AND run_at <= \(time) LIMIT 1") != nil {
            return true
        }
        return try connection.integer(
            "SELECT 1 FROM notice_message WHERE state = 'PENDING' AND run_at <= \(time) LIMIT 1") != nil
    }

    /// Takes a due subscription with its notices, which are deleted. The subscription's row is locked until the
    /// transaction ends. Nil if none is due.
    package static func takeItems(
        at time: Int64, on connection: any Connection
    ) throws -> (subscription: Subscription, items: [NoticeItem])? {
        let next = try connection.integer(
            """
            SELECT id FROM subscription WHERE run_at > 0 AND run_at <= \(time)
            ORDER BY run_at LIMIT 1 \(connection.engine.skippingLocked)
            """)
        guard let next else { return nil }
        let found = try connection.first(
            "SELECT \(Subscription.columns) FROM subscription n WHERE n.id = \(next)"
        ) { Subscription(row: $0) }
        guard let found else { return nil }
        let items = try connection.all(
            """
            SELECT i.kind, i.subject, i.detail, i.at, coalesce(p.product, 0), coalesce(d.name, ''), coalesce(p.name, '')
            FROM notice_item i LEFT JOIN project p ON p.id = i.project LEFT JOIN product d ON d.id = p.product
            WHERE i.subscription = \(next) AND (i.project = 0 OR p.id IS NOT NULL) ORDER BY i.kind, i.subject, i.project LIMIT \(Notices.limit)
            """
        ) { row in
            NoticeKind(rawValue: row.string(0)).map { kind in
                NoticeItem(
                    kind: kind, subject: row.string(1), detail: row.string(2), at: row.integer(3),
                    product: row.integer(4), productName: row.string(5), projectName: row.string(6))
            }
        }
        try connection.run("DELETE FROM notice_item WHERE subscription = \(next)")
        let due = found.rhythm == .now ? 0 : found.rhythm.next(after: time)
        try connection.run("UPDATE subscription SET run_at = \(due) WHERE id = \(next)")
        return (found, items.compactMap { $0 })
    }

    /// The facts about vulnerabilities by their names, for an organization.
    package static func vulnerabilities(
        _ names: some Collection<String>, organization: Int64, on connection: any Connection
    ) throws -> [String: NoticeVulnerability] {
        var found: [String: NoticeVulnerability] = [:]
        try SQL.inSlices(names, as: Value.text) { list in
            try connection.each(
                """
                SELECT v.name, v.severity, v.score,
                    CASE WHEN EXISTS (SELECT 1 FROM exploited x WHERE x.name = v.name) THEN 1 ELSE 0 END,
                    (SELECT h.score FROM likelihood h WHERE \(SQL(Likelihoods.ofVulnerability))), v.url,
                    \(SQL(PrioritySQL.weight))
                FROM vulnerability v WHERE v.organization IN (0, \(organization)) AND v.name IN \(list)
                ORDER BY v.organization DESC
                """
            ) { row in
                found[row.string(0)] = NoticeVulnerability(
                    severity: row.string(1), score: row.integerOrNil(2), isExploited: row.boolean(3),
                    likelihood: row.integerOrNil(4), url: row.string(5), weight: row.integer(6))
            }
        }
        return found
    }

    /// Stores a message that is ready to be sent.
    package static func add(
        to subscription: Int64, uuid: String, thread: String, body: String, at time: Int64,
        on connection: any Connection
    ) throws {
        try connection.run(
            """
            INSERT INTO notice_message (subscription, uuid, thread, body, state, run_at, created_at)
            VALUES (\(subscription), \(uuid), \(thread), \(body), 'PENDING', \(time), \(time))
            """)
    }

    // MARK: Sending

    /// Takes a due message; nil when there is none.
    package static func take(at time: Int64, on connection: any Connection) throws -> NoticeMessage? {
        let next = try connection.integer(
            """
            SELECT id FROM notice_message WHERE state = 'PENDING' AND run_at <= \(time)
            ORDER BY run_at, id LIMIT 1 \(connection.engine.skippingLocked)
            """)
        guard let next else { return nil }
        try connection.run(
            "UPDATE notice_message SET attempt = attempt + 1, run_at = \(time + lease) WHERE id = \(next)")
        return try connection.first(
            """
            SELECT m.id, n.organization, m.uuid, m.thread, m.body, n.webhook, n.address, coalesce(w.url, ''),
                coalesce(w.secret, ''), m.attempt, m.created_at, n.account
            FROM notice_message m JOIN subscription n ON n.id = m.subscription LEFT JOIN webhook w ON w.id = n.webhook
            WHERE m.id = \(next)
            """
        ) { row in
            NoticeMessage(
                id: row.integer(0), organization: row.integer(1), account: row.integer(11), uuid: row.string(2),
                thread: row.string(3), body: row.string(4),
                way: row.integer(5) > 0 ? .webhook(row.integer(5)) : .mail(address: row.string(6)),
                url: row.string(7), secret: row.string(8), attempt: row.integer(9), created: row.integer(10))
        }
    }

    /// Ends a message that its receiver accepted.
    package static func finish(_ message: NoticeMessage, on connection: any Connection) throws {
        try connection.run("UPDATE notice_message SET state = 'DONE', error = '' WHERE id = \(message.id)")
    }

    /// Stores why an attempt failed. The next attempt follows after a pause that starts at 30 seconds and doubles, or
    /// not at all.
    package static func fail(
        _ message: NoticeMessage, why: String, forGood: Bool, at time: Int64, on connection: any Connection
    ) throws {
        let isOver = forGood || message.attempt >= attempts
        let pause = Int64(30_000) << (min(max(message.attempt, 1), 15) - 1)
        try connection.run(
            """
            UPDATE notice_message SET state = \(isOver ? "FAILED" : "PENDING"), error = \(why), run_at = \(time + pause)
            WHERE id = \(message.id) AND state = 'PENDING'
            """)
    }

    /// Deletes ended messages whose last attempt was before this time.
    package static func sweep(before time: Int64, on connection: any Connection) throws {
        try connection.run("DELETE FROM notice_message WHERE state <> 'PENDING' AND run_at < \(time)")
    }
}
