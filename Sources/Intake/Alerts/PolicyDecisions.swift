import Bytes
import Database
import Inventory

// DESIGN. The policies of a project are read once. For each library the first that fits and approves, rejects or warns
// decides; policies with other actions (an issue, another owner) decide nothing and are read by callers that ask for them
// (`PolicyIssues`). A policy whose pattern is unusable, or was not matched yet, keeps its earlier decisions and makes no
// new ones.

/// Decides by the policies of a project. For one thread.
final class PolicyDecisions {
    private let policies: [Policy]
    private let matcher: PolicyMatcher
    /// For each policy with a name pattern what was found out before; nil for others.
    private var columns: [NameVerdicts.Column?] = []
    /// Whether licences have to be read to decide.
    private let needsLicenses: Bool
    /// Whether vulnerabilities have to be read to decide.
    let needsVulnerabilities: Bool
    /// Whether a verdict was missing that may be there another time.
    private(set) var isIncomplete = false

    /// - Parameter actions: words of actions; policies with others are left out.
    init(_ policies: [Policy], at time: Int64, actions: Set<String> = PolicyAction.deciding) {
        self.policies = policies.filter { actions.contains($0.actionType) }
        matcher = PolicyMatcher(self.policies.map(\.rule), at: time)
        columns = self.policies.map { _ in nil }
        needsLicenses = self.policies.contains { $0.rule.needsLicenses }
        needsVulnerabilities = self.policies.contains { $0.rule.needsVulnerabilities }
    }

    /// Like the other initializer, with names that were matched before; it matches none itself.
    init(_ policies: [Policy], at time: Int64, names: NameVerdicts, scan: Int64) {
        self.policies = policies.filter { PolicyAction.deciding.contains($0.actionType) }
        columns = self.policies.map { policy in
            if case .name(let pattern) = policy.rule { names.column(pattern, inScan: scan) } else { nil }
        }
        matcher = PolicyMatcher(
            self.policies.map { if case .name = $0.rule { .nothing } else { $0.rule } }, at: time)
        needsLicenses = self.policies.contains { $0.rule.needsLicenses }
        needsVulnerabilities = self.policies.contains { $0.rule.needsVulnerabilities }
    }

    var isEmpty: Bool { policies.isEmpty }

    /// Libraries of a scan in the form that policies read, with the facts that these policies need; none without
    /// policies.
    func subjects(
        _ libraries: [LibrarySight], inScan scan: Int64, on connection: any Connection
    ) throws -> [PolicySubject] {
        if policies.isEmpty { return [] }
        let ids = libraries.map(\.library)
        let vulnerabilities =
            needsVulnerabilities
            ? try ProjectView.vulnerabilities(at: libraries.map(\.position), in: scan, on: connection) : [:]
        let licenses = needsLicenses ? try ProjectView.licenses(ofLibraries: ids, on: connection) : [:]
        return libraries.map { library in
            PolicySubject(
                library, licenses: licenses[library.library] ?? [],
                vulnerabilities: vulnerabilities[library.position] ?? [])
        }
    }

    /// The policy that decides about a library; nil when none does. Only policies about in-house libraries decide about these.
    ///
    /// - Parameters:
    ///   - position: of the library in the scan.
    ///   - decided: whether an unusable policy has decided about the library before.
    func policy(
        for subject: PolicySubject, at position: Int64 = 0, decided: (Policy) throws -> Bool
    ) rethrows -> Policy? {
        for (place, policy) in policies.enumerated() {
            if subject.isInHouse, policy.rule != .inHouse { continue }
            switch verdict(place, on: subject, at: position) {
            case .fits: return policy
            case .differs: continue
            case .unknown: if try decided(policy) { return policy }
            }
        }
        return nil
    }

    private func verdict(_ place: Int, on subject: PolicySubject, at position: Int64) -> PolicyMatcher.Verdict {
        guard let column = columns[place] else { return matcher.verdict(place, on: subject) }
        if let known = column.verdict(at: position) { return known }
        isIncomplete = true
        return .unknown
    }
}

extension PolicySubject {
    /// A library of a project, with what is known of its licences and its vulnerabilities.
    fileprivate init(
        _ library: LibrarySight, licenses: [PolicyLicense], vulnerabilities: [PolicyVulnerability]
    ) {
        self.init()
        group = library.group
        artifact = library.artifact
        version = library.version
        filename = library.filename
        self.licenses = licenses
        isInHouse = library.isInHouse
        released = TimeText.milliseconds(String(library.releaseDate.prefix(10)))
        self.vulnerabilities = vulnerabilities
    }
}
