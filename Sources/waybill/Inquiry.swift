import Bytes
import Database
import Jobs
import Reports
import Service

/// What `waybill list`, `get` and `delete` know.
enum Kind: String, CaseIterable {
    case products
    case projects
    case libraries
    case reports
    case uploads
    case policies
    case users
    case keys
    case schedules

    /// The kind that a word means, in the singular too.
    init(word: String?) throws(UsageError) {
        let words = Self.allCases.map(\.rawValue).joined(separator: ", ")
        guard let word else { throw UsageError(description: "which KIND is wanted? There are: \(words)") }
        if let kind = Self.allCases.first(where: {
            $0.rawValue == word.lowercased() || $0.singular == word.lowercased()
        }) {
            self = kind
            return
        }
        let near = NearWord.nearest(to: word, among: Self.allCases.map(\.rawValue))
        throw UsageError(
            description: "there is no kind \(word.prefix(100)); "
                + (near.map { "did you mean \($0)?" } ?? "there are: \(words)"))
    }

    var singular: String {
        switch self {
        case .libraries: "library"
        case .policies: "policy"
        case .products, .projects, .reports, .uploads, .users, .keys, .schedules: String(rawValue.dropLast())
        }
    }

    /// Whether `waybill delete` knows it.
    var isDeletable: Bool {
        switch self {
        case .products, .projects, .policies, .users, .keys, .schedules: true
        case .libraries, .reports, .uploads: false
        }
    }
}

/// One thing of a kind: its members in the order in which they are shown.
struct Item: Sendable {
    enum Value: Sendable {
        case text(String)
        case number(Int64)
        case flag(Bool)
        /// Milliseconds since 1970, UTC; 0 for never.
        case time(Int64)

        var text: String {
            switch self {
            case .text(let text): text
            case .number(let number): String(number)
            case .flag(let flag): flag ? "yes" : "no"
            case .time(let time): time == 0 ? "" : TimeText.time(time)
            }
        }
    }

    let members: [(name: StaticString, value: Value)]
    /// What it is found by, beside its name.
    let handles: [String]

    func write(to json: inout JSONWriter) {
        for member in members {
            switch member.value {
            case .text(let text): json.text(member.name, text)
            case .number(let number): json.number(member.name, number)
            case .flag(let flag): json.flag(member.name, flag)
            case .time(let time): if time != 0 { json.time(member.name, time) }
            }
        }
    }
}

/// A question about things of a kind, in an organization, a product or a project.
struct Inquiry: Sendable {
    let runtime: Runtime
    let scope: Scope
    let limit: Int
    /// Whose keys.
    let email: String?

    func items(_ kind: Kind) throws -> [Item] {
        let queue = runtime.queue
        return try runtime.database.snapshot { connection in
            switch kind {
            case .products: try ProductVital.list(scope, on: connection).map(Item.init)
            case .projects: try ProjectVital.list(scope, on: connection).map(Item.init)
            case .libraries: try LibraryRecords.list(scope, limit: limit + 1, on: connection).map(Item.init)
            case .reports:
                try queue.unfinished(organization: scope.organization, limit: limit + 1, on: connection)
                    .filter { $0.job.kind == .report }.map { Item($0.job) }
                    + queue.finishedReports(organization: scope.organization, limit: limit + 1, on: connection)
                    .map { Item($0.job) }
            case .uploads:
                try queue.uploads(organization: scope.organization, limit: limit + 1, on: connection).map(Item.init)
            case .policies: try Policies.ownAndInherited(of: scope, on: connection).map(Item.init)
            case .users: try Member.list(scope, on: connection).map(Item.init)
            case .keys:
                try Keys.list(
                    account: try People.user(email ?? "", in: scope.organization, on: connection).id, on: connection
                ).map(Item.init)
            case .schedules: try Schedules.list(scope.organization, account: nil, on: connection).map(Item.init)
            }
        }
    }
}

extension Item {
    fileprivate init(_ product: ProductVital) {
        members = [
            ("product", .text(product.name)), ("productToken", .text(product.token)),
            ("updated", .time(product.updated)),
        ]
        handles = [product.name, product.token]
    }

    fileprivate init(_ project: ProjectVital) {
        members = [
            ("product", .text(project.productName)), ("project", .text(project.name)),
            ("projectToken", .text(project.token)), ("updated", .time(project.updated)),
            ("isInProgress", .flag(project.isInProgress)),
        ]
        handles = [project.name, "\(project.productName)/\(project.name)", project.token]
    }

    fileprivate init(_ library: LibraryRecord) {
        members = [
            ("library", .text(library.name)), ("version", .text(library.version)), ("purl", .text(library.purl)),
            ("licenses", .text(library.licenses.joined(separator: ", "))), ("keyUuid", .text(library.uuid)),
        ]
        handles = [library.name, library.filename, library.purl, library.uuid]
    }

    fileprivate init(_ job: Job) {
        members = [
            ("uuid", .text(job.uuid)), ("type", .text(job.processType)), ("status", .text(job.state.rawValue)),
            ("rows", .number(job.rowsDone)), ("created", .time(job.created)), ("error", .text(job.error)),
        ]
        handles = [job.uuid]
    }

    fileprivate init(_ policy: Policy) {
        members = [
            ("policyId", .number(policy.id)), ("policy", .text(policy.name)), ("context", .text(policy.context)),
            ("filter", .text(policy.filterType)), ("action", .text(policy.actionType)),
            ("enabled", .flag(policy.isEnabled)),
        ]
        handles = [policy.name, String(policy.id)]
    }

    fileprivate init(_ member: Member) {
        members = [
            ("email", .text(member.person.email)), ("name", .text(member.person.name)),
            ("kind", .text(member.kind)), ("role", .text(member.rolesText)), ("keys", .number(member.keys)),
        ]
        handles = [member.person.email, member.person.name]
    }

    fileprivate init(_ key: KeyRecord) {
        members = [
            ("key", .text(key.name)), ("scopes", .text(key.scopes.words.joined(separator: ","))),
            ("created", .time(key.created)), ("expires", .time(key.expires)), ("lastUsed", .time(key.used)),
        ]
        handles = [key.name]
    }

    fileprivate init(_ schedule: ScheduleRecord) {
        members = [
            ("scheduleId", .number(schedule.id)), ("cron", .text(schedule.cron)), ("email", .text(schedule.email)),
            ("report", .text((try? ReportRequest(json: schedule.request).type) ?? "")), ("due", .time(schedule.due)),
        ]
        handles = [String(schedule.id)]
    }
}
