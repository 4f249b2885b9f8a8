package import Inventory

/// An alert from its row.
package struct Alert: Sendable, Equatable {
    package let number: Int64
    package let uuid: String
    package let type: AlertType
    package var level: AlertType.Level
    /// The row of the library when the library was last seen.
    package var library: Int64
    package let libraryUUID: String
    package var directness: Directness
    package var subject: String
    package var vulnerability: Int64 = 0
    package var policy: Int64 = 0
    package var description: String
    package let created: Int64
    package var modified: Int64
    package var life = AlertLife()
    /// The statement (`vex_statement`) that contradicts a person's earlier decision; 0 without one.
    package var contested: Int64 = 0

    package init(
        number: Int64, uuid: String, type: AlertType, level: AlertType.Level, library: Int64, libraryUUID: String,
        directness: Directness, subject: String, description: String, created: Int64
    ) {
        self.number = number
        self.uuid = uuid
        self.type = type
        self.level = level
        self.library = library
        self.libraryUUID = libraryUUID
        self.directness = directness
        self.subject = subject
        self.description = description
        self.created = created
        modified = created
    }

    private static let names: [String] = [
        "number", "uuid", "type", "level", "library", "library_uuid", "direct", "subject", "vulnerability", "policy",
        "description", "created_at", "modified_at", "resolved_at", "resolution", "decision", "ignored_by",
        "ignored_until", "comments", "reason", "justification", "contested", "decision_id",
    ]
    /// The number of columns that `init(row:)` reads, in this order.
    static let cells = names.count
    static let columns = SQL(stringLiteral: names.joined(separator: ", "))

    /// The same columns of a table with this name in the query.
    static func columns(of table: StaticString) -> SQL {
        SQL(stringLiteral: names.map { "\(table).\($0)" }.joined(separator: ", "))
    }

    /// Nil when this program does not know the type in the row.
    init?(row: borrowing RowBuffer) {
        guard let type = AlertType(rawValue: row.string(2)) else { return nil }
        number = row.integer(0)
        uuid = row.string(1)
        self.type = type
        level = AlertType.Level(rawValue: row.string(3)) ?? .minor
        library = row.integer(4)
        libraryUUID = row.string(5)
        directness = Directness(cell: 6, of: row)
        subject = row.string(7)
        vulnerability = row.integer(8)
        policy = row.integer(9)
        description = row.string(10)
        created = row.integer(11)
        modified = row.integer(12)
        let decision: AlertLife.Decision =
            switch AlertState(rawValue: row.string(15)) {
            case .ignored: .ignored(by: row.integer(16), until: row.integer(17))
            case .open: .kept(by: row.integer(16))
            case .resolved, nil: .none
            }
        life = AlertLife(
            decision: decision,
            reason: IgnoreReason.Word(rawValue: row.string(19)).map {
                IgnoreReason($0, justification: row.string(20))
            } ?? .none, comments: row.string(18), resolution: row.integer(13) > 0 ? row.string(14) : nil,
            resolvedAt: row.integer(13), decisionID: row.integer(22))
        contested = row.integer(21)
    }

    static let tableColumns: [StaticString] = [
        "project", "organization", "number", "uuid", "type", "level", "library", "library_uuid", "direct", "subject",
        "vulnerability", "policy", "description", "state", "created_at", "modified_at", "resolved_at", "resolution",
        "decision", "ignored_by", "ignored_until", "comments", "reason", "justification", "contested", "decision_id",
    ]

    func append(project: Int64, organization: Int64, to rows: inout RowBuffer) {
        rows.beginRow()
        rows.append(project)
        rows.append(organization)
        rows.append(number)
        for text in [uuid, type.rawValue, level.rawValue] { rows.append(text) }
        rows.append(library)
        rows.append(libraryUUID)
        rows.append(directness.rawValue)
        rows.append(subject)
        rows.append(vulnerability)
        rows.append(policy)
        for text in [description, life.state.rawValue] { rows.append(text) }
        rows.append(created)
        rows.append(modified)
        rows.append(life.resolvedAt)
        rows.append(life.resolution ?? "")
        rows.append(life.word)
        rows.append(life.account)
        rows.append(life.until)
        for text in [life.comments, life.reasonWord, life.justificationWord] { rows.append(text) }
        rows.append(contested)
        rows.append(life.decisionID)
    }
}

/// The form of rows.
extension AlertLife {
    var word: String {
        switch decision {
        case .none: ""
        case .ignored: "IGNORED"
        case .kept: "OPEN"
        }
    }
    var account: Int64 {
        switch decision {
        case .none: 0
        case .ignored(let account, _), .kept(let account): account
        }
    }
    var until: Int64 { if case .ignored(_, let until) = decision { until } else { 0 } }
    private var isIgnoredByPerson: Bool { if case .ignored(let account, _) = decision { account != 0 } else { false } }
    var reasonWord: String { isIgnoredByPerson ? reason.word.rawValue : "" }
    var justificationWord: String { isIgnoredByPerson ? reason.justification : "" }
}

