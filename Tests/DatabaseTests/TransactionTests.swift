import Database
import Foundation
import Synchronization
import TestSupport
import Testing

/// The promises of a transaction, on both engines.
struct TransactionTests {
    private struct Refusal: Error {}

    private static func organization(_ id: Int, _ name: String = "x") -> SQL {
        "INSERT INTO organization (id, token, name, created_at) VALUES (\(id), \("token \(id)"), \(name), 0)"
    }

    private static func count(_ database: any Database) throws -> Int64? {
        try database.read { try $0.integer("SELECT count(*) FROM organization") }
    }

    @Test(arguments: TemporaryDatabase.engines) func anErrorUndoesTheWrite(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        #expect(throws: Refusal.self) {
            try database.write { connection in
                try connection.run(Self.organization(1))
                throw Refusal()
            }
        }
        #expect(try Self.count(database) == 0)
    }

    @Test(arguments: TemporaryDatabase.engines) func aTakenNameIsAConflict(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        try database.write { try $0.run(Self.organization(1)) }
        let error = #expect(throws: DatabaseError.self) {
            try database.write { connection in
                try connection.run(Self.organization(2))
                try connection.run(
                    "INSERT INTO organization (id, token, name, created_at) VALUES (3, 'token 1', 'secret', 0)")
            }
        }
        guard case .conflict? = error else {
            Issue.record(Comment(rawValue: "\(error, default: "nothing") is no conflict"))
            return
        }
        // Values may be secret.
        #expect(!"\(error, default: "")".contains("token 1"))
        #expect(try Self.count(database) == 1)
        // A row on which another row depends is a conflict, too.
        let missing = #expect(throws: DatabaseError.self) {
            try database.write {
                try $0.run(
                    "INSERT INTO product (id, organization, token, name, created_at, updated_at) VALUES (1, 99, 't', 'n', 0, 0)"
                )
            }
        }
        guard case .conflict? = missing else {
            Issue.record(Comment(rawValue: "\(missing, default: "nothing") is no conflict"))
            return
        }
    }

    @Test(arguments: TemporaryDatabase.engines) func aFailedStatementUndoesTheWriteEvenWhenCaught(engine: Engine) throws
    {
        let database = try TemporaryDatabase.make(engine)
        #expect(throws: DatabaseError.self) {
            try database.write { connection in
                try connection.run(Self.organization(1))
                _ = try? connection.run(Self.organization(1))
            }
        }
        #expect(try Self.count(database) == 0)
        try database.write { try $0.run(Self.organization(1)) }
        #expect(try Self.count(database) == 1)
    }

    @Test(arguments: TemporaryDatabase.engines) func aReadRefusesToWrite(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        #expect(throws: DatabaseError.self) { try database.read { try $0.run(Self.organization(1)) } }
        #expect(throws: DatabaseError.self) { try database.snapshot { try $0.run(Self.organization(1)) } }
        #expect(try Self.count(database) == 0)
    }

    @Test(arguments: TemporaryDatabase.engines) func aWrongStatementIsToldAndHarmsNothing(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let error = #expect(throws: DatabaseError.self) {
            try database.read { _ = try $0.integer("SELECT nothing FROM nowhere WHERE 'a' = \("value")") }
        }
        #expect("\(error, default: "")".contains("nowhere"))
        #expect(!"\(error, default: "")".contains("value"))
        #expect(try Self.count(database) == 0)
    }

    @Test(arguments: TemporaryDatabase.engines) func oneBadWriteAmongManyHarmsNoOther(engine: Engine) async throws {
        let database = try TemporaryDatabase.make(engine)
        let failures = await withTaskGroup(of: Int?.self) { group in
            for index in 0..<200 {
                group.addTask {
                    do {
                        try await database.write { connection in
                            try connection.run(Self.organization(index))
                            if index % 50 == 7 { throw Refusal() }
                            if index % 50 == 9 { try connection.run(Self.organization(index)) }
                        }
                        return nil
                    } catch {
                        return index
                    }
                }
            }
            var failures: Set<Int> = []
            for await failure in group { if let failure { failures.insert(failure) } }
            return failures
        }
        #expect(failures == [7, 57, 107, 157, 9, 59, 109, 159])
        let found = try database.read { try $0.all("SELECT id FROM organization ORDER BY id") { Int($0.integer(0)) } }
        #expect(found == (0..<200).filter { ![7, 9].contains($0 % 50) })
    }

    /// Each deletes the existing rows and writes its own; on PostgreSQL they run side by side. There are two, because more
    /// could collide more often in a row than a write is repeated.
    @Test(arguments: TemporaryDatabase.engines) func replacementsDoNotHearOfEachOther(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let results = onThreads(2) { thread in
            for round in 0..<50 {
                try database.write { connection in
                    try connection.run("DELETE FROM organization WHERE token = 'one'")
                    try connection.run(
                        """
                        INSERT INTO organization (id, token, name, created_at)
                        VALUES (\(thread * 100 + round), 'one', 'x', 0)
                        """)
                }
            }
        }
        for result in results { #expect(throws: Never.self) { try result.get() } }
        #expect(try Self.count(database) == 1)
    }

    @Test(arguments: TemporaryDatabase.engines) func numbersAreTakenOnce(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let taken = onThreads(20) { thread in
            try (0..<20).flatMap { _ in
                let first = try database.write { try $0.take(thread % 3 + 1, from: "test") }
                return (0..<Int64(thread % 3 + 1)).map { first + $0 }
            }
        }
        let numbers = try taken.flatMap { try $0.get() }
        #expect(Set(numbers).count == numbers.count)
        #expect(numbers.min() == 1)
        #expect(numbers.max() == Int64(numbers.count))
    }

    @Test(arguments: TemporaryDatabase.engines) func writersThatCollideAllSucceed(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        try database.write { connection in
            try connection.run(Self.organization(1))
            try connection.run(Self.organization(2))
        }
        // Rows locked in opposite order: PostgreSQL detects the deadlock and undoes one of the two, which then runs
        // again.
        let results = onThreads(4) { thread in
            for _ in 0..<4 {
                try database.write { connection in
                    for id in thread % 2 == 0 ? [1, 2] : [2, 1] {
                        try connection.run("UPDATE organization SET revision = revision + 1 WHERE id = \(id)")
                        usleep(2000)
                    }
                }
            }
        }
        for result in results { try result.get() }
        let revisions = try database.read { try $0.all("SELECT revision FROM organization") { $0.integer(0) } }
        #expect(revisions == [16, 16])
    }

    @Test(arguments: TemporaryDatabase.engines) func aClaimGivesEachRowToOne(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        try database.write { connection in
            for id in 0..<100 { try connection.run(Self.organization(id)) }
        }
        let results = onThreads(8) { _ in
            var mine: [Int64] = []
            while true {
                let next = try database.write { connection -> Int64? in
                    let id = try connection.integer(
                        "SELECT id FROM organization WHERE revision = 0 ORDER BY id LIMIT 1 \(engine.skippingLocked)")
                    guard let id else { return nil }
                    return try connection.integer(
                        "UPDATE organization SET revision = 1 WHERE id = \(id) AND revision = 0 RETURNING id")
                }
                guard let next else { return mine }
                mine.append(next)
            }
        }
        #expect(try results.flatMap { try $0.get() }.sorted() == Array(0..<100))
    }

    @Test(arguments: TemporaryDatabase.engines) func listenersHearCommittedWritesOnly(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        let (calls, others) = (Box(0), Box(0))
        let listening = database.listen("work", deaf: { _ in }, heard: { calls.value.withLock { $0 += 1 } })
        let other = database.listen("other", deaf: { _ in }, heard: { others.value.withLock { $0 += 1 } })
        func count() -> Int { calls.value.withLock { $0 } }
        // PostgreSQL calls once as soon as it listens.
        let start = engine == .sqlite ? 0 : 1
        #expect(eventually { count() == start && others.value.withLock { $0 } == start })
        #expect(throws: Refusal.self) {
            try database.write { connection in
                try connection.notify("work")
                throw Refusal()
            }
        }
        try database.write { connection in
            try connection.notify("work")
            try connection.notify("work")
        }
        #expect(eventually { count() > start })
        #expect(count() == start + 1)
        #expect(others.value.withLock { $0 } == start)
        withExtendedLifetime((listening, other)) {}
        database.close()
    }

    /// Only the thread of checkpoints copies the log back, or a commit that finds the log long.
    @Test func `The log of SQLite does not grow with what is written`() throws {
        let url = try TemporaryDatabase.url(.sqlite)
        let database = try TemporaryDatabase.open(url)
        defer { database.close() }
        try database.write { try $0.script("CREATE TABLE page (id INTEGER PRIMARY KEY, text TEXT)") }
        let text = String(repeating: "x", count: 1 << 20)
        for number in 0..<200 {
            try database.write {
                _ = try $0.run("INSERT OR REPLACE INTO page (id, text) VALUES (\(number % 8), \(text))")
            }
        }
        let log = String(url.dropFirst("sqlite:".count)) + "-wal"
        let size = try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int ?? 0
        #expect(size < 150 << 20, "200 MiB were written")
        #expect(try database.read { try $0.integer("SELECT count(*) FROM page WHERE length(text) = 1048576") } == 8)
    }
}
