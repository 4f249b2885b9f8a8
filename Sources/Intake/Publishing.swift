import Database
import Jobs

// DESIGN. Publishing a scan of 300,000 libraries takes many seconds: changes of the inventory, requests, exposures and alerts
// are decided and written. No other write could use SQLite in that time. So on SQLite they are first decided in a snapshot, for
// the project in its coming state (`ProjectView.coming`). Rows that no query finds before the scan is shown are written in
// short transactions: rows of the scan, and all rows of a project that does not exist yet. One last transaction writes the
// others and shows the scan. If the project has changed since the snapshot, everything is decided inside that transaction, as
// always on PostgreSQL, whose writers run in parallel. If another cause of alerts has changed, the project is marked as stale.
// docs/adr/008 has the rules for the end of an import.

/// The end of an import, from the staged scan to the finished job.
struct Publishing: Sendable {
    /// The number of libraries from which a scan is decided without holding the writer.
    private static let smallest = 300
    /// The number of passes there, because later decisions may depend on the first ones.
    private static let attempts = 5

    let intake: Intake
    let scan: StagedScan
    let outcome: ScanStaging.Outcome
    let destination: Intake.Destination
    /// The project's name.
    let project: String
    let warnings: [String]
    let digest: [UInt8]
    let lease: Lease
    let names: NameVerdicts
    let time: Int64
    var new: StagedScan.NewPlace

    private var database: any Database { intake.database }

    /// Thrown when the facts behind the decisions have changed in the meantime.
    private struct Outdated: Error {}

    func run() throws -> Intake.Result {
        guard let decision = try decideAside() else { return try database.write { try self.publish(nil, on: $0) } }
        do {
            let result = try database.write { try self.publish(decision, on: $0) }
            // The import has succeeded even if this fails; the next evaluation of the project deletes the remaining
            // rows.
            try? forget(decision.decided.touched.sorted())
            return result
        } catch let error where Self.isOutdated(error) {
            try scan.forgetReserved(in: database)
            return try database.write { try self.publish(nil, on: $0) }
        }
    }

    // MARK: Beside the writer

    /// Decisions that were made without holding the writer.
    private struct Decision: Sendable {
        let view: ProjectView
        /// Whether the project is new.
        let isNew: Bool
        /// Nil without a project.
        let shown: StagedScan.Content.Shown?
        let moment: KnowledgeMoment
        var changes: ScanChanges
        let decided: AlertEvaluation.Decided
        let writes: RecordedWrites
        var counts: [Alerts.SeverityCount] = []
    }

    /// The product and the project of an import before the scan is shown.
    private struct Place {
        let target: StagedScan.Target
        let coming: ProjectView.Coming
        let isNew: Bool
        let shown: StagedScan.Content.Shown?
    }

    /// Nil when the transaction that shows the scan has to decide.
    private func decideAside() throws -> Decision? {
        guard database.engine == .sqlite, outcome.statements == nil else { return nil }
        let known = try database.read { connection in
            let place = try scan.place(product: destination.product, project: project, on: connection)
            return (project: place.project, libraries: try scan.libraries(shownBy: place.project, on: connection))
        }
        guard max(known.libraries, outcome.libraries) >= Self.smallest else { return nil }
        let number = known.project == 0 ? try database.write { try self.scan.reserveProject(on: $0) } : nil
        if let decision = try decideAside(number) { return decision }
        if number != nil { try scan.forgetReserved(in: database) }
        return nil
    }

    /// - Parameter number: the number of a new project; nil for an existing one.
    private func decideAside(_ number: Int64?) throws -> Decision? {
        try inherit()
        let hidden = HiddenRows(of: Self.hiddenTables(isNew: number != nil), in: database) { [scan] in
            try scan.isOpen(on: $0)
        }
        for _ in 0..<Self.attempts {
            guard lease.stopReason == nil else { throw WorkError.stopped }
            do {
                let made = try database.snapshot { try self.decide(number, hidden: hidden, on: $0) }
                guard var decision = made else { return nil }
                if decision.isNew { try hide(&decision, in: hidden) }
                return decision
            } catch is WriterNeeded {
                // The next attempt finds the rows that were written as hidden.
                try introduceClaims(number, in: hidden)
            } catch let error where Self.isOutdated(error) {
                // The hidden rows were decided from other facts. The writer replaces them.
                return nil
            }
        }
        return nil
    }

    /// Whether the error means that the decisions are outdated, because unknown rows exist.
    private static func isOutdated(_ error: any Error) -> Bool {
        if case .conflict? = error as? DatabaseError { return true }
        return error is Outdated
    }

    private static func hiddenTables(isNew: Bool) -> Set<String> {
        let own: Set<String> = ["exposure", "scan_basis", "claimed_vulnerability"]
        return isNew ? own.union(["library_request"]) : own
    }

