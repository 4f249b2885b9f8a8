import Bytes
import Database
import Glibc
import Intake
import Jobs
import Service
import Store

extension Command {
    static let migrate = Command(
        words: ["migrate"], operands: "",
        summary: "Copies all data into another, empty database, and artifacts into another store.",
        flags: [
            Flag("from", "URL", "the database to copy: sqlite:PATH or postgresql://…", required: true),
            Flag("to", "URL", "the database to fill: sqlite:PATH or postgresql://…", required: true),
            Flag("from-artifacts", "URL", "where the artifacts are (artifacts/ beside a SQLite database)"),
            Flag("to-artifacts", "URL", "where they go: file:DIR or s3://bucket/prefix (they stay where they are)"),
        ]
    ) { arguments, configuration in
        let migration = try DataMigration(arguments, configuration)
        let outcome = try migration.run()
        if arguments.has("json") {
            print(outcome.json)
        } else {
            print(outcome.text)
        }
    }
}

// DESIGN. Rows are moved first (see Database/Copy/Copy.swift), then the uploads that wait in the source's spool, which are
// written into the target database, then artifacts, each checked by its digest. Every step first checks what exists already, so
// a run that was interrupted anywhere can be repeated. Only the last step opens the target for work.

/// One run of `waybill migrate`.
struct DataMigration {
    private let from: DatabaseURL
    private let to: DatabaseURL
    private let fromStore: (any ArtifactStore)?
    private let toStore: (any ArtifactStore)?
    private let progress: CopyProgress

    init(_ arguments: Arguments, _ configuration: Configuration) throws {
        func url(_ flag: String) throws -> DatabaseURL {
            let text = try configuration.required(flag)
            guard let url = DatabaseURL(text) else {
                throw UsageError(description: "--\(flag) is \(text); accepted: sqlite:PATH or postgresql://…")
            }
            return url
        }
        from = try url("from")
        to = try url("to")
        guard from != to else { throw UsageError(description: "--from and --to are the same database") }
        progress = CopyProgress(isQuiet: arguments.has("json"))
        guard let target = arguments["to-artifacts"] else {
            (fromStore, toStore) = (nil, nil)
            return
        }
        let beside = from.sqlitePath.map { "file:\(Folder.of($0))/artifacts" }
        guard let source = arguments["from-artifacts"] ?? beside else {
            throw UsageError(
                description: "--from-artifacts is missing; a database on a server does not say where they are")
        }
        fromStore = try configuration.artifactStore(at: source)
        toStore = try configuration.artifactStore(at: target)
    }

    func run() throws -> CopyOutcome {
        if let path = from.sqlitePath {
            guard access(path, R_OK) == 0 else { throw Failure("cannot read \(path): \(systemMessage(errno))") }
            // Uploads that a server accepts while its data is moved would be lost.
            try DataDirectory.lock(Folder.of(path))
        }
        let source = try from.open()
        defer { source.close() }
        let target = try to.open()
        defer { target.close() }
        let copy = DatabaseCopy(to: target, origin: "\(from)", newDigest: CopyDigest.sha256) { [progress] in
            progress.show($0)
        }
        let tables = try source.snapshot { try copy.run(from: $0) }
        progress.end()
        let uploads = try from.sqlitePath.map { path in
            try SpooledUploads.keep(folder: Folder.of(path), in: target)
        }
        let artifacts = try moveArtifacts(of: target)
        try copy.finish(Intake.migrationWorks)
        return CopyOutcome(tables: tables, uploads: uploads ?? 0, artifacts: artifacts)
    }

    private func moveArtifacts(of database: any Database) throws -> ArtifactTally? {
        guard let fromStore, let toStore else { return nil }
        let delivery = ArtifactDelivery(store: toStore)
        var tally = ArtifactTally()
        try ArtifactFacts.each(in: database) { artifact in
            guard try !delivery.has(artifact) else {
                tally.present += 1
                return
            }
            let place: StoredArtifact
            do throws(StoreError) {
                place = try fromStore.locate(artifact.name)
            } catch {
                guard case .missing = error else { throw error }
                tally.missing += 1
                return
            }
            try delivery.deliver(artifact) { try place.read($0) }
            tally.copied += 1
            tally.bytes += artifact.size
        }
        return tally
    }
}

/// The uploads that wait in the spool of a data directory.
enum SpooledUploads {
    /// Writes them into a database whose jobs wait for them; returns their number.
    static func keep(folder: String, in database: any Database) throws -> Int {
        var count = 0
        for uuid in try database.read({ try Queue.uploadsToKeep(on: $0) }) {
            let path = "\(folder)/\(IntakeJob.spoolPath(of: uuid))"
            guard access(path, R_OK) == 0 else { continue }
            try database.write { try SharedUpload.keep(file: path, job: uuid, on: $0) }
            count += 1
        }
        return count
    }
}
