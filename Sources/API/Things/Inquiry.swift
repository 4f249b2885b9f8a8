import Bytes
package import Database
package import Jobs

/// A question about the things of a kind in an organization, a product or a project, by a user or by the operator, who needs no
/// key.
package struct Inquiry: Sendable {
    /// The most things in the answer of a call.
    package static let limits = 1...10_000

    private let scope: Scope
    private let queue: Queue
    /// The most things of a page; of kinds that grow without a bound one more is read, so that it is seen whether there are more.
    private let limit: Int
    /// The rights of the user; nil for the operator.
    private let access: Access?
    /// The account whose keys are listed.
    private let keyOwner: Int64

    /// - Parameters:
    ///   - scope: the place that the user named, narrowed to what the user may see.
    ///   - limit: the most things of a page.
    ///   - access: the rights of the user; nil for the operator.
    ///   - keyOwner: the account whose keys are listed; 0 in questions about other kinds.
    package init(in scope: Scope, _ queue: Queue, limit: Int, by access: Access? = nil, keyOwner: Int64 = 0) {
        (self.scope, self.queue, self.limit, self.access) = (scope, queue, limit, access)
        self.keyOwner = keyOwner
    }

    /// Some of the things of a kind in their order.
    package struct Page: Sendable {
        package let items: [Item]
        /// The request for the next page; nil after the last page.
        package let next: PageEnd?
    }

    /// The first things in their order, or those after the end of another page.
    package func page(_ kind: Kind, behind end: PageEnd? = nil, on connection: any Connection) throws -> Page {
        switch kind {
        case .products: try rest(of: ProductVital.list(scope, on: connection), behind: end, \.id) { Item($0) }
        case .projects: try rest(of: ProjectVital.list(scope, on: connection), behind: end, \.id) { Item($0) }
        case .libraries:
            try first(of: libraries(behind: end, on: connection)) {
                PageEnd(id: $0.id)
            } as: {
                Item($0)
            }
        case .reports: try jobs(.reports, try reports(behind: end, on: connection))
        case .uploads: try jobs(.uploads, try uploads(behind: end, on: connection))
        case .policies:
            // A user who may see only some products gets the policies that apply to them.
            try rest(
                of: scope.kind == .organization && scope.visibleProducts != nil
                    ? [] : Policies.ownAndInherited(of: scope, on: connection), behind: end, \.id
            ) { Item($0) }
        case .users:
            try first(
                of: Member.page(scope, having: "", behind: end?.id ?? 0, limit: limit + 1, on: connection)
            ) {
                PageEnd(id: $0.person.id)
            } as: {
                Item($0)
            }
        case .keys: try rest(of: Keys.list(account: keyOwner, on: connection), behind: end, \.id) { Item($0) }
        case .schedules:
            try rest(
                of: Schedules.list(scope.organization, account: access.flatMap(\.scheduleOwner), on: connection),
                behind: end, \.id
            ) { Item($0) }
        }
    }

    // MARK: Pages

    /// The page of things that were read one more than there is room for.
    private func first<Thing>(
        of found: some Collection<Thing>, end: (Thing) -> PageEnd, as item: (Thing) -> Item
    ) -> Page {
        let shown = Array(found.prefix(limit))
        return Page(items: shown.map(item), next: found.count > limit ? shown.last.map(end) : nil)
    }

    /// The page of things that were all read.
    private func rest<Thing>(
        of all: [Thing], behind end: PageEnd?, _ id: (Thing) -> Int64, as item: (Thing) -> Item
    ) throws -> Page {
        var found = all[...]
        if let end {
            guard let place = all.firstIndex(where: { id($0) == end.id }) else { throw end.gone }
            found = all[(place + 1)...]
        }
        return first(of: found, end: { PageEnd(id: id($0)) }, as: item)
    }

    private func libraries(behind end: PageEnd?, on connection: any Connection) throws -> [LibraryRecord] {
        if let end, try !LibraryRecords.isThere(end.id, in: scope, on: connection) { throw end.gone }
        return try LibraryRecords.list(scope, behind: end?.id, limit: limit + 1, on: connection)
    }

    // MARK: Jobs

    /// The unfinished reports, then the finished ones, the last first.
    private func reports(behind end: PageEnd?, on connection: any Connection) throws -> [Job] {
        var (waiting, done): (SQL, SQL) = ("kind = 'REPORT' AND \(place)", place)
        if let end {
            try require(end, on: connection)
            waiting.append(" AND id > \(end.id)")
            if end.isFinished {
                done.append(
                    """
                     AND (finished_at, id) < (SELECT f.finished_at, f.id FROM job f
                        WHERE f.id = \(end.id) AND f.organization = \(scope.organization))
                    """)
            }
        }
        let unfinished =
            end?.isFinished == true
            ? []
            : try queue.unfinished(
                organization: scope.organization, where: waiting, limit: limit + 1, on: connection
            ).map(\.job)
        guard unfinished.count <= limit else { return unfinished }
        return try unfinished
            + queue.finishedReports(
                organization: scope.organization, where: done, limit: limit + 1 - unfinished.count, on: connection
            ).map(\.job)
    }

    /// The uploads, the newest first.
    private func uploads(behind end: PageEnd?, on connection: any Connection) throws -> [Job] {
        var condition = place
        if let end { condition.append(" AND id < \(end.id)") }
        return try queue.uploads(organization: scope.organization, where: condition, limit: limit + 1, on: connection)
    }

    /// Throws if the job at the end of a page no longer exists, because the next page is then unknown.
    private func require(_ end: PageEnd, on connection: any Connection) throws {
        let known = try connection.integer(
            "SELECT count(*) FROM job WHERE id = \(end.id) AND organization = \(scope.organization)")
        guard known == 1 else { throw end.gone }
    }

    /// The page of jobs; those that the user may not see take places and are left out.
    private func jobs(_ kind: Kind, _ found: [Job]) throws -> Page {
        let page = found.prefix(limit)
        return Page(
            items: seen(Array(page)).map { Item(kind, $0) },
            next: found.count > limit ? page.last.map { PageEnd(id: $0.id, isFinished: $0.state.isFinal) } : nil)
    }

    /// The condition on the place in the rows of jobs, so that jobs of other places do not use up the limit. The requests of
    /// reports on the whole organization contain their visible products.
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

/// Where a page of things ended.
package struct PageEnd: Sendable, Equatable {
    static let accepted = "the value of next in the answer before"

    /// The number of the row of its last thing.
    let id: Int64
    /// Whether the thing is a finished job: finished jobs come after the others.
    let isFinished: Bool

    init(id: Int64, isFinished: Bool = false) { (self.id, self.isFinished) = (id, isFinished) }

    /// The end that an answer gave; nil for other texts.
    package init?(_ text: String) {
        isFinished = text.hasPrefix("f")
        guard let id = NumberText.whole(text.dropFirst(isFinished ? 1 : 0), in: NumberText.ids) else { return nil }
        self.id = id
    }

    package var text: String { isFinished ? "f\(id)" : "\(id)" }

    /// The error where the last thing of the page was deleted since.
    var gone: APIError {
        .badValue(text, of: "cursor", accepted: "\(Self.accepted); the last thing there is gone, so begin without it")
    }
}

extension Access {
    /// The account whose schedules a user may see; nil for all accounts, which administrators of the whole
    /// organization may see.
    var scheduleOwner: Int64? { allows(.administrator, inProduct: nil) ? nil : standing.account }
}
