import Bytes
import Database
import HTTP
package import Jobs
package import Reports

// Requests for reports: reports.md §1.2. The whole request is checked, then it becomes a job. The answer is sent when
// the job is durable.

extension Call {
    static let generateOrganizationReport = generation(called: "generateOrganizationReportAsync", in: .organization)
    static let generateProductReport = generation(called: "generateProductReportAsync", in: .product)
    static let generateProjectReport = generation(called: "generateProjectReportAsync", in: .project)

    private static func generation(called name: String, in kind: ScopeKind) -> Call {
        let token: TokenRule = kind == .product ? .oneOr(.product, field: ScopeKind.project.tokenField) : .one(kind)
        return Call(name, token, .readOnly, .points, keys: .submit, takes: Parameter.ofReports(in: kind)) { visit in
            let wanted = try visit.access.comparing(
                try wantedReport(visit.request, scope: visit.scope), on: visit.connection)
            try visit.access.require(wanted, for: name)
            let backend = visit.backend
            let job = try backend.job(
                for: wanted, account: visit.access.standing.account,
                requestSHA1: Digest.of(visit.request.body, .sha1).hexadecimal)
            let key = try idempotencyKey(visit.headers)
            return .write { [email = visit.access.standing.email] in
                let made = try await backend.database.write { connection in
                    if let key, let known = try known(key, job, backend.queue, on: connection) { return known }
                    return try backend.queue.submit(job, isLast: true, on: connection)
                }
                backend.bell.ring()
                return Envelope(job: made, email: email, notes: wanted.notes).response
            }
        }
    }

    /// The key with which a client may repeat a submission (draft-ietf-httpapi-idempotency-key-header).
    private static func idempotencyKey(_ headers: HTTPFields) throws(APIError) -> String? {
        guard var key = headers["Idempotency-Key"]?.trimmingBlanks(), !key.isEmpty else { return nil }
        if key.count > 1, key.hasPrefix("\""), key.hasSuffix("\"") { key = String(key.dropFirst().dropLast()) }
        guard key.utf8.count <= Idempotency.limit else {
            throw .badValue(key, of: "Idempotency-Key", accepted: "at most \(Idempotency.limit) bytes")
        }
        return key
    }

    /// The job of an earlier equal submission; nil for the first one, whose job is stored.
    private static func known(
        _ key: String, _ job: NewJob, _ queue: Queue, on connection: any Connection
    ) throws -> Job? {
        let account = job.account ?? 0
        // A digest of the request's meaning rather than its bytes, because members may come in another order.
        let digest = Digest.of(job.request.utf8, .sha1).hexadecimal
        let isFirst = try Idempotency.keep(
            key, account: account, requestSHA1: digest, job: job.uuid, at: queue.now(), on: connection)
        if isFirst { return nil }
        switch try Idempotency.find(key, account: account, requestSHA1: digest, on: connection) {
        case .job(let uuid)?: return try queue.find(uuid: uuid, organization: job.organization, on: connection)
        case .otherRequest?, nil:
            throw APIError.badValue(
                key, of: "Idempotency-Key", accepted: "a key that no other request of yours had")
        }
    }

    /// The requested report, checked against the catalog.
    static func wantedReport(_ request: Request, scope: Scope) throws -> ReportRequest {
        var type = try request.text(
            "reportType", accepted: "the name of a report, as \(scope.kind.prefix)InventoryReport")
        // Older scripts use a separate name for the SPDX document of a project (reports.md §16).
        let isOldSPDX = scope.kind == .project && type.lowercased() == "projectspdxreport"
        if isOldSPDX { type = "ProjectSBOMReport" }
        var topFirst: Set<String> = ["format"]
        if let report = Report.named(type, in: scope.kind) {
            switch report.body {
            case .bom, .vex: topFirst.formUnion(report.filters.map { $0.key.lowercased() })
            case .tables, .attribution, .risk: break
            }
        }
        var fields = try request.filters(topFirst: topFirst)
        if isOldSPDX { fields["standard"] = ["SPDX"] }
        let format = fields.removeValue(forKey: "format")?.first?.trimmingBlanks()
        return try ReportRequest(
            type: type, scope: scope, format: format, fields: fields, filterKeys: try request.filterKeys(),
            version: request.version)
    }
}

extension Backend {
    /// The job that makes a report.
    package func job(for wanted: ReportRequest, account: Int64, requestSHA1: String) throws -> NewJob {
        var job = NewJob(
            uuid: try random.uuid(), organization: wanted.scope.organization, kind: .report,
            request: try wanted.json(), processType: Envelope.processType(wanted.type))
        job.account = account
        job.product = wanted.scope.product
        job.project = wanted.scope.project
        job.requestSHA1 = requestSHA1
        job.requestToken = try Envelope.requestToken(at: queue.now(), random)
        return job
    }
}
