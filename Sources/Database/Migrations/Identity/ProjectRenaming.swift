// DESIGN. The part of the work of the step "identities" that is about projects: their alerts, requests and occurrences, found
// by the rows of libraries that they name. Frozen with the step, as `LibraryRenaming` is. An alert keeps its uuid and number.

/// Writes the new names of their libraries into the rows of projects.
package struct ProjectRenaming {
    private let connection: any Connection

    package init(on connection: any Connection) { self.connection = connection }

    package struct Project: Sendable {
        package let id: Int64
        package let token: String
        let organization: Int64
        let scan: Int64
    }

    /// The next project; nil at the end.
    package func project(after id: Int64) throws -> Project? {
        try connection.first(
            "SELECT id, token, organization, scan FROM project WHERE id > \(id) ORDER BY id LIMIT 1"
        ) { Project(id: $0.integer(0), token: $0.string(1), organization: $0.integer(2), scan: $0.integer(3)) }
    }

    /// Renames everything of a project but its tickets; gives how many rows it examined.
    package func rename(_ project: Project) throws -> Int {
        let requests = try mergeRequests(of: project)
        let alerts = try mergeAlerts(of: project)
        let occurrences = try mergeOccurrences(of: project)
        var rows = 0
        for table in ["library_request", "alert"] as [SQL] {
            rows += try connection.run(
                """
                UPDATE \(table) SET library_uuid = (SELECT l.uuid FROM library l WHERE l.id = \(table).library)
                WHERE project = \(project.id) AND EXISTS (SELECT 1 FROM library l WHERE l.id = \(table).library)
                """)
        }
        if requests + alerts + occurrences > 0, project.scan > 0 {
            try connection.run(
                """
                INSERT INTO stale_project (project, organization, mark) VALUES (\(project.id), \(project.organization), 1)
                ON CONFLICT (project) DO UPDATE SET mark = stale_project.mark + 1
                """)
        }
        return rows + requests + alerts + occurrences
    }

    /// Cached reports show the old names.
    package func touchAll() throws {
        for table in ["organization", "product", "project"] as [SQL] {
            try connection.run("UPDATE \(table) SET revision = revision + 1")
        }
    }

    // MARK: Tickets

    /// Whether other programs keep tickets for what policies find in the project.
    package func hasTickets(_ project: Project) throws -> Bool {
        try connection.integer("SELECT 1 FROM external_issue WHERE project = \(project.id) LIMIT 1") != nil
    }

    /// The possible subjects of a ticket: a policy; a library by its old and its new names; a vulnerability or an empty text.
    /// To be called before the project is renamed.
    package func eachSubjectOfTickets(
        of project: Project, _ body: (_ policy: Int64, _ old: String, _ new: String, _ name: String) throws -> Void
    ) throws {
        let policies = try connection.all(
            "SELECT id FROM policy WHERE organization = \(project.organization) ORDER BY id"
        ) { $0.integer(0) }
        let subjects = try connection.all(
            """
            SELECT a.library_uuid, l.uuid, CASE WHEN a.type = 'SECURITY_VULNERABILITY' THEN a.subject ELSE '' END
            FROM alert a JOIN library l ON l.id = a.library WHERE a.project = \(project.id)
            UNION SELECT r.library_uuid, l.uuid, '' FROM library_request r JOIN library l ON l.id = r.library
            WHERE r.project = \(project.id)
            """
        ) { (old: $0.string(0), new: $0.string(1), name: $0.string(2)) }
        for policy in policies {
            for subject in subjects where subject.old != subject.new {
                try body(policy, subject.old, subject.new, subject.name)
            }
        }
    }

    /// Appends the tickets of one issue to those of another.
    package func moveTickets(of project: Project, from old: String, to new: String) throws {
        let positions = try connection.all(
            "SELECT position FROM external_issue WHERE project = \(project.id) AND issue_uuid = \(old) ORDER BY position"
        ) { $0.integer(0) }
        if positions.isEmpty { return }
        var next =
            (try connection.integer(
                "SELECT max(position) FROM external_issue WHERE project = \(project.id) AND issue_uuid = \(new)") ?? -1)
            + 1
        for position in positions {
            try connection.run(
                """
                UPDATE external_issue SET issue_uuid = \(new), position = \(next)
                WHERE project = \(project.id) AND issue_uuid = \(old) AND position = \(position)
                """)
            next += 1
        }
    }

    // MARK: Requests

    private struct Request {
        let uuid: String
        let number: Int64
        let status: String
        let isPersons: Bool
        let handledAt: Int64
        let name: String
        let key: Int64
    }

    /// Of several requests for one library, keeps the one that a person answered last, else the first.
    private func mergeRequests(of project: Project) throws -> Int {
        let requests = try connection.all(
            """
            SELECT l.uuid, r.number, r.status, CASE WHEN r.status <> 'PENDING' AND r.policy = 0 THEN 1 ELSE 0 END,
                coalesce(r.handled_at, 0), l.filename, l.key_id
            FROM library_request r JOIN library l ON l.id = r.library
            WHERE r.project = \(project.id) AND l.uuid IN (SELECT k.uuid FROM library_request q JOIN library k ON k.id = q.library
                WHERE q.project = \(project.id) GROUP BY k.uuid HAVING count(*) > 1)
            ORDER BY l.uuid, r.number
            """
        ) {
            Request(
                uuid: $0.string(0), number: $0.integer(1), status: $0.string(2), isPersons: $0.boolean(3),
                handledAt: $0.integer(4), name: $0.string(5), key: $0.integer(6))
        }
        var removed = 0
        for group in Self.groups(requests, by: \.uuid) {
            let answered = group.filter(\.isPersons).max { ($0.handledAt, $0.number) < ($1.handledAt, $1.number) }
            let kept = answered ?? group[0]
            for request in group where request.number != kept.number {
                try connection.run(
                    "DELETE FROM library_request WHERE project = \(project.id) AND number = \(request.number)")
                removed += 1
                guard request.isPersons, request.status != kept.status else { continue }
                try connection.run(
                    """
                    INSERT INTO change (organization, at, category, class, aspect, scope, scope_id, scope_name, before,
                        after, operator, project)
                    VALUES (\(project.organization), \(kept.handledAt), 'METADATA', 'REQUEST', 'CHANGED', 'LIBRARY',
                        \(kept.key), \(kept.name), \(request.status), \(kept.status), 'SYSTEM', \(project.id))
                    """)
            }
        }
        return removed
    }

    /// Neighbours with the same key.
    private static func groups<Element>(_ list: [Element], by key: (Element) -> String) -> [ArraySlice<Element>] {
        var groups: [ArraySlice<Element>] = []
        var start = list.startIndex
        for index in list.indices where index + 1 == list.endIndex || key(list[index]) != key(list[index + 1]) {
            groups.append(list[start...index])
            start = index + 1
        }
        return groups
    }

    // MARK: Alerts

    private struct OldAlert {
        let key: String
        let number: Int64
        let isResolved: Bool
        /// The time of a person's decision; 0 without one.
        let decidedAt: Int64
    }

    /// Joins the alerts of one library, type and subject into the first that is not resolved, with a person's last
    /// decision and the history of all.
    private func mergeAlerts(of project: Project) throws -> Int {
        let alerts = try connection.all(
            """
            SELECT a.type || ' ' || l.uuid || ' ' || a.subject, a.number, CASE WHEN a.state = 'RESOLVED' THEN 1 ELSE 0 END,
                CASE WHEN a.decision <> '' AND a.ignored_by <> 0 THEN coalesce((SELECT max(e.at) FROM alert_event e
                    WHERE e.project = a.project AND e.alert = a.number AND e.account <> 0), a.modified_at) ELSE 0 END
            FROM alert a JOIN library l ON l.id = a.library
            WHERE a.project = \(project.id) AND (a.type, l.uuid, a.subject) IN (SELECT b.type, k.uuid, b.subject
                FROM alert b JOIN library k ON k.id = b.library WHERE b.project = \(project.id)
                GROUP BY b.type, k.uuid, b.subject HAVING count(*) > 1)
            ORDER BY 1, a.number
            """
        ) {
            OldAlert(key: $0.string(0), number: $0.integer(1), isResolved: $0.boolean(2), decidedAt: $0.integer(3))
        }
        var removed = 0
        for group in Self.groups(alerts, by: \.key) {
            let kept = group.first { !$0.isResolved } ?? group[group.startIndex]
            let decider = group.filter { $0.decidedAt > 0 }.max {
                ($0.decidedAt, $0.number) < ($1.decidedAt, $1.number)
            }
            if let decider { try decide(kept.number, as: decider.number, in: project) }
            try joinHistory(of: group.map(\.number), in: kept.number, of: project)
            let gone = SQL.list(group.map(\.number).filter { $0 != kept.number }.map(Value.integer))
            removed += try connection.run("DELETE FROM alert WHERE project = \(project.id) AND number IN \(gone)")
        }
        return removed
    }

    private func decide(_ alert: Int64, as other: Int64, in project: Project) throws {
        guard alert != other else { return }
        let decision = try connection.first(
            """
            SELECT decision, ignored_by, ignored_until, comments FROM alert
            WHERE project = \(project.id) AND number = \(other)
            """
        ) { (word: $0.string(0), by: $0.integer(1), until: $0.integer(2), comments: $0.string(3)) }
        guard let decision else { return }
        try connection.run(
            """
            UPDATE alert SET decision = \(decision.word), ignored_by = \(decision.by), ignored_until = \(decision.until),
                comments = \(decision.comments),
                state = CASE WHEN state = 'RESOLVED' THEN state
                    WHEN \(decision.word) = 'IGNORED' THEN 'IGNORED' ELSE 'OPEN' END
            WHERE project = \(project.id) AND number = \(alert)
            """)
    }

    private func joinHistory(of alerts: [Int64], in alert: Int64, of project: Project) throws {
        let list = SQL.list(alerts.map(Value.integer))
        let events = try connection.all(
            """
            SELECT at, state, account, comments FROM alert_event WHERE project = \(project.id) AND alert IN \(list)
            ORDER BY at, alert, position
            """
        ) { (at: $0.integer(0), state: $0.string(1), account: $0.integer(2), comments: $0.string(3)) }
        try connection.run("DELETE FROM alert_event WHERE project = \(project.id) AND alert IN \(list)")
        for (position, event) in events.enumerated() {
            try connection.run(
                """
                INSERT INTO alert_event (project, alert, position, at, state, account, comments)
                VALUES (\(project.id), \(alert), \(position), \(event.at), \(event.state), \(event.account),
                    \(event.comments))
                """)
        }
    }

    // MARK: Occurrences

    private struct Occurrence {
        let uuid: String
        let position: Int64
        let library: Int64
        /// 1, 0, or -1 where nobody knows.
        let direct: Int64
        let depth: Int64
        let count: Int64
        /// The richer description has the higher one.
        let rank: [Int64]
    }

    /// Joins the occurrences of one library into one with its richest description; each component keeps its own.
    private func mergeOccurrences(of project: Project) throws -> Int {
        guard project.scan > 0 else { return 0 }
        let occurrences = try connection.all(
            """
            SELECT l.uuid, o.position, o.library, o.direct, o.depth, o.count, CASE WHEN l.licenses = '' THEN 0 ELSE 1 END,
                CASE WHEN l.sha1 = '' THEN 0 ELSE 1 END, length(f.body)
            FROM occurrence o JOIN library l ON l.id = o.library LEFT JOIN library_facts f ON f.library = l.id
            WHERE o.scan = \(project.scan) AND l.uuid IN (SELECT k.uuid FROM occurrence p JOIN library k ON k.id = p.library
                WHERE p.scan = \(project.scan) GROUP BY k.uuid HAVING count(*) > 1)
            ORDER BY l.uuid, o.position
            """
        ) { row in
            Occurrence(
                uuid: row.string(0), position: row.integer(1), library: row.integer(2), direct: row.integer(3),
                depth: row.integer(4), count: row.integer(5),
                rank: [row.integer(6), row.integer(7), row.integerOrNil(8) ?? 0, -row.integer(1)])
        }
        var removed = 0
        for group in Self.groups(occurrences, by: \.uuid) {
            try merge(group, in: project.scan)
            removed += group.count - 1
        }
        if removed > 0 {
            try connection.run("UPDATE scan SET libraries = libraries - \(removed) WHERE id = \(project.scan)")
        }
        return removed
    }

    private func merge(_ group: ArraySlice<Occurrence>, in scan: Int64) throws {
        let kept = group[group.startIndex].position
        let shown = group.max { $0.rank.lexicographicallyPrecedes($1.rank) }?.library ?? group[group.startIndex].library
        for one in group {
            try connection.run(
                """
                UPDATE component SET occurrence = \(kept), library = \(one.library == shown ? 0 : one.library)
                WHERE scan = \(scan) AND occurrence = \(one.position)
                """)
            guard one.position != kept else { continue }
            try connection.run(
                """
                INSERT INTO library_claim (scan, occurrence, vulnerability, state, justification, detail)
                SELECT scan, \(kept), vulnerability, state, justification, detail FROM library_claim
                WHERE scan = \(scan) AND occurrence = \(one.position)
                ON CONFLICT (scan, occurrence, vulnerability) DO NOTHING
                """)
            try connection.run("DELETE FROM library_claim WHERE scan = \(scan) AND occurrence = \(one.position)")
            try connection.run("DELETE FROM occurrence WHERE scan = \(scan) AND position = \(one.position)")
        }
        let depth = group.map(\.depth).filter { $0 >= 0 }.min() ?? -1
        try connection.run(
            """
            UPDATE occurrence SET library = \(shown), direct = \(group.map(\.direct).max() ?? -1), depth = \(depth),
                count = \(group.reduce(0) { $0 + $1.count })
            WHERE scan = \(scan) AND position = \(kept)
            """)
    }
}
