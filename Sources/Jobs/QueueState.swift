package import Bytes
package import Database

// Queries of the queue: polls, lists, counters. No function here changes a row.

extension Queue {
    /// A job in the form of a poll.
    package struct Poll: Sendable {
        package let job: Job
        /// The number of uploads that it waits for.
        package let uploadsAhead: Int
        /// Notes about cells that were cut to fit the format.
        package let notes: [String]

        /// The columns of `job j` in the order of `init(row:)`.
        static let columns: SQL = """
            \(Job.columns),
            CASE WHEN state = 'PENDING' THEN (SELECT count(*) FROM job i WHERE \(Queue.ahead)) ELSE 0 END,
            CASE WHEN artifact <> '' THEN
                (SELECT a.notes FROM artifact a WHERE a.uuid = j.artifact AND a.organization = j.organization) END
            """

        init(row: borrowing RowBuffer) throws {
            job = try Job(row: row)
            uploadsAhead = Int(row.integer(Job.width))
            notes = Artifact.notes(row.string(Job.width + 1))
        }
    }

    /// Like `find`, with the facts of a poll, in one query.
    package func standing(uuid: String, organization: Int64, on connection: any Connection) throws -> Poll? {
        try connection.first(
            "SELECT \(Poll.columns) FROM job j WHERE uuid = \(uuid) AND organization = \(organization)",
            Poll.init(row:))
    }

    /// The job with this uuid, if it belongs to the organization.
    package func find(uuid: String, organization: Int64, on connection: any Connection) throws -> Job? {
        try connection.first(
            "SELECT \(Job.columns) FROM job WHERE uuid = \(uuid) AND organization = \(organization)",
            Job.init(row:))
    }

    /// The job with this uuid in any organization; for the operator, who may see everything.
    package func find(uuid: String, on connection: any Connection) throws -> Job? {
        try connection.first("SELECT \(Job.columns) FROM job WHERE uuid = \(uuid)", Job.init(row:))
    }

    /// The unfinished jobs of one kind in an organization.
    package func unfinished(
        _ kind: Job.Kind, organization: Int64, on connection: any Connection
    ) throws -> [Job] {
        // Each index covers one state.
        try ["state = 'PENDING'", "state = 'IN_PROGRESS'"].flatMap { (state: SQL) in
            try connection.all(
                """
                SELECT \(Job.columns) FROM job WHERE \(state) AND organization = \(organization)
                    AND kind = \(kind.rawValue) ORDER BY id
                """, Job.init(row:))
        }
    }

    /// The unfinished jobs of an organization in the form of polls, the oldest first.
    ///
    /// - Parameter condition: of columns of `job`.
    package func unfinished(
        organization: Int64, where condition: SQL = "1 = 1", limit: Int, on connection: any Connection
    ) throws -> [Poll] {
        // One query for each state, because each state has an index, and a query for both would read all jobs.
        let found = try ["state = 'PENDING'", "state = 'IN_PROGRESS'"].flatMap { (state: SQL) in
            try connection.all(
                """
                SELECT \(Poll.columns) FROM job j
                WHERE organization = \(organization) AND \(state) AND \(condition) ORDER BY id LIMIT \(limit)
                """, Poll.init(row:))
        }
        return Array(found.sorted { $0.job.id < $1.job.id }.prefix(limit))
    }

    /// The organization whose rows hold the jobs for all organizations: the oldest one; nil without any.
    package func host(on connection: any Connection) throws -> Int64? {
        try connection.integer("SELECT min(id) FROM organization")
    }

    /// The unfinished updates of sources in the form of polls; they belong to all organizations.
    package func unfinishedUpdates(on connection: any Connection) throws -> [Poll] {
        guard let host = try host(on: connection) else { return [] }
        return try connection.all(
            """
            SELECT \(Poll.columns) FROM job j
            WHERE organization = \(host) AND kind = 'UPDATE' AND state IN ('PENDING', 'IN_PROGRESS') ORDER BY id
            """, Poll.init(row:))
    }

    /// The finished reports of an organization, the last first.
    ///
    /// - Parameter condition: of columns of `job`.
    package func finishedReports(
        organization: Int64, where condition: SQL = "1 = 1", limit: Int, on connection: any Connection
    ) throws -> [Poll] {
        try connection.all(
            """
            SELECT \(Poll.columns) FROM job j
            WHERE organization = \(organization) AND kind = 'REPORT' AND state IN ('SUCCESS', 'FAILED') AND \(condition)
            ORDER BY finished_at DESC, id DESC LIMIT \(limit)
            """, Poll.init(row:))
    }

    /// The imports of an organization that ended after a time, the last first.
    ///
    /// - Parameter time: milliseconds since 1970, UTC. It reads the jobs of all organizations that ended after the
    ///   time.
    package func finishedImports(
        organization: Int64, since time: Int64, limit: Int, on connection: any Connection
    ) throws -> [Poll] {
        try connection.all(
            """
            SELECT \(Poll.columns) FROM job j
            WHERE finished_at > \(time) AND state IN ('SUCCESS', 'FAILED') AND kind = 'INTAKE'
                AND organization = \(organization)
            ORDER BY finished_at DESC, id DESC LIMIT \(limit)
            """, Poll.init(row:))
    }

