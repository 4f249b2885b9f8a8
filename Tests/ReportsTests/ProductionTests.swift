import Bytes
import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Every report in every scope and format, on every engine.
@Suite struct ProductionTests {
    @Test(arguments: ReportCase.every) func theSameBytesEverywhereAndAgain(_ report: ReportCase) throws {
        let sqlite = try InventoryFixture.shared(.sqlite)
        let first = try report.produce(sqlite)
        #expect(first.produced.parts == 1)
        #expect(first.produced.rows > 0)
        try report.produce(sqlite).expectSame(as: first, "\(report.name), a second run")
        if TemporaryDatabase.engines.contains(.postgresql) {
            let other = try report.produce(InventoryFixture.shared(.postgresql))
            try other.expectSame(as: first, "\(report.name), the other engine")
            #expect(other.produced == first.produced)
        }
    }

    /// A report without times has the same bytes whatever the time of the import.
    @Test func `The time of an import is no part of a report without times`() throws {
        let fixture = try InventoryFixture(.sqlite)
        let reports = ReportCase.every.filter {
            $0.type == "ProjectInventoryReport" && $0.format != .xlsx && $0.format != .pdf
        }
        let before = try reports.map { try $0.produce(fixture) }
        try fixture.database.write { connection in
            for table in ["project", "product"] as [StaticString] {
                _ = try connection.run("UPDATE \(literal: table) SET content_at = content_at + 86400000")
            }
        }
        #expect(!reports.isEmpty)
        for (report, first) in zip(reports, before) {
            try report.produce(fixture).expectSame(as: first, "\(report.name), a day later")
        }
    }

