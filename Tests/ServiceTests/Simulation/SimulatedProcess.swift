import Intake
import Jobs

@testable import Service

/// A process of the simulation: one of several servers on the same database.
///
/// `@unchecked Sendable`, without a lock: one thread at a time runs a simulation. It hands work to a task only in
/// `SimulatedWorld.waiting`, and sleeps there on a semaphore until the task has ended, which also makes the task's writes visible to it.
final class SimulatedProcess: @unchecked Sendable {
    let number: Int
    private var births = 0
    private(set) var life = SimulatedLife()
    private(set) var owner = ""
    private(set) var queue: Queue
    private(set) var store: SimulatedStore
    private(set) var scheduler: Scheduler
    private(set) var worker: Worker
    private(set) var intake: Intake
    /// The leases that it works on, the innermost last.
    var leases: [Lease] = []
    private let make: @Sendable (SimulatedProcess?, String, SimulatedLife) throws -> Parts

    struct Parts {
        let queue: Queue
        let store: SimulatedStore
        let scheduler: Scheduler
        let worker: Worker
        let intake: Intake
    }

    init(
        _ number: Int, make: @escaping @Sendable (SimulatedProcess?, String, SimulatedLife) throws -> Parts
    ) throws {
        self.number = number
        self.make = make
        let parts = try make(nil, "", SimulatedLife())
        (queue, store, scheduler) = (parts.queue, parts.store, parts.scheduler)
        (worker, intake) = (parts.worker, parts.intake)
        try begin()
    }

    /// Starts again as a new process.
    func begin() throws {
        births += 1
        life = SimulatedLife()
        owner = "process \(number).\(births)"
        leases = []
        let parts = try make(self, owner, life)
        (queue, store, scheduler) = (parts.queue, parts.store, parts.scheduler)
        (worker, intake) = (parts.worker, parts.intake)
    }
}
