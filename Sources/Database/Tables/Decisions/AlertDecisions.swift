package import Inventory

// DESIGN. People name alerts of any projects in the scope by their uuids. One transaction decides all of them or none.
// `AlertLife` applies a decision.

/// Decisions of people about alerts.
package enum AlertDecision: Sendable, Equatable {
    /// Ignores until a time in milliseconds since 1970, or permanently (0).
    case ignore(until: Int64, because: IgnoreReason = .none)
    case open
}

extension Alerts {
    /// Decides the alerts with these uuids; throws `DecisionError` when the scope lacks one of them, or one is resolved.
    package static func decide(
        _ decision: AlertDecision, on uuids: [String], comments: String, _ writing: Writing
    ) throws {
        let (scope, connection) = (writing.scope, writing.connection)
        try Revisions.lock(scope.organization, on: connection)
        for found in try DecidedAlerts.find(uuids, in: scope, on: connection) {
            let changes = try found.alerts.compactMap { alert in
                try decided(decision, alert, comments: comments, by: writing.account, at: writing.time)
            }
            guard !changes.isEmpty else { continue }
            try write(
                changes, project: found.project, organization: scope.organization, lastNumber: .max, on: connection)
            let place = Scope(
                kind: .project, organization: scope.organization, product: found.product, project: found.project)
            try Revisions.raise(place, contentAt: writing.time, on: connection)
            let before = Dictionary(uniqueKeysWithValues: found.alerts.map { ($0.number, $0) })
            let lines = changes.compactMap { change -> Change? in
                guard let old = before[change.alert.number], let library = found.libraries[old.uuid] else { return nil }
                return Change(.metadata, .alert, .changed, of: library, before: [old.said], after: [change.alert.said])
            }
            try Change.write(lines, writing.moved(to: place))
        }
    }

    /// The changed alert; nil when the decision changes nothing.
    private static func decided(
        _ decision: AlertDecision, _ alert: Alert, comments: String, by account: Int64, at time: Int64
    ) throws -> AlertChange? {
        var after = alert
        let event: AlertLife.Event?
        do {
            switch decision {
            case .ignore(let until, let reason):
                event = try after.life.ignore(
                    by: account, because: reason, comments: comments, until: until, at: time)
            case .open: event = try after.life.open(by: account, comments: comments, at: time)
            }
        } catch {
            throw DecisionError.resolvedAlert(alert.uuid)
        }
        // The decision answers an earlier contradiction.
        after.contested = 0
        guard after != alert else { return nil }
        after.modified = time
        return AlertChange(after, event: event)
    }
}

extension Alert {
    /// The form of a line in the change log.
    fileprivate var said: String {
        var words = [type.rawValue, subject, life.state.rawValue]
        if case .ignored(let account, _) = life.decision, account != 0 {
            words += [life.reason.word.rawValue, life.reason.justification]
        }
        return (words + [life.comments]).filter { !$0.isEmpty }.joined(separator: " ")
    }
}
