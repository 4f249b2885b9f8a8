import Bytes
import Database
import Inventory

// DESIGN. All data of the report, as numbers and short lists: the database counts, and lists contain only the worst
// entries. So memory depends only on the number of distinct products, licences and days.

/// The facts of a risk report.
struct RiskFacts {
    /// The most rows of a list.
    static let listLimit = 40

    var products = 0
    var projects = 0
    /// Distinct libraries, and the number of them that have an open alert of each kind.
    var libraries = 0
    var vulnerableLibraries = 0
    var rejectedLibraries = 0
    var severeBugLibraries = 0
    /// Alerts about vulnerabilities, counted by severity.
    var open = [Int](repeating: 0, count: ShownSeverity.allCases.count)
    /// The basis of the numbers of vulnerabilities.
    var basis = Basis()
    var ignored = 0
    var resolved = 0
    /// Open alerts of other types, counted by type.
    var others: [(type: String, count: Int)] = []
    var worstLibraries: [WorstLibrary] = []
    /// Open alerts about vulnerabilities that a list calls exploited, and whether any list is loaded.
    var exploited = 0
    var knowsExploited = false
    /// The most urgent vulnerabilities: the exploited ones, the worst rated ones, and those without a rating.
    var exploitedVulnerabilities: [WorstVulnerability] = []
    var worstVulnerabilities: [WorstVulnerability] = []
    var unratedVulnerabilities: [WorstVulnerability] = []
    var violations: [Violation] = []
    var violationCount = 0
    /// The number of policies for projects of the scope.
    var policies = 0
    /// Licences that bind, by the number of their libraries, the largest number first.
    var licenses: [LicenseCount] = []
    /// The number of libraries with a licence of each family; nil stands for licences without a family. A library with
    /// several licences counts for each of them.
    var families: [LicenseFamily?: Int] = [:]
    var unlicensedLibraries = 0
    var outdatedLibraries = 0
    /// The libraries with the most versions between theirs and the newest.
    var outdated: [OutdatedLibrary] = []
    var oldest: [OldLibrary] = []
    var datedLibraries = 0
    var groups: [GroupRisk] = []
    var trend: [TrendPoint] = []

    struct WorstLibrary {
        let name: String
        let project: String
        let projects: Int
        let counts: [Int]
        let score: Double?
        let fix: String
    }

    /// A vulnerability of a library, in any version.
    struct WorstVulnerability {
        let name: String
        let url: String
        let severity: ShownSeverity
        let score: Double?
        /// The first day on which a list calls the vulnerability exploited, in milliseconds since 1970; nil where no
        /// list gives one.
        let exploitedSince: Int64?
        /// EPSS, 0 to 1; nil where the vulnerability has no score.
        let likelihood: Double?
        /// The library's file that comes first by name, and the number of its versions with the vulnerability.
        let library: String
        let versions: Int
        /// The smallest version without this vulnerability, or empty. Two values, the first and the last, where the version in
        /// use decides.
        let fix: String
        /// The project that comes first by name, and the number of projects.
        let project: String
        let projects: Int
    }

    struct Violation {
        let library: String
        let description: String
        let project: String
    }

    struct LicenseCount {
        let name: String
        /// The term of an expression for this licence.
        let spdx: String
        /// Whether the licence is on the SPDX list.
        let isListed: Bool
        let libraries: Int
        let score: Int?

        var family: LicenseFamily? { LicenseExpression(spdx)?.single.flatMap { LicenseFamily($0) } }
    }

    /// A library with a known newer version; times are in milliseconds since 1970, nil if unknown.
    struct OutdatedLibrary {
        let name: String
        let newest: String
        let published: Int64?
        let newestPublished: Int64?
        let between: Int
        let project: String
    }

    struct OldLibrary {
        let name: String
        let released: String
        let project: String
    }

    /// A product of an organization, or a project of a product.
    struct GroupRisk {
        let name: String
        let libraries: Int
        let counts: [Int]
        let rejected: Int
    }

    struct TrendPoint {
        /// The end of the day, in milliseconds since 1970.
        let day: Int64
        var libraries = 0
        var alerts = 0
    }
}

