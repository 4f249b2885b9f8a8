import Database
import Inventory
import TestSupport
import Testing

@testable import Reports

/// The lists of the console's pages: their content, their pages, and their indexes.
@Suite struct ListTests {
    // MARK: Content

    /// A page of products with sums that are computed for it.
    private func productRows(_ scope: Scope, _ connection: any Connection) throws -> [ProductList.Row] {
        try ProductList(scope).read(on: connection) { products in
            var sums: [Int64: ProductSums] = [:]
            for (product, revision) in products {
                var sum = ProductSums(product: product)
                try sum.refresh(to: revision, on: connection)
                sums[product] = sum
            }
            return sums
        }.rows
    }

    @Test(arguments: Engine.allCases)
    func countsAreTheSumOfWhatIsSeen(_ engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let whole = try fixture.scope(.organization)
        try fixture.database.snapshot { connection in
            let counts = try SeverityCounts.read(whole, on: connection)
            #expect(counts.total > 0)
            let projects = try ProjectList(whole).read(on: connection).rows
            for word in SeverityCounts.words {
                #expect(counts[word] == projects.map { $0.counts[word] }.reduce(0, +), "\(word)")
            }
            let products = try productRows(whole, connection)
            #expect(counts.total == products.map(\.counts.total).reduce(0, +))
            #expect(products.map(\.projects).reduce(0, +) == Int64(projects.count))
            // Nobody sees counts of hidden projects.
            let bank = try fixture.ids(place: 2).product
            let narrow = try fixture.scope(.organization, visibleProducts: [bank])
            let few = try SeverityCounts.read(narrow, on: connection)
            let own = try productRows(narrow, connection)
            #expect(own.map(\.name) == [InventoryFixture.places[2].product])
            #expect(few.total == own[0].counts.total && few.total < counts.total)
        }
    }

    @Test(arguments: Engine.allCases)
    func alertsAreListedThroughTheScope(_ engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        try fixture.database.snapshot { connection in
            let whole = try fixture.scope(.organization)
            var list = AlertList(whole)
            list.type = .vulnerability
            let alerts = try list.read(on: connection).rows
            let counts = try SeverityCounts.read(whole, on: connection)
            #expect(Int64(alerts.count) == min(counts.total, Int64(ListPage<AlertList.Row>.size)))
            #expect(alerts.allSatisfy { $0.state == .open && !$0.vulnerability.isEmpty })
            for word in SeverityCounts.words {
                list.severity = word
                #expect(Int64(try list.read(on: connection).rows.count) == counts[word], "\(word)")
            }
            // The same alerts in another order.
            var project = AlertList(try fixture.scope(.project))
            let plain = try project.read(on: connection).rows
            project.isByWeight = true
            let weighed = try project.read(on: connection).rows
            #expect(Set(weighed.map(\.uuid)) == Set(plain.map(\.uuid)))
            #expect(weighed.map(\.weight) == weighed.map(\.weight).sorted(by: >))
            #expect(weighed.first?.isExploited == weighed.contains(where: \.isExploited))
            // Alerts of others are not found by their names.
            let rival = try fixture.scope(.organization, organization: 2)
            #expect(try AlertList.named(plain.map(\.uuid), in: rival, on: connection).isEmpty)
            #expect(try AlertList.named(plain.map(\.uuid), in: whole, on: connection).count == plain.count)
        }
    }

    @Test(arguments: Engine.allCases)
    func aVulnerabilityIsFoundByAnyOfItsNames(_ engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        try fixture.database.snapshot { connection in
            let scope = try fixture.scope(.organization)
            let found = try ShownVulnerability.find("CVE-2025-90001", in: scope, on: connection)
            let facts = try #require(found)
            #expect(facts.exploited.map(\.list) == ["kev"])
            #expect(facts.likelihood == 943_210)
            #expect(facts.aliases.contains("GHSA-aaaa-bbbb-cccc"))
            #expect(try ShownVulnerability.find("GHSA-aaaa-bbbb-cccc", in: scope, on: connection) == facts)
            #expect(try ShownVulnerability.find("CVE-0000-0000", in: scope, on: connection) == nil)
            let exploited = try ShownVulnerability.exploited(in: scope, limit: 10, on: connection)
            let projects = try AlertList.projects(havingOpen: facts.id, in: scope, upTo: 100, on: connection)
            #expect(exploited.contains { $0.name == facts.name } == (projects > 0))
        }
    }

