import Database
import Foundation
import Synchronization
import TestSupport
import Testing

/// Simultaneous cursors, snapshots, and many rows, alike on both engines.
struct CursorTests {
    /// A database whose `inventory_event` has this many rows; `library` is the id modulo 10.
    private func filled(_ engine: Engine, rows count: Int) throws -> any Database {
        let database = try TemporaryDatabase.make(engine)
        try database.write { connection in
            try connection.run("INSERT INTO organization (id, token, name, created_at) VALUES (1, 't', 'n', 0)")
            var rows = RowBuffer()
            for index in 0..<count {
                rows.beginRow()
                for number in [index, 1, 1, 1, 1_700_000_000_000 + index] { rows.append(number) }
                rows.append(index % 2 == 0 ? "ADDED" : "REMOVED")
                rows.append(index % 10)
                if rows.byteCount > 1 << 20 {
                    try connection.insert(rows, into: "inventory_event", Self.columns)
                    rows.removeAll()
                }
            }
            try connection.insert(rows, into: "inventory_event", Self.columns)
        }
        return database
    }

    private static let columns: [StaticString] = [
        "id", "organization", "project", "scan", "at", "change", "library",
    ]

    private static func drain(_ cursor: any RowCursor, _ body: (Int64) -> Void) throws {
        var row = RowBuffer()
        while try cursor.next(into: &row) {
            body(row.integer(0))
            row.removeAll()
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aHundredThousandRowsGoInAndOut(engine: Engine) throws {
        let database = try filled(engine, rows: 100_000)
        #expect(try database.read { try $0.integer("SELECT count(*) FROM inventory_event") } == 100_000)
        var next: Int64 = 0
        try database.snapshot { connection in
            let cursor = try connection.cursor("SELECT id, change, library FROM inventory_event ORDER BY id")
            var rows = RowBuffer()
            while try cursor.next(into: &rows) {
                let cell = rows.start(of: 0)
                #expect(rows.integer(cell) == next)
                #expect(rows.integer(cell + 2) == next % 10)
                if next % 1000 < 2 { #expect(rows.string(cell + 1) == (next % 2 == 0 ? "ADDED" : "REMOVED")) }
                next += 1
                rows.removeAll()
            }
        }
        #expect(next == 100_000)
    }

    @Test(arguments: TemporaryDatabase.engines) func cursorsOfOneSnapshotMergeWhileOthersWrite(engine: Engine) throws {
        let database = try filled(engine, rows: 20_000)
        let stop = Box(false)
        let writer = Box(0)
        Thread.detachNewThread {
            while !stop.value.withLock({ $0 }) {
                try? database.write {
                    try $0.run("UPDATE inventory_event SET library = 99 WHERE id % 7 = 0")
                    try $0.run("DELETE FROM inventory_event WHERE id % 7 = 1")
                }
                writer.value.withLock { $0 += 1 }
            }
        }
        defer { stop.value.withLock { $0 = true } }
        try database.snapshot { connection in
            // The first statement fixes the visible state.
            let before = try connection.integer("SELECT count(*) FROM inventory_event")
            let numbers = try connection.all("SELECT sum(library) FROM inventory_event") { $0.integer(0) }
            let already = writer.value.withLock { $0 }
            #expect(eventually { writer.value.withLock { $0 } > already })
            let cursors = try (0..<4).map { part in
                try connection.cursor(
                    "SELECT id, library, \("part \(part)") FROM inventory_event WHERE id % 4 = \(part) ORDER BY id")
            }
            var rows = RowBuffer()
            var (count, sum): (Int64, Int64) = (0, 0)
            var last: [Int64] = [-1, -1, -1, -1]
            var open = Set(0..<4)
            while !open.isEmpty {
                for part in open.sorted() {
                    rows.removeAll()
                    guard try cursors[part].next(into: &rows) else {
                        open.remove(part)
                        continue
                    }
                    #expect(rows.integer(0) > last[part])
                    last[part] = rows.integer(0)
                    sum += rows.integer(1)
                    count += 1
                    // A small query between the rows has no effect on them.
                    if count % 5000 == 0 {
                        #expect(try connection.integer("SELECT count(*) FROM inventory_event") == before)
                    }
                }
            }
            #expect(count == before)
            #expect([sum] == numbers)
        }
    }

    /// The server plans its cursors each time, so a snapshot on PostgreSQL uses cursors only for long queries.
    @Test(arguments: TemporaryDatabase.engines.filter { $0 == .postgresql })
    func `A short query of a snapshot needs no cursor of the server`(engine: Engine) throws {
        let database = try filled(engine, rows: 1000)
        try database.snapshot { connection in
            func cursorIsUsed(rows count: Int) throws -> Bool {
                let cursor = try connection.cursor(
                    "SELECT id, 'one', 'two' FROM inventory_event WHERE id < \(count) ORDER BY id DESC")
                // The query itself is nameless.
                let open = try connection.integer("SELECT count(*) FROM pg_cursors WHERE name <> ''")
                var found: [Int64] = []
                try Self.drain(cursor) { found.append($0) }
                #expect(found == (0..<Int64(count)).reversed())
                return open == 1
            }
            for count in [0, 1, 63, 64] { #expect(try !cursorIsUsed(rows: count), "\(count) rows") }
            for count in [65, 66, 1000] { #expect(try cursorIsUsed(rows: count), "\(count) rows") }
            // A long query counts as long for some uses, then it is tried again.
            let later = try (0..<20).map { _ in try cursorIsUsed(rows: 3) }
            #expect(later == Array(repeating: true, count: 14) + Array(repeating: false, count: 6))
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aWriteReadsWhileItWrites(engine: Engine) throws {
        let database = try filled(engine, rows: 3000)
        try database.write { connection in
            let cursor = try connection.cursor("SELECT id FROM inventory_event WHERE library = 3 ORDER BY id")
            var found: [Int64] = []
            var row = RowBuffer()
            while try cursor.next(into: &row) {
                found.append(row.integer(0))
                try connection.run("UPDATE inventory_event SET project = 2 WHERE id = \(row.integer(0))")
                row.removeAll()
            }
            #expect(found == (0..<300).map { $0 * 10 + 3 })
        }
        #expect(try database.read { try $0.integer("SELECT count(*) FROM inventory_event WHERE project = 2") } == 300)
    }

    @Test(arguments: TemporaryDatabase.engines) func cursorsGivenUpEarlyLeaveTheConnectionFree(engine: Engine) throws {
        let database = try filled(engine, rows: 20_000)
        @Sendable func peek(_ connection: any Connection) throws {
            for _ in 0..<20 {
                #expect(try connection.first("SELECT id FROM inventory_event ORDER BY id") { $0.integer(0) } == 0)
            }
            let forgotten = try connection.cursor("SELECT id FROM inventory_event ORDER BY id DESC")
            var row = RowBuffer()
            #expect(try forgotten.next(into: &row))
            #expect(row.integer(0) == 19_999)
        }
        for _ in 0..<3 {
            try database.read(peek)
            try database.snapshot(peek)
            try database.write(peek)
        }
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func aCursorEndsWithItsTransaction() throws {
        let database = try filled(.postgresql, rows: 5000)
        let late = try database.snapshot { try $0.cursor("SELECT id FROM inventory_event") }
        var row = RowBuffer()
        #expect(throws: DatabaseError.self) { while try late.next(into: &row) { row.removeAll() } }
        late.finish()
        #expect(try database.read { try $0.integer("SELECT count(*) FROM inventory_event") } == 5000)
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func aLongStreamThatIsInTheWayIsRefused() throws {
        let database = try TemporaryDatabase.make(.postgresql)
        let error = #expect(throws: DatabaseError.self) {
            try database.read { connection in
                let cursor = try connection.cursor("SELECT repeat('x', 1000000) FROM generate_series(1, 100)")
                _ = try connection.integer("SELECT 1")
                cursor.finish()
            }
        }
        #expect("\(error, default: "")".contains("snapshot"))
        // In a snapshot it is not.
        try database.snapshot { connection in
            let cursor = try connection.cursor("SELECT repeat('x', 1000000) FROM generate_series(1, 100)")
            #expect(try connection.integer("SELECT 1") == 1)
            var row = RowBuffer()
            var count = 0
            while try cursor.next(into: &row) {
                count += row.bytes(0).count
                row.removeAll()
            }
            #expect(count == 100_000_000)
        }
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func typesThatSQLiteLacksAreRefused() throws {
        let database = try TemporaryDatabase.make(.postgresql)
        for sql: SQL in ["SELECT now()", "SELECT ARRAY[1]", "SELECT sum(9223372036854775807::numeric * 10)"] {
            #expect(throws: DatabaseError.self) { try database.read { _ = try $0.integer(sql) } }
            #expect(throws: DatabaseError.self) { try database.snapshot { _ = try $0.integer(sql) } }
        }
        #expect(
            try database.read { try $0.first("SELECT 1234567.000125::numeric") { $0.value(0) } }
                == .real(1_234_567.000125))
        #expect(try database.read { try $0.first("SELECT -0.5::numeric") { $0.value(0) } } == .real(-0.5))
        #expect(try database.read { try $0.integer("SELECT -9223372036854775808::numeric") } == .min)
        #expect(try database.read { try $0.integer("SELECT 9223372036854775807::numeric") } == .max)
        #expect(try database.read { try $0.integer("SELECT 120000::numeric") } == 120_000)
    }

    @Test(arguments: TemporaryDatabase.engines) func thePlanNamesTheIndex(engine: Engine) throws {
        let database = try filled(engine, rows: 5000)
        if engine == .postgresql { try database.write { try $0.script("ANALYZE inventory_event") } }
        let lines = try database.read { try $0.plan("SELECT change FROM inventory_event WHERE id = \(17)") }
        let text = lines.joined(separator: "\n")
        #expect(engine == .sqlite ? text.contains("PRIMARY KEY") : text.contains("inventory_event_pkey"))
        let scan = try database.read { try $0.plan("SELECT change FROM inventory_event WHERE at = \(17)") }
        #expect(scan.joined().localizedCaseInsensitiveContains(engine == .sqlite ? "scan" : "seq scan"))
    }
}
