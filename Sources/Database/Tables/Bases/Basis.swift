package import Inventory

/// The basis of a verdict about vulnerabilities: the advisories, and the libraries that could not be looked up.
///
/// All outputs with a verdict read this. Its content does not depend on the time of reading.
package struct Basis: Sendable, Equatable {
    /// An ecosystem in whose advisories components were looked up.
    package struct Ecosystem: Sendable, Equatable {
        /// OSV's name, with the release if the ecosystem has releases: `npm`, `Debian:12`.
        package let name: String
        /// The number of advisories, including withdrawn ones.
        package let records: Int
        /// The time of the newest change of an advisory, in milliseconds since 1970, UTC.
        package let newest: Int64
        /// The time of the last search for new advisories, in the same unit; 0 if unknown.
        package let read: Int64
        /// The number of libraries that were looked up in it.
        package var libraries = 0
    }

    /// An ecosystem, distribution or type of package without advisories.
    package struct Gap: Sendable, Equatable {
        package let name: String
        package let libraries: Int
    }

    /// The number of all libraries, each counted once for each project, as in the rows of the inventory.
    package private(set) var libraries = 0
    /// The number of components that were looked up in advisories.
    package private(set) var matchable = 0
    /// The other components, by obstacle.
    package private(set) var unmatched: [MatchingObstacle.Kind: Int] = [:]
    /// The ecosystems without advisories, the one with the most libraries first.
    package private(set) var gaps: [Gap] = []
    /// Sorted by name.
    package private(set) var ecosystems: [Ecosystem] = []

    package init() {}

    /// Whether a vulnerability could have been found in any library. If false, the absence of findings is no verdict.
    package var isAssessed: Bool { matchable > 0 }

    /// The basis over the projects of a scope.
    package static func read(_ scope: Scope, on connection: any Connection) throws -> Basis {
        try read(
            scope.clause + """
                SELECT b.obstacle, b.subject, b.covered, CAST(sum(b.libraries) AS BIGINT)
                FROM scope s JOIN scan_basis b ON b.scan = s.scan WHERE s.scan > 0
                GROUP BY b.obstacle, b.subject, b.covered
                """, on: connection)
    }

    /// The basis of one scan.
    package static func read(scan: Int64, on connection: any Connection) throws -> Basis {
        try read(
            "SELECT obstacle, subject, covered, libraries FROM scan_basis WHERE scan = \(scan)", on: connection)
    }

    /// The basis over all projects, with all ecosystems that have advisories.
    package static func everything(on connection: any Connection) throws -> Basis {
        var basis = try read(
            """
            SELECT b.obstacle, b.subject, b.covered, CAST(sum(b.libraries) AS BIGINT)
            FROM project p JOIN scan_basis b ON b.scan = p.scan WHERE p.scan > 0
            GROUP BY b.obstacle, b.subject, b.covered
            """, on: connection)
        let used = Dictionary(uniqueKeysWithValues: basis.ecosystems.map { ($0.name, $0.libraries) })
        basis.ecosystems = try ecosystems(named: nil, libraries: used, on: connection)
        return basis
    }

    /// - Parameter query: selects obstacles, their subjects, covered ecosystems and numbers of libraries.
    private static func read(_ query: SQL, on connection: any Connection) throws -> Basis {
        var groups: [Group: Int] = [:]
        try connection.each(query) { row in
            let group = Group(obstacle: row.string(0), subject: row.string(1), covered: row.string(2))
            groups[group, default: 0] += Int(row.integer(3))
        }
        return try Basis(groups, on: connection)
    }

    /// The components that a basis counts together: an obstacle, its subject, and the ecosystems that were searched.
    package struct Group: Sendable, Hashable {
        let obstacle: String
        let subject: String
        let covered: String

        /// Whether its libraries were looked up.
        package var isAssessed: Bool { obstacle.isEmpty }
    }

    /// Calls `body` with each group of each of these projects and its number of libraries; a group may come several times.
    ///
    /// - Parameter projects: their numbers, as a list for `IN`.
    package static func eachGroup(
        of projects: SQL, on connection: any Connection, _ body: (_ project: Int64, Group, _ libraries: Int) -> Void
    ) throws {
        try connection.each(
            """
            SELECT p.id, b.obstacle, b.subject, b.covered, b.libraries FROM project p JOIN scan_basis b ON b.scan = p.scan
            WHERE p.id IN \(projects) AND p.scan > 0
            """
        ) { row in
            body(
                row.integer(0), Group(obstacle: row.string(1), subject: row.string(2), covered: row.string(3)),
                Int(row.integer(4)))
        }
    }

    /// The basis that has these groups with their numbers of libraries.
    package init(_ groups: [Group: Int], on connection: any Connection) throws {
        var missing: [String: Int] = [:]
        var used: [String: Int] = [:]
        for (group, count) in groups {
            libraries += count
            guard let kind = MatchingObstacle.Kind(rawValue: group.obstacle) else {
                matchable += count
                for place in group.covered.split(separator: "\n") { used[String(place), default: 0] += count }
                continue
            }
            unmatched[kind, default: 0] += count
            if kind == .noAdvisories { missing[group.subject, default: 0] += count }
        }
        gaps = missing.map { Gap(name: $0.key, libraries: $0.value) }
            .sorted { ($1.libraries, $0.name) < ($0.libraries, $1.name) }
        ecosystems = try Self.ecosystems(named: used.keys.sorted(), libraries: used, on: connection)
    }

    /// - Parameter names: nil for all.
    private static func ecosystems(
        named names: [String]?, libraries: [String: Int], on connection: any Connection
    ) throws -> [Ecosystem] {
        var found: [Ecosystem] = []
        func add(_ condition: SQL) throws {
            try connection.each("SELECT name, records, newest, read_at FROM ecosystem \(condition)") { row in
                found.append(
                    Ecosystem(
                        name: row.string(0), records: Int(row.integer(1)), newest: row.integer(2),
                        read: row.integer(3), libraries: libraries[row.string(0)] ?? 0))
            }
        }
        if let names {
            try SQL.inSlices(names, as: Value.text) { try add("WHERE name IN \($0)") }
        } else {
            try add("")
        }
        return found.sorted { $0.name < $1.name }
    }
}
