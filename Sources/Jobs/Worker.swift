import Database
package import Dispatch
import Glibc
import Synchronization

// DESIGN. A worker has several threads that claim and run jobs, and one that renews the leases of all running jobs. A
// claiming thread holds a place. The number of places is the number of jobs that may run at once. A job that only
// waits for the disk or the store gives its place to the next one, so that slow flushes do not leave processors idle,
// and flushes of several jobs run together. The threads belong to a Dispatch queue of the worker, because report work
// blocks and must not block Swift's cooperative pool. The bell wakes an idle thread when a job arrives in this
// process; jobs of other processes are found by a check every half second.

/// A job in a worker's hands.
///
///     for row in rows {
///         if lease.stopReason != nil { throw WorkError.stopped }
///         try write(row)
///         lease.progress += 1  // the number of rows
///     }
///     lease.leavePlace()  // the flush needs no processor
///
/// A lease lives until the job ends. Any thread may use it, also within its own calls; only one thread may change
/// `progress`. No call blocks or throws.
package final class Lease: Sendable {
    package enum StopReason: UInt8, Sendable {
        case cancelled = 1
        case lost
        case shutdown
    }

    package let job: Job
    package let owner: String
    private let stop = Atomic<UInt8>(0)
    private let rows = Atomic<Int>(0)
    private let place: Mutex<DispatchSemaphore?>

    /// - Parameter place: signalled once, when the job or its computation ends.
    package init(job: Job, owner: String, place: DispatchSemaphore? = nil) {
        self.job = job
        self.owner = owner
        self.place = Mutex(place)
    }

    /// States that the remaining work only waits for the disk or the store, so that another job may start.
    package func leavePlace() {
        let taken = place.withLock { place in
            defer { place = nil }
            return place
        }
        taken?.signal()
    }

    /// The reason to end early; nil to continue.
    package var stopReason: StopReason? { StopReason(rawValue: stop.load(ordering: .relaxed)) }

    /// The number of rows done so far, shown in the job's status.
    package var progress: Int {
        get { rows.load(ordering: .relaxed) }
        set { rows.store(newValue, ordering: .relaxed) }
    }

    package func end(because reason: StopReason) {
        _ = stop.compareExchange(expected: 0, desired: reason.rawValue, ordering: .relaxed)
    }
}

/// The end of a job, for logs and metrics.
package struct JobEvent: Sendable {
    package enum Outcome: String, Sendable { case success, failed, retried, waiting, cancelled, givenBack, lost }
    package let job: Job
    package let outcome: Outcome
    package let why: String
    /// Milliseconds from the claim to the outcome.
    package let took: Int64
    /// Milliseconds from the submission to the claim.
    package let waited: Int64
}

/// Wakes threads that wait for work. A ring while no thread sleeps is kept for the next sleeper, so no ring is lost
/// between a check of the queue and the sleep after it.
///
///     let bell = Bell()
///     bell.ring()  // a job was submitted
///     bell.sleep(atMost: 500)  // milliseconds; returns at once, because of the ring
///
/// Any thread may use it. `ring` does not block; it calls `relay` first, which may ring other bells, but not this one.
/// Nothing throws.
package final class Bell: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let kept = Atomic<Int>(0)
    private let relay: (@Sendable () -> Void)?

    /// - Parameter relay: called at each ring, to wake sleepers elsewhere.
    package init(relay: (@Sendable () -> Void)? = nil) { self.relay = relay }

    /// Wakes one sleeper, now or when one begins to sleep.
    package func ring() {
        relay?()
        // More rings than there can be sleepers would only wake them for nothing.
        guard kept.load(ordering: .relaxed) < 64 else { return }
        kept.wrappingAdd(1, ordering: .relaxed)
        semaphore.signal()
    }

    /// Sleeps until the bell rings, or for at most this many milliseconds.
    package func sleep(atMost milliseconds: Int) {
        if semaphore.wait(timeout: .now() + .milliseconds(milliseconds)) == .success {
            kept.wrappingSubtract(1, ordering: .relaxed)
        }
    }
}

