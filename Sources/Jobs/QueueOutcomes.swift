package import Bytes
package import Database

// Outcomes and heartbeats of jobs that workers hold. Each statement names the claim, so a worker that lost its lease
// changes nothing.

extension Queue {
    /// The result of a heartbeat.
    package enum Pulse: Sendable {
        case alive
        case cancelled
        case lost
    }

    /// Renews a lease and stores the progress of the work.
    package func heartbeat(_ job: Job, owner: String, rows: Int64) throws -> Pulse {
        let time = now()
        return try database.writeUnflushed { connection in
            let cancelled = try connection.integer(
                """
                UPDATE job SET lease_until = \(time + settings.lease), last_call = 0, rows_done = \(rows),
                    modified_at = \(time)
                WHERE \(held(job, by: owner)) RETURNING cancelled
                """, isLast: true)
            return cancelled.map { $0 == 0 ? .alive : .cancelled } ?? .lost
        }
    }

    /// The condition on the state of a job, for statements that name the job by its number or uuid. PostgreSQL then looks it up by
    /// that. An index of the jobs in a state looks smaller, so a plain condition makes the server read all of it; while a snapshot is
    /// held somewhere, it has an entry of every job that was in the state since.
    static func isIn(_ state: Job.State) -> SQL { "(state = \(state.rawValue)) IS TRUE" }

    /// The condition that a worker still holds the job that it claimed.
    func held(_ job: Job, by owner: String) -> SQL {
        "id = \(job.id) AND \(Self.isIn(.inProgress)) AND lease_owner = \(owner) AND claims = \(job.claims)"
    }

    /// The columns that every end of a lease sets, except a wait.
    private static let free: SQL = "lease_owner = '', waiting_for = '', waiting_since = 0"

    /// Marks a report as done; the row of its artifact is inserted in the same transaction. Throws `QueueError.leaseLost`
    /// when another worker has the job by now.
    package func succeed(_ job: Job, owner: String, artifact: Artifact) throws {
        let time = now()
        let end = time + settings.retention
        try database.write { connection in
            try succeed(job, owner: owner, artifact: artifact, at: time, on: connection)
            _ = try connection.integer(
                """
                INSERT INTO artifact (uuid, organization, cache_key, file_name, size, sha1, sha256, parts,
                    rows_written, notes, created_at, expires_at)
                VALUES (\(artifact.uuid), \(artifact.organization), \(artifact.cacheKey), \(artifact.fileName),
                    \(artifact.size), \(artifact.sha1), \(artifact.sha256), \(artifact.parts), \(artifact.rows),
                    \(artifact.notes.joined(separator: "\n")), \(time), \(end)) RETURNING 1
                """, isLast: true)
        }
    }

    /// Marks a report as done with an existing artifact, and extends the artifact's life. Throws `QueueError.leaseLost`
    /// with the artifact's uuid if the artifact was deleted, or with the job's uuid if another worker has the job.
    package func succeed(_ job: Job, owner: String, sharing artifact: Artifact) throws {
        let time = now()
        let end = time + settings.retention
        // Once a minute is enough; otherwise many jobs at once would wait for each other at this row.
        let enough = end - min(60_000, settings.retention / 2)
        // One statement where nothing else is to do, as usual.
        let isDone = try database.write { connection in
            try connection.integer(
                """
                \(success(of: job, artifact, at: time)) WHERE \(held(job, by: owner))
                    AND EXISTS (SELECT 1 FROM artifact a WHERE a.uuid = \(artifact.uuid) AND a.expires_at >= \(enough))
                    AND NOT (\(Self.isAwaited(in: job.organization))) RETURNING 1
                """, isLast: true)
        }
        if isDone != nil { return }
        try database.write { connection in
            try succeed(job, owner: owner, artifact: artifact, at: time, on: connection)
            let lasts = try connection.integer(
                "SELECT 1 FROM artifact WHERE uuid = \(artifact.uuid) AND expires_at >= \(enough)")
            if lasts != nil { return }
            let prolonged = try connection.run("UPDATE artifact SET expires_at = \(end) WHERE uuid = \(artifact.uuid)")
            guard prolonged == 1 else { throw QueueError.leaseLost(uuid: artifact.uuid) }
        }
    }

    /// The statement that marks a job with its artifact, without its condition.
    private func success(of job: Job, _ artifact: Artifact, at time: Int64) -> SQL {
        """
        UPDATE job SET state = 'SUCCESS', artifact = \(artifact.uuid), rows_done = \(artifact.rows),
            error = '', \(Self.free), modified_at = \(time), finished_at = \(time)
        """
    }

    /// The condition that somebody wants to hear of the ends of jobs.
    private static func isAwaited(in organization: Int64) -> SQL {
        """
        EXISTS (SELECT 1 FROM webhook w WHERE w.organization = \(organization))
        OR EXISTS (SELECT 1 FROM subscription n WHERE n.organization = \(organization))
        """
    }

    /// Marks a job with its artifact and announces the end. Throws `QueueError.leaseLost` when it is not held.
    private func succeed(
        _ job: Job, owner: String, artifact: Artifact, at time: Int64, on connection: any Connection
    ) throws {
        let isAwaited = try connection.integer(
            """
            \(success(of: job, artifact, at: time)) WHERE \(held(job, by: owner))
            RETURNING CASE WHEN \(Self.isAwaited(in: job.organization)) THEN 1 ELSE 0 END
            """)
        guard let isAwaited else { throw QueueError.leaseLost(uuid: job.uuid) }
        if isAwaited == 1 { try Webhooks.announce(job: job.id, at: time, on: connection) }
        try job.checkInvariants(on: connection)
    }

