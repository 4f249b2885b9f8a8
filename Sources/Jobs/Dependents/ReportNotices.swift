package import Database

extension Webhooks {
    /// Queues a notice to each webhook of the organization that the report with this job has ended. Does nothing for jobs of
    /// other kinds and for unfinished ones.
    package static func announce(job id: Int64, at time: Int64, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO webhook_delivery (webhook, job, state, run_at)
            SELECT w.id, j.uuid, 'PENDING', \(time) FROM job j JOIN webhook w ON w.organization = j.organization
            WHERE j.id = \(id) AND j.kind = 'REPORT' AND j.state IN ('SUCCESS', 'FAILED')
            ON CONFLICT (webhook, job) DO NOTHING
            """)
    }
}
