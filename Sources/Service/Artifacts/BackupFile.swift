import Bytes
package import Database
import Glibc
import Intake
import Inventory
import Jobs
package import Store

// DESIGN. A backup is a SQLite file with the schema of its source database, for both engines. SQLite's own online copy makes
// it, or Waybill's copier from one snapshot of PostgreSQL. Three more tables belong to a backup: `backup` describes it,
// `backup_table` has the row counts of its tables (so that a restore notices a damaged file), and `backup_artifact` has
// artifacts in pieces. It is written beside its final path, flushed and renamed, so a file with the final name is a complete
// backup.

/// Writes backups and restores them.
package struct BackupFile: Sendable {
    private static let piece = 1 << 20
    private static let tables = """
        CREATE TABLE backup (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
        CREATE TABLE backup_table (name TEXT PRIMARY KEY, row_count INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
        CREATE TABLE backup_artifact (
            uuid TEXT NOT NULL, position INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (uuid, position)
        ) STRICT, WITHOUT ROWID;
        """

    package let path: String
    let progress: CopyWatcher

    package init(path: String, progress: CopyWatcher = CopyWatcher()) {
        self.path = path
        self.progress = progress
    }

    // MARK: Writing

    /// Makes a backup of a database that may be in use.
    /// - Parameters:
    ///   - folder: the data directory, for uploads that await their import.
    ///   - store: the store of the artifacts; nil to leave them out.
    package func write(from url: DatabaseURL, _ source: any Database, folder: String, store: (any ArtifactStore)?)
        throws
        -> CopyOutcome
    {
        guard access(path, F_OK) != 0 else { throw Failure("\(path) is there already; choose another name") }
        if try source.schemaState() == .empty { throw CopyError.notOurs }
        let spool = "\(folder)/\(IntakeJob.spoolFolder)"
        let leftovers = BackupLeftovers(owner: Owner())
        _ = leftovers.sweepParts(beside: path)
        _ = leftovers.sweepLinks(in: spool, now: Clock.now())
        let (part, kept) = (leftovers.part(of: path), leftovers.links(in: spool))
        defer {
            BackupLeftovers.remove(part: part)
            SpooledLinks.remove(kept)
        }
        // Uploads may be imported and deleted while the database is copied; links keep their bytes.
        SpooledLinks.make(from: folder, to: kept)
        let outcome = try fill(part, from: url, source, folder: folder, kept: kept, store: store)
        try DatabaseFile.seal(part)
        try publish(part)
        return outcome
    }

    private func fill(
        _ part: String, from url: DatabaseURL, _ source: any Database, folder: String, kept: String,
        store: (any ArtifactStore)?
    ) throws -> CopyOutcome {
        if let file = url.sqlitePath { try DatabaseFile.copy(file, to: part) }
        let copy = try DatabaseURL.sqlite(path: part).open()
        defer { copy.close() }
        if url.sqlitePath == nil {
            let copier = DatabaseCopy(to: copy, origin: "\(url)", newDigest: CopyDigest.sha256) { [progress] in
                progress.show($0)
            }
            try source.snapshot { _ = try copier.run(from: $0) }
            try copier.finishAsItIs()
        }
        progress.end()
        SpooledLinks.make(from: folder, to: kept)
        var uploads = 0
        for uuid in try copy.read({ try Queue.uploadsToKeep(on: $0) }) {
            let path = "\(kept)/\(uuid)"
            guard access(path, R_OK) == 0 else { continue }
            try copy.write { try SharedUpload.keep(file: path, job: uuid, on: $0) }
            uploads += 1
        }
        let states = try copy.snapshot { try DatabaseCopy.states(of: $0, newDigest: CopyDigest.sha256) }
        let engine = url.engine.rawValue
        try copy.write { connection in
            try connection.script(Self.tables)
            for state in states {
                try connection.run("INSERT INTO backup_table VALUES (\(state.table), \(state.rows), \(state.digest))")
            }
            let facts = [
                ("made_at", TimeText.time(Clock.now())), ("program", ProgramVersion.current), ("engine", engine),
                ("artifacts", store == nil ? "no" : "yes"),
            ]
            for (name, value) in facts { try connection.run("INSERT INTO backup VALUES (\(name), \(value))") }
        }
        let artifacts = try store.map { try keepArtifacts(of: $0, in: copy) }
        return CopyOutcome(tables: states, uploads: uploads, artifacts: artifacts)
    }

    private func keepArtifacts(of store: any ArtifactStore, in copy: any Database) throws -> ArtifactTally {
        var tally = ArtifactTally()
        try ArtifactFacts.each(in: copy) { artifact in
            let place: StoredArtifact
            do throws(StoreError) {
                place = try store.locate(artifact.name)
            } catch {
                guard case .missing = error else { throw error }
                tally.missing += 1
                return
            }
            let digest = RunningDigest()
            var position = 0
            do {
                try place.read { bytes in
                    digest.update(bytes)
                    let (position_, piece) = (position, [UInt8](bytes))
                    try copy.write {
                        _ = try $0.run("INSERT INTO backup_artifact VALUES (\(artifact.name), \(position_), \(piece))")
                    }
                    position += 1
                }
            } catch StoreError.missing {
                // It has expired in the meantime.
            }
            guard digest.finish() == artifact.sha256 else {
                try copy.write { _ = try $0.run("DELETE FROM backup_artifact WHERE uuid = \(artifact.name)") }
                tally.missing += 1
                return
            }
            tally.copied += 1
            tally.bytes += artifact.size
        }
        return tally
    }

    /// Flushes the file and renames it; a file that appeared under the name in the meantime is not replaced.
    private func publish(_ part: String) throws {
        for place in [part, Folder.of(path)] {
            if place != part, link(part, path) != 0 {
                throw Failure("cannot give the backup its name \(path): \(systemMessage(errno))")
            }
            let descriptor = open(place, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Failure("cannot open \(place): \(systemMessage(errno))") }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0 else { throw Failure("cannot flush \(place): \(systemMessage(errno))") }
        }
    }

    // MARK: Putting back

    /// Throws when the file cannot be read or is not a backup.
    package func check() throws {
        guard access(path, R_OK) == 0 else { throw Failure("cannot read \(path): \(systemMessage(errno))") }
        let isBackup: Bool
        do {
            isBackup = try DatabaseFile.read(path) { try Self.isBackup($0) }
        } catch DatabaseError.noDatabase {
            isBackup = false
        }
        guard isBackup else { throw Failure("\(path) is no backup of Waybill; waybill backup makes them") }
    }

    private static func isBackup(_ connection: any Connection) throws -> Bool {
        try connection.integer("SELECT 1 FROM sqlite_schema WHERE name = 'backup_table'") != nil
    }

    /// Fills an empty database, and a store with the artifacts that the backup has. The schema of an older backup is
    /// upgraded on the way.
    package func restore(to target: any Database, store: any ArtifactStore) throws -> CopyOutcome {
        try check()
        return try DatabaseFile.read(path) { backup in
            func fact(_ name: String) throws -> String {
                try backup.first("SELECT value FROM backup WHERE name = \(name)") { $0.string(0) } ?? ""
            }
            let origin = "the backup of \(try fact("made_at"))"
            let expected = try backup.all("SELECT name, row_count, digest FROM backup_table ORDER BY name") {
                TableState(table: $0.string(0), rows: $0.integer(1), digest: $0.string(2))
            }
            // The file is checked before anything is written, so a damaged file leaves the target unchanged.
            let states = try DatabaseCopy.states(of: backup, newDigest: CopyDigest.sha256)
            for (state, expected) in zip(states.sorted { $0.table < $1.table }, expected) where state != expected {
                throw Failure(
                    "\(path) is damaged: its table \(state.table) is not what it was when the backup was made")
            }
            guard states.count == expected.count else { throw Failure("\(path) is damaged: it lacks tables") }
            let copy = DatabaseCopy(to: target, origin: origin, newDigest: CopyDigest.sha256) { [progress] in
                progress.show($0)
            }
            try copy.run(from: backup)
            progress.end()
            let tally = try putArtifacts(backup, into: store, of: target)
            let uploads = try backup.integer("SELECT count(DISTINCT job) FROM upload") ?? 0
            try copy.finish(Intake.migrationWorks)
            return CopyOutcome(tables: states, uploads: Int(uploads), artifacts: tally)
        }
    }

    private func putArtifacts(
        _ backup: any Connection, into store: any ArtifactStore, of database: any Database
    ) throws -> ArtifactTally {
        let delivery = ArtifactDelivery(store: store)
        var tally = ArtifactTally()
        try ArtifactFacts.each(in: database) { artifact in
            guard try !delivery.has(artifact) else {
                tally.present += 1
                return
            }
            let pieces: SQL = "FROM backup_artifact WHERE uuid = \(artifact.name)"
            guard try backup.integer("SELECT 1 \(pieces) LIMIT 1") != nil else {
                tally.missing += 1
                return
            }
            try delivery.deliver(artifact) { take in
                try backup.each("SELECT bytes \(pieces) ORDER BY position") { try take($0.bytes(0)) }
            }
            tally.copied += 1
            tally.bytes += artifact.size
        }
        return tally
    }
}

/// Hard links to the files of a spool; the bytes stay when the import deletes a file.
enum SpooledLinks {
    static func make(from folder: String, to kept: String) {
        let spool = "\(folder)/\(IntakeJob.spoolFolder)"
        guard let names = Folder.names(in: spool) else { return }
        mkdir(kept, 0o700)
        // Folders cannot be linked, and existing links stay; neither causes harm.
        for name in names where !name.hasPrefix(".") { link("\(spool)/\(name)", "\(kept)/\(name)") }
    }

    static func remove(_ kept: String) {
        guard let names = Folder.names(in: kept) else { return }
        for name in names { unlink("\(kept)/\(name)") }
        rmdir(kept)
    }
}
