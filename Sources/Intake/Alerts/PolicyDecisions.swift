import Bytes
import Database
import Inventory

// DESIGN. The policies of a project are read once. For each library the first that fits and approves, rejects or warns
// decides; policies with other actions (an issue, another owner) decide nothing and are looked at by who asks for them
// (`PolicyIssues`).

/// Decides by the policies of a project.
final class PolicyDecisions {
    private let policies: [Policy]
    private let matcher: PolicyMatcher
    /// Whether vulnerabilities have to be read to decide.
    let needsVulnerabilities: Bool

    /// - Parameter actions: words of actions; policies with others are left out.
    init(_ policies: [Policy], at time: Int64, actions: Set<String> = ["APPROVE", "REJECT", "ALERT"]) {
        self.policies = policies.filter { actions.contains($0.actionType) }
        matcher = PolicyMatcher(at: time)
        needsVulnerabilities = self.policies.contains { $0.rule.needsVulnerabilities }
    }

    var isEmpty: Bool { policies.isEmpty }

    /// The policy that decides about a library; nil when none does. About one's own work only policies decide that look
    /// for it.
    func policy(for subject: PolicySubject) -> Policy? {
        policies.first { (!subject.isInHouse || $0.rule == .inHouse) && matcher.fits($0.rule, subject) }
    }
}

extension PolicySubject {
    /// A library of a project, with what is known of its vulnerabilities.
    init(_ library: LibrarySight, weights: (scores: [Int], severities: Set<String>)?) {
        self.init()
        group = library.group
        artifact = library.artifact
        version = library.version
        filename = library.filename
        licenses = library.licenses
        isInHouse = library.isInHouse
        released = TimeText.milliseconds(String(library.releaseDate.prefix(10)))
        scores = weights?.scores ?? []
        severities = weights?.severities ?? []
    }
}
