package import Inventory

// DESIGN. People name alerts by their uuids, of any projects of the scope at once: all are decided in one transaction, or
// none. What a decision means is `AlertLife`'s business.

/// What a person decides about alerts.
package enum AlertDecision: Sendable, Equatable {
    /// Until a time in milliseconds since 1970, or (0) for good.
    case ignore(until: Int64, because: IgnoreReason = .none)
    case open
}

/// Why alerts were not decided.
package enum AlertDecisionError: Error, Equatable {
    case unknown(uuid: String)
    case resolved(uuid: String)
}

extension Alerts {
    /// Decides the alerts with these uuids; throws when the scope lacks one of them.
    package static func decide(
        _ decision: AlertDecision, on uuids: [String], comments: String, _ writing: Writing
    ) throws {
        let (scope, connection) = (writing.scope, writing.connection)
        _ = try connection.integer(
            "SELECT 1 FROM organization WHERE id = \(scope.organization) \(connection.engine.locking)")
        var found: [Int64: (product: Int64, alerts: [Alert])] = [:]
        var known: Set<String> = []
        var places: [String: Change.Place] = [:]
        try Advisories.inSlices(uuids, as: Value.text) { list in
            try connection.each(
                """
                SELECT a.number, a.uuid, a.type, a.level, a.library, a.library_uuid, a.direct, a.subject,
                    a.vulnerability, a.policy, a.description, a.created_at, a.modified_at, a.resolved_at, a.resolution,
                    a.decision, a.ignored_by, a.ignored_until, a.comments, a.reason, a.justification, a.contested, p.id, p.product,
                    l.key_id, l.filename
                FROM alert a JOIN project p ON p.id = a.project LEFT JOIN library l ON l.id = a.library
                WHERE a.uuid IN \(list) AND \(scope.condition) ORDER BY p.id, a.number
                """
            ) { row in
                guard let alert = Alert(row: row), known.insert(alert.uuid).inserted else { return }
                let (project, product) = (row.integer(22), row.integer(23))
                found[project, default: (product, [])].alerts.append(alert)
                places[alert.uuid] = Change.Place("LIBRARY", id: row.integer(24), name: row.string(25))
            }
        }
        if let unknown = uuids.first(where: { !known.contains($0) }) {
            throw AlertDecisionError.unknown(uuid: unknown)
        }
        for (project, (product, alerts)) in found.sorted(by: { $0.key < $1.key }) {
            let changes = try alerts.compactMap { alert in
                try decided(decision, alert, comments: comments, by: writing.account, at: writing.time)
            }
            guard !changes.isEmpty else { continue }
            try write(
                changes, project: project, organization: scope.organization, lastNumber: .max, on: connection)
            let place = Scope(
                kind: .project, organization: scope.organization, product: product, project: project)
            try Accounts.touch(place, at: writing.time, on: connection)
            let before = Dictionary(uniqueKeysWithValues: alerts.map { ($0.number, $0) })
            for change in changes {
                guard let old = before[change.alert.number], let library = places[old.uuid] else { continue }
                try Change(
                    .metadata, .alert, .changed, of: library, before: [old.said], after: [change.alert.said]
                ).write(writing.moved(to: place))
            }
        }
    }

    /// The alert as it is then; nil when nothing changes.
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
            throw AlertDecisionError.resolved(uuid: alert.uuid)
        }
        // What was said before is answered by it.
        after.contested = 0
        guard after != alert else { return nil }
        after.modified = time
        return AlertChange(after, event: event)
    }
}

extension Alert {
    /// As a line of the change log has it.
    fileprivate var said: String {
        var words = [type.rawValue, subject, life.state.rawValue]
        if case .ignored(let account, _) = life.decision, account != 0 {
            words += [life.reason.word.rawValue, life.reason.justification]
        }
        return (words + [life.comments]).filter { !$0.isEmpty }.joined(separator: " ")
    }
}
