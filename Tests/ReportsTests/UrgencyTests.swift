import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

extension ReportCase {
    /// The rows of the first sheet in the order of the other formats.
    func streamed(_ sheet: [[String?]]) throws -> [[String?]] {
        guard case .tables(var tables) = report.body else { return sheet }
        for index in tables.indices { tables[index].urgency = nil }
        let plain = Report(
            name: report.name, title: report.title, formats: report.formats, filters: report.filters,
            body: .tables(tables))
        let scope = try InventoryFixture.shared(.sqlite).scope(scope)
        let request = try ReportRequest(type: type, scope: scope, format: "xlsx", fields: fields)
        let output = try Output(Production(plain, request: request), on: InventoryFixture.shared(.sqlite).database)
        let streamed = try #require(output.parts().first?.sheets().first).rows
        func sorted(_ rows: [[String?]]) -> [[String]] {
            rows.map { $0.map { $0 ?? "" } }.sorted { $0.lexicographicallyPrecedes($1) }
        }
        #expect(sorted(sheet) == sorted(streamed), "people and programs get the same rows")
        return streamed
    }
}

/// The order and the summary of tables for people.
@Suite struct UrgencyTests {
    static let urgent = ReportCase.tabular.filter { one in one.allTables.contains { $0.urgency != nil } }

    /// Reports whose rows carry a severity.
    @Test func riskHasAnOrder() {
        let words = Set(Self.urgent.map { $0.report.name.word })
        #expect(
            words == [
                "Alerts", "ContainerVulnerability", "EarlyWarnings", "EarlyWarningsAlert", "IgnoreAlerts",
                "LibrarySecurityAlerts", "LicenseAndComplianceAlert", "ResolvedAlerts", "SecurityAlerts",
                "Vulnerability",
            ])
        for one in Self.urgent {
            for table in one.allTables {
                #expect(table.lists.allSatisfy { $0.columns.allSatisfy(\.title.isEmpty) }, "\(table.title)")
                #expect(table.urgency != nil, "a replacement has the order of its table: \(table.title)")
            }
        }
    }

    /// Levels never decrease, ties never decrease within a level, and the summary counts the same rows.
    @Test(arguments: urgent, TemporaryDatabase.engines) func rowsComeByUrgency(_ report: ReportCase, engine: Engine)
        throws
    {
        let fixture = try InventoryFixture.shared(engine)
        let request = try report.plain(as: .xlsx).request(fixture.scope(report.scope))
        try fixture.database.snapshot { connection in
            for table in report.allTables {
                var table = table
                let urgency = try #require(table.urgency)
                // The rows show the values that order them.
                let columns =
                    [Column("", "Level", .integer, urgency.level, width: 1)]
                    + urgency.ties.map { Column("", "Tie", .text, $0, width: 1) }
                table = Table(
                    key: table.key, item: table.item, title: table.title, from: table.from, condition: table.condition,
                    order: table.order, urgency: urgency, columns: columns)
                let query = TableQuery(table, request: request, filters: [])
                let keys = table.order.count
                var last: [String] = []
                var counts: [Int: Int] = [:]
                try connection.each(query.sql(in: request.scope)) { row in
                    let found = (0...urgency.ties.count).map { row.string(keys + $0) }
                    #expect(
                        !found.lexicographicallyPrecedes(last) { $0.utf8.lexicographicallyPrecedes($1.utf8) },
                        "\(found) after \(last)")
                    last = found
                    counts[Int(row.integer(keys)), default: 0] += 1
                }
                let summary = try query.levelCounts(in: request.scope, on: connection)
                #expect(summary == urgency.counts(counts, in: .newest))
                #expect(counts.keys.allSatisfy { urgency.words.indices.contains($0) })
            }
        }
    }

    /// One order covers all parts.
    @Test func partsKeepTheOrder() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let report = try #require(ReportCase.every.first { $0.type == "OrgVulnerabilityReport" && $0.format == .xlsx })
        let whole = try #require(report.produce(fixture).parts().first?.sheets().first).rows.dropFirst()
        var settings = Production.Settings()
        settings.batch = 256
        settings.sheetRows = 5
        let parts = try report.produce(fixture, settings: settings).parts()
        #expect(parts.count > 2)
        let rows = try parts.flatMap { part in try part.sheets().flatMap { $0.rows.dropFirst() } }
        #expect(rows == Array(whole))
    }

    /// Versions of the API without `critical` count it as high, in the first place.
    @Test func oldVersionsCountCriticalAsHigh() throws {
        let urgency = Urgency.ofVulnerability
        let rows = [0: 2, 1: 3, 5: 1]
        #expect(
            urgency.counts(rows, in: .newest) == [
                LevelCount(word: "critical", rows: 2), LevelCount(word: "high", rows: 3),
                LevelCount(word: "unrated", rows: 1),
            ])
        let old = try #require(APIVersion(rawValue: "1.3"))
        #expect(
            urgency.counts(rows, in: old) == [
                LevelCount(word: "high", rows: 5), LevelCount(word: "unrated", rows: 1),
            ])
        #expect(urgency.counts([0: 2], in: old) == [LevelCount(word: "high", rows: 2)])
    }

    /// The summary names the filters; its time is that of the visible content.
    @Test func theSummaryIsOfWhatIsShown() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let report = try #require(ReportCase.every.first { $0.type == "OrgVulnerabilityReport" && $0.format == .xlsx })
        let request = try ReportRequest(
            type: report.type, scope: fixture.scope(.organization), format: "xlsx",
            fields: ["severity": ["high"], "fromDate": ["2025-01-01"]])
        let about = try #require(
            Output(Production(request), on: fixture.database).parts().first?.allSheets().last
        ).rows
        func line(_ name: String) -> String? { about.first { $0.first == name }?.last ?? nil }
        #expect(line("Filters") == "Filtered by severity: high; fromDate: 2025-01-01 00:00:00.")
        #expect(line("Rows, high") == line("Rows of Vulnerabilities here") && line("Rows, medium") == nil)

        let all = try fixture.scope(.organization)
        let products = try fixture.database.read { connection in
            try connection.all("SELECT id FROM product WHERE organization = \(all.organization) ORDER BY content_at") {
                $0.integer(0)
            }
        }
        func time(_ visible: [Int64]?) throws -> Int64? {
            let scope = Scope(kind: .organization, organization: all.organization, visibleProducts: visible)
            return try fixture.database.read { try ScopeFacts.read(scope, on: $0)?.updated }
        }
        #expect(products.count > 1)
        let (first, last) = (try #require(products.first), try #require(products.last))
        let times = (try time(nil), try time([first]), try time([last]))
        #expect(times.0 == times.2)
        #expect((times.1 ?? .max) < (times.0 ?? .min))
    }
}
