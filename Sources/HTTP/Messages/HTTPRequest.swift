/// One request with its whole body.
package struct HTTPRequest: Sendable {
    /// The place of the body.
    package enum Body: Sendable {
        /// In memory; empty for a request without a body.
        case bytes([UInt8])
        /// In a file of the spool folder, which the handler may rename to keep it. When the request has ended, the
        /// server deletes a file that is still at this path.
        case file(path: String, size: Int)
    }

    /// The method in the client's spelling: `GET`, `POST`.
    package let method: String
    /// The path, percent-decoded, without the query. It is never the name of a file.
    package let path: String
    /// The decoded parameters of the query; one without `=` has an empty value.
    package let query: HTTPFields
    package let headers: HTTPFields
    /// The numeric address of the client, without port: the peer's address or, for a trusted proxy, the address that the proxy
    /// states. Nil if the peer has already disconnected.
    package let client: String?
    /// Whether this server encrypts the connection (a proxy in front may state otherwise in a header).
    package let isTLS: Bool
    /// Empty during the call of the body policy.
    package internal(set) var body: Body

    package init(
        method: String, path: String, query: HTTPFields = [:], headers: HTTPFields = [:], body: Body = .bytes([]),
        client: String? = nil, isTLS: Bool = false
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.client = client
        self.isTLS = isTLS
    }
}

/// The destination for the body of a request whose head has arrived.
package enum BodyPolicy: Sendable {
    /// The sender of the body, as far as the head shows it.
    package enum Sender: Sendable {
        /// A known user, whose key was found; limits for strangers do not apply.
        case known
        case stranger
        /// The beginning of the body shows the sender; until then it counts as a stranger.
        case saysItself(Look)
        /// The sender is refused.
        case refused(HTTPResponse)
    }

    /// The verdict about the beginning of a body. Called on the server's event thread each time the beginning has doubled, up
    /// to 64 KiB. It must not block.
    package typealias Look = @Sendable (_ beginning: [UInt8]) -> Looked

    package enum Looked: Sendable {
        /// The beginning does not show the sender yet.
        case more
        case found(Sender)
        /// The sender is looked up asynchronously while the body continues to arrive.
        case ask(@Sendable () async -> Sender)
    }

    /// Store at most `limit` bytes in memory.
    case memory(limit: Int, from: Sender = .stranger)
    /// Write at most `limit` bytes to a file of the spool folder.
    case file(limit: Int, from: Sender = .stranger)
    /// Do not read the body: answer at once and close the connection.
    case refuse(HTTPResponse)
    /// A task decides, while the connection sleeps and no byte of the body is read.
    case later(@Sendable () async -> BodyPolicy)

    var limit: Int {
        switch self {
        case .memory(let limit, _), .file(let limit, _): limit
        case .refuse, .later: 0
        }
    }
}

/// The way in which a handler answers.
package enum Reply: Sendable {
    /// The answer is computed at once on the server's event thread. Only for work of microseconds, because all other
    /// connections of the thread wait.
    case now(HTTPResponse)
    /// A task makes the answer, while the connection sleeps. The task is cancelled when the client disconnects or the
    /// grace period of a drain is over.
    case later(@Sendable () async -> HTTPResponse)
}

/// One finished request, for logs and counters. It contains no header, no query and no body.
package struct AccessEvent: Sendable {
    package let method: String
    package let path: String
    /// The status of the answer; 0 when the client disconnected before there was one.
    package let status: Int
    /// The declared bytes of the answer's body; for a stream, the produced bytes.
    package let bytes: Int
    /// The time from the arrival of the head to the end of the answer.
    package let seconds: Double
    /// The value of `HTTPRequest.client`.
    package let client: String?
    /// Whether the kernel accepted the whole answer.
    package let completed: Bool
    /// The subject of the answer, as the handler gives it.
    package let mark: HTTPResponse.Mark
}
