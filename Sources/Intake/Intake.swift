import BOM
import Bytes
package import Database
import Glibc
package import Jobs

// DESIGN. Every import makes a new scan, hands its parts to `ScanStaging`, calls `complete`, and runs one transaction that
// publishes the scan and ends the job. Before that transaction nothing of the import is visible; after it the import is
// complete. An import that dies leaves a scan, which `sweep` deletes. A project shows the upload that was accepted last: an
// import publishes nothing if a later accepted upload has ended before it.

/// Brings facts into the inventory.
///
///     let intake = Intake(queue: queue, newToken: Randomness.system.token)
///     var destination = Intake.Destination(organization: organization, product: "Shop")
///     destination.project = "checkout"
///     let result = try intake.importSBOM(file: path, into: destination, lease: lease)
///
/// Any thread may use it as long as the database is open. Imports block the calling thread. Several may run at a time;
/// those of one project run one after the other. An import makes its own writes, so a write must not call it. Times are
/// milliseconds since 1970. The transaction that shows the result of an import also ends the job of its lease. Errors
/// are `IntakeError`s, which say whether the document or the surroundings are at fault. After an error nothing of the
/// import is shown.
package struct Intake: Sendable {
    package let database: any Database
    package let queue: Queue
    /// Makes the token of a new product or project: 64 lower-case hexadecimal characters.
    package let newToken: @Sendable () throws -> String
    /// Whether the disk has room for more rows beyond the reserve that lets the database work.
    package var hasRoom: @Sendable () -> Bool = { true }
    /// Opens an upload for reading, like open(2): negative on failure, with the reason in `errno`. Tests make it fail.
    let openFile: @Sendable (String) -> Int32

    package init(
        queue: Queue, newToken: @escaping @Sendable () throws -> String,
        openFile: @escaping @Sendable (String) -> Int32 = { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    ) {
        database = queue.database
        self.queue = queue
        self.newToken = newToken
        self.openFile = openFile
    }

    /// The product and project of an import, and its user.
    package struct Destination: Sendable, Equatable {
        package var organization: Int64
        /// The name of a product, which is made on first use.
        package var product: String
        /// The name of a project; empty for the name of the described component.
        package var project = ""
        /// The version that follows the project's name: `name - version`.
        package var projectVersion = ""
        /// The name of the imported file, for people; the project gets this name if it has no other. May be empty.
        package var fileName = ""
        package var account: Int64?
        /// The user of the last upload, for display.
        package var uploadedBy = ""
        /// The program of the last upload, for display.
        package var plugin = ""
        /// The comment of the upload.
        package var comment = ""
        /// The origin of the request, for the audit trail.
        package var origin = AuditRecord.Origin()

        package init(organization: Int64, product: String) {
            self.organization = organization
            self.product = product
        }

        /// The longest name of a product or a project, in characters.
        package static let nameLimit = 1000
        /// The same in bytes, because PostgreSQL keeps names in an index.
        package static let nameBytes = 2000
    }

    /// The result of an import, stored with the job as JSON.
    package struct Result: Sendable, Equatable {
        package var product: String
        package var productToken: String
        package var project: String
        package var projectToken: String
        /// The number of libraries in the inventory: distinct components, except the one that is the project itself.
        package var libraries: Int
        /// The basis of the verdict about vulnerabilities; nil when the project shows a later upload.
        package var basis: Basis?
        package var warnings: [String]
        /// The outcome of statements, for a document of statements (VEX).
        package var statements: StatementSummary?

        package init(
            product: String, productToken: String, project: String, projectToken: String, libraries: Int,
            basis: Basis? = nil, warnings: [String]
        ) {
            (self.product, self.productToken) = (product, productToken)
            (self.project, self.projectToken) = (project, projectToken)
            (self.libraries, self.basis, self.warnings) = (libraries, basis, warnings)
        }
    }

    /// Runs one import under a lease, from the new scan to the finished job.
    ///
    /// `read` passes parts to the staging and returns the graph. Throws `IntakeError.refused` when the document is at
    /// fault, `WorkError.stopped` when the lease ended, and other errors when the database failed.
    func run(
        _ lease: Lease, into destination: Destination, referenceType: String, digest: [UInt8],
        read: (inout ScanStaging) throws -> ScanStaging.Outcome
    ) throws -> Result {
        try destination.check()
        let (organization, job, time) = (destination.organization, lease.job, queue.now())
        let scan = try database.write { connection in
            try StagedScan.begin(organization: organization, job: job.id, at: time, on: connection)
        }
        guard let scan else { throw IntakeError.noOrganization(organization) }
        var staging = ScanStaging(
            database: database, scan: scan, lease: lease, referenceType: referenceType, hasRoom: hasRoom)
        let outcome: ScanStaging.Outcome
        do {
            outcome = try read(&staging)
        } catch let error as BOMError {
            throw staging.failure ?? IntakeError.refused(error)
        }
        lease.progress = staging.entries.count
        try handOver(outcome, of: scan, in: destination)
        return try publish(outcome, of: scan, in: destination, warnings: staging.warnings, digest: digest, lease: lease)
    }

    private func publish(
        _ outcome: ScanStaging.Outcome, of scan: StagedScan, in destination: Destination, warnings: [String],
        digest: [UInt8], lease: Lease
    ) throws -> Result {
        var naming: [String] = []
        let project = try destination.projectName(outOf: outcome.names) { naming.append($0) }
        let warnings = warnings + naming
        let names = try names(of: scan, product: destination.product, project: project, lease: lease)
        let new = StagedScan.NewPlace(productToken: try newToken(), projectToken: try newToken())
        return try Publishing(
            intake: self, scan: scan, outcome: outcome, destination: destination, project: project, warnings: warnings,
            digest: digest, lease: lease, names: names, time: queue.now(), new: new
        ).run()
    }

    /// The warnings when another version of a project's component, or an older document, replaces the content of the project.
    static func replacement(of before: String?, by outcome: ScanStaging.Outcome) throws -> [String] {
        guard let before, !before.isEmpty else { return [] }
        let facts = try DocumentFacts.decode(before)
        var warnings: [String] = []
        if let subject = outcome.subject, !subject.version.isEmpty, let old = facts.subject, !old.version.isEmpty,
            old.version != subject.version
        {
            warnings.append(
                "\(subject.name.prefix(200)) \(subject.version.prefix(100)) takes the place of \(old.name.prefix(200)) "
                    + "\(old.version.prefix(100)); with a project version (--project-version, projectVersion) both are kept"
            )
        }
        if let made = TimeText.milliseconds(outcome.created), let then = TimeText.milliseconds(facts.document.created),
            made < then
        {
            warnings.append(
                "the document was made \(TimeText.time(made)), before the one whose place it takes "
                    + "(\(TimeText.time(then))); upload that one again if this was not meant")
        }
        return warnings
    }

    /// Matches the names of a scan's libraries with the policies that will decide about them.
    private func names(
        of scan: StagedScan, product: String, project: String, lease: Lease
    ) throws -> NameVerdicts {
        let policies = try database.read { connection in
            let place = try scan.place(product: product, project: project, on: connection)
            return try Policies.deciding(
                organization: scan.organization, product: place.product, project: place.project, on: connection)
        }
        let names = try NameVerdicts(policies, scan: scan.id, in: database) { lease.stopReason != nil }
        guard let names else { throw WorkError.stopped }
        return names
    }

    // MARK: Sweeping

    /// Deletes replaced and abandoned scans with all their rows, in short transactions; returns their number.
    ///
    /// Facts of a failed import stay while another import of the organization runs; a later sweep deletes them.
    @discardableResult
    package func sweep() throws -> Int {
        var gone = 0
        for scan in try database.read({ try AbandonedScan.all(on: $0) }) {
            if try scan.delete(from: database, limit: 2000) { gone += 1 }
        }
        return gone
    }
}

extension Intake.Destination {
    /// The content of a scan for its project, with its upload.
    func publication(of outcome: ScanStaging.Outcome, digest: [UInt8], job: Job) -> StagedScan.Publication {
        var content = StagedScan.Publication(
            document: outcome.document, digest: digest, libraries: outcome.libraries, uploadedBy: uploadedBy,
            plugin: plugin)
        content.comment = comment
        content.requestToken = job.requestToken
        return content
    }

    /// Refuses names that cannot be shown.
    func check() throws(IntakeError) {
        try Self.check(product, field: "product")
        if !project.isEmpty { try Self.check(project, field: "project") }
    }

    /// The given name of the project; without one, the first useful name in the document, otherwise the file's name.
    func projectName(outOf names: [String], warn: (String) -> Void) throws(IntakeError) -> String {
        var name = project.isEmpty ? ProjectNaming.firstUseful(of: names) ?? "" : project
        if name.isEmpty {
            let said = names.first { !$0.isEmpty }.map { "\"\($0.prefix(100))\"" }
            guard let file = ProjectNaming.firstUseful(of: [ProjectNaming.name(ofFile: fileName)]) else {
                throw .badName(
                    field: "project", value: "",
                    accepted: "a name (--project, projectName), because the document "
                        + (said.map { "calls what it describes \($0)" } ?? "does not say what it describes"))
            }
            name = file
            warn(
                "the project is called \"\(file)\" after the file, because the document "
                    + (said.map { "calls what it describes \($0)" } ?? "does not say what it describes"))
        }
        if !projectVersion.isEmpty { name += " - \(projectVersion)" }
        try Self.check(name, field: "project")
        return name
    }

    private static func check(_ name: String, field: String) throws(IntakeError) {
        // U+FFFD replaces unreadable characters.
        let isShown =
            name.contains { !$0.isWhitespace } && !name.unicodeScalars.contains { $0.value < 32 || $0 == "\u{FFFD}" }
        guard isShown, name.utf8.count <= nameBytes, name.count <= nameLimit else {
            throw .badName(
                field: field, value: name,
                accepted: "1 to \(nameLimit) characters without control characters, \(nameBytes) bytes at most")
        }
    }
}

extension Intake.Result {
    /// The form that the job stores and the command line prints.
    package var json: String {
        JSONWriter.object {
            $0.text("product", product)
            $0.text("productToken", productToken)
            $0.text("project", project)
            $0.text("projectToken", projectToken)
            $0.number("libraries", libraries)
            if let basis { $0.object("basis") { basis.write(to: &$0) } }
            $0.texts("warnings", warnings)
            if let statements {
                $0.raw("statements", StatementSummary.json([statements], naming: Self.namedStatements))
            }
        }
    }

    /// The most unapplied statements that the job's result names; the others are counted.
    private static let namedStatements = 1000
}

extension StagedScan.Target {
    func scope(of scan: StagedScan) -> Scope {
        Scope(kind: .project, organization: scan.organization, product: product, project: project)
    }
}

extension Intake.Destination {
    /// Writes the audit record about the changes of an import in a scope.
    func record(
        _ subject: String, _ detail: String, in scope: Scope, at time: Int64, on connection: any Connection
    ) throws {
        var record = AuditRecord(.intake, organization: scope.organization, at: time)
        record.account = account ?? 0
        record.origin = origin
        record.subject = subject
        record.detail = plugin.isEmpty ? detail : "\(detail), \(plugin)"
        (record.product, record.project) = (scope.product, scope.project)
        try AuditTrail.add(record, on: connection)
    }
}
