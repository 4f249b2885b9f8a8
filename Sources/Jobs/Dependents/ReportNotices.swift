package import Database

extension Webhooks {
    /// Queues a notice to each webhook of the organization that the report with this job has ended, and writes down what there is
    /// to say to subscriptions of whoever asked for a report or uploaded what was refused. Does nothing for jobs of other kinds and for
    /// unfinished ones.
    package static func announce(job id: Int64, at time: Int64, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO webhook_delivery (webhook, job, state, run_at)
            SELECT w.id, j.uuid, 'PENDING', \(time) FROM job j JOIN webhook w ON w.organization = j.organization
            WHERE j.id = \(id) AND j.kind = 'REPORT' AND j.state IN ('SUCCESS', 'FAILED')
            ON CONFLICT (webhook, job) DO NOTHING
            """)
        let ended = try connection.first(
            """
            SELECT kind, state, uuid, process_type, error, organization, account FROM job WHERE id = \(id)
                AND (kind = 'REPORT' AND state IN ('SUCCESS', 'FAILED') OR kind = 'INTAKE' AND state = 'FAILED')
            """
        ) { row in
            let hasSucceeded = row.string(1) == Job.State.success.rawValue
            return (
                kind: row.string(0) == Job.Kind.report.rawValue ? NoticeKind.report : .refused, uuid: row.string(2),
                what: "\(row.string(3)): \(hasSucceeded ? "ready" : "failed: \(row.string(4))")",
                organization: row.integer(5), account: row.integerOrNil(6)
            )
        }
        guard let ended, let account = ended.account else { return }
        try Notices.say(
            ended.kind, of: ended.uuid, ended.what, in: Scope(kind: .organization, organization: ended.organization),
            account: account, at: time, on: connection)
    }
}
