import API
import Bytes
import Database
import Glibc
import Intake
import Jobs
import Outbound
import Reports
import Service

/// A running server, called with a user's key: everything that the user may see and do there. Belongs to one thread.
final class ServerPlace: Workplace {
    let server: ServerConnection
    private let organizationName: String?
    /// The organization, once it is known.
    private var chosen: Entity?

    /// - Parameter organization: its token or name; nil for the only one that the key is valid in.
    init(_ address: ServerAddress, organization: String?) throws {
        server = try ServerConnection(address)
        organizationName = organization
    }

    convenience init(_ address: ServerAddress, _ configuration: Configuration) throws {
        try self.init(address, organization: configuration["org"])
    }

    // MARK: Names

    /// The organizations that the key is valid in.
    private func organizations() throws -> [Entity] {
        try server.call("getAllOrganizations", as: OrganizationsAnswer.self) { _ in }.organizations.map {
            Entity(id: 0, token: $0.orgToken, name: $0.orgName)
        }
    }

    func entity() throws -> Entity {
        if let chosen { return chosen }
        let found = try Naming.organization(
            organizationName, among: try organizations(), at: "on this server for this key",
            orElse: "this key opens no organization")
        chosen = found
        return found
    }

    func place(named wanted: String?, in outer: NamedPlace?, kinds: [ScopeKind]) throws -> NamedPlace {
        let organization = try entity()
        guard let wanted else {
            return NamedPlace(scope: Self.scope(.organization), token: organization.token)
        }
        var names: [String] = []
        let isToken = Naming.isToken(wanted)
        for kind in kinds {
            let (known, hasMore) = try candidates(kind, of: organization)
            let found = known.filter { isToken ? $0.token == wanted : $0.names.contains(wanted) }
            guard found.count <= 1 else { throw Naming.ambiguous(wanted, found.count, kind) }
            // The wanted project, or another one of this name, may follow the first things; a path names exactly one.
            let isSure = !hasMore || isToken || kind == .project && found.first.map { $0.names[0] != wanted } ?? false
            guard isSure else {
                throw UsageError(
                    description: """
                        the server has more than \(listLimit) \(kind.rawValue)s: which one is \(wanted.prefix(200))? Say its token
                        """)
            }
            if let first = found.first { return NamedPlace(scope: Self.scope(kind), token: first.token) }
            if hasMore, try isThere(wanted, kind) { return NamedPlace(scope: Self.scope(kind), token: wanted) }
            names += known.flatMap(\.names)
        }
        throw Naming.unknown(wanted, kinds, at: "on this server", among: names)
    }

    /// Whether the server knows the token of a product or project.
    private func isThere(_ token: String, _ kind: ScopeKind) throws -> Bool {
        let place = NamedPlace(scope: Self.scope(kind), token: token)
        do {
            return try !items(kind == .product ? .products : .projects, in: place, limit: 1, email: nil).items.isEmpty
        } catch let error as ServerError where error.code == ServerError.refused {
            return false
        }
    }

    /// A scope of this kind; the numbers in a server's database are unknown here.
    private static func scope(_ kind: ScopeKind) -> Scope { Scope(kind: kind, organization: 0) }

    /// The first things of a kind of scope, each with its names, and whether there are more.
    private func candidates(
        _ kind: ScopeKind, of organization: Entity
    ) throws -> (known: [(token: String, names: [String])], hasMore: Bool) {
        let whole = NamedPlace(scope: Self.scope(.organization), token: organization.token)
        switch kind {
        case .organization: return ([(organization.token, [organization.name])], false)
        case .product:
            let listed = try items(.products, in: whole, limit: listLimit, email: nil)
            let known = listed.items.map { item in
                (token: item.text(1), names: [item.text(0), "\(organization.name)/\(item.text(0))"])
            }
            return (known, listed.hasMore)
        case .project:
            let listed = try items(.projects, in: whole, limit: listLimit, email: nil)
            let known = listed.items.map { item in
                let path = "\(item.text(0))/\(item.text(1))"
                return (token: item.text(2), names: [item.text(1), path, "\(organization.name)/\(path)"])
            }
            return (known, listed.hasMore)
        }
    }

    // MARK: Things

    func items(_ kind: Kind, in place: NamedPlace, limit: Int, email: String?) throws -> Listed {
        var items: [Item] = []
        var next: String?
        repeat {
            let wanted = min(Inquiry.limits.upperBound, limit - items.count)
            let page = try server.call("waybillList", as: ThingsAnswer.self) { json in
                json.text(named: place.scope.kind.tokenField, place.token)
                json.text("kind", kind.rawValue)
                json.number("limit", wanted)
                if let email { json.text("email", email) }
                if let next { json.text("cursor", next) }
            }
            items += page.items
            next = page.next
        } while next != nil && items.count < limit
        return Listed(items: items, hasMore: next != nil)
    }

