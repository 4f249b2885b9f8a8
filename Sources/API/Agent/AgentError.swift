import BOM
import Bytes
import Database
import HTTP
import Jobs

// DESIGN. Agents accept only answers with HTTP 200 and the five keys of their envelope. After an error, some agents still
// read `data` as JSON, and others print it after the message. An object with one text serves both (mend-api.md §4).

/// The reason why an agent's request was refused.
package enum AgentError: Error, Equatable {
    /// The organization's token is missing or unknown, or none of its users has the key.
    case badToken
    case badKey
    /// Token or key is wrong. The message does not say which, so that clients cannot find out whether an organization
    /// exists.
    case badTokenOrKey
    case badTime(String)
    /// The fault of the projects.
    case badDiff(String)
    case badField(String, value: String, accepted: String)
    case unsupported(String)
    case forbidden(String)
    case full(String)
    /// The key sent too many requests, or the address too many refused keys. The next request is accepted after this
    /// many seconds.
    case tooMany(seconds: Int)
    case fault(Fault)

    /// Whether the sender's identity is the fault.
    var isAboutSender: Bool { self == .badToken || self == .badKey || self == .badTokenOrKey }

    /// The types of requests that this server answers.
    static let types = "UPDATE, CHECK_POLICIES, CHECK_POLICY_COMPLIANCE"

    var isOurs: Bool {
        switch self {
        case .fault, .full, .tooMany: true
        case .badToken, .badKey, .badTokenOrKey, .badTime, .badDiff, .badField, .unsupported, .forbidden: false
        }
    }

    /// The text of `data`.
    package var why: String {
        switch self {
        case .badToken: "Invalid token"
        case .badKey: "Invalid user key"
        case .badTokenOrKey: "Invalid token or user key"
        case .badTime(let value):
            """
            Invalid request time: timeStamp has the value "\(value.prefix(100))"; accepted: \
            \(NumberText.accepted(AgentForm.timeStamp.range))
            """
        case .badDiff(let why): "Invalid diff: \(why)"
        case .badField(let field, let value, let accepted):
            "\(field) has the value \"\(value.prefix(100))\"; accepted: \(accepted)"
        case .unsupported(let type):
            "this server does not answer the request type \"\(type.prefix(100))\"; it answers \(Self.types)"
        case .forbidden(let why), .full(let why): why
        case .tooMany(let seconds): APIError.tooManyCalls(seconds: seconds).message
        case .fault(let fault): fault.description
        }
    }

    var response: HTTPResponse {
        let data = Answer.text { $0.text("error", why) }
        var response = Self.envelope(
            status: isOurs ? 3 : 2, message: isOurs ? "Server error" : "Illegal arguments", data: data, token: "")
        response.mark.error = isOurs ? 3 : 2
        if case .fault(let fault) = self { fault.addHint(to: &response) }
        if case .tooMany(let seconds) = self {
            response.status = 429
            response.headers["Retry-After"] = "\(seconds)"
        }
        return response
    }

    /// The envelope of a successful answer, without the text between the quotation marks of `data`.
    static func frame(token: String) -> (before: [UInt8], behind: [UInt8]) {
        // The token is hexadecimal, and this program wrote the other texts, so nothing needs escaping.
        (
            Array("{\"envelopeVersion\":\"2.7.5\",\"status\":1,\"message\":\"ok\",\"data\":\"".utf8),
            Array("\",\"requestToken\":\"\(token)\"}".utf8)
        )
    }

    /// The envelope of every answer to an agent.
    static func envelope(status: Int64, message: String, data: String, token: String) -> HTTPResponse {
        Answer.object { answer in
            answer.text("envelopeVersion", "2.7.5")
            answer.number("status", status)
            answer.text("message", message)
            answer.text("data", data)
            answer.text("requestToken", token)
        }
    }
}

extension AgentError {
    /// Translates errors of other targets for agents; nil for errors that agents must not see.
    init?(_ error: any Error) {
        switch error {
        case let error as AgentError: self = error
        case APIError.refused: self = .badTokenOrKey
        case let denial as Denial: self = .forbidden(denial.error.message)
        case let error as Base64Error:
            self = .badDiff("it is neither JSON nor base64 of compressed JSON: \(error)")
        case let error as InflaterError: self = .badDiff("\(error)")
        case let error as BOMError:
            if case .failed = error { return nil }
            self = .badDiff("\(error)")
        case let error as AccountError: self = .badField(error.field, value: error.value, accepted: error.accepted)
        case let error as QueueError:
            guard case .full = error else { return nil }
            self = .full(error.description)
        default: return nil
        }
    }
}

extension AccountError {
    fileprivate var field: String {
        switch self {
        case .badName(_, let kind), .nameTaken(_, let kind): "\(kind.rawValue) name"
        case .badEmail: "email"
        }
    }

    fileprivate var value: String {
        switch self {
        case .badName(let value, _), .nameTaken(let value, _), .badEmail(let value): value
        }
    }

    fileprivate var accepted: String {
        switch self {
        case .badName: "1 to \(Self.nameLimit) bytes of text without control characters"
        case .nameTaken: "a name that nothing has"
        case .badEmail: "NAME@DOMAIN"
        }
    }
}
