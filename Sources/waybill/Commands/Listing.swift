import Bytes
import Database
import Glibc
import Jobs
import Service

// DESIGN. Lists for a terminal and for scripts, of what the calls of the API list: the same rows, made by the same code. The
// operator needs no key.

extension Command {
    private static let kinds = Kind.allCases.map(\.rawValue).joined(separator: "|")
    private static let place = Flag("scope", "TOKEN", "token or name of a product or project (the organization)")
    private static let ofUser = Flag("email", "EMAIL", "the user whose keys are meant")

    static let list = Command(
        words: ["list"], operands: kinds, summary: "Lists things of a kind.",
        flags: [.org, place, ofUser, Flag("limit", "N", "at most so many (1000)")]
    ) { arguments, configuration in
        let kind = try Kind(word: try arguments.only("KIND"))
        let inquiry = try inquiry(kind, configuration)
        let items = try inquiry.items(kind)
        let shown = items.prefix(inquiry.limit)
        if arguments.has("json") {
            print(
                JSONWriter.object {
                    $0.objects(named: kind.rawValue, Array(shown)) { json, item in item.write(to: &json) }
                })
        } else {
            let headings = shown.first?.members.map { $0.name.description.uppercased() } ?? []
            TextTable(headings: headings, rows: shown.map { $0.members.map(\.value.text) }).print()
        }
        if items.count > shown.count { complain("there are more; --limit shows them\n") }
    }

    static let get = Command(
        words: ["get"], operands: "KIND NAME", summary: "Shows one thing, by its name, token or number.",
        flags: [.org, place, ofUser]
    ) { arguments, configuration in
        let (kind, name) = try arguments.kindAndName()
        let item = try one(kind, name, try inquiry(kind, configuration))
        if arguments.has("json") { return print(JSONWriter.object { item.write(to: &$0) }) }
        for member in item.members { print("\(member.name): \(member.value.text)") }
    }

    static let delete = Command(
        words: ["delete"], operands: "KIND NAME",
        summary: "Deletes a product, project, policy, schedule, user or key, after it was asked for.",
        flags: [.org, place, ofUser, .yes]
    ) { arguments, configuration in
        // The kind first: it says more than a name that is not found.
        let kind = try Kind(word: arguments.operands.first)
        guard kind.isDeletable else {
            let accepted = Kind.allCases.filter(\.isDeletable).map(\.rawValue).joined(separator: ", ")
            throw UsageError(description: "\(kind.rawValue) cannot be deleted; \(accepted) can")
        }
        let (_, name) = try arguments.kindAndName()
        let inquiry = try inquiry(kind, configuration)
        let item = try one(kind, name, inquiry)
        let shown = "the \(kind.singular) \(item.handles.first ?? name)"
        try confirm("Delete \(shown)\(try inquiry.consequence(kind, item))?", isSure: arguments.has("yes"))
        try inquiry.delete(kind, item)
        print(arguments.has("json") ? JSONWriter.object { $0.text("message", "deleted \(shown)") } : "deleted \(shown)")
    }

    private static func inquiry(_ kind: Kind, _ configuration: Configuration) throws -> Inquiry {
        if kind == .keys { _ = try configuration.required("email") }
        let limit = try configuration.number("limit", in: 1...1_000_000, default: 1000)
        let runtime = try Runtime(existing: configuration)
        let organization = try runtime.organization(named: configuration["org"])
        let scope =
            try configuration["scope"].map { try runtime.scope(named: $0, in: organization) }
            ?? Scope(kind: .organization, organization: organization)
        return Inquiry(runtime: runtime, scope: scope, limit: limit, email: configuration["email"])
    }

    /// The only thing with a name.
    private static func one(_ kind: Kind, _ name: String, _ inquiry: Inquiry) throws -> Item {
        let all = Inquiry(runtime: inquiry.runtime, scope: inquiry.scope, limit: 1_000_000, email: inquiry.email)
        let items = try all.items(kind)
        let found = items.filter { $0.handles.contains(name) }
        guard let first = found.first else {
            let near = NearWord.nearest(to: name, among: items.prefix(10_000).compactMap(\.handles.first))
            throw Failure(
                "there is no \(kind.singular) \(name.prefix(200))" + (near.map { "; did you mean \($0)?" } ?? ""))
        }
        guard found.count == 1 else {
            let others = found.prefix(10).map { $0.handles.suffix(2).filter { !$0.isEmpty }.joined(separator: " ") }
                .joined(separator: ", ")
            throw UsageError(description: "\(found.count) \(kind.rawValue) are called \(name); say which: \(others)")
        }
        return first
    }

    /// Asks a person; where nobody can be asked, `--yes` has to be there.
    private static func confirm(_ question: String, isSure: Bool) throws {
        guard isSure || isatty(0) == 1 else {
            throw UsageError(description: "nobody can be asked here; --yes deletes without asking")
        }
        try confirmAtTerminal(question, isSure: isSure)
    }

    /// Asks a person at a terminal; scripts, which were never asked, go on.
    static func confirmAtTerminal(_ question: String, isSure: Bool) throws {
        if isSure || isatty(0) != 1 { return }
        complain("\(question) [y/N] ")
        guard let answer = readLine()?.trimmingBlanks().lowercased(), answer == "y" || answer == "yes" else {
            throw Failure("nothing was changed")
        }
    }

