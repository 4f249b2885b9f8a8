package import Database

extension Webhooks {
    /// Queues a notice for each webhook of the organization that the report of this job has ended. Also writes notices for the
    /// subscriptions of its user, who asked for the report, owns its schedule, or made a refused upload. Does nothing for jobs
    /// of other kinds and for unfinished ones.
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
            SELECT \(Job.columns), CASE WHEN EXISTS (SELECT 1 FROM schedule s WHERE s.organization = job.organization
                AND s.job = job.uuid) THEN 1 ELSE 0 END FROM job WHERE id = \(id)
                AND (kind = 'REPORT' AND state IN ('SUCCESS', 'FAILED') OR kind = 'INTAKE' AND state = 'FAILED')
            """
        ) { (job: try Job(row: $0), isScheduled: $0.boolean(Job.width)) }
        guard let (job, isScheduled) = ended, let account = job.account else { return }
        let outcome = job.state == .success ? "ready" : "failed: \(job.error)"
        func say(_ kind: NoticeKind, in place: Scope, unless other: NoticeKind? = nil) throws {
            let event = Notices.Event(kind, of: job.uuid, "\(job.processType): \(outcome)")
            try Notices.say(event, in: place, account: account, unless: other, at: time, on: connection)
        }
        let everywhere = Scope(kind: .organization, organization: job.organization)
        guard job.kind == .report else { return try say(.refused, in: everywhere) }
        if isScheduled { try say(.scheduled, in: job.place) }
        try say(.report, in: everywhere, unless: isScheduled ? .scheduled : nil)
    }
}

extension Job {
    /// The organization, product or project of the job.
    fileprivate var place: Scope {
        Scope(
            kind: project > 0 ? .project : product > 0 ? .product : .organization, organization: organization,
            product: product, project: project)
    }
}
