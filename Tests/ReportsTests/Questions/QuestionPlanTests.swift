import Database
import TestSupport
import Testing

@testable import Reports

/// The engines answer by indexes, in the order of the projects, and read only rows of the scope.
@Suite struct QuestionPlanTests {
    private struct Planned {
        let name: String
        let sql: SQL
        /// Whether few rows may be sorted.
        let sorts: Bool
    }

    private static let questions: [(Question.Field, String)] = [
        (.cve, "CVE-2025-90001"), (.purl, "pkg:npm/left-pad"), (.purl, "pkg:npm/left-pad@1.3.0"), (.license, "MIT"),
        (.digest, "da39a3ee5e6b4b0d3255bfef95601890afd80709"), (.path, "a2"), (.library, "left-pad"),
        (.digest, String(repeating: "0", count: 64)),
    ]

    /// The queries of all questions, with and without filters, for readers of all and of some products.
    private static func queries(_ fixture: InventoryFixture, visible: [Int64]?) throws -> [Planned] {
        let scope = try fixture.scope(.organization, visibleProducts: visible)
        return try fixture.database.snapshot { connection in
            var planned: [Planned] = []
            for (field, text) in questions {
                var filters = Question.Filters()
                for isNarrow in [false, true] {
                    if isNarrow {
                        filters.severities = ["high"]
                        filters.isExploited = true
                    }
                    let search = QuestionSearch(
                        scope: scope, filters: filters, places: isNarrow ? " AND s.project IN (1, 2)" : "",
                        connection: connection)
                    for source in try Question(field, text).sources(of: scope.organization, on: connection) {
                        let start = QuestionCursor.Key(project: 1, library: 1)
                        if let query = search.matchQuery(source, behind: start) {
                            planned.append(Planned(name: "matches of \(text)", sql: query, sorts: true))
                        }
                        planned.append(
                            Planned(
                                name: "projects of \(text)",
                                sql: search.projectQuery(source, in: 1...100, behind: start, limit: 101),
                                sorts: source.repeats))
                        let places = [QuestionPlace(key: start, scan: 1, position: 1)]
                        let items = QuestionItems(
                            scope: scope, vulnerabilities: source.vulnerabilities, connection: connection)
                        planned.append(
                            Planned(
                                name: "ways of \(text)",
                                sql: QuestionPaths(connection: connection).wayQuery(to: places), sorts: true))
                        planned.append(
                            Planned(name: "facts of \(text)", sql: items.factsQuery(of: places), sorts: true))
                        if !source.vulnerabilities.isEmpty {
                            planned.append(
                                Planned(
                                    name: "decisions of \(text)", sql: items.decisionQuery(about: places), sorts: true))
                        }
                    }
                }
            }
            for parts in [["left"], ["left", "pad"], ["le"]] {
                planned.append(
                    Planned(
                        name: "names with \(parts)",
                        sql: LibraryNames.query(
                            for: parts, limit: 10, of: scope.organization, engine: connection.engine),
                        sorts: false))
            }
            return planned
        }
    }

    /// The positions of a page are values of the statement, the steps of a path are its own rows, and an index of words is a
    /// table of SQLite.
    private static func readsValues(_ line: String) -> Bool {
        ["CONSTANT ROW", "VIRTUAL TABLE INDEX"].contains { line.contains($0) } || ["SCAN q", "SCAN w"].contains(line)
    }

    @Test(arguments: [nil, [1], [1, 2]] as [[Int64]?]) func sqliteScansNothing(visible: [Int64]?) throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let queries = try Self.queries(fixture, visible: visible)
        #expect(queries.count > 20)
        try fixture.database.read { connection in
            for query in queries {
                let plan = try connection.plan(query.sql)
                let scans = plan.filter { $0.hasPrefix("SCAN") && !Self.readsValues($0) }
                #expect(scans.isEmpty, "\(query.name): \(plan)")
                #expect(!plan.contains { $0.contains("AUTOMATIC") }, "\(query.name): \(plan)")
                // A project's own scan is read, not all scans after it.
                #expect(!plan.contains { $0.contains("scan>") }, "\(query.name): \(plan)")
                let sorts = plan.filter { $0.contains("TEMP B-TREE") }
                // Only within a project.
                #expect(
                    query.sorts
                        || sorts.allSatisfy {
                            $0.contains("LAST TERM OF ORDER BY") || $0.contains("RIGHT PART OF ORDER BY")
                        },
                    "\(query.name): \(plan)")
            }
        }
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func postgresqlScansNothing() throws {
        let fixture = try InventoryFixture.shared(.postgresql)
        let queries = try Self.queries(fixture, visible: nil)
        try fixture.database.snapshot { connection in
            for setting in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_bitmapscan"] {
                try connection.script("SET LOCAL \(setting) = off")
            }
            for query in queries {
                let plan = try connection.plan(query.sql)
                #expect(!plan.contains { $0.contains("Seq Scan") }, "\(query.name): \(plan)")
            }
        }
    }
}
