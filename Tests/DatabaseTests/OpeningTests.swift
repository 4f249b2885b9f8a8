import Database
import Foundation
import Synchronization
import TestSupport
import Testing

/// Opening, migrating, losing the server and finding it again.
struct OpeningTests {
    @Test(arguments: TemporaryDatabase.engines) func migratingTwiceChangesNothing(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        try database.write {
            try $0.run("INSERT INTO organization (id, token, name, created_at) VALUES (1, 't', 'n', 0)")
        }
        try database.migrate()
        #expect(try database.read { try $0.integer("SELECT count(*) FROM organization") } == 1)
        #expect(try database.read { try $0.integer("SELECT min(number) FROM migration") } == 1)
    }

    @Test(arguments: TemporaryDatabase.engines) func tenNodesMayStartAtOnce(engine: Engine) throws {
        let url = try TemporaryDatabase.url(engine)
        let results = onThreads(10) { _ in
            let database = try TemporaryDatabase.open(url)
            try database.migrate()
            database.close()
        }
        for result in results { try result.get() }
        let database = try TemporaryDatabase.open(url)
        let numbers = try database.read { try $0.all("SELECT number FROM migration ORDER BY number") { $0.integer(0) } }
        #expect(numbers == Array(1...Int64(numbers.count)))
    }

    @Test(arguments: TemporaryDatabase.engines) func aNewerSchemaIsRefused(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        try database.write { try $0.run("INSERT INTO migration (number, name) VALUES (9999, 'later')") }
        let error = #expect(throws: DatabaseError.self) { try database.migrate() }
        guard case .newerSchema(9999, _)? = error else {
            Issue.record(Comment(rawValue: "\(error, default: "nothing") is not about the schema"))
            return
        }
    }

