import Database
import Dispatch
import Glibc
import Intake
import Jobs
import Synchronization

/// The workers of a process and the maintenance of the queue, for both `serve` and `worker`.
package final class Workforce: Sendable {
    /// The bell to ring after a job was submitted here: it wakes workers of this process and of others.
    let doorbell: Bell
    let count: Int
    private let runtime: Runtime
    private let worker: Worker
    private let bell: Bell
    private let sweeper: Sweeper
    private let alerts: AlertKeeper
    private let isStopping = Atomic<Bool>(false)
    private let tending = DispatchGroup()
    private let listening = Mutex<Listening?>(nil)

    /// - Parameter workers: jobs at a time; 0 only maintains the queue.
    package init(_ runtime: Runtime, workers: Int) {
        self.runtime = runtime
        count = workers
        let bell = Bell()
        let announcer = runtime.database.engine == .postgresql ? Announcer(runtime.database, log: runtime.log) : nil
        let (metrics, log) = (runtime.metrics, runtime.log)
        doorbell = Bell {
            bell.ring()
            announcer?.announce()
        }
        self.bell = bell
        alerts = AlertKeeper(runtime: runtime)
        sweeper = Sweeper(
            queue: runtime.queue, store: runtime.store, owner: runtime.owner, log: log,
            auditRetention: runtime.settings.auditRetention)
        worker = runtime.worker(bell: bell) { [doorbell] event in
            metrics.count(event)
            // Reports that waited for the upload may run now, and other workers may take the returned jobs.
            if event.job.kind == .intake || event.outcome == .givenBack { doorbell.ring() }
            log(
                event.outcome == .failed ? .warning : .info, "job \(event.outcome.rawValue)",
                [
                    "uuid": event.job.uuid, "type": event.job.processType, "attempt": "\(event.job.attempt)",
                    "took_ms": "\(event.took)", "waited_ms": "\(event.waited)", "why": event.why,
                ])
        }
    }

    package func start() {
        sweeper.rescue()
        sweeper.sweep()
        if runtime.database.engine == .postgresql, !runtime.settings.sharesArtifacts {
            runtime.log(
                .warning, "artifacts are kept on this machine alone; with other nodes, give all one --artifacts")
        }
        if runtime.database.engine == .postgresql, count > 0 {
            let heard = runtime.database.listen(
                Announcer.channel,
                deaf: { [log = runtime.log] error in
                    log(.warning, "new jobs of other nodes are found by looking, not heard of", ["error": "\(error)"])
                }, heard: { [bell] in bell.ring() })
            listening.withLock { $0 = heard }
        }
        if count > 0 { worker.start(count: count) }
        DispatchQueue(label: "sweeper").async(group: tending) { [self] in
            // The previous process may have left much behind, so this waits for the first request.
            sweep()
            notePatterns()
            var (seconds, nextRescue) = (0, 5)
            while !isStopping.load(ordering: .relaxed) {
                sleep(1)
                seconds += 1
                if seconds % 2 == 0 {
                    runtime.followClock()
                    alerts.tendRules { self.isStopping.load(ordering: .relaxed) }
                    if alerts.tend() { doorbell.ring() }
                }
                if seconds >= nextRescue {
                    let begun = ContinuousClock.now
                    sweeper.rescue()
                    // Slow while a snapshot is held somewhere: a twentieth of the time at most, but once a minute even after an outage.
                    let pause = (ContinuousClock.now - begun) / .seconds(1) * 20
                    nextRescue = seconds + Int(min(60, max(5, pause)))
                }
                if seconds % 600 == 0 { noteSnapshot() }
                if seconds % 60 == 0 { sweep() } else if seconds % 10 == 0 { sweepScans() }
            }
        }
    }

    /// Reports saved patterns that this program cannot use, in the log and, once, in the change log.
    private func notePatterns() {
        do {
            let time = runtime.queue.now()
            for pattern in try runtime.database.read({ try UnusablePattern.list(on: $0) }) {
                runtime.log(.warning, "a saved pattern cannot be used", ["what": pattern.text])
                try runtime.database.write { _ = try pattern.note(at: time, on: $0) }
            }
        } catch {
            runtime.log(.error, "looking through saved patterns failed", ["error": "\(error)"])
        }
    }

    /// Logs a session that holds a snapshot for so long that the queue gets slower.
    private func noteSnapshot() {
        do {
            guard let held = try runtime.database.read({ try HeldSnapshot.oldest(on: $0) }),
                held.age > HeldSnapshot.limit
            else { return }
            runtime.log(.warning, "a snapshot is held", ["why": held.warning])
        } catch {
            runtime.log(.error, "looking for held snapshots failed", ["error": "\(error)"])
        }
    }

    private func sweep() {
        sweeper.sweep()
        sweepScans()
        let leftovers = BackupLeftovers(owner: runtime.owner)
        for name in leftovers.sweepLinks(in: runtime.directory.spool, now: runtime.queue.now()) {
            runtime.log(.info, "links of a dead backup removed", ["name": name])
        }
        do {
            for name in try IntakeJob.sweepSpool(runtime.queue, dataFolder: runtime.directory.path) {
                runtime.log(.info, "upload removed that nothing needs any more", ["uuid": name])
            }
        } catch {
            runtime.log(.error, "sweep of uploads failed", ["error": "\(error)"])
        }
    }

    /// The rows of failed and replaced imports are many, so they are deleted soon. One sweep leaves rows that another
    /// import may use.
    private func sweepScans() {
        do {
            _ = try runtime.intake.sweep()
        } catch {
            runtime.log(.error, "sweep of imports failed", ["error": "\(error)"])
        }
    }

    /// Stops maintaining the queue.
    func stopTending() { isStopping.store(true, ordering: .relaxed) }

    /// Lets running jobs end within `grace` seconds, and gives the others back. Blocks until all work has ended.
    package func stop(grace: Int) {
        stopTending()
        if count > 0 { worker.stop(grace: grace * 1000) }
        listening.withLock { $0 = nil }
        tending.wait()
    }

    /// For the end of a process that did not stop in time: gives the running jobs back, within at most a second, and logs
    /// them.
    package func abandon() {
        let given = Mutex<[String]>([])
        let done = DispatchSemaphore(value: 0)
        let jobs = worker.unfinished
        DispatchQueue(label: "giving back").async { [worker] in
            worker.giveBackAll { job in given.withLock { $0.append(job.uuid) } }
            done.signal()
        }
        _ = done.wait(timeout: .now() + .seconds(1))
        let back = given.withLock { $0 }
        let tended = tending.wait(timeout: .now()) == .success
        runtime.log(
            .error, "stopped in the middle of work: the grace is over",
            [
                "jobs": jobs.prefix(20).map { "\($0.uuid) \($0.processType)" }.joined(separator: ", "),
                "count": "\(jobs.count)", "given_back": "\(back.count)", "tending": tended ? "ended" : "running",
            ])
    }
}
