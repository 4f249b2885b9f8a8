package import Database

// DESIGN. A job is a row. Claiming is one short transaction: take the oldest job that may run of the organization whose turn
// it is, count the attempt, set the lease. Everything a worker says later (heartbeat, outcome) names its lease and
// the attempt; a worker that lost its lease changes nothing (fencing). A report waits for uploads of its scope that were
// accepted before it, a bounded time; an upload waits for the uploads before it of the same project.

/// The jobs of a database.
package struct Queue: Sendable {
    package struct Settings: Sendable {
        /// Milliseconds that a lease lasts without a heartbeat.
        package var lease: Int64 = 15_000
        /// Attempts, after which a job fails for good.
        package var attempts = 8
        /// Milliseconds since a job's submission in which an outage of what it stands on costs no attempt.
        package var endurance: Int64 = 86_400_000
        /// Milliseconds that a report waits at most for uploads.
        package var patience: Int64 = 600_000
        /// Unfinished jobs of one organization.
        package var depth = 20_000
        /// Milliseconds that artifacts and finished jobs are kept.
        package var retention: Int64 = 7 * 86_400_000

        package init() {}
    }

    package let database: any Database
    package let settings: Settings
    /// Milliseconds since 1970, UTC.
    package let now: @Sendable () -> Int64

    package init(database: any Database, settings: Settings = Settings(), now: @escaping @Sendable () -> Int64) {
        self.database = database
        self.settings = settings
        self.now = now
    }

    // MARK: Submitting

    /// Puts a job into the queue, as part of a transaction.
    package func submit(_ job: NewJob, on connection: any Connection) throws -> Job {
        let last = settings.depth - 1
        // Counted only when the numbers of what waits are far enough apart: a look at both ends of an index.
        let hasRoom: SQL = """
            WHERE coalesce(CASE WHEN
                    (SELECT max(id) FROM job WHERE organization = \(job.organization) AND state = 'PENDING')
                    - (SELECT min(id) FROM job WHERE organization = \(job.organization) AND state = 'PENDING') >= \(last)
                THEN (SELECT 1 FROM job WHERE organization = \(job.organization) AND state = 'PENDING'
                    ORDER BY id LIMIT 1 OFFSET \(last)) END, 0) = 0
            """
        let made = try insert(job, state: .pending, lease: nil, provided: hasRoom, on: connection)
        guard let made else { throw QueueError.full(limit: settings.depth) }
        return made
    }

    /// Puts work into the queue that nobody asked for: the limit of waiting jobs is not for it.
    package func submitOwn(_ job: NewJob, on connection: any Connection) throws -> Job {
        try made(job, try insert(job, state: .pending, lease: nil, on: connection))
    }

    /// Puts a job into the queue that the caller does at once, under its own lease. When the caller dies, a worker
    /// takes the job over.
    package func submit(_ job: NewJob, claimedBy owner: String, on connection: any Connection) throws -> Job {
        try made(job, try insert(job, state: .inProgress, lease: owner, on: connection))
    }

    private func made(_ job: NewJob, _ found: Job?) throws -> Job {
        guard let found else { throw QueueError.unreadable(uuid: job.uuid) }
        return found
    }

    /// Inserts a job; nil when a condition says no.
    private func insert(
        _ job: NewJob, state: Job.State, lease: String?, provided condition: SQL = "", on connection: any Connection
    ) throws -> Job? {
        let time = now()
        return try connection.first(
            """
            INSERT INTO job (uuid, organization, account, kind, product, project, request, request_sha1, request_token,
                process_type, state, attempt, run_at, lease_owner, lease_until, created_at, modified_at)
            SELECT \(job.uuid), \(job.organization), \(job.account), \(job.kind.rawValue), \(job.product),
                \(job.project), \(job.request), \(job.requestSHA1), \(job.requestToken), \(job.processType),
                \(state.rawValue), \(lease == nil ? 0 : 1), \(time), \(lease ?? ""),
                \(lease == nil ? 0 : time + settings.lease), \(time), \(time)
            \(condition)
            RETURNING \(Job.columns)
            """, Job.init(row:))
    }

    // MARK: Working

    /// Takes the next job for a worker, or nil when none may run now.
    package func claim(for owner: String) throws -> Job? {
        // Read before, as the write shall be short; that they are a moment old matters to fairness alone.
        let tenants = try database.read { try Self.tenants(on: $0) }
        if tenants.isEmpty { return nil }
        // A power cut that undoes a claim ends the worker, too: the job is as it was before.
        return try database.writeUnflushed { connection in
            try claim(ofOneOf: tenants, for: owner, on: connection)
        }
    }

    /// Takes this job, if it waits and its time has come, whoever's turn it is.
    package func claim(uuid: String, for owner: String) throws -> Job? {
        let time = now()
        return try database.writeUnflushed { connection in
            try take("uuid = \(uuid) AND run_at <= \(time)", for: owner, at: time, on: connection)
        }
    }

    private func take(
        _ condition: SQL, for owner: String, at time: Int64, on connection: any Connection
    ) throws -> Job? {
        try connection.first(
            """
            UPDATE job SET state = 'IN_PROGRESS', attempt = attempt + 1, lease_owner = \(owner),
                lease_until = \(time + settings.lease), modified_at = \(time), rows_done = 0
            WHERE \(condition) AND state = 'PENDING' RETURNING \(Job.columns)
            """, Job.init(row:))
    }

    /// An organization with waiting jobs, and the number of its last turn.
    private struct Tenant {
        let organization: Int64
        let turn: Int64
    }

    /// Organizations that wait, found by skipping from one to the next in the index: those with the fewest running jobs
    /// first, then those whose last turn is longest ago.
    private static func tenants(on connection: any Connection) throws -> [Tenant] {
        let waiting = try connection.all(
            """
            WITH RECURSIVE tenant (organization) AS (
                SELECT min(organization) FROM job WHERE state = 'PENDING'
                UNION ALL
                SELECT (SELECT min(j.organization) FROM job j
                        WHERE j.state = 'PENDING' AND j.organization > tenant.organization)
                FROM tenant WHERE tenant.organization IS NOT NULL)
            SELECT t.organization, coalesce(u.number, 0)
            FROM tenant t LEFT JOIN turn u ON u.organization = t.organization WHERE t.organization IS NOT NULL
            """
        ) { Tenant(organization: $0.integer(0), turn: $0.integer(1)) }
        guard waiting.count > 1 else { return waiting }
        var running: [Int64: Int64] = [:]
        try connection.each(
            "SELECT organization, count(*) FROM job WHERE state = 'IN_PROGRESS' GROUP BY organization"
        ) { running[$0.integer(0)] = $0.integer(1) }
        func rank(_ tenant: Tenant) -> (Int64, Int64, Int64) {
            (running[tenant.organization] ?? 0, tenant.turn, tenant.organization)
        }
        return waiting.sorted { rank($0) < rank($1) }
    }

    private func claim(
        ofOneOf tenants: [Tenant], for owner: String, on connection: any Connection
    ) throws -> Job? {
        let time = now()
        let impatient = time - settings.patience
        for tenant in tenants {
            let next: SQL = """
                id = (SELECT j.id FROM job j
                    WHERE j.state = 'PENDING' AND j.organization = \(tenant.organization) AND j.run_at <= \(time)
                        AND (j.kind = 'REPORT' AND j.created_at < \(impatient)
                            OR NOT EXISTS (SELECT 1 FROM job i WHERE \(Self.ahead)))
                    ORDER BY j.id LIMIT 1 \(connection.engine.skippingLocked))
                """
            guard let job = try take(next, for: owner, at: time, on: connection) else { continue }
            // Who is alone has no turns to keep.
            if tenants.count > 1, let last = tenants.map(\.turn).max() {
                try connection.run(
                    """
                    INSERT INTO turn (organization, number) VALUES (\(tenant.organization), \(last + 1))
                    ON CONFLICT (organization) DO UPDATE SET number = \(last + 1)
                    """)
            }
            return job
        }
        return nil
    }

    /// What a heartbeat finds.
    package enum Pulse: Sendable {
        case alive
        case cancelled
        case lost
    }

    /// Renews a lease and tells how far the work is.
    package func heartbeat(_ job: Job, owner: String, rows: Int64) throws -> Pulse {
        let time = now()
        return try database.writeUnflushed { connection in
            let cancelled = try connection.integer(
                """
                UPDATE job SET lease_until = \(time + settings.lease), rows_done = \(rows), modified_at = \(time)
                WHERE \(held(job, by: owner)) RETURNING cancelled
                """)
            return cancelled.map { $0 == 0 ? .alive : .cancelled } ?? .lost
        }
    }

    /// The condition that a worker still holds what it claimed.
    private func held(_ job: Job, by owner: String) -> SQL {
        "id = \(job.id) AND state = 'IN_PROGRESS' AND lease_owner = \(owner) AND attempt = \(job.attempt)"
    }

    /// Marks a report as made; its artifact's row appears in the same transaction.
    ///
    /// With `isNew` false the artifact is one that exists, whose life is prolonged.
    package func succeed(_ job: Job, owner: String, artifact: Artifact, isNew: Bool) throws {
        let time = now()
        let end = time + settings.retention
        // Once a minute is enough: many jobs at once would wait for each other at this row.
        let enough = end - min(60_000, settings.retention / 2)
        try database.write { connection in
            func succeed(if condition: SQL) throws -> Bool {
                let told = try connection.integer(
                    """
                    UPDATE job SET state = 'SUCCESS', artifact = \(artifact.uuid), rows_done = \(artifact.rows),
                        error = '', lease_owner = '', modified_at = \(time), finished_at = \(time)
                    WHERE \(held(job, by: owner)) \(condition)
                    RETURNING CASE WHEN EXISTS (SELECT 1 FROM webhook w WHERE w.organization = \(job.organization))
                        THEN 1 ELSE 0 END
                    """)
                if told == 1 { try Webhooks.announce(job: job.id, at: time, on: connection) }
                return told != nil
            }
            if isNew {
                try connection.run(
                    """
                    INSERT INTO artifact (uuid, organization, cache_key, file_name, size, sha1, sha256, parts,
                        rows_written, notes, created_at, expires_at)
                    VALUES (\(artifact.uuid), \(artifact.organization), \(artifact.cacheKey), \(artifact.fileName),
                        \(artifact.size), \(artifact.sha1), \(artifact.sha256), \(artifact.parts), \(artifact.rows),
                        \(artifact.notes.joined(separator: "\n")), \(time), \(end))
                    """)
            } else {
                let lasts: SQL = """
                    AND EXISTS (SELECT 1 FROM artifact a WHERE a.uuid = \(artifact.uuid) AND a.expires_at >= \(enough))
                    """
                if try succeed(if: lasts) { return }
                let prolonged = try connection.run(
                    "UPDATE artifact SET expires_at = \(end) WHERE uuid = \(artifact.uuid)")
                guard prolonged == 1 else { throw QueueError.leaseLost(uuid: artifact.uuid) }
            }
            guard try succeed(if: "") else { throw QueueError.leaseLost(uuid: job.uuid) }
        }
    }

    /// Marks a job as done that leaves no artifact, inside the transaction that publishes what it brought.
    ///
    /// - Parameters:
    ///   - result: what it brought, as JSON.
    ///   - rows: how much it has done.
    package func succeed(
        _ job: Job, owner: String, result: String, rows: Int = 0, on connection: any Connection
    ) throws {
        let time = now()
        let rows = try connection.run(
            """
            UPDATE job SET state = 'SUCCESS', result = \(result), rows_done = \(rows), error = '', lease_owner = '', modified_at = \(time),
                finished_at = \(time)
            WHERE \(held(job, by: owner))
            """)
        guard rows == 1 else { throw QueueError.leaseLost(uuid: job.uuid) }
    }

    /// Ends a job whose work cannot be done, for a reason that will not pass.
    package func fail(_ job: Job, owner: String, why: String) throws {
        let time = now()
        try database.write { connection in
            _ = try connection.run(
                """
                UPDATE job SET state = 'FAILED', error = \(why), lease_owner = '', modified_at = \(time),
                    finished_at = \(time)
                WHERE \(held(job, by: owner))
                """)
            try Webhooks.announce(job: job.id, at: time, on: connection)
        }
    }

    /// Puts a job back after a fault that may pass; it fails for good when its attempts are used up or it was cancelled.
    package func retry(_ job: Job, owner: String, why: String) throws {
        if job.attempt >= settings.attempts {
            try fail(job, owner: owner, why: "given up after \(job.attempt) attempts: \(why)")
            return
        }
        let time = now()
        try database.write { connection in
            try endCancelled(job, owner: owner, at: time, on: connection)
            _ = try connection.run(
                """
                UPDATE job SET state = 'PENDING', error = \(why), lease_owner = '', modified_at = \(time),
                    run_at = \(time + Self.pause(after: job.attempt))
                WHERE \(held(job, by: owner))
                """)
        }
    }

    /// Puts a job back because what it stands on is away: later, and at no cost of an attempt, as an outage would use up all
    /// of them in a minute. A job that is older than `endurance` is retried like any other.
    package func postpone(_ job: Job, owner: String, why: String) throws {
        let time = now()
        guard time - job.created < settings.endurance else { return try retry(job, owner: owner, why: why) }
        // The older the job, the longer the pause: it grows by a quarter each time, and needs no count of its own.
        let pause = min(60_000, max(1_000, (time - job.created) / 4))
        try database.write { connection in
            _ = try connection.run(
                """
                UPDATE job SET state = 'PENDING', attempt = attempt - 1, error = \(why), lease_owner = '',
                    run_at = \(time + pause), modified_at = \(time)
                WHERE \(held(job, by: owner))
                """)
        }
    }

    /// Puts a job back because its worker stops; costs no attempt. A cancelled one fails instead.
    package func giveBack(_ job: Job, owner: String) throws {
        let time = now()
        try database.write { connection in
            try endCancelled(job, owner: owner, at: time, on: connection)
            _ = try connection.run(
                """
                UPDATE job SET state = 'PENDING', attempt = attempt - 1, lease_owner = '', run_at = \(time),
                    modified_at = \(time)
                WHERE \(held(job, by: owner))
                """)
        }
    }

    /// Ends a held job whose end was asked for; it would begin again otherwise.
    private func endCancelled(_ job: Job, owner: String, at time: Int64, on connection: any Connection) throws {
        try connection.run(
            """
            UPDATE job SET state = 'FAILED', error = \(QueueError.cancelled.description), lease_owner = '',
                modified_at = \(time), finished_at = \(time)
            WHERE \(held(job, by: owner)) AND cancelled = 1
            """)
        try Webhooks.announce(job: job.id, at: time, on: connection)
    }

    /// Milliseconds until the next attempt: half a second, doubled each time, at most a minute.
    static func pause(after attempt: Int) -> Int64 { min(60_000, 250 << Int64(min(attempt, 16))) }

    // MARK: Tending

    /// Puts back the jobs whose lease ran out, and those of owners that `isDead` knows to be gone. Returns how many.
    package func rescue(isDead: @escaping @Sendable (String) -> Bool) throws -> Int {
        let time = now()
        let lost = try database.read { connection in
            try connection.all("SELECT \(Job.columns), lease_owner, lease_until FROM job WHERE state = 'IN_PROGRESS'") {
                (job: try Job(row: $0), owner: $0.string(20), until: $0.integer(21))
            }.filter { $0.until < time || isDead($0.owner) }
        }
        for (job, owner, _) in lost { try retry(job, owner: owner, why: "the worker \(owner) died or was cut off") }
        return lost.count
    }

    /// Asks for the end of a job. A waiting one fails at once, a running one at its next heartbeat. False when it was
    /// finished already.
    package func cancel(_ job: Job) async throws -> Bool {
        let time = now()
        return try await database.write { connection in
            let waiting = try connection.run(
                """
                UPDATE job SET state = 'FAILED', cancelled = 1, error = \(QueueError.cancelled.description),
                    modified_at = \(time), finished_at = \(time)
                WHERE id = \(job.id) AND state = 'PENDING'
                """)
            try Webhooks.announce(job: job.id, at: time, on: connection)
            let running = try connection.run(
                "UPDATE job SET cancelled = 1, modified_at = \(time) WHERE id = \(job.id) AND state = 'IN_PROGRESS'")
            return waiting + running > 0
        }
    }

    /// Forgets finished jobs without an artifact whose time is over.
    package func forgetFinishedJobs() throws {
        let before = now() - settings.retention
        try database.write { connection in
            _ = try connection.run(
                """
                DELETE FROM job WHERE state IN ('SUCCESS', 'FAILED') AND artifact = '' AND finished_at < \(before)
                """)
        }
    }
}
