package import Database

/// The numbers of alerts about vulnerabilities, by severity.
///
/// The numbers are sums of `project_severity` over a scope, so hidden projects are never counted.
package struct SeverityCounts: Sendable, Equatable {
    /// The words of severities, the worst first; empty for vulnerabilities without a rating.
    package static let words = ["critical", "high", "medium", "low", "none", ""]

    /// The numbers of open alerts by the places of the words.
    private var open = SIMD8<Int64>()
    /// The number of alerts that somebody decided to ignore.
    package private(set) var ignored: Int64 = 0

    package init() {}

    /// The number of open alerts of a severity.
    package subscript(word: String) -> Int64 { open[Self.place(of: word)] }

    /// The number of all open alerts.
    package var total: Int64 { open.wrappedSum() }

    /// A word that is none counts as no rating.
    private static func place(of word: String) -> Int { words.firstIndex(of: word) ?? words.count - 1 }

    mutating func add(_ word: String, open count: Int64, ignored others: Int64) {
        open[Self.place(of: word)] += count
        ignored += others
    }

    package static func += (left: inout SeverityCounts, right: SeverityCounts) {
        left.open &+= right.open
        left.ignored += right.ignored
    }

    static func -= (left: inout SeverityCounts, right: SeverityCounts) {
        left.open &-= right.open
        left.ignored -= right.ignored
    }

    /// The counts of a whole scope.
    package static func read(_ scope: Scope, on connection: any Connection) throws -> SeverityCounts {
        var counts = SeverityCounts()
        try connection.each(
            """
            SELECT x.severity, CAST(sum(x.open_alerts) AS BIGINT), CAST(sum(x.ignored_alerts) AS BIGINT)
            FROM project p JOIN project_severity x ON x.project = p.id WHERE \(scope.condition) GROUP BY x.severity
            """
        ) { counts.add($0.string(0), open: $0.integer(1), ignored: $0.integer(2)) }
        return counts
    }

    /// The counts of projects by their ids; the caller must be allowed to see the projects.
    ///
    /// - Parameter projects: their ids, as a list for `IN`.
    static func ofProjects(_ projects: SQL, on connection: any Connection) throws -> [Int64: SeverityCounts] {
        var found: [Int64: SeverityCounts] = [:]
        try connection.each(
            """
            SELECT x.project, x.severity, x.open_alerts, x.ignored_alerts FROM project_severity x
            WHERE x.project IN \(projects)
            """
        ) { row in
            found[row.integer(0), default: SeverityCounts()].add(
                row.string(1), open: row.integer(2), ignored: row.integer(3))
        }
        return found
    }
}
