import Database
import Synchronization
import TestSupport
import Testing

/// Writes whose last statement is sent with the commit.
struct LastStatementTests {
    private struct Refusal: Error {}

    private static func insert(_ id: Int, token: String? = nil) -> SQL {
        """
        INSERT INTO organization (id, token, name, created_at) VALUES (\(id), \(token ?? "token \(id)"), 'x', 0) RETURNING id
        """
    }

    private static func ids(_ database: any Database) throws -> [Int64] {
        try database.read { try $0.all("SELECT id FROM organization ORDER BY id") { $0.integer(0) } }
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `The last statement of a write is committed with it, alone or behind others`(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        #expect(try database.write { try $0.integer(Self.insert(1), isLast: true) } == 1)
        let sum = try database.writeUnflushed { connection in
            let one = try connection.integer(Self.insert(2)) ?? 0
            return try one + (connection.integer(Self.insert(3), isLast: true) ?? 0)
        }
        #expect(sum == 5)
        let rows = try database.write { connection in
            try connection.first("DELETE FROM organization WHERE id = 9 RETURNING id", isLast: true) { $0.integer(0) }
        }
        #expect(rows == nil)
        #expect(try Self.ids(database) == [1, 2, 3])
        // The session is free for others.
        #expect(try database.write { try $0.integer(Self.insert(4)) } == 4)
        #expect(try Self.ids(database) == [1, 2, 3, 4])
    }

    @Test(arguments: TemporaryDatabase.engines)
    func `A last statement that fails undoes the write`(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        try database.write { _ = try $0.integer(Self.insert(1)) }
        let error = #expect(throws: DatabaseError.self) {
            try database.write { connection in
                _ = try connection.integer(Self.insert(2))
                _ = try connection.integer(Self.insert(3, token: "token 1"), isLast: true)
            }
        }
        guard case .conflict? = error else {
            Issue.record(Comment(rawValue: "\(error, default: "nothing") is no conflict"))
            return
        }
        let caught = #expect(throws: DatabaseError.self) {
            try database.write { connection in
                _ = try? connection.integer("SELECT no_such_column FROM organization")
                _ = try connection.integer(Self.insert(4), isLast: true)
            }
        }
        #expect("\(caught, default: "")".contains("no_such_column"))
        #expect(throws: Refusal.self) {
            try database.write { connection in
                _ = try connection.integer(Self.insert(5))
                throw Refusal()
            }
        }
        #expect(try Self.ids(database) == [1])
    }

    @Test(arguments: TemporaryDatabase.engines.filter { $0 == .postgresql })
    func `No statement follows the last one`(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let error = #expect(throws: DatabaseError.self) {
            try database.write { connection in
                _ = try connection.integer(Self.insert(1), isLast: true)
                _ = try connection.integer(Self.insert(2))
            }
        }
        #expect("\(error, default: "")".contains("the last of its write"))
        // As its comment promises, a committed change stays.
        #expect(try Self.ids(database) == [1])
    }

    /// A key that another write has just taken is checked again.
    @Test(arguments: TemporaryDatabase.engines.filter { $0 == .postgresql })
    func `A write whose last statement meets a taken key runs again`(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let runs = Atomic<Int>(0)
        let id = try database.write { connection in
            let run = runs.wrappingAdd(1, ordering: .relaxed).newValue
            if run == 1 { try database.write { _ = try $0.integer(Self.insert(1)) } }
            return try connection.integer(Self.insert(run), isLast: true)
        }
        #expect(id == 2)
        #expect(runs.load(ordering: .relaxed) == 2)
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func `A write whose session ended runs again, its last statement too`() throws {
        let server = try PostgreSQLServer.started.get()
        let url = try TemporaryDatabase.url(.postgresql, migrated: true)
        let database = try TemporaryDatabase.open(url)
        let runs = Atomic<Int>(0)
        // The statement is prepared, so only the message with the commit meets the end of the session.
        try database.write { _ = try $0.integer(Self.insert(1), isLast: true) }
        let id = try database.write { connection in
            let run = runs.wrappingAdd(1, ordering: .relaxed).newValue
            if run == 1 {
                _ = try connection.integer("SELECT 1")
                try server.endSessions(with: url)
            }
            return try connection.integer(Self.insert(1 + run), isLast: true)
        }
        #expect(id == 3)
        #expect(try Self.ids(database) == [1, 3])
    }

    @Test(arguments: TemporaryDatabase.engines.filter { $0 == .postgresql })
    func `Only commits that may be forgotten do not wait for the disk`(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        @Sendable func setting(_ connection: any Connection) throws -> String? {
            try connection.first("SELECT current_setting('synchronous_commit')") { $0.string(0) }
        }
        #expect(try database.writeUnflushed(setting) == "off")
        #expect(try database.write(setting) != "off")
    }
}
