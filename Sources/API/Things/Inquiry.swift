package import Database
package import Jobs

/// A question about the things of a kind in an organization, a product or a project, by a user or by the operator, who needs no
/// key.
package struct Inquiry: Sendable {
    /// The most things in the answer of a call.
    package static let limits = 1...10_000

    private let scope: Scope
    private let queue: Queue
    /// The number of wanted things; for some kinds one more is read.
    private let limit: Int
    /// The rights of the user; nil for the operator.
    private let access: Access?
    /// The account whose keys are listed.
    private let keyOwner: Int64

    /// - Parameters:
    ///   - scope: the place that the user named, narrowed to what the user may see.
    ///   - limit: the number of wanted things; of kinds that grow without a bound one more is read, so that it is seen whether there
    ///     are more.
    ///   - access: the rights of the user; nil for the operator.
    ///   - keyOwner: the account whose keys are listed; 0 in questions about other kinds.
    package init(in scope: Scope, _ queue: Queue, limit: Int, by access: Access? = nil, keyOwner: Int64 = 0) {
        (self.scope, self.queue, self.limit, self.access) = (scope, queue, limit, access)
        self.keyOwner = keyOwner
    }

    /// The things in their order.
    package func items(_ kind: Kind, on connection: any Connection) throws -> [Item] {
        switch kind {
        case .products: try ProductVital.list(scope, on: connection).map { Item($0) }
        case .projects: try ProjectVital.list(scope, on: connection).map { Item($0) }
        case .libraries: try LibraryRecords.list(scope, limit: limit + 1, on: connection).map { Item($0) }
        case .reports:
            try seen(
                queue.unfinished(
                    organization: scope.organization, where: "kind = 'REPORT' AND \(place)", limit: limit + 1,
                    on: connection
                ).map(\.job)
                    + queue.finishedReports(
                        organization: scope.organization, where: place, limit: limit + 1, on: connection
                    ).map(\.job)
            ).map { Item(.reports, $0) }
        case .uploads:
            try seen(
                queue.uploads(organization: scope.organization, where: place, limit: limit + 1, on: connection)
            ).map { Item(.uploads, $0) }
        case .policies:
            // A user who may see only some products gets the policies that apply to them.
            scope.kind == .organization && scope.visibleProducts != nil
                ? [] : try Policies.ownAndInherited(of: scope, on: connection).map { Item($0) }
        case .users:
            try Member.page(scope, having: "", behind: 0, limit: limit + 1, on: connection).map { Item($0) }
        case .keys: try Keys.list(account: keyOwner, on: connection).map { Item($0) }
        case .schedules:
            try Schedules.list(scope.organization, account: access.flatMap(\.scheduleOwner), on: connection)
                .map { Item($0) }
        }
    }

    /// The condition on rows of jobs, so that jobs of other places do not use up the limit. For reports on the whole
    /// organization, the requests contain what they show.
    private var place: SQL {
        var sql: SQL = "1 = 1"
        if scope.product != 0 { sql.append(" AND product = \(scope.product)") }
        if scope.project != 0 { sql.append(" AND project = \(scope.project)") }
        if let visible = scope.visibleProducts {
            sql.append(" AND product IN \(SQL.list(([0] + visible).map(Value.integer)))")
        }
        return sql
    }

    /// The jobs of the requested place that the user may see.
    private func seen(_ jobs: [Job]) -> [Job] {
        jobs.filter { job in
            (access?.canSee(job) ?? true) && (scope.product == 0 || job.product == scope.product)
                && (scope.project == 0 || job.project == scope.project)
        }
    }
}

extension Access {
    /// The account whose schedules a user may see; nil for all accounts, which administrators of the whole
    /// organization may see.
    var scheduleOwner: Int64? { allows(.administrator, inProduct: nil) ? nil : standing.account }
}
