import Bytes
import Database
package import HTTP
import Jobs
package import Reports

/// Answers questions of people who are signed in, with the parameters and the rights of `GET /api/ask`.
package struct AskDesk: Sendable {
    private let backend: Backend
    private let threads: Threads

    /// - Parameter threads: where work that blocks is done.
    package init(_ backend: Backend, on threads: Threads) {
        self.backend = backend
        self.threads = threads
    }

    /// The question that parameters put. Throws the error that a client of `GET /api/ask` would get.
    package static func question(_ query: HTTPFields) throws(APIError) -> Question { try request(query).question }

    private static func request(_ query: HTTPFields) throws(APIError) -> AskRequest {
        do {
            return try AskRequest(query)
        } catch {
            switch error {
            case .api(let known): throw known
            case .unknownKey: throw .refused
            }
        }
    }

    /// The whole answer as a file: its first page is made at once, each other one when the one before was sent, by the rights
    /// that the key has then. A question with a cursor begins after the cursor's row.
    ///
    /// - Parameters:
    ///   - query: the parameters of `GET /api/ask`; `format` says the format of the file.
    ///   - token: of the organization.
    ///   - keyDigest: of the key of the person.
    package func file(
        _ query: HTTPFields, inOrganization token: String, by keyDigest: [UInt8]
    ) async throws -> HTTPResponse {
        let request = try Self.request(query)
        let file = AskedFile(request) { [self] question in
            try await threads.attempt { try page(of: question, token, keyDigest) }.get()
        }
        try await file.begin()
        var response = HTTPResponse(
            headers: ["Content-Type": request.format.mediaType], body: .stream(size: nil) { try await file.next() })
        response.attach(as: "search.\(request.format.rawValue)")
        return response
    }

    private func page(of question: Question, _ token: String, _ keyDigest: [UInt8]) throws -> Question.Answer {
        let now = backend.queue.now()
        let access: Access
        do {
            access = try backend.database.read {
                try Access.check(keyDigest, .organization, token: token, for: AskDoor.need, at: now, on: $0)
            }
        } catch let denial as Denial {
            try backend.database.write { try Denials.add(denial.record(at: now), on: $0) }
            throw denial.error
        }
        if let key = access.key { backend.ledger.note(key, at: now) }
        try question.prepare(in: access.scope, of: backend.database)
        do {
            return try backend.database.snapshot { try question.answer(in: access.scope, on: $0) }
        } catch let error as QuestionError {
            throw APIError(question: error)
        }
    }
}

/// The pieces of a file with the whole answer to a question.
private actor AskedFile {
    private let find: @Sendable (Question) async throws -> Question.Answer
    private var question: Question
    private var writer: AskWriter
    /// The first piece, until it is taken.
    private var first: [UInt8]?
    private var isOver = false

    /// - Parameter find: makes a page of the answer.
    init(_ request: AskRequest, _ find: @escaping @Sendable (Question) async throws -> Question.Answer) {
        self.find = find
        question = request.question
        question.limit = Question.limits.upperBound
        writer = AskWriter(request.format)
    }

    /// Makes the first piece, so that a question that has no answer is an error and no file.
    func begin() async throws { first = try await piece() }

    /// The next piece; nil after the last.
    func next() async throws -> [UInt8]? {
        if let first {
            self.first = nil
            return first
        }
        return try await piece()
    }

    private func piece() async throws -> [UInt8]? {
        while !isOver {
            let page = try await find(question)
            question.cursor = page.next
            isOver = page.next == nil
            let bytes = writer.piece(page.items, isLast: isOver)
            // A page may have no items, and an empty piece would end the file.
            if !bytes.isEmpty { return bytes }
        }
        return nil
    }
}
