import API
import Bytes
import Database
import Glibc
import Jobs
import Service

// DESIGN. Lists for a terminal and for scripts, with the rows and the code of the API's lists. The operator needs no key; a
// server requires a user's key.

extension Command {
    private static let kinds = Kind.allCases.map(\.rawValue).joined(separator: "|")
    private static let place = Flag("scope", "TOKEN", "token or name of a product or project (the organization)")
    private static let ofUser = Flag("email", "EMAIL", "the user whose keys are meant")

    static let list = Command(
        words: ["list"], operands: kinds, summary: "Lists things of a kind.",
        flags: [.org, place, ofUser, Flag("limit", "N", "at most so many (1000)")] + Flag.remote
    ) { arguments, configuration in
        let kind = try Kind.named(try arguments.only("KIND"))
        let limit = try configuration.number("limit", in: 1...1_000_000, default: 1000)
        let hall = try Hall(kind, configuration)
        let listed = try hall.items(limit: limit)
        if arguments.has("json") {
            print(
                JSONWriter.object {
                    $0.objects(named: kind.rawValue, listed.items) { json, item in item.write(to: &json) }
                })
        } else {
            let headings = listed.items.isEmpty ? [] : kind.members.map { $0.name.description.uppercased() }
            TextTable(headings: headings, rows: listed.items.map { $0.values.map(\.text) }).print()
        }
        if listed.hasMore { complain("there are more; --limit shows them\n") }
    }

    static let get = Command(
        words: ["get"], operands: "KIND NAME", summary: "Shows one thing, by its name, token or number.",
        flags: [.org, place, ofUser] + Flag.remote
    ) { arguments, configuration in
        let (kind, name) = try arguments.kindAndName()
        let item = try Hall(kind, configuration).item(named: name)
        if arguments.has("json") { return print(JSONWriter.object { item.write(to: &$0) }) }
        for (member, value) in zip(kind.members, item.values) { say("\(member.name): \(value.text)") }
    }

    static let delete = Command(
        words: ["delete"], operands: "KIND NAME",
        summary: "Deletes a product, project, policy, schedule, user or key, after it was asked for.",
        flags: [.org, place, ofUser, .yes] + Flag.remote
    ) { arguments, configuration in
        // The kind is checked first, because it explains more than an unknown name.
        let kind = try Kind.named(arguments.operands.first)
        guard kind.isDeletable else {
            let accepted = Kind.allCases.filter(\.isDeletable).map(\.rawValue).joined(separator: ", ")
            throw UsageError(description: "\(kind.rawValue) cannot be deleted; \(accepted) can")
        }
        let (_, name) = try arguments.kindAndName()
        let hall = try Hall(kind, configuration)
        let item = try hall.item(named: name)
        let shown = "the \(kind.singular) \(item.handles.first ?? name)"
        try confirm("Delete \(shown)\(try hall.consequence(of: item))?", isSure: arguments.has("yes"))
        try hall.workplace.delete(item, in: hall.place, email: hall.email)
        if arguments.has("json") { return print(JSONWriter.object { $0.text("message", "deleted \(shown)") }) }
        say("deleted \(shown)")
    }

    /// Asks a person for confirmation; where nobody can be asked, `--yes` is required.
    private static func confirm(_ question: String, isSure: Bool) throws {
        guard isSure || isatty(0) == 1 else {
            throw UsageError(description: "nobody can be asked here; --yes deletes without asking")
        }
        try confirmAtTerminal(question, isSure: isSure)
    }

    /// Asks a person at a terminal; scripts, which were never asked, continue.
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
        flags: [Flag("timeout", "SECONDS", "how long at most (3600)")] + Flag.remote
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no UUID is given") }
        let seconds = try configuration.number("timeout", in: 1...1_000_000, default: 3600)
        let workplace = try configuration.workplace()
        let end = ContinuousClock.now.advanced(by: .seconds(seconds))
        var jobs = try workplace.standings(of: arguments.operands)
        while jobs.contains(where: { !$0.state.isFinal }) {
            guard ContinuousClock.now < end else {
                let open = jobs.filter { !$0.state.isFinal }.map { "\($0.uuid) is \($0.state.rawValue)" }
                throw Failure("after \(seconds) s: \(open.joined(separator: ", "))")
            }
            usleep(200_000)
            jobs = try workplace.standings(of: arguments.operands)
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
            for job in jobs { say("\(job.uuid): \(job.state.rawValue)\(job.error.isEmpty ? "" : ", \(job.error)")") }
        }
        let failed = jobs.filter { $0.state == .failed }.count
        if failed > 0 { throw Failure("\(failed) of \(jobs.count) failed") }
    }
}

