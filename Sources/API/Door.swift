import Bytes
import Database
package import HTTP
import Jobs
import Reports

// DESIGN. The way from an HTTP request to a reply. Cheap calls are answered on the server's event thread, because a change
// of threads would cost more than the call. Lists and files use separate threads. Writes wait for their commit in a task,
// which holds no thread. Every error ends here. The table in APIError.swift decides what the client may learn; for
// everything else, the client gets a number and the log a line.

/// The Mend API and the paths of operation, as a handler for the server.
///
///     let door = Door(backend)
///     let server = try HTTPServer(configuration, policy: { door.policy(for: $0) }) { request in
///         door.reply(to: request)
///     }
///
/// A door lives as long as its server. Any thread may call it. `policy` and `reply` return soon and throw nothing:
/// longer work is in the task of a `.later` reply, and each error becomes a reply of the API. The work of a reply must
/// not wait for another reply of the door.
package struct Door: Sendable {
    /// The longest body of a call, in bytes.
    package static let bodyLimit = 1 << 20
    /// Longer bodies are read on a separate thread.
    private static let quickBody = 1 << 15

    private let backend: Backend
    /// Records that are written some time after the requests were answered.
    package var ledger: Ledger { backend.ledger }
    private let threads = Threads("api")
    private let uploads: UploadDoor?
    private let agents: AgentDoor?
    private let ask: AskDoor

    package init(_ backend: Backend) {
        self.backend = backend
        ask = AskDoor(backend)
        uploads = backend.uploads.map { UploadDoor(backend, $0) }
        agents = backend.uploads.map { AgentDoor(backend, $0) }
    }

    // MARK: Paths

    private enum Path {
        case api(APIVersion)
        case live
        case ready
        case metrics
        case description
        case agent
        case ask

        init?(_ path: String) {
            switch path {
            case "/health/live": self = .live
            case "/health/ready": self = .ready
            case "/metrics": self = .metrics
            case OpenAPI.path: self = .description
            case "/agent", "/agent/": self = .agent
            case AskDoor.path: self = .ask
            default:
                guard let version = APIVersion(path: path) else { return nil }
                self = .api(version)
            }
        }
    }

    /// Whether a path belongs to this door.
    package static func has(path: String) -> Bool {
        Path(path) != nil || UploadPath(path) != nil
    }

    /// The destination for the body of a request: memory for a call, the disk for an upload. All other bodies are
    /// refused.
    package func policy(for request: HTTPRequest) -> BodyPolicy {
        let policy = wanted(by: request)
        guard case .later(let work) = policy else { return policy }
        return .later { [patience = backend.patience] in
            await Patience.$current.withValue(patience, operation: work)
        }
    }

    private func wanted(by request: HTTPRequest) -> BodyPolicy {
        switch Path(request.path) {
        case .api where request.method == "POST": return .memory(limit: Self.bodyLimit)
        case .agent where request.method == "POST": if let agents { return agents.policy(for: request) }
        default: if let (uploads, path) = upload(request) { return uploads.policy(for: request, path) }
        }
        return .refuse(notHere(request) ?? .text(400, "This path takes no body."))
    }

    /// Answers a request. If the database or the store is on another machine, the work waits for each of its answers up to the
    /// patience.
    package func reply(to request: HTTPRequest) -> Reply {
        switch answer(to: request) {
        case .now(let response): .now(response)
        case .later(let work):
            .later { [patience = backend.patience] in
                await Patience.$current.withValue(patience, operation: work)
            }
        }
    }

    private func answer(to request: HTTPRequest) -> Reply {
        let place = Path(request.path)
        // Most requests are calls, and need no further look at their path.
        if case .api(let version) = place, request.method == "POST" { return call(request, version) }
        if let (uploads, path) = upload(request) { return uploads.reply(to: request, path) }
        if let refusal = notHere(request) { return .now(refusal) }
        switch place {
        case .live where !backend.showsOperation, .ready where !backend.showsOperation,
            .metrics where !backend.showsOperation:
            return .now(Self.nothing)
        case .api(let version): return call(request, version)
        case .agent: return agents?.reply(to: request) ?? .now(Self.nothing)
        case .ask: return ask.reply(to: request)
        case .description: return .now(OpenAPI.response)
        case .live, nil: return .now(.text(200, "ok"))
        case .ready:
            return .later { [backend] in
                let reason = await backend.unreadiness()
                return reason.map { .text(503, $0) } ?? .text(200, "ready")
            }
        case .metrics:
            return .later { [backend, threads] in
                let text = await threads.run { backend.metrics() }
                return HTTPResponse(type: "text/plain; version=0.0.4; charset=utf-8", bytes: Array(text.utf8))
            }
        }
    }

    /// The door and the path of an upload request; nil for all others, and for methods that the path lacks.
    private func upload(_ request: HTTPRequest) -> (UploadDoor, UploadPath)? {
        guard let uploads, let path = UploadPath(request.path) else { return nil }
        return path.methods.contains(request.method) ? (uploads, path) : nil
    }

    /// The answer to a request whose path or method does not exist; nil for all others.
    private func notHere(_ request: HTTPRequest) -> HTTPResponse? {
        let allowed: [String]
        switch Path(request.path) {
        case .api: allowed = ["POST"]
        case .agent:
            guard agents != nil else { return Self.nothing }
            allowed = ["POST"]
        case .live, .ready, .metrics, .description: allowed = ["GET", "HEAD"]
        case .ask: allowed = AskDoor.methods
        case nil:
            if uploads != nil, let path = UploadPath(request.path) {
                allowed = path.methods
            } else {
                return Self.nothing
            }
        }
        guard !allowed.contains(request.method) else { return nil }
        let list = allowed.joined(separator: ", ")
        let text = "The method \(request.method.prefix(20)) is not allowed here; allowed: \(list)."
        var response = HTTPResponse.text(405, text)
        response.headers["Allow"] = list
        return response
    }

    private static var nothing: HTTPResponse { .text(404, "There is nothing here. The API is at POST /api/v1.4.") }

    // MARK: Calls

    private func call(_ request: HTTPRequest, _ version: APIVersion) -> Reply {
        guard case .bytes(let body) = request.body else {
            return .now(.text(413, "A call has at most \(Self.bodyLimit) bytes."))
        }
        let caller = Caller(request, at: .api)
        do {
            guard body.count <= Self.quickBody else {
                return .later { [self] in
                    let read = await threads.run { Self.read(body, version) }
                    switch read {
                    case .success((let call, let request)): return await work(call, request, caller)
                    case .failure(let error): return error.response
                    }
                }
            }
            let (call, parsed) = try Self.read(body, version).get()
            // A database in this process answers a point query in microseconds; one on another machine takes longer.
            guard call.cost == .points, backend.database.engine == .sqlite else {
                return .later { await work(call, parsed, caller) }
            }
            let (outcome, account) = begin(call, parsed, caller)
            switch outcome {
            case .answer(let response): return .now(response.marked(call, account))
            case .write(let write): return .later { await finish(call, account, write) }
            }
        } catch {
            return .now(error.response)
        }
    }

    private static func read(_ body: [UInt8], _ version: APIVersion) -> Result<(Call, Request), APIError> {
        Result { () throws(APIError) in
            let request = try Request(body, version)
            return (try Call.named(in: request), request)
        }
    }

    /// Does a call from a task. Blocking work runs on a separate thread.
    private func work(_ call: Call, _ request: Request, _ caller: Caller) async -> HTTPResponse {
        let (outcome, account) = await threads.run { begin(call, request, caller) }
        switch outcome {
        case .answer(let response): return response.marked(call, account)
        case .write(let write): return await finish(call, account, write)
        }
    }

    /// Authorizes the user and does all of a call except its writes. The calling thread blocks while the database works. Also
    /// returns the account; 0 for a caller without a valid key.
    private func begin(_ call: Call, _ request: Request, _ caller: Caller) -> (Outcome, account: Int64) {
        var account: Int64 = 0
        let headers = caller.headers
        do {
            let (key, now) = (try Access.shownKey(request, headers), backend.queue.now())
            if let key, let seconds = backend.doorkeeper?.admit(key, from: caller.address, at: now) {
                return (.answer(APIError.tooManyCalls(seconds: seconds).response), account)
            }
            func answer(on connection: any Connection) throws -> Outcome {
                let access = try Access.check(
                    request, headers, for: call, at: backend.queue.now(), on: connection)
                account = access.standing.account
                if let key = access.key { backend.ledger.note(key, at: backend.queue.now()) }
                if let key { backend.doorkeeper?.welcome(key) }
                return try call.answer(request, access, caller, on: connection, backend)
            }
            // A call that reads a few rows by their keys needs no snapshot, which would be half of its round trips on
            // PostgreSQL.
            if call.cost == .points, backend.database.engine == .postgresql {
                return (try backend.database.read(answer(on:)), account)
            }
            // One snapshot: the user's rights and the shown data belong to the same moment. SQLite also locks its file once
            // instead of for each query, which is most of the cost of a poll.
            return (try backend.database.snapshot(answer(on:)), account)
        } catch let denial as Denial {
            let write: @Sendable () async throws -> HTTPResponse = { [backend] in
                let time = backend.queue.now()
                try await backend.database.write { try Denials.add(denial.record(at: time), on: $0) }
                return denial.error.response
            }
            return (.write(write), denial.account)
        } catch {
            if case APIError.refused = error, account == 0 {
                backend.ledger.refuse(from: caller.address, at: caller.door.rawValue, time: backend.queue.now())
                if let key = try? Access.shownKey(request, headers) {
                    backend.doorkeeper?.refuse(key, from: caller.address, at: backend.queue.now())
                }
            }
            return (.answer(refusal(of: call, because: error)), account)
        }
    }

    private func finish(
        _ call: Call, _ account: Int64, _ write: @Sendable () async throws -> HTTPResponse
    ) async -> HTTPResponse {
        do {
            return try await write().marked(call, account)
        } catch {
            return refusal(of: call, because: error).marked(call, account)
        }
    }

    /// The answer for an error. Errors that are not the client's fault are logged, too.
    private func refusal(of call: Call, because error: any Error) -> HTTPResponse {
        let known = APIError(error) ?? .fault(backend.record(error, of: call.requestType))
        return known.response
    }
}

extension APIVersion {
    /// The version that a path names: `/api` (the newest), or `/api/` and a version, with or without `v` and a final
    /// slash; nil for all other paths.
    init?(path: String) {
        if path == "/api" || path == "/api/" {
            self = .newest
            return
        }
        guard path.hasPrefix("/api/"), path.utf8.count <= 16 else { return nil }
        var version = path.dropFirst(5)
        if version.hasSuffix("/") { version.removeLast() }
        if version.hasPrefix("v") { version.removeFirst() }
        self.init(rawValue: String(version))
    }
}

extension HTTPResponse {
    /// Adds the names of the call and the account, for logs and counters.
    fileprivate func marked(_ call: Call, _ account: Int64) -> HTTPResponse {
        var response = self
        response.mark.name = call.requestType
        response.mark.account = account
        return response
    }
}
