package import Database

extension Queue {
    /// Whether one of these organizations has an unfinished job with this uuid.
    package func isUnfinished(
        uuid: String, organizations: [Int64], on connection: any Connection
    ) throws -> Bool {
        guard !organizations.isEmpty else { return false }
        let ids = SQL.list(organizations.map { Value.integer($0) })
        return try connection.integer(
            """
            SELECT 1 FROM job WHERE uuid = \(uuid) AND organization IN \(ids)
                AND state IN ('PENDING', 'IN_PROGRESS')
            """) != nil
    }

    /// The state of the job with this uuid in any organization; nil for an unknown uuid. For work on the server's own
    /// files.
    package func state(uuid: String, on connection: any Connection) throws -> Job.State? {
        try connection.first("SELECT state FROM job WHERE uuid = \(uuid)") { $0.string(0) }.map { text in
            guard let state = Job.State(rawValue: text) else { throw QueueError.unreadable(uuid: uuid) }
            return state
        }
    }

    /// The uuids of the jobs of uploads that are not in the inventory but may still get there, because a failed job may be
    /// tried again; in the order of acceptance.
    package static func uploadsToKeep(on connection: any Connection) throws -> [String] {
        try connection.all(
            "SELECT uuid FROM job WHERE kind = 'INTAKE' AND state IN ('PENDING', 'IN_PROGRESS', 'FAILED') ORDER BY id"
        ) { $0.string(0) }
    }

    /// The uuids of the jobs of uploads that are stored in the database although they are in the inventory or their
    /// job was deleted.
    package static func uploadsToForget(limit: Int, on connection: any Connection) throws -> [String] {
        try connection.all(
            """
            SELECT DISTINCT job FROM upload WHERE NOT EXISTS (SELECT 1 FROM job WHERE job.uuid = upload.job
                AND job.state IN ('PENDING', 'IN_PROGRESS', 'FAILED')) LIMIT \(limit)
            """
        ) { $0.string(0) }
    }
}