/// Claims jobs and runs them until it is stopped.
///
///     let worker = Worker(queue: queue, owner: owner, bell: bell, observe: { log($0) }) { lease in
///         try make(lease)  // looks at lease.stopReason, marks the success in the queue
///     }
///     worker.start(count: 2)
///     worker.stop(grace: 10_000)
///
/// `work` and `observe` are called on threads of the worker, several at a time. They must not call `stop`, which waits
/// for them. Times are milliseconds. Any thread may start and stop a worker; its threads keep it alive until `stop` has
/// returned. An error of `work` decides how the job ends; see `WorkError`. The worker itself throws nothing.
package final class Worker: Sendable {
    private let queue: Queue
    private let owner: String
    private let bell: Bell
    /// The milliseconds in which an outcome that the queue cannot accept is tried again.
    private let persistence: Int
    private let work: @Sendable (Lease) throws -> Void
    private let observe: @Sendable (JobEvent) -> Void
    private let unrenewed: @Sendable (Job, any Error) -> Void
    private let running = Mutex<[Int64: Lease]>([:])
    private let stopping = Atomic<Bool>(false)
    private let threads = DispatchGroup()
    /// Wakes the thread that renews leases, because the last lease may have ended.
    private let release = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - owner: a name of this process that no other process ever has.
    ///   - persistence: milliseconds in which the worker tries again to write an outcome to the queue when it cannot be
    ///     written, for example because the database's disk is full. As long as the worker lives by default: only then can a
    ///     job that could not go on be distinguished from one whose worker died.
    ///   - unrenewed: called with a lease that could not be renewed, and the reason; the renewal is tried again at the next
    ///     pulse.
    ///   - work: does a job and marks its success in the queue; throws `WorkError`, or another error for a job to
    ///     retry.
    package init(
        queue: Queue, owner: String, bell: Bell, persistence: Int = .max,
        observe: @escaping @Sendable (JobEvent) -> Void,
        unrenewed: @escaping @Sendable (Job, any Error) -> Void = { _, _ in },
        work: @escaping @Sendable (Lease) throws -> Void
    ) {
        self.queue = queue
        self.owner = owner
        self.bell = bell
        self.persistence = persistence
        self.observe = observe
        self.unrenewed = unrenewed
        self.work = work
    }

    /// Starts threads that work on `count` jobs at once, and one that renews leases.
    package func start(count: Int) {
        let places = DispatchSemaphore(value: count)
        // Three more threads for each job, which wait for the disk.
        for _ in 0..<(count * 4) { begin { self.loop(places) } }
        begin { self.keepLeases() }
    }

    /// Runs `body` on a thread of its own. A concurrent queue would occupy the threads of Swift's tasks, and gets one more per
    /// second, so the first tasks would wait until every loop had a thread.
    private func begin(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "report worker").async(group: threads, execute: body)
    }

    /// Stops claiming, lets running jobs end within `grace` milliseconds, then gives the others back. Blocks until
    /// all threads are done.
    package func stop(grace: Int) {
        stopping.store(true, ordering: .sequentiallyConsistent)
        for _ in 0..<64 { bell.ring() }
        release.signal()
        if threads.wait(timeout: .now() + .milliseconds(grace)) == .timedOut {
            for lease in running.withLock({ Array($0.values) }) { lease.end(because: .shutdown) }
            threads.wait()
        }
    }

    /// The running jobs.
    package var unfinished: [Job] { running.withLock { $0.values.map(\.job).sorted { $0.id < $1.id } } }

    /// Returns running jobs to the queue although their threads have not ended, for a process that is about to end. Later
    /// writes of these threads to the queue have no effect. Blocks while the database does.
    ///
    /// - Parameter given: called for each returned job.
    package func giveBackAll(_ given: (Job) -> Void) {
        for job in unfinished {
            do {
                try queue.giveBack(job, owner: owner)
                given(job)
            } catch {
                // The lease runs out, or other processes notice that its owner has ended.
                continue
            }
        }
    }

    private var isStopping: Bool { stopping.load(ordering: .sequentiallyConsistent) }

    private func loop(_ places: DispatchSemaphore) {
        var pause = 0
        places.wait()
        defer { places.signal() }
        while !isStopping {
            do {
                if let job = try queue.claim(for: owner) {
                    pause = 0
                    // One ring may announce many jobs, so a thread that found a job wakes the next thread.
                    bell.ring()
                    run(Lease(job: job, owner: owner, place: places))
                    places.wait()
                    continue
                }
                bell.sleep(atMost: 500)
            } catch {
                // The database is unavailable; all others notice it, too, and the health endpoint reports it.
                pause = min(5_000, max(100, pause * 2))
                bell.sleep(atMost: pause)
            }
        }
    }

    /// Runs one claimed job on the calling thread, and writes its outcome to the queue.
    package func run(_ lease: Lease) {
        let job = lease.job
        running.withLock { $0[job.id] = lease }
        let begun = queue.now()
        var outcome = JobEvent.Outcome.success
        var why = ""
        do {
            try work(lease)
        } catch {
            (outcome, why) = settle(lease, after: error)
        }
        lease.leavePlace()
        _ = running.withLock { $0.removeValue(forKey: job.id) }
        if isStopping { release.signal() }
        observe(
            JobEvent(job: job, outcome: outcome, why: why, took: queue.now() - begun, waited: begun - job.created))
    }

    /// Writes the outcome of a job to the queue. While that is impossible, because the disk or the database is full or
    /// unavailable, it is tried again: a job that stays claimed until its lease runs out costs an attempt.
    private func settle(_ lease: Lease, after error: any Error) -> (JobEvent.Outcome, String) {
        let end = persistence == .max ? nil : DispatchTime.now() + .milliseconds(persistence)
        var pause = 100
        while true {
            do {
                return try record(error, of: lease)
            } catch let second {
                let isOver = isStopping || end.map { $0 <= .now() } == true
                guard case .waiting = WorkError(second), !isOver else {
                    // The lease runs out and another attempt is made.
                    return (.lost, "\(error); then: \(second)")
                }
            }
            sleep(milliseconds: pause)
            pause = min(2000, pause * 2)
        }
    }

    /// Sleeps, at most until the worker stops.
    private func sleep(milliseconds: Int) {
        let end = DispatchTime.now() + .milliseconds(milliseconds)
        while !isStopping, .now() < end { usleep(20_000) }
    }

    private func record(_ error: any Error, of lease: Lease) throws -> (JobEvent.Outcome, String) {
        let job = lease.job
        switch lease.stopReason {
        case .shutdown?:
            try queue.giveBack(job, owner: owner)
            return (.givenBack, "the server stops")
        case .lost?: return (.lost, "the lease was lost")
        case .cancelled?:
            try queue.fail(job, owner: owner, why: QueueError.cancelled.description)
            return (.cancelled, "")
        case nil: break
        }
        if case QueueError.leaseLost = error { return (.lost, "the lease was lost") }
        switch WorkError(error) {
        case .hopeless(let why):
            try queue.fail(job, owner: owner, why: why)
            return (.failed, why)
        case .waiting(let outage, let why):
            try queue.wait(job, owner: owner, for: outage, why: why)
            return (.waiting, why)
        case .stopped, .unexpected:
            // The cause may contain facts that the user must not see, so only the log gets it.
            try queue.retry(job, owner: owner, why: "an unexpected error, which the server's log shows with this uuid")
            return (job.attempt >= queue.settings.attempts ? .failed : .retried, "\(error)")
        }
    }

    private func keepLeases() {
        let pulse = DispatchTimeInterval.milliseconds(Int(queue.settings.lease / 3))
        var next = DispatchTime.now() + pulse
        while !isStopping || running.withLock({ !$0.isEmpty }) {
            guard release.wait(timeout: next) == .timedOut else { continue }
            next = .now() + pulse
            for lease in running.withLock({ Array($0.values) }) { beat(lease) }
        }
    }

    /// Renews one lease. A failed heartbeat is tried again at the next pulse, twice before the lease runs out.
    private func beat(_ lease: Lease) {
        do {
            switch try queue.heartbeat(lease.job, owner: owner, rows: Int64(lease.progress)) {
            case .alive: break
            case .cancelled: lease.end(because: .cancelled)
            case .lost:
                // A job that has just ended is not running any more, so nothing reads the reason.
                lease.end(because: .lost)
            }
        } catch {
            unrenewed(lease.job, error)
        }
    }

    /// Renews one lease while `body` runs, for work outside the loop (a command line).
    package func keeping(_ lease: Lease, _ body: () -> Void) {
        begin { self.keepLeases() }
        body()
        stop(grace: 0)
    }
}
