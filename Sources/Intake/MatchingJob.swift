import BOM
import Bytes
import Database
package import Jobs

// DESIGN. Imports of advisories and releases set marks on packages, and people's decisions set marks on projects. Only
// these marks determine the remaining work. A job of an organization processes and removes them. If another job has done
// so before, it costs nothing. So it may run any number of times, in any process. A job that dies leaves the remaining
// marks.

/// Work of the kind MATCHING: matches libraries of an organization again whose packages, or whose naming rules, have
/// changed; then decides alerts again.
package struct MatchingJob {
    /// The result of a job.
    package struct Result: Sendable, Equatable {
        /// The number of libraries and projects that were processed.
        package var libraries = 0
        package var projects = 0
        /// The number of new or changed findings.
        package var matched = 0
        /// The number of new or changed alerts.
        package var alerts = 0

        /// The form that the job stores.
        package var json: String {
            JSONWriter.object {
                $0.number("libraries", libraries)
                $0.number("projects", projects)
                $0.number("matched", matched)
                $0.number("alerts", alerts)
            }
        }

        package init() {}

        /// Reads `json`.
        package init(json: String) throws {
            try decoding("the result of a matching", json) { (json) throws(JSONError) in
                try ComponentFacts.members(&json) { (json) throws(JSONError) in
                    if json.keyEquals("libraries") {
                        libraries = try json.integer()
                    } else if json.keyEquals("projects") {
                        projects = try json.integer()
                    } else if json.keyEquals("matched") {
                        matched = try json.integer()
                    } else if json.keyEquals("alerts") {
                        alerts = try json.integer()
                    } else {
                        return false
                    }
                    return true
                }
            }
        }
    }

    private let queue: Queue

    package init(_ queue: Queue) { self.queue = queue }

    /// Makes sure that each organization with stale rows has a job that will process them.
    ///
    /// - Parameter besideRunning: whether a new job is wanted even if one is running, which may have passed a mark set
    ///   just now.
    /// - Returns: the waiting jobs.
    package func submit(
        besideRunning: Bool, newUUID: @escaping @Sendable () throws -> String
    ) throws -> [Job] {
        let stale = try queue.database.read { try Findings.staleOrganizations(on: $0) }
        if stale.isEmpty { return [] }
        return try queue.database.write { connection in
            var jobs: [Job] = []
            for organization in stale {
                let unfinished = try queue.unfinished(.matching, organization: organization, on: connection)
                if let waiting = unfinished.first(where: { $0.state == .pending }) {
                    jobs.append(waiting)
                } else if besideRunning || unfinished.isEmpty {
                    let job = NewJob(
                        uuid: try newUUID(), organization: organization, kind: .matching, request: "{}",
                        processType: "Advisory Matching")
                    jobs.append(try queue.submitOwn(job, on: connection))
                }
            }
            return jobs
        }
    }

    /// Does a job; the job is SUCCESS when this returns. The lease's progress counts libraries and projects.
    @discardableResult
    package func run(_ lease: Lease) throws -> Result {
        var result = Result()
        let organization = lease.job.organization
        func looked(_ count: Int) -> Bool {
            result.libraries += count
            lease.progress += count
            return lease.stopReason == nil
        }
        try StaleNames(database: queue.database, now: queue.now).run(organization: organization, looked: looked)
        // New package keys are made for all organizations by the first job that runs.
        let rekeyed = try Rekeying(database: queue.database).run(looked: looked)
        result.matched =
            try rekeyed
            + Rematching(database: queue.database, organization: organization, now: queue.now).run(looked: looked)
        result.alerts = try StaleAlerts(database: queue.database, now: queue.now).run(
            organization: organization, shouldStop: { lease.stopReason != nil },
            looked: {
                result.projects += 1
                lease.progress += 1
                return lease.stopReason == nil
            })
        if lease.stopReason != nil { throw WorkError.stopped }
        try queue.database.write { [result] connection in
            try queue.succeed(
                lease.job, owner: lease.owner, result: result.json, rows: lease.progress, on: connection)
        }
        return result
    }
}
