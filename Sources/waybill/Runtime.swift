import API
import BOM
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

    /// Where uploads go, and what becomes of them.
    func uploadSettings() throws -> UploadSettings {
        var settings = UploadSettings(
            limit: try configuration.number(
                "upload-limit", in: 1...(1 << 40), default: UploadSettings.defaultLimit),
            folder: directory.spool
        ) { upload in
            var destination = Intake.Destination(organization: upload.organization, product: upload.target.product)
            destination.project = upload.target.project
            destination.account = upload.account
            destination.uploadedBy = upload.email
            destination.plugin = "Dependency-Track upload"
            let path = IntakeJob.spoolPath(of: upload.uuid)
            let intake = IntakeJob(kind: .sbom, path: path, isSpooled: true, destination: destination)
            var job = intake.newJob(uuid: upload.uuid)
            // Reports of other products need not wait for it.
            job.product = upload.target.productID
            job.project = upload.target.projectID
            return job
        } share: { upload, path, connection in
            try SharedUpload.share(file: path, job: upload.uuid, on: connection)
        }
        settings.agents = AgentSettings { path in
            do throws(BOMError) {
                return try AgentReader.survey(file: path)
            } catch {
                if case .failed = error { throw error }
                throw AgentError.badDiff("\(error)")
            }
        } newJob: { task in
            var destination = Intake.Destination(organization: task.organization, product: task.target.product)
            destination.project = task.target.project
            destination.account = task.account
            destination.uploadedBy = task.email
            destination.plugin = task.agent
            destination.comment = task.comment
            var intake = IntakeJob(
                kind: .agent, path: IntakeJob.spoolPath(of: task.uuid), isSpooled: true, destination: destination)
            intake.updateType = task.updateType
            intake.keepsModules = task.keepsModules
            var job = intake.newJob(uuid: task.uuid)
            job.product = task.target.productID
            job.project = task.target.projectID
            job.requestToken = task.requestToken
            return job
        } check: { check, connection, destination in
            try AgentPolicyCheck(check, on: connection, to: destination).write()
        } share: { job, path, connection in
            try SharedUpload.share(file: path, job: job, on: connection)
        }
        return settings
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
