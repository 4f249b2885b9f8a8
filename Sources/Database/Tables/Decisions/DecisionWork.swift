import Inventory

// DESIGN. A decision for an organization may reach alerts of thousands of projects, and its call answers after they are
// updated. Evaluating each project again, as after an import, would take minutes. So only the alerts that the decision may
// concern are read, and only those for which it counts are written, for hundreds of projects in one short transaction. The two
// functions of a project's evaluation (`comesBefore`, `AlertLife`) choose the decision that counts and apply it to the alert.
// When the time of the call is over, or the process dies (`resume`), the next evaluation of their projects updates the
// remaining alerts.

/// Applies a new decision to existing alerts.
package struct DecisionWork: Sendable {
    /// The most projects in one transaction, and the most of their alerts about vulnerabilities, which are counted
    /// again.
    private static let page = (projects: 200, alerts: 5000 as Int64)
    /// After this many milliseconds without an end, the process of a decision counts as dead.
    private static let patience: Int64 = 60_000

    private let database: any Database
    private let now: @Sendable () -> Int64

    /// - Parameter now: milliseconds since 1970.
    package init(database: any Database, now: @escaping @Sendable () -> Int64) {
        self.database = database
        self.now = now
    }

    /// Works until all alerts are updated, or until `shouldStop`; the remaining projects are then marked as stale. Blocks the
    /// calling thread.
    package func run(_ decision: LastingDecision, shouldStop: () -> Bool) throws -> (alerts: Int, isDone: Bool) {
        let (projects, vulnerabilities) = try database.snapshot { try Self.reach(of: decision, on: $0) }
        var alerts = 0
        for some in try database.snapshot({ try Self.pages(of: projects, on: $0) }) {
            if shouldStop() {
                let left = Array(projects[some.startIndex...])
                try database.write { try Self.leave(decision.id, left, on: $0) }
                return (alerts, false)
            }
            let time = now()
            alerts += try database.write { connection in
                try Self.apply(decision, to: Array(some), vulnerabilities, at: time, on: connection)
            }
        }
        try database.write { try Self.leave(decision.id, [], on: $0) }
        return (alerts, true)
    }

    /// Marks the projects of decisions as stale if the process that applied these decisions has
    /// ended.
    package func resume() throws {
        let before = now() - Self.patience
        let left = try database.read { connection in
            try connection.all("SELECT \(LastingDecision.columns) FROM decision WHERE applied = 0 AND at < \(before)") {
                LastingDecision(row: $0)
            }
        }
        for decision in left.compactMap(\.self) {
            let projects = try database.snapshot { try Self.reach(of: decision, on: $0).projects }
            try database.write { try Self.leave(decision.id, projects, on: $0) }
        }
    }

    /// Ends the work of a decision: only these projects still need an evaluation.
    private static func leave(_ decision: Int64, _ projects: [Int64], on connection: any Connection) throws {
        try SQL.inSlices(projects, as: Value.integer) { list in
            try StaleProject.mark("SELECT id FROM project WHERE id IN \(list)", on: connection)
        }
        try connection.run("UPDATE decision SET applied = 1 WHERE id = \(decision)")
    }

    /// The projects in groups, one for each transaction; all transactions should take about the same time.
    static func pages(of projects: [Int64], on connection: any Connection) throws -> [ArraySlice<Int64>] {
        var alerts: [Int64: Int64] = [:]
        try SQL.inSlices(projects, as: Value.integer) { list in
            try connection.each(
                "SELECT project, open_alerts + ignored_alerts FROM project_severity WHERE project IN \(list)"
            ) { alerts[$0.integer(0), default: 0] += $0.integer(1) }
        }
        var pages: [ArraySlice<Int64>] = []
        var (start, sum) = (0, 0 as Int64)
        for (place, project) in projects.enumerated() {
            let own = alerts[project] ?? 0
            if place > start, place - start == page.projects || sum + own > page.alerts {
                pages.append(projects[start..<place])
                (start, sum) = (place, 0)
            }
            sum += own
        }
        if start < projects.count { pages.append(projects[start...]) }
        return pages
    }

    // MARK: Finding

    /// The projects with alerts that a decision may concern, and the vulnerabilities; nil for all of them.
    private static func reach(
        of decision: LastingDecision, on connection: any Connection
    ) throws -> (projects: [Int64], vulnerabilities: Set<Int64>?) {
        var vulnerabilities: Set<Int64>?
        var condition: SQL = "p.organization = \(decision.organization) AND p.scan > 0"
        if decision.product != 0 { condition.append(" AND p.product = \(decision.product)") }
        if !decision.vulnerability.isEmpty {
            let found = try Decisions.vulnerabilities(
                named: [decision.vulnerability], organization: decision.organization, on: connection
            )[decision.vulnerability]
            guard let found else { return ([], []) }
            vulnerabilities = found
            condition.append(
                """
                 AND EXISTS (SELECT 1 FROM alert a WHERE a.project = p.id AND a.vulnerability <> 0
                    AND a.vulnerability IN \(SQL.list(found.sorted().map(Value.integer))))
                """)
        }
        let projects = try ProjectFamily.read(condition, on: connection).filter { _, family in
            (decision.reach != .project || family.name == decision.family) && decision.holds(inVersion: family.version)
        }
        return (projects.map(\.project), vulnerabilities)
    }

    // MARK: Applying

    /// Applies the decision in some projects, to alerts for which no other decision takes precedence. Returns their
    /// number.
    private static func apply(
        _ decision: LastingDecision, to projects: [Int64], _ vulnerabilities: Set<Int64>?, at time: Int64,
        on connection: any Connection
    ) throws -> Int {
        try Revisions.lock(decision.organization, on: connection)
        let isInForce = try connection.integer(
            "SELECT 1 FROM decision WHERE id = \(decision.id) AND state = 'IN_FORCE'")
        guard isInForce != nil else { return 0 }
        var found: [Int64: [Alert]] = [:]
        try connection.each(candidates(in: projects, vulnerabilities)) { row in
            let cell = Alert.cells
            let name = LastingDecision.libraryName(
                purl: row.string(cell + 1), group: row.string(cell + 2), artifact: row.string(cell + 3))
            guard decision.isAbout(libraryName: name, version: row.string(cell + 4)), let alert = Alert(row: row) else {
                return
            }
            found[row.integer(cell), default: []].append(alert)
        }
        let others = try self.others(
            Set(found.values.joined().map(\.life.decisionID)).subtracting([0, decision.id]), on: connection)
        var changes: [Int64: [AlertChange]] = [:]
        for (project, alerts) in found {
            for alert in alerts {
                if let other = others[alert.life.decisionID], other.isInForce(at: time), other.comesBefore(decision) {
                    continue
                }
                var after = alert
                guard let event = after.life.hold(under: decision, at: time) else { continue }
                changes[project, default: []].append(AlertChange(after, event: event))
            }
        }
        try DecidedAlerts.write(changes, organization: decision.organization, at: time, on: connection)
        return changes.values.reduce(0) { $0 + $1.count }
    }

    /// The unresolved alerts of some projects about these vulnerabilities, or about all.
    static func candidates(in projects: [Int64], _ vulnerabilities: Set<Int64>?) -> SQL {
        var sql: SQL = """
            SELECT \(Alert.columns(of: "a")), a.project, l.purl, l.group_id, l.artifact, l.version
            FROM alert a JOIN library l ON l.id = a.library
            WHERE a.project IN \(SQL.list(projects.map(Value.integer))) AND a.type = 'SECURITY_VULNERABILITY'
                AND a.state <> 'RESOLVED'
            """
        if let vulnerabilities {
            let list = SQL.list(vulnerabilities.sorted().map(Value.integer))
            sql.append(" AND a.vulnerability <> 0 AND a.vulnerability IN \(list)")
        }
        return sql
    }

    private static func others(_ ids: Set<Int64>, on connection: any Connection) throws -> [Int64: LastingDecision] {
        var found: [Int64: LastingDecision] = [:]
        try SQL.inSlices(ids.sorted(), as: Value.integer) { list in
            try connection.each("SELECT \(LastingDecision.columns) FROM decision WHERE id IN \(list)") { row in
                if let decision = LastingDecision(row: row) { found[decision.id] = decision }
            }
        }
        return found
    }
}
