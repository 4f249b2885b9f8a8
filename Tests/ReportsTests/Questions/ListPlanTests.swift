import Database
import Inventory
import TestSupport
import Testing

@testable import Reports

/// The engines read the lists behind pages by indexes, in the shown order.
@Suite struct ListPlanTests {
    /// Lists by name, with the index that must serve them if it is a special one.
    private static func queries(_ fixture: InventoryFixture) throws -> [(name: String, index: String?, sql: SQL)] {
        var found: [(name: String, index: String?, sql: SQL)] = []
        for kind in ScopeKind.allCases {
            let scope = try fixture.scope(kind)
            found.append(("\(kind) days", nil, SeverityDays.query(scope, from: 20_000)))
            for state in [nil] + AlertState.allCases.map(Optional.some) {
                for type in [nil, AlertType.vulnerability, .rejectedByPolicy] {
                    var list = AlertList(scope)
                    (list.state, list.type) = (state, type)
                    list.after = "1-1-1"
                    let isClosed = state == .ignored || state == .resolved
                    let index = type == .rejectedByPolicy ? "alert_" : isClosed ? "alert_closed" : nil
                    found.append(
                        (
                            "\(kind) alerts, \(state.map { "\($0)" } ?? "any"), \(type.map { "\($0)" } ?? "any")",
                            index, list.query()
                        ))
                }
            }
        }
        let project = try fixture.scope(.project)
        found.append(("revisions", "project_revision", ProductSums.revisionsQuery(product: project.product)))
        found += [
            ("libraries", nil, LibraryList(project).query()), ("history", nil, HistoryList(project).query()),
            ("paths", nil, PathList(project).query()), ("graph", nil, PathList.graphQuery(project)),
            ("files", nil, FileList(project).query()), ("licence", nil, LicenseFacts.query("MIT", of: 1)),
        ]
        return found
    }

    @Test func sqliteReadsByIndexes() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        try fixture.database.read { connection in
            for query in try Self.queries(fixture) {
                let plan = try connection.plan(query.sql)
                #expect(!plan.contains { $0.hasPrefix("SCAN") || $0.contains("AUTOMATIC") }, "\(query.name): \(plan)")
                if let index = query.index {
                    #expect(plan.contains { $0.contains("INDEX \(index)") }, "\(query.name): \(plan)")
                }
                // A page is read in its order, because sorting would need all rows.
                #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(query.name): \(plan)")
            }
        }
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func postgresqlReadsByIndexes() throws {
        let fixture = try InventoryFixture.shared(.postgresql)
        try fixture.database.snapshot { connection in
            for setting in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_bitmapscan"] {
                try connection.script("SET LOCAL \(setting) = off")
            }
            for query in try Self.queries(fixture) {
                let plan = try connection.plan(query.sql)
                #expect(!plan.contains { $0.contains("Seq Scan") }, "\(query.name): \(plan)")
            }
        }
    }

    @Test(arguments: Engine.allCases) func fewAmongManyAreFound(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let scope = try fixture.scope(.organization)
        try fixture.database.snapshot { connection in
            for state in AlertState.allCases {
                for type in AlertType.allCases {
                    var list = AlertList(scope)
                    (list.state, list.type) = (state, type)
                    let expected = try connection.integer(
                        """
                        SELECT count(*) FROM project p JOIN alert a ON a.project = p.id
                        WHERE \(scope.condition) AND a.state = \(state.rawValue) AND a.type = \(type.rawValue)
                        """)
                    var count: Int64 = 0
                    while true {
                        let page = try list.read(on: connection)
                        count += Int64(page.rows.count)
                        guard let next = page.next else { break }
                        list.after = next
                    }
                    #expect(count == expected, "\(state) \(type)")
                }
            }
        }
    }
}
