import Foundation
import Intake
package import Jobs

extension Queue {
    /// Does the work of jobs after an import of advisories or releases. Returns how many findings are new or changed.
    @discardableResult
    package func matchAll() throws -> Int {
        let jobs = try MatchingJob(self).submit(besideRunning: true) { UUID().uuidString.lowercased() }
        return try jobs.reduce(0) { sum, waiting in
            guard let job = try claim(uuid: waiting.uuid, for: "test") else { return sum }
            return sum + (try MatchingJob(self).run(Lease(job: job, owner: "test")).matched)
        }
    }
}
