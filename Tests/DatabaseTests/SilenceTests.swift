import Bytes
import Database
import Glibc
import TestSupport
import Testing

/// A reachable server that does not answer, such as a stopped process, or a network that loses the packets on their way back.
/// Without the watch, each of these waits would never end.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"), .timeLimit(.minutes(3)))
struct SilenceTests {
    private let patience = Duration.seconds(1)

    /// Runs `body` with a database behind a relay; `cut` stops all answers.
    private func behindRelay(_ body: (any Database, Relay) throws -> Void) throws {
        let server = try PostgreSQLServer.started.get()
        let name = try #require(
            TemporaryDatabase.url(.postgresql, migrated: true).split(separator: "?").first?.split(separator: "/").last)
        let relay = try Relay(to: server.port)
        defer { relay.end() }
        let url = server.url(String(name), byNetwork: true)
        let database = try TemporaryDatabase.open(url.replacing(":\(server.port)/", with: ":\(relay.port)/"))
        defer { database.close() }
        try body(database, relay)
    }

    private func expectUnavailable(_ work: () throws -> Void) {
        do {
            try Patience.$current.withValue(patience, operation: work)
            Issue.record("the wait did not end with an error")
        } catch DatabaseError.unavailable(_, let why) {
            #expect(!why.isEmpty)
        } catch {
            Issue.record(error, "the error does not say that the server is away")
        }
    }

    @Test func everyWaitEndsWithThePatience() throws {
        try behindRelay { (database, relay) throws in
            let one = try database.read { try $0.integer("SELECT 1") }
            #expect(one == 1)
            relay.cut()
            expectUnavailable { _ = try database.read { try $0.integer("SELECT 1") } }
            // For a connection that must be made.
            expectUnavailable { _ = try database.read { try $0.integer("SELECT 1") } }
            relay.mend()
            let again = try database.read { try $0.integer("SELECT 1") }
            #expect(again == 1)
            relay.cut()
            expectUnavailable { _ = try database.snapshot { try $0.integer("SELECT 1") } }
            relay.mend()
            expectUnavailable {
                try database.snapshot { connection in
                    let numbers = try connection.cursor("SELECT g FROM generate_series(1, 1000000) AS g")
                    var row = RowBuffer()
                    relay.cut()
                    while try numbers.next(into: &row) { row.removeAll() }
                }
            }
            relay.mend()
            expectUnavailable {
                try database.write { connection in
                    relay.cut()
                    try connection.run("INSERT INTO sequence (name, next) VALUES ('silence', 1)")
                }
            }
            relay.mend()
            let written = try database.read {
                try $0.integer("SELECT count(*) FROM sequence WHERE name = 'silence'")
            }
            #expect(written == 0)
        }
    }

    @Test func aCommitWithoutAnAnswerIsNotCalledFailed() throws {
        try behindRelay { (database, relay) throws in
            do {
                try Patience.$current.withValue(patience) {
                    try database.write { connection in
                        try connection.run("INSERT INTO sequence (name, next) VALUES ('silence', 1)")
                        relay.cut()
                    }
                }
                Issue.record("the commit had no answer and was called done")
            } catch DatabaseError.unknownOutcome(let why) {
                #expect(!why.isEmpty)
            } catch {
                Issue.record(error, "the error claims to know what became of the commit")
            }
            relay.mend()
        }
    }

    @Test func whatIsDoneBetweenStatementsIsNoSilence() throws {
        let database = try TemporaryDatabase.make(.postgresql)
        try Patience.$current.withValue(.milliseconds(200)) {
            try database.snapshot { connection in
                let one = try connection.integer("SELECT 1")
                usleep(1_500_000)
                let two = try connection.integer("SELECT 2")
                #expect(one == 1 && two == 2)
            }
        }
    }

    @Test func writesFromTasksKnowThePatience() async throws {
        let database = try TemporaryDatabase.make(.postgresql)
        await #expect(throws: DatabaseError.self) {
            try await Patience.$current.withValue(patience) {
                try await database.write { connection in _ = try connection.integer("SELECT 1 FROM pg_sleep(30)") }
            }
        }
    }
}

/// Sessions that keep dead versions of rows.
struct HeldSnapshotTests {
    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func theOldestOfOthersIsNamed() throws {
        let database = try TemporaryDatabase.make(.postgresql)
        #expect(try database.read { try HeldSnapshot.oldest(on: $0) } == nil)
        try database.snapshot { holder in
            _ = try holder.integer("SELECT count(*) FROM organization")
            usleep(20_000)
            let found = try database.read { try HeldSnapshot.oldest(on: $0) }
            let held = try #require(found)
            #expect(held.age >= 20)
            #expect(held.program == "waybill")
            #expect(held.warning.contains("process \(held.process) (waybill)"))
        }
        #expect(try database.read { try HeldSnapshot.oldest(on: $0) } == nil)
    }

    @Test func readersOfSQLiteHoldNothing() throws {
        let database = try TemporaryDatabase.make(.sqlite)
        try database.snapshot { holder in
            _ = try holder.integer("SELECT count(*) FROM organization")
            #expect(try HeldSnapshot.oldest(on: holder) == nil)
        }
    }
}
