import BOM
import Bytes
import Database
import Glibc
package import Inventory
package import Jobs
import Synchronization

// DESIGN. An upload is a file in the data folder and a job whose request names the file. Any process that sees the folder
// may do the job, any number of times until it succeeds. Only then does the import or `sweepSpool` delete the file. The
// file is the only copy of an accepted upload, so it also stays after a failure: a failed job may be tried again until it
// is deleted, and the file is deleted after it. Where nodes share a database but no folder, the bytes are also in the
// database (`SharedUpload`), so any node may do the job.

/// The request of an INTAKE job.
package struct IntakeJob: Sendable, Equatable {
    package enum Kind: String, Sendable { case sbom, debian, agent, vex }

    package var kind: Kind
    /// The file, as a path relative to the data folder or absolute; for `debian` the machine's root.
    package var path: String
    /// Whether the file belongs to Waybill and is deleted with the job.
    package var isSpooled = false
    /// `debian`: whether the files of packages are stored.
    package var withFiles = false
    /// `agent`: whether the project keeps its current content. Jobs without this member override.
    package var updateType = AgentUpload.UpdateType.override
    /// `agent`: whether each project of the file becomes a component of the new one.
    package var keepsModules = false
    package var destination: Intake.Destination

    package init(kind: Kind, path: String, isSpooled: Bool = false, destination: Intake.Destination) {
        self.kind = kind
        self.path = path
        self.isSpooled = isSpooled
        self.destination = destination
    }

    /// The folder of uploads below the data folder.
    package static let spoolFolder = "spool"

    /// The path of a job's upload, relative to the data folder. Its name is the job's uuid.
    package static func spoolPath(of uuid: String) -> String { "\(spoolFolder)/\(uuid)" }

    /// The request of a job whose file is in the uploads folder under the job's uuid.
    package init(_ kind: Kind, upload uuid: String, into destination: Intake.Destination) {
        self.init(kind: kind, path: Self.spoolPath(of: uuid), isSpooled: true, destination: destination)
    }

    /// The job for the queue.
    ///
    /// - Parameters:
    ///   - product: the number of the product that it changes; reports of other products need not wait for it. 0 when it is
    ///     unknown or to be made.
    ///   - project: the same of the project.
    ///   - requestToken: the token that lists show with the upload.
    package func newJob(
        uuid: String, product: Int64 = 0, project: Int64 = 0, requestToken: String = ""
    ) -> NewJob {
        var job = NewJob(
            uuid: uuid, organization: destination.organization, kind: .intake, request: json,
            processType: "Inventory Update")
        job.account = destination.account
        job.product = product
        job.project = project
        job.requestToken = requestToken
        return job
    }

    // MARK: The request as JSON

    package var json: String {
        var writer = FactsWriter()
        writer.object {
            $0.text("kind", kind.rawValue)
            $0.text("path", path)
            if isSpooled { $0.flag("spooled") }
            if withFiles { $0.flag("files") }
            if updateType != .override { $0.text("updateType", updateType.rawValue) }
            if keepsModules { $0.flag("modules") }
            $0.text("product", destination.product)
            $0.text("project", destination.project)
            $0.text("projectVersion", destination.projectVersion)
            $0.text("uploadedBy", destination.uploadedBy)
            $0.text("plugin", destination.plugin)
            $0.text("fileName", destination.fileName)
            $0.text("comment", destination.comment)
            let origin = destination.origin
            guard origin != .init() else { return }
            $0.text("address", origin.address)
            $0.text("door", origin.door)
            $0.text("call", origin.call)
            $0.text("key", "\(origin.key)")
        }
        return writer.text
    }

    /// Reads the request of a job; organization and account come from the job.
    package init(_ job: Job) throws(IntakeError) {
        var kind: String?
        var updateType: String?
        var made = IntakeJob(
            kind: .sbom, path: "", destination: Intake.Destination(organization: job.organization, product: ""))
        made.destination.account = job.account
        do throws(FactsError) {
            try decoding("the request of job \(job.uuid)", job.request) { (json) throws(JSONError) in
                try ComponentFacts.members(&json) { (json) throws(JSONError) in
                    if json.keyEquals("kind") {
                        kind = try json.string()
                    } else if json.keyEquals("path") {
                        made.path = try json.string()
                    } else if json.keyEquals("spooled") {
                        made.isSpooled = try json.bool()
                    } else if json.keyEquals("files") {
                        made.withFiles = try json.bool()
                    } else if json.keyEquals("updateType") {
                        updateType = try json.string()
                    } else if json.keyEquals("modules") {
                        made.keepsModules = try json.bool()
                    } else if json.keyEquals("comment") {
                        made.destination.comment = try json.string()
                    } else if json.keyEquals("product") {
                        made.destination.product = try json.string()
                    } else if json.keyEquals("project") {
                        made.destination.project = try json.string()
                    } else if json.keyEquals("projectVersion") {
                        made.destination.projectVersion = try json.string()
                    } else if json.keyEquals("uploadedBy") {
                        made.destination.uploadedBy = try json.string()
                    } else if json.keyEquals("fileName") {
                        made.destination.fileName = try json.string()
                    } else if json.keyEquals("plugin") {
                        made.destination.plugin = try json.string()
                    } else {
                        return try Self.origin(&json, &made.destination.origin)
                    }
                    return true
                }
            }
        } catch {
            throw .unreadableFacts(error)
        }
        guard let kind = kind.flatMap(Kind.init(rawValue:)) else {
            throw .unknownKind(kind ?? "", job: job.uuid)
        }
        made.kind = kind
        if let updateType {
            // A default must not replace it: overriding deletes what the project shows.
            guard let known = AgentUpload.UpdateType(rawValue: updateType) else {
                throw .unknownUpdateType(updateType, job: job.uuid)
            }
            made.updateType = known
        }
        self = made
    }

    /// Reads a member about the origin of an upload; false for any other member.
    private static func origin(
        _ json: inout JSONReader, _ origin: inout AuditRecord.Origin
    ) throws(JSONError) -> Bool {
        if json.keyEquals("address") {
            origin.address = try json.string()
        } else if json.keyEquals("door") {
            origin.door = try json.string()
        } else if json.keyEquals("call") {
            origin.call = try json.string()
        } else if json.keyEquals("key") {
            origin.key = Int64(try json.string()) ?? 0
        } else {
            return false
        }
        return true
    }

    // MARK: Doing it

    /// Does an INTAKE job: for the worker and for the command line. The job is SUCCESS when this returns.
    ///
    /// Throws `WorkError` where the import knows the party at fault, otherwise any other error.
    @discardableResult
    package static func run(_ lease: Lease, intake: Intake, dataFolder: String) throws -> Intake.Result {
        // A file that does not belong to the server may stay unreadable forever.
        var isOurs = true
        do {
            let job = try IntakeJob(lease.job)
            isOurs = job.isSpooled
            let path = job.path.hasPrefix("/") ? job.path : "\(dataFolder)/\(job.path)"
            if job.isSpooled { try SharedUpload.fetch(job: lease.job.uuid, to: path, from: intake.database) }
            let result: Intake.Result
            switch job.kind {
            case .sbom:
                var destination = job.destination
                // An upload is stored under the name of its job; the request has the file's own name, if there was
                // one.
                if !job.isSpooled { destination.fileName = path }
                result = try intake.importSBOM(file: path, into: destination, lease: lease)
            case .debian:
                result = try intake.importDebian(
                    root: path, into: job.destination, withFiles: job.withFiles, lease: lease)
            case .vex:
                var destination = job.destination
                if !job.isSpooled { destination.fileName = path }
                result = try StatementImport(intake: intake).run(file: path, into: destination, lease: lease)
            case .agent:
                result = try intake.importAgent(
                    file: path, into: job.destination, by: job.updateType, keepingModules: job.keepsModules,
                    lease: lease)
            }
            if job.isSpooled {
                unlink(path)
                // The sweep forgets the rest.
                try? SharedUpload.forget(job: lease.job.uuid, in: intake.database)
            }
            return result
        } catch IntakeError.superseded {
            throw WorkError.stopped
        } catch IntakeError.unreadableFile(let path, let why, .permission?) where !isOurs {
            // Users know the file by its name, but not the folders of the machine.
            throw WorkError.hopeless("reading \(path.split(separator: "/").last ?? ""): \(why)")
        } catch IntakeError.unreadableFile(_, _, nil) where isOurs {
            throw WorkError(IntakeError.uploadGone)
        } catch let error as IntakeError {
            throw WorkError(error)
        }
    }

    /// Files without a job, with the time when this process first saw each.
    private static let strays = Mutex<[String: ContinuousClock.Instant]>([:])

    /// Deletes uploads that are in the inventory, and uploads without a job once they are a day old: some never got a job,
    /// others failed and were kept until their job was deleted (`Queue.Settings.retention`). Returns their names.
    ///
    /// An upload exists for a moment before its job does. A clock that is set forward in that moment must not delete it. So a
    /// file is deleted only after it was without a job for `patience`, measured by a clock that nobody sets.
    @discardableResult
    package static func sweepSpool(
        _ queue: Queue, dataFolder: String, patience: Duration = .seconds(600)
    ) throws -> [String] {
        try SharedUpload.sweep(queue.database)
        try AgentRequests.settle(in: queue.database)
        let folder = "\(dataFolder)/\(spoolFolder)"
        var removed: [String] = []
        let before = strays.withLock { $0 }
        let now = ContinuousClock.now
        var found: [String: ContinuousClock.Instant] = [:]
        for name in Folder.names(in: folder) ?? [] {
            var status = stat()
            guard !name.hasPrefix("."), stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG
            else { continue }
            let state = try queue.database.read { try queue.state(uuid: name, on: $0) }
            let age = queue.now() - Int64(status.st_mtim.tv_sec) * 1000
            let path = "\(folder)/\(name)"
            let isOver: Bool
            if let state {
                isOver = state == .success
            } else {
                let first = before[path] ?? now
                found[path] = first
                isOver = age > TimeText.day && before[path] != nil && now - first >= patience
            }
            if isOver, unlink(path) == 0 { removed.append(name) }
        }
        // A process has one folder; tests have many.
        strays.withLock { strays in
            strays = strays.filter { !$0.key.hasPrefix("\(folder)/") }.merging(found) { $1 }
        }
        return removed
    }
}
