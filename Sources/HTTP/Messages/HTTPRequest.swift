/// One request with its whole body.
package struct HTTPRequest: Sendable {
    /// The place of the body.
    package enum Body: Sendable {
        /// In memory; empty when the request has none.
        case bytes([UInt8])
        /// In a file of the spool folder that the handler may rename to keep it. The server removes what is still under
        /// this path when the request has ended.
        case file(path: String, size: Int)
    }

    /// The method as sent, in the client's case: `GET`, `POST`.
    package let method: String
    /// The path, percent-decoded, without the query. Never a name of a file.
    package let path: String
    /// The parameters of the query, decoded; one without `=` has an empty value.
    package let query: HTTPFields
    package let headers: HTTPFields
    /// The numeric address of the client, without port: the peer's, or where that is a trusted proxy, whom it asks for. Nil if
    /// the peer has already disconnected.
    package let client: String?
    /// Whether the connection is encrypted by this server (a proxy in front may say otherwise in a header).
    package let isTLS: Bool
    /// Empty while the body policy is asked.
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

/// The place for the body of a request whose head has arrived.
package enum BodyPolicy: Sendable {
    /// The sender of the body, as far as the head says it.
    package enum Sender: Sendable {
        /// A known user, whose key was found: limits for strangers do not apply.
        case known
        case stranger
        /// The beginning of the body says it: a stranger until then.
        case saysItself(Look)
        /// The sender is refused.
        case refused(HTTPResponse)
    }

    /// The verdict about the beginning of a body. Asked on the server's event thread each time the beginning has doubled, up to
    /// 64 KiB; must not block.
    package typealias Look = @Sendable (_ beginning: [UInt8]) -> Looked

    package enum Looked: Sendable {
        /// It does not say yet whose it is.
        case more
        case found(Sender)
        /// Looked up asynchronously, while the body still comes.
        case ask(@Sendable () async -> Sender)
    }

    /// Keep at most `limit` bytes in memory.
    case memory(limit: Int, from: Sender = .stranger)
    /// Write at most `limit` bytes to a file of the spool folder.
    case file(limit: Int, from: Sender = .stranger)
    /// Do not read it: answer at once and close the connection.
    case refuse(HTTPResponse)
    /// Found by a task of its own, while the connection sleeps and nothing of the body is read.
    case later(@Sendable () async -> BodyPolicy)

    var limit: Int {
        switch self {
        case .memory(let limit, _), .file(let limit, _): limit
        case .refuse, .later: 0
        }
    }
}

/// How a handler answers.
package enum Reply: Sendable {
    /// The answer is computed at once, on the server's event thread. Only for work of microseconds, because all other
    /// connections of the thread wait.
    case now(HTTPResponse)
    /// Later, from a task of its own, while the connection sleeps. The task is cancelled when the client goes away or
    /// the grace period of a drain is over.
    case later(@Sendable () async -> HTTPResponse)
}

/// One request that has ended, for logs and counters. Holds no header, no query and no body.
package struct AccessEvent: Sendable {
    package let method: String
    package let path: String
    /// The status of the answer; 0 when the client went before there was one.
    package let status: Int
    /// Bytes of the answer's body as declared; for a stream, as produced.
    package let bytes: Int
    /// From the head's arrival to the answer's end.
    package let seconds: Double
    /// As `HTTPRequest.client`.
    package let client: String?
    /// Whether the whole answer was handed to the kernel.
    package let completed: Bool
    /// The subject of the answer, as the handler gives it.
    package let mark: HTTPResponse.Mark
}
