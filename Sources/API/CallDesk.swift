package import Bytes
package import Database
package import HTTP
import Jobs

// DESIGN. Each action in the console is a call of the API, with the same checks of its fields, the same access and the same
// record. The desk identifies the caller by the digest of the key with which the session began, because a browser does not send
// the key.

/// Makes calls for people who are signed in.
package struct CallDesk: Sendable {
    private let backend: Backend
    private let threads: Threads

    /// - Parameter threads: the threads for blocking work.
    package init(_ backend: Backend, on threads: Threads) {
        self.backend = backend
        self.threads = threads
    }

    /// Performs a call and returns its answer once the change is durable. Throws the errors that a client of the API would get;
    /// `APIError(_:)` converts them.
    ///
    /// - Parameters:
    ///   - requestType: the name of the call.
    ///   - place: the token of the call.
    ///   - keyDigest: the digest of the caller's key.
    ///   - members: writes the other fields.
    package func perform(
        _ requestType: String, at place: (kind: ScopeKind, token: String), by keyDigest: [UInt8], _ caller: Caller,
        members: (inout JSONWriter) -> Void = { _ in }
    ) async throws -> HTTPResponse {
        let body = JSONWriter.object { json in
            json.text("requestType", requestType)
            switch place.kind {
            case .organization: json.text("orgToken", place.token)
            case .product: json.text("productToken", place.token)
            case .project: json.text("projectToken", place.token)
            }
            members(&json)
        }
        let request = try Request(Array(body.utf8))
        let call = try Call.named(in: request)
        let outcome = try await threads.attempt { try begin(call, request, keyDigest, caller) }.get()
        switch outcome {
        case .answer(let response): return response
        case .write(let write): return try await write()
        }
    }

    /// Does a call except for its writes.
    private func begin(
        _ call: Call, _ request: Request, _ keyDigest: [UInt8], _ caller: Caller
    ) throws -> Outcome {
        let now = backend.queue.now()
        do {
            return try backend.database.snapshot { connection in
                let access = try Access.check(request, keyDigest: keyDigest, for: call, at: now, on: connection)
                if let key = access.key { backend.ledger.note(key, at: now) }
                return try call.answer(request, access, caller, on: connection, backend)
            }
        } catch let denial as Denial {
            try backend.database.write { try Denials.add(denial.record(at: now), on: $0) }
            throw denial.error
        }
    }
}
