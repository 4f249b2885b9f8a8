import Bytes
package import Database
import Inventory

/// Once a day, finds the libraries that reached the age in a policy since the last check.
package struct PolicyAging: Sendable {
    /// The enabled policies about age that were not checked today.
    private var policies: [Int64] = []
    /// The projects with such a library.
    package private(set) var projects: Set<Int64> = []
    private let today: Int64

    /// Reads the policies of all organizations; nil if that was done today.
    package init?(at time: Int64, on connection: any Connection) throws {
        today = time / TimeText.day
        var rules: [(scope: Scope, age: Int64, until: Int64)] = []
        try connection.each(
            """
            SELECT id, aged_day, organization, product, project, rule FROM policy
            WHERE aged_day >= 0 AND aged_day < \(today) AND enabled = 1
            """
        ) { row in
            policies.append(row.integer(0))
            guard let age = PolicyRule(text: row.string(5)).age else { return }
            let (product, project) = (row.integer(3), row.integer(4))
            let scope = Scope(
                kind: project != 0 ? .project : product != 0 ? .product : .organization,
                organization: row.integer(2), product: product, project: project)
            rules.append((scope, Int64(age), row.integer(1)))
        }
        guard !policies.isEmpty else { return nil }
        for (scope, age, until) in rules {
            // Libraries released in this interval have the age today and were younger at the last check.
            let first = TimeText.date((until - age + 1) * TimeText.day)
            let end = TimeText.date((today - age + 1) * TimeText.day)
            try connection.each(
                """
                SELECT p.id FROM project p WHERE \(scope.condition) AND p.scan > 0 AND EXISTS (
                    SELECT 1 FROM occurrence o JOIN library l ON l.id = o.library
                    WHERE o.scan = p.scan AND l.release_date >= \(first) AND l.release_date < \(end))
                """
            ) { projects.insert($0.integer(0)) }
        }
    }

    /// Marks these projects, so that their alerts are decided again.
    package func settle(on connection: any Connection) throws {
        try SQL.inSlices(projects.sorted(), as: Value.integer) { list in
            try StaleProject.mark("SELECT id FROM project WHERE id IN \(list)", on: connection)
        }
        try SQL.inSlices(policies, as: Value.integer) { list in
            try connection.run(
                "UPDATE policy SET aged_day = \(today) WHERE id IN \(list) AND aged_day < \(today)")
        }
        // An import decides by the time at which it began, so what a running import has decided must be decided again.
        try KnowledgeMoment.changed(on: connection)
    }
}
