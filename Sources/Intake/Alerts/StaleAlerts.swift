package import Database

/// Decides the alerts of projects anew that rest on something that changed: findings, policies, marks of people.
package struct StaleAlerts {
    private let database: any Database
    private let now: () -> Int64

    package init(database: any Database, now: @escaping () -> Int64) {
        self.database = database
        self.now = now
    }

    /// Works until no project of the organization, or (nil) of any, is stale; a short transaction for each. Returns how
    /// many alerts are new or changed. May run in several processes.
    ///
    /// - Parameter looked: told after each project how many were looked at; false ends the work.
    @discardableResult
    package func run(organization: Int64? = nil, looked: (Int) -> Bool = { _ in true }) throws -> Int {
        var changed = 0
        var count = 0
        while let stale = try database.read({ try Alerts.nextStale(organization: organization, on: $0) }) {
            let time = now()
            changed += try database.write { connection in try Self.settle(stale, at: time, on: connection) }
            count += 1
            guard looked(count) else { break }
        }
        return changed
    }

    private static func settle(
        _ stale: Alerts.StaleProject, at time: Int64, on connection: any Connection
    ) throws -> Int {
        let view = try ProjectView.lock(
            project: stale.project, organization: stale.organization, on: connection)
        try Alerts.settle(stale, on: connection)
        guard let view else { return 0 }
        var evaluation = AlertEvaluation(of: view, at: time, on: connection)
        let changed = try evaluation.run()
        if changed > 0 { try view.touch(on: connection) }
        return changed
    }
}
