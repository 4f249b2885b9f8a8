import Bytes
package import Inventory

// DESIGN. A policy belongs to an organization, a product or a project; products and projects below inherit it. Narrower
// ones come first, then those with the smallest priority; the first that matches a library decides. Its JSON is stored
// and returned unchanged; decisions use only `rule` and the name of its action. A change makes the projects below
// stale. So does the day on which a library reaches the age in a policy.

/// A policy from its row.
package struct Policy: Sendable, Equatable {
    package let id: Int64
    /// The place of the policy: 0 for a wider one.
    package let product: Int64
    package let project: Int64
    package let name: String
    package let isEnabled: Bool
    /// JSON.
    package let filter: String
    package let action: String
    package let filterType: String
    package let actionType: String
    package let rule: PolicyRule
    /// The e-mail address of its author; empty if the account was deleted.
    package let owner: String
    /// Milliseconds since 1970, UTC.
    package let created: Int64

    /// Mend's `policyContext`.
    package var context: String { kind.contextType }

    /// The action; nil if this server only stores its name.
    package var decision: PolicyAction? { PolicyAction(rawValue: actionType) }

    package var kind: ScopeKind { project != 0 ? .project : product != 0 ? .product : .organization }

    fileprivate init(row: borrowing RowBuffer) {
        id = row.integer(0)
        product = row.integer(1)
        project = row.integer(2)
        name = row.string(3)
        isEnabled = row.boolean(4)
        filter = row.string(5)
        action = row.string(6)
        filterType = row.string(7)
        actionType = row.string(8)
        rule = PolicyRule(text: row.string(9))
        owner = row.string(10)
        created = row.integer(11)
    }

    fileprivate static let columns: SQL = """
        p.id, p.product, p.project, p.name, p.enabled, p.filter, p.action, p.filter_type, p.action_type, p.rule, \
        coalesce(a.email, ''), p.created_at
        """
}

/// The facts of a new policy.
package struct NewPolicy: Sendable {
    package let name: String
    package let isEnabled: Bool
    package let filter: String
    package let action: String
    package let filterType: String
    package let actionType: String
    package let rule: PolicyRule
    /// Its position among the policies of its scope; nil for the last.
    package let priority: Int64?

    package init(
        name: String, isEnabled: Bool, filter: String, action: String, filterType: String, actionType: String,
        rule: PolicyRule, priority: Int64?
    ) {
        self.name = name
        self.isEnabled = isEnabled
        self.filter = filter
        self.action = action
        self.filterType = filterType
        self.actionType = actionType
        self.rule = rule
        self.priority = priority
    }

    /// The day of the last check of ages, in the row's form; -1 if the rule does not depend on time.
    fileprivate func agedDay(at time: Int64) -> Int64 { rule.age == nil ? -1 : time / TimeText.day }
}

