import Database
import TestSupport
import Testing

@testable import Reports

/// Updated sums equal newly computed ones.
struct ProductSumsTests {
    private func check(
        _ sum: inout ProductSums, _ fixture: InventoryFixture, _ moment: String, in scope: Scope
    ) throws {
        sum = try fixture.database.snapshot { [sum] connection -> ProductSums in
            var sum = sum
            let revision = try ProductSums.revisions(of: scope, on: connection).first?.revision
            try sum.refresh(to: try #require(revision), on: connection)
            #expect(sum.counts == (try SeverityCounts.read(scope, on: connection)), "\(moment)")
            #expect(
                sum.violations == (try AlertList.violations(in: scope, upTo: 10_000, on: connection)), "\(moment)")
            var libraries: [Basis.Group: Int] = [:]
            sum.addLibraries(to: &libraries)
            let basis = try Basis.read(scope, on: connection)
            #expect(try Basis(libraries, on: connection) == basis, "\(moment)")
            #expect(sum.isAssessed == basis.isAssessed, "\(moment)")
            let rows = try ProjectList(scope).read(on: connection).rows
            #expect(sum.projects == rows.count, "\(moment)")
            let critical = sum.projects(having: "critical").sorted { $0.project < $1.project }
            let found = rows.filter { $0.counts["critical"] > 0 }.sorted { $0.id < $1.id }
            #expect(critical.map(\.project) == found.map(\.id), "\(moment)")
            #expect(try ProjectList.rows(of: critical.map(\.project), in: scope, on: connection) == found, "\(moment)")
            return sum
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func sumsFollowTheChanges(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let scope = try fixture.scope(.product)
        var sum = ProductSums(product: scope.product)
        try check(&sum, fixture, "at first", in: scope)
        #expect(sum.counts.total > 0 && sum.projects == 2)
        let project = try fixture.scope(.project)
        try fixture.database.write { connection in
            let uuids = try connection.all(
                """
                SELECT uuid FROM alert WHERE project = \(project.project) AND type = 'SECURITY_VULNERABILITY'
                    AND state = 'OPEN' ORDER BY number
                """
            ) { $0.string(0) }
            let writing = Writing(in: project, by: .account(0), at: InventoryFixture.start + 1, on: connection)
            try Alerts.decide(.ignore(until: 0), on: Array(uuids.prefix(1)), comments: "", writing)
        }
        try check(&sum, fixture, "after a decision", in: scope)
        try fixture.importSBOM(FixtureDocuments.ledger, project: "Third")
        try check(&sum, fixture, "after another project", in: scope)
        #expect(sum.projects == 3)
        try fixture.importSBOM(FixtureDocuments.ledger)
        try check(&sum, fixture, "after other content", in: scope)
        try fixture.database.write {
            try Deletion.project(Writing(in: project, by: .system, at: InventoryFixture.start + 2, on: $0))
        }
        try check(&sum, fixture, "after a deletion", in: scope)
        #expect(sum.projects == 2)
    }

    /// A change of one project reads no rows of the others.
    @Test func onlyChangedProjectsAreRead() throws {
        let fixture = try InventoryFixture(.sqlite)
        let scope = try fixture.scope(.product)
        var sum = ProductSums(product: scope.product)
        try check(&sum, fixture, "at first", in: scope)
        let before = sum.counts
        // Rows of a project are read only if its revision was raised.
        let (cart, other) = (try fixture.ids(place: 0).project, try fixture.ids(place: 1).project)
        try fixture.database.write { connection in
            try connection.run(
                """
                INSERT INTO project_severity (project, severity, open_alerts, ignored_alerts)
                VALUES (\(other), 'none', 1000, 0), (\(cart), 'none', 10, 0)
                ON CONFLICT (project, severity) DO UPDATE SET open_alerts = excluded.open_alerts
                """)
            try Revisions.raise(of: [cart], on: connection)
        }
        let now = try fixture.database.snapshot { [sum] connection -> SeverityCounts in
            var sum = sum
            let revision = try ProductSums.revisions(of: scope, on: connection)[0].revision
            try sum.refresh(to: revision, on: connection)
            return sum.counts
        }
        #expect(now.total - before.total <= 10 && now != before)
    }
}
