import API
import Database
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import Service

struct SchedulerTests {
    @Test func `A server that stood still after its start makes no report twice`() throws {
        let world = try SimulatedWorld(seed: 1)
        world.isCalm = true
        let other = world.processes[0].scheduler
        let isFirst = Mutex(true)
        // Before its first check of the schedules two minutes pass, and another server makes the report.
        let database = SimulatedDatabase(world.database, life: SimulatedLife(), bug: nil, dice: world.dice) { _ in
            guard
                isFirst.withLock({ first in
                    defer { first = false }
                    return first
                })
            else { return }
            world.clock.move(by: 123_000)
            let made = try other.run()
            #expect(made.count == 1)
        }
        let queue = Queue(database: database, settings: world.settings) { [clock = world.clock] in clock.now }
        let backend = Backend(
            database: database, queue: queue, bell: Bell(), openArtifact: { _ in nil }, scratch: "", log: { _ in })
        let slow = Scheduler(backend)
        let again = try slow.run() + other.run()
        #expect(again.isEmpty)
        world.clock.move(by: 60_000)
        let next = try slow.run() + other.run()
        #expect(next.count == 1)
    }

    @Test func `Many schedules that are due in one moment hold the writer for one report at a time`() throws {
        let world = try SimulatedWorld(seed: 1)
        world.isCalm = true
        try world.database.write { connection in
            _ = try connection.run(
                """
                INSERT INTO schedule (id, organization, account, product, project, cron, request, run_at, created_at)
                WITH RECURSIVE more (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM more WHERE number < 249)
                SELECT s.id + m.number, s.organization, s.account, s.product, s.project, s.cron, s.request, s.run_at,
                    s.created_at FROM schedule s CROSS JOIN more m
                """)
        }
        let counting = CountingDatabase(world.database)
        let queue = Queue(database: counting, settings: world.settings) { [clock = world.clock] in clock.now }
        let scheduler = Scheduler(
            Backend(
                database: counting, queue: queue, bell: Bell(), openArtifact: { _ in nil }, scratch: "", log: { _ in }))
        #expect(try scheduler.run().isEmpty)
        world.clock.move(by: 123_000)
        counting.forget()
        // One turn makes a hundred; the next comes a second later.
        #expect(try (1...4).map { _ in try scheduler.run().count } == [100, 100, 50, 0])
        #expect(counting.writes.count == 250)
        #expect(counting.largest < 12)
    }
}