    /// An SBOM of a project has the time of its document, until somebody changes what the project shows.
    @Test(arguments: TemporaryDatabase.engines)
    func `The time of an import is no part of an SBOM`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let reports = ReportCase.every.filter { $0.type == "ProjectSBOMReport" }
        let before = try reports.map { try $0.produce(fixture) }
        try fixture.database.write { connection in
            for table in ["project", "product"] as [StaticString] {
                _ = try connection.run("UPDATE \(literal: table) SET content_at = content_at + 86400000")
            }
            _ = try connection.run("UPDATE content_time SET at = at + 86400000")
        }
        #expect(!reports.isEmpty)
        for (report, first) in zip(reports, before) {
            try report.produce(fixture).expectSame(as: first, "\(report.name), a day later")
        }
        try fixture.database.write { connection in
            for table in ["project", "product"] as [StaticString] {
                _ = try connection.run("UPDATE \(literal: table) SET content_at = content_at + 1000")
            }
        }
        for (report, first) in zip(reports, before) {
            #expect(try report.produce(fixture).bytes != first.bytes, "\(report.name), after a change")
        }
    }

    /// A licence that a person chooses counts as content until the choice is withdrawn.
    @Test(arguments: TemporaryDatabase.engines)
    func `An SBOM with a chosen licence is another document`(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let reports = ReportCase.every.filter { $0.type == "ProjectSBOMReport" && $0.format == .json }
        let before = try reports.map { try $0.produce(fixture) }
        #expect(!reports.isEmpty)
        let curator = Curator(organization: 1, author: .system, time: 2_000_000_000_000)
        let library = try #require(
            try fixture.database.read { connection in
                try connection.first("SELECT uuid FROM library WHERE organization = 1 AND artifact = 'rails'") {
                    $0.string(0)
                }
            })
        #expect(
            try fixture.database.write { connection in
                try LicenseOverrides.set(["0BSD"], of: library, reference: "", by: curator, on: connection)
            })
        for (report, first) in zip(reports, before) {
            let texts = try [first, report.produce(fixture)].map { try #require($0.parts().first).text }
            let ids = texts.map { $0.firstMatch(of: /urn:uuid:[0-9a-f-]{36}|spdxdocs\/[^"#]+/)?.output }
            #expect(ids[0] != nil && ids[0] != ids[1], "\(report.name), after a choice")
            #expect(texts[1].contains("2033-05-18T03:33:20Z"), "\(report.name)")
        }
        _ = try fixture.database.write { connection in
            try LicenseOverrides.reset(library, by: curator, on: connection)
        }
        for (report, first) in zip(reports, before) {
            try report.produce(fixture).expectSame(as: first, "\(report.name), the choice taken back")
        }
    }

    /// `reports.md` §1.6: flat names, no dot except before the extension, the scope in the stem, deflated entries.
    @Test(arguments: ReportCase.all) func theZIPIsWhatClientsExpect(_ report: ReportCase) throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        for place in report.scope == .organization || report.format != .json ? 0..<1 : 0..<3 {
            let output = try report.produce(fixture, scope: fixture.scope(report.scope, place: place))
            let parts = try output.parts()
            #expect(parts.count == 1)
            let name = parts[0].name
            #expect(name.hasSuffix("-report.\(report.format.fileExtension)"), "\(name)")
            #expect(name.contains("-\(report.scope.rawValue)-"), "\(name)")
            #expect(!name.contains(/[:*\\<>\/"?|]/) && name.filter { $0 == "." }.count == 1, "\(name)")
            #expect(output.produced.fileName.hasSuffix(".zip") && !output.produced.fileName.contains("/"))
            #expect(parts[0].isDeflated)
            if case .bom = report.report.body {
                #expect(name.hasSuffix("-\(report.fields["standard"]?[0] ?? "")-report.\(report.format.fileExtension)"))
            }
        }
    }

    /// Rows of another organization under the same names are never shown.
    @Test(arguments: ReportCase.rows, TemporaryDatabase.engines)
    func noRowOfAnotherOrganization(_ report: ReportCase, engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        for part in try report.produce(fixture).contents() {
            #expect(!part.contains("rival"), "\(report.name)")
        }
        let theirs = try report.produce(fixture, scope: fixture.scope(report.scope, organization: 2))
        for part in try theirs.contents() {
            for marker in ["only-in-cart", "commons-lang3", "@babel"] { #expect(!part.contains(marker)) }
        }
        #expect(try theirs.contents().contains { $0.contains("rival") })
    }

    /// A project's token with the number of another organization gives no rows.
    @Test(arguments: ReportCase.all.filter { $0.format == .json && $0.scope != .organization })
    func aScopeOfTwoOrganizationsIsNone(_ report: ReportCase) throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let ours = try fixture.scope(report.scope)
        let mixed = Scope(kind: ours.kind, organization: 2, product: ours.product, project: ours.project)
        #expect(throws: ProductionError.scopeGone) { try report.produce(fixture, scope: mixed) }
    }

    /// A user who may see some products sees only these, in every scope.
    @Test(arguments: ReportCase.rows, TemporaryDatabase.engines)
    func hiddenProductsAreNotShown(_ report: ReportCase, engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let bank = try fixture.ids(place: 2).product
        let webshop = try fixture.ids(place: 0).product
        for (visible, hidden) in [
            ([bank], ["only-in-cart", "only-in-storefront", "commons-lang3"]), ([webshop], ["only-in-ledger"]),
            ([], ["only-in-cart", "only-in-storefront", "only-in-ledger"]),
        ] {
            let scope = try fixture.scope(report.scope, visibleProducts: visible)
            let contents = try report.produce(fixture, scope: scope).contents()
            #expect(!contents.isEmpty)
            for part in contents {
                for marker in hidden { #expect(!part.contains(marker), "\(report.name) shows \(marker)") }
            }
        }
        // The trail belongs to the organization, so users who see only a part of the organization do not see it.
        if report.scope == .organization, !report.report.isTrail {
            let shown = try report.produce(fixture, scope: fixture.scope(report.scope, visibleProducts: [bank]))
            #expect(try shown.contents().contains { $0.contains("only-in-ledger") })
        }
    }

    /// A report that runs while an import replaces its data shows the state of its beginning.
    @Test(arguments: TemporaryDatabase.engines) func aReportIsOneSnapshot(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        for report in ReportCase.all where report.format == .json {
            let scope = try fixture.scope(report.scope)
            let before = try report.produce(fixture, scope: scope)
            var settings = Production.Settings()
            settings.batch = 256
            let calls = Counter()
            let production = try Production(
                report.request(scope), settings: settings,
                shouldStop: {
                    if calls.next() == 2 {
                        do { try fixture.importSBOM(FixtureDocuments.rival) } catch { Issue.record(error) }
                    }
                    return false
                })
            // A document whose first bytes come before `shouldStop` is checked; the upload comes with them.
            let during = try Output(production, on: fixture.database) {
                if calls.value == 0 {
                    calls.jump(to: 2)
                    do { try fixture.importSBOM(FixtureDocuments.rival) } catch { Issue.record(error) }
                }
            }
            try during.expectSame(as: before, "\(report.name)")
            if ["Inventory", "Licenses", "Vulnerability", "Alerts", "SBOM"].contains(report.report.name.word) {
                #expect(
                    try report.produce(fixture, scope: scope).bytes != before.bytes, "\(report.name): nothing changed")
            }
            try fixture.importSBOM(FixtureDocuments.cart)
        }
    }

    /// Documents check at every row, because one library may be as large as a document.
    @Test(arguments: ["AttributionReport", "ProjectSBOMReport"]) func aDocumentStopsWithinItsFirstRows(type: String)
        throws
    {
        let fixture = try InventoryFixture.shared(.sqlite)
        let found = ReportCase.all.first { $0.type == type && $0.scope == .project && $0.format == .json }
        let report = try #require(found)
        let calls = Counter()
        let production = try Production(
            report.request(fixture.scope(.project)), shouldStop: { calls.next() >= 3 })
        #expect(throws: ProductionError.stopped) { try Output(production, on: fixture.database) }
        #expect(calls.value == 3)
    }

    @Test(
        arguments: ReportCase.tabular.filter {
            ["Inventory", "Licenses", "Vulnerability"].contains($0.report.name.word)
        },
        [Format.json, .xlsx, .pdf])
    func stopsWhenToldTo(_ report: ReportCase, format: Format) throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        var settings = Production.Settings()
        settings.batch = 64
        for moment in [1, 2, 5] {
            let calls = Counter()
            var report = report
            report = ReportCase(report: report.report, type: report.type, scope: report.scope, format: format)
            let production = try Production(
                report.request(fixture.scope(report.scope)), settings: settings,
                shouldStop: { calls.next() >= moment })
            #expect(throws: ProductionError.stopped) { try Output(production, on: fixture.database) }
            #expect(calls.value == moment)
        }
    }

    /// A store that refuses bytes ends the production with its reason, wherever it happens.
    @Test(arguments: ReportCase.all) func tellsWhyTheStoreRefused(_ report: ReportCase) throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let whole = try report.produce(fixture).bytes.count
        var settings = Production.Settings()
        settings.batch = 256
        for limit in [0, whole / 2, whole - 1] {
            let production = try Production(
                report.request(fixture.scope(report.scope)), settings: settings)
            let written = Counter()
            #expect(throws: SinkError.cancelled) {
                try fixture.database.snapshot { connection in
                    _ = try production.run(on: connection) { bytes throws(SinkError) in
                        if written.add(bytes.count) > limit { throw .cancelled }
                    }
                }
            }
        }
    }

    @Test func aDeletedScopeIsTold() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        for report in ReportCase.all {
            let scope = Scope(kind: report.scope, organization: 77, product: 77, project: 77)
            #expect(throws: ProductionError.scopeGone) { try report.produce(fixture, scope: scope) }
        }
    }

    @Test(arguments: ReportCase.all) func anEmptyProjectIsAWholeReport(_ report: ReportCase) throws {
        let fixture = try InventoryFixture(.sqlite, isFilled: false)
        try fixture.database.write { connection in
            try connection.run(
                """
                INSERT INTO product (id, organization, token, name, created_at, updated_at)
                VALUES (5, 1, 'p', 'Empty', 1, 1)
                """)
            try connection.run(
                """
                INSERT INTO project (id, organization, product, token, name, created_at, updated_at)
                VALUES (7, 1, 5, 'q', 'Empty', 1, 1)
                """)
        }
        let wide = report.scope == .organization
        let scope = Scope(
            kind: report.scope, organization: 1, product: wide ? 0 : 5, project: report.scope == .project ? 7 : 0)
        let output = try report.produce(fixture, scope: scope)
        #expect(output.produced.rows == 0 && output.produced.parts == 1)
        let part = try #require(output.parts().first)
        for table in report.tables {
            if report.format == .json { #expect(try part.rows(table.key).isEmpty) }
            if report.format == .csv { #expect(try part.records().count == 2 * report.tables.count - 1) }
            if report.format == .xlsx {
                #expect(try part.sheets().map(\.rows.count) == report.tables.map { _ in 1 })
            }
        }
    }
}
