import API
import Bytes
import Database
import Glibc
import Intake
import Jobs
import Service

/// Imports that the command line does itself, as jobs of the queue. The given file is first copied into the uploads folder;
/// if the command dies, a worker continues with the copy. A failed import is not tried again in the background: the user
/// gets the reason, and still has the file.
struct LocalImport {
    private let runtime: Runtime
    let isQuiet: Bool

    init(_ runtime: Runtime, isQuiet: Bool) {
        self.runtime = runtime
        self.isQuiet = isQuiet
    }

    static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Does one import and waits for it. Throws the reason why the job failed.
    ///
    /// - Parameter project: the number of the existing project, if the import concerns only that project.
    @discardableResult
    func run(
        _ import: IntakeJob, label: String, project: (product: Int64, id: Int64) = (0, 0)
    ) throws -> Intake.Result {
        let runtime = self.runtime
        let (job, upload) = try submit(`import`, project)
        let lease = Lease(job: job, owner: runtime.owner.name)
        let outcome = ImportOutcome()
        let intake = runtime.intake
        let worker = Worker(
            queue: runtime.queue, owner: runtime.owner.name, bell: Bell(), persistence: LocalMatching.persistence,
            observe: { outcome.set($0) },
            work: { lease in
                do {
                    outcome.set(try IntakeJob.run(lease, intake: intake, dataFolder: runtime.directory.path))
                } catch WorkError.stopped {
                    throw WorkError.stopped
                } catch {
                    throw WorkError.hopeless("\(error)")
                }
            })
        let ticker = isQuiet ? nil : Ticker(label: label, count: { lease.progress })
        worker.keeping(lease) { worker.run(lease) }
        ticker?.stop()
        // Deletes the scans that this import replaced, or left behind when it failed. A server does the same, but
        // there may be none.
        do {
            _ = try intake.sweep()
        } catch {
            runtime.log(.warning, "sweep of uploads failed", ["error": "\(error)"])
        }
        guard let result = outcome.result else {
            // A job that could not be ended needs its file, because others take it over.
            if outcome.isOver, let upload {
                unlink(upload)
                try? SharedUpload.forget(job: job.uuid, in: runtime.database)
            }
            throw Failure("\(label): \(outcome.why)")
        }
        return result
    }

    /// Queues a job for this process, with its file in the uploads folder. Returns the path of the file.
    private func submit(
        _ import: IntakeJob, _ project: (product: Int64, id: Int64)
    ) throws -> (Job, upload: String?) {
        var task = `import`
        // A file in the uploads folder has the name of its job.
        let name = task.isSpooled ? task.path.split(separator: "/").last.map(String.init) : nil
        let uuid = try name ?? Randomness.system.uuid()
        if task.kind != .debian, !task.isSpooled {
            let file = try DurableFile(path: "\(runtime.directory.spool)/\(uuid)")
            try FileParts.copy(task.path, to: file)
            try file.publish()
            // If the document gives no name, the project gets the name of the file.
            task.destination.fileName = task.path.split(separator: "/").last.map(String.init) ?? ""
            task.path = IntakeJob.spoolPath(of: uuid)
            task.isSpooled = true
        }
        let upload = task.isSpooled ? "\(runtime.directory.path)/\(task.path)" : nil
        let new = task.newJob(uuid: uuid, product: project.product, project: project.id)
        do {
            let job = try runtime.database.write { [runtime] connection in
                if let upload { try SharedUpload.share(file: upload, job: uuid, on: connection) }
                return try runtime.queue.submit(new, claimedBy: runtime.owner.name, on: connection)
            }
            return (job, upload)
        } catch {
            // A job that may exist needs its file.
            if case DatabaseError.unknownOutcome = error { throw error }
            if let upload { unlink(upload) }
            throw error
        }
    }
}

extension Runtime {
    /// The tokens of all products.
    func productTokens() throws -> Set<String> {
        Set(try database.read { try $0.all("SELECT token FROM product") { $0.string(0) } })
    }
}
