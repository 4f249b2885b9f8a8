import API
package import Bytes
package import Database
package import Intake
package import Jobs
import Reports
package import Store

/// The database, queue and store that commands and servers share, opened from the settings. Consists of values, so
/// any thread may use it.
package struct Runtime: Sendable {
    package let settings: RuntimeSettings
    package let directory: DataDirectory
    package let database: any Database
    package let store: any ArtifactStore
    package let queue: Queue
    package let owner = Owner()
    /// The part of the disk that imports leave free; a server sets it.
    package var reserve = DiskReserve(percent: 0, least: 0)
    package let log: Log
    let metrics = Metrics()
    /// The common clock of nodes that share a database; nil where the machine's own clock counts.
    private let sharedClock: SharedClock?

    /// Opens the database and upgrades its schema.
    ///
    /// Throws `Failure` when the data directory cannot be used, and `DatabaseError` or `StoreError` when database or store
    /// cannot be opened.
    /// - Parameters:
    ///   - clock: the time, in milliseconds since 1970, UTC; nil for the machine's, or that of a database on another one.
    ///   - upgrading: called with the progress of a schema upgrade.
    package init(
        _ settings: RuntimeSettings, log: Log, clock: (@Sendable () -> Int64)? = nil,
        upgrading: (MigrationProgress) -> Void = { _ in }
    ) throws {
        self.settings = settings
        self.log = log
        directory = try DataDirectory(settings.dataDirectory)
        if settings.isExclusive { try directory.lock() }
        database = ObservedDatabase(try settings.database.open(connections: settings.sessions), metrics)
        try database.migrate(Intake.migrationWorks, progress: upgrading)
        if case .sqlite(let path) = settings.database {
            for suffix in ["", "-wal", "-shm", "-journal"] { try PrivateFiles.close(path + suffix) }
        }
        if case .folder(let path) = settings.artifacts { try PrivateFiles.closeAll(in: path) }
        store = ObservedStore(real: try settings.artifacts.open(), metrics: metrics)
        var queueSettings = Queue.Settings()
        queueSettings.retention = settings.retention
        let shared = clock == nil && database.engine == .postgresql ? SharedClock() : nil
        sharedClock = shared
        try shared?.follow(database)
        queue = Queue(
            database: database, settings: queueSettings, now: clock ?? { shared?.now() ?? Clock.now() })
    }

    /// Reads the clock that the nodes share. Leases last longer than the time between two readings.
    func followClock() {
        do {
            guard let wrong = try sharedClock?.follow(database), abs(wrong) >= 1000 else { return }
            log(.warning, "the clock of the database was set", ["by_ms": "\(wrong)"])
        } catch {
            log(.error, "the clock of the database cannot be read", ["error": "\(error)"])
        }
    }

    /// A worker for jobs of all kinds.
    func worker(bell: Bell, observe: @escaping @Sendable (JobEvent) -> Void) -> Worker {
        let reports = ReportWork(
            database: database, queue: queue, store: store, settings: settings.production,
            observe: { [metrics] in metrics.count($0) })
        let intake = self.intake
        let matching = MatchingJob(queue)
        let folder = directory.path
        let update = UpdateWork(queue: queue, folder: folder, log: log)
        return Worker(
            queue: queue, owner: owner.name, bell: bell, observe: observe,
            unrenewed: { [log] job, error in
                log(.warning, "the lease of a job could not be renewed", ["uuid": job.uuid, "error": "\(error)"])
            },
            work: { lease in
                switch lease.job.kind {
                case .report: try reports.run(lease)
                case .intake: try IntakeJob.run(lease, intake: intake, dataFolder: folder)
                case .matching: try matching.run(lease)
                case .update: try update.run(lease)
                }
            })
    }

    /// The code that imports uploads into the inventory.
    package var intake: Intake {
        var intake = Intake(queue: queue, newToken: { try Randomness.system.token() })
        // This process cannot check the disk of a database on another machine.
        if case .sqlite(let path) = settings.database {
            let reserve = reserve
            intake.hasRoom = { reserve.allows(0, in: path) }
        }
        return intake
    }
}