    static let wait = Command(
        words: ["wait"], operands: "UUID…",
        summary: "Waits until reports or uploads are finished; fails when one failed.",
        flags: [Flag("timeout", "SECONDS", "how long at most (3600)")]
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no UUID is given") }
        let seconds = try configuration.number("timeout", in: 1...1_000_000, default: 3600)
        let runtime = try Runtime(existing: configuration)
        let end = ContinuousClock.now.advanced(by: .seconds(seconds))
        var jobs = try runtime.jobs(arguments.operands)
        while jobs.contains(where: { !$0.state.isFinal }) {
            guard ContinuousClock.now < end else {
                let open = jobs.filter { !$0.state.isFinal }.map { "\($0.uuid) is \($0.state.rawValue)" }
                throw Failure("after \(seconds) s: \(open.joined(separator: ", "))")
            }
            usleep(200_000)
            jobs = try runtime.jobs(arguments.operands)
        }
        if arguments.has("json") {
            print(
                JSONWriter.object {
                    $0.objects("jobs", jobs) { json, job in
                        json.text("uuid", job.uuid)
                        json.text("status", job.state.rawValue)
                        json.text("error", job.error)
                    }
                })
        } else {
            for job in jobs { print("\(job.uuid): \(job.state.rawValue)\(job.error.isEmpty ? "" : ", \(job.error)")") }
        }
        let failed = jobs.filter { $0.state == .failed }.count
        if failed > 0 { throw Failure("\(failed) of \(jobs.count) failed") }
    }
}

extension Runtime {
    /// Jobs of any organization by their uuids.
    fileprivate func jobs(_ uuids: [String]) throws -> [Job] {
        let queue = queue
        return try database.snapshot { connection in
            try uuids.map { uuid in
                guard let job = try queue.find(uuid: uuid.lowercased(), on: connection) else {
                    throw Failure(
                        "there is no job \(uuid.prefix(100)); finished ones are kept for the days of --retention-days")
                }
                return job
            }
        }
    }
}

extension Arguments {
    /// The only operand; nil where there is none.
    fileprivate func only(_ name: String) throws(UsageError) -> String? {
        guard operands.count <= 1 else {
            throw UsageError(description: "one \(name) is wanted, \(operands.count) are given")
        }
        return operands.first
    }

    fileprivate func kindAndName() throws(UsageError) -> (Kind, String) {
        let kind = try Kind(word: operands.first)
        guard operands.count == 2 else {
            throw UsageError(description: "one NAME is wanted behind \(kind.singular), as its name, token or number")
        }
        return (kind, operands[1])
    }
}

extension Inquiry {
    /// What goes with a thing, for the question.
    func consequence(_ kind: Kind, _ item: Item) throws -> String {
        switch kind {
        case .products:
            let product = try runtime.scope(
                named: item.handles.last ?? "", in: scope.organization, kinds: [.product])
            let count = try runtime.database.snapshot { try ProjectVital.list(product, on: $0).count }
            return count == 0 ? "" : " with its \(counted(count, "project")) and all that was decided about them"
        case .projects: return " with all that was decided about it"
        case .users: return " with roles and keys"
        case .libraries, .reports, .uploads, .policies, .keys, .schedules: return ""
        }
    }

    /// Deletes a thing, in the operator's name.
    func delete(_ kind: Kind, _ item: Item) throws {
        let handle = item.handles.last ?? ""
        switch kind {
        case .products, .projects:
            let kinds: [ScopeKind] = kind == .products ? [.product] : [.project]
            let place = try runtime.scope(named: handle, in: scope.organization, kinds: kinds)
            try change(place) { writing in
                if place.kind == .product { try Deletion.product(writing) } else { try Deletion.project(writing) }
            }
        case .policies:
            try change(scope) { writing in
                let id = Int64(handle) ?? 0
                let policy = try Policies.ownAndInherited(of: writing.scope, on: writing.connection)
                    .first { $0.id == id }
                guard let policy else { throw Failure("there is no policy \(handle) any more") }
                let place = Scope(
                    kind: policy.kind, organization: scope.organization, product: policy.product,
                    project: policy.project)
                _ = try Policies.remove([id], writing.moved(to: place))
            }
        case .schedules:
            try change(scope) { writing in
                guard try Schedules.remove(Int64(handle) ?? 0, account: nil, writing) else {
                    throw Failure("there is no schedule \(handle) any more")
                }
            }
        case .users: try change(scope) { try People.remove(email: item.handles.first ?? "", $0) }
        case .keys:
            let email = email ?? ""
            try change(scope) { writing in
                let person = try People.user(email, in: writing.scope.organization, on: writing.connection)
                try Keys.revoke(.name(handle), of: person, writing)
            }
        // `Kind.isDeletable` was asked.
        case .libraries, .reports, .uploads: break
        }
    }

    private func change(_ place: Scope, _ body: @escaping @Sendable (Writing) throws -> Void) throws {
        let time = Clock.now()
        try runtime.database.write { try body(Writing(in: place, by: .system, at: time, on: $0)) }
    }
}
