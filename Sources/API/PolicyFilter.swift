import Bytes
package import Inventory

/// A condition of a policy's filter, as a member of its JSON. Clients name some of them differently.
package enum PolicyMember: Sendable, CaseIterable {
    case licenses, families, severities, exploited, minScore, maxScore, minEpss, pattern, days

    /// The names that are accepted, the documented one first.
    package var names: [String] {
        switch self {
        case .licenses: ["licenses", "license", "value"]
        case .families: ["licenseGroups", "licenseGroup", "groups", "families", "family", "value"]
        case .severities: ["severities", "severity", "value"]
        case .exploited: ["exploited"]
        case .minScore: ["minScore", "from", "score", "value"]
        case .maxScore: ["maxScore", "to"]
        case .minEpss: ["minEpss"]
        case .pattern: ["pattern", "resourceName", "name", "regex", "value"]
        case .days: ["days", "age", "maxAge", "value"]
        }
    }
}

/// The filter of a policy as JSON.
package enum PolicyFilter {
    /// The rule that a filter states, as a call that adds a policy would read it. Throws the `APIError` of that call.
    package static func rule(of json: String) throws(APIError) -> PolicyRule {
        let request = try Request(Array(JSONWriter.object { $0.raw("filter", json) }.utf8))
        guard let filter = request["filter"], let type = filter.text("type") else {
            throw .missing("policy.filter.type", accepted: PolicyForm.accepted)
        }
        return try PolicyForm.rule(filter, type: type.uppercased())
    }
}
