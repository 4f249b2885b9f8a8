import Database
import HTTP

// DESIGN. THE table of calls. A call is data: its name, the token and the least role that it needs, its cost, and the
// function that answers. A new call is a `static let` in a file of `Calls/` and its line in `table`; the tests walk the
// table.

/// One request that the Mend API answers.
package struct Call: Sendable {
    /// The kind of thread that a call needs.
    package enum Cost: Sendable {
        /// A few point queries, which run on the server's event thread when the database is in this process.
        case points
        /// Lists and files, which run on a separate thread.
        case work
    }

    /// Mend's name; its case matters.
    package let requestType: String
    package let token: TokenRule
    /// The least role in the scope of the token, and the scopes of the key.
    package let need: Need
    let cost: Cost
    /// The fields besides key and token. The call reads no other field.
    let takes: [Parameter]
    /// The parameters that are whole numbers or contain some.
    private let numbered: [Parameter]
    private let body: @Sendable (borrowing CallVisit) throws -> Outcome

    /// - Parameter keys: the scopes of which the key needs one; nil means reading for calls that every role may make,
    ///   and administering for others.
    init(
        _ requestType: String, _ token: TokenRule, _ role: Role, _ cost: Cost, keys: KeyScopes? = nil,
        takes: [Parameter] = [],
        answer body: @escaping @Sendable (borrowing CallVisit) throws -> Outcome
    ) {
        self.requestType = requestType
        self.token = token
        need = Need(role, with: keys ?? (role == .readOnly ? .read : .administer), for: requestType)
        self.cost = cost
        self.takes = takes
        numbered = takes.filter(\.hasNumbers)
        self.body = body
    }

    /// Answers the call for an admitted user. The returned closure does the writes. The ranges of its numbers are
    /// checked before it reads any field.
    func answer(
        _ request: Request, _ access: Access, _ caller: Caller, on connection: any Connection, _ backend: Backend
    ) throws -> Outcome {
        var request = request
        request.declared = takes
        try request.check(numbered)
        return try body(
            CallVisit(
                request: request, access: access, headers: caller.headers,
                origin: caller.origin(of: requestType, by: access), connection: connection, backend: backend))
    }

    /// All calls.
    package static let table: [Call] =
        [
            .generateOrganizationReport, .generateProductReport, .generateProjectReport,
            .processStatus, .downloadReport, .cancelProcess, .retryProcess, .processes,
            .organizationDetails, .allProducts, .allProjects,
            .organizationProductVitals, .productVitals,
            .organizationProjectVitals, .productProjectVitals, .projectVitals,
            .createProduct, .createProject, .deleteProduct, .deleteProject,
            .ignoreAlerts, .setAlertsStatus,
            .projectHierarchy, .projectLibraryDependencies,
            .pendingTasks, .closePendingTask,
        ] + audit + automation + curation + decisions + keys + libraries + lists + notices + origins + people + policies
        + policyIssues
        + signIn
        + states
        + subscriptions
        + tags
        + things
        + synchronousReports

    private static let byName = Dictionary(uniqueKeysWithValues: table.map { ($0.requestType, $0) })

    /// The call that a request names.
    static func named(in request: Request) throws(APIError) -> Call {
        let name = try request.text("requestType", accepted: "the name of a request, as getAsyncProcessStatus")
        guard let call = byName[name] else { throw .unknownRequest(name) }
        return call
    }
}

/// An admitted request, with everything that a call may use. Lives while the connection is lent.
struct CallVisit: ~Copyable {
    let request: Request
    let access: Access
    let headers: HTTPFields
    /// The origin of the call, for the audit trail.
    let origin: AuditRecord.Origin
    let connection: any Connection
    let backend: Backend

    var scope: Scope { access.scope }
}

/// The way in which a call ends.
enum Outcome: Sendable {
    case answer(HTTPResponse)
    /// The request is checked. A change has to become durable before the answer.
    case write(@Sendable () async throws -> HTTPResponse)
}
