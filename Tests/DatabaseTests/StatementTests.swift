import Database
import TestSupport
import Testing

/// The composition and the caching of statements.
@Suite struct StatementTests {
    @Test func placeholdersAreNumberedAnew() {
        let inner: SQL = "x = \(1) AND y = '$' AND z IN \(SQL.list((2...11).map { .integer($0) }))"
        let outer: SQL = "a = \("t") AND (\(inner)) AND b = \(12)"
        #expect(
            outer.text
                == "a = $1 AND (x = $2 AND y = '$' AND z IN ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12)) AND b = $13")
        #expect(outer.values == [.text("t")] + (1...12).map { .integer($0) })
        #expect((outer + " LIMIT 1").text.hasSuffix("$13 LIMIT 1"))
    }

    @Test func manyTextsAreForgottenWhileOneIsOpen() throws {
        let database = try TemporaryDatabase.open(TemporaryDatabase.url(.sqlite))
        try database.read { connection in
            let open = try connection.cursor("SELECT 1 UNION ALL SELECT 2")
            var row = RowBuffer()
            #expect(try open.next(into: &row))
            for round in 0..<2 {
                for number in 0..<600 {
                    let text = SQL(stringLiteral: "SELECT \(number) + 0")
                    #expect(try connection.integer(text) == Int64(number), "round \(round)")
                }
            }
            #expect(try open.next(into: &row))
            #expect(row.integer(1) == 2)
            open.finish()
            #expect(try connection.integer("SELECT 1 UNION ALL SELECT 2") == 1)
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aLongListMayComeFirst(engine: Engine) throws {
        let database = try TemporaryDatabase.open(TemporaryDatabase.url(engine))
        let type = engine == .sqlite ? "INTEGER" : "BIGINT"
        try database.write { try $0.script("CREATE TABLE n (v \(type) PRIMARY KEY)") }
        // One value more than the limit for prepared statements, and many more.
        for size in [39, 40, 41, 500] {
            let values = SQL.list((1...Int64(size)).map(Value.integer))
            try database.write { connection in
                #expect(try connection.run("DELETE FROM n WHERE v IN \(values)") >= 0)
                for number in 1...size { try connection.run("INSERT INTO n VALUES (\(number))") }
            }
            #expect(try database.write { try $0.run("UPDATE n SET v = v + 0 WHERE v IN \(values)") } == size)
            #expect(try database.read { try $0.integer("SELECT count(*) FROM n WHERE v IN \(values)") } == Int64(size))
            #expect(
                try database.snapshot { try $0.integer("SELECT count(*) FROM n WHERE v IN \(values)") } == Int64(size))
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func unflushedWritesAreSeen(engine: Engine) throws {
        let database = try TemporaryDatabase.open(TemporaryDatabase.url(engine))
        let type = engine == .sqlite ? "INTEGER" : "BIGINT"
        try database.write { try $0.script("CREATE TABLE n (v \(type) PRIMARY KEY)") }
        for number in 0..<50 {
            if number % 2 == 0 {
                try database.write { try $0.run("INSERT INTO n VALUES (\(number))") }
            } else {
                try database.writeUnflushed { try $0.run("INSERT INTO n VALUES (\(number))") }
            }
            #expect(try database.read { try $0.integer("SELECT count(*) FROM n") } == Int64(number + 1))
        }
        #expect(throws: DatabaseError.self) {
            try database.writeUnflushed { try $0.run("INSERT INTO n VALUES (\(1))") }
        }
    }
}
