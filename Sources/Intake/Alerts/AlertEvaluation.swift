import Bytes
import Database
import Inventory

// DESIGN. First the current causes of the project are collected. Then its alerts are compared with them one by one, and
// the differences are written. An alert without its cause is resolved, an alert whose cause is back is reopened, and a
// cause without an alert raises one. Memory holds the causes and the changes, not the libraries. The numbers of new alerts
// follow the order of the document. Deciding takes long and writing is short, so decisions can be made on a connection
// that records (`StaleAlerts`).

/// Decides the alerts and the library requests of one project again, either in a transaction that holds its organization, or on
/// a connection that records.
struct AlertEvaluation {
    /// The number of libraries that are evaluated at a time.
    private static let page = 2000
    /// The UUIDs of alerts and requests are names in this space.
    private static let space: [UInt8] = [
        0x6b, 0x8f, 0x1c, 0x52, 0x90, 0x3e, 0x4d, 0x7a, 0xa1, 0x44, 0x0d, 0x2b, 0xe7, 0x35, 0xc9, 0x18,
    ]

    private let view: ProjectView
    private let time: Int64
    private let connection: any Connection
    private let names: UUIDFamily
    private let verdicts: NameVerdicts
    private let refined: [String: String]
    private var causes = AlertCauses()
    private var decisions = ProjectDecisions()
    /// Decisions about alerts of packages without qualifiers, by the identity of the refined library's alert.
    private var inherited: [AlertCause.Identity: AlertLife] = [:]
    /// The number of alerts that a person decided differently from a statement that counts, by statement.
    private var overruled: [Int64: Int] = [:]
    /// - Parameters:
    ///   - verdicts: the libraries that match the name patterns of policies.
    ///   - refined: uuids of libraries that have just replaced the same package without qualifiers, by the uuid of the replaced
    ///     library.
    init(
        of view: ProjectView, refined: [String: String] = [:], at time: Int64, with verdicts: NameVerdicts,
        on connection: any Connection
    ) {
        self.view = view
        self.refined = refined
        self.time = time
        self.connection = connection
        self.verdicts = verdicts
        names = UUIDFamily(view.token, in: Self.space)
    }

    /// The decided changes of alerts, before they are written.
    struct Decided: Sendable {
        /// The new and changed alerts.
        fileprivate(set) var changes: [AlertChange] = []
        /// The highest number of an alert so far.
        fileprivate var last: Int64 = 0
        fileprivate var uses: [StatementUse] = []
        /// The vulnerabilities whose exposures changed.
        fileprivate(set) var touched: Set<Int64> = []
        fileprivate var hasOtherBasis = false

        /// Whether the project then shows something new.
        var isVisible: Bool { !changes.isEmpty || !touched.isEmpty || hasOtherBasis }

        /// Writes the alerts and the outcomes of statements; all other rows were written when they were decided.
        func write(of view: ProjectView, on connection: any Connection) throws {
            try Alerts.write(
                changes, project: view.project, organization: view.organization, lastNumber: last, on: connection)
            try writeUses(of: view, on: connection)
        }

        /// Writes the outcomes of statements.
        func writeUses(of view: ProjectView, on connection: any Connection) throws {
            if try !uses.isEmpty || StatementDocuments.wereThere(for: view, on: connection) {
                try Statements.use(uses, in: view.scan, on: connection)
            }
        }
    }

    /// Decides and writes. A project that lacked verdicts about names stays stale.
    @discardableResult
    mutating func run() throws -> Decided {
        let decided = try decide()
        try decided.write(of: view, on: connection)
        try Exposures.forget(decided.touched, on: connection)
        return decided
    }