    /// Applies people's statements about files whose digests now have a name. This stays valid even if the import
    /// fails.
    private func inherit() throws {
        let said = try database.snapshot { connection in
            try RefinedLibraries.named(in: scan.id, organization: scan.organization, on: connection)
                .said(partsOf: 100, on: connection)
        }
        for some in said {
            try database.write { connection in
                try scan.lockOrganization(on: connection)
                try some.inherit(on: connection)
            }
        }
    }

    /// Names the vulnerabilities that the document is the first to mention. No row refers to them yet; the sweep deletes them
    /// if the import dies. Its claims about known vulnerabilities change these, so the last transaction handles them.
    private func introduceClaims(_ number: Int64?, in hidden: HiddenRows) throws {
        let found = try database.snapshot { connection -> (ProjectClaims, [Claims.Entry])? in
            guard let place = try place(number, on: connection) else { return nil }
            let claims = try ProjectClaims(of: view(of: place), on: connection)
            let claimed = claims.claimed(on: connection)
            return (claims, try claimed.unheard(claimed.entries()))
        }
        if let (claims, entries) = found { try claims.introduce(entries, in: hidden) }
    }

    private func view(of place: Place) -> ProjectView {
        ProjectView(
            coming: place.coming, organization: scan.organization, product: place.target.product,
            project: place.target.project, token: place.target.projectToken, scan: scan.id,
            uploadedBy: destination.uploadedBy)
    }

    private func decide(_ number: Int64?, hidden: HiddenRows, on connection: any Connection) throws -> Decision? {
        guard let place = try place(number, on: connection) else { return nil }
        let content = destination.publication(of: outcome, digest: digest, job: lease.job)
        let moment = try KnowledgeMoment.now(organization: scan.organization, on: connection)
        let changes = try ScanChanges(of: scan, since: place.shown?.scan ?? 0, content, on: connection)
        let named = try RefinedLibraries.named(in: scan.id, organization: scan.organization, on: connection)
        let refined = try RefinedLibraries.find(
            changes.removed, in: scan.id, organization: scan.organization, on: connection)
        // Inherited decisions, and files that people assigned, change the facts that decide alerts.
        guard refined.names == named.names, try !FileOrigins.areThere(for: scan, on: connection) else { return nil }
        let view = view(of: place)
        let recording = RecordingConnection(connection, hidden: hidden)
        var evaluation = AlertEvaluation(of: view, refined: refined.names, at: time, with: names, on: recording)
        let decided = try evaluation.decide()
        return Decision(
            view: view, isNew: place.isNew, shown: place.shown, moment: moment, changes: changes, decided: decided,
            writes: recording.writes())
    }

    private func place(_ number: Int64?, on connection: any Connection) throws -> Place? {
        let found = try scan.place(product: destination.product, project: project, on: connection)
        guard (found.project == 0) == (number != nil) else { return nil }
        let token = try scan.token(ofProduct: found.product, on: connection) ?? new.productToken
        let known = try scan.content(ofProject: found.project, on: connection)
        let coming = ProjectView.Coming(
            name: project,
            version: destination.projectVersion.isEmpty ? known?.version ?? "" : destination.projectVersion,
            productName: destination.product, productToken: token, document: outcome.document,
            replaced: known?.shown.scan ?? 0)
        let target = StagedScan.Target(
            product: found.product, productToken: token, project: number ?? found.project,
            projectToken: known?.token ?? new.projectToken)
        return Place(target: target, coming: coming, isNew: number != nil, shown: known?.shown)
    }

    /// Writes rows that no query finds until the project shows the scan.
    private func hide(_ decision: inout Decision, in hidden: HiddenRows) throws {
        let view = decision.view
        try decision.changes.write(of: scan, project: view.project, at: time, hidden: hidden, in: database)
        try Alerts.hide(
            decision.decided.changes, project: view.project, organization: view.organization, in: hidden)
        decision.counts = try database.read { try Alerts.severities(of: view.project, on: $0) }
    }

    private func forget(_ vulnerabilities: [Int64]) throws {
        for start in stride(from: 0, to: vulnerabilities.count, by: 500) {
            let some = vulnerabilities[start..<min(vulnerabilities.count, start + 500)]
            try database.write { try Exposures.forget(some, on: $0) }
        }
    }

    // MARK: The last transaction