    @Test(arguments: Engine.allCases)
    func librariesAreThoseOfTheDocument(_ engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        try fixture.database.snapshot { connection in
            let scope = try fixture.scope(.project)
            let libraries = try LibraryList(scope).read(on: connection).rows
            #expect(!libraries.isEmpty)
            #expect(Set(libraries.map(\.position)).count == libraries.count)
            var some = LibraryList(scope)
            some.name = String(libraries[0].name.dropFirst().prefix(4)).uppercased()
            #expect(try some.read(on: connection).rows.contains { $0.uuid == libraries[0].uuid })
            for library in libraries {
                let use = try #require(try LibraryUse.find(library.uuid, in: scope, on: connection), "\(library.name)")
                #expect(try use.versions(in: scope, on: connection).contains { $0.uuid == library.uuid })
                #expect(try use.projects(in: scope, after: "", on: connection).rows.count == 1)
            }
            let rival = try fixture.scope(.project, organization: 2)
            let foreign = try LibraryUse.find(libraries[0].uuid, in: rival, on: connection)
            #expect(foreign == nil || foreign?.name == libraries[0].name)
            let licenses = try LicenseUse.read(scope, on: connection)
            #expect(licenses.rows.map(\.libraries) == licenses.rows.map(\.libraries).sorted(by: >))
            #expect(try !HistoryList(scope).read(on: connection).rows.isEmpty)
            _ = try ChangeList(try fixture.scope(.organization)).read(on: connection)
            #expect(try AlertList.violations(in: scope, upTo: 10, on: connection) <= 10)
        }
    }

    // MARK: Pages

    @Test(arguments: Engine.allCases)
    func pagesMissAndRepeatNothing(_ engine: Engine) throws {
        let fixture = try InventoryFixture(engine, isFilled: false)
        let organization = Scope(kind: .organization, organization: 1)
        let names = (0..<120).map { "Product \(1000 + $0 * 7 % 120)" }
        try fixture.database.write { connection in
            let writing = Writing(in: organization, by: .system, at: InventoryFixture.start, on: connection)
            for (number, name) in names.enumerated() {
                let token = String(repeating: "a", count: 61) + String(100 + number)
                _ = try Accounts.createProduct(named: name, token: token, writing)
            }
        }
        try fixture.database.snapshot { connection in
            for isReversed in [false, true] {
                var list = ProductList(organization)
                list.isReversed = isReversed
                var seen: [String] = []
                while true {
                    let page = try list.read(on: connection) { _ in [:] }
                    seen += page.rows.map(\.name)
                    guard let next = page.next else { break }
                    list.after = next
                }
                let sorted = names.sorted()
                #expect(seen == (isReversed ? sorted.reversed() : sorted))
            }
            var list = ProductList(organization)
            list.name = "1003"
            #expect(try list.read(on: connection) { _ in [:] }.rows.map(\.name) == ["Product 1003"])
            // A made-up cursor begins at the first row.
            var changes = ChangeList(organization)
            changes.after = "x-y"
            #expect(try changes.read(on: connection).rows.count == ListPage<ChangeList.Row>.size)
        }
    }

    /// Ten thousand rows cost no more than ten, because an index provides the order.
    @Test func noListSortsItsRows() throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let (organization, product, project) = (
            try fixture.scope(.organization), try fixture.scope(.product), try fixture.scope(.project)
        )
        try fixture.database.snapshot { connection in
            for query in [
                ProductList(organization).query(), ProjectList(organization).query(), ProjectList(product).query(),
                AlertList(organization).query(), AlertList(project).query(), LibraryList(project).query(),
                HistoryList(project).query(), ChangeList(organization).query(),
            ] {
                let plan = try connection.plan(query)
                #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan) of \(query.text)")
                #expect(!plan.contains { $0.hasPrefix("SCAN") && !$0.contains("USING") }, "\(plan) of \(query.text)")
            }
        }
    }
}
