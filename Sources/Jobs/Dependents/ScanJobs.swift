package import Database

extension AbandonedScan {
    /// Replaced scans, and staged scans whose import has ended or was started again.
    package static func all(on connection: any Connection) throws -> [AbandonedScan] {
        try connection.all(
            """
            SELECT \(columns) FROM scan s
            WHERE s.state IN ('OBSOLETE', 'ABANDONED') OR s.state = 'STAGING' AND (
                NOT EXISTS (SELECT 1 FROM job j WHERE j.id = s.job AND \(Queue.isIn(.inProgress)))
                OR EXISTS (SELECT 1 FROM scan n WHERE n.state = 'STAGING' AND n.job = s.job AND n.id > s.id))
            ORDER BY s.id
            """, AbandonedScan.init(row:))
    }
}

extension StagedScan {
    /// The job of the project's current scan, if that job was accepted after `job`; job numbers rise in the order of
    /// acceptance. The project's row stays locked until the transaction ends.
    package func later(
        than job: Int64, in target: Target, on connection: any Connection
    ) throws -> (job: Int64, uuid: String)? {
        _ = try connection.integer("SELECT 1 FROM project WHERE id = \(target.project) \(connection.engine.locking)")
        return try connection.first(
            """
            SELECT s.job, coalesce(j.uuid, '') FROM project p JOIN scan s ON s.id = p.scan
            LEFT JOIN job j ON j.id = s.job WHERE p.id = \(target.project) AND s.job > \(job)
            """
        ) { ($0.integer(0), $0.string(1)) }
    }
}
