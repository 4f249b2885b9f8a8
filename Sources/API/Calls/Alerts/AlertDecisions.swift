import Bytes
import Database
import HTTP
import Inventory

// Decisions about alerts: mend-api.md §3.4. A call decides either all alerts that it names, or none.

extension Call {
    private static let decisionFields: [Parameter] = [
        .texts("alertUuids").required, .text("comments"), .time("ignoreUntil"),
        .words("reason", IgnoreReason.Word.allCases.map(\.rawValue)),
        .words("justification", IgnoreReason.justifications),
    ]

    static let ignoreAlerts = Call(
        "ignoreAlerts", .one(.organization), .member, .work, takes: decisionFields
    ) { visit in
        let (uuids, comments, until) = try visit.request.decision()
        let reason = try visit.request.ignoreReason()
        return visit.decide(.ignore(until: until, because: reason), on: uuids, comments: comments) {
            Answer.message("Successfully ignored \(uuids.count) alerts")
        }
    }

    static let setAlertsStatus = Call(
        "setAlertsStatus", .one(.organization), .member, .work,
        takes: decisionFields + [.words("status", ["Active", "Ignored"]).required]
    ) { visit in
        let (uuids, comments, until) = try visit.request.decision()
        let status = try visit.request.text("status", accepted: "Active, Ignored")
        let decision: AlertDecision
        switch status.lowercased() {
        case "ignored": decision = .ignore(until: until, because: try visit.request.ignoreReason())
        case "active", "open": decision = .open
        default: throw APIError.badValue(status, of: "status", accepted: "Active, Ignored")
        }
        return visit.decide(decision, on: uuids, comments: comments) {
            // A client compares this text.
            Answer.message("Successfully set the alert's status")
        }
    }
}

extension Request {
    /// The alerts, the comment, and the end of the decision (milliseconds since 1970; 0 for none).
    fileprivate func decision() throws(APIError) -> (uuids: [String], comments: String, until: Int64) {
        let uuids = try texts("alertUuids", accepted: "a list of alertUuid values")
        var comments = ""
        if case .text(let text)? = self["comments"] { comments = text }
        return (uuids, String(comments.prefix(4000)), try timeIfAny("ignoreUntil") ?? 0)
    }
}

extension APIError {
    init(_ error: DecisionError) {
        switch error {
        case .unknownAlert(let uuid): self = .notFound(uuid, of: "alertUuids")
        case .resolvedAlert(let uuid):
            self = .badValue(uuid, of: "alertUuids", accepted: "alerts that are not resolved")
        case .tooMany:
            self = .full("an organization has at most \(Decisions.limit) decisions in force; withdraw some")
        }
    }
}

extension Request {
    /// The reason for ignoring alerts; never guessed from the comment.
    func ignoreReason() throws(APIError) -> IgnoreReason {
        func word(_ name: String, among words: [String]) throws(APIError) -> String? {
            guard let field = self[name] else { return nil }
            let given = field.word?.trimmingBlanks().lowercased() ?? ""
            if given.isEmpty, case .text = field { return nil }
            guard words.contains(given) else {
                throw .badValue(field.shown, of: name, accepted: words.joined(separator: ", "))
            }
            return given
        }
        let reason = try word("reason", among: IgnoreReason.Word.allCases.map(\.rawValue))
            .flatMap(IgnoreReason.Word.init(rawValue:))
        let justification = try word("justification", among: IgnoreReason.justifications)
        if let justification, reason != .notAffected {
            throw .badValue(justification, of: "justification", accepted: "it together with the reason not_affected")
        }
        return reason.map { IgnoreReason($0, justification: justification ?? "") } ?? .none
    }
}

extension CallVisit {
    fileprivate func decide(
        _ decision: AlertDecision, on uuids: [String], comments: String,
        answer: @escaping @Sendable () -> HTTPResponse
    ) -> Outcome {
        change { writing in
            do {
                try Alerts.decide(decision, on: uuids, comments: comments, writing)
            } catch let error as DecisionError {
                throw APIError(error)
            }
            return answer()
        }
    }
}
