import Bytes
import Database
import HTTP
import Jobs
import Reports

// DESIGN. One search over everything that the holder of a key may see. Question and answer come from Reports (`Question`). This
// file handles the key, the organization, the parameters and the three formats. A page has at most `Question.limits` items, so
// it is made in memory.

/// `GET /api/ask`.
struct AskDoor: Sendable {
    static let path = "/api/ask"
    static let methods = ["GET", "HEAD"]
    /// The name of the call, for logs and records.
    static let name = "ask"
    /// The right that a question needs.
    static let need = Need(.readOnly, with: .read, for: name)

    private let backend: Backend
    private let threads = Threads("ask", width: 4)

    init(_ backend: Backend) { self.backend = backend }

    func reply(to request: HTTPRequest) -> Reply {
        .later { [self] in
            let caller = Caller(request, at: .api)
            var account: Int64 = 0
            var response: HTTPResponse
            switch await threads.attempt({ try answer(to: request, caller) }) {
            case .success(let answer): (response, account) = answer
            case .failure(let denial as Denial):
                account = denial.account
                response = await denied(denial)
            case .failure(let error): response = refusal(of: caller, because: error)
            }
            response.mark.name = Self.name
            response.mark.account = account
            return response
        }
    }

    private func answer(to request: HTTPRequest, _ caller: Caller) throws -> (HTTPResponse, account: Int64) {
        let now = backend.queue.now()
        guard let key = Access.headerKey(request.headers) else { throw AskError.unknownKey }
        if let seconds = backend.doorkeeper?.admit(key.text, from: caller.address, at: now) {
            throw AskError.api(.tooManyCalls(seconds: seconds))
        }
        // The key is checked before the question, so that callers without a key do not learn the accepted values.
        let access = try backend.database.read { try enter(key, request, caller, at: now, on: $0) }
        let asked = try AskRequest(request.query)
        try asked.question.prepare(in: access.scope, of: backend.database)
        let page = try backend.database.snapshot { try asked.question.answer(in: access.scope, on: $0) }
        return (Self.response(to: request, asked, page), access.standing.account)
    }

    /// Admits the holder of a key to the organization that the request names, or to the holder's only one.
    private func enter(
        _ key: UserKey, _ request: HTTPRequest, _ caller: Caller, at now: Int64, on connection: any Connection
    ) throws -> Access {
        guard let holder = try KeyHolder.find(key.digest, at: now, on: connection) else {
            backend.doorkeeper?.refuse(key.text, from: caller.address, at: now)
            throw AskError.unknownKey
        }
        backend.doorkeeper?.welcome(key.text)
        backend.ledger.note(holder.key, at: now)
        let token: String
        if let named = request.query.exactly("orgToken") {
            token = named
        } else {
            guard let only = holder.organizations.first else { throw APIError.refused }
            guard holder.organizations.count == 1 else {
                throw APIError.missing(
                    "orgToken", accepted: "the token of one of the key's \(holder.organizations.count) organizations")
            }
            token = only.token
        }
        return try Access.check(
            key.digest, .organization, token: token, for: Self.need, at: now, on: connection)
    }

    private func denied(_ denial: Denial) async -> HTTPResponse {
        do {
            let time = backend.queue.now()
            try await backend.database.write { try Denials.add(denial.record(at: time), on: $0) }
            return AskError.api(denial.error).response
        } catch {
            return AskError.api(.fault(backend.record(error, of: Self.path))).response
        }
    }

    private func refusal(of caller: Caller, because error: any Error) -> HTTPResponse {
        let known = AskError(error) ?? .api(.fault(backend.record(error, of: Self.path)))
        if known == .unknownKey || known == .api(.refused) {
            backend.ledger.refuse(from: caller.address, at: caller.door.rawValue, time: backend.queue.now())
        }
        return known.response
    }

    // MARK: Answers

    private static func response(
        to request: HTTPRequest, _ asked: AskRequest, _ page: Question.Answer
    ) -> HTTPResponse {
        var response: HTTPResponse
        switch asked.format {
        case .json:
            response = Answer.object { json in
                json.objects("items", page.items) { $0.members(of: $1) }
                if let next = page.next { json.text("next", next) }
            }
        case .ndjson, .csv:
            var writer = AskWriter(asked.format)
            response = HTTPResponse(type: asked.format.mediaType, bytes: writer.piece(page.items, isLast: true))
        }
        // Formats of rows have no place for the next page, so a header names it (RFC 8288).
        if let next = page.next {
            response.headers["Link"] = "<\(address(of: request, cursor: next))>; rel=\"next\""
        }
        return response
    }

    /// The address of the next page: the query of the request with another cursor.
    private static func address(of request: HTTPRequest, cursor: String) -> String {
        let kept = request.query.pairs.filter { $0.name != "cursor" } + [(name: "cursor", value: cursor)]
        return path + "?" + kept.map { "\($0.name)=\($0.value.percentEncoded)" }.joined(separator: "&")
    }
}
