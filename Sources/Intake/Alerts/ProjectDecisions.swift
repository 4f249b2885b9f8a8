import Database
import Inventory

// DESIGN. The decisions are read with each evaluation of a project's alerts. So a decision also applies to later imports and to
// the next version of the project. There are few decisions and many causes: each cause is compared only with decisions about
// its vulnerability, and with those about all of its library.

/// The decisions for many alerts that reach a project, and the one that counts for each cause of an alert.
struct ProjectDecisions {
    /// In the order of precedence.
    private let all: [LastingDecision]
    /// The decisions about certain alerts, by the decision numbers in these alerts.
    private let ofAlerts: [Int64: LastingDecision]
    private let times: [Int64: Int64]

    /// None.
    init() { (all, ofAlerts, times) = ([], [:], [:]) }

    init(of view: ProjectView, at time: Int64, on connection: any Connection) throws {
        let found = try Decisions.inForce(in: view, at: time, on: connection)
        all = found.filter { $0.reach != .alert }
        ofAlerts = Dictionary(uniqueKeysWithValues: found.filter { $0.reach == .alert }.map { ($0.id, $0) })
        times = Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0.time) })
    }

    /// The decision that counts for an alert with a cause; nil for none.
    func decision(for life: AlertLife, _ cause: AlertCause) -> LastingDecision? {
        ofAlerts[life.decisionID] ?? cause.decision.map { all[$0] }
    }

    /// The time of a decision; nil if it does not apply here.
    func time(of decision: Int64) -> Int64? { times[decision] }

    /// Chooses the decision for each cause about a vulnerability.
    func decide(_ causes: inout AlertCauses, on connection: any Connection) throws {
        guard !all.isEmpty else { return }
        let names = Set(all.map(\.vulnerability)).subtracting([""])
        let meant = try Decisions.vulnerabilities(
            named: names, organization: all[0].organization, on: connection)
        var byVulnerability: [Int64: [Int]] = [:]
        var byLibrary: [String: [Int]] = [:]
        for (place, decision) in all.enumerated() {
            if decision.vulnerability.isEmpty {
                byLibrary[decision.libraryName, default: []].append(place)
            } else {
                for id in meant[decision.vulnerability] ?? [] { byVulnerability[id, default: []].append(place) }
            }
        }
        let wanted = causes.wanted.values.filter { cause in
            cause.identity.type == .vulnerability
                && (!byLibrary.isEmpty || byVulnerability[cause.vulnerability] != nil)
        }
        let libraries = try NamedLibrary.read(Set(wanted.map(\.place.library)), on: connection)
        causes.decide { cause in
            guard let library = libraries[cause.place.library] else { return nil }
            let candidates = (byVulnerability[cause.vulnerability] ?? []) + (byLibrary[library.name] ?? [])
            return candidates.filter { all[$0].isAbout(libraryName: library.name, version: library.version) }.min()
        }
    }
}

/// A library in the form of decisions.
private struct NamedLibrary {
    /// The name, which all its versions share.
    let name: String
    let version: String

    static func read(_ ids: Set<Int64>, on connection: any Connection) throws -> [Int64: NamedLibrary] {
        var found: [Int64: NamedLibrary] = [:]
        try SQL.inSlices(ids.sorted(), as: Value.integer) { list in
            try connection.each("SELECT id, purl, group_id, artifact, version FROM library WHERE id IN \(list)") {
                row in
                found[row.integer(0)] = NamedLibrary(
                    name: LastingDecision.libraryName(
                        purl: row.string(1), group: row.string(2), artifact: row.string(3)),
                    version: row.string(4))
            }
        }
        return found
    }
}
