import Bytes
import Database
import Synchronization
import TestSupport
import Testing

@testable import Service

/// The clock that nodes of a cluster share.
struct SharedClockTests {
    @Test func aMachinesClockCountsWhereItsDatabaseIs() throws {
        let database = try TemporaryDatabase.make(.sqlite)
        defer { database.close() }
        #expect(try SharedClock().follow(database) == 0)
    }

    @Test(.enabled(if: PostgreSQLServer.isInstalled, "needs Debian's package postgresql-15"))
    func theDatabasesClockRules() throws {
        let database = try TemporaryDatabase.make(.postgresql)
        defer { database.close() }
        let time = Mutex<Int64>(5000)
        let clock = SharedClock(monotonic: { time.withLock { $0 } })
        _ = try clock.follow(database)
        let begun = clock.now()
        #expect(abs(begun - Clock.now()) < 5000)
        // Between two readings it continues by itself, whatever the machine's clock does.
        time.withLock { $0 += 1000 }
        #expect(clock.now() == begun + 1000)
        // After a machine's clock was set back a day, the shared clock corrects it.
        time.withLock { $0 -= TimeText.day }
        #expect(clock.now() < begun)
        let found = try clock.follow(database)
        #expect(abs(found - TimeText.day) < 5000)
        #expect(abs(clock.now() - Clock.now()) < 5000)
    }
}
