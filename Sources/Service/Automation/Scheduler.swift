import API
import Bytes
import Database
import Jobs
import Reports
import Synchronization

/// Makes the reports that are due.
final class Scheduler: Sendable {
    /// The outcome for a due schedule.
    enum Decision: Sendable, Equatable {
        case submitted(uuid: String)
        /// The report cannot be made: its owner may no longer see its scope, or its request cannot be read. The next
        /// time tries it again.
        case refused(schedule: Int64, why: String)
    }

    private let backend: Backend
    /// The time of the last check; 0 for none.
    private let looked = Mutex<Int64>(0)

    init(_ backend: Backend) { self.backend = backend }

    /// Submits due schedules, each once even when several servers check. Several times that passed while no server
    /// ran count as one.
    func run() throws -> [Decision] {
        let time = backend.queue.now()
        let last = looked.withLock { last in
            defer { last = time }
            return last
        }
        if last == 0 || time < last { try realign() }
        let due = try backend.database.read { try Schedules.due(at: time, limit: 100, on: $0) }
        var outcomes: [Decision] = []
        for schedule in due {
            // Each submission borrows the connection by itself, so a refused one does not delay the others.
            let outcome = try backend.database.write { connection in
                try self.submit(schedule, at: time, on: connection)
            }
            if let outcome { outcomes.append(outcome) }
        }
        if outcomes.contains(where: { if case .submitted = $0 { true } else { false } }) { backend.bell.ring() }
        return outcomes
    }

    /// Plans times again that are farther ahead than their expression allows, because the clock was set back after they
    /// were planned. It also runs at the start, because the clock may have been set back while no server ran.
    private func realign() throws {
        var page = try backend.database.read { try Schedules.planned(after: 0, limit: 500, on: $0) }
        while let end = page.last {
            // Checked after the page, because times that another server planned while this one was suspended are not
            // too far ahead.
            let time = backend.queue.now()
            for schedule in page {
                guard let next = CronExpression(schedule.cron)?.next(after: time), next < schedule.due else { continue }
                try backend.database.write { connection in
                    _ = try Schedules.advance(schedule, to: next, job: schedule.job, on: connection)
                }
            }
            page = try backend.database.read { try Schedules.planned(after: end.id, limit: 500, on: $0) }
        }
    }

    /// Nil when another server was faster.
    private func submit(_ schedule: ScheduleRecord, at time: Int64, on connection: any Connection) throws -> Decision? {
        // A schedule that this version cannot read waits a day for a version that can.
        let next = CronExpression(schedule.cron)?.next(after: time) ?? time + TimeText.day
        let job: NewJob
        do {
            job = try self.job(of: schedule, on: connection)
        } catch let refusal as Refusal {
            guard try Schedules.advance(schedule, to: next, job: "", on: connection) else { return nil }
            return .refused(schedule: schedule.id, why: refusal.why)
        } catch let error as ReportError {
            guard try Schedules.advance(schedule, to: next, job: "", on: connection) else { return nil }
            return .refused(schedule: schedule.id, why: "\(error)")
        }
        guard try Schedules.advance(schedule, to: next, job: job.uuid, on: connection) else { return nil }
        do {
            return .submitted(uuid: try backend.queue.submit(job, on: connection).uuid)
        } catch let error as QueueError {
            try Schedules.forget(job: job.uuid, of: schedule, on: connection)
            return .refused(schedule: schedule.id, why: "\(error)")
        }
    }

    private struct Refusal: Error { let why: String }

    /// The job, with the owner's present rights.
    private func job(of schedule: ScheduleRecord, on connection: any Connection) throws -> NewJob {
        let wanted = try ReportRequest(json: schedule.request)
        let standing = try Standing.find(account: schedule.account, in: schedule.organization, on: connection)
        guard let standing, standing.role(inProduct: wanted.scope.product) != nil,
            wanted.scope.comparison.map({ standing.role(inProduct: $0.product) != nil }) ?? true
        else { throw Refusal(why: "its owner may not see the \(wanted.scope.kind.rawValue) any more") }
        guard try !wanted.report().isTrail || standing.role == .administrator else {
            throw Refusal(why: "its owner is no administrator of the organization any more")
        }
        let request = wanted.showing(products: standing.visibleProducts)
        let digest = Digest.of(schedule.request.utf8, .sha1).hexadecimal
        return try backend.job(for: request, account: schedule.account, requestSHA1: digest)
    }
}
