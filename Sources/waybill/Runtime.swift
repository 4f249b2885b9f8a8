import API
import Bytes
import Database
import Glibc
import Intake
import Jobs
import Reports
import Store

/// What every command that touches data needs, opened from the settings.
struct Runtime: Sendable {
    let configuration: Configuration
    let directory: DataDirectory
    let database: any Database
    let store: any ArtifactStore
    let queue: Queue
    let owner = Owner()
    let log: Log
    let metrics = Metrics()

    /// Opens the database and brings its schema up to date.
    init(_ configuration: Configuration, exclusively: Bool = false, logLevel: Log.Level = .info) throws {
        self.configuration = configuration
        log = Log(try configuration.logLevel(default: logLevel))
        directory = try DataDirectory(configuration.dataDirectory())
        if exclusively { try directory.lock() }
        // A report holds a session for as long as it runs; the rest is for requests, heartbeats and the sweeper.
        let sessions = max(16, try configuration.workers() + 8)
        database = ObservedDatabase(try configuration.databaseURL().open(connections: sessions), metrics)
        let ticker = UpgradeTicker(log)
        try database.migrate(Intake.migrationWorks) { ticker.show($0) }
        store = ObservedStore(real: try configuration.artifactStore(), metrics: metrics)
        var settings = Queue.Settings()
        settings.retention =
            Int64(try configuration.number("retention-days", in: 1...3650, default: 7)) * 86_400_000
        queue = Queue(database: database, settings: settings, now: Clock.now)
    }

    /// How reports are made.
    func productionSettings() throws -> Production.Settings {
        var settings = Production.Settings()
        settings.partSize = try configuration.number("part-size", in: 4096...(2 << 30), default: 1 << 30)
        return settings
    }

    /// A worker for jobs of all kinds.
    func worker(bell: Bell, observe: @escaping @Sendable (JobEvent) -> Void) throws -> Worker {
        let reports = ReportWork(
            database: database, queue: queue, store: store, settings: try productionSettings(),
            observe: { [metrics] in metrics.count($0) })
        let intake = self.intake
        let matching = MatchingJob(queue)
        let folder = directory.path
        return Worker(queue: queue, owner: owner.name, bell: bell, observe: observe) { lease in
            switch lease.job.kind {
            case .report: try reports.run(lease)
            case .intake: try IntakeJob.run(lease, intake: intake, dataFolder: folder)
            case .matching: try matching.run(lease)
            }
        }
    }

    /// Brings uploads into the inventory.
    var intake: Intake { Intake(queue: queue, newToken: { try Randomness.system.token() }) }

    /// Where uploads go.
    func uploadSettings() throws -> UploadSettings {
        UploadSettings(
            limit: try configuration.number("upload-limit", in: 1...(1 << 40), default: UploadSettings.defaultLimit),
            folder: directory.spool)
    }

    // MARK: Tokens on the command line: the operator may see everything

    /// The organization with this token.
    func organization(token: String) throws -> Int64 {
        try scope(token: token, kinds: [.organization]).organization
    }

    /// The organization, product or project with this token.
    func scope(token: String, kinds: [ScopeKind] = ScopeKind.allCases) throws -> Scope {
        let found = try database.read { connection in
            for kind in kinds {
                if let scope = try Accounts.scope(kind, token: token, on: connection) { return scope as Scope? }
            }
            return nil
        }
        guard let found else {
            let words = kinds.map(\.rawValue).joined(separator: ", ")
            throw Failure("there is no \(words) with the token \(token.prefix(8))… in this database")
        }
        return found
    }
}
