package import Database

// Maintenance of the queue in addition to its workers: jobs of dead workers, cancellations, repetitions, old jobs.

extension Queue {
    /// The milliseconds in which a worker whose lease ran out can still renew it; longer than its pulse.
    var lastCall: Int64 { settings.lease / 2 }

    /// Requeues the jobs of dead workers and returns them.
    ///
    /// An owner that has ended according to `isDead` counts as dead at once. Any other owner may be alive but unable to
    /// write, because the database or its disk is full or unreachable. So an expired lease is first extended once, which
    /// proves that the database accepts writes. An owner that is still silent afterwards counts as dead. A lease that ends
    /// later than any given now is from before a clock was set back. It is shortened to a usual one, so that a death is
    /// noticed.
    package func rescue(isDead: @escaping @Sendable (String) -> Bool) throws -> [Job] {
        let time = now()
        let held = try database.read { connection in
            try connection.all(
                "SELECT \(Job.columns), lease_owner, lease_until, last_call FROM job WHERE state = 'IN_PROGRESS'"
            ) {
                let end = Job.width
                return (
                    job: try Job(row: $0), owner: $0.string(end), until: $0.integer(end + 1),
                    isLast: $0.boolean(end + 2)
                )
            }
        }
        var rescued: [Job] = []
        for (job, owner, until, isLast) in held {
            if isDead(owner) || until < time && isLast {
                try retry(job, owner: owner, why: "the worker died or was cut off")
                rescued.append(job)
            } else if until < time || until > time + 2 * settings.lease {
                let (end, isLast) = until < time ? (time + lastCall, true) : (time + settings.lease, false)
                try database.write { connection in
                    _ = try connection.run(
                        """
                        UPDATE job SET lease_until = \(end), last_call = \(isLast)
                        WHERE \(self.held(job, by: owner)) AND lease_until = \(until)
                        """)
                }
            }
        }
        return rescued
    }

    /// Cancels a job. A waiting job fails at once, a running job at its next heartbeat. False when the job was
    /// already finished.
    package func cancel(_ job: Job) async throws -> Bool {
        let time = now()
        return try await database.write { connection in
            let waiting = try connection.run(
                """
                UPDATE job SET state = 'FAILED', cancelled = 1, error = \(QueueError.cancelled.description),
                    waiting_for = '', waiting_since = 0, modified_at = \(time), finished_at = \(time)
                WHERE id = \(job.id) AND \(Self.isIn(.pending))
                """)
            try Webhooks.announce(job: job.id, at: time, on: connection)
            let running = try connection.run(
                """
                UPDATE job SET cancelled = 1, modified_at = \(time)
                WHERE id = \(job.id) AND \(Self.isIn(.inProgress))
                """)
            try job.checkInvariants(on: connection)
            return waiting + running > 0
        }
    }

    /// Deletes expired finished jobs without an artifact.
    package func forgetFinishedJobs() throws {
        let before = now() - settings.retention
        try database.write { connection in
            _ = try connection.run(
                """
                DELETE FROM job WHERE state IN ('SUCCESS', 'FAILED') AND artifact = '' AND finished_at < \(before)
                """)
        }
    }

    // MARK: Trying again

    /// The outcome of a request to run a failed job again.
    package enum Rerun: String, Sendable {
        /// It was FAILED and now waits for a worker.
        case restarted
        /// It already waits or runs.
        case unfinished
        /// It is already done.
        case done
    }

    /// Requeues a failed job with all its attempts and its old number, so jobs that were accepted after it still follow
    /// it. Repeating the call changes nothing. Nil for an unknown job.
    package func rerun(uuid: String, on connection: any Connection) throws -> Rerun? {
        let time = now()
        let restarted = try connection.run(
            """
            UPDATE job SET state = 'PENDING', attempt = 0, error = '', given_up = 0, cancelled = 0, run_at = \(time),
                finished_at = 0, rows_done = 0, modified_at = \(time)
            WHERE uuid = \(uuid) AND \(Self.isIn(.failed))
            """)
        if restarted == 1 {
            try AgentRequests.reopen(job: uuid, on: connection)
            try Job.checkInvariants("uuid = \(uuid)", on: connection)
            return .restarted
        }
        let state = try connection.first("SELECT state FROM job WHERE uuid = \(uuid)") { $0.string(0) }
        return state.map { Job.State(rawValue: $0) == .success ? .done : .unfinished }
    }

    /// The jobs that failed because all attempts were used up, the oldest first.
    package func givenUp(limit: Int, on connection: any Connection) throws -> [Job] {
        try connection.all(
            "SELECT \(Job.columns) FROM job WHERE given_up = 1 ORDER BY id LIMIT \(limit)", Job.init(row:))
    }
}
