import Database
import Foundation
import TestSupport
import Testing

/// Both engines return bound values unchanged.
struct BindingTests {
    static let values: [Value] = [
        .null, .integer(0), .integer(-1), .integer(.max), .integer(.min), .real(0), .real(-0.1), .real(1e308),
        .real(.leastNonzeroMagnitude), .real(.infinity), .text(""), .text("a"), .text("äöü 漢字 🚢 \u{1}\r\n'\"\\"),
        .text(String(repeating: "x", count: 1 << 20)), .blob([]), .blob([0, 255, 0]),
        .blob([UInt8](repeating: 0xab, count: 1 << 20)),
    ]

    private func makeTable(_ engine: Engine) throws -> any Database {
        let database = try TemporaryDatabase.open(TemporaryDatabase.url(engine))
        let columns =
            engine == .sqlite
            ? "i INTEGER, r REAL, t TEXT, b BLOB" : "i BIGINT, r FLOAT8, t TEXT COLLATE \"C\", b BYTEA"
        let strict = engine == .sqlite ? " STRICT" : ""
        try database.write {
            try $0.script(
                "CREATE TABLE cell (n \(engine == .sqlite ? "INTEGER" : "BIGINT") PRIMARY KEY, \(columns))\(strict)")
        }
        return database
    }

