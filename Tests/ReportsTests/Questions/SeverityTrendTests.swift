import Bytes
import TestSupport
import Testing

@testable import Database
@testable import Reports

/// The numbers of open alerts, day by day.
struct SeverityTrendTests {
    private static let day = TimeText.day

    /// The rows of `severity_day`, or sums over them.
    private func rows(_ sql: SQL, columns: Int, _ fixture: InventoryFixture) throws -> [String] {
        try fixture.database.read { connection in
            try connection.all(sql) { row in (0..<columns).map { row.string($0) }.joined(separator: "|") }
        }
    }

    /// The changes of all days add up to the present numbers, for projects and for products.
    private func addUp(_ fixture: InventoryFixture, _ moment: String) throws {
        let now = try rows(
            """
            SELECT CAST(x.project AS TEXT), x.severity, CAST(x.open_alerts AS TEXT), CAST(x.ignored_alerts AS TEXT)
            FROM project_severity x WHERE x.open_alerts <> 0 OR x.ignored_alerts <> 0 ORDER BY x.project, x.severity
            """, columns: 4, fixture)
        let days = try rows(
            """
            SELECT CAST(x.project AS TEXT), x.severity, CAST(sum(x.open_change) AS TEXT),
                CAST(sum(x.ignored_change) AS TEXT)
            FROM severity_day x WHERE x.project <> 0 GROUP BY x.project, x.severity
            HAVING sum(x.open_change) <> 0 OR sum(x.ignored_change) <> 0 ORDER BY x.project, x.severity
            """, columns: 4, fixture)
        #expect(now == days && !now.isEmpty, "\(moment)")
        let sums: [SQL] = ["x.project = 0", "x.project <> 0"]
        let products = try sums.map { condition in
            try rows(
                """
                SELECT CAST(x.product AS TEXT), CAST(x.day AS TEXT), x.severity, CAST(sum(x.open_change) AS TEXT),
                    CAST(sum(x.ignored_change) AS TEXT)
                FROM severity_day x WHERE \(condition) GROUP BY x.product, x.day, x.severity
                HAVING sum(x.open_change) <> 0 OR sum(x.ignored_change) <> 0 ORDER BY x.product, x.day, x.severity
                """, columns: 5, fixture)
        }
        #expect(products[0] == products[1], "\(moment)")
    }

    private func ignoreOne(_ scope: Scope, at time: Int64, _ fixture: InventoryFixture) throws {
        try fixture.database.write { connection in
            let uuid = try connection.first(
                """
                SELECT uuid FROM alert WHERE project = \(scope.project) AND type = 'SECURITY_VULNERABILITY'
                    AND state = 'OPEN' ORDER BY number
                """
            ) { $0.string(0) }
            let writing = Writing(in: scope, by: .account(0), at: time, on: connection)
            try Alerts.decide(.ignore(until: 0), on: [try #require(uuid)], comments: "", writing)
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func theDaysAddUpToWhatIsNow(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try addUp(fixture, "after imports")
        let scope = try fixture.scope(.project)
        try ignoreOne(scope, at: InventoryFixture.start + 2 * Self.day, fixture)
        try addUp(fixture, "after a decision")
        fixture.pass(3 * Self.day)
        try fixture.importSBOM(FixtureDocuments.ledger)
        try addUp(fixture, "after another import")
        try fixture.database.write {
            try Deletion.project(Writing(in: scope, by: .system, at: InventoryFixture.start + 4 * Self.day, on: $0))
        }
        try addUp(fixture, "after a deletion")
        let bank = Scope(kind: .product, organization: 1, product: try fixture.ids(place: 2).product)
        try fixture.database.write { try Deletion.product(Writing(in: bank, by: .system, at: 1, on: $0)) }
        let left = try rows(
            "SELECT CAST(count(*) AS TEXT) FROM severity_day WHERE product = \(bank.product)", columns: 1,
            fixture)
        #expect(left == ["0"])
    }

    /// The step gives an earlier database the days that a program would have stored.
    @Test(arguments: TemporaryDatabase.engines) func theStepFillsInTheDaysBefore(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        try ignoreOne(try fixture.scope(.project), at: InventoryFixture.start + 2 * Self.day, fixture)
        let all: SQL = """
            SELECT CAST(x.product AS TEXT), CAST(x.project AS TEXT), CAST(x.day AS TEXT), x.severity,
                CAST(x.open_change AS TEXT), CAST(x.ignored_change AS TEXT)
            FROM severity_day x WHERE x.open_change <> 0 OR x.ignored_change <> 0
            ORDER BY x.product, x.project, x.day, x.severity
            """
        let noted = try rows(all, columns: 6, fixture)
        try fixture.database.write { connection in
            try connection.script("DROP TABLE severity_day")
            try connection.script(Migration.severityDays.statements(Dialect(engine)))
        }
        #expect(try rows(all, columns: 6, fixture) == noted && noted.count > 4)
    }

    @Test(arguments: TemporaryDatabase.engines) func aDayShowsWhatWasOpenAtItsEnd(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let scope = try fixture.scope(.project)
        let ignored = InventoryFixture.start + 2 * Self.day
        try ignoreOne(scope, at: ignored, fixture)
        let today = SeverityDays.day(of: ignored)
        for scope in [scope, try fixture.scope(.product), Scope(kind: .organization, organization: 1)] {
            let (trend, now) = try fixture.database.snapshot { connection in
                let now = try SeverityCounts.read(scope, on: connection)
                let trend = try SeverityTrend.read(scope, days: 5, at: ignored, current: now, on: connection)
                return (trend, now)
            }
            #expect(trend.points.map(\.day) == (today - 4...today).map { $0 * Self.day })
            // At first nothing, then everything was imported, then one alert was ignored.
            #expect(trend.points.map(\.counts.total) == [0, 0, now.total + 1, now.total + 1, now.total])
            #expect(trend.points.map(\.counts.ignored) == [0, 0, now.ignored - 1, now.ignored - 1, now.ignored])
            #expect(trend.points.last?.counts == now)
        }
        // A person who sees only the other product sees none of it.
        let bank = try fixture.ids(place: 2).product
        let narrow = Scope(kind: .organization, organization: 1, visibleProducts: [bank])
        let changes = try fixture.database.snapshot { try SeverityDays.changes(in: narrow, from: 0, on: $0) }
        #expect(!changes.isEmpty && changes.allSatisfy { $0.day == today - 2 })
    }
}
