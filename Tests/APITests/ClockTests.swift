import Bytes
import Database
import Foundation
import HTTP
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import API
@testable import Service

/// Features that depend on times, under a clock that is set by a day: sessions, keys, schedules, alerts, counters.
struct ClockTests {
    @Test(arguments: TemporaryDatabase.engines) func schedulesComeNearAgain(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let org = ["orgToken": try world.token(.organization)]
        _ = try await world.call(
            "waybillAddSchedule", org.merging(["cron": "0 * * * *", "reportType": "OrgInventoryReport"]) { $1 })
        func next() async throws -> String? {
            try await world.list("waybillGetSchedules", "schedules", org).first?["next"] as? String
        }
        let scheduler = Scheduler(world.backend)
        #expect(try scheduler.run().isEmpty)
        // A wrong clock plans for tomorrow; after its correction, the next hour counts.
        world.inventory.pass(TimeText.day)
        #expect(try scheduler.run().count == 1)
        #expect(try await next() == "2026-01-03 04:00:00")
        world.inventory.pass(-TimeText.day)
        #expect(try scheduler.run().isEmpty)
        #expect(try await next() == "2026-01-02 04:00:00")
        world.inventory.pass(3_600_000)
        #expect(try scheduler.run().count == 1)
        // The clock was set while no server ran.
        world.inventory.pass(-TimeText.day)
        #expect(try Scheduler(world.backend).run().isEmpty)
        #expect(try await next() == "2026-01-01 05:00:00")
    }

    @Test(arguments: TemporaryDatabase.engines) func sessionsLastNoLonger(engine: Engine) throws {
        let database = try TemporaryDatabase.make(engine)
        defer { database.close() }
        let (start, digest, key) = (Fixture.start, [UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
        func isAlive(_ time: Int64) throws -> Bool {
            try database.read { try Sessions.find(digest, at: time, on: $0) != nil }
        }
        try database.write { connection in
            let new = Sessions.New(digest, keyDigest: key, from: "192.0.2.1", browser: "b")
            try Sessions.begin(new, replacing: nil, at: start, on: connection)
        }
        // Clocks of nodes differ slightly.
        for apart in [-4 * 60_000, 4 * 60_000] as [Int64] { #expect(try isAlive(start + apart)) }
        #expect(try !isAlive(start + TimeText.day))
        // A session that began tomorrow would last until the day after.
        #expect(try !isAlive(start - TimeText.day))
        #expect(try database.read { try Sessions.list(keyDigest: key, at: start - TimeText.day, on: $0) }.isEmpty)
        // After the correction everything is as before, and so is the end.
        #expect(try isAlive(start + 60_000))
        #expect(try !isAlive(start + Sessions.idleLimit))
    }

    @Test func keysEndByTheClock() async throws {
        let fixture = try Fixture()
        let key = try fixture.user(.readOnly)
        let end = Fixture.start + TimeText.day
        let digest = UserKey(key).digest
        try await fixture.database.write { connection in
            _ = try connection.run("UPDATE user_key SET expires_at = \(end) WHERE digest = \(digest)")
        }
        let org = ["orgToken": fixture.acme.token]
        func isIn() async throws -> Bool { try await fixture.code("getOrganizationDetails", org, key: key) == nil }
        #expect(try await isIn())
        fixture.world.time.withLock { $0 += TimeText.day }
        #expect(try await !isIn())
        // No permanent decision was made.
        fixture.world.time.withLock { $0 -= TimeText.day }
        #expect(try await isIn())
    }

    @Test(arguments: TemporaryDatabase.engines) func theLastUseOfAKeyIsNotLeftInTheFuture(engine: Engine) throws {
        let world = try ManagedWorld(engine)
        let (database, time) = (world.inventory.database, world.inventory.queue.now())
        func key(at time: Int64) throws -> HeldKey {
            let token = try world.token(.organization)
            let found = try database.read {
                try Standing.find(.organization, token: token, keyDigest: world.keys[0].digest, at: time, on: $0)
            }
            return try #require(found.holder?.key)
        }
        for now in [time + TimeText.day, time] {
            world.backend.ledger.note(try key(at: now), at: now)
            try world.backend.ledger.write(to: database, at: now)
            #expect(try key(at: now).used == now)
        }
    }

    /// A decision ends early when the clock is ahead. The alert is then visible, which is the safe side.
    @Test(arguments: TemporaryDatabase.engines) func ignoredAlertsComeBack(engine: Engine) async throws {
        let world = try ManagedWorld(engine)
        let (org, project) = (try world.token(.organization), try world.token(.project))
        func open() async throws -> [String] {
            try await world.list(
                "getProjectAlertsByType", "alerts", ["projectToken": project, "alertType": "SECURITY_VULNERABILITY"]
            ).compactMap { $0["alertUuid"] as? String }
        }
        let uuid = try #require(try await open().first)
        _ = try await world.call(
            "ignoreAlerts", ["orgToken": org, "alertUuids": [uuid], "ignoreUntil": "2026-01-03 00:00:00"])
        #expect(try await !open().contains(uuid))
        world.inventory.pass(-TimeText.day)
        try world.settle()
        #expect(try await !open().contains(uuid))
        world.inventory.pass(2 * TimeText.day)
        try world.settle()
        #expect(try await open().contains(uuid))
    }

    @Test func countersGoOn() {
        let limit = RateLimit(perMinute: 2)
        for _ in 0..<2 { #expect(limit.admit("a", at: TimeText.day) == nil) }
        #expect(limit.wait("a", at: TimeText.day) == 30)
        // Set back by a day: half a minute is half a minute.
        #expect(limit.wait("a", at: 0) == 30)
        #expect(limit.wait("a", at: 30_000) == nil)
        let keeper = Doorkeeper(callsPerMinute: 0, refusalsPerMinute: 1)
        keeper.refuse("x", from: "192.0.2.1", at: TimeText.day)
        #expect(keeper.admit("y", from: "192.0.2.1", at: 0) == 60)
        #expect(keeper.admit("y", from: "192.0.2.1", at: 60_000) == nil)
    }
}

extension ManagedWorld {
    /// The periodic work of a server: it ends expired things, and runs the jobs that decide alerts again.
    fileprivate func settle() throws {
        try inventory.database.write { [queue = inventory.queue] in try Alerts.markExpired(at: queue.now(), on: $0) }
        try inventory.queue.matchAll()
    }
}
