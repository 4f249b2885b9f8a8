package import Database

// DESIGN. Sums over ten thousand projects take a tenth of a second, and each import changes one project. So the sums of a
// product keep the part of each project, and only projects with another revision are read again: every change that a report of
// a project could show raises the revision (`Revisions`). The numbers of an organization are the sum over its products that the
// reader may see.

/// The sums over the projects of a product when they were last read.
package struct ProductSums: Sendable {
    /// The part of one project in the sums.
    private struct Part {
        let revision: Int64
        var counts = SeverityCounts()
        var violations: Int64 = 0
        /// Libraries by the number of their group in `groups`.
        var libraries: [(group: Int, count: Int)] = []

        init(revision: Int64) { self.revision = revision }
    }

    package let product: Int64
    /// The product's revision when it was read; nil before.
    package private(set) var revision: Int64?
    private var parts: [Int64: Part] = [:]
    /// The groups that any project had, each with its libraries now.
    private var groups: [(group: Basis.Group, libraries: Int)] = []
    private var places: [Basis.Group: Int] = [:]

    /// Alerts about vulnerabilities.
    package private(set) var counts = SeverityCounts()
    /// Open alerts that say that a policy is violated.
    package private(set) var violations: Int64 = 0

    package init(product: Int64) { self.product = product }

    /// The number of projects.
    package var projects: Int { parts.count }
    /// Whether a vulnerability could have been found in any library.
    package var isAssessed: Bool { groups.contains { $0.libraries > 0 && $0.group.isAssessed } }

    /// Adds its libraries to those of other products.
    package func addLibraries(to sum: inout [Basis.Group: Int]) {
        for (group, libraries) in groups where libraries > 0 { sum[group, default: 0] += libraries }
    }

    /// The projects with open alerts of a severity, with their numbers.
    package func projects(having severity: String) -> [(project: Int64, alerts: Int64)] {
        parts.compactMap { project, part in
            let alerts = part.counts[severity]
            return alerts > 0 ? (project, alerts) : nil
        }
    }

    /// Reads the changed projects.
    ///
    /// - Parameter revision: of the product, in the connection's snapshot.
    package mutating func refresh(to revision: Int64, on connection: any Connection) throws {
        var found: [Int64: Int64] = [:]
        try connection.each(Self.revisionsQuery(product: product)) {
            found[$0.integer(0)] = $0.integer(1)
        }
        for project in parts.keys where found[project] == nil { forget(project) }
        let changed = found.filter { parts[$0.key]?.revision != $0.value }.keys.sorted()
        try SQL.inSlices(changed, as: Value.integer) { list in
            var new: [Int64: Part] = [:]
            try connection.each("SELECT id, revision FROM project WHERE id IN \(list)") {
                new[$0.integer(0)] = Part(revision: $0.integer(1))
            }
            for (project, counts) in try SeverityCounts.ofProjects(list, on: connection) {
                new[project]?.counts = counts
            }
            for (project, count) in try AlertList.violations(of: list, on: connection) {
                new[project]?.violations = count
            }
            try Basis.eachGroup(of: list, on: connection) { project, group, libraries in
                new[project]?.libraries.append((place(of: group), libraries))
            }
            for (project, part) in new {
                forget(project)
                add(part)
                parts[project] = part
            }
        }
        self.revision = revision
    }

    static func revisionsQuery(product: Int64) -> SQL {
        "SELECT id, revision FROM project WHERE product = \(product)"
    }

    private mutating func place(of group: Basis.Group) -> Int {
        if let place = places[group] { return place }
        places[group] = groups.count
        groups.append((group, 0))
        return groups.count - 1
    }

    private mutating func add(_ part: Part) {
        counts += part.counts
        violations += part.violations
        for (group, count) in part.libraries { groups[group].libraries += count }
    }

    private mutating func forget(_ project: Int64) {
        guard let part = parts.removeValue(forKey: project) else { return }
        counts -= part.counts
        violations -= part.violations
        for (group, count) in part.libraries { groups[group].libraries -= count }
    }
}

extension ProductSums {
    /// The numbers of the products of a scope and their revisions.
    package static func revisions(
        of scope: Scope, on connection: any Connection
    ) throws -> [(product: Int64, revision: Int64)] {
        var sql: SQL = "SELECT d.id, d.revision FROM product d WHERE d.organization = \(scope.organization)"
        if scope.kind != .organization { sql.append(" AND d.id = \(scope.product)") }
        if let visible = scope.visibleProducts { sql.append(" AND d.id IN \(SQL.list(visible.map(Value.integer)))") }
        return try connection.all(sql) { ($0.integer(0), $0.integer(1)) }
    }
}
