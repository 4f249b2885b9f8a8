import Bytes
import Database
import HTTP
import Jobs
import Reports

// Asking for a report: reports.md §1.2. The request is checked wholly, then it is a job; the answer goes out when the job
// is durable.

extension Call {
    static let generateOrganizationReport = generation(called: "generateOrganizationReportAsync", in: .organization)
    static let generateProductReport = generation(called: "generateProductReportAsync", in: .product)
    static let generateProjectReport = generation(called: "generateProjectReportAsync", in: .project)

    private static func generation(called name: String, in kind: ScopeKind) -> Call {
        Call(name, .one(kind), .readOnly, .points) { visit in
            let wanted = try visit.access.comparing(
                try wantedReport(visit.request, scope: visit.scope), on: visit.connection)
            let backend = visit.backend
            var job = NewJob(
                uuid: try backend.random.uuid(), organization: wanted.scope.organization, kind: .report,
                request: try wanted.json(), processType: Envelope.processType(wanted.type))
            job.account = visit.access.standing.account
            job.product = wanted.scope.product
            job.project = wanted.scope.project
            job.requestSHA1 = Digest.of(visit.request.body, .sha1).hexadecimal
            job.requestToken = try Envelope.requestToken(at: backend.queue.now(), backend.random)
            return .write { [job, email = visit.access.standing.email] in
                let made = try await backend.database.write { try backend.queue.submit(job, on: $0) }
                backend.bell.ring()
                return Envelope(job: made, email: email).response
            }
        }
    }

    /// The report that a request describes, checked against the catalog.
    static func wantedReport(_ request: Request, scope: Scope) throws -> ReportRequest {
        var type = try request.text(
            "reportType", accepted: "the name of a report, as \(scope.kind.prefix)InventoryReport")
        // Older scripts know the SPDX document of a project by a name of its own (reports.md §16).
        let isOldSPDX = scope.kind == .project && type.lowercased() == "projectspdxreport"
        if isOldSPDX { type = "ProjectSBOMReport" }
        var topFirst: Set<String> = ["format"]
        if let report = Report.named(type, in: scope.kind), case .bom = report.body {
            topFirst.formUnion(report.filters.map { $0.key.lowercased() })
        }
        var fields = try request.filters(topFirst: topFirst)
        if isOldSPDX { fields["standard"] = ["SPDX"] }
        let format = fields.removeValue(forKey: "format")?.first?.trimmingBlanks()
        return try ReportRequest(type: type, scope: scope, format: format, fields: fields)
    }
}
