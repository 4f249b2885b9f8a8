import API
import Bytes
import Database
import Jobs
import Reports

extension Page {
    /// The reports of a place, running and finished ones, and a form for more.
    static let reports = Page("reports", "Reports", in: [.organization, .product, .project], submission: endReport) {
        visit in
        let lines = try ReportLine.list(visit)
        let isWaiting = lines.contains { !$0.job.state.isFinal }
        let schedules = try visit.schedules()
        return Content("Reports", refresh: isWaiting ? refreshSeconds : nil) { html in
            html.section("Made and running") { html in
                if lines.isEmpty { return html.hint("Nobody has asked for one yet.") }
                html.table("Reports that were asked for", ReportLine.columns(visit), lines)
                if isWaiting { html.hint("This page looks again every \(refreshSeconds) seconds.") }
            }
            html.section("Ask for a report") { $0.reportChoice(visit) }
            html.section("Made again and again") { $0.schedules(visit, schedules) }
        }
    }

    /// The seconds after which a page with unfinished reports is reloaded.
    private static let refreshSeconds = 5

    private static let endReport = Submission { sender in
        let form = sender.form
        if form.has("scheduleId") {
            _ = try await sender.desk.perform(
                "waybillRemoveSchedule", at: (.organization, sender.names.organization.token), by: sender.keyDigest,
                sender.caller
            ) { $0.text("scheduleId", form["scheduleId"]) }
        } else {
            try await sender.call("cancelAsyncProcess") { $0.text("uuid", form["uuid"]) }
        }
        return Address(sender.place, "reports")
    }
}

/// A report in the form of the list.
private struct ReportLine {
    /// The most finished reports in the list.
    private static let limit = 50
    /// The most unfinished processes that are searched.
    private static let unfinishedLimit = 1000

    let standing: Queue.Poll
    let type: String
    let format: String
    /// The name of the organization, product or project.
    let about: String

    var job: Job { standing.job }

    /// The title for people; the type if this version has no such report.
    var title: String {
        let found = ScopeKind.allCases.lazy.compactMap { Report.named(type, in: $0) }.first
        return found.map { "\($0.title) (\(type))" } ?? type
    }

    /// The reports of the place that the person may see, unfinished ones first.
    static func list(_ visit: Visit) throws -> [ReportLine] {
        let (scope, queue, connection) = (visit.scope, visit.backend.queue, visit.connection)
        let running = try queue.unfinished(
            organization: scope.organization, limit: unfinishedLimit, on: connection)
        let past = try queue.finishedReports(organization: scope.organization, limit: limit, on: connection)
        let seen = (running.reversed() + past).filter { poll in
            let job = poll.job
            guard job.kind == .report, visit.access.canSee(job) else { return false }
            return switch scope.kind {
            case .organization: true
            case .product: job.product == scope.product
            case .project: job.project == scope.project
            }
        }
        let projects = try ProjectVital.names(
            Set(seen.map(\.job.project)).subtracting([0]), organization: scope.organization, on: connection)
        var products: [Int64: String] = [:]
        for product in try ProductVital.list(
            Scope(kind: .organization, organization: scope.organization, visibleProducts: scope.visibleProducts),
            on: connection)
        { products[product.id] = product.name }
        return seen.map { standing in
            let job = standing.job
            let wanted = try? ReportRequest(json: job.request)
            let about = job.project != 0 ? projects[job.project] : products[job.product]
            return ReportLine(
                standing: standing, type: wanted?.type ?? job.processType, format: wanted?.format.rawValue ?? "",
                about: about ?? (job.product == 0 ? visit.names.organization.name : ""))
        }
    }

    static func columns(_ visit: Visit) -> [ListColumn<ReportLine>] {
        [
            .text("Report", \.title), .text("Of", \.about), .text("Format", isWide: true, \.format),
            .time("Asked for", isWide: true, \.job.created),
            ListColumn("State") { line, html in
                let style = line.job.state == .failed ? "bad" : line.job.state == .success ? "good" : "quiet"
                html.mark(line.state.word, style)
                html.text(" \(line.state.detail)")
            },
            ListColumn("Action") { line, html in
                switch line.job.state {
                case .success: html.link(visit.inOrganization(Page.download.word, item: line.job.uuid), "Download")
                case .pending, .inProgress:
                    html.button("Cancel", to: visit.here("reports"), hidden: [("uuid", line.job.uuid)])
                case .failed: break
                }
            },
        ]
    }

    private var state: (word: String, detail: String) {
        switch job.state {
        case .pending where standing.uploadsAhead > 0:
            ("waiting", "for \(Words.count(Int64(standing.uploadsAhead), "upload"))")
        case .pending: ("waiting", job.waitingFor.map { "for \($0)" } ?? "")
        case .inProgress: ("being made", Words.count(job.rowsDone, "row"))
        case .success: ("ready", standing.notes.joined(separator: "; "))
        case .failed: ("failed", job.error)
        }
    }
}