/// The table of policies.
package enum Policies {
    /// The priorities that a request may name: numbers that clients hold in 32 bits.
    package static let priorities: ClosedRange<Int64> = 0...2_147_483_647

    /// The condition of exactly this scope, without inherited rows.
    private static func place(_ scope: Scope) -> SQL {
        """
        p.organization = \(scope.organization) AND p.product = \(scope.product) AND p.project = \(scope.project)
        """
    }

    /// The policies of exactly this scope, in the order in which they decide.
    package static func own(of scope: Scope, on connection: any Connection) throws -> [Policy] {
        try list(where: place(scope), on: connection)
    }

    /// The policies of a scope and of the scopes around it, in the order in which they decide.
    package static func ownAndInherited(of scope: Scope, on connection: any Connection) throws -> [Policy] {
        try list(
            where: """
                p.organization = \(scope.organization) AND (p.product = 0 OR p.product = \(scope.product))
                    AND (p.project = 0 OR p.project = \(scope.project))
                """, on: connection)
    }

    private static func list(where condition: SQL, on connection: any Connection) throws -> [Policy] {
        try connection.all(
            """
            SELECT \(Policy.columns) FROM policy p LEFT JOIN account a ON a.id = p.owner WHERE \(condition)
            ORDER BY p.project DESC, p.product DESC, p.priority, p.id
            """
        ) { Policy(row: $0) }
    }

    /// The policies that decide about a project's libraries, in their order. `project` 0 means a new project.
    package static func deciding(
        organization: Int64, product: Int64, project: Int64, on connection: any Connection
    ) throws -> [Policy] {
        let scope = Scope(kind: .project, organization: organization, product: product, project: project)
        return try ownAndInherited(of: scope, on: connection).filter(\.isEnabled)
    }

    /// The most policies of one scope without inherited ones; each adds to the cost of a library.
    package static let limit = 200

    /// Adds a policy to the scope of `writing` and returns its id; nil when the scope has the most that it may have.
    package static func add(
        _ policy: NewPolicy, _ writing: Writing
    ) throws -> Int64? {
        let (scope, connection) = (writing.scope, writing.connection)
        guard try connection.integer("SELECT count(*) FROM policy p WHERE \(place(scope))") ?? 0 < limit else {
            return nil
        }
        let id = try connection.take(1, from: "policy")
        var priority = policy.priority
        if priority == nil {
            let last = try connection.integer("SELECT max(p.priority) FROM policy p WHERE \(place(scope))") ?? 0
            // It comes after all others even if the last one has the highest number, because of equal priorities the lower id
            // comes first. Rows from before priorities had a range may have any number.
            priority = last < .max ? last + 1 : last
        }
        try connection.run(
            """
            INSERT INTO policy (id, organization, product, project, priority, name, enabled, filter, action,
                filter_type, action_type, rule, aged_day, owner, created_at)
            VALUES (\(id), \(scope.organization), \(scope.product), \(scope.project), \(priority), \(policy.name),
                \(policy.isEnabled), \(policy.filter), \(policy.action), \(policy.filterType), \(policy.actionType),
                \(policy.rule.text), \(policy.agedDay(at: writing.time)), \(writing.account), \(writing.time))
            """)
        try note(.created, after: [describe(policy.name, policy.filterType, policy.actionType)], writing)
        return id
    }

    /// Replaces a policy of exactly this scope. The new one keeps the number, the author and, unless it has a priority, the
    /// position. False when the scope has no policy with this id.
    package static func change(_ id: Int64, to policy: NewPolicy, _ writing: Writing) throws -> Bool {
        let known = try own(of: writing.scope, on: writing.connection)
        guard let old = known.first(where: { $0.id == id }) else { return false }
        try writing.connection.run(
            """
            UPDATE policy SET name = \(policy.name), enabled = \(policy.isEnabled), filter = \(policy.filter),
                action = \(policy.action), filter_type = \(policy.filterType), action_type = \(policy.actionType),
                rule = \(policy.rule.text), aged_day = \(policy.agedDay(at: writing.time)) WHERE id = \(id)
            """)
        if let priority = policy.priority {
            try writing.connection.run("UPDATE policy SET priority = \(priority) WHERE id = \(id)")
        }
        try note(
            .changed, before: [describe(old.name, old.filterType, old.actionType)],
            after: [describe(policy.name, policy.filterType, policy.actionType)], writing)
        return true
    }

    /// Removes policies of exactly this scope, and keeps the named others. Returns the number of removed policies.
    package static func remove(
        _ ids: [Int64], _ writing: Writing
    ) throws -> Int {
        let wanted = Set(ids)
        let gone = try own(of: writing.scope, on: writing.connection).filter { wanted.contains($0.id) }
        guard !gone.isEmpty else { return 0 }
        try writing.connection.run("DELETE FROM policy WHERE id IN \(SQL.list(gone.map { Value.integer($0.id) }))")
        try note(.deleted, before: gone.map { describe($0.name, $0.filterType, $0.actionType) }, writing)
        return gone.count
    }

    /// Enables or disables a policy of exactly this scope; false when the scope has no policy with this id.
    package static func enable(
        _ id: Int64, _ isEnabled: Bool, _ writing: Writing
    ) throws -> Bool {
        let known = try own(of: writing.scope, on: writing.connection)
        guard let policy = known.first(where: { $0.id == id }) else {
            return false
        }
        try writing.connection.run("UPDATE policy SET enabled = \(isEnabled) WHERE id = \(id)")
        try note(
            .changed, before: ["\(policy.name): enabled \(policy.isEnabled)"],
            after: ["\(policy.name): enabled \(isEnabled)"], writing)
        return true
    }

    /// Orders the policies of exactly this scope; unnamed ones follow the named ones. False when the scope lacks one
    /// of the named policies.
    package static func order(
        _ ids: [Int64], _ writing: Writing
    ) throws -> Bool {
        let known = try own(of: writing.scope, on: writing.connection)
        guard Set(ids).count == ids.count, Set(ids).isSubset(of: Set(known.map(\.id))) else { return false }
        let sorted = ids + known.map(\.id).filter { !ids.contains($0) }
        for (place, id) in sorted.enumerated() {
            try writing.connection.run("UPDATE policy SET priority = \(place + 1) WHERE id = \(id)")
        }
        let names = Dictionary(uniqueKeysWithValues: known.map { ($0.id, $0.name) })
        try note(
            .changed, before: [known.map(\.name).joined(separator: ", ")],
            after: [sorted.compactMap { names[$0] }.joined(separator: ", ")], writing)
        return true
    }

    private static func describe(_ name: String, _ filter: String, _ action: String) -> String {
        "\(name) (\(filter), \(action))"
    }

    private static func note(
        _ aspect: Change.Aspect, before: [String] = [], after: [String] = [], _ writing: Writing
    ) throws {
        let (scope, connection) = (writing.scope, writing.connection)
        let change = try Change(
            .configuration, .policy, aspect, in: scope, before: before, after: after, on: connection)
        try change.write(writing)
        try StaleProject.mark("SELECT p.id FROM project p WHERE \(scope.condition)", on: connection)
        try Revisions.raise(scope, contentAt: writing.time, on: connection)
    }
}
