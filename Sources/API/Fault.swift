package import Bytes
import Database
package import HTTP

/// An error of the server's own, in words for the client; the log has the cause under `id`.
package enum Fault: Sendable, Equatable, CustomStringConvertible {
    /// The server could not store the data of the request, because its disk is full or its database is locked.
    case storage(id: String)
    /// The database or the store of artifacts cannot be reached or does not answer.
    case away(Outage, id: String)
    /// The database did not answer a commit, so the change may or may not exist.
    case unsure(id: String)
    case unexpected(id: String)

    init(_ error: any Error, id: String) {
        switch error {
        case DatabaseError.busy, DatabaseError.exhausted: self = .storage(id: id)
        case DatabaseError.unknownOutcome: self = .unsure(id: id)
        default:
            switch (error as? any Blaming)?.blame {
            case .environment(let outage) where outage == .database || outage == .store: self = .away(outage, id: id)
            case .environment: self = .storage(id: id)
            case .request, .unknown, nil: self = .unexpected(id: id)
            }
        }
    }

    /// The status for paths where the status matters; the Mend API answers 200 (`APIError`).
    package var status: Int {
        switch self {
        case .storage: 507
        case .away, .unsure: 503
        case .unexpected: 500
        }
    }

    /// The seconds after which the request may succeed; nil if unknown.
    private var retryAfter: Int? {
        switch self {
        case .away: 30
        case .storage, .unsure, .unexpected: nil
        }
    }

    /// An answer in plain text.
    var text: HTTPResponse {
        var response = HTTPResponse.text(status, description)
        addHint(to: &response)
        return response
    }

    /// Adds the time of the next attempt, if one helps.
    package func addHint(to response: inout HTTPResponse) {
        if let retryAfter { response.headers["Retry-After"] = "\(retryAfter)" }
    }

    package var description: String {
        switch self {
        case .storage(let id):
            "the server cannot store anything at the moment, nothing was changed; its operator finds the reason under \(id)"
        case .away(let outage, let id):
            "\(outage) does not answer at the moment; try again in a while; the operator finds the reason under \(id)"
        case .unsure(let id):
            """
            the server's database did not say whether the change was made; look whether it is there before you repeat the \
            request; the operator finds the reason under \(id)
            """
        case .unexpected(let id): "unexpected error; the server's operator finds the reason under \(id)"
        }
    }
}