    /// The uploads of an organization, including failed ones, the newest first.
    ///
    /// - Parameter condition: a condition on columns of `job`.
    package func uploads(
        organization: Int64, where condition: SQL, limit: Int, on connection: any Connection
    ) throws -> [Job] {
        try connection.all(
            """
            SELECT \(Job.columns) FROM job WHERE organization = \(organization) AND kind = 'INTAKE' AND \(condition)
            ORDER BY id DESC LIMIT \(limit)
            """, Job.init(row:))
    }

    /// The number of unfinished uploads that a report of the scope, and of its other side in a comparison, should
    /// contain.
    package func uploads(waitingIn scope: Scope, on connection: any Connection) throws -> Int {
        func isIn(_ scope: Scope) -> SQL {
            """
            ((i.product = 0 OR \(scope.product) = 0 OR i.product = \(scope.product))
                AND (i.project = 0 OR \(scope.project) = 0 OR i.project = \(scope.project)))
            """
        }
        var place = isIn(scope)
        if let other = scope.other { place = "(\(place) OR \(isIn(other)))" }
        return Int(
            try connection.integer(
                """
                SELECT count(*) FROM job i WHERE i.organization = \(scope.organization) AND i.kind = 'INTAKE'
                    AND i.state IN ('PENDING', 'IN_PROGRESS') AND \(place)
                """) ?? 0)
    }

    /// The process types of reports that compare two products or projects. A job names only one of the two sides, so it waits
    /// for the uploads of the whole organization.
    package static let comparisons: Set<String> = ["PRODUCT_DIFF_REPORT", "PROJECT_DIFF_REPORT"]

    /// The condition that `i` is an upload of the same organization that must end before job `j`.
    static let ahead: SQL = """
        i.organization = j.organization AND i.kind = 'INTAKE' AND i.state IN ('PENDING', 'IN_PROGRESS') \
        AND i.id < j.id AND (j.process_type IN \(SQL.list(comparisons.sorted().map(Value.text))) \
        OR ((i.product = 0 OR j.product = 0 OR i.product = j.product) \
        AND (i.project = 0 OR j.project = 0 OR i.project = j.project)))
        """

    /// Unfinished jobs of one kind and state.
    package struct Depth: Sendable, Equatable {
        package let kind: Job.Kind
        package let state: Job.State
        package let count: Int64
        /// The time when the oldest was submitted.
        package let oldest: Int64
    }

    /// Unfinished jobs by kind and state, found by indexes without finished jobs.
    package func depths(on connection: any Connection) throws -> [Depth] {
        try connection.all(
            """
            SELECT kind, state, count(*), min(created_at) FROM job WHERE state = 'PENDING' GROUP BY kind, state
            UNION ALL
            SELECT kind, state, count(*), min(created_at) FROM job WHERE state = 'IN_PROGRESS' GROUP BY kind, state
            """
        ) { row in
            guard let kind = Job.Kind(rawValue: row.string(0)), let state = Job.State(rawValue: row.string(1)) else {
                throw QueueError.unreadable(uuid: "of kind \(row.string(0))")
            }
            return Depth(kind: kind, state: state, count: row.integer(2), oldest: row.integer(3))
        }
    }

    /// Jobs that wait for an outage to end.
    package struct Wait: Sendable, Equatable {
        package let outage: Outage
        package let count: Int64
        /// The time when the longest wait began.
        package let since: Int64
        /// The last error of that job, for the operator.
        package let why: String
    }

    /// Jobs that wait for an outage to end, by outage.
    package func waits(on connection: any Connection) throws -> [Wait] {
        try connection.all(
            """
            SELECT w.waiting_for, count(*), min(w.waiting_since), (SELECT o.error FROM job o
                WHERE o.state = 'PENDING' AND o.waiting_for <> '' AND o.waiting_for = w.waiting_for
                ORDER BY o.waiting_since, o.id LIMIT 1)
            FROM job w WHERE w.state = 'PENDING' AND w.waiting_for <> '' GROUP BY w.waiting_for ORDER BY w.waiting_for
            """
        ) { row in
            guard let outage = Outage(rawValue: row.string(0)) else {
                throw QueueError.unreadable(uuid: "that waits for \(row.string(0))")
            }
            return Wait(outage: outage, count: row.integer(1), since: row.integer(2), why: row.string(3))
        }
    }

    /// The number of jobs that failed because all attempts were used up.
    package func givenUpCount(on connection: any Connection) throws -> Int64 {
        try connection.integer("SELECT count(*) FROM job WHERE given_up = 1") ?? 0
    }

    /// The number of failed uploads, given up or refused.
    package func failedUploadCount(on connection: any Connection) throws -> Int64 {
        try connection.integer("SELECT count(*) FROM job WHERE kind = 'INTAKE' AND state = 'FAILED'") ?? 0
    }
}
