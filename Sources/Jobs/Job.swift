package import Bytes
import Database

/// A piece of work that survives crashes: a row with its state and its worker.
package struct Job: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Makes an artifact out of the inventory.
        case report = "REPORT"
        /// Imports an upload into the inventory.
        case intake = "INTAKE"
        /// Updates the findings and alerts of an organization.
        case matching = "MATCHING"
        /// Updates sources of knowledge. The job belongs to all organizations; it uses the oldest one's place in the queue.
        case update = "UPDATE"
    }

    /// `docs/job-states.md` shows the transitions. The comments describe each state after a crash of all processes.
    package enum State: String, Sendable {
        /// Waits for a worker, for earlier uploads, or for a missing resource. A crash does not change that.
        case pending = "PENDING"
        /// A worker holds its lease. After a crash the lease runs out, or its owner is known to have ended. The job is
        /// then PENDING again and has lost one attempt. The sweeper removes the worker's unfinished files.
        case inProgress = "IN_PROGRESS"
        /// Done: its result was published in the same transaction. A crash before that transaction leaves IN_PROGRESS, a
        /// crash after it changes nothing. Kept as long as its artifact.
        case success = "SUCCESS"
        /// Ended without a result: refused, cancelled, or given up after the last attempt. A crash changes nothing. The
        /// job and its upload are kept for the retention time, in which `Queue.rerun` can make it PENDING again.
        case failed = "FAILED"

        package var isFinal: Bool { self == .success || self == .failed }
    }

    package let id: Int64
    package let uuid: String
    package let organization: Int64
    /// The requesting user; nil for work that the server or its operator started.
    package let account: Int64?
    package let kind: Kind
    /// The product and the project of its scope; 0 in a wider scope.
    package let product: Int64
    package let project: Int64
    /// The request, as JSON. The work for this kind of job interprets it.
    package let request: String
    package let requestSHA1: String
    package let requestToken: String
    package let processType: String
    package let state: State
    /// The number of attempts, including this one. An attempt that ended because of missing surroundings does not
    /// count.
    package let attempt: Int
    /// The number of all claims so far. A worker's calls count only while this number is the one of its claim.
    package let claims: Int64
    /// The outage that it waits for, and the time since when (milliseconds since 1970, UTC); nil when it waits for
    /// none.
    package let waitingFor: Outage?
    package let waitingSince: Int64
    package let rowsDone: Int64
    package let error: String
    /// The artifact of a finished report, or empty.
    package let artifact: String
    /// The result of a finished intake, matching or update as JSON, or empty.
    package let result: String
    package let isCancelled: Bool
    /// Whether it failed because all attempts were used up.
    package let isGivenUp: Bool
    /// Milliseconds since 1970, UTC.
    package let created: Int64
    package let modified: Int64

    /// The columns in the order of `init(row:)`.
    static let columns: SQL = """
        id, uuid, organization, account, kind, product, project, request, request_sha1, request_token, process_type, \
        state, attempt, rows_done, error, artifact, result, cancelled, created_at, modified_at, claims, waiting_for, \
        waiting_since, given_up
        """
    /// The number of these columns.
    static let width = 24

    init(row: borrowing RowBuffer) throws {
        guard let kind = Kind(rawValue: row.string(4)), let state = State(rawValue: row.string(11)) else {
            throw QueueError.unreadable(uuid: row.string(1))
        }
        id = row.integer(0)
        uuid = row.string(1)
        organization = row.integer(2)
        account = row.integerOrNil(3)
        self.kind = kind
        product = row.integer(5)
        project = row.integer(6)
        request = row.string(7)
        requestSHA1 = row.string(8)
        requestToken = row.string(9)
        processType = row.string(10)
        self.state = state
        attempt = Int(row.integer(12))
        rowsDone = row.integer(13)
        error = row.string(14)
        artifact = row.string(15)
        result = row.string(16)
        isCancelled = row.boolean(17)
        created = row.integer(18)
        modified = row.integer(19)
        claims = row.integer(20)
        waitingFor = Outage(rawValue: row.string(21))
        waitingSince = row.integer(22)
        isGivenUp = row.boolean(23)
    }
}

/// A job before it is queued.
package struct NewJob: Sendable {
    package var uuid: String
    package var organization: Int64
    package var account: Int64?
    package var kind: Job.Kind
    package var product: Int64 = 0
    package var project: Int64 = 0
    package var request: String
    package var requestSHA1 = ""
    package var requestToken = ""
    package var processType: String

    package init(uuid: String, organization: Int64, kind: Job.Kind, request: String, processType: String) {
        self.uuid = uuid
        self.organization = organization
        self.kind = kind
        self.request = request
        self.processType = processType
    }
}

/// A file that a report left in the store.
package struct Artifact: Sendable, Equatable {
    /// The name in the store: the job's uuid and the number of the claim that made it.
    package var uuid: String
    package var organization: Int64
    package var cacheKey: String
    package var fileName: String
    package var size: Int64
    package var sha1: String
    package var sha256: String
    package var parts: Int
    package var rows: Int64
    /// Notes about cells that were cut to fit the format.
    package var notes: [String]

    package init(
        uuid: String, organization: Int64, cacheKey: String, fileName: String, size: Int64, sha1: String,
        sha256: String, parts: Int, rows: Int64, notes: [String]
    ) {
        self.uuid = uuid
        self.organization = organization
        self.cacheKey = cacheKey
        self.fileName = fileName
        self.size = size
        self.sha1 = sha1
        self.sha256 = sha256
        self.parts = parts
        self.rows = rows
        self.notes = notes
    }
}

/// The reason why the queue refused.
package enum QueueError: Error, Equatable, CustomStringConvertible {
    /// The organization has too many unfinished jobs.
    case full(limit: Int)
    /// The lease ran out and another worker may have the job, so nothing may be published.
    case leaseLost(uuid: String)
    case cancelled
    case unreadable(uuid: String)

    package var description: String {
        switch self {
        case .full(let limit):
            "the organization has \(limit) jobs waiting already; try again when some of them are finished"
        case .leaseLost(let uuid): "the lease on job \(uuid) was lost"
        case .cancelled: "cancelled on request"
        case .unreadable(let uuid): "job \(uuid) has a kind or a state that this version does not know"
        }
    }
}
