import Bytes
package import Database

// DESIGN. A job is a row. Claiming is one short transaction: it takes the oldest runnable job of the organization whose turn
// it is, counts the attempt, and sets the lease. Every later call of a worker (heartbeat, outcome) names its lease and the
// number of its claim, so a worker that lost its lease changes nothing (fencing). A report waits a bounded time for uploads
// of its scope that were accepted before it. An upload waits for earlier uploads of the same project.
//
// Order follows the numbers of rows, never clocks. A clock may be set back, and clocks of nodes differ. A future time that is
// farther away than the queue ever plans was written by another clock, and delays nothing (`isDue`, `rescue`).
//
// An attempt is counted at the claim and given back when the surroundings were at fault (`wait`). So the count consists
// of deaths of workers and of faults with an unknown cause. See QueueOutcomes and QueueTending.

/// The jobs of a database.
///
///     let job = try database.write { try queue.submit(newJob, on: $0) }
///     guard let claimed = try queue.claim(for: owner) else { return }  // PENDING -> IN_PROGRESS, with a lease
///     guard try queue.heartbeat(claimed, owner: owner, rows: 100) == .alive else { return }
///     try queue.succeed(claimed, owner: owner, artifact: artifact)
///
/// Any thread may use it, in any process on the same database, as long as the database is open. Times are milliseconds
/// since 1970. Calls with a connection are part of that connection's write; all others make their own writes, so a
/// write must not make them. Calls about a claimed job name its owner and its claim. Errors are `QueueError` and
/// `DatabaseError`. If the lease was lost, an outcome throws `QueueError.leaseLost` and changes nothing.
package struct Queue: Sendable {
    package struct Settings: Sendable {
        /// The milliseconds that a lease lasts without a heartbeat.
        package var lease: Int64 = 15_000
        /// The attempts after which a job fails permanently.
        package var attempts = 8
        /// The most milliseconds that a report waits for uploads.
        package var patience: Int64 = 600_000
        /// The most unfinished jobs of one organization.
        package var depth = 20_000
        /// The milliseconds for which artifacts and finished jobs are kept.
        package var retention: Int64 = 7 * TimeText.day

        package init() {}
    }

    package let database: any Database
    package let settings: Settings
    /// Milliseconds since 1970, UTC.
    package let now: @Sendable () -> Int64
    private let turns = Turns()
    private let looks: Looks
    private let room = Room()

    package init(database: any Database, settings: Settings = Settings(), now: @escaping @Sendable () -> Int64) {
        self.init(database: database, settings: settings, looks: Looks(), now: now)
    }

    init(database: any Database, settings: Settings, looks: Looks, now: @escaping @Sendable () -> Int64) {
        self.database = database
        self.settings = settings
        self.looks = looks
        self.now = now
    }

    // MARK: Submitting

    /// Queues a job as part of a transaction.
    ///
    /// - Parameter isLast: whether no statement follows in the transaction; see `Connection.lastCursor`.
    package func submit(_ job: NewJob, isLast: Bool = false, on connection: any Connection) throws -> Job {
        let hasRoom = try room.take(of: job.organization, limit: settings.depth, on: connection)
        guard hasRoom else { throw QueueError.full(limit: settings.depth) }
        turns.note(job.organization)
        return try insert(job, state: .pending, lease: nil, isLast: isLast, on: connection)
    }

    /// Queues work that no client requested; the limit of waiting jobs does not apply.
    package func submitOwn(_ job: NewJob, on connection: any Connection) throws -> Job {
        turns.note(job.organization)
        return try insert(job, state: .pending, lease: nil, on: connection)
    }

    /// Queues a job that the caller does at once, under its own lease. When the caller dies, a worker takes the job
    /// over.
    package func submit(_ job: NewJob, claimedBy owner: String, on connection: any Connection) throws -> Job {
        try insert(job, state: .inProgress, lease: owner, on: connection)
    }

    private func insert(
        _ job: NewJob, state: Job.State, lease: String?, isLast: Bool = false, on connection: any Connection
    ) throws -> Job {
        let time = now()
        let made = try connection.first(
            """
            INSERT INTO job (uuid, organization, account, kind, product, project, request, request_sha1, request_token,
                process_type, state, attempt, claims, run_at, lease_owner, lease_until, created_at, modified_at)
            VALUES (\(job.uuid), \(job.organization), \(job.account), \(job.kind.rawValue), \(job.product),
                \(job.project), \(job.request), \(job.requestSHA1), \(job.requestToken), \(job.processType),
                \(state.rawValue), \(lease == nil ? 0 : 1), \(lease == nil ? 0 : 1), \(time), \(lease ?? ""),
                \(lease == nil ? 0 : time + settings.lease), \(time), \(time))
            RETURNING \(Job.columns)
            """, isLast: isLast, Job.init(row:)
        ).checked(on: connection, isLast: isLast)
        guard let made else { throw QueueError.unreadable(uuid: job.uuid) }
        return made
    }

    // MARK: Working

    /// Takes the next job for a worker; nil when none may run now.
    package func claim(for owner: String) throws -> Job? {
        // SQLite keeps no former versions that a search would pass over.
        if database.engine == .sqlite { return try claim(for: owner, from: nil) }
        if let found = try looks.complete({ try claim(for: owner, from: nil) }) { return found }
        return try claim(for: owner, from: looks)
    }

    /// - Parameter start: where searches begin; nil for a complete one.
    private func claim(for owner: String, from start: Looks?) throws -> Job? {
        while true {
            // Listed before the write, which must be short. The list may be slightly outdated, which only affects
            // fairness.
            let list = try turns.next(at: now(), in: database, from: start)
            if list.organizations.isEmpty { return nil }
            let job = try claim(from: list, for: owner, start: start)
            if let job {
                looks.note(claim: job.id, of: job.organization)
                turns.passed(job.organization, of: list)
                return job
            }
            turns.forget()
            if list.isFresh { return nil }
        }
    }

    /// Takes this job, if it waits and is due, regardless of the turns of organizations.
    package func claim(uuid: String, for owner: String) throws -> Job? {
        let time = now()
        let condition: SQL = "uuid = \(uuid) AND \(Self.isDue("run_at", at: time))"
        return try database.writeUnflushed { connection in
            try take(condition, for: owner, at: time, isLast: true, on: connection)
        }
    }

    /// The condition that the time of a waiting job has come, by the clock of this process. No pause is longer than
    /// `longestPause`, so a time at least twice as far ahead comes from a clock that was set back since.
    static func isDue(_ column: SQL, at time: Int64) -> SQL {
        "(\(column) <= \(time) OR \(column) > \(time + 2 * longestPause))"
    }

    /// The number of a claim. A power cut of SQLite's machine ends the worker as well. PostgreSQL may forget a claim whose worker lives: then
    /// the next one gets another number, with a certainty of a million to one.
    private var nextClaim: SQL {
        switch database.engine {
        case .sqlite: "claims + 1"
        case .postgresql: "claims + \(Int64.random(in: 1...(1 << 20)))"
        }
    }

    private func take(
        _ condition: SQL, for owner: String, at time: Int64, isLast: Bool, on connection: any Connection
    ) throws -> Job? {
        try connection.first(
            """
            UPDATE job SET state = 'IN_PROGRESS', attempt = attempt + 1, claims = \(nextClaim), lease_owner = \(owner),
                lease_until = \(time + settings.lease), last_call = 0, modified_at = \(time), rows_done = 0
            WHERE \(condition) AND \(Self.isIn(.pending)) RETURNING \(Job.columns)
            """, isLast: isLast, Job.init(row:)
        ).checked(on: connection, isLast: isLast)
    }

    /// The condition of the oldest job of an organization that may run.
    private func oldest(of organization: Int64, from start: Int64, at time: Int64) -> SQL {
        let impatient = time - settings.patience
        return """
            id = (SELECT j.id FROM job j
                WHERE j.state = 'PENDING' AND j.organization = \(organization) AND j.id >= \(start)
                    AND \(Self.isDue("j.run_at", at: time))
                    AND (j.kind = 'REPORT' AND j.created_at < \(impatient)
                        OR NOT EXISTS (SELECT 1 FROM job i WHERE \(Self.ahead)))
                ORDER BY j.id LIMIT 1 \(database.engine.skippingLocked))
            """
    }

    private func claim(from list: Turns.List, for owner: String, start: Looks?) throws -> Job? {
        let time = now()
        @Sendable func take(of organization: Int64, isLast: Bool, on connection: any Connection) throws -> Job? {
            let next = oldest(of: organization, from: start?.start(of: organization) ?? 0, at: time)
            return try self.take(next, for: owner, at: time, isLast: isLast, on: connection)
        }
        guard let number = list.number else {
            for organization in list.organizations {
                let job = try database.writeUnflushed { try take(of: organization, isLast: true, on: $0) }
                if let job { return job }
            }
            return nil
        }
        return try database.writeUnflushed { connection -> Job? in
            for organization in list.organizations {
                guard let job = try take(of: organization, isLast: false, on: connection) else { continue }
                _ = try connection.integer(
                    """
                    INSERT INTO turn (organization, number) VALUES (\(organization), \(number))
                    ON CONFLICT (organization) DO UPDATE SET number = \(number) RETURNING 1
                    """, isLast: true)
                return job
            }
            return nil
        }
    }
}
