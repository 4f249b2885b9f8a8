import Inventory

/// The reason why a decision was not made.
package enum DecisionError: Error, Equatable {
    /// The scope has no alert with this uuid.
    case unknownAlert(String)
    case resolvedAlert(String)
    /// The organization has the most decisions in force that it may have.
    case tooMany
}

/// The table of decisions that apply to many alerts.
package enum Decisions {
    /// The most decisions of an organization in force.
    package static let limit: Int64 = 20_000
    /// The most decisions that one answer lists.
    package static let page = 1000

    /// Stores a decision, which gets a number. `DecisionWork` applies it to existing alerts. A decision about certain alerts
    /// names them in `uuids`. It is applied at once, and stored as one decision for each project with some of the alerts.
    package static func add(_ decision: LastingDecision, alerts uuids: [String], _ writing: Writing) throws
        -> [LastingDecision]
    {
        let connection = writing.connection
        try Revisions.lock(decision.organization, on: connection)
        let count = try connection.integer(
            """
            SELECT count(*) FROM decision WHERE organization = \(decision.organization)
                AND state = \(LastingDecision.State.inForce.rawValue)
            """)
        let room = limit - (count ?? 0)
        guard room > 0 else { throw DecisionError.tooMany }
        guard decision.reach == .alert else { return [try insert(decision, writing)] }
        let places = try DecidedAlerts.find(uuids, in: writing.scope, on: connection)
        guard places.count <= room else { throw DecisionError.tooMany }
        var made: [LastingDecision] = []
        for place in places {
            var one = decision
            (one.product, one.project, one.family) = (place.product, place.project, place.family)
            one = try insert(one, writing)
            var changes: [AlertChange] = []
            for alert in place.alerts {
                var after = alert
                guard alert.life.resolution == nil else { throw DecisionError.resolvedAlert(alert.uuid) }
                let event = after.life.hold(under: one, at: writing.time)
                changes.append(AlertChange(after, event: event))
            }
            try DecidedAlerts.write(
                [place.project: changes], organization: decision.organization, at: writing.time, on: connection)
            try connection.run("UPDATE decision SET applied = 1 WHERE id = \(one.id)")
            made.append(one)
        }
        return made
    }

    private static func insert(_ decision: LastingDecision, _ writing: Writing) throws -> LastingDecision {
        var decision = decision
        decision.id = try writing.connection.take(1, from: "decision")
        try decision.insert(on: writing.connection)
        try change(.created, decision, after: [decision.said], writing)
        return decision
    }

    private static func change(
        _ aspect: Change.Aspect, _ decision: LastingDecision, before: [String] = [], after: [String] = [],
        _ writing: Writing
    ) throws {
        let scope = decision.place
        try Change(
            .metadata, .decision, aspect, in: scope, before: before, after: after, on: writing.connection
        ).write(writing.moved(to: scope))
    }

    // MARK: Reading

    /// The conditions on the decisions of a list.
    package struct Wanted: Sendable {
        package let scope: Scope
        /// Only decisions with higher numbers.
        package var after: Int64 = 0
        package var showsEnded = false
        /// Only decisions that end, or should be reviewed, before these times; nil for all.
        package var expiresBefore: Int64?
        package var reviewBefore: Int64?

        package init(_ scope: Scope) { self.scope = scope }
    }

    /// Some decisions of a scope in the order of their numbers, at most `page`, with the number of alerts that each counts for now. Alerts
    /// of a project that an import has not made yet are not counted. Decisions for the whole organization are also shown to users who may
    /// see only some products, because they hold in these products.
    package static func list(
        _ wanted: Wanted, on connection: any Connection
    ) throws -> [(decision: LastingDecision, alerts: Int64)] {
        let shown = wanted.scope.visibleProducts.map { $0 + [0] }
        var sql: SQL = """
            SELECT \(LastingDecision.columns), (SELECT count(*) FROM alert a CROSS JOIN project p
                WHERE a.decision_id = k.id AND a.decision_id > 0 AND a.state <> 'RESOLVED' AND p.id = a.project)
            FROM decision k
            WHERE k.id > \(wanted.after) AND \(try condition(wanted.scope, of: shown, on: connection))
            """
        if !wanted.showsEnded { sql.append(" AND k.state = \(LastingDecision.State.inForce.rawValue)") }
        if let time = wanted.expiresBefore { sql.append(" AND k.expires_at > 0 AND k.expires_at < \(time)") }
        if let time = wanted.reviewBefore { sql.append(" AND k.review_at > 0 AND k.review_at < \(time)") }
        sql.append(" ORDER BY k.id LIMIT \(page)")
        var found: [(decision: LastingDecision, alerts: Int64)] = []
        try connection.each(sql) { row in
            guard let decision = LastingDecision(row: row) else { return }
            found.append((decision, row.integer(LastingDecision.cells)))
        }
        return found
    }

    /// The condition that rows of `decision k` belong to a scope and to these products; nil means all products.
    private static func condition(_ scope: Scope, of products: [Int64]?, on connection: any Connection) throws -> SQL {
        var sql: SQL = "k.organization = \(scope.organization)"
        switch scope.kind {
        case .organization: break
        case .product: sql.append(" AND k.product = \(scope.product)")
        case .project:
            let family = try ProjectFamily.read("p.id = \(scope.project)", on: connection).first?.family.name ?? ""
            sql.append(
                """
                 AND k.product = \(scope.product) AND (k.project = \(scope.project) OR k.scope = 'PROJECT'
                    AND k.family = \(family))
                """)
        }
        if let products { sql.append(" AND k.product IN \(SQL.list(products.map(Value.integer)))") }
        return sql
    }

    /// A decision of an organization, in force or ended; nil for an unknown number.
    package static func find(
        _ id: Int64, organization: Int64, on connection: any Connection
    ) throws -> LastingDecision? {
        try connection.first(
            "SELECT \(LastingDecision.columns) FROM decision WHERE id = \(id) AND organization = \(organization)"
        ) { LastingDecision(row: $0) } ?? nil
    }

    /// The decisions in force that may reach alerts of a project, in their order of precedence.
    package static func inForce(
        in view: ProjectView, at time: Int64, on connection: any Connection
    ) throws -> [LastingDecision] {
        let one = try connection.integer(
            """
            SELECT 1 FROM decision WHERE organization = \(view.organization)
                AND state = \(LastingDecision.State.inForce.rawValue) LIMIT 1
            """)
        guard one != nil, let family = try view.family(on: connection) else { return [] }
        let found = try connection.all(
            """
            SELECT \(LastingDecision.columns) FROM decision WHERE organization = \(view.organization)
                AND state = \(LastingDecision.State.inForce.rawValue) AND product IN (0, \(view.product))
                AND family IN ('', \(family.name)) AND (scope <> 'ALERT' OR project = \(view.project))
            """
        ) { LastingDecision(row: $0) }
        return found.compactMap(\.self).filter { $0.isInForce(at: time) && $0.holds(inVersion: family.version) }
            .sorted { $0.comesBefore($1) }
    }

    /// The identity that all versions of a library of an organization share; nil when users of the scope see no library with this uuid.
    package static func libraryName(
        _ uuid: String, in scope: Scope, on connection: any Connection
    ) throws -> String? {
        try connection.first(
            """
            SELECT l.purl, l.group_id, l.artifact FROM library l WHERE \(LibraryRecords.isKnown(scope)) AND l.uuid = \(uuid)
            ORDER BY l.id DESC LIMIT 1
            """
        ) { LastingDecision.libraryName(purl: $0.string(0), group: $0.string(1), artifact: $0.string(2)) }
    }

    /// The vulnerabilities with one of these names, by the given names. Small letters also match capitals.
    package static func vulnerabilities(
        named names: Set<String>, organization: Int64, on connection: any Connection
    ) throws -> [String: Set<Int64>] {
        let spelled = names.union(names.map { $0.uppercased() })
        let known = try Advisories.known(by: spelled.sorted(), on: connection)
        let own = try Claims.owners(of: spelled.sorted(), organization: organization, on: connection)
        var found: [String: Set<Int64>] = [:]
        for name in names {
            for spelling in Set([name, name.uppercased()]) {
                if let id = known.called[spelling] { found[name, default: []].insert(id) }
                for id in (known.others[spelling] ?? [:]).keys { found[name, default: []].insert(id) }
                if let owner = own[spelling] { found[name, default: []].insert(owner.vulnerability) }
            }
        }
        return found
    }

    // MARK: Ending

    /// Withdraws decisions of the scope. Returns the first number that is not in force here; then none is withdrawn.
    package static func withdraw(_ ids: [Int64], _ writing: Writing) throws -> Int64? {
        let connection = writing.connection
        try Revisions.lock(writing.scope.organization, on: connection)
        let condition = try condition(writing.scope, of: writing.scope.visibleProducts, on: connection)
        var found: [Int64: LastingDecision] = [:]
        try SQL.inSlices(ids, as: Value.integer) { list in
            try connection.each(
                """
                SELECT \(LastingDecision.columns) FROM decision k WHERE k.id IN \(list) AND \(condition)
                    AND k.state = \(LastingDecision.State.inForce.rawValue)
                """
            ) { row in if let decision = LastingDecision(row: row) { found[decision.id] = decision } }
        }
        if let unknown = ids.first(where: { found[$0] == nil }) { return unknown }
        for (_, decision) in found.sorted(by: { $0.key < $1.key }) {
            try end(decision, as: .withdrawn, by: writing.account, at: writing.time, on: connection)
            try change(.deleted, decision, before: [decision.said], writing)
        }
        return nil
    }

    /// The alerts for which they counted are decided again.
    private static func end(
        _ decision: LastingDecision, as state: LastingDecision.State, by account: Int64, at time: Int64,
        on connection: any Connection
    ) throws {
        try connection.run(
            """
            UPDATE decision SET state = \(state.rawValue), ended_at = \(time), ended_by = \(account), applied = 1
            WHERE id = \(decision.id)
            """)
        try StaleProject.mark(
            "SELECT project FROM alert WHERE decision_id = \(decision.id) AND decision_id > 0", on: connection)
    }

    /// An organization with an expired decision; nil when there is none.
    package static func expired(at time: Int64, on connection: any Connection) throws -> Int64? {
        try connection.integer(
            """
            SELECT organization FROM decision WHERE state = 'IN_FORCE' AND expires_at > 0 AND expires_at <= \(time)
            ORDER BY expires_at LIMIT 1
            """)
    }

    /// Ends expired decisions of an organization, at most `limit`, each with a line of the change log and a notice to webhooks.
    /// Returns their number.
    package static func expire(
        organization: Int64, limit: Int, at time: Int64, on connection: any Connection
    ) throws -> Int {
        try Revisions.lock(organization, on: connection)
        let over = try connection.all(
            """
            SELECT \(LastingDecision.columns) FROM decision WHERE organization = \(organization) AND state = 'IN_FORCE'
                AND expires_at > 0 AND expires_at <= \(time) ORDER BY id LIMIT \(limit)
            """
        ) { LastingDecision(row: $0) }.compactMap(\.self)
        for decision in over {
            try end(decision, as: .expired, by: 0, at: time, on: connection)
            let writing = Writing(in: decision.place, by: .system, at: time, on: connection)
            try change(.changed, decision, before: [decision.said], after: ["EXPIRED"], writing)
            try Webhooks.announce(expired: decision, at: time, on: connection)
        }
        return over.count
    }

    /// Deletes decisions of a deleted project: those about its alerts and, if it was the last version, those about all
    /// versions.
    static func forget(project: Int64, on connection: any Connection) throws {
        let place = try connection.first(
            "SELECT organization, product, name, version FROM project WHERE id = \(project)"
        ) { row in
            (
                organization: row.integer(0), product: row.integer(1),
                family: ProjectFamily(project: row.string(2), version: row.string(3)).name
            )
        }
        try connection.run("DELETE FROM decision WHERE project = \(project) AND project > 0 AND scope = 'ALERT'")
        guard let place else { return }
        let mine: SQL = """
            organization = \(place.organization) AND product = \(place.product) AND family = \(place.family)
                AND scope = 'PROJECT'
            """
        guard try connection.integer("SELECT 1 FROM decision WHERE \(mine) LIMIT 1") != nil else { return }
        let others = try ProjectFamily.read("p.product = \(place.product) AND p.id <> \(project)", on: connection)
        if others.contains(where: { $0.family.name == place.family }) { return }
        try connection.run("DELETE FROM decision WHERE \(mine)")
    }
}

extension LastingDecision {
    /// The scope in which it applies. The project is the one in which it was decided.
    var place: Scope {
        switch reach {
        case .alert, .project:
            Scope(kind: .project, organization: organization, product: product, project: project)
        case .product: Scope(kind: .product, organization: organization, product: product)
        case .organization: Scope(kind: .organization, organization: organization)
        }
    }
}
