import API
import Bytes
import Database
import HTTP
import Jobs
import Reports
import Synchronization
import TestSupport
import Testing

@testable import Console

/// Statements behind pages: each is read by indexes.
struct StatementTests {
    /// Tables with a row for each library, alert, project or event of an organization.
    private static let large: Set<String> = [
        "alert", "alert_event", "occurrence", "library", "library_license", "library_name", "component", "dependency",
        "source_file", "exposure", "vulnerability", "finding", "advisory", "project", "scan", "scan_basis",
        "project_severity", "severity_day", "inventory_event", "change", "job", "audit", "affected_package",
    ]

    @Test func everyStatementOfEveryPageIsReadByIndexes() throws {
        let fixture = try InventoryFixture(.sqlite)
        let spy = SpyingDatabase(fixture.database)
        let folder = try TemporaryFolder()
        let backend = Backend(
            database: spy, queue: fixture.queue, bell: Bell(), openArtifact: { _ in nil }, scratch: folder.path("."),
            uploads: UploadSettings(folder: folder.path(".")), log: { _ in })
        let key = UserKey(random: try Randomness.system.bytes(32)).digest
        try fixture.database.write { connection in
            let account = try Accounts.createAccount(
                email: "ada@acme.example", name: "", kind: "USER", keyDigest: key, at: InventoryFixture.start,
                on: connection)
            try Accounts.assign(.administrator, to: account, organization: 1, product: 0, on: connection)
        }
        var seen: [String: SQL] = [:]
        for page in Page.table where page.fetch == nil {
            for kind in page.kinds {
                let token = try token(kind, fixture)
                for query in Self.queries(of: page.word) {
                    var address = Address(kind, token, page.word, item: try item(page.word, fixture))
                    address.query = query
                    try spy.snapshot { connection in
                        let visit = try Visit(
                            address, keyDigest: key, session: [], on: connection, backend, TotalsMemory())
                        guard let visit else {
                            Issue.record("\(address.text)")
                            return
                        }
                        do {
                            _ = try Layout.page(visit)
                        } catch is LostPage {
                            #expect(["decide", "library", "policy", "person"].contains(page.word), "\(address.text)")
                        }
                    }
                    for sql in spy.statements() where seen[sql.text] == nil { seen[sql.text] = sql }
                }
            }
        }
        #expect(seen.count > 60)
        try fixture.database.read { connection in
            for (text, sql) in seen {
                let plan = try connection.plan(sql)
                for line in plan where line.hasPrefix("SCAN ") {
                    let alias = line.split(separator: " ")[1]
                    let table = Self.table(alias: String(alias), in: text)
                    #expect(!Self.large.contains(table), "\(line) in \(text)")
                }
                #expect(!plan.contains { $0.contains("AUTOMATIC") }, "\(text): \(plan)")
            }
        }
    }

    /// The queries of pages.
    private static func queries(of word: String) -> [[Address.Field]] {
        func field(_ name: String, _ value: String) -> Address.Field { .init(name: name, value: value) }
        return switch word {
        case "alerts", "vulnerabilities":
            [
                [], [field("state", "ignored")], [field("state", "all"), field("severity", "high")],
                [field("type", "REJECTED_BY_POLICY_RESOURCE")], [field("after", "1-1-1")],
            ]
        case "": [[], [field("name", "a"), field("sort", "-name")]]
        case "libraries", "paths", "files", "people": [[], [field("name", "a"), field("after", "1")]]
        case "search": [[], [field("q", "left pad")]]
        case "report": [[], [field("reportType", "ProjectDiffReport")]]
        case "policy": [[field("kind", "vulnerability")]]
        default: [[]]
        }
    }

    private func token(_ kind: ScopeKind, _ fixture: InventoryFixture) throws -> String {
        let ids = try fixture.ids(place: 0)
        let query: SQL =
            switch kind {
            case .organization: "SELECT token FROM organization WHERE id = 1"
            case .product: "SELECT token FROM product WHERE id = \(ids.product)"
            case .project: "SELECT token FROM project WHERE id = \(ids.project)"
            }
        return try #require(try fixture.database.read { try $0.first(query) { $0.string(0) } })
    }

    /// The subject of a page about one thing.
    private func item(_ word: String, _ fixture: InventoryFixture) throws -> String {
        let query: SQL? =
            switch word {
            case "vulnerability": "SELECT v.name FROM exposure e JOIN vulnerability v ON v.id = e.vulnerability LIMIT 1"
            case "library":
                """
                SELECT l.uuid FROM project p JOIN occurrence o ON o.scan = p.scan JOIN library l ON l.id = o.library
                WHERE p.organization = 1 LIMIT 1
                """
            case "licence": "SELECT 'MIT'"
            case "person":
                "SELECT a.email FROM membership m JOIN account a ON a.id = m.account WHERE m.organization = 1"
            default: nil
            }
        guard let query else { return "" }
        return try fixture.database.read { try $0.first(query) { $0.string(0) } } ?? ""
    }

    /// The table for an alias of a statement; the alias itself if it is no alias.
    private static func table(alias: String, in text: String) -> String {
        let words = text.split { $0.isWhitespace || "(),".contains($0) }.map(String.init)
        for (number, word) in words.enumerated().dropFirst() where word == alias && large.contains(words[number - 1]) {
            return words[number - 1]
        }
        return alias
    }
}

/// A database that records the statements of its reads.
private final class SpyingDatabase: ForwardingDatabase {
    let real: any Database
    private let kept = Mutex<[SQL]>([])

    init(_ real: any Database) { self.real = real }

    /// The statements since the last call.
    func statements() -> [SQL] {
        kept.withLock { kept in
            defer { kept.removeAll() }
            return kept
        }
    }

    fileprivate func keep(_ sql: SQL) { kept.withLock { $0.append(sql) } }

    func read<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        try real.read { try body(SpyingConnection($0, self)) }
    }
    func snapshot<Result>(_ body: (any Connection) throws -> Result) throws -> Result {
        try real.snapshot { try body(SpyingConnection($0, self)) }
    }
}

private final class SpyingConnection: Connection {
    private let real: any Connection
    private let database: SpyingDatabase

    init(_ real: any Connection, _ database: SpyingDatabase) {
        self.real = real
        self.database = database
    }

    var engine: Engine { real.engine }
    func run(_ sql: SQL) throws(DatabaseError) -> Int { try real.run(sql) }
    func cursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor {
        database.keep(sql)
        return try real.cursor(sql)
    }
    func shortCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor {
        database.keep(sql)
        return try real.shortCursor(sql)
    }
    func insert(
        _ rows: borrowing RowBuffer, into table: StaticString, _ columns: [StaticString]
    ) throws(DatabaseError) { try real.insert(rows, into: table, columns) }
    func script(_ text: String) throws(DatabaseError) { try real.script(text) }
    func notify(_ channel: StaticString) throws(DatabaseError) { try real.notify(channel) }
    func plan(_ sql: SQL) throws(DatabaseError) -> [String] { try real.plan(sql) }
}
