package import Bytes
import Database

/// A piece of work that survives crashes: a row with its state and its worker.
package struct Job: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Makes an artifact out of the inventory.
        case report = "REPORT"
        /// Brings an upload into the inventory.
        case intake = "INTAKE"
        /// Brings the findings and alerts of an organization up to date.
        case matching = "MATCHING"
        /// Brings sources of knowledge up to date. It is for everybody; the oldest organization lends it a place in the queue.
        case update = "UPDATE"
    }

    /// `docs/job-states.md` shows the ways between them. The comments describe each state after a crash of all processes.
    package enum State: String, Sendable {
        /// Waits for a worker, for uploads before it, or for a missing resource. After a crash it still does.
        case pending = "PENDING"
        /// A worker has its lease. After a crash the lease runs out, or its owner is known to be gone; then it is PENDING
        /// again, and one attempt is lost. The sweeper removes the worker's unfinished files.
        case inProgress = "IN_PROGRESS"
        /// Done: its result appeared in the same transaction. A crash before that transaction leaves IN_PROGRESS, a crash
        /// after it changes nothing. Kept as long as its artifact.
        case success = "SUCCESS"
        /// Ended without a result: refused, cancelled, or given up after its last attempt. A crash changes nothing. The
        /// job and its upload are kept for the retention; until then `Queue.rerun` makes it PENDING again.
        case failed = "FAILED"

        package var isFinal: Bool { self == .success || self == .failed }
    }

    package let id: Int64
    package let uuid: String
    package let organization: Int64
    /// The user who asked; nil for work that the server or its operator started.
    package let account: Int64?
    package let kind: Kind
    /// The product and the project of its scope; 0 where the scope is wider.
    package let product: Int64
    package let project: Int64
    /// The request, as JSON. The work that is registered for the kind understands it.
    package let request: String
    package let requestSHA1: String
    package let requestToken: String
    package let processType: String
    package let state: State
    /// How often it was begun, this time included; a time that ended for want of something around it does not count.
    package let attempt: Int
    /// How often it was claimed, ever. A worker's words count while this is the number that it claimed with.
    package let claims: Int64
    /// The outage for which it waits, and since when (milliseconds since 1970, UTC); nil when it does not wait for one.
    package let waitingFor: Outage?
    package let waitingSince: Int64
    package let rowsDone: Int64
    package let error: String
    /// The artifact of a finished report, or empty.
    package let artifact: String
    /// The result of a finished intake, matching or update, as JSON, or empty.
    package let result: String
    package let isCancelled: Bool
    /// Whether it failed because its attempts were used up.
    package let isGivenUp: Bool
    /// Milliseconds since 1970, UTC.
    package let created: Int64
    package let modified: Int64

    /// The columns that `init(row:)` reads, in its order.
    static let columns: SQL = """
        id, uuid, organization, account, kind, product, project, request, request_sha1, request_token, process_type, \
        state, attempt, rows_done, error, artifact, result, cancelled, created_at, modified_at, claims, waiting_for, \
        waiting_since, given_up
        """
    /// How many they are.
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

/// A job that is not in the queue yet.
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
    /// The name in the store: the job's uuid and the attempt that made it.
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

/// Why the queue refused.
package enum QueueError: Error, Equatable, CustomStringConvertible {
    /// The organization has too many unfinished jobs.
    case full(limit: Int)
    /// The lease ran out and another worker may have the job: nothing may be published.
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
