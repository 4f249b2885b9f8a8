import BOM
import Bytes
import Database
import Jobs
import VEX

// DESIGN. A document of statements is imported like a bill of materials: as a job, staged in short transactions, and made
// current in one. Its effects are decided by the code that decides all alerts. The projects that it may concern are marked as
// stale, and the job evaluates these, one project in a transaction, before it ends. So a report that waits for the upload shows
// its statements, and the writer never holds more than one project. After a crash the job continues where it stopped.

/// Imports documents of statements (VEX) into the inventory.
struct StatementImport {
    let intake: Intake
    private var database: any Database { intake.database }

    /// Imports the document of a job and applies it. The job is SUCCESS when this returns.
    ///
    /// - Parameter found: the project of a document that was uploaded as an SBOM.
    func run(
        file path: String, into destination: Intake.Destination, lease: Lease, about found: StatementsAlone? = nil
    ) throws -> Intake.Result {
        let job = lease.job
        let (product, project) = (found?.product ?? job.product, found?.project ?? job.project)
        var row = StatementDocumentRow(organization: job.organization, project: project, job: job.id)
        row.fileName = destination.fileName
        row.account = destination.account ?? 0
        let id: Int64
        var warnings: [String] = []
        if let known = try database.read({ try StatementDocuments.published(byJob: job.id, on: $0) }) {
            id = known
        } else {
            try discardStaged(by: job.id)
            row.digest = try intake.digest(ofFile: path)
            (id, warnings) = try stage(path, row, lease)
        }
        try StatementReach(document: id, organization: job.organization, project: project, in: database).mark()
        try StaleAlerts(database: database, now: intake.queue.now).run(
            organization: job.organization, shouldStop: { lease.stopReason != nil },
            looked: { lease.stopReason == nil })
        if lease.stopReason != nil { throw WorkError.stopped }
        let summary = try database.snapshot { try StatementSummary(of: id, on: $0) }
        var result =
            found?.result
            ?? Intake.Result(
                product: destination.product, productToken: "", project: destination.project, projectToken: "",
                libraries: 0, warnings: [])
        result.warnings += warnings + summary.warnings
        result.statements = summary
        try database.write { [queue = intake.queue, result] connection in
            try queue.succeed(job, owner: lease.owner, result: result.json, rows: lease.progress, on: connection)
            let scope = Scope(
                kind: project > 0 ? .project : .organization, organization: job.organization, product: product,
                project: project)
            let name = result.project.isEmpty ? "" : " PROJECT \(result.project)"
            let said = "\(summary.applied) of \(summary.statements) applied"
            try destination.record("STATEMENTS\(name)", said, in: scope, at: queue.now(), on: connection)
        }
        return result
    }

    private func discardStaged(by job: Int64) throws {
        for id in try database.read({ try StatementDocuments.staged(byJob: job, on: $0) }) {
            while try database.write({ try StatementDocuments.discard(id, limit: 1000, on: $0) }) {}
        }
    }

    /// Stages the document and makes it current. A document with the same bytes is the same document.
    private func stage(
        _ path: String, _ row: StatementDocumentRow, _ lease: Lease
    ) throws -> (document: Int64, warnings: [String]) {
        if let same = try database.read({ try StatementDocuments.same(as: row, on: $0) }) {
            return (same, ["the same document is there already; it was looked at again"])
        }
        var staging = StatementStaging(row, by: intake, lease: lease)
        do throws(BOMError) {
            try VEXReader.read(file: path, into: &staging)
            try staging.finish()
        } catch {
            if let document = staging.document {
                // If this fails, too, the next attempt deletes the rest.
                while try database.write({ try StatementDocuments.discard(document, limit: 1000, on: $0) }) {}
            }
            throw staging.failure ?? IntakeError.refused(error)
        }
        guard let document = staging.document else {
            throw IntakeError.refused(.invalid(what: "the document says nothing of itself"))
        }
        let whole = staging.row
        try database.write { connection in
            guard try Revisions.lock(whole.organization, on: connection) else {
                throw IntakeError.noOrganization(whole.organization)
            }
            let replaced = try StatementDocuments.publish(document, whole, on: connection)
            try Statements.markStale(showing: replaced, on: connection)
        }
        return (document, staging.warnings)
    }
}

