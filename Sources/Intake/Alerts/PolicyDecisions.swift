import Bytes
import Database
import Inventory

// DESIGN. The policies of a project are read once. For each library, the first policy that fits and approves, rejects or
// warns decides. Policies with other actions (an issue, another owner) decide nothing; callers that need them read them
// (`PolicyIssues`). A policy whose pattern is unusable, or not matched yet, keeps its earlier decisions and makes no new
// ones.

/// Decides by the policies of a project. For one thread.
final class PolicyDecisions {
    private let policies: [Policy]
    private let matcher: PolicyMatcher
    /// For each policy with a name pattern the earlier verdicts; nil for other policies.
    private var columns: [NameVerdicts.Column?] = []
    /// Whether the decisions need licences.
    private let needsLicenses: Bool
    /// Whether the decisions need vulnerabilities.
    let needsVulnerabilities: Bool
    /// Whether a verdict was missing that a later run may have.
    private(set) var isIncomplete = false

    /// - Parameter actions: the words of the actions to include.
    init(_ policies: [Policy], at time: Int64, actions: Set<String> = PolicyAction.deciding) {
        self.policies = policies.filter { actions.contains($0.actionType) }
        matcher = PolicyMatcher(self.policies.map(\.rule), at: time)
        columns = self.policies.map { _ in nil }
        needsLicenses = self.policies.contains { $0.rule.needsLicenses }
        needsVulnerabilities = self.policies.contains { $0.rule.needsVulnerabilities }
    }

    /// Like the other initializer, for names that were matched before; this one matches none.
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

    /// The libraries of a scan in the form that policies use, with the facts that these policies need; empty without
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

    /// The policy that decides about a library; nil for none. Only policies about in-house libraries decide about in-house
    /// libraries.
    ///
    /// - Parameters:
    ///   - position: the position of the library in the scan.
    ///   - decided: whether an unusable policy decided about the library before.
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
    /// A library of a project with its known licences and vulnerabilities.
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
