import API
import BOM
import Bytes
import Database
import Glibc
import Intake
import Inventory
import Jobs
import Service

extension Command {
    static let importSBOM = Command(
        words: ["import", "sbom"], operands: "FILE…",
        summary:
            "Brings SBOMs into the inventory, one project for each file; - reads standard input, a folder all its files.",
        flags: [
            .org,
            Flag("product", "NAME", "the product; made when it is not there", required: true),
            Flag("project", "NAME", "the project (the name of what the SBOM describes)"),
            Flag("project-version", "V", "appended to the project's name"),
        ]
    ) { arguments, configuration in
        let files = try arguments.operands.flatMap { try filesToImport($0) }
        guard !files.isEmpty else {
            throw UsageError(description: arguments.operands.isEmpty ? "no FILE is given" : "the folder has no files")
        }
        if configuration["project"] != nil, files.count > 1 {
            throw UsageError(description: "--project names one project; \(files.count) files are given")
        }
        let runtime = try Runtime(existing: configuration)
        let organization = try runtime.organization(named: configuration["org"])
        var imported = try LocalImport(runtime, isQuiet: arguments.has("json"))
        var destination = Intake.Destination(
            organization: organization, product: try configuration.required("product"))
        destination.project = configuration["project"] ?? ""
        destination.projectVersion = configuration["project-version"] ?? ""
        try imported.each(of: files) { imported, file in
            var job = IntakeJob(kind: .sbom, path: "", destination: destination)
            if file == "-" {
                job.path = try spooledInput(runtime)
                job.isSpooled = true
            } else {
                job.path = try regularFile(file)
            }
            try imported.run(job, label: file == "-" ? "standard input" : file)
        } finally: {
            try $0.tell(arguments)
        }
    }

    /// The files that an operand stands for: those of a folder, without its folders, in the order of their names.
    private static func filesToImport(_ operand: String) throws -> [String] {
        guard operand != "-", kind(of: operand) == S_IFDIR else { return [operand] }
        guard let names = Folder.names(in: operand) else {
            throw Failure("cannot read the folder \(operand): \(systemMessage(errno))")
        }
        let base = operand.hasSuffix("/") ? operand : operand + "/"
        let files = names.filter { !$0.hasPrefix(".") }.sorted().map { base + $0 }.filter { kind(of: $0) == S_IFREG }
        guard !files.isEmpty else { throw Failure("cannot import the folder \(operand): no file lies in it") }
        return files
    }

    /// The kind of a file, as `st_mode` has it; 0 when there is none.
    private static func kind(of path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
    }

    /// The most that standard input may bring, in bytes.
    private static let inputLimit: Int64 = 4 << 30

    /// Copies standard input into the folder of uploads, and gives the path there.
    private static func spooledInput(_ runtime: Runtime) throws -> String {
        let uuid = try Randomness.system.uuid()
        let file = try DurableFile(path: "\(runtime.directory.spool)/\(uuid)")
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = read(0, buffer.baseAddress, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure("cannot read standard input: \(systemMessage(errno))")
            }
            guard file.size + Int64(count) <= inputLimit else {
                throw Failure("standard input brings more than \(inputLimit >> 30) GiB")
            }
            try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        guard file.size > 0 else { throw Failure("standard input is empty") }
        try file.publish()
        return IntakeJob.spoolPath(of: uuid)
    }

    static let importAgent = Command(
        words: ["import", "agent"], operands: "FILE…",
        summary: "Brings request files of agents and build plug-ins into the inventory.",
        flags: [
            .org,
            Flag("product", "NAME", "the product (what the file says, or Default)"),
            Flag("update-type", "TYPE", "OVERRIDE, APPEND or REMOVE (what the file says, or OVERRIDE)"),
        ]
    ) { arguments, configuration in
        guard !arguments.operands.isEmpty else { throw UsageError(description: "no FILE is given") }
        let runtime = try Runtime(existing: configuration)
        let organization = try runtime.organization(named: configuration["org"])
        var imported = try LocalImport(runtime, isQuiet: arguments.has("json"))
        try imported.each(of: arguments.operands) { imported, file in
            for job in try agentJobs(of: try regularFile(file), organization, configuration, runtime) {
                try imported.run(job, label: file)
            }
        } finally: {
            try $0.tell(arguments)
        }
    }

