import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Database

/// Copies between all pairs of engines.
struct CopyTests {
    /// FNV-1a with 64 bits, which suffices to distinguish rows.
    @Sendable static func digest() -> CopyDigest {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        return CopyDigest(
            update: { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 } },
            finish: { String(hash, radix: 16) })
    }

    static let pairs = TemporaryDatabase.engines.flatMap { from in TemporaryDatabase.engines.map { (from, $0) } }

    /// A row in every table, made from the catalogue: numbers are 1, so that all references match.
    static func fill(_ database: any Database) throws {
        let plan = try CopyPlan.make()
        let model = try SQLiteConnection(path: ":memory:", create: true)
        try Migration.make(on: model, upTo: Migration.all.count)
        let types = try plan.tables.map { table in
            try model.all("SELECT type FROM pragma_table_info(\(table.name)) ORDER BY cid") { $0.string(0) }
        }
        try database.write { connection in
            for (table, types) in zip(plan.tables, types) {
                let values: [Value] = types.enumerated().map { number, type in
                    switch type {
                    case "INTEGER": .integer(1)
                    case "REAL": .real(0.1)
                    case "BLOB": .blob([0, 255, UInt8(number)])
                    default: .text("\(table.columns[number]) ÄΩ中 \u{1F4E6}\n")
                    }
                }
                let sql = "INSERT INTO \(table.name) (\(table.columns.joined(separator: ", "))) VALUES "
                try connection.run(SQL(stringLiteral: sql) + .list(values))
                // PostgreSQL's counter does not know rows that were inserted with their numbers.
                guard table.isCounted, connection.engine == .postgresql else { continue }
                try connection.run("SELECT setval(pg_get_serial_sequence(\(table.name), \(table.key[0])), 1)")
            }
        }
    }

    static func addJobs(_ count: Int, to database: any Database) throws {
        try database.write { connection in
            for number in 0..<count {
                try connection.run(
                    """
                    INSERT INTO job (uuid, organization, kind, request, request_sha1, request_token, process_type, state,
                        run_at, created_at, modified_at)
                    VALUES (\("job \(number)"), 1, 'REPORT', '{}', '', '', '', 'PENDING', 0, \(number), -1)
                    """)
            }
        }
    }

    private func copy(
        _ source: any Database, _ target: any Database, origin: String = "here",
        progress: @escaping @Sendable (DatabaseCopy.Progress) -> Void = { _ in }
    ) throws -> [TableState] {
        let copy = DatabaseCopy(to: target, origin: origin, newDigest: Self.digest, progress: progress)
        let states = try source.snapshot { try copy.run(from: $0) }
        try copy.finish([])
        return states
    }

    @Test(arguments: pairs) func everyRowArrives(from: Engine, to: Engine) throws {
        let source = try TemporaryDatabase.make(from)
        try Self.fill(source)
        try Self.addJobs(300, to: source)
        // The last numbers were given out and must not be given out again.
        try source.write { _ = try $0.run("DELETE FROM job WHERE created_at > 250") }
        let target = try TemporaryDatabase.open(TemporaryDatabase.url(to))
        let states = try copy(source, target)
        #expect(states.allSatisfy { $0.rows > 0 })
        #expect(states.first { $0.table == "job" }?.rows == 252)
        for side in [source, target] {
            #expect(try side.snapshot { try DatabaseCopy.states(of: $0, newDigest: Self.digest) } == states)
        }
        let next = try target.write { connection in
            try connection.integer(
                """
                INSERT INTO job (uuid, organization, kind, request, request_sha1, request_token, process_type, state,
                    run_at, created_at, modified_at)
                VALUES ('next', 1, 'REPORT', '{}', '', '', '', 'PENDING', 0, 0, 0) RETURNING id
                """)
        }
        #expect(next == 302)
    }

    /// The plan is made on SQLite; PostgreSQL's own catalogue must agree.
    @Test(arguments: TemporaryDatabase.engines) func noTableAndNoColumnIsForgotten(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let catalogue: SQL =
            switch engine {
            case .sqlite:
                """
                SELECT m.name, c.name FROM pragma_table_list m, pragma_table_info(m.name) c
                WHERE m.schema = 'main' AND m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT IN ('migration', 'license_conflict')
                """
            case .postgresql:
                """
                SELECT CAST(table_name AS text), CAST(column_name AS text) FROM information_schema.columns
                WHERE table_schema = current_schema() AND table_name NOT IN ('migration', 'license_conflict')
                """
            }
        let found = try database.read { try $0.all(catalogue) { "\($0.string(0)).\($0.string(1))" } }
        let planned = try CopyPlan.make().tables.flatMap { table in table.columns.map { "\(table.name).\($0)" } }
        #expect(found.count > 100)
        #expect(found.sorted() == planned.sorted())
    }

    /// The plan names the same counted columns that PostgreSQL has.
    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func noCounterIsForgotten() throws {
        let database = try TemporaryDatabase.make(.postgresql)
        let found = try database.read {
            try $0.all(
                """
                SELECT CAST(table_name AS text), CAST(column_name AS text) FROM information_schema.columns
                WHERE table_schema = current_schema() AND is_identity = 'YES' ORDER BY 1
                """
            ) { [$0.string(0), $0.string(1)] }
        }
        let planned = try CopyPlan.make().tables.filter(\.isCounted).map { [$0.name, $0.key[0]] }
        #expect(!found.isEmpty && found == planned.sorted { $0[0] < $1[0] })
    }

    @Test(arguments: pairs) func anInterruptedCopyIsContinued(from: Engine, to: Engine) throws {
        let source = try TemporaryDatabase.make(from)
        try Self.fill(source)
        try Self.addJobs(45_000, to: source)
        let target = try TemporaryDatabase.open(TemporaryDatabase.url(to))
        // Stopped after the first batch of jobs: the digest is computed only when all rows are there.
        let stopped = DatabaseCopy(to: target, origin: "here", newDigest: Self.digest)
        #expect(throws: DatabaseError.self) {
            try source.snapshot { try stopped.run(from: Interrupting($0, after: 25_000)) }
        }
        let there = try target.read { try $0.integer("SELECT count(*) FROM job") } ?? 0
        #expect(there > 0 && there < 45_001)
        // No other program may work with a part of the rows, and no other copy may be mixed with it.
        #expect(throws: DatabaseError.self) { try target.migrate() }
        #expect(throws: CopyError.self) { try copy(source, target, origin: "elsewhere") }
        let first = Mutex<Int64?>(nil)
        let states = try copy(source, target) { progress in
            if progress.table == "job", progress.action == .copying {
                first.withLock { $0 = $0 ?? progress.rows }
            }
        }
        #expect(first.withLock { $0 } ?? 0 > there)
        #expect(states.first { $0.table == "job" }?.rows == 45_001)
        try target.migrate()
    }

    @Test(arguments: pairs) func aTargetWithRowsIsRefused(from: Engine, to: Engine) throws {
        let source = try TemporaryDatabase.make(from)
        let target = try TemporaryDatabase.make(to)
        try target.write {
            _ = try $0.run("INSERT INTO organization (id, token, name, created_at) VALUES (1, 't', 'n', 0)")
        }
        #expect(throws: CopyError.notEmpty(table: "organization")) { try copy(source, target) }
        // Refused without a trace: the target works as before.
        try target.migrate()
    }

    @Test(arguments: TemporaryDatabase.engines) func aChangeBehindTheCopysBackIsFound(engine: Engine) throws {
        let source = try TemporaryDatabase.make(.sqlite)
        try Self.fill(source)
        let target = try TemporaryDatabase.open(TemporaryDatabase.url(engine))
        let changed = DatabaseCopy(to: target, origin: "here", newDigest: Self.digest) { progress in
            guard progress.table == "license", progress.action == .copying else { return }
            _ = try? target.write { try $0.run("UPDATE organization SET name = 'other'") }
        }
        let error = #expect(throws: CopyError.self) { try source.snapshot { try changed.run(from: $0) } }
        guard case .differs("organization", _, _)? = error else {
            Issue.record(Comment(rawValue: "\(error, default: "nothing") is not about the table organization"))
            return
        }
    }

    @Test func whatIsNoDatabaseOfOursIsRefused() throws {
        let folder = try TemporaryFolder()
        let target = try TemporaryDatabase.make(.sqlite)
        let path = folder.path("other.db")
        try SQLiteConnection(path: path, create: true).script("CREATE TABLE x (y INTEGER)")
        let copy = DatabaseCopy(to: target, origin: "x", newDigest: Self.digest)
        #expect(throws: CopyError.self) { try DatabaseFile.read(path) { try copy.run(from: $0) } }
        try Data("not a database, but long enough for a header of SQLite's".utf8).write(to: URL(filePath: path))
        #expect(throws: DatabaseError.self) { try DatabaseFile.read(path) { try copy.run(from: $0) } }
    }

    /// A copy of a file in use is complete, and reading it leaves nothing beside it.
    @Test func aFileIsCopiedWhileItIsWritten() throws {
        let folder = try TemporaryFolder()
        let source = try TemporaryDatabase.open("sqlite:\(folder.path("a.db"))")
        try source.migrate()
        try Self.fill(source)
        let isOver = Atomic<Bool>(false)
        let results = onThreads(2) { number in
            if number == 0 {
                for round in 0..<5 { try DatabaseFile.copy(folder.path("a.db"), to: folder.path("copy\(round).db")) }
                isOver.store(true, ordering: .sequentiallyConsistent)
            } else {
                var count: Int64 = 1
                while !isOver.load(ordering: .sequentiallyConsistent) {
                    count += 1
                    try source.write { [count] connection in
                        // Two tables that agree in every state.
                        try connection.run("UPDATE organization SET revision = \(count)")
                        try connection.run("UPDATE product SET revision = \(count)")
                    }
                }
            }
        }
        for result in results { try result.get() }
        for round in 0..<5 {
            let path = folder.path("copy\(round).db")
            try DatabaseFile.seal(path)
            try DatabaseFile.read(path) { connection in
                #expect(try connection.first("PRAGMA integrity_check") { $0.string(0) } == "ok")
                let (organization, product) = (
                    try connection.integer("SELECT revision FROM organization"),
                    try connection.integer("SELECT revision FROM product")
                )
                #expect(organization == product)
            }
            #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
        }
    }

    /// A connection whose cursors fail after this total number of rows.
    private final class Interrupting: Connection {
        let engine: Engine
        private let real: any Connection
        private var left: Int

        init(_ real: any Connection, after count: Int) {
            self.real = real
            engine = real.engine
            left = count
        }

        func run(_ sql: SQL) throws(DatabaseError) -> Int { try real.run(sql) }
        func cursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor {
            Counting(try real.cursor(sql), self)
        }
        func shortCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor { try cursor(sql) }
        func insert(
            _ rows: borrowing RowBuffer, into table: StaticString, _ columns: [StaticString]
        ) throws(DatabaseError) { try real.insert(rows, into: table, columns) }
        func script(_ text: String) throws(DatabaseError) { try real.script(text) }
        func notify(_ channel: StaticString) throws(DatabaseError) { try real.notify(channel) }
        func plan(_ sql: SQL) throws(DatabaseError) -> [String] { try real.plan(sql) }

        private final class Counting: RowCursor {
            private let real: any RowCursor
            private let owner: Interrupting

            init(_ real: any RowCursor, _ owner: Interrupting) {
                self.real = real
                self.owner = owner
            }

            func next(into buffer: inout RowBuffer) throws(DatabaseError) -> Bool {
                owner.left -= 1
                if owner.left < 0 { throw .unavailable(url: "test", why: "interrupted") }
                return try real.next(into: &buffer)
            }

            func finish() { real.finish() }
        }
    }
}