    private func publish(_ decision: Decision?, on connection: any Connection) throws -> Intake.Result {
        // The matching lock must be taken before the organization's, in the same order as in rematching.
        try Findings.shareMatching(on: connection)
        try scan.lockOrganization(on: connection)
        let isOld = try decision.map {
            try KnowledgeMoment.now(organization: scan.organization, on: connection) != $0.moment
        }
        let target = try target(decision, on: connection)
        if let later = try scan.later(than: lease.job.id, in: target, on: connection) {
            // The job ends with SUCCESS, like that of an upload that is shown and replaced at once. The sweep removes the scan
            // later.
            let note =
                "superseded: the project shows an upload that was accepted later"
                + (later.uuid.isEmpty ? "" : " (\(later.uuid))")
            return try end(in: target, libraries: outcome.libraries, [note] + warnings, on: connection)
        }
        let before = try target.shown(on: connection)
        var shown = scan.id
        var said = warnings
        var refined: [String: String]? = [:]
        if let before, let statements = outcome.statements {
            shown = before.scan
            said += try statements.apply(to: shown, of: before.document, from: scan.id, on: connection)
            try target.touch(organization: scan.organization, at: time, on: connection)
            try destination.record(
                "PROJECT \(project)", "statements", in: target.scope(of: scan), at: time, on: connection)
        } else {
            refined = try show(in: target, decision, on: connection)
            said += try Intake.replacement(of: before?.document, by: outcome)
            try destination.record(
                "PROJECT \(project)", "\(outcome.libraries) libraries", in: target.scope(of: scan), at: time,
                on: connection)
            said += try outcome.statements?.keep(in: scan.id, of: outcome.document, on: connection) ?? []
        }
        if let refined { try evaluate(target, refined: refined, on: connection) }
        if isOld == true { try StaleProject.mark(project: target.project, on: connection) }
        if let before, before.scan != shown { try Exposures.withdraw(scan: before.scan, on: connection) }
        let libraries = try StagedScan.libraryCount(of: shown, on: connection)
        let basis = try Basis.read(scan: shown, on: connection)
        return try end(in: target, libraries: libraries, basis: basis, said, on: connection)
    }

    /// Makes the project show the scan. Returns the libraries that replaced others if alerts must still be decided; nil if they
    /// were decided.
    private func show(
        in target: StagedScan.Target, _ decision: Decision?, on connection: any Connection
    ) throws -> [String: String]? {
        let content = destination.publication(of: outcome, digest: digest, job: lease.job)
        let changes = try scan.publish(content, in: target, found: decision?.changes, at: time, on: connection)
        try outcome.moment?.mark(ifOverFor: scan.id, organization: scan.organization, on: connection)
        guard let decision else {
            let refined = try RefinedLibraries.find(
                changes.removed, in: scan.id, organization: scan.organization, on: connection)
            try refined.inherit(on: connection)
            try FileOrigins.apply(
                to: scan.id, project: target.project, organization: scan.organization, at: time, on: connection)
            return refined.names
        }
        // People's statements about files from the time after the decisions were made.
        guard try !FileOrigins.areThere(for: scan, on: connection) else { throw Outdated() }
        let view = decision.view
        try decision.writes.make(on: connection)
        if decision.isNew {
            try Alerts.show(
                decision.decided.changes, project: view.project, organization: view.organization,
                counts: decision.counts, on: connection)
            try decision.decided.writeUses(of: view, on: connection)
        } else {
            try decision.decided.write(of: view, on: connection)
        }
        // Vulnerabilities without a reference may have been deleted in the meantime.
        guard try decision.decided.touched.isEmpty || Exposures.areWhole(of: scan.id, on: connection) else {
            throw Outdated()
        }
        return nil
    }

    private func evaluate(
        _ target: StagedScan.Target, refined: [String: String], on connection: any Connection
    ) throws {
        let view = try ProjectView.lock(project: target.project, organization: scan.organization, on: connection)
        guard let view else { return }
        var alerts = AlertEvaluation(of: view, refined: refined, at: time, with: names, on: connection)
        try alerts.run()
    }

    /// The product and project of the import, made on first use. Throws `Outdated` when the decisions were about another
    /// project. The organization's row is locked.
    private func target(_ decision: Decision?, on connection: any Connection) throws -> StagedScan.Target {
        guard try scan.isOpen(on: connection) else { throw IntakeError.superseded }
        // The right to upload into a product does not include making it again, which needs the role in the
        // organization.
        let job = lease.job
        guard try job.product == 0 || scan.has(product: job.product, on: connection) else {
            throw IntakeError.productGone(destination.product)
        }
        var new = new
        if let decision {
            let place = try scan.place(product: destination.product, project: project, on: connection)
            let shown = try scan.content(ofProject: place.project, on: connection)?.shown
            guard place.product == decision.view.product,
                place.project == (decision.isNew ? 0 : decision.view.project), shown == decision.shown
            else { throw Outdated() }
            if decision.isNew { new.project = decision.view.project }
        }
        let target = try scan.target(
            product: destination.product, project: project, new: new, account: destination.account, at: time,
            on: connection)
        try scan.note(version: destination.projectVersion, of: target, on: connection)
        return target
    }

    private func end(
        in target: StagedScan.Target, libraries: Int, basis: Basis? = nil, _ warnings: [String],
        on connection: any Connection
    ) throws -> Intake.Result {
        let result = Intake.Result(
            product: destination.product, productToken: target.productToken, project: project,
            projectToken: target.projectToken, libraries: libraries, basis: basis, warnings: warnings)
        try AgentRequests.finish(job: lease.job.uuid, token: lease.job.requestToken, on: connection)
        try intake.queue.succeed(
            lease.job, owner: lease.owner, result: result.json, rows: lease.progress, on: connection)
        return result
    }
}
