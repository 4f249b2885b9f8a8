import Bytes
package import Database
package import HTTP
package import Inventory
package import Jobs
package import Reports

// DESIGN. The one table of errors that a client of the Mend API sees. Clients ignore the body of an answer whose
// status is not 200, so errors are HTTP 200 with `{"errorCode", "errorMessage"}` (mend-api.md §1.1, §1.2). A message
// names the field, the value and the accepted values. A client without rights on a token always gets the same text,
// whatever the reason.

/// The reason why a call was refused, in words for the client.
package enum APIError: Error, Equatable {
    case badJSON(String)
    case unknownRequest(String)
    case missing(String, accepted: String)
    case badValue(String, of: String, accepted: String)
    /// The text is no valid pattern for names of libraries.
    case badPattern(String, of: String, NamePatternError)
    /// Unknown user, unknown token, or another organization's token; the client cannot see which.
    case refused
    /// The scope knows the user, but the user's role there does not allow this.
    case roleTooLow(Role, needed: Role, call: String)
    /// The user's role allows this, but the scopes of the key do not.
    case keyTooNarrow(needed: KeyScopes, call: String)
    case nameTaken(String, of: ScopeKind)
    case unknownProcess(String, field: String)
    case notReady(String, state: Job.State)
    case failed(String, why: String)
    case notDownloadable(String)
    case finishedAlready(String, state: Job.State)
    case notYours(String)
    case report(ReportError)
    case full(String)
    /// A synchronous report that would need several files.
    case tooLargeForOneFile(parts: Int, format: String)
    /// Earlier uploads of the scope are still being imported.
    case uploadsPending
    /// Something that a request names does not exist here, or not for this user; with the value and its field.
    case notFound(String, of: String)
    case people(PeopleError)
    case key(KeyError)
    /// The key made too many calls. The next request is accepted after this many seconds.
    case tooManyCalls(seconds: Int)
    /// The queue for work of this kind is full. A further attempt makes sense after this many seconds.
    case busy(seconds: Int)
    /// The uuid of a library that the organization does not have, and its field.
    case unknownLibrary(String, of: String)
    /// The organization has no library with this name, group or version.
    case noSuchLibrary(String)
    /// More libraries match than an answer may contain.
    case tooManyLibraries(Int)
    /// A request for a part of Mend's product that Waybill lacks, with the alternative.
    case notOffered(String)
    case fault(Fault)

    /// The valid forms of patterns for names of libraries, for error messages.
    static let patternAccepted = """
        a pattern with * and ?, or a regular expression between slashes in the syntax of RE2, which has no look-around \
        and no back-references
        """

    /// The number for faults that are not the client's.
    package static let faultCode: Int64 = 4000

    /// Mend's number (mend-api.md §1.2): 2021 for a value that is not accepted, 3010 for a missing field. 3000 is used only if
    /// the same request may succeed later, because a CI client repeats it for half a minute, and for an unknown `requestType`.
    package var code: Int64 {
        switch self {
        case .nameTaken(_, .product): 2001
        case .nameTaken(_, .project): 2010
        case .unknownRequest, .notReady, .full, .uploadsPending, .tooManyCalls, .busy: 3000
        case .badJSON, .badValue, .badPattern, .unknownProcess, .failed, .notDownloadable, .finishedAlready,
            .nameTaken(_, .organization), .tooLargeForOneFile, .notFound, .notOffered:
            2021
        case .people(.unknownGroup): 2008
        case .people(.unknownUser): 2011
        case .people(.isMember): 2013
        case .people, .key: 2021
        case .noSuchLibrary: 3027
        case .tooManyLibraries: 3028
        case .unknownLibrary: 8000
        case .missing, .report(.missing): 3010
        case .report: 2021
        case .fault: Self.faultCode
        case .refused, .roleTooLow, .keyTooNarrow, .notYours: 5001
        }
    }

    /// Mend's own text for a missing right, letter by letter, because clients compare the text.
    private static let notAllowed = "User is not allowed to perform this action"

    package var message: String {
        switch self {
        case .badJSON(let why): "the request body is not a JSON object: \(why)"
        case .unknownRequest(let name): "requestType has the value \(Self.short(name)), which is not known"
        case .missing(let field, let accepted): "\(field) is missing; accepted: \(accepted)"
        case .badValue(let value, let field, let accepted):
            "\(field) has the value \(Self.short(value)); accepted: \(accepted)"
        case .badPattern(let value, let field, let why):
            """
            \(field) has the value \(Self.short(value)), which cannot be used: \(why); accepted: \(Self.patternAccepted)
            """
        case .refused: Self.notAllowed
        case .roleTooLow(let role, let needed, let call):
            "\(Self.notAllowed): \(call) needs the role \(needed.word), the user is \(role.word)"
        case .keyTooNarrow(let needed, let call):
            "\(Self.notAllowed): \(call) needs a key for \(needed.words.joined(separator: " or "))"
        case .nameTaken(let name, let kind): "\(kind.rawValue)Name has the value \(name), which is taken already"
        case .unknownProcess(let uuid, let field):
            "\(field) has the value \(Self.short(uuid)); no process with it exists here, or its time is over"
        case .notReady(let uuid, let state):
            """
            the report \(uuid) is \(state.rawValue); ask getAsyncProcessStatus until it is SUCCESS and download it then
            """
        case .failed(let uuid, let why): "the report \(uuid) FAILED: \(why)"
        case .notDownloadable(let uuid): "the process \(uuid) is no report: there is nothing to download"
        case .finishedAlready(let uuid, let state): "the process \(uuid) has ended already: it is \(state.rawValue)"
        case .notYours(let uuid):
            "\(Self.notAllowed): \(uuid) was started by somebody else, and only an administrator may change it"
        case .report(let error): error.description
        case .full(let why): why
        case .tooLargeForOneFile(let parts, let format):
            "the report fills \(parts) files as \(format); ask for it asynchronously, or in another format"
        case .uploadsPending: "uploads of this scope are still being read; ask again in a while, or asynchronously"
        case .notFound(let value, let field): "\(field) has the value \(Self.short(value)), which does not exist here"
        case .tooManyCalls(let seconds):
            """
            this key has made too many calls, or its address was refused too often; the next call is let in \(seconds) \
            seconds from now
            """
        case .busy(let seconds):
            """
            as many reports and trees as may wait are waiting to be made at once; ask again \(seconds) seconds from now, or \
            for a report asynchronously
            """
        case .people(let error): Self.text(of: error)
        case .key(let error): Self.text(of: error)
        case .unknownLibrary(let value, let field):
            "\(field) has the value \(Self.short(value)); no library here has this uuid"
        case .notOffered(let why): why
        case .noSuchLibrary(let name): "no library \(Self.short(name)) is known here"
        case .tooManyLibraries(let limit): "more than \(limit) libraries were found; say more of what is looked for"
        case .fault(let fault): fault.description
        }
    }

    private static func text(of error: PeopleError) -> String {
        switch error {
        case .unknownUser(let email): "no user with the address \(short(email)) is a member of the organization"
        case .unknownGroup(let name): "the organization has no group \(short(name))"
        case .isMember(let email): "\(short(email)) is a member of the organization already"
        case .groupTaken(let name): "a group with the name \(short(name)) exists already"
        case .badName(let name):
            "the name \(short(name)) cannot be used; accepted: 1 to \(AccountError.nameLimit) bytes of text"
        case .lastAdministrator: "the organization would have no administrator left; name another one first"
        case .hasOwnKeys(let email):
            """
            \(short(email)) signs in with an issuer or has rights in another organization, which a key would open, too: that person makes \
            and ends own keys; removing the member ends all rights here
            """
        }
    }

    private static func text(of error: KeyError) -> String {
        switch error {
        case .badName(let name):
            "keyName has the value \(short(name)); accepted: 1 to \(AccountError.nameLimit) bytes of text"
        case .nameTaken(let name): "keyName has the value \(short(name)), which another key of the user has"
        case .unknown(let key): "the user has no key \(short(key))"
        case .tooMany: "the user has \(Keys.limit) keys, as many as there may be; revoke one"
        case .ended(let time): "expires has the value \(TimeText.time(time)); accepted: a time that is still to come"
        }
    }

    /// A value from outside, short enough for a message.
    private static func short(_ value: String) -> String {
        value.count > 100 ? "\(value.prefix(100))…" : value
    }

    /// The answer: HTTP 200, like all answers of the API.
    package var response: HTTPResponse {
        let body = JSONWriter.object {
            $0.number("errorCode", code)
            $0.text("errorMessage", message)
        }
        var response = HTTPResponse(type: Answer.mediaType, bytes: Array(body.utf8))
        response.mark.error = Int(code)
        if case .fault(let fault) = self { fault.addHint(to: &response) }
        if let pause {
            // The errors with another status than HTTP 200: clients that know 429 wait and try again (reports.md
            // §1.7).
            response.status = 429
            response.headers["Retry-After"] = "\(pause)"
        }
        return response
    }

    /// Seconds after which the same request may succeed; nil where waiting does not help.
    private var pause: Int? {
        if case .tooManyCalls(let seconds) = self { return seconds }
        if case .busy(let seconds) = self { return seconds }
        return nil
    }
}

extension APIError {
    /// Translates errors of other targets for clients; nil for errors that clients must not see.
    package init?(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let denial as Denial: self = denial.error
        case let error as ReportError:
            if case .unreadable = error { return nil }
            self = .report(error)
        case AccountError.nameTaken(let name, let kind): self = .nameTaken(name, of: kind)
        case AccountError.badName(let name, let kind):
            self = .badValue(
                name, of: "\(kind.rawValue)Name",
                accepted: "1 to \(AccountError.nameLimit) bytes of text without control characters")
        case let error as PeopleError: self = .people(error)
        case let error as KeyError: self = .key(error)
        case AccountError.badEmail(let email):
            self = .badValue(email, of: "email", accepted: "NAME@DOMAIN, at most \(AccountError.nameLimit) bytes")
        case let error as QueueError:
            guard case .full = error else { return nil }
            self = .full(error.description)
        default: return nil
        }
    }
}
