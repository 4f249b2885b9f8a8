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
    /// Kept for other programs; has no effect here.
    case reassign = "REASSIGN"

    /// The words of those actions of which the first that fits decides about a library.
    package static let deciding = Set([approve, reject, alert].map(\.rawValue))

    /// All words, for messages.
    package static let words = allCases.map(\.rawValue).joined(separator: ", ")
}
