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
        // Before its first look at the schedules two minutes pass, and another server makes the report.
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
}
