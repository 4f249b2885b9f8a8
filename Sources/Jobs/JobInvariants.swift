package import Database

extension Job {
    /// The broken invariants of the jobs that meet the condition, in words; empty when all hold.
    ///
    /// The invariants of states and leases. They hold after each transaction, even when workers die, and a debug build
    /// checks them whenever the queue changes a job.
    package static func faults(_ condition: SQL, on connection: any Connection) throws -> [String] {
        try connection.all(
            """
            SELECT id, state, CASE
                WHEN state NOT IN ('PENDING', 'IN_PROGRESS', 'SUCCESS', 'FAILED') THEN 'there is no such state'
                WHEN state = 'IN_PROGRESS' AND (lease_owner = '' OR lease_until = 0) THEN 'it runs without a lease'
                WHEN state <> 'IN_PROGRESS' AND lease_owner <> '' THEN 'it has a lease and does not run'
                WHEN state IN ('SUCCESS', 'FAILED') AND waiting_for <> '' THEN 'it ended and waits for something'
                WHEN state <> 'FAILED' AND given_up = 1 THEN 'it was given up and did not fail'
                WHEN state = 'IN_PROGRESS' AND attempt < 1 OR attempt < 0 THEN 'its attempts were counted wrongly'
                WHEN state = 'PENDING' AND cancelled = 1 THEN 'it was cancelled and would run again'
                WHEN state IN ('PENDING', 'IN_PROGRESS') AND finished_at <> 0 THEN 'it ended before its end'
                WHEN state IN ('SUCCESS', 'FAILED') AND finished_at = 0 THEN 'it ended at no time'
                WHEN state = 'FAILED' AND error = '' THEN 'it failed without a reason'
                WHEN state <> 'SUCCESS' AND (artifact <> '' OR result <> '') THEN 'it has a result without success'
                ELSE '' END
            FROM job WHERE \(condition)
            """
        ) { (id: $0.integer(0), state: $0.string(1), text: $0.string(2)) }
        .filter { !$0.text.isEmpty }.map { "job \($0.id) in state \($0.state): \($0.text)" }
    }

    /// In a debug build, ends the program when the job's row breaks an invariant. Called after a transaction changed the
    /// job.
    func checkInvariants(on connection: any Connection) throws {
        try Self.checkInvariants("id = \(id)", on: connection)
    }

    /// The same for the jobs that meet the condition.
    static func checkInvariants(_ condition: SQL, on connection: any Connection) throws {
        #if DEBUG
            let faults = try Self.faults(condition, on: connection)
            assert(faults.isEmpty, faults.joined(separator: "\n"))
        #endif
    }
}

extension Job? {
    /// The job, after a check of its invariants.
    ///
    /// - Parameter isLast: whether the statement was the last of its write, after which PostgreSQL cannot be asked.
    func checked(on connection: any Connection, isLast: Bool) throws -> Job? {
        if !isLast || connection.engine == .sqlite { try self?.checkInvariants(on: connection) }
        return self
    }
}