/// Marks the projects that a document of statements may concern.
struct StatementReach {
    /// The rows that are read or written at once.
    private static let page = 2000
    /// The number of keys beyond which all projects are marked instead of selected ones.
    private static let keyLimit = 200_000

    private let document: Int64
    private let organization: Int64
    private let project: Int64
    private let database: any Database

    init(document: Int64, organization: Int64, project: Int64, in database: any Database) {
        self.document = document
        self.organization = organization
        self.project = project
        self.database = database
    }

    func mark() throws {
        if project > 0 { return try mark([project]) }
        guard let keys = try keys() else { return try markAll() }
        var found = try projectsWithLibraries(of: keys)
        found.formUnion(try projects(called: keys))
        try mark(found.sorted())
    }

    private func mark(_ projects: [Int64]) throws {
        for start in stride(from: 0, to: projects.count, by: 500) {
            let some = projects[start..<min(projects.count, start + 500)].map { Value.integer($0) }
            try database.write { try StaleProject.mark("SELECT id FROM project WHERE id IN \(SQL.list(some))", on: $0) }
        }
    }

    private func markAll() throws {
        let all = try database.read { connection in
            try connection.all("SELECT id FROM project WHERE organization = \(organization) ORDER BY id") {
                $0.integer(0)
            }
        }
        try mark(all)
    }

    private func keys() throws -> Set<String>? {
        var keys: Set<String> = []
        var last = ""
        while true {
            let some = try database.read { [last] in
                try Statements.keys(of: document, organization: organization, after: last, limit: Self.page, on: $0)
            }
            guard let end = some.last else { return keys }
            last = end
            keys.formUnion(some)
            // No searchable column contains digests of other lengths.
            if keys.count > Self.keyLimit || some.contains(where: { $0.hasPrefix("h:") && $0.utf8.count != 42 }) {
                return nil
            }
        }
    }

    private func projectsWithLibraries(of keys: Set<String>) throws -> Set<Int64> {
        var projects: Set<Int64> = []
        var last: Int64 = 0
        while true {
            let (end, wanted) = try database.read { [last] connection in
                var (end, wanted): (Int64?, [Int64]) = (nil, [])
                try connection.each(
                    """
                    SELECT id, purl, artifact, sha1 FROM library WHERE organization = \(organization) AND id > \(last)
                    ORDER BY id LIMIT \(Self.page)
                    """
                ) { row in
                    end = row.integer(0)
                    let own = ProductLibrary.keys(
                        purl: row.string(1), artifact: row.string(2), sha1: row.string(3))
                    if !own.isDisjoint(with: keys) { wanted.append(row.integer(0)) }
                }
                return (end, wanted)
            }
            guard let end else { return projects }
            last = end
            projects.formUnion(try database.read { try Findings.projects(showing: wanted, on: $0) })
        }
    }

    private func projects(called keys: Set<String>) throws -> Set<Int64> {
        var found: Set<Int64> = []
        var last: Int64 = 0
        while true {
            let some = try database.read { [last] connection in
                let views = try connection.all(
                    """
                    SELECT id FROM project WHERE organization = \(organization) AND id > \(last) AND scan > 0
                    ORDER BY id LIMIT 200
                    """
                ) { $0.integer(0) }
                return try views.map { id in
                    let scope = Scope(kind: .project, organization: organization, project: id)
                    guard let view = try ProjectView.read(scope, on: connection) else { return (id, false) }
                    let own = try ProjectIdentity(of: view, on: connection).keys(inProject: id)
                    return (id, !keys.isDisjoint(with: own))
                }
            }
            guard let end = some.last else { return found }
            last = end.0
            for (id, isMeant) in some where isMeant { found.insert(id) }
        }
    }
}