extension AlertLife.Event {
    func append(of alert: Int64, in project: Int64, position: Int64, to rows: inout RowBuffer) {
        rows.beginRow()
        rows.append(project)
        rows.append(alert)
        rows.append(position)
        rows.append(at)
        rows.append(state.rawValue)
        rows.append(account)
        rows.append(comments)
    }
}

/// A new or changed alert, with a line for its history if its state changed.
package struct AlertChange: Sendable {
    package var alert: Alert
    package var event: AlertLife.Event?

    package init(_ alert: Alert, event: AlertLife.Event?) {
        self.alert = alert
        self.event = event
    }
}

/// The tables of alerts.
package enum Alerts {
    /// Calls `body` with each alert of a project.
    package static func each(
        project: Int64, on connection: any Connection, _ body: (Alert) throws -> Void
    ) throws {
        try connection.each("SELECT \(Alert.columns) FROM alert WHERE project = \(project) ORDER BY number") { row in
            if let alert = Alert(row: row) { try body(alert) }
        }
    }

    /// The highest number of a project's alerts so far.
    package static func lastNumber(project: Int64, on connection: any Connection) throws -> Int64 {
        try connection.integer("SELECT max(number) FROM alert WHERE project = \(project)") ?? 0
    }

    /// Writes the new (numbers above `lastNumber`) and changed alerts of one project, and their events.
    package static func write(
        _ changes: [AlertChange], project: Int64, organization: Int64, lastNumber: Int64,
        on connection: any Connection
    ) throws {
        guard !changes.isEmpty else { return }
        let known = changes.filter { $0.alert.number <= lastNumber }.map(\.alert.number)
        var positions: [Int64: Int64] = [:]
        try SQL.inSlices(known, as: Value.integer) { list in
            try connection.each(
                """
                SELECT alert, max(position) FROM alert_event WHERE project = \(project) AND alert IN \(list)
                GROUP BY alert
                """
            ) { positions[$0.integer(0)] = $0.integer(1) + 1 }
            try connection.run("DELETE FROM alert WHERE project = \(project) AND number IN \(list)")
        }
        var rows = RowBuffer(capacity: changes.count * 512)
        var events = RowBuffer(capacity: changes.count * 128)
        for change in changes {
            change.alert.append(project: project, organization: organization, to: &rows)
            let number = change.alert.number
            change.event?.append(of: number, in: project, position: positions[number] ?? 0, to: &events)
        }
        try connection.insert(rows, into: "alert", Alert.tableColumns)
        try insert(events, on: connection)
        if changes.contains(where: { $0.alert.type == .vulnerability }) {
            let time = changes.map(\.alert.modified).max() ?? 0
            try count(projects: SQL.list([.integer(project)]), at: time, on: connection)
        }
        try notify(of: changes, project: project, organization: organization, lastNumber: lastNumber, on: connection)
    }

    /// Writes new alerts of a project that does not exist yet, and their events, in short transactions; `show` completes
    /// them.
    package static func hide(
        _ changes: [AlertChange], project: Int64, organization: Int64, in hidden: HiddenRows
    ) throws {
        for first in stride(from: 0, to: changes.count, by: 1000) {
            let some = Array(changes[first..<min(changes.count, first + 1000)])
            try hidden.write { connection in
                var rows = RowBuffer(capacity: some.count * 512)
                var events = RowBuffer(capacity: some.count * 128)
                for change in some {
                    change.alert.append(project: project, organization: organization, to: &rows)
                    change.event?.append(of: change.alert.number, in: project, position: 0, to: &events)
                }
                try connection.insert(rows, into: "alert", Alert.tableColumns)
                try insert(events, on: connection)
            }
        }
    }

    /// Completes the work of `hide` in the transaction that makes the project.
    ///
    /// - Parameter counts: the rows of `severities`.
    package static func show(
        _ changes: [AlertChange], project: Int64, organization: Int64, counts: [SeverityCount],
        on connection: any Connection
    ) throws {
        for count in counts {
            try connection.run(
                """
                INSERT INTO project_severity (project, severity, open_alerts, ignored_alerts)
                VALUES (\(project), \(count.severity), \(count.open), \(count.ignored))
                """)
        }
        let time = changes.map(\.alert.modified).max() ?? 0
        let after = counts.map {
            SeverityDays.Count(project: project, severity: $0.severity, open: $0.open, ignored: $0.ignored)
        }
        try SeverityDays.note(from: [], to: after, at: time, on: connection)
        try notify(of: changes, project: project, organization: organization, lastNumber: 0, on: connection)
    }

    /// The number of a project's alerts about vulnerabilities with one severity.
    package struct SeverityCount: Sendable {
        let severity: String
        let open: Int64
        let ignored: Int64
    }

    private static func severities(of projects: SQL) -> SQL {
        """
        SELECT a.project, v.severity, sum(CASE a.state WHEN 'OPEN' THEN 1 ELSE 0 END),
            sum(CASE a.state WHEN 'OPEN' THEN 0 ELSE 1 END)
        FROM alert a JOIN vulnerability v ON v.id = a.vulnerability
        WHERE a.project IN \(projects) AND a.type = 'SECURITY_VULNERABILITY' AND a.state <> 'RESOLVED'
        GROUP BY a.project, v.severity
        """
    }

    /// Counts the alerts about vulnerabilities of a project.
    package static func severities(of project: Int64, on connection: any Connection) throws -> [SeverityCount] {
        try connection.all(severities(of: SQL.list([.integer(project)]))) {
            SeverityCount(severity: $0.string(1), open: $0.integer(2), ignored: $0.integer(3))
        }
    }

    /// Writes the notices about the changes.
    private static func notify(
        of changes: [AlertChange], project: Int64, organization: Int64, lastNumber: Int64, on connection: any Connection
    ) throws {
        guard let time = changes.compactMap({ $0.event?.at }).max() else { return }
        let opened = changes.filter { $0.alert.number <= lastNumber }.compactMap { change in
            change.event?.isExpiry.map { (number: change.alert.number, isExpired: $0) }
        }
        try Notices.alerts(
            of: project, organization: organization, after: lastNumber, changed: opened, at: time, on: connection)
    }

    /// Inserts rows of `alert_event`.
    static func insert(_ events: borrowing RowBuffer, on connection: any Connection) throws {
        guard events.rowCount > 0 else { return }
        try connection.insert(
            events, into: "alert_event", ["project", "alert", "position", "at", "state", "account", "comments"])
    }

    /// The time of a person's last decision about an alert, in milliseconds since 1970; nil without one.
    package static func decided(project: Int64, alert: Int64, on connection: any Connection) throws -> Int64? {
        try connection.integer(
            "SELECT max(at) FROM alert_event WHERE project = \(project) AND alert = \(alert) AND account <> 0")
    }

    /// Those of these uuids that belong to alerts.
    package static func present(_ uuids: [String], on connection: any Connection) throws -> Set<String> {
        var found: Set<String> = []
        try SQL.inSlices(uuids, as: Value.text) { list in
            try connection.each("SELECT uuid FROM alert WHERE uuid IN \(list)") { found.insert($0.string(0)) }
        }
        return found
    }

    /// Updates `project_severity`: the numbers of projects' alerts about vulnerabilities, by severity.
    ///
    /// - Parameters:
    ///   - projects: their numbers, as a list for `IN`.
    ///   - time: of the change, in milliseconds since 1970, UTC.
    static func count(projects: SQL, at time: Int64, on connection: any Connection) throws {
        let columns: StaticSQL = "project, severity, open_alerts, ignored_alerts"
        let before = try connection.all(
            "DELETE FROM project_severity WHERE project IN \(projects) RETURNING \(columns)"
        ) { SeverityDays.Count(row: $0) }
        let after = try connection.all(
            "INSERT INTO project_severity (\(columns)) \(severities(of: projects)) RETURNING \(columns)"
        ) { SeverityDays.Count(row: $0) }
        try SeverityDays.note(from: before, to: after, at: time, on: connection)
    }

    /// An alert that a policy has raised about a library.
    package struct PolicyMark: Sendable, Hashable {
        package let library: String
        package let policy: Int64

        /// - Parameter library: the uuid of the library.
        package init(library: String, policy: Int64) {
            self.library = library
            self.policy = policy
        }
    }

    /// The library and policy of each unresolved alert that a policy raised in a project.
    package static func policyMarks(project: Int64, on connection: any Connection) throws -> Set<PolicyMark> {
        var marks: Set<PolicyMark> = []
        try connection.each(
            "SELECT library_uuid, policy FROM alert WHERE project = \(project) AND policy > 0 AND resolved_at = 0"
        ) { marks.insert(PolicyMark(library: $0.string(0), policy: $0.integer(1))) }
        return marks
    }

    // MARK: Ignored until a time

    private static func isOver(at time: Int64) -> SQL { "ignored_until > 0 AND ignored_until <= \(time)" }

    /// Whether the time of being ignored has ended for any alert.
    package static func hasExpired(at time: Int64, on connection: any Connection) throws -> Bool {
        try connection.integer(
            "SELECT 1 FROM alert WHERE \(isOver(at: time)) AND state = 'IGNORED' LIMIT 1") != nil
    }

    /// Marks alerts whose time of being ignored has ended, so that they are decided again.
    package static func markExpired(at time: Int64, on connection: any Connection) throws {
        try StaleProject.mark(
            "SELECT project FROM alert WHERE \(isOver(at: time)) AND state = 'IGNORED'", on: connection)
    }
}
