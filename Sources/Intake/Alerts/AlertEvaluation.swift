import Bytes
import Database
import Inventory

// DESIGN. The causes that the project has now are gathered, the project's alerts are read past them one by one, and what
// differs is written: an alert without its cause is resolved, one whose cause is back is reopened, a cause without an alert
// raises one. Memory holds the causes and what changed, not the libraries. Numbers follow the order of the document.

/// Decides the alerts and the library requests of one project anew, inside a transaction that holds its organization.
struct AlertEvaluation {
    /// Libraries that are looked at at once.
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
    /// What was decided about alerts of packages without qualifiers, by what an alert of the refined library is.
    private var inherited: [AlertCause.Identity: AlertLife] = [:]

    /// - Parameters:
    ///   - verdicts: which libraries the name patterns of policies fit.
    ///   - refined: libraries that just took the place of the same packages without qualifiers, by the uuids of these.
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

    /// Decides, writes, and gives the number of alerts that are new or changed. Where verdicts about names were missing the
    /// project is stale afterwards.
    @discardableResult
    mutating func run() throws -> Int {
        try causes.addVulnerabilities(of: view, on: connection)
        try causes.addSeveralVersions(of: view, on: connection)
        try causes.addSevereBugs(of: view, on: connection)
        try causes.addNewerVersions(of: view, on: connection)
        try lookAtLibraries()
        let last = try Alerts.lastNumber(project: view.project, on: connection)
        var changes: [AlertChange] = []
        var gone: [Alert] = []
        try Alerts.each(project: view.project, on: connection) { alert in
            let identity = AlertCause.Identity(type: alert.type, library: alert.libraryUUID, subject: alert.subject)
            if let cause = causes.take(identity) {
                if let change = changed(alert, by: cause) { changes.append(change) }
            } else {
                if let library = refined[alert.libraryUUID], alert.life.decision != .none {
                    let heir = AlertCause.Identity(type: alert.type, library: library, subject: alert.subject)
                    inherited[heir] = alert.life
                }
                if alert.life.resolution == nil { gone.append(alert) }
            }
        }
        changes += try resolve(gone)
        changes += raise(after: last)
        try Alerts.write(
            changes, project: view.project, organization: view.organization, lastNumber: last, on: connection)
        return changes.count
    }

    // MARK: Alerts

    /// What becomes of an alert whose cause is there; nil when nothing does.
    private func changed(_ alert: Alert, by cause: AlertCause) -> AlertChange? {
        var after = alert
        after.level = cause.level
        after.description = cause.description
        let event = after.life.causeIsThere(statement: cause.statement, at: time)
        if after != alert { after.modified = time }
        // Not a change that anybody would see.
        after.library = cause.place.library
        after.directness = cause.place.directness
        after.vulnerability = cause.vulnerability
        after.policy = cause.policy
        return after == alert ? nil : AlertChange(after, event: event)
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

    /// New alerts for the causes that no alert has.
    private func raise(after last: Int64) -> [AlertChange] {
        var number = last
        return causes.inOrder().map { cause in
            number += 1
            let identity = cause.identity
            var alert = Alert(
                number: number, uuid: names.uuid(of: identity.type.rawValue, identity.library, identity.subject),
                type: cause.identity.type, level: cause.level, library: cause.place.library,
                libraryUUID: cause.identity.library, directness: cause.place.directness,
                subject: cause.identity.subject,
                description: cause.description, created: time)
            alert.vulnerability = cause.vulnerability
            alert.policy = cause.policy
            if let life = inherited[identity] {
                alert.life = AlertLife(
                    decision: life.decision, comments: life.comments, resolution: nil, resolvedAt: 0)
            }
            let event = alert.life.causeIsThere(isNew: true, statement: cause.statement, at: time)
            return AlertChange(alert, event: event)
        }
    }

    // MARK: Libraries

    private mutating func lookAtLibraries() throws {
        let policies = PolicyDecisions(
            try Policies.deciding(
                organization: view.organization, product: view.product, project: view.project, on: connection),
            at: time, names: verdicts, scan: view.scan)
        var before: Set<Alerts.PolicyMark>?
        func decided(_ policy: Policy, about library: LibrarySight) throws -> Bool {
            if library.request?.policy == policy.id { return true }
            let marks = try before ?? Alerts.policyMarks(project: view.project, on: connection)
            before = marks
            return marks.contains(Alerts.PolicyMark(library: library.uuid, policy: policy.id))
        }
        var requests = LibraryRequests(of: view, at: time, names: names)
        try requests.inherit(refined, on: connection)
        var last: Int64 = -1
        while true {
            let libraries = try view.libraries(after: last, limit: Self.page, on: connection)
            guard let end = libraries.last else { break }
            last = end.position
            let subjects = try policies.subjects(libraries, on: connection)
            for (index, library) in libraries.enumerated() {
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
        if policies.isIncomplete { try Alerts.markStale(project: view.project, on: connection) }
    }
}
