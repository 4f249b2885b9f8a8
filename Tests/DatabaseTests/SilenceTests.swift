import Bytes
import Database
import Glibc
import TestSupport
import Testing

/// A server that can be reached and says nothing, as a stopped process or a network that lost its way back. Without the watch
/// each of these waits never ends.
@Suite(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"), .timeLimit(.minutes(3)))
struct SilenceTests {
    private let patience = Duration.seconds(1)

    /// Runs `body` with a database behind a relay, where `cut` stops all answers.
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
        let error = #expect(throws: DatabaseError.self) { try Patience.$current.withValue(patience, operation: work) }
        guard case .unavailable(_, let why)? = error else {
            Issue.record("\(error, default: "nothing") does not say that the server is away")
            return
        }
        #expect(!why.isEmpty)
    }

    @Test func everyWaitEndsWithThePatience() throws {
        try behindRelay { database, relay in
            #expect(try database.read { try $0.integer("SELECT 1") } == 1)
            relay.cut()
            expectUnavailable { _ = try database.read { try $0.integer("SELECT 1") } }
            // Of a connection that has to be made.
            expectUnavailable { _ = try database.read { try $0.integer("SELECT 1") } }
            relay.mend()
            #expect(try database.read { try $0.integer("SELECT 1") } == 1)
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
            #expect(try database.read { try $0.integer("SELECT count(*) FROM sequence WHERE name = 'silence'") } == 0)
        }
    }

    @Test func aCommitWithoutAnAnswerIsNotCalledFailed() throws {
        try behindRelay { database, relay in
            let error = #expect(throws: DatabaseError.self) {
                try Patience.$current.withValue(patience) {
                    try database.write { connection in
                        try connection.run("INSERT INTO sequence (name, next) VALUES ('silence', 1)")
                        relay.cut()
                    }
                }
            }
            guard case .unknownOutcome? = error else {
                Issue.record("\(error, default: "nothing") claims to know what became of the commit")
                return
            }
            relay.mend()
        }
    }

    @Test func whatIsDoneBetweenStatementsIsNoSilence() throws {
        let database = try TemporaryDatabase.make(.postgresql)
        try Patience.$current.withValue(.milliseconds(200)) {
            try database.snapshot { connection in
                #expect(try connection.integer("SELECT 1") == 1)
                usleep(1_500_000)
                #expect(try connection.integer("SELECT 2") == 2)
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

/// Who keeps dead versions of rows.
struct HeldSnapshotTests {
    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func theOldestOfOthersIsNamed() throws {
        let database = try TemporaryDatabase.make(.postgresql)
        #expect(try database.read { try HeldSnapshot.oldest(on: $0) } == nil)
        try database.snapshot { holder in
            _ = try holder.integer("SELECT count(*) FROM organization")
            usleep(20_000)
            let held = try #require(try database.read { try HeldSnapshot.oldest(on: $0) })
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
