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
        ] + Flag.remote
    ) { arguments, configuration in
        let files = try arguments.operands.flatMap { try filesToImport($0) }
        guard !files.isEmpty else {
            throw UsageError(description: arguments.operands.isEmpty ? "no FILE is given" : "the folder has no files")
        }
        if configuration["project"] != nil, files.count > 1 {
            throw UsageError(description: "--project names one project; \(files.count) files are given")
        }
        let (workplace, isQuiet) = (try configuration.workplace(), arguments.has("json"))
        let product = try configuration.required("product")
        // A mistyped organization is reported before files are read.
        _ = try workplace.organization()
        var account = ImportAccount(known: isQuiet ? nil : try workplace.productTokens())
        try account.each(of: files) { account, file in
            var document = ImportFile(kind: .sbom, file: file)
            document.product = product
            document.project = configuration["project"] ?? ""
            document.projectVersion = configuration["project-version"] ?? ""
            account.add(try workplace.bring(document, isQuiet: isQuiet))
        } finally: {
            $0.tell(arguments)
        }
    }

    /// The files of an operand: those of a folder, without its subfolders, in the order of their names.
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

    /// The kind of a file in the form of `st_mode`; 0 for a missing file.
    private static func kind(of path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : 0
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
        let local = LocalImport(runtime, isQuiet: arguments.has("json"))
        var account = ImportAccount(known: local.isQuiet ? nil : try runtime.productTokens())
        try account.each(of: arguments.operands) { account, file in
            for job in try agentJobs(of: try regularFile(file), organization, configuration, runtime) {
                account.add(Imported(try local.run(job, label: file)))
            }
        } finally: {
            $0.tell(arguments)
        }
    }

    /// A job for each project of a request file, with its own part of the file in the uploads folder.
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
        let local = LocalImport(runtime, isQuiet: arguments.has("json"))
        var account = ImportAccount(known: local.isQuiet ? nil : try runtime.productTokens())
        var destination = Intake.Destination(
            organization: organization, product: configuration["product"] ?? "Machines")
        destination.project = configuration["project"] ?? LocalImport.hostName()
        var job = IntakeJob(kind: .debian, path: try absolute(configuration["root"] ?? "/"), destination: destination)
        job.withFiles = arguments.has("files")
        account.add(Imported(try local.run(job, label: "the packages of \(job.path)")))
        account.tell(arguments)
    }

    /// The absolute path; throws for a missing file.
    private static func absolute(_ path: String) throws -> String {
        guard let full = realpath(path, nil) else { throw Failure("cannot read \(path): \(systemMessage(errno))") }
        defer { free(full) }
        return String(cString: full)
    }

    /// The absolute path of a file that has an end and can be read twice, so neither a pipe nor a device.
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
