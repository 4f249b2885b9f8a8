import Bytes
import Database
import Jobs
import Reports

/// Where somebody is in the console: ids, as the address and the forms carry them.
struct ConsolePlace: Sendable, Equatable {
    /// 0 for the first that the person belongs to.
    var organization: Int64 = 0
    var product: Int64 = 0
    var project: Int64 = 0
    /// Only what has this in its name is listed.
    var search = ""

    init() {}

    /// - Parameter field: gives the value of a field of the query or of a form.
    init(_ field: (String) -> String?) throws(APIError) {
        func number(_ name: String) throws(APIError) -> Int64 {
            guard let text = field(name)?.trimmingBlanks(), !text.isEmpty else { return 0 }
            return try WholeNumber(name, in: 0...NumberText.ids.upperBound).read(.text(text))
        }
        organization = try number("organization")
        product = try number("product")
        project = try number("project")
        search = field("search")?.trimmingBlanks() ?? ""
    }

    /// The ids as fields of a form.
    var fields: [(name: String, value: String)] {
        [("organization", organization), ("product", product), ("project", project)]
            .filter { $0.1 != 0 }.map { ($0.0, "\($0.1)") }
    }

    /// The address of its page.
    var address: String { address(of: .page) }

    /// The address of another page that keeps the place.
    func address(of path: ConsolePath) -> String {
        let query = fields.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        return path.path + (query.isEmpty ? "" : "?\(query)")
    }

    func product(_ id: Int64) -> ConsolePlace {
        var place = ConsolePlace()
        (place.organization, place.product) = (organization, id)
        return place
    }

    func project(_ id: Int64) -> ConsolePlace {
        var place = product(product)
        place.project = id
        return place
    }
}

// DESIGN. The console knows ids, everything else goes by tokens: a token is looked up in the list of what the person may
// see, and then authorization is asked as for every call. So an id from an address can name nothing that the list does
// not hold.

/// What a page of the console shows: a place, as one user sees it.
struct ConsoleView: Sendable {
    /// Finished reports that are listed.
    private static let reportLimit = 50
    /// Unfinished processes that are looked through.
    private static let unfinishedLimit = 1000

    let place: ConsolePlace
    /// Of the key that the session was begun with.
    let keyDigest: [UInt8]
    /// Of the narrowest scope that the place names.
    let access: Access
    let organizations: [(id: Int64, name: String)]
    let products: [ProductVital]
    let product: ProductVital?
    /// Of the product.
    let projects: [ProjectVital]
    let project: ProjectVital?
    /// What is said of vulnerabilities of the project rests on; nil on other pages.
    let basis: Basis?
    /// Saved patterns that decide nothing, for people of the whole organization on its own page.
    let unusable: [UnusablePattern]
    /// How current what is known is, on the page of the organization.
    let knowledge: [FeedState]

    /// Goes to a place; nil when the session's key belongs to nobody any more.
    init?(
        _ place: ConsolePlace, keyDigest: [UInt8], at time: Int64, on connection: any Connection
    ) throws {
        func enter(_ kind: ScopeKind, _ token: String) throws -> Access {
            try Access.check(
                keyDigest, kind, token: token, for: Need(.readOnly, with: .read, for: "the console"), at: time,
                on: connection)
        }
        self.keyDigest = keyDigest
        let holder = try KeyHolder.find(keyDigest, at: time, on: connection)
        guard let holder, let first = holder.organizations.first else { return nil }
        var here = place
        if here.organization == 0 { here.organization = first.id }
        guard let organization = holder.organizations.first(where: { $0.id == here.organization }) else {
            throw APIError.notFound("\(here.organization)", of: "organization")
        }
        var access = try enter(.organization, organization.token)
        let names = try OrganizationDetails.list(ofAccount: access.standing.account, on: connection)
        organizations = holder.organizations.map { known in
            (known.id, names.first { $0.token == known.token }?.name ?? "")
        }
        products = try ProductVital.list(access.scope, on: connection)
        guard here.product != 0 else {
            (product, projects, project, basis) = (nil, [], nil, nil)
            unusable =
                access.scope.visibleProducts == nil
                ? try UnusablePattern.list(organization: here.organization, on: connection) : []
            knowledge = try FeedState.all(on: connection)
            (self.place, self.access) = (here, access)
            return
        }
        guard let product = products.first(where: { $0.id == here.product }) else {
            throw APIError.notFound("\(here.product)", of: "product")
        }
        access = try enter(.product, product.token)
        projects = try ProjectVital.list(access.scope, on: connection)
        if here.project != 0 {
            guard let project = projects.first(where: { $0.id == here.project }) else {
                throw APIError.notFound("\(here.project)", of: "project")
            }
            access = try enter(.project, project.token)
            self.project = project
            basis = try Basis.read(access.scope, on: connection)
        } else {
            (project, basis) = (nil, nil)
        }
        self.product = product
        unusable = []
        knowledge = []
        (self.place, self.access) = (here, access)
    }

    var organizationName: String { organizations.first { $0.id == place.organization }?.name ?? "" }

    /// The reports of the organization that the person may see, those that are not finished first.
    func reports(_ queue: Queue, on connection: any Connection) throws -> [ReportLine] {
        let running = try queue.unfinished(
            organization: place.organization, limit: Self.unfinishedLimit, on: connection)
        let past = try queue.finishedReports(
            organization: place.organization, limit: Self.reportLimit, on: connection)
        let seen = (running.reversed() + past).filter { $0.job.kind == .report && access.canSee($0.job) }
        let names = try ProjectVital.names(
            Set(seen.map(\.job.project)).subtracting([0]), organization: place.organization, on: connection)
        return seen.map { standing in
            let job = standing.job
            let wanted = try? ReportRequest(json: job.request)
            let about = job.project != 0 ? names[job.project] : products.first { $0.id == job.product }?.name
            return ReportLine(
                standing: standing, type: wanted?.type ?? job.processType, format: wanted?.format.rawValue ?? "",
                about: about ?? (job.product == 0 ? organizationName : ""))
        }
    }

    /// What seeing the audit trail needs, in the whole organization.
    static let auditing = Need(.administrator, with: .administer, for: "the audit trail")
    /// Records of the audit trail on a page.
    private static let auditLimit = 200

    /// Whether the person may see the audit trail.
    var seesAudit: Bool { access.allows(Self.auditing.role, inProduct: nil) && access.allows(Self.auditing.scopes) }

    /// A page of the audit trail of the organization, the newest first.
    /// - Parameter cursor: where the page before ended.
    func audit(before cursor: String?, on connection: any Connection) throws -> [AuditRecord] {
        var wanted = AuditTrail.Wanted(organization: place.organization, limit: Self.auditLimit)
        if let cursor = cursor.flatMap({ AuditCursor($0) }) { wanted.before = (cursor.time, cursor.id) }
        return try AuditTrail.list(wanted, on: connection)
    }

    /// A report as the list shows it.
    struct ReportLine: Sendable {
        let standing: Queue.Poll
        let type: String
        let format: String
        /// The name of the organization, product or project.
        let about: String

        var job: Job { standing.job }
    }
}