    @Test(arguments: [
        ("postgresql://u:s3cr3t@h:5/d", "postgresql://u@h:5/d"),
        ("postgresql://h/d?user=u&password=s3cr3t&sslmode=require", "postgresql://u@h/d"),
        ("postgresql://u:s3cr3t@h/d?application_name=a@b", "postgresql://u@h/d"),
        ("postgresql://u:s3cr3t?x@h/d", "postgresql://u@h/d"), ("postgresql://h/d?s3cr3t", "postgresql://…"),
        ("postgres://u:s3cr3t@h:port:port/d", "postgresql://u@h/d"),
        ("sqlite:/a/b.db", "sqlite:/a/b.db"),
    ])
    func aLoggedURLHasNoSecret(url: String, shown: String) throws {
        let text = try #require(DatabaseURL(url)).description
        #expect(!text.contains("s3cr3t"))
        if !url.contains("port:port") { #expect(text == shown) }
        #expect(DatabaseURL("mysql://x") == nil)
        #expect(DatabaseURL("sqlite:") == nil)
    }

    @Test(arguments: [
        "postgresql://u:s3cr3t@127.0.0.1:1/d", "postgresql://u:s3cr3t@/d?host=/nowhere", "postgresql://u:s3cr3t?x@h/d",
        "postgresql://u:s3cr3t@h/d?s3cr3t=1", "sqlite:/nowhere/at/all.db",
    ])
    func whatIsNotThereIsUnavailable(url: String) throws {
        let error = #expect(throws: DatabaseError.self) { try TemporaryDatabase.open(url) }
        guard case .unavailable? = error else {
            Issue.record(Comment(rawValue: "\(error, default: "nothing") does not say that it cannot be opened"))
            return
        }
        #expect(!"\(error, default: "")".contains("s3cr3t"))
    }

    /// Without PostgreSQL no test runs on it, and this one is counted as skipped.
    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func postgreSQLTakesPart() throws {
        _ = try PostgreSQLServer.started.get()
        #expect(TemporaryDatabase.engines == Engine.allCases)
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func passwordsAreAskedForAndNotTold() throws {
        let server = try PostgreSQLServer.started.get()
        let good = server.url(byNetwork: true)
        let database = try TemporaryDatabase.open(good)
        #expect(try database.read { try $0.integer("SELECT 1") } == 1)
        let wrong = good.replacingOccurrences(of: "test%3A", with: "wrong")
        let error = #expect(throws: DatabaseError.self) { try TemporaryDatabase.open(wrong) }
        #expect("\(error, default: "")".contains("authentication failed"))
        #expect(!"\(error, default: "")".contains("wrong"))
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func aSessionThatWasEndedIsReplaced() throws {
        let server = try PostgreSQLServer.started.get()
        let url = try TemporaryDatabase.url(.postgresql, migrated: true)
        let database = try TemporaryDatabase.open(url)
        @Sendable func endSessions() throws { try server.endSessions(with: url) }
        // Between two reads.
        #expect(try database.read { try $0.integer("SELECT 1") } == 1)
        try endSessions()
        #expect(try database.read { try $0.integer("SELECT 1") } == 1)
        try endSessions()
        #expect(try database.snapshot { try $0.integer("SELECT 1") } == 1)
        // Between two statements of a read, which each see the newest state.
        let sum = try database.read { connection in
            let one = try connection.integer("SELECT 1") ?? 0
            try endSessions()
            return try one + (connection.integer("SELECT 2") ?? 0)
        }
        #expect(sum == 3)
        // A snapshot cannot be repeated on another connection with the same state.
        #expect(throws: DatabaseError.self) {
            try database.snapshot { connection in
                _ = try connection.integer("SELECT 1")
                try endSessions()
                _ = try connection.integer("SELECT 2")
            }
        }
        // In a write before its commit: the write runs once more.
        let runs = Box(0)
        try database.write { connection in
            let run = runs.value.withLock { count in
                count += 1
                return count
            }
            try connection.run("INSERT INTO organization (id, token, name, created_at) VALUES (1, 't', 'n', \(run))")
            if run == 1 { try endSessions() }
        }
        #expect(runs.value.withLock { $0 } == 2)
        #expect(try database.read { try $0.integer("SELECT created_at FROM organization") } == 2)
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func aRestartOfTheServerIsWaitedFor() throws {
        let server = try PostgreSQLServer()
        let database = try TemporaryDatabase.open(server.url())
        try database.migrate()
        let calls = Box(0)
        let listening = database.listen("work", deaf: { _ in }, heard: { calls.value.withLock { $0 += 1 } })
        #expect(eventually { calls.value.withLock { $0 } == 1 })
        try database.write {
            try $0.run("INSERT INTO organization (id, token, name, created_at) VALUES (0, 'token', 'n', 0)")
        }
        let done = Box<Result<Void, any Error>?>(nil)
        let refused = Box<[String]>([])
        let begun = Date()
        Thread.detachNewThread {
            let result = Result { try server.restart(pause: 1) }
            done.value.withLock { $0 = result }
        }
        // A client writes and reads all the time. Each answered write exists, and no outage is reported.
        let answered = onThreads(4) { thread in
            var written: [Int] = []
            var number = thread * 1_000_000 + 1
            while done.value.withLock({ $0 == nil }) || written.count < 10 {
                do {
                    let id = number
                    _ = try database.read { try $0.integer("SELECT count(*) FROM organization") }
                    try database.write {
                        try $0.run(
                            "INSERT INTO organization (id, token, name, created_at) VALUES (\(id), \("\(id)"), 'n', 0)")
                    }
                    written.append(id)
                } catch DatabaseError.unknownOutcome {
                    // The error says that the change may or may not exist.
                } catch DatabaseError.unavailable(_, let why) {
                    // Correct only after ten seconds, see below.
                    refused.value.withLock { $0.append(why) }
                }
                number += 1
            }
            return written
        }
        try done.value.withLock { $0 }?.get()
        // On a busy machine a restart may take longer than callers wait.
        if Date().timeIntervalSince(begun) < 9 { #expect(refused.value.withLock { $0 } == []) }
        let stored = try Set(database.read { try $0.all("SELECT id FROM organization") { Int($0.integer(0)) } })
        for written in answered { #expect(try stored.isSuperset(of: written.get())) }
        // The listener reconnected, too, and reported it.
        #expect(eventually { calls.value.withLock { $0 } >= 2 })
        let before = calls.value.withLock { $0 }
        try database.write { try $0.notify("work") }
        #expect(eventually { calls.value.withLock { $0 } > before })
        withExtendedLifetime(listening) {}
        database.close()
    }

    /// A session that dies before the first statement of a snapshot is replaced.
    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func aSnapshotBeginsOnANewSession() throws {
        let url = try TemporaryDatabase.url(.postgresql)
        let database = try TemporaryDatabase.open(url)
        let other = try TemporaryDatabase.open(url)
        let session: SQL = "SELECT pg_backend_pid()"
        for short in [true, false] {
            let old = try #require(try database.read { try $0.integer(session) })
            let new = try database.snapshot { connection in
                _ = try other.read { try $0.integer("SELECT CASE WHEN pg_terminate_backend(\(old)::int) THEN 1 END") }
                #expect(
                    try eventually {
                        try other.read { try $0.integer("SELECT 1 FROM pg_stat_activity WHERE pid = \(old)") } == nil
                    })
                var found: Int64?
                if short {
                    found = try connection.integer(session)
                } else {
                    try connection.each(session) { found = $0.integer(0) }
                }
                // The snapshot does not show later writes.
                let before = try connection.integer("SELECT count(*) FROM pg_class WHERE relname = 'later'")
                try other.write { try $0.script("CREATE TABLE IF NOT EXISTS later (x int)") }
                #expect(try connection.integer("SELECT count(*) FROM pg_class WHERE relname = 'later'") == before)
                try other.write { try $0.script("DROP TABLE later") }
                return found
            }
            #expect(new != nil && new != old)
            // The same session, with the settings of sessions.
            let settings = try database.read { connection in
                try connection.all(
                    """
                    SELECT pg_backend_pid(), current_setting('default_transaction_read_only'), current_setting('lock_timeout')
                    """
                ) { "\($0.integer(0)) \($0.string(1)) \($0.string(2))" }
            }
            #expect(settings == ["\(new ?? 0) on 30s"])
        }
        database.close()
        other.close()
    }
}
