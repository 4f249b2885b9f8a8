import API
import Bytes
import Database
import Glibc
import Intake
import Jobs
import Reports
import Service

/// The data itself, with or without servers beside this process.
struct DataPlace: Workplace {
    let runtime: Runtime
    /// The organization that the command names.
    let organizationName: String?

    /// Opens existing data.
    init(_ configuration: Configuration) throws {
        runtime = try Runtime(existing: configuration)
        organizationName = configuration["org"]
    }

    func place(named wanted: String?, in outer: NamedPlace?, kinds: [ScopeKind]) throws -> NamedPlace {
        guard let wanted else {
            let organization = try runtime.organization(named: organizationName)
            return NamedPlace(scope: Scope(kind: .organization, organization: organization), token: "")
        }
        let within = try outer?.scope.organization ?? organizationName.map { try runtime.organization(named: $0) }
        let scope = try runtime.scope(named: wanted, in: within, kinds: kinds)
        return NamedPlace(scope: scope, token: scope.kind == .organization ? "" : try runtime.token(of: scope))
    }

    // MARK: Things

    func items(_ kind: Kind, in place: NamedPlace, limit: Int, email: String?) throws -> Listed {
        let queue = runtime.queue
        let page = try runtime.database.snapshot { connection in
            let owner =
                kind == .keys
                ? try People.user(email ?? "", in: place.scope.organization, on: connection).id : 0
            return try Inquiry(in: place.scope, queue, limit: limit, keyOwner: owner).page(kind, on: connection)
        }
        return Listed(items: page.items, hasMore: page.next != nil)
    }

    func delete(_ item: Item, in place: NamedPlace, email: String?) throws {
        let handle = item.handles.last ?? ""
        switch item.kind {
        case .products, .projects:
            let kinds: [ScopeKind] = item.kind == .products ? [.product] : [.project]
            let target = try runtime.scope(named: handle, in: place.scope.organization, kinds: kinds)
            try change(target) { writing in
                if target.kind == .product { try Deletion.product(writing) } else { try Deletion.project(writing) }
            }
        case .policies:
            try change(place.scope) { writing in
                let id = Int64(handle) ?? 0
                let policy = try Policies.ownAndInherited(of: writing.scope, on: writing.connection)
                    .first { $0.id == id }
                guard let policy else { throw Failure("there is no policy \(handle) any more") }
                let owner = Scope(
                    kind: policy.kind, organization: writing.scope.organization, product: policy.product,
                    project: policy.project)
                _ = try Policies.remove([id], writing.moved(to: owner))
            }
        case .schedules:
            try change(place.scope) { writing in
                guard try Schedules.remove(Int64(handle) ?? 0, account: nil, writing) else {
                    throw Failure("there is no schedule \(handle) any more")
                }
            }
        case .users: try change(place.scope) { try People.remove(email: item.handles.first ?? "", $0) }
        case .keys:
            try change(place.scope) { writing in
                let person = try People.user(email ?? "", in: writing.scope.organization, on: writing.connection)
                try Keys.revoke(.name(handle), of: person, writing)
            }
        // `Kind.isDeletable` was checked before.
        case .libraries, .reports, .uploads: break
        }
    }

    /// Changes something in the operator's name.
    func change(_ place: Scope, _ body: @escaping @Sendable (Writing) throws -> Void) throws {
        let time = Clock.now()
        try runtime.database.write { try body(Writing(in: place, by: .system, at: time, on: $0)) }
    }

    func productTokens() throws -> Set<String>? { try runtime.productTokens() }

    // MARK: Jobs

    /// Jobs of all organizations.
    func standings(of uuids: [String]) throws -> [JobStanding] {
        let queue = runtime.queue
        return try runtime.database.snapshot { connection in
            try uuids.map { uuid in
                guard let job = try queue.find(uuid: uuid.lowercased(), on: connection) else {
                    throw JobStanding.unknown(uuid)
                }
                return JobStanding(uuid: job.uuid, state: job.state, error: job.error)
            }
        }
    }

