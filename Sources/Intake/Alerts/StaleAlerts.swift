package import Database

/// Decides the alerts of projects again that rest on something that changed: findings, policies, marks of people.
package struct StaleAlerts {
    private let database: any Database
    private let now: () -> Int64

    package init(database: any Database, now: @escaping () -> Int64) {
        self.database = database
        self.now = now
    }

    /// Works until no project of the organization is stale; a transaction for each. Returns how many alerts are new or
    /// changed. May run in several processes.
    ///
    /// - Parameters:
    ///   - shouldStop: asked while names are matched whether to end at once.
    ///   - looked: asked after each project whether to go on.
    @discardableResult
    package func run(
        organization: Int64, shouldStop: () -> Bool = { false }, looked: () -> Bool
    ) throws -> Int {
        var changed = 0
        while let stale = try database.read({ try Alerts.nextStale(organization: organization, on: $0) }) {
            guard let names = try names(of: stale, shouldStop: shouldStop) else { break }
            let time = now()
            changed += try database.write { connection in
                try Self.settle(stale, at: time, with: names, on: connection)
            }
            guard looked() else { break }
        }
        return changed
    }

    private func names(of stale: Alerts.StaleProject, shouldStop: () -> Bool) throws -> NameVerdicts? {
        let (policies, scan) = try database.snapshot { connection in
            let place = try ProjectView.place(project: stale.project, on: connection)
            let policies = try Policies.deciding(
                organization: stale.organization, product: place?.product ?? 0, project: stale.project, on: connection)
            return (policies, place?.scan ?? 0)
        }
        return try NameVerdicts(policies, scan: scan, in: database, shouldStop: shouldStop)
    }

    private static func settle(
        _ stale: Alerts.StaleProject, at time: Int64, with names: NameVerdicts, on connection: any Connection
    ) throws -> Int {
        let view = try ProjectView.lock(
            project: stale.project, organization: stale.organization, on: connection)
        // Before the marks, in the order in which batches of advisories lock them.
        try Advisories.share(on: connection)
        try Alerts.settle(stale, on: connection)
        guard let view else { return 0 }
        let named = try RefinedLibraries.named(in: view.scan, organization: view.organization, on: connection)
        try named.inherit(on: connection)
        var evaluation = AlertEvaluation(of: view, refined: named.names, at: time, with: names, on: connection)
        let changed = try evaluation.run()
        if changed > 0 || evaluation.hasOtherExposures || evaluation.hasOtherBasis { try view.touch(on: connection) }
        return changed
    }
}
