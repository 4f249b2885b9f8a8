import Inventory

/// The alerts of a project that somebody names, or that a decision reaches.
struct DecidedAlerts {
    let product: Int64
    let project: Int64
    /// The name that the versions of the project share.
    let family: String
    private(set) var alerts: [Alert] = []
    /// The libraries of the alerts by the alerts' uuids, under the names for the change log.
    private(set) var libraries: [String: Change.Place] = [:]

    /// Finds alerts by their uuids, in the order of projects and alerts. Throws `DecisionError.unknownAlert` when the scope lacks
    /// one of them. The organization's row is locked.
    static func find(
        _ uuids: [String], in scope: Scope, on connection: any Connection
    ) throws -> [DecidedAlerts] {
        var found: [Int64: DecidedAlerts] = [:]
        var known: Set<String> = []
        try SQL.inSlices(uuids, as: Value.text) { list in
            try connection.each(
                """
                SELECT \(Alert.columns(of: "a")), p.id, p.product, p.name, p.version, l.key_id, l.filename
                FROM alert a JOIN project p ON p.id = a.project LEFT JOIN library l ON l.id = a.library
                WHERE a.uuid IN \(list) AND \(scope.condition) ORDER BY p.id, a.number
                """
            ) { row in
                guard let alert = Alert(row: row), known.insert(alert.uuid).inserted else { return }
                let cell = Alert.cells
                let (project, product) = (row.integer(cell), row.integer(cell + 1))
                let family = ProjectFamily(project: row.string(cell + 2), version: row.string(cell + 3))
                let library = Change.Place("LIBRARY", id: row.integer(cell + 4), name: row.string(cell + 5))
                found[project, default: DecidedAlerts(product: product, project: project, family: family.name)]
                    .add(alert, about: library)
            }
        }
        if let unknown = uuids.first(where: { !known.contains($0) }) { throw DecisionError.unknownAlert(unknown) }
        return found.values.sorted { $0.project < $1.project }
    }

    private init(product: Int64, project: Int64, family: String) {
        self.product = product
        self.project = project
        self.family = family
    }

    private mutating func add(_ alert: Alert, about library: Change.Place) {
        alerts.append(alert)
        libraries[alert.uuid] = library
    }

    // MARK: Writing

    /// Writes the alerts that one decision changed, by their projects, and their events, in a few statements for any number of
    /// projects and alerts. Raises the revisions of the projects, and of their products and organization.
    static func write(
        _ changes: [Int64: [AlertChange]], organization: Int64, at time: Int64, on connection: any Connection
    ) throws {
        let all = changes.sorted { $0.key < $1.key }.flatMap { project, list in list.map { (project, $0) } }
        guard let life = all.first?.1.alert.life else { return }
        assert(all.allSatisfy { $0.1.alert.life == life }, "one decision says one thing")
        let events = try self.events(all, on: connection)
        try SQL.inSlices(all.map(\.1.alert.uuid), as: Value.text) { list in
            try connection.run(
                """
                UPDATE alert SET state = \(life.state.rawValue), decision = \(life.word), ignored_by = \(life.account),
                    ignored_until = \(life.until), comments = \(life.comments), reason = \(life.reasonWord),
                    justification = \(life.justificationWord), decision_id = \(life.decisionID), contested = 0,
                    modified_at = \(time)
                WHERE uuid IN \(list)
                """)
        }
        try Alerts.insert(events, on: connection)
        try SQL.inSlices(changes.keys.sorted(), as: Value.integer) { list in
            try Alerts.count(projects: list, at: time, on: connection)
            // The outcomes of statements in documents have changed with it.
            try StaleProject.mark(
                """
                SELECT p.id FROM project p WHERE p.id IN \(list)
                    AND EXISTS (SELECT 1 FROM vex_use u WHERE u.scan = p.scan)
                """, on: connection)
        }
        try Revisions.raise(of: Set(changes.keys), contentAt: time, on: connection)
    }

    /// The rows of `alert_event`.
    private static func events(
        _ changes: [(Int64, AlertChange)], on connection: any Connection
    ) throws -> RowBuffer {
        struct Key: Hashable {
            let project: Int64
            let alert: Int64
        }
        var positions: [Key: Int64] = [:]
        try SQL.inSlices(changes.map(\.1.alert.uuid), as: Value.text) { list in
            try connection.each(
                """
                SELECT e.project, e.alert, max(e.position) FROM alert a
                JOIN alert_event e ON e.project = a.project AND e.alert = a.number
                WHERE a.uuid IN \(list) GROUP BY e.project, e.alert
                """
            ) { positions[Key(project: $0.integer(0), alert: $0.integer(1))] = $0.integer(2) + 1 }
        }
        var rows = RowBuffer(capacity: changes.count * 128)
        for (project, change) in changes {
            guard let event = change.event else { continue }
            let key = Key(project: project, alert: change.alert.number)
            event.append(of: key.alert, in: project, position: positions[key] ?? 0, to: &rows)
        }
        return rows
    }
}