    func delete(_ item: Item, in place: NamedPlace, email: String?) throws {
        let handle = item.handles.last ?? ""
        switch item.kind {
        case .products: try server.call("deleteProduct") { $0.text("productToken", handle) }
        case .projects: try server.call("deleteProject") { $0.text("projectToken", handle) }
        case .policies: try remove(policy: item, in: place)
        case .schedules:
            let organization = try organization()
            try server.call("waybillRemoveSchedule") {
                $0.text("orgToken", organization.token)
                $0.text("scheduleId", handle)
            }
        case .users:
            let organization = try organization()
            try server.call("removeUserFromOrganization") {
                $0.text("orgToken", organization.token)
                $0.object("user") { $0.text("email", item.handles.first ?? "") }
            }
        case .keys:
            let organization = try organization()
            try server.call("waybillRevokeKey") {
                $0.text("orgToken", organization.token)
                $0.text("keyName", handle)
                if let email { $0.text("email", email) }
            }
        // `Kind.isDeletable` was checked before.
        case .libraries, .reports, .uploads: break
        }
    }

    /// Removes a policy in its own place, which may be wider than the requested place.
    private func remove(policy: Item, in place: NamedPlace) throws {
        let handle = policy.handles.last ?? ""
        guard let kind = ScopeKind.allCases.first(where: { $0.contextType == policy.text(2) }) else {
            throw Failure("the server says of the policy \(handle) that it holds in \(policy.text(2))")
        }
        var owner = place
        if kind == .organization {
            owner = try organization()
        } else if kind == .product, place.scope.kind == .project {
            let projects = try items(.projects, in: place, limit: 1, email: nil).items
            owner = try self.place(named: projects.first?.text(0) ?? "", in: nil, kinds: [.product])
        }
        let word = kind == .organization ? "Organization" : kind == .product ? "Product" : "Project"
        let answer = try server.call("remove\(word)Policies", as: RemovedPoliciesAnswer.self) { json in
            json.text(named: kind.tokenField, owner.token)
            json.texts("policyIds", [handle])
        }
        guard answer.removedPolicies > 0 else { throw Failure("there is no policy \(handle) any more") }
    }

    /// Nil for a key that is only valid for uploads, which may not see existing things.
    func productTokens() throws -> Set<String>? {
        do {
            let place = try organization()
            return Set(try items(.products, in: place, limit: listLimit, email: nil).items.map { $0.text(1) })
        } catch let error as ServerError where error.code == ServerError.refused {
            return nil
        }
    }

    // MARK: Jobs

    func standings(of uuids: [String]) throws -> [JobStanding] {
        try uuids.map { uuid in
            let process = try process(uuid)
            return JobStanding(
                uuid: process.answer.uuid, state: try Self.state(of: process.answer),
                error: process.answer.errorMessage ?? "")
        }
    }

    func retry(_ uuids: [String]?) throws -> [(uuid: String, outcome: Queue.Rerun)] {
        guard let uuids else {
            throw UsageError(
                description:
                    "--all is for the operator, on the data itself; with --server the UUIDs are named (waybill list uploads)"
            )
        }
        // All jobs are looked up before any is tried again.
        let before = try standings(of: uuids)
        return try before.map { job in
            switch job.state {
            case .success: return (job.uuid, .done)
            case .pending, .inProgress: return (job.uuid, .unfinished)
            case .failed:
                let place = try process(job.uuid).organization
                try server.call("waybillRetryProcess") {
                    $0.text("orgToken", place)
                    $0.text("uuid", job.uuid)
                }
                return (job.uuid, .restarted)
            }
        }
    }

    typealias Process = (answer: ProcessAnswer.Process, organization: String, json: [UInt8])

    /// The state of a process in any organization of the key.
    private func process(_ uuid: String) throws -> Process {
        for organization in try chosen.map({ [$0] }) ?? organizations() {
            do {
                return try process(uuid, in: organization.token)
            } catch let error as ServerError where error.code == ServerError.badValue {
                continue
            }
        }
        throw JobStanding.unknown(uuid)
    }

    func process(_ uuid: String, in organization: String) throws -> Process {
        let json = try server.call("getAsyncProcessStatus") {
            $0.text("orgToken", organization)
            $0.text("uuid", uuid)
        }
        return (try server.decoded(json, as: ProcessAnswer.self).asyncProcessStatus, organization, json)
    }

    static func state(of process: ProcessAnswer.Process) throws -> Job.State {
        guard let state = process.state else {
            throw Failure("the server says of the job \(process.uuid) that it is \(process.status.prefix(50))")
        }
        return state
    }

    // MARK: Questions

    func answer(to question: Question, limit: Int) throws -> Question.Answer {
        let organization = try organization()
        return try question.pages(upTo: limit) { page in
            var query = [
                (page.field.rawValue, page.text), ("orgToken", organization.token), ("limit", "\(page.limit)"),
            ]
            if let cursor = page.cursor { query.append(("cursor", cursor)) }
            if !page.filters.severities.isEmpty {
                query.append(("severity", page.filters.severities.joined(separator: ",")))
            }
            if page.filters.isExploited == true { query.append(("exploited", "true")) }
            query += page.filters.products.map { ("product", $0) } + page.filters.projects.map { ("project", $0) }
            let text = query.map { "\($0.0)=\($0.1.percentEncoded)" }.joined(separator: "&")
            do {
                return try server.get("/api/ask?\(text)", as: QuestionAnswer.self).page
            } catch let error as ServerError where ServerError.wrongQuestions.contains(error.code) {
                // The same error as for the data itself.
                throw UsageError(description: error.message)
            }
        }
    }
}