// MARK: Reading

extension RiskFacts {
    /// The word of a vulnerability `v`'s severity.
    static let severity: SQL = "v.severity"

    /// The urgency of a vulnerability `v`.
    static let weight = SQL(PrioritySQL.weight)

    /// - Parameter updated: the time of the scope's last change, which is the last day of the trend.
    static func read(_ scope: Scope, updated: Int64, on connection: any Connection) throws -> RiskFacts {
        var facts = RiskFacts()
        facts.basis = try Basis.read(scope, on: connection)
        try facts.readCounts(scope, on: connection)
        try facts.readAlerts(scope, on: connection)
        try facts.readWorstLibraries(scope, on: connection)
        try facts.readWorstVulnerabilities(scope, on: connection)
        try facts.readLicenses(scope, on: connection)
        try facts.readFamilies(scope, on: connection)
        try facts.readAges(scope, on: connection)
        try facts.readOutdated(scope, on: connection)
        if scope.kind != .project { try facts.readGroups(scope, on: connection) }
        try facts.readTrend(scope, until: updated, on: connection)
        return facts
    }

    private mutating func readCounts(_ scope: Scope, on connection: any Connection) throws {
        let counts = try connection.first(
            """
            \(scope.clause) SELECT count(DISTINCT s.product), count(*) FROM scope s
            """
        ) { ($0.integer(0), $0.integer(1)) }
        products = Int(counts?.0 ?? 0)
        projects = Int(counts?.1 ?? 0)
        let libraries = try connection.first(
            """
            \(scope.clause) SELECT count(DISTINCT l.uuid),
                count(DISTINCT CASE WHEN l.licenses = '' THEN l.uuid ELSE NULL END),
                count(DISTINCT CASE WHEN l.release_date <> '' THEN l.uuid ELSE NULL END)
            FROM \(Joins.libraries)
            """
        ) { ($0.integer(0), $0.integer(1), $0.integer(2)) }
        self.libraries = Int(libraries?.0 ?? 0)
        unlicensedLibraries = Int(libraries?.1 ?? 0)
        datedLibraries = Int(libraries?.2 ?? 0)
    }

    private mutating func readAlerts(_ scope: Scope, on connection: any Connection) throws {
        try connection.each(
            """
            \(scope.clause) SELECT a.state, \(Self.severity), count(*) FROM scope s JOIN alert a ON a.project = s.project
            JOIN vulnerability v ON v.id = a.vulnerability
            WHERE a.type = 'SECURITY_VULNERABILITY' GROUP BY 1, 2
            """
        ) { row in
            let count = Int(row.integer(2))
            switch AlertState(rawValue: row.string(0)) {
            case .ignored: ignored += count
            case .resolved: resolved += count
            case .open, nil: open[ShownSeverity(word: row.string(1)).place] += count
            }
        }
        try connection.each(
            """
            \(scope.clause) SELECT a.type, count(*), count(DISTINCT a.library_uuid) FROM scope s
            JOIN alert a ON a.project = s.project WHERE a.state = 'OPEN' GROUP BY a.type ORDER BY a.type
            """
        ) { row in
            let (type, count, libraries) = (row.string(0), Int(row.integer(1)), Int(row.integer(2)))
            switch AlertType(rawValue: type) {
            case .vulnerability: vulnerableLibraries = libraries
            case .rejectedByPolicy:
                rejectedLibraries = libraries
                violationCount = count
                others.append((type, count))
            case .severeBug:
                severeBugLibraries = libraries
                others.append((type, count))
            case .rejectedDeFacto, .multipleLicenses, .multipleVersions, .newMajorVersion, .newMinorVersion, nil:
                others.append((type, count))
            }
        }
        policies = Int(
            try connection.integer(
                """
                \(scope.clause) SELECT count(*) FROM policy c
                WHERE c.organization = \(scope.organization) AND c.enabled = 1
                    AND (c.product = 0 OR c.product IN (SELECT s.product FROM scope s))
                    AND (c.project = 0 OR c.project IN (SELECT s.project FROM scope s))
                """) ?? 0)
        violations = try connection.all(
            """
            \(scope.clause) SELECT l.filename, a.description, s.project_name FROM scope s
            JOIN alert a ON a.project = s.project JOIN library l ON l.id = a.library
            WHERE a.state = 'OPEN' AND a.type = 'REJECTED_BY_POLICY_RESOURCE'
            ORDER BY a.level, l.filename, s.project, a.number LIMIT \(Self.listLimit)
            """
        ) { Violation(library: $0.string(0), description: $0.string(1), project: $0.string(2)) }
    }