/// The things of a kind in the command's place.
private struct Hall {
    let kind: Kind
    let workplace: any Workplace
    let place: NamedPlace
    /// The owner of the keys.
    let email: String?

    init(_ kind: Kind, _ configuration: Configuration) throws {
        email = kind == .keys ? try configuration.required("email") : nil
        self.kind = kind
        workplace = try configuration.workplace()
        let organization = try workplace.organization()
        place =
            try configuration["scope"].map { [workplace] in
                try workplace.place(named: $0, in: organization, kinds: ScopeKind.allCases)
            } ?? organization
    }

    func items(limit: Int) throws -> Listed {
        try workplace.items(kind, in: place, limit: limit, email: email)
    }

    /// The only thing with a name.
    func item(named name: String) throws -> Item {
        let all = try items(limit: workplace.listLimit)
        let found = all.items.filter { $0.handles.contains(name) }
        guard let first = found.first else {
            let near = NearWord.nearest(to: name, among: all.items.prefix(10_000).compactMap(\.handles.first))
            let unseen = all.hasMore ? " among the first \(all.items.count); --scope narrows them" : ""
            throw Failure(
                "there is no \(kind.singular) \(name.prefix(200))\(unseen)"
                    + (near.map { "; did you mean \($0)?" } ?? ""))
        }
        guard found.count == 1 else {
            let others = found.prefix(10).map { $0.handles.suffix(2).filter { !$0.isEmpty }.joined(separator: " ") }
                .joined(separator: ", ")
            throw UsageError(description: "\(found.count) \(kind.rawValue) are called \(name); say which: \(others)")
        }
        // Another thing of this name may follow the first ones.
        guard !all.hasMore || kind == .users || first.handles.last == name else {
            throw UsageError(
                description: """
                    there are more than \(all.items.count) \(kind.rawValue), so \(name.prefix(200)) may mean several; say \
                    \(first.handles.last ?? "") for the first of them
                    """)
        }
        return first
    }

    /// The things that are deleted with it, for the confirmation.
    func consequence(of item: Item) throws -> String {
        switch kind {
        case .products:
            let product = try workplace.place(named: item.handles.last ?? "", in: nil, kinds: [.product])
            let count = try workplace.items(.projects, in: product, limit: workplace.listLimit, email: nil).items.count
            return count == 0 ? "" : " with its \(counted(count, "project")) and all that was decided about them"
        case .projects: return " with all that was decided about it"
        case .users: return " with roles and keys"
        case .libraries, .reports, .uploads, .policies, .keys, .schedules: return ""
        }
    }
}

extension Kind {
    /// The kind for a word of the command line.
    fileprivate static func named(_ word: String?) throws(UsageError) -> Kind {
        let words = allCases.map(\.rawValue).joined(separator: ", ")
        guard let word else { throw UsageError(description: "which KIND is wanted? There are: \(words)") }
        if let kind = Kind(word: word) { return kind }
        let near = NearWord.nearest(to: word, among: allCases.map(\.rawValue))
        throw UsageError(
            description: "there is no kind \(word.prefix(100)); "
                + (near.map { "did you mean \($0)?" } ?? "there are: \(words)"))
    }
}

extension Arguments {
    /// The only operand; nil without one.
    fileprivate func only(_ name: String) throws(UsageError) -> String? {
        guard operands.count <= 1 else {
            throw UsageError(description: "one \(name) is wanted, \(operands.count) are given")
        }
        return operands.first
    }

    fileprivate func kindAndName() throws(UsageError) -> (Kind, String) {
        let kind = try Kind.named(operands.first)
        guard operands.count == 2 else {
            throw UsageError(description: "one NAME is wanted behind \(kind.singular), as its name, token or number")
        }
        return (kind, operands[1])
    }
}
