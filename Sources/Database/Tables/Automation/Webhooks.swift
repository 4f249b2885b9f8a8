// DESIGN. A delivery is a row that is written in the transaction that ends its report. So none is lost, and none reports
// an end that did not happen. Taking a delivery moves its time forward, as a lease: when a sender dies, another one takes
// over. A receiver gets each report at least once, and recognizes a repetition by the delivery's id.

/// An address that receives a message for each finished report.
package struct WebhookRecord: Sendable, Equatable {
    package let id: Int64
    package let url: String
    /// Milliseconds since 1970, UTC.
    package let created: Int64
    /// Waiting deliveries, and deliveries that were given up.
    package let waiting: Int64
    package let failed: Int64
    /// The reason of the last failed attempt; empty if none failed.
    package let error: String
}

/// The end of a report that an address must be notified of.
package struct WebhookDelivery: Sendable, Equatable {
    package let id: Int64
    package let url: String
    /// The secret in the form of the database.
    package let secret: String
    package let organization: Int64
    /// The uuid of the report's job.
    package let job: String
    /// The number of the attempt, from 1.
    package let attempt: Int64
}

/// The tables of webhooks and their deliveries.
package enum Webhooks {
    /// The most webhooks of an organization.
    package static let limit: Int64 = 20
    /// The attempts before a delivery is given up: about a day, including the pauses.
    package static let attempts: Int64 = 10
    /// The longest pause between two attempts, in milliseconds. An attempt farther in the future was planned by a clock that
    /// has been set back since.
    private static let longestPause = firstPause << (attempts - 2)
    private static let firstPause: Int64 = 10_000
    /// The milliseconds after which a taken delivery may be taken again.
    private static let lease: Int64 = 60_000

    /// Stores a webhook; nil when the organization has the most that it may have.
    package static func add(_ url: String, secret: String, _ writing: Writing) throws -> Int64? {
        let (scope, connection) = (writing.scope, writing.connection)
        let count = try connection.integer("SELECT count(*) FROM webhook WHERE organization = \(scope.organization)")
        guard count ?? 0 < limit else { return nil }
        let id = try connection.take(1, from: "webhook")
        try connection.run(
            """
            INSERT INTO webhook (id, organization, url, secret, account, created_at)
            VALUES (\(id), \(scope.organization), \(url), \(secret), \(writing.account), \(writing.time))
            """)
        try Change(.configuration, .webhook, .created, in: scope, after: [url], on: connection).write(writing)
        return id
    }

    package static func list(_ organization: Int64, on connection: any Connection) throws -> [WebhookRecord] {
        try connection.all(
            """
            SELECT w.id, w.url, w.created_at,
                (SELECT count(*) FROM webhook_delivery d WHERE d.webhook = w.id AND d.state = 'PENDING'),
                (SELECT count(*) FROM webhook_delivery d WHERE d.webhook = w.id AND d.state = 'FAILED'),
                coalesce((SELECT d.error FROM webhook_delivery d WHERE d.webhook = w.id AND d.error <> ''
                    ORDER BY d.id DESC LIMIT 1), '')
            FROM webhook w WHERE w.organization = \(organization) ORDER BY w.id
            """
        ) { row in
            WebhookRecord(
                id: row.integer(0), url: row.string(1), created: row.integer(2), waiting: row.integer(3),
                failed: row.integer(4), error: row.string(5))
        }
    }

    /// Deletes a webhook with its waiting deliveries; false when the organization has no webhook with this number.
    package static func remove(_ id: Int64, _ writing: Writing) throws -> Bool {
        let (scope, connection) = (writing.scope, writing.connection)
        let url = try connection.first(
            "SELECT url FROM webhook WHERE id = \(id) AND organization = \(scope.organization)"
        ) { $0.string(0) }
        guard let url else { return false }
        try connection.run("DELETE FROM webhook_delivery WHERE webhook = \(id)")
        try Subscriptions.delete("webhook = \(id)", on: connection)
        try connection.run("DELETE FROM webhook WHERE id = \(id)")
        try Change(.configuration, .webhook, .deleted, in: scope, before: [url], on: connection).write(writing)
        return true
    }

    // MARK: Secrets

    /// The secrets of all webhooks in the form of the database: encrypted, except those from older versions.
    package static func secrets(
        on connection: any Connection
    ) throws -> [(id: Int64, organization: Int64, url: String, secret: String)] {
        try connection.all("SELECT id, organization, url, secret FROM webhook ORDER BY id") { row in
            (row.integer(0), row.integer(1), row.string(2), row.string(3))
        }
    }

    /// Replaces the text of a secret, unless another process did already.
    package static func setSecret(
        _ secret: String, of id: Int64, insteadOf old: String, on connection: any Connection
    ) throws {
        try connection.run("UPDATE webhook SET secret = \(secret) WHERE id = \(id) AND secret = \(old)")
    }

    // MARK: Deliveries

    private static func isDue(at time: Int64) -> SQL { "(run_at <= \(time) OR run_at > \(time + 2 * longestPause))" }

    /// Whether a delivery is due.
    package static func isDue(at time: Int64, on connection: any Connection) throws -> Bool {
        try connection.integer(
            "SELECT 1 FROM webhook_delivery WHERE state = 'PENDING' AND \(isDue(at: time)) LIMIT 1") != nil
    }

    /// Takes a due delivery; nil when there is none.
    package static func take(at time: Int64, on connection: any Connection) throws -> WebhookDelivery? {
        let next = try connection.integer(
            """
            SELECT id FROM webhook_delivery WHERE state = 'PENDING' AND \(isDue(at: time))
            ORDER BY run_at LIMIT 1 \(connection.engine.skippingLocked)
            """)
        guard let next else { return nil }
        try connection.run(
            "UPDATE webhook_delivery SET attempt = attempt + 1, run_at = \(time + lease) WHERE id = \(next)")
        return try connection.first(
            """
            SELECT d.id, w.url, w.secret, w.organization, d.job, d.attempt
            FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook WHERE d.id = \(next)
            """
        ) { row in
            WebhookDelivery(
                id: row.integer(0), url: row.string(1), secret: row.string(2), organization: row.integer(3),
                job: row.string(4), attempt: row.integer(5))
        }
    }

    /// Ends a delivery that the receiver accepted.
    package static func finish(_ delivery: WebhookDelivery, on connection: any Connection) throws {
        try connection.run("UPDATE webhook_delivery SET state = 'DONE', error = '' WHERE id = \(delivery.id)")
    }

    /// Stores why an attempt failed. The next attempt follows after a pause that starts at 10 seconds and doubles, or
    /// not at all.
    package static func fail(
        _ delivery: WebhookDelivery, why: String, forGood: Bool, at time: Int64, on connection: any Connection
    ) throws {
        let isOver = forGood || delivery.attempt >= attempts
        let pause = firstPause << (min(max(delivery.attempt, 1), 15) - 1)
        try connection.run(
            """
            UPDATE webhook_delivery SET state = \(isOver ? "FAILED" : "PENDING"), error = \(why),
                run_at = \(time + pause) WHERE id = \(delivery.id) AND state = 'PENDING'
            """)
    }

    /// Deletes ended deliveries whose last attempt was before this time.
    package static func sweep(before time: Int64, on connection: any Connection) throws {
        try connection.run("DELETE FROM webhook_delivery WHERE state <> 'PENDING' AND run_at < \(time)")
    }
}
