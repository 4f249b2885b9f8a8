import Database
import Foundation
import TestSupport
import Testing

@testable import Reports

/// The catalog as data: rules for every report, present and future.
@Suite struct CatalogTests {
    @Test func namesAreUniqueAndFound() {
        var seen: Set<String> = []
        for report in Report.catalog {
            for (scope, type) in report.name.types {
                #expect(seen.insert("\(scope) \(type.lowercased())").inserted, "\(type) stands twice")
                #expect(Report.named(type.uppercased(), in: scope)?.title == report.title)
                #expect(Report.scopes(of: type).contains(scope))
            }
        }
    }

    /// Sheets: at most 31 characters, none of `[]:*?/\` (ECMA-376 leaves this to programs; Excel refuses others). Keys
    /// are names of XML elements and are not escaped.
    @Test(arguments: ReportCase.tabular) func definitionsAreSound(_ report: ReportCase) {
        let name = /[A-Za-z_][A-Za-z0-9_]*/
        for table in report.allTables {
            #expect(table.title.count <= 31 && !table.title.contains(/[\[\]:*?\/\\&<>"']/), "\(table.title)")
            for word in [table.key, table.item] { #expect(word.wholeMatch(of: name) != nil, "\(word)") }
            #expect(!table.order.isEmpty)
            let shown = (table.levels.flatMap(\.columns) + table.columns).map(\.title)
            for title in table.printed ?? [] { #expect(shown.contains(title), "no column \(title) to print") }
            // Only users who see the whole organization get rows that belong to no project.
            let isForAll = "\(table.from)".contains("realm r") && "\(table.from)".contains("r.sees_all = 1")
            #expect(isForAll || "\(table.from)".contains("scope s"), "\(table.key) does not join the scope")
            #expect("\(table.from)".contains("WHERE"), "conditions follow a WHERE")
            for (columns, order) in [(table.columns, table.order)] + table.lists.map({ ($0.columns, $0.order) }) {
                let keys = columns.map(\.key).filter { !$0.isEmpty }
                #expect(Set(keys).count == keys.count, "a key stands twice: \(keys)")
                for key in keys {
                    for part in key.split(separator: ".", omittingEmptySubsequences: false) {
                        #expect(part.wholeMatch(of: name) != nil, "\(key)")
                    }
                    // `a` cannot be both a value and an object.
                    #expect(!keys.contains { $0.hasPrefix("\(key).") }, "\(key)")
                }
                let titles = columns.map(\.title).filter { !$0.isEmpty }
                #expect(Set(titles).count == titles.count, "a title stands twice: \(titles)")
                #expect(order.starts(with: table.order) { "\($0)" == "\($1)" } || order.count >= table.order.count)
            }
        }
    }

    /// Keys that are absent for unknown facts; `description` only of a library.
    private static let facts: Set<String> = [
        "groupId", "version", "sha1", "comment", "comments", "architecture", "languageVersion", "library.description",
    ]

    @Test(arguments: ReportCase.tabular.filter { $0.format == .json })
    func `Facts that nobody knows are absent`(_ report: ReportCase) throws {
        func empty(_ value: Any, _ key: String) -> [String] {
            if let object = value as? [String: Any] {
                return object.flatMap { empty($1, $0 == "description" ? "\(key).\($0)" : $0) }
            }
            if let list = value as? [Any] { return list.flatMap { empty($0, key) } }
            return value as? String == "" && Self.facts.contains(key) ? [key] : []
        }
        let fixture = try InventoryFixture.shared(.sqlite)
        for part in try report.produce(fixture, scope: fixture.scope(report.scope)).parts() {
            #expect(empty(try part.json(), "") == [])
        }
    }

    @Test(arguments: ReportCase.tabular, TemporaryDatabase.engines)
    func cellsAgreeWithTheDefinition(_ report: ReportCase, engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let request = try report.request(fixture.scope(report.scope))
        try fixture.database.snapshot { connection in
            for table in report.allTables {
                let query = TableQuery(table, request: request, filters: report.report.filters)
                for query in [query] + query.lists {
                    var rows = 0
                    var last: [Int64] = []
                    try connection.each(query.sql(in: request.scope)) { row in
                        rows += 1
                        let keys = query.table.order.count
                        let width = row.cellsInLastRow
                        #expect(width == keys + query.columns.count)
                        var order: [Int64] = []
                        for key in 0..<keys {
                            let kind = row.kind(key)
                            #expect(kind == .integer, "order \(key)")
                            order.append(row.integer(key))
                        }
                        #expect(last.lexicographicallyPrecedes(order), "\(order) after \(last)")
                        last = order
                        for (index, column) in query.columns.enumerated() {
                            let found = row.kind(keys + index)
                            let number = row.integer(keys + index)
                            #expect(found == .null || column.kind.cells.contains(found), "\(column.title): \(found)")
                            #expect(column.kind != .boolean || number == 0 || number == 1, "\(column.title): \(number)")
                        }
                    }
                    let counted = try connection.integer(query.countSQL(in: request.scope))
                    #expect(counted == Int64(rows))
                    if let bound = query.bound(in: request.scope) {
                        let most = try connection.integer(bound.sql) ?? 0
                        #expect(bound.isExact ? most == rows : most >= rows, "the bound is no bound")
                    }
                }
            }
        }
    }

    /// Sorts of the few rows of one library: its licences in due diligence, and the statements about its
    /// vulnerabilities in the usage analysis.
    private static let smallSorts: [String: Set<String>] = [
        "Due Diligence": ["USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"],
        "Effective Usage": ["USE TEMP B-TREE FOR ORDER BY", "USE TEMP B-TREE FOR sum(DISTINCT)"],
    ]

    /// Tables whose rows are groups `g` of alerts, made in one pass over each project and then sorted by their first
    /// alert.
    private static let grouped: Set<String> = ["Library Security Alerts"]

    /// Rows come in the order of an index, and only those of the scope are read.
    @Test(arguments: ReportCase.tabular, [nil, [1], [1, 2]] as [[Int64]?])
    func sqliteSortsNothingAndScansNothing(_ report: ReportCase, visible: [Int64]?) throws {
        let fixture = try InventoryFixture.shared(.sqlite)
        let scope = try fixture.scope(report.scope, visibleProducts: visible)
        // A sheet has other columns, so its query joins other tables.
        let queries = try [report, report.plain(as: .xlsx)].flatMap { report in
            let request = try report.request(scope)
            return report.allTables.map { TableQuery($0, request: request, filters: report.report.filters) }
        }
        try fixture.database.read { connection in
            for query in queries {
                for query in [query] + query.lists {
                    let plan = try connection.plan(query.sql(in: scope))
                    var sorts = plan.filter { $0.contains("TEMP B-TREE") }
                    // The order for people is the only sort of all rows.
                    let isGrouped = Self.grouped.contains(query.table.title)
                    if query.urgency != nil || isGrouped {
                        #expect(sorts.last == "USE TEMP B-TREE FOR ORDER BY", "\(plan)")
                        sorts.removeLast()
                    }
                    // With several products, the projects do not come in the order of their numbers.
                    if isGrouped, visible?.count ?? 0 > 1 { sorts.removeAll { $0 == "USE TEMP B-TREE FOR GROUP BY" } }
                    let isSmall = Set(sorts).isSubset(of: Self.smallSorts[query.table.title] ?? [])
                    #expect(isSmall, "\(plan)")
                    #expect(!plan.contains { $0.hasPrefix("SCAN") && !(isGrouped && $0 == "SCAN g") }, "\(plan)")
                    #expect(!plan.contains { $0.contains("AUTOMATIC") }, "\(plan)")
                    #expect(plan.contains { $0.contains("SEARCH") }, "\(plan)")
                }
            }
        }
    }

    /// With the plans for small tables switched off, indexes serve every table, and at most the rows of one project are
    /// sorted at a time (PostgreSQL does not see that the rows are already in order); groups are an exception.
    @Test(
        .enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"),
        arguments: ReportCase.tabular)
    func postgresqlSortsNoMoreThanAProject(_ report: ReportCase) throws {
        let fixture = try InventoryFixture.shared(.postgresql)
        let scope = try fixture.scope(report.scope)
        let request = try report.request(scope)
        try fixture.database.snapshot { connection in
            for setting in [
                "enable_seqscan", "enable_sort", "enable_hashjoin", "enable_mergejoin", "enable_bitmapscan",
            ] {
                try connection.script("SET LOCAL \(setting) = off")
            }
            for table in report.allTables {
                let query = TableQuery(table, request: request, filters: report.report.filters)
                for query in [query] + query.lists {
                    let plan = try connection.plan(query.sql(in: scope))
                    #expect(!plan.contains { $0.contains("Seq Scan") }, "\(plan)")
                    let sort = plan.firstIndex { $0.contains("Sort") && !$0.contains("Sort Key") }
                    guard report.scope != .project, let sort, !Self.grouped.contains(query.table.title) else {
                        continue
                    }
                    #expect(plan[sort].contains("Incremental Sort"), "\(plan)")
                }
            }
        }
    }
}

extension Column.Kind {
    /// The types that the database may have for a cell of this kind, besides null.
    fileprivate var cells: [RowBuffer.Kind] {
        switch self {
        case .text, .link, .severity, .prose, .names: [.text]
        case .integer, .date, .timestamp, .boolean: [.integer]
        case .real: [.real, .integer]
        }
    }
}