    /// `count(…)` for each severity with a word: the four worst, and none.
    private static let severityCounts: SQL = {
        var sql: SQL = ""
        for (place, word) in ["critical", "high", "medium", "low", "none"].enumerated() {
            if place > 0 { sql.append(", ") }
            sql.append("sum(CASE WHEN \(severity) = \(word) THEN 1 ELSE 0 END)")
        }
        return sql
    }()

    /// The counts of all severities in their order (`ShownSeverity`).
    ///
    /// - Parameters:
    ///   - sums: the result of `severityCounts`.
    ///   - total: the number including those without a rating.
    private static func counts(_ sums: [Int], of total: Int) -> [Int] {
        Array(sums[..<4]) + [total - sums.reduce(0, +)] + Array(sums[4...])
    }

    private mutating func readWorstLibraries(_ scope: Scope, on connection: any Connection) throws {
        worstLibraries = try connection.all(
            """
            \(scope.clause) SELECT min(l.filename), min(s.project_name), count(DISTINCT s.project), count(*),
                \(Self.severityCounts), max(v.score), coalesce(max(f.upgrade), '')
            FROM scope s JOIN alert a ON a.project = s.project JOIN library l ON l.id = a.library
            JOIN vulnerability v ON v.id = a.vulnerability
            LEFT JOIN finding f ON f.library = a.library AND f.vulnerability = a.vulnerability
            WHERE a.state = 'OPEN' AND a.type = 'SECURITY_VULNERABILITY'
            GROUP BY a.library_uuid
            ORDER BY max(\(Self.weight)) DESC, 4 DESC, 1, a.library_uuid
            LIMIT \(Self.listLimit)
            """
        ) { row in
            let sums = (4..<9).map { Int(row.integer($0)) }
            return WorstLibrary(
                name: row.string(0), project: row.string(1), projects: Int(row.integer(2)),
                counts: Self.counts(sums, of: Int(row.integer(3))), score: row.integerOrNil(9).map { Double($0) / 10 },
                fix: row.string(10))
        }
    }

    private mutating func readLicenses(_ scope: Scope, on connection: any Connection) throws {
        licenses = try connection.all(
            """
            \(scope.clause) SELECT n.name, n.spdx, count(DISTINCT l.uuid), max(n.risk_score), max(n.base)
            FROM \(Joins.libraries)
            JOIN library_license x ON x.library = l.id AND x.chosen = 1 JOIN license n ON n.id = x.license
            GROUP BY n.name, n.spdx ORDER BY 3 DESC, 1, 2
            """
        ) { row in
            LicenseCount(
                name: row.string(0), spdx: row.string(1), isListed: !row.string(4).isEmpty,
                libraries: Int(row.integer(2)), score: row.integerOrNil(3).map { Int($0) })
        }
    }

    /// The score of a `license n`'s family. The network copyleft gets 101, because its own score equals that of
    /// restricted use.
    private static let family: StaticSQL =
        "CASE WHEN n.risk_score = 100 AND \(LicenseSQL.copyleft) = 'FULL' THEN 101 ELSE coalesce(n.risk_score, -1) END"

    private mutating func readFamilies(_ scope: Scope, on connection: any Connection) throws {
        try connection.each(
            """
            \(scope.clause) SELECT \(Self.family), count(DISTINCT l.uuid) FROM \(Joins.libraries)
            JOIN library_license x ON x.library = l.id AND x.chosen = 1 JOIN license n ON n.id = x.license GROUP BY 1
            """
        ) { row in
            let score = Int(row.integer(0))
            let family: LicenseFamily? =
                score == 101
                ? .networkCopyleft : score == 100 ? .restricted : LicenseFamily.allCases.first { $0.riskScore == score }
            families[family, default: 0] += Int(row.integer(1))
        }
    }

