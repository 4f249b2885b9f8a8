// DESIGN. A schedule is due when its time has come. A server moves the time forward with a write that names the old time,
// and submits the report in the same transaction. So each report is made once, however many servers check.

/// A report that is repeated at set times.
package struct ScheduleRecord: Sendable, Equatable {
    package let id: Int64
    package let organization: Int64
    /// The account in whose name the report is made.
    package let account: Int64
    package let email: String
    package let cron: String
    /// The checked request in the form of jobs.
    package let request: String
    /// The next time, in milliseconds since 1970, UTC.
    package let due: Int64
    /// The uuid of its last job, or empty.
    package let job: String
}

/// The table of schedules.
package enum Schedules {
    /// The most schedules of an organization.
    package static let limit: Int64 = 1000

    /// Stores a schedule until its product or project is deleted; nil when the organization has the most that it may
    /// have.
    package static func add(
        cron: String, request: String, due: Int64, _ writing: Writing
    ) throws -> Int64? {
        let (scope, connection) = (writing.scope, writing.connection)
        let count = try connection.integer(
            "SELECT count(*) FROM schedule WHERE organization = \(scope.organization)")
        guard count ?? 0 < limit else { return nil }
        let id = try connection.take(1, from: "schedule")
        try connection.run(
            """
            INSERT INTO schedule (id, organization, account, product, project, cron, request, run_at, created_at)
            VALUES (\(id), \(scope.organization), \(writing.account), \(scope.product), \(scope.project), \(cron),
                \(request), \(due), \(writing.time))
            """)
        try Change(.configuration, .schedule, .created, in: scope, after: [cron], on: connection).write(writing)
        return id
    }

    private static let columns: SQL =
        "s.id, s.organization, s.account, coalesce(a.email, ''), s.cron, s.request, s.run_at, s.job"

    /// The schedules of an organization, or of one of its accounts, in the order in which they were made.
    package static func list(
        _ organization: Int64, account: Int64?, on connection: any Connection
    ) throws -> [ScheduleRecord] {
        let owner: SQL = account.map { "AND s.account = \($0)" } ?? ""
        return try connection.all(
            """
            SELECT \(columns) FROM schedule s LEFT JOIN account a ON a.id = s.account
            WHERE s.organization = \(organization) \(owner) ORDER BY s.id
            """, ScheduleRecord.init(row:))
    }

    /// Deletes a schedule; false when the organization or the account has no schedule with this number.
    package static func remove(
        _ id: Int64, account: Int64?, _ writing: Writing
    ) throws -> Bool {
        let (scope, connection) = (writing.scope, writing.connection)
        let owner: SQL = account.map { "AND account = \($0)" } ?? ""
        let cron = try connection.first(
            "SELECT cron FROM schedule WHERE id = \(id) AND organization = \(scope.organization) \(owner)"
        ) { $0.string(0) }
        guard let cron else { return false }
        try connection.run("DELETE FROM schedule WHERE id = \(id)")
        try Change(.configuration, .schedule, .deleted, in: scope, before: [cron], on: connection).write(writing)
        return true
    }

    /// The schedules of all organizations with a number above `id`, in the order of their numbers, up to `limit`.
    package static func planned(after id: Int64, limit: Int, on connection: any Connection) throws -> [ScheduleRecord] {
        try connection.all(
            """
            SELECT \(columns) FROM schedule s LEFT JOIN account a ON a.id = s.account
            WHERE s.id > \(id) ORDER BY s.id LIMIT \(limit)
            """, ScheduleRecord.init(row:))
    }

    /// Schedules that are due, at most `limit`.
    package static func due(at time: Int64, limit: Int, on connection: any Connection) throws -> [ScheduleRecord] {
        try connection.all(
            """
            SELECT \(columns) FROM schedule s LEFT JOIN account a ON a.id = s.account
            WHERE s.run_at <= \(time) ORDER BY s.run_at LIMIT \(limit)
            """, ScheduleRecord.init(row:))
    }

    /// Moves a schedule to its next time, with the job that it now makes; false when another server did.
    package static func advance(
        _ schedule: ScheduleRecord, to due: Int64, job: String, on connection: any Connection
    ) throws -> Bool {
        try connection.run(
            """
            UPDATE schedule SET run_at = \(due), job = \(job)
            WHERE id = \(schedule.id) AND run_at = \(schedule.due)
            """) == 1
    }

    /// Removes the job of a schedule that was not made after all, in the transaction of `advance`.
    package static func forget(job: String, of schedule: ScheduleRecord, on connection: any Connection) throws {
        try connection.run("UPDATE schedule SET job = '' WHERE id = \(schedule.id) AND job = \(job)")
    }
}

extension ScheduleRecord {
    fileprivate init(row: borrowing RowBuffer) {
        self.init(
            id: row.integer(0), organization: row.integer(1), account: row.integer(2), email: row.string(3),
            cron: row.string(4), request: row.string(5), due: row.integer(6), job: row.string(7))
    }
}
