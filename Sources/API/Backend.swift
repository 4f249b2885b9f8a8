import Bytes
package import Database
package import HTTP
package import Jobs
package import OpenID

/// A file in the artifact store, ready for sending.
package enum ArtifactContent: Sendable {
    /// The kernel sends it, and clients may request ranges of it.
    case file(OpenFile)
    /// A file on another machine: pieces in the form of `HTTPResponse.Body.stream`.
    case stream(size: Int, next: @Sendable () async throws -> [UInt8]?)
    /// The client fetches it directly, from an address that only this client may learn.
    case redirect(url: String)
}

/// A fault inside the server, for the log. It contains no key, no token and no value of a request.
package struct Incident: Sendable {
    /// The number that the client can quote.
    package let id: String
    /// The request type, or the path.
    package let request: String
    package let cause: String
}

/// The dependencies of the doors: values and closures, so that a test can use its own.
///
///     var backend = runtime.backend
///     backend.doorkeeper = Doorkeeper(callsPerMinute: 600, refusalsPerMinute: 60)
///     backend.log = { print($0.id, $0.request, $0.cause) }
///     let site = Site(backend)
///
/// Copies share the database, the queue, the ledger and the threads, and live as long as the server. Any thread may
/// call the closures, several at a time. A closure must not wait for a reply of the doors. Only `openArtifact` may
/// block and throw. Times are milliseconds since 1970.
package struct Backend: Sendable {
    package var database: any Database
    package var queue: Queue
    package var bell: Bell
    package var random: Randomness
    /// Opens the artifact of a row; nil when the store no longer has the artifact. The call may block.
    package var openArtifact: @Sendable (Artifact) throws -> ArtifactContent?
    /// The reason why the server cannot work now; nil when it can. It answers within a few seconds and holds no thread
    /// while it waits.
    package var unreadiness: @Sendable () async -> String?
    /// The counters in the format of Prometheus.
    package var metrics: @Sendable () -> String
    package var log: @Sendable (Incident) -> Void
    /// Decides the alerts of an organization again whose causes changed. Returns after a short time; workers decide the
    /// remaining alerts later.
    package var settleAlerts: @Sendable (_ organization: Int64) async -> Void
    /// The longest wait of a request for a database or a store on another machine that does not answer.
    package var patience = Duration.seconds(15)
    /// Records that are written some time after the requests were answered.
    package let ledger = Ledger()
    /// Refuses clients that call too often; nil for no limit.
    package var doorkeeper: Doorkeeper?
    /// Whether this door answers requests for health and metrics.
    package var showsOperation = true
    /// Encrypts the secrets of webhooks; without a key nil, so that no webhook can be made.
    package var secrets: SecretBox?
    /// The addresses that the operator allows for webhooks.
    package var webhookTargets = WebhookTargets()
    /// The issuers that people may sign in with; nil where the operator configured none.
    package var issuers: IssuerDirectory?
    /// Whether the operator configured a mail server.
    package var sendsMail = false
    /// A folder for temporary files that no other code uses.
    package var scratch: String
    /// The settings for uploads; nil where the server accepts none, so that their paths do not exist.
    package var uploads: UploadSettings?

    /// The places for work that takes seconds while a client waits: synchronous reports and trees. Each place has two
    /// threads and a database session.
    let heavyWork = WorkPool(places: Self.heavyPlaces, queue: Self.heavyQueue)
    static let heavyPlaces = 4
    static let heavyQueue = 64
    private let heavyThreads = Threads("heavy work", width: 4)
    /// For the work of calls after a change, up to their patience: matching and waiting for writes block.
    let settlingThreads = Threads("after changes", width: 4)
    /// For reading the database before heavy work.
    let waitingThreads = Threads("before heavy work", width: 2)

    package init(
        database: any Database, queue: Queue, bell: Bell, random: Randomness = .system,
        openArtifact: @escaping @Sendable (Artifact) throws -> ArtifactContent?,
        unreadiness: @escaping @Sendable () async -> String? = { nil },
        metrics: @escaping @Sendable () -> String = { "" }, scratch: String, uploads: UploadSettings? = nil,
        settleAlerts: @escaping @Sendable (_ organization: Int64) async -> Void = { _ in },
        log: @escaping @Sendable (Incident) -> Void
    ) {
        self.database = database
        self.queue = queue
        self.bell = bell
        self.random = random
        self.openArtifact = openArtifact
        self.unreadiness = unreadiness
        self.metrics = metrics
        self.scratch = scratch
        self.uploads = uploads
        self.settleAlerts = settleAlerts
        self.log = log
    }

    /// Logs an error of the server's own, and returns the error for the client.
    package func record(_ error: any Error, of request: String) -> Fault {
        let id = (try? random.bytes(4).hexadecimal) ?? "00000000"
        log(Incident(id: id, request: request, cause: "\(error)"))
        return Fault(error, id: id)
    }

    /// Does work that takes seconds, in one of a few places, on behalf of the clients of an organization.
    ///
    /// - Parameter before: waited for first, without holding a place.
    func heavy(
        for scope: Scope, after before: @Sendable () async throws -> Void = {},
        _ work: @escaping @Sendable () throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        do {
            return try await heavyWork.run(for: scope.organization, on: heavyThreads, after: before, work)
        } catch is WorkPool.Full {
            throw APIError.busy(seconds: 5)
        } catch is CancellationError {
            throw APIError.busy(seconds: 5)
        }
    }
}