    /// The column of `cell` for values of this kind.
    private func column(_ value: Value) -> StaticString {
        switch value {
        case .null, .integer: "i"
        case .real: "r"
        case .text: "t"
        case .blob: "b"
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func valuesComeBack(engine: Engine) throws {
        let database = try makeTable(engine)
        for (number, value) in Self.values.enumerated() {
            let column = column(value)
            try database.write {
                try $0.run("INSERT INTO cell (n, \(literal: column)) VALUES (\(number), \(value))")
            }
            let found = try database.read {
                try $0.first("SELECT \(literal: column) FROM cell WHERE n = \(number)") { $0.value(0) }
            }
            #expect(found == value)
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func bulkValuesComeBack(engine: Engine) throws {
        let database = try makeTable(engine)
        let values = Self.values
        try database.write { connection in
            var rows = RowBuffer()
            for (number, value) in values.enumerated() {
                rows.beginRow()
                rows.append(number)
                for place in 0..<4 {
                    let isHere =
                        switch value {
                        case .null: false
                        case .integer: place == 0
                        case .real: place == 1
                        case .text: place == 2
                        case .blob: place == 3
                        }
                    if isHere { rows.append(value) } else { rows.appendNull() }
                }
            }
            try connection.insert(rows, into: "cell", ["n", "i", "r", "t", "b"])
        }
        for (number, value) in values.enumerated() {
            let found = try database.read {
                try $0.first("SELECT \(literal: column(value)) FROM cell WHERE n = \(number)") { $0.value(0) }
            }
            #expect(found == value)
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func wrongCellsAreRefused(engine: Engine) throws {
        let database = try makeTable(engine)
        let wrong: [(StaticString, Value)] = [
            ("i", .text("one")), ("i", .blob([1])), ("i", .real(0.5)), ("t", .blob([65])), ("r", .text("one")),
        ]
        for (column, value) in wrong {
            #expect(throws: DatabaseError.self) {
                try database.write { connection in
                    var rows = RowBuffer()
                    rows.beginRow()
                    rows.append(1)
                    rows.append(value)
                    try connection.insert(rows, into: "cell", ["n", column])
                }
            }
        }
        #expect(try database.read { try $0.integer("SELECT count(*) FROM cell") } == 0)
        // An integer may stand for a real.
        try database.write { connection in
            var rows = RowBuffer()
            rows.beginRow()
            rows.append(1)
            rows.append(3)
            try connection.insert(rows, into: "cell", ["n", "r"])
        }
        #expect(try database.read { try $0.first("SELECT r FROM cell") { $0.value(0) } } == .real(3))
    }

    @Test(arguments: TemporaryDatabase.engines) func nulInTextIsRefused(engine: Engine) throws {
        let database = try makeTable(engine)
        func check(_ body: @escaping @Sendable (any Connection) throws -> Void) {
            let error = #expect(throws: DatabaseError.self) { try database.write(body) }
            #expect("\(error, default: "")".contains("NUL"))
        }
        check { try $0.run("INSERT INTO cell (n, t) VALUES (1, \("a\0b"))") }
        check { connection in
            var rows = RowBuffer()
            rows.beginRow()
            rows.append(1)
            rows.append("a\0b")
            try connection.insert(rows, into: "cell", ["n", "t"])
        }
        #expect(try database.read { try $0.integer("SELECT count(*) FROM cell") } == 0)
        // The connection still works.
        try database.write { try $0.run("INSERT INTO cell (n, t) VALUES (1, \("ab"))") }
    }

    @Test(arguments: TemporaryDatabase.engines) func expressionsHaveOneMeaning(engine: Engine) throws {
        let database = try makeTable(engine)
        try database.write {
            try $0.run("INSERT INTO cell (n, i, r) VALUES (1, 7, 0.5), (2, -7, 1.5), (3, NULL, NULL)")
        }
        func value(_ sql: SQL) throws -> Value? { try database.read { try $0.first(sql) { $0.value(0) } } }
        let absent: String? = nil
        let none: Int64? = nil
        #expect(try value("SELECT sum(i) FROM cell WHERE n < 3") == .integer(0))
        #expect(try value("SELECT sum(i) FROM cell WHERE n = 2") == .integer(-7))
        #expect(try value("SELECT sum(n * 100000000 + 12345) FROM cell") == .integer(600_037_035))
        #expect(try value("SELECT avg(n) FROM cell WHERE n < 3") == .real(1.5))
        #expect(try value("SELECT avg(n) FROM cell") == .real(2))
        #expect(try value("SELECT count(*) FROM cell") == .integer(3))
        #expect(try value("SELECT max(i) FROM cell WHERE n > 3") == .null)
        #expect(try value("SELECT n / \(2) FROM cell WHERE n = 3") == .integer(1))
        #expect(try value("SELECT i / \(2) FROM cell WHERE n = 2") == .integer(-3))
        #expect(try value("SELECT 'x'") == .text("x"))
        #expect(try value("SELECT \(true)") == .integer(1))
        #expect(try value("SELECT n > \(2) FROM cell WHERE n = 3") == .integer(1))
        #expect(try value("SELECT \(absent) IS NULL") == .integer(1))
        #expect(try value("SELECT coalesce(\(none), 5)") == .integer(5))
        #expect(try value("SELECT coalesce(\(absent), 'five')") == .text("five"))
        #expect(try value("SELECT i FROM cell WHERE n IN \(SQL.list([.integer(1), .integer(9)]))") == .integer(7))
        #expect(try value("SELECT i FROM cell WHERE n IN \(SQL.list([]))") == nil)
        #expect(try value("SELECT n FROM cell ORDER BY n LIMIT \(1) OFFSET \(2)") == .integer(3))
        let part: SQL = "i = \(7)"
        #expect(try value("SELECT n FROM cell WHERE n >= \(0) AND \(part) AND r < \(0.75)") == .integer(1))
    }

    @Test(arguments: TemporaryDatabase.engines) func rowsAreCounted(engine: Engine) throws {
        let database = try makeTable(engine)
        let counts = try database.write { connection in
            [
                try connection.run("INSERT INTO cell (n) VALUES (1), (2), (3)"),
                try connection.run("UPDATE cell SET i = n WHERE n > 1"),
                try connection.run("UPDATE cell SET i = n WHERE n > 7"),
                try connection.run("INSERT INTO cell (n) VALUES (1) ON CONFLICT DO NOTHING"),
                try connection.run("DELETE FROM cell"),
            ]
        }
        #expect(counts == [3, 2, 0, 0, 3])
    }

    @Test(arguments: TemporaryDatabase.engines) func textIsOrderedByItsBytes(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let names = [
            "b", "a", "B", "A", "ä", "Z", "é", "z", "_", "-", "a b", "ab", "", "漢", "🚢", "\u{ffff}", "10", "9",
        ]
        try database.write { connection in
            for (index, name) in names.enumerated() {
                try connection.run(
                    "INSERT INTO organization (id, token, name, created_at) VALUES (\(index), \("\(index)"), \(name), 0)"
                )
            }
        }
        let found = try database.read { connection in
            try connection.all("SELECT name FROM organization ORDER BY name") { $0.string(0) }
        }
        #expect(found == names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
        // Bound text is compared by the rule of the column, and so is the end of a page.
        let after = try database.read { connection in
            try connection.all("SELECT name FROM organization WHERE name > \("Z") AND name < \("b") ORDER BY name") {
                $0.string(0)
            }
        }
        #expect(after == ["_", "a", "a b", "ab"])
        // Letters of different case are different names.
        #expect(try database.read { try $0.integer("SELECT count(*) FROM organization WHERE name = 'a'") } == 1)
    }
}
