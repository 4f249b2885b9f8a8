import Bytes
import HTTP
package import Reports

// DESIGN. The errors of the search are those of the API, but with their own HTTP status, because clients that send GET check
// the status first.

/// The reason why a question was refused.
enum AskError: Error, Equatable {
    /// The request has no key or an unknown one.
    case unknownKey
    case api(APIError)

    /// The answer: the status, with `errorCode` and `errorMessage` as in the API.
    var response: HTTPResponse {
        switch self {
        case .unknownKey:
            var response = Self.response(
                401, APIError.refused,
                message: "The key in Authorization: Bearer or X-Api-Key is missing or unknown, or its time is over.")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        case .api(let error):
            var response = Self.response(Self.status(of: error), error, message: error.message)
            // The header that states the time of the next attempt, taken from the API's own answer.
            response.headers["Retry-After"] = error.response.headers["Retry-After"]
            return response
        }
    }

    private static func response(_ status: Int, _ error: APIError, message: String) -> HTTPResponse {
        let body = JSONWriter.object {
            $0.number("errorCode", error.code)
            $0.text("errorMessage", message)
        }
        var response = HTTPResponse(status: status, type: Answer.mediaType, bytes: Array(body.utf8))
        response.mark.error = Int(error.code)
        return response
    }

    private static func status(of error: APIError) -> Int {
        switch error {
        case .refused, .roleTooLow, .keyTooNarrow, .notYours: 403
        case .tooManyCalls, .busy: 429
        case .fault(let fault): fault.status
        case .badJSON, .unknownRequest, .missing, .badValue, .badPattern, .nameTaken, .unknownProcess, .notReady,
            .failed, .notDownloadable, .finishedAlready, .report, .full, .tooLargeForOneFile, .uploadsPending,
            .notFound, .people, .key, .unknownLibrary, .noSuchLibrary, .tooManyLibraries, .notOffered:
            400
        }
    }

    /// Translates errors of other targets for clients; nil for errors that clients must not see.
    init?(_ error: any Error) {
        switch error {
        case let error as AskError: self = error
        case let error as QuestionError: self = .api(APIError(question: error))
        default:
            guard let known = APIError(error) else { return nil }
            self = .api(known)
        }
    }
}

extension APIError {
    /// The error of a question, for every door that puts one.
    package init(question error: QuestionError) {
        switch error {
        case .badValue(let value, let field, let accepted): self = .badValue(value, of: field, accepted: accepted)
        case .tooWide(let limit): self = .tooManyLibraries(limit)
        }
    }
}
