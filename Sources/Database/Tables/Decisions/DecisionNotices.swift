// The row of a delivery names a job by its uuid, or a decision by its number.

extension Webhooks {
    private static let prefix = "decision:"

    /// Queues a notice for each webhook of the organization that a decision has expired, in the transaction that ends the
    /// decision.
    static func announce(expired decision: LastingDecision, at time: Int64, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO webhook_delivery (webhook, job, state, run_at)
            SELECT w.id, \(prefix + String(decision.id)), 'PENDING', \(time) FROM webhook w
            WHERE w.organization = \(decision.organization) ON CONFLICT (webhook, job) DO NOTHING
            """)
    }

    /// The decision of a delivery; nil if the delivery is about a job, or the decision was deleted.
    package static func decision(
        of delivery: WebhookDelivery, on connection: any Connection
    ) throws -> LastingDecision? {
        guard delivery.job.hasPrefix(prefix), let id = Int64(delivery.job.dropFirst(prefix.count)) else { return nil }
        return try Decisions.find(id, organization: delivery.organization, on: connection)
    }
}
