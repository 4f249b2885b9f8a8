/// The action of a policy on a matching library, in Mend's words.
package enum PolicyAction: String, Sendable, CaseIterable {
    /// Requests for the library are approved.
    case approve = "APPROVE"
    /// Requests for the library are rejected, and a severe alert is raised.
    case reject = "REJECT"
    /// An alert is raised.
    case alert = "ALERT"
    /// Issues are listed for a tracker.
    case createIssue = "CREATE_ISSUE"
    /// Stored for other programs; has no effect in Waybill.
    case reassign = "REASSIGN"

    /// The actions that decide about a library. The first matching policy with such an action counts.
    package static let deciding = Set([approve, reject, alert].map(\.rawValue))

    /// All words, for messages.
    package static let words = allCases.map(\.rawValue).joined(separator: ", ")
}