    /// A job for each project of a request file, with its own part of it in the folder of uploads.
    private static func agentJobs(
        of path: String, _ organization: Int64, _ configuration: Configuration, _ runtime: Runtime
    ) throws -> [IntakeJob] {
        let whole = "\(runtime.directory.spool)/\(try Randomness.system.uuid())"
        let content = try DurableFile(path: whole)
        var upload: AgentUpload
        do {
            try AgentFile.decode(file: path, into: content, limit: 4 << 30)
            try content.publish()
            upload = try AgentReader.survey(file: whole)
        } catch {
            unlink(whole)
            throw Failure("\(path): \((error as? AgentError)?.why ?? "\(error)")")
        }
        defer { unlink(whole) }
        if let type = upload.fields["type"], type.uppercased() != "UPDATE" {
            throw Failure("\(path): it is a request of the type \(type); only UPDATE brings an inventory")
        }
        if let product = configuration["product"] {
            upload.fields["product"] = product
            upload.fields["productToken"] = nil
        }
        let word = configuration["update-type"] ?? upload.fields["updateType"] ?? "OVERRIDE"
        guard let updateType = AgentUpload.UpdateType(rawValue: word.uppercased()) else {
            throw UsageError(description: "the update type \(word) is not known; accepted: OVERRIDE, APPEND, REMOVE")
        }
        let groups: [AgentPlan.Group]
        do {
            groups = try runtime.database.snapshot { [upload] connection in
                try AgentPlan.groups(of: upload, organization: organization, on: connection)
            }
        } catch let error as AgentError {
            throw Failure("\(path): \(error.why)")
        }
        return try groups.map { group in
            let uuid = try Randomness.system.uuid()
            let file = try DurableFile(path: "\(runtime.directory.spool)/\(uuid)")
            try FileParts.write(group.ranges, ofFile: whole, asArrayTo: file)
            try file.publish()
            var destination = Intake.Destination(organization: organization, product: group.productName)
            destination.project = group.name
            destination.plugin = upload.fields["agent"] ?? ""
            destination.comment = upload.fields["scanComment"] ?? ""
            var job = IntakeJob(.agent, upload: uuid, into: destination)
            job.updateType = updateType
            job.keepsModules = AgentPlan.says(upload.fields["preserveModuleStructure"]) && group.ranges.count > 1
            return job
        }
    }

    static let importDebian = Command(
        words: ["import", "debian"], operands: "",
        summary: "Brings the packages of this Debian machine into the inventory, as a project.",
        flags: [
            .org,
            Flag("product", "NAME", "the product; made when it is not there (Machines)"),
            Flag("project", "NAME", "the project (the name of the machine)"),
            Flag("root", "DIR", "the root of the machine's file system (/)"),
            Flag("files", nil, "keep the packages' files with their digests, too"),
        ]
    ) { arguments, configuration in
        let runtime = try Runtime(existing: configuration)
        let organization = try runtime.organization(named: configuration["org"])
        var imported = try LocalImport(runtime, isQuiet: arguments.has("json"))
        var destination = Intake.Destination(
            organization: organization, product: configuration["product"] ?? "Machines")
        destination.project = configuration["project"] ?? LocalImport.hostName()
        var job = IntakeJob(kind: .debian, path: try absolute(configuration["root"] ?? "/"), destination: destination)
        job.withFiles = arguments.has("files")
        try imported.run(job, label: "the packages of \(job.path)")
        try imported.tell(arguments)
    }

    /// The path from the root; fails when nothing is there.
    private static func absolute(_ path: String) throws -> String {
        guard let full = realpath(path, nil) else { throw Failure("cannot read \(path): \(systemMessage(errno))") }
        defer { free(full) }
        return String(cString: full)
    }

    /// The path from the root of a file that has an end and can be read twice: no pipe, no device.
    static func regularFile(_ path: String) throws -> String {
        let full = try absolute(path)
        var status = stat()
        guard stat(full, &status) == 0 else { throw Failure("cannot read \(path): \(systemMessage(errno))") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Failure("cannot read \(path): it is no regular file; save what it gives into one first")
        }
        return full
    }
}