    /// In one transaction; no job is changed if one name belongs to none.
    func retry(_ uuids: [String]?) throws -> [(uuid: String, outcome: Queue.Rerun)] {
        let queue = runtime.queue
        return try queue.database.write { connection in
            let uuids = try uuids?.map { $0.lowercased() } ?? queue.givenUp(limit: .max, on: connection).map(\.uuid)
            return try uuids.map { uuid in
                guard let outcome = try queue.rerun(uuid: uuid, on: connection) else {
                    throw JobStanding.unknown(uuid)
                }
                return (uuid, outcome)
            }
        }
    }

    // MARK: Questions and reports

    func answer(to question: Question, limit: Int) throws -> Question.Answer {
        let scope = try organization().scope
        try question.prepare(in: scope, of: runtime.database)
        return try question.pages(upTo: limit) { page in
            try runtime.database.snapshot { try page.answer(in: scope, on: $0) }
        }
    }

    func make(
        _ request: ReportRequest, of place: NamedPlace, fields: [String: [String]], into output: ReportOutput,
        progress: ReportProgress
    ) throws -> ReportResult {
        let request = try comparing(request)
        let production = try Production(
            request, settings: runtime.settings.production, progress: { progress.rows.value = $0 })
        let produced = try output.write(production, from: runtime.database, counting: progress.bytes)
        return ReportResult(parts: produced.parts, rows: Int(produced.rows), notes: request.notes + produced.notes)
    }

    /// The request with the other side of its comparison, which must be in the same organization.
    private func comparing(_ request: ReportRequest) throws -> ReportRequest {
        guard let token = request.comparisonToken else { return request }
        let other = try runtime.scope(named: token, in: request.scope.organization, kinds: [request.scope.kind])
        return request.comparing(with: Scope.Comparison(product: other.product, project: other.project))
    }

    // MARK: Documents

    func bring(_ document: ImportFile, isQuiet: Bool) throws -> Imported {
        var destination = Intake.Destination(
            organization: try (document.about ?? organization()).scope.organization, product: document.product)
        destination.project = document.project
        destination.projectVersion = document.projectVersion
        var job = IntakeJob(kind: document.kind == .sbom ? .sbom : .vex, path: "", destination: destination)
        if document.file == "-" {
            let uuid = try Randomness.system.uuid()
            let file = try DurableFile(path: "\(runtime.directory.spool)/\(uuid)")
            try StandardInput.copy(to: file)
            try file.publish()
            job.path = IntakeJob.spoolPath(of: uuid)
            job.isSpooled = true
        } else {
            job.path = try Command.regularFile(document.file)
        }
        let place = document.about?.scope
        if let place {
            // The project determines the subject of the statements, not the document.
            let facts = try runtime.database.read { try ScopeFacts.read(place, on: $0) }
            guard let facts, let product = facts.path.last else { throw Failure("the project is gone") }
            (job.destination.product, job.destination.project) = (product, facts.name)
        }
        let result = try LocalImport(runtime, isQuiet: isQuiet).run(
            job, label: document.label, project: (place?.product ?? 0, place?.project ?? 0))
        return Imported(result)
    }
}

extension JobStanding {
    static func unknown(_ uuid: String) -> Failure {
        Failure("there is no job \(uuid.prefix(100)); finished ones are kept for the days of --retention-days")
    }
}

extension Question {
    /// The first items of an answer.
    ///
    /// - Parameter ask: returns the page of a question with its limit and its cursor.
    func pages(upTo limit: Int, _ ask: (Question) throws -> Answer) throws -> Answer {
        var question = self
        var whole = Answer()
        repeat {
            question.limit = min(limit - whole.items.count, Question.limits.upperBound)
            question.cursor = whole.next
            let page = try ask(question)
            whole.items += page.items
            whole.next = page.next
        } while whole.next != nil && whole.items.count < limit
        return whole
    }
}