    /// Marks a job without an artifact as done, in the transaction that publishes its result.
    ///
    /// - Parameters:
    ///   - result: the result, as JSON.
    ///   - rows: the number of processed rows.
    package func succeed(
        _ job: Job, owner: String, result: String, rows: Int = 0, on connection: any Connection
    ) throws {
        let time = now()
        let rows = try connection.run(
            """
            UPDATE job SET state = 'SUCCESS', result = \(result), rows_done = \(rows), error = '', \(Self.free),
                modified_at = \(time), finished_at = \(time)
            WHERE \(held(job, by: owner))
            """)
        guard rows == 1 else { throw QueueError.leaseLost(uuid: job.uuid) }
        try job.checkInvariants(on: connection)
    }

    /// Ends a job whose work cannot be done, for a permanent reason.
    package func fail(_ job: Job, owner: String, why: String) throws {
        try fail(job, owner: owner, why: why, isGivenUp: false)
    }

    private func fail(_ job: Job, owner: String, why: String, isGivenUp: Bool) throws {
        let time = now()
        try database.write { connection in
            _ = try connection.run(
                """
                UPDATE job SET state = 'FAILED', error = \(why), given_up = \(isGivenUp ? 1 : 0), \(Self.free),
                    modified_at = \(time), finished_at = \(time)
                WHERE \(held(job, by: owner))
                """)
            try Webhooks.announce(job: job.id, at: time, on: connection)
            try job.checkInvariants(on: connection)
        }
    }

    /// Requeues a job after the death of its worker or a fault with an unknown cause. It costs an attempt. After the last
    /// attempt, or when the job was cancelled, the job fails. Its upload stays.
    ///
    /// - Parameter why: the reason, for the requester.
    package func retry(_ job: Job, owner: String, why: String) throws {
        if job.attempt >= settings.attempts, !job.isCancelled {
            let kept = job.kind == .intake ? "; what was uploaded is kept" : ""
            let text = "given up after \(job.attempt) attempts: \(why)\(kept), and the operator can have it tried again"
            return try fail(job, owner: owner, why: text, isGivenUp: true)
        }
        let time = now()
        try database.write { connection in
            try endCancelled(job, owner: owner, at: time, on: connection)
            _ = try connection.run(
                """
                UPDATE job SET state = 'PENDING', error = \(why), \(Self.free), modified_at = \(time),
                    run_at = \(time + Self.pause(after: job.attempt))
                WHERE \(held(job, by: owner))
                """)
            try job.checkInvariants(on: connection)
        }
    }

    /// Requeues a job because a resource is missing; it runs later and loses no attempt, however long the outage lasts.
    ///
    /// - Parameter why: the reason, for the operator.
    package func wait(_ job: Job, owner: String, for outage: Outage, why: String) throws {
        let time = now()
        let since = job.waitingFor == nil ? time : job.waitingSince
        try database.write { connection in
            try endCancelled(job, owner: owner, at: time, on: connection)
            _ = try connection.run(
                """
                UPDATE job SET state = 'PENDING', attempt = attempt - 1, error = \(why), lease_owner = '',
                    waiting_for = \(outage.rawValue), waiting_since = \(since), modified_at = \(time),
                    run_at = \(time + Self.pause(waited: time - since, job: job.id))
                WHERE \(held(job, by: owner))
                """)
            try job.checkInvariants(on: connection)
        }
    }

    /// Requeues a job because its worker stops; it costs no attempt. A cancelled job fails instead.
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
            try job.checkInvariants(on: connection)
        }
    }

    /// Ends a held job that was cancelled and would otherwise start again.
    private func endCancelled(_ job: Job, owner: String, at time: Int64, on connection: any Connection) throws {
        try connection.run(
            """
            UPDATE job SET state = 'FAILED', error = \(QueueError.cancelled.description), \(Self.free),
                modified_at = \(time), finished_at = \(time)
            WHERE \(held(job, by: owner)) AND cancelled = 1
            """)
        try Webhooks.announce(job: job.id, at: time, on: connection)
    }

    /// The most milliseconds before a job is tried again.
    static let longestPause: Int64 = 60_000

    /// The milliseconds until the next attempt: half a second, doubled each time, at most a minute.
    static func pause(after attempt: Int) -> Int64 { min(longestPause, 250 << Int64(min(attempt, 16))) }

    /// The milliseconds until the surroundings are tried again: as long as the job has waited already, which doubles the
    /// wait each time, from a second to a minute. Reduced by up to a quarter, by the job's number, so that jobs that stopped
    /// together do not all return together.
    static func pause(waited: Int64, job: Int64) -> Int64 {
        let pause = min(longestPause, max(1_000, waited))
        // Fibonacci hashing, which spreads neighbours far apart. The number has 16 bits.
        let spread = Int64((UInt64(truncatingIfNeeded: job) &* 0x9E37_79B9_7F4A_7C15) >> 48)
        return pause - pause * spread / (4 << 16)
    }
}