    /// Decides, and writes exposures, requests and the basis. The caller must then write the result, and delete vulnerabilities
    /// that no project shows any more.
    mutating func decide() throws -> Decided {
        var decided = Decided()
        var exposures = ProjectExposures(of: view, on: connection)
        decided.touched = try exposures.decide(addingTo: &causes)
        try causes.addSeveralVersions(of: view, on: connection)
        try causes.addSevereBugs(of: view, on: connection)
        try causes.addNewerVersions(of: view, on: connection)
        decided.hasOtherBasis = try lookAtLibraries()
        decisions = try ProjectDecisions(of: view, at: time, on: connection)
        try decisions.decide(&causes, on: connection)
        decided.last = try Alerts.lastNumber(project: view.project, on: connection)
        var changes: [AlertChange] = []
        var gone: [Alert] = []
        try Alerts.each(project: view.project, on: connection) { alert in
            if let cause = causes.take(identity(of: alert)) {
                if let change = try changed(alert, by: cause) { changes.append(change) }
            } else {
                if let library = refined[alert.libraryUUID], alert.life.decision != .none {
                    let heir = AlertCause.Identity(type: alert.type, library: library, subject: alert.subject)
                    inherited[heir] = alert.life
                }
                let isDecided = alert.type == .vulnerability && alert.life.decision != .none
                if alert.life.resolution == nil || isDecided { gone.append(alert) }
            }
        }
        changes += try rename(&gone)
        changes += try resolve(gone.filter { $0.life.resolution == nil })
        changes += try raise(after: decided.last)
        decided.changes = changes
        decided.uses = exposures.verdicts.uses(overruled: overruled)
        return decided
    }

    // MARK: Alerts

    private func identity(of alert: Alert) -> AlertCause.Identity {
        AlertCause.Identity(type: alert.type, library: alert.libraryUUID, subject: alert.subject)
    }

    /// Moves alerts about renamed vulnerabilities (a GHSA that became a CVE) to their causes, with all decisions, and removes
    /// the alerts from `gone`.
    private mutating func rename(_ gone: inout [Alert]) throws -> [AlertChange] {
        guard gone.contains(where: { $0.type == .vulnerability }) else { return [] }
        var libraries: [Int64: [AlertCause.Identity]] = [:]
        for (identity, cause) in causes.wanted where identity.type == .vulnerability {
            libraries[cause.vulnerability, default: []].append(identity)
        }
        var named: [AlertCause.Identity: AlertCause.Identity] = [:]
        for (vulnerability, aliases) in try ProjectView.aliases(of: Set(libraries.keys), on: connection) {
            for cause in libraries[vulnerability] ?? [] {
                for alias in aliases {
                    named[AlertCause.Identity(type: cause.type, library: cause.library, subject: alias)] = cause
                }
            }
        }
        var changes: [AlertChange] = []
        // When several alerts now have one vulnerability, the first unresolved one stays.
        gone.sort { ($0.life.resolution == nil ? 0 : 1, $0.number) < ($1.life.resolution == nil ? 0 : 1, $1.number) }
        try gone.removeAll { alert in
            guard let name = named[identity(of: alert)], let cause = causes.take(name) else { return false }
            var renamed = alert
            renamed.subject = name.subject
            renamed.modified = time
            if let change = try changed(renamed, by: cause) {
                changes.append(change)
            } else {
                changes.append(AlertChange(renamed, event: nil))
            }
            return true
        }
        return changes
    }

    /// The change of an alert whose cause exists; nil without a change.
    private mutating func changed(_ alert: Alert, by cause: AlertCause) throws -> AlertChange? {
        var after = alert
        after.level = cause.level
        after.description = cause.description
        let event = after.life.causeIsThere(
            statement: cause.statement, under: decisions.decision(for: alert.life, cause), at: time)
        after.contested = try contested(after, by: cause)
        if after != alert { after.modified = time }
        // Nobody would see this change.
        after.library = cause.place.library
        after.directness = cause.place.directness
        after.vulnerability = cause.vulnerability
        after.policy = cause.policy
        return after == alert ? nil : AlertChange(after, event: event)
    }

    /// The statement that contradicts an earlier decision of a person; 0 without one.
    private mutating func contested(_ alert: Alert, by cause: AlertCause) throws -> Int64 {
        guard let source = cause.source else { return 0 }
        let disagrees: Bool
        switch alert.life.decision {
        case .none, .ignored(by: 0, _): return 0
        case .ignored:
            overruled[source.id, default: 0] += 1
            disagrees = source.state == "exploitable" && alert.life.reason.state != source.state
        case .kept:
            overruled[source.id, default: 0] += 1
            disagrees = cause.statement != nil
        }
        guard disagrees else { return 0 }
        let decided =
            try decisions.time(of: alert.life.decisionID)
            ?? Alerts.decided(project: view.project, alert: alert.number, on: connection) ?? 0
        return source.at > decided ? source.id : 0
    }