    private static let outdatedLibraries: StaticSQL =
        "\(Joins.libraries) JOIN newer_version n ON n.library = l.id WHERE l.in_house = 0"

    private mutating func readOutdated(_ scope: Scope, on connection: any Connection) throws {
        outdatedLibraries = Int(
            try connection.integer(
                """
                \(scope.clause) SELECT count(DISTINCT l.uuid) FROM \(Self.outdatedLibraries)
                """) ?? 0)
        outdated = try connection.all(
            """
            \(scope.clause) SELECT min(l.filename), min(n.newest), min(n.published), min(n.newest_published),
                min(n.versions_between), min(s.project_name)
            FROM \(Self.outdatedLibraries)
            GROUP BY l.uuid ORDER BY 5 DESC, 1, l.uuid LIMIT \(Self.listLimit / 2)
            """
        ) { row in
            OutdatedLibrary(
                name: row.string(0), newest: row.string(1), published: row.integerOrNil(2),
                newestPublished: row.integerOrNil(3), between: Int(row.integer(4)), project: row.string(5))
        }
    }

    private mutating func readAges(_ scope: Scope, on connection: any Connection) throws {
        oldest = try connection.all(
            """
            \(scope.clause) SELECT min(l.filename), substr(min(l.release_date), 1, 10), min(s.project_name)
            FROM \(Joins.libraries) WHERE l.release_date <> ''
            GROUP BY l.uuid ORDER BY 2, 1, l.uuid LIMIT \(Self.listLimit / 2)
            """
        ) { OldLibrary(name: $0.string(0), released: $0.string(1), project: $0.string(2)) }
    }

    private mutating func readGroups(_ scope: Scope, on connection: any Connection) throws {
        let (key, name): (SQL, SQL) =
            scope.kind == .organization ? ("s.product", "s.product_name") : ("s.project", "s.project_name")
        var alerts: [Int64: (counts: [Int], rejected: Int)] = [:]
        try connection.each(
            """
            \(scope.clause) SELECT \(key), count(v.id), \(Self.severityCounts),
                sum(CASE WHEN a.type = 'REJECTED_BY_POLICY_RESOURCE' THEN 1 ELSE 0 END)
            FROM scope s JOIN alert a ON a.project = s.project LEFT JOIN vulnerability v ON v.id = a.vulnerability
            WHERE a.state = 'OPEN' GROUP BY \(key)
            """
        ) { row in
            let sums = (2..<7).map { Int(row.integer($0)) }
            alerts[row.integer(0)] = (Self.counts(sums, of: Int(row.integer(1))), Int(row.integer(7)))
        }
        var found: [(id: Int64, group: GroupRisk)] = []
        try connection.each(
            """
            \(scope.clause) SELECT \(key), min(\(name)), count(DISTINCT l.uuid) FROM scope s
            LEFT JOIN occurrence o ON o.scan = s.scan LEFT JOIN library l ON l.id = o.library GROUP BY \(key)
            """
        ) { row in
            let id = row.integer(0)
            let of = alerts[id]
            found.append(
                (
                    id,
                    GroupRisk(
                        name: row.string(1), libraries: Int(row.integer(2)),
                        counts: of?.counts ?? Self.counts([0, 0, 0, 0, 0], of: 0), rejected: of?.rejected ?? 0)
                ))
        }
        func isWorse(_ left: GroupRisk, _ right: GroupRisk) -> Bool? {
            for place in left.counts.indices where left.counts[place] != right.counts[place] {
                return left.counts[place] > right.counts[place]
            }
            return left.rejected != right.rejected ? left.rejected > right.rejected : nil
        }
        found.sort { left, right in isWorse(left.group, right.group) ?? (left.id < right.id) }
        groups = found.prefix(Self.listLimit / 2).map(\.group)
    }
}
