import Bytes
import Database
import HTTP
import Jobs

// DESIGN. The errors of the upload paths in the form of Dependency-Track: the status matters, texts are plain, and a field
// that breaks a rule gives a JSON array of violations (its `ValidationError`). Its clients print the body.

/// The reason why an upload was refused.
enum UploadError: Error, Equatable {
    /// The request has no key or an unknown one.
    case unknownKey
    /// The key is valid, but has no right to this.
    case forbidden(String)
    /// The key is for another purpose than uploads.
    case keyTooNarrow(KeyScopes)
    case noProject
    case noParent
    /// A field breaks a rule; with its name, its value, and the accepted values.
    case invalid(String, value: String, accepted: String)
    /// The body does not have the form of its content type.
    case malformed(String)
    case full(String)
    /// The key sent too many requests, or the address too many refused keys. The next request is accepted after this
    /// many seconds.
    case tooMany(seconds: Int)
    case fault(Fault)

    var response: HTTPResponse {
        switch self {
        case .unknownKey:
            var response = HTTPResponse.text(401, "The key in X-Api-Key is missing or unknown.")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        case .forbidden(let why): return .text(403, why)
        case .keyTooNarrow(let needed):
            return .text(
                403, "This key is not for uploads: that needs a key for \(needed.words.joined(separator: " or ")).")
        case .noProject: return .text(404, "The project could not be found.")
        case .noParent: return .text(404, "The parent component could not be found.")
        case .invalid(let field, let value, let accepted):
            let why = "The \(field) is not valid; accepted: \(accepted)"
            var body = JSONWriter()
            body.array(CollectionOfOne(value)) { body, value in
                body.object {
                    $0.text("message", why)
                    $0.text("messageTemplate", why)
                    $0.text("path", field)
                    $0.text("invalidValue", String(value.prefix(100)))
                }
            }
            return HTTPResponse(status: 400, type: Answer.mediaType, bytes: body.bytes)
        case .malformed(let why): return .text(400, why)
        case .full(let why):
            var response = HTTPResponse.text(503, why)
            response.headers["Retry-After"] = "30"
            return response
        case .tooMany(let seconds): return APIError.tooManyCalls(seconds: seconds).response
        case .fault(let fault): return fault.text
        }
    }

    /// Translates errors of other targets for clients; nil for errors that clients must not see.
    ///
    /// - Parameter field: the field of the body with the document.
    init?(_ error: any Error, field: StaticString) {
        switch error {
        case let error as UploadError: self = error
        case let denial as Denial:
            if case .keyTooNarrow(let needed, _) = denial.error {
                self = .keyTooNarrow(needed)
                return
            }
            self = .forbidden(
                "Access to the specified project is forbidden: uploading needs the role member in its product.")
        case let error as MultipartError: self = .malformed("\(error)")
        case let error as Base64Error:
            self = .invalid(field.description, value: "", accepted: "a document in base64 (RFC 4648); \(error)")
        case APIError.badJSON(let why): self = .malformed("the request body is not a JSON object: \(why)")
        case APIError.badValue(let value, let field, let accepted):
            self = .invalid(field, value: value, accepted: accepted)
        case let error as QueueError:
            guard case .full = error else { return nil }
            self = .full(error.description)
        default: return nil
        }
    }
}