    private func resolve(_ gone: [Alert]) throws -> [AlertChange] {
        if gone.isEmpty { return [] }
        let present = try view.present(Array(Set(gone.map(\.libraryUUID))), on: connection)
        let absent = Set(gone.filter { present[$0.libraryUUID] == nil }.map(\.library))
        let upgraded = try view.upgraded(absent.sorted(), on: connection)
        let vulnerabilities = Set(gone.map(\.vulnerability).filter { $0 != 0 })
        let withdrawn = try ProjectView.withdrawn(vulnerabilities.sorted(), on: connection)
        return gone.map { alert in
            let reason: AlertType.Resolution =
                switch present[alert.libraryUUID] {
                case nil: upgraded.contains(alert.library) ? .libraryUpgraded : .libraryRemoved
                case true?: .inHouse
                case false?: withdrawn.contains(alert.vulnerability) ? .advisoryWithdrawn : alert.type.resolution
                }
            var after = alert
            let event = after.life.causeIsGone(because: reason, at: time)
            after.modified = time
            return AlertChange(after, event: event)
        }
    }

    /// New alerts for the causes without an alert.
    private func raise(after last: Int64) throws -> [AlertChange] {
        let causes = causes.inOrder()
        func uuid(_ identity: AlertCause.Identity, _ subject: String) -> String {
            names.uuid(of: identity.type.rawValue, identity.library, subject)
        }
        let uuids = causes.map { uuid($0.identity, $0.identity.subject) }
        // A renamed alert keeps its uuid, so a new alert with its former subject needs another one.
        let taken = last == 0 ? [] : try Alerts.present(uuids, on: connection)
        return causes.enumerated().map { place, cause in
            let number = last + 1 + Int64(place)
            let identity = cause.identity
            var alert = Alert(
                number: number,
                uuid: taken.contains(uuids[place]) ? uuid(identity, "\(identity.subject)\n\(number)") : uuids[place],
                type: identity.type, level: cause.level, library: cause.place.library, libraryUUID: identity.library,
                directness: cause.place.directness, subject: identity.subject, description: cause.description,
                created: time)
            alert.vulnerability = cause.vulnerability
            alert.policy = cause.policy
            if let life = inherited[identity] {
                alert.life = AlertLife(
                    decision: life.decision, reason: life.reason, comments: life.comments, resolution: nil,
                    resolvedAt: 0, decisionID: life.decisionID)
            }
            let event = alert.life.raise(
                statement: cause.statement, under: decisions.decision(for: alert.life, cause), at: time)
            return AlertChange(alert, event: event)
        }
    }

    // MARK: Libraries

    /// Returns whether the verdict now has another basis.
    private mutating func lookAtLibraries() throws -> Bool {
        let policies = PolicyDecisions(
            try Policies.deciding(
                organization: view.organization, product: view.product, project: view.project, on: connection),
            at: time, names: verdicts, scan: view.scan)
        // They depend on the exposures.
        if policies.needsVulnerabilities { try connection.readsOwnWrites() }
        var before: Set<Alerts.PolicyMark>?
        func decided(_ policy: Policy, about library: LibrarySight) throws -> Bool {
            if library.request?.policy == policy.id { return true }
            let marks = try before ?? Alerts.policyMarks(project: view.project, on: connection)
            before = marks
            return marks.contains(Alerts.PolicyMark(library: library.uuid, policy: policy.id))
        }
        var ways: [Lookup: Int] = [:]
        var requests = LibraryRequests(of: view, at: time, names: names)
        try requests.inherit(refined, on: connection)
        var last: Int64 = -1
        while true {
            let libraries = try view.libraries(after: last, limit: Self.page, on: connection)
            guard let end = libraries.last else { break }
            last = end.position
            let subjects = try policies.subjects(libraries, inScan: view.scan, on: connection)
            for (index, library) in libraries.enumerated() {
                ways[library.lookup, default: 0] += 1
                let policy =
                    policies.isEmpty
                    ? nil
                    : try policies.policy(for: subjects[index], at: library.position) {
                        try decided($0, about: library)
                    }
                let request = requests.answer(library, by: policy)
                if let policy { causes.add(policy, fitting: library) }
                if library.isInHouse { continue }
                causes.addLicenses(of: library)
                causes.addRejection(of: library, request)
            }
            try requests.write(on: connection)
        }
        let hasOtherBasis = try Bases.replace(of: view.scan, with: ways, on: connection)
        if policies.isIncomplete { try StaleProject.mark(project: view.project, on: connection) }
        return hasOtherBasis
    }
}