/// Imports that the command line does itself, as jobs of the queue: when it dies, a worker goes on with the file as it was
/// given, which is copied into the folder of uploads first. One that fails is over: its user hears why and has the file, and
/// nothing is tried behind the user's back.
struct LocalImport {
    private let runtime: Runtime
    private let isQuiet: Bool
    private(set) var results: [Intake.Result] = []
    /// The number of the newest product when this began: those with higher ones were made since.
    private let newestProduct: Int64

    init(_ runtime: Runtime, isQuiet: Bool) throws {
        self.runtime = runtime
        self.isQuiet = isQuiet
        newestProduct = try runtime.database.read { try $0.integer("SELECT max(id) FROM product") } ?? 0
    }

    static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Imports files that have nothing to do with each other: one that cannot be imported is named on standard error, and the
    /// others come in. Fails when one was not imported, or the usage is wrong.
    ///
    /// - Parameter finally: prints the numbers of imported records; not called when no file could be imported.
    mutating func each(
        of files: [String], _ body: (inout LocalImport, String) throws -> Void,
        finally: (LocalImport) throws -> Void
    ) throws {
        var failed: [any Error] = []
        for file in files {
            do {
                try body(&self, file)
            } catch let error as UsageError {
                throw error
            } catch {
                failed.append(error)
                if files.count > 1 { complain("\(error)\n") }
            }
        }
        if !results.isEmpty || failed.isEmpty { try finally(self) }
        guard let first = failed.first else { return }
        if files.count == 1 { throw first }
        throw Failure("\(failed.count) of \(files.count) files were not imported; the reasons stand above")
    }

    /// Does one import and waits for it. Fails with the reason for which the job failed.
    ///
    /// - Parameter project: the number of a project that exists and is all that the import is about.
    mutating func run(_ import: IntakeJob, label: String, project: (product: Int64, id: Int64) = (0, 0)) throws {
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
        // The scans that this import replaced, or left when it failed. A server does the same, but there may never be
        // one.
        do {
            _ = try intake.sweep()
        } catch {
            runtime.log(.warning, "sweep of uploads failed", ["error": "\(error)"])
        }
        guard let result = outcome.result else {
            // A job that could not be ended needs its file: others take it over.
            if outcome.isOver, let upload {
                unlink(upload)
                try? SharedUpload.forget(job: job.uuid, in: runtime.database)
            }
            throw Failure("\(label): \(outcome.why)")
        }
        results.append(result)
    }

    /// Puts a job into the queue that this process does, with its file in the folder of uploads. Returns the path of that.
    private func submit(
        _ import: IntakeJob, _ project: (product: Int64, id: Int64)
    ) throws -> (Job, upload: String?) {
        var task = `import`
        // A file in the folder of uploads has the name of its job.
        let name = task.isSpooled ? task.path.split(separator: "/").last.map(String.init) : nil
        let uuid = try name ?? Randomness.system.uuid()
        if task.kind != .debian, !task.isSpooled {
            let file = try DurableFile(path: "\(runtime.directory.spool)/\(uuid)")
            try FileParts.copy(task.path, to: file)
            try file.publish()
            // Where the document says nothing, the project is called after the file.
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
            // A job that may be there needs its file.
            if case DatabaseError.unknownOutcome = error { throw error }
            if let upload { unlink(upload) }
            throw error
        }
    }

    /// Prints what was imported.
    func tell(_ arguments: Arguments) throws {
        if arguments.has("json") {
            let json = JSONWriter.object {
                $0.key("projects")
                $0.array(results) { $0.raw($1.json) }
            }
            return print(json)
        }
        let (newest, tokens) = (newestProduct, Set(results.map(\.productToken)))
        let made = try runtime.database.read { connection in
            try connection.all(
                """
                SELECT name FROM product WHERE id > \(newest) AND token IN \(SQL.list(tokens.sorted().map(Value.text)))
                ORDER BY id
                """
            ) { $0.string(0) }
        }
        for result in results {
            print("\(result.product) / \(result.project): \(counted(result.libraries, "library", "libraries"))")
            print("  productToken \(result.productToken)\n  projectToken \(result.projectToken)")
            for warning in result.warnings { print("  warning: \(warning)") }
        }
        // A mistyped name makes a product, too.
        for name in made { print("made the product \(name)") }
    }
}
