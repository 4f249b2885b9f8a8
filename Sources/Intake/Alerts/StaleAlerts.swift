package import Database

// DESIGN. Deciding about a project of 300,000 libraries takes many seconds, in which no other write could use SQLite. So alerts
// are decided in a snapshot, and the writer is held only to store the changes in one transaction. No reader sees a part of
// them. If the facts have changed in the meantime, or another process was faster, this is detected, and the alerts are decided again if
// the project is still stale; after some attempts inside the transaction. PostgreSQL always does so, because its writers run in parallel.

/// Decides alerts of projects again whose causes changed: findings, policies, or marks of people.
package struct StaleAlerts {
    /// How often a project is decided without holding the writer.
    private static let attempts = 3

    private let database: any Database
    private let now: () -> Int64

    package init(database: any Database, now: @escaping () -> Int64) {
        self.database = database
        self.now = now
    }

    /// Works on one project after the other until no project of the organization is stale. Returns how many alerts
    /// are new or changed. Several processes may run it.
    ///
    /// - Parameters:
    ///   - largest: the work ends at the first project with more libraries.
    ///   - shouldStop: called while names are matched; true ends the work at once.
    ///   - looked: called after each project; false ends the work.
    @discardableResult
    package func run(
        organization: Int64, largest: Int64 = .max, shouldStop: () -> Bool = { false }, looked: () -> Bool
    ) throws -> Int {
        var changed = 0
        var last: (project: Int64, attempts: Int) = (0, 0)
        while let stale = try database.read({ try StaleProject.next(organization: organization, on: $0) }) {
            guard try database.read({ try stale.libraries(on: $0) }) <= largest else { break }
            guard let names = try names(of: stale, shouldStop: shouldStop) else { break }
            last = (stale.project, stale.project == last.project ? last.attempts + 1 : 1)
            changed += try settle(stale, at: now(), with: names, isLast: last.attempts >= Self.attempts)
            guard looked() else { break }
        }
        return changed
    }

    /// - Parameter isLast: whether the writer decides if the facts change meanwhile; otherwise the project stays stale.
    private func settle(
        _ stale: StaleProject, at time: Int64, with names: NameVerdicts, isLast: Bool
    ) throws -> Int {
        // Writers of PostgreSQL run side by side.
        guard database.engine == .sqlite else {
            return try database.write { try Self.settle(stale, at: time, with: names, on: $0) }
        }
        try inherit(in: stale)
        // If that made the project stale again, it comes next.
        guard let mine = try database.write({ try stale.renew(on: $0) }) else { return 0 }
        do {
            do {
                return try settleAside(mine, at: time, with: names)
            } catch is WriterNeeded {
                // Claims of documents must be written first, because exposures are decided from them.
                try resolveClaims(of: mine)
                return try settleAside(mine, at: time, with: names)
            }
        } catch  where error is WriterNeeded || error is Outdated {
            if error is Outdated, !isLast { return 0 }
            return try database.write { try Self.settle(mine, at: time, with: names, on: $0) }
        }
    }

    private func names(of stale: StaleProject, shouldStop: () -> Bool) throws -> NameVerdicts? {
        let (policies, scan) = try database.snapshot { connection in
            let place = try ProjectView.place(project: stale.project, on: connection)
            let policies = try Policies.deciding(
                organization: stale.organization, product: place?.product ?? 0, project: stale.project, on: connection)
            return (policies, place?.scan ?? 0)
        }
        return try NameVerdicts(policies, scan: scan, in: database, shouldStop: shouldStop)
    }

    private static func settle(
        _ stale: StaleProject, at time: Int64, with names: NameVerdicts, on connection: any Connection
    ) throws -> Int {
        let view = try ProjectView.lock(
            project: stale.project, organization: stale.organization, on: connection)
        // This comes before the marks, in the order in which batches of advisories lock them.
        try Advisories.share(on: connection)
        try stale.settle(on: connection)
        guard let view else { return 0 }
        let named = try RefinedLibraries.named(in: view.scan, organization: view.organization, on: connection)
        try named.inherit(on: connection)
        var evaluation = AlertEvaluation(of: view, refined: named.names, at: time, with: names, on: connection)
        let decided = try evaluation.run()
        if decided.isVisible { try view.touch(on: connection) }
        return decided.changes.count
    }

    // MARK: Beside the writer

    /// Thrown when the facts that were read have changed in the meantime.
    private struct Outdated: Error {}

    /// Applies, in parts, people's statements about files whose digests now have a name. This happens once, and makes the
    /// projects with the libraries stale.
    private func inherit(in stale: StaleProject) throws {
        let said = try database.snapshot { connection -> [RefinedLibraries] in
            guard let scan = try ProjectView.place(project: stale.project, on: connection)?.scan, scan > 0 else {
                return []
            }
            return try RefinedLibraries.named(in: scan, organization: stale.organization, on: connection)
                .said(partsOf: 100, on: connection)
        }
        for some in said {
            try database.write { connection in
                try Revisions.lock(stale.organization, on: connection)
                try some.inherit(on: connection)
            }
        }
    }

    /// Decides in a snapshot, then writes the changes. Throws `WriterNeeded` if decisions depend on their own writes, and
    /// `Outdated` if the project has changed.
    private func settleAside(_ stale: StaleProject, at time: Int64, with names: NameVerdicts) throws -> Int {
        let plan = try database.snapshot { try Plan(stale, at: time, with: names, on: $0) }
        guard let plan else {
            try database.write { _ = try stale.settle(on: $0) }
            return 0
        }
        try database.write { connection in
            guard try stale.settle(on: connection),
                try plan.view.revision(on: connection) == plan.revision
            else { throw Outdated() }
            try plan.writes.make(on: connection)
            try plan.decided.write(of: plan.view, on: connection)
            if plan.decided.isVisible { try plan.view.touch(on: connection) }
            // Vulnerabilities without a reference may have been deleted in the meantime.
            guard try plan.decided.touched.isEmpty || Exposures.areWhole(of: plan.view.scan, on: connection) else {
                throw Outdated()
            }
        }
        let touched = plan.decided.touched.sorted()
        for start in stride(from: 0, to: touched.count, by: 500) {
            let some = touched[start..<min(touched.count, start + 500)]
            try database.write { try Exposures.forget(some, on: $0) }
        }
        return plan.decided.changes.count
    }

    /// The writes for a project. The decisions are valid while the project's stale mark and revision stay the same: a change of
    /// a cause also changes the mark, and a decision about alerts raises the revision.
    private struct Plan: Sendable {
        let view: ProjectView
        let revision: Int64
        let decided: AlertEvaluation.Decided
        let writes: RecordedWrites

        /// Nil for a project without content.
        init?(
            _ stale: StaleProject, at time: Int64, with names: NameVerdicts, on connection: any Connection
        ) throws {
            let view = try ProjectView.lock(project: stale.project, organization: stale.organization, on: connection)
            guard let view, let revision = try view.revision(on: connection) else { return nil }
            let named = try RefinedLibraries.named(in: view.scan, organization: view.organization, on: connection)
            let recording = RecordingConnection(connection)
            var evaluation = AlertEvaluation(of: view, refined: named.names, at: time, with: names, on: recording)
            decided = try evaluation.decide()
            writes = recording.writes()
            self.view = view
            self.revision = revision
        }
    }

    /// Writes the vulnerabilities that the claims of a project's document, and the statements about the project, mean. Unknown
    /// vulnerabilities are written first, some at a time, because no row refers to them yet.
    private func resolveClaims(of stale: StaleProject) throws {
        let found = try database.snapshot { connection -> (ProjectClaims, [Claims.Entry])? in
            let view = try ProjectView.lock(project: stale.project, organization: stale.organization, on: connection)
            guard let view else { return nil }
            let said = try ProjectClaims(of: view, on: connection)
            return (said, try said.unknown(on: connection))
        }
        guard let (said, entries) = found else { return }
        let hidden = HiddenRows(of: [], in: database) { try said.view.revision(on: $0) != nil }
        try said.introduce(entries, in: hidden)
        let isResolved = try database.snapshot { connection in
            let recording = RecordingConnection(connection)
            var claimed = said.claimed(on: recording)
            do {
                try claimed.resolve()
            } catch is WriterNeeded {
                return false
            }
            return !recording.hasWrites
        }
        if isResolved { return }
        try hidden.write { connection in
            var claimed = said.claimed(on: connection)
            try claimed.resolve()
        }
    }
}
