import Bytes
package import Database
import Inventory

// DESIGN. Policies with the action CREATE_ISSUE raise no alerts here: other programs query their findings and open
// tickets. The same matcher computes the violations on request. Their uuids are derived, so they are always the same.

/// The findings of a policy about one library of a project.
package struct PolicyIssue: Sendable {
    /// One reason for an issue.
    package struct Violation: Sendable {
        package let uuid: String
        /// The vulnerability; nil where the policy has another condition.
        package let vulnerability: OpenVulnerability?
        /// Milliseconds since 1970, UTC.
        package let modified: Int64
    }

    package let policy: Policy
    /// The row of the library.
    package let library: Int64
    package let violations: [Violation]

    private static let page = 2000
    /// The most vulnerabilities of a project that are read.
    private static let vulnerabilityLimit = 50_000
    private static let space: [UInt8] = [
        0x2d, 0x77, 0xb0, 0x14, 0x5f, 0x9c, 0x40, 0x63, 0x88, 0xe1, 0x3a, 0x06, 0xd4, 0x29, 0x7b, 0x55,
    ]

    /// Violations of policies with an action in the project of a scope, in the order of its libraries, at most
    /// `limit`.
    ///
    /// - Parameter span: the time of the last change of the violations, in milliseconds since 1970.
    package static func list(
        _ scope: Scope, action: String, span: ClosedRange<Int64>, limit: Int, at time: Int64,
        on connection: any Connection
    ) throws -> [PolicyIssue] {
        guard let view = try ProjectView.read(scope, on: connection) else { return [] }
        let decisions = PolicyDecisions(
            try Policies.deciding(
                organization: view.organization, product: view.product, project: view.project, on: connection),
            at: time, actions: [action])
        guard !decisions.isEmpty else { return [] }
        let open = Dictionary(
            grouping: try OpenVulnerability.list(
                project: view.project, limit: vulnerabilityLimit, on: connection), by: \.libraryUUID)
        let appeared = try LibraryRequest.times(project: view.project, on: connection)
        var found: [PolicyIssue] = []
        var last: Int64 = -1
        while found.count < limit {
            let libraries = try view.libraries(after: last, limit: page, on: connection)
            guard let end = libraries.last else { break }
            last = end.position
            let subjects = try decisions.subjects(libraries, inScan: view.scan, on: connection)
            for (library, subject) in zip(libraries, subjects) {
                // Findings of such policies are not stored.
                guard let policy = decisions.policy(for: subject, decided: { _ in false }) else { continue }
                func uuid(_ name: String) -> String {
                    let names = [view.token, "issue", String(policy.id), library.uuid, name]
                    return Identifier.uuid(of: names.joined(separator: "\0"), in: space)
                }
                let violations =
                    policy.rule.needsVulnerabilities
                    ? (open[library.uuid] ?? []).filter { policy.rule.minds($0) }.map {
                        Violation(uuid: uuid($0.name), vulnerability: $0, modified: max($0.modified, policy.created))
                    }
                    : [
                        Violation(
                            uuid: uuid(""), vulnerability: nil,
                            modified: max(appeared[library.uuid] ?? 0, policy.created))
                    ]
                let recent = violations.filter { span.contains($0.modified) }
                if recent.isEmpty { continue }
                found.append(PolicyIssue(policy: policy, library: library.library, violations: recent))
            }
        }
        return Array(found.prefix(limit))
    }
}

extension PolicyRule {
    /// Whether the rule covers a vulnerability.
    fileprivate func minds(_ vulnerability: OpenVulnerability) -> Bool {
        switch self {
        case .score(let range): vulnerability.sight.score.map(range.contains) ?? false
        case .severities(let words): words.contains(vulnerability.sight.severity)
        case .vulnerability(let conditions): conditions.fit(vulnerability.sight)
        case .licenses, .families, .name, .age, .inHouse, .nothing: true
        }
    }
}
