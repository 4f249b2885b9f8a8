import Database
import Inventory
import VEX

/// A fact that an alert must report.
struct AlertCause {
    /// Equal causes in different scans of a project belong to one alert.
    struct Identity: Hashable {
        let type: AlertType
        let library: String
        let subject: String
    }

    let identity: Identity
    let place: ProjectView.Subject
    var level: AlertType.Level
    var description: String
    var vulnerability: Int64 = 0
    var policy: Int64 = 0
    /// The reason of a VEX statement for ignoring it.
    var statement: String?
    /// The statement of a separate VEX document that counts for it.
    var source: SaidStatement?
    /// The decision for many alerts that counts for it, by its position in `ProjectDecisions`.
    var decision: Int?

    init(
        _ type: AlertType, at place: ProjectView.Subject, subject: String = "", level: AlertType.Level? = nil,
        description: String
    ) {
        identity = Identity(type: type, library: place.uuid, subject: subject)
        self.place = place
        self.level = level ?? type.level
        self.description = description
    }
}

extension AlertType {
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// The present causes in a project, each once.
struct AlertCauses {
    private(set) var wanted: [AlertCause.Identity: AlertCause] = [:]

    /// Adds a cause; where two rows describe one library, the first cause stays.
    mutating func add(_ cause: AlertCause) {
        if let known = wanted[cause.identity], known.place.position <= cause.place.position { return }
        wanted[cause.identity] = cause
    }

    /// Removes and returns the cause of an existing alert.
    mutating func take(_ identity: AlertCause.Identity) -> AlertCause? { wanted.removeValue(forKey: identity) }

    /// Stores for each cause about a vulnerability the decision for many alerts that counts.
    mutating func decide(_ decision: (AlertCause) -> Int?) {
        for (identity, cause) in wanted where identity.type == .vulnerability {
            guard let place = decision(cause) else { continue }
            wanted[identity]?.decision = place
        }
    }

    /// The remaining causes, in the order of the library's position, the type, and the bytes of the subject.
    func inOrder() -> [AlertCause] {
        let causes = Array(wanted.values)
        // Small keys are sorted, because moving a large cause costs counting references to its texts.
        var keys = causes.enumerated().map { (place: $1.place.position, rank: $1.identity.type.rank, index: $0) }
        keys.sort { left, right in
            if (left.place, left.rank) != (right.place, right.rank) {
                return (left.place, left.rank) < (right.place, right.rank)
            }
            return causes[left.index].identity.subject.utf8.lexicographicallyPrecedes(
                causes[right.index].identity.subject.utf8)
        }
        return keys.map { causes[$0.index] }
    }

    // MARK: Finding them

    mutating func addVulnerability(
        _ danger: ProjectView.Danger, at place: ProjectView.Subject, statement: ProjectView.Statement?
    ) {
        let word = danger.severity
        var cause = AlertCause(
            .vulnerability, at: place, subject: danger.name,
            level: word == "HIGH" || word == "CRITICAL" ? .major : .minor,
            description: word.isEmpty ? "" : "\(word.prefix(1))\(word.dropFirst().lowercased()):1,")
        cause.vulnerability = danger.vulnerability
        cause.statement = statement.flatMap(Self.reason)
        cause.source = statement?.source
        add(cause)
    }

    /// The reason of a statement that no action is needed; nil if it states something else.
    private static func reason(_ statement: ProjectView.Statement) -> String? {
        let words: String
        switch statement.state {
        case "not_affected": words = "not affected"
        case "false_positive": words = "false positive"
        case "resolved", "resolved_with_pedigree": words = "resolved"
        default: return nil
        }
        let author = statement.source?.author.prefix(100) ?? ""
        var text = author.isEmpty ? "VEX: \(words)" : "VEX (\(author)): \(words)"
        if let why = Statement.Justification(rawValue: statement.justification) {
            text += " (\(why.rawValue.replacing("_", with: " ")))"
        }
        return statement.detail.isEmpty ? text : "\(text): \(statement.detail.prefix(1000))"
    }

    mutating func addSevereBugs(of view: ProjectView, on connection: any Connection) throws {
        try view.eachSevereBug(on: connection) { place, bug, title in
            add(AlertCause(.severeBug, at: place, subject: bug, description: title.isEmpty ? bug : "\(bug): \(title)"))
        }
    }

    mutating func addNewerVersions(of view: ProjectView, on connection: any Connection) throws {
        try view.eachOutdated(on: connection) { place, newer in
            if newer.isMajor {
                add(AlertCause(.newMajorVersion, at: place, description: "A newer version is out: \(newer.newest)"))
            }
            if !newer.newestMinor.isEmpty {
                add(
                    AlertCause(.newMinorVersion, at: place, description: "A newer version is out: \(newer.newestMinor)")
                )
            }
        }
    }

    mutating func addSeveralVersions(of view: ProjectView, on connection: any Connection) throws {
        var group: [(place: ProjectView.Subject, version: String)] = []
        var name = ""
        var key = ""
        func flush() {
            let versions = Set(group.map(\.version)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            let said = Self.list(versions.map { $0.isEmpty ? "unknown" : $0 })
            for (place, _) in group {
                add(AlertCause(.multipleVersions, at: place, description: "Several versions of \(name): \(said)"))
            }
            group.removeAll()
        }
        try view.eachOfSeveralVersions(on: connection) { place, artifact, version, its in
            if its != key { flush() }
            (name, key) = (artifact, its)
            group.append((place, version))
        }
        flush()
    }

    mutating func addLicenses(of library: LibrarySight) {
        // Two licences may share a name, such as `GPL 2.0`; their identifiers then distinguish them.
        var names = library.licenses
        if names.count < 2, library.expression.contains(" "), let expression = LicenseExpression(library.expression) {
            var seen = Set<String>()
            names = expression.terms.map(\.text).filter { seen.insert($0).inserted }
        }
        guard names.count > 1 else { return }
        add(
            AlertCause(
                .multipleLicenses, at: library.place, description: "Several licenses: \(Self.list(names))"))
    }

    mutating func addRejection(of library: LibrarySight, _ request: LibraryRequest?) {
        guard let request, request.status == .rejected, request.policy == 0 else { return }
        add(
            AlertCause(
                .rejectedDeFacto, at: library.place, description: "In use although the request for it was rejected"))
    }

    /// Adds the alert that the policy deciding about a library asks for.
    mutating func add(_ policy: Policy, fitting library: LibrarySight) {
        let level: AlertType.Level
        switch policy.decision {
        case .reject: level = .major
        case .alert: level = .minor
        case .approve, .createIssue, .reassign, nil: return
        }
        // The bare name, which clients look up in the list of their policies.
        var cause = AlertCause(
            .rejectedByPolicy, at: library.place, subject: String(policy.id), level: level, description: policy.name)
        cause.policy = policy.id
        add(cause)
    }

    /// The first texts, and the number of the others.
    private static func list(_ texts: [String]) -> String {
        let shown = texts.prefix(10).joined(separator: ", ")
        return texts.count > 10 ? "\(shown) and \(texts.count - 10) more" : shown
    }
}

extension LibrarySight {
    var place: ProjectView.Subject {
        ProjectView.Subject(position: position, directness: directness, library: library, uuid: uuid)
    }
}
