import Database
import Dispatch
import Glibc
import HTTP
import Jobs
import Reports

// DESIGN. The synchronous counterpart of every report that the catalog has: the same definition, checked the same way,
// answered as a bare file. The names follow Mend's, which are not always those of the asynchronous types (mend-api.md
// §3.8, `syncRequestType` in the catalogue of reports).

extension Call {
    /// Ends of asynchronous types (behind `Org`, `Product`, `Project`), and those of the synchronous requests (behind
    /// `getOrganization`, `getProduct`, `getProject`).
    private static let stems: [(type: String, request: String)] = [
        ("HistoryReport", "RequestHistoryReport"),
        ("InventoryReport", "InventoryReport"),
        ("LicensesReport", "DueDiligenceReport"),
        ("SourceFileInventoryReport", "SourceFileInventoryReport"),
        ("ClusterInventoryReport", "ClusterInventoryReport"),
        ("AlertsReport", "AlertsReport"),
        ("IgnoreAlertsReport", "IgnoredAlertsReport"),
        ("ResolvedAlertsReport", "ResolvedAlertsReport"),
        ("SecurityAlertsReport", "SecurityAlertsByVulnerabilityReport"),
        ("LibrarySecurityAlertsReport", "SecurityAlertsByLibraryReport"),
        ("VulnerabilityReport", "VulnerabilityReport"),
        ("BugsReport", "BugsReport"),
        ("MembersReport", "MembersReport"),
        ("AttributesReport", "AttributesReport"),
        ("EffectiveLicensesReport", "EffectiveLicensesReport"),
        ("InHouseReport", "InHouseReport"),
        ("LibraryLocationReport", "LibraryLocationReport"),
        ("LicenseCompatibilityReport", "LicenseCompatibilityReport"),
        ("DiffReport", "DiffReport"),
        ("AttributionReport", "AttributionReport"),
    ]

    /// Requests whose names follow no pattern.
    private static let singles: [(type: String, kind: ScopeKind, request: String)] = [
        ("RiskReport", .organization, "getOrganizationRiskReport"),
        ("RiskReport", .product, "getProductRiskReport"),
        ("RiskReport", .project, "getProjectRiskReport"),
        ("AttributionReport", .project, "getProjectAttributionReport"),
        ("ChangeLogReport", .organization, "getChangesReport"),
        ("PluginPolicyViolationReport", .organization, "getPluginPolicyViolationReport"),
        ("PluginRequestHistoryReport", .organization, "getPluginRequestHistoryReport"),
        ("OrgEffectiveUsageAnalysisReport", .organization, "getOrganizationEffectiveUsageAnalysis"),
        ("OrgContainerVulnerabilityReport", .organization, "getOrganizationContainerVulnerabilityReportRequest"),
        ("ProductContainerVulnerabilityReport", .product, "getClusterVulnerabilityReportRequest"),
    ]

    /// A call for each report of the catalog that has a synchronous name.
    static let synchronousReports: [Call] = {
        var calls: [Call] = []
        func add(_ type: String, _ kind: ScopeKind, _ request: String) {
            guard Report.named(type, in: kind) != nil else { return }
            calls.append(synchronous(request, kind, Parameter.ofReport(type, in: kind)) { _, _ in type })
        }
        for stem in stems {
            for kind in ScopeKind.allCases {
                add(kind.prefix + stem.type, kind, "get\(kind.requestWord)\(stem.request)")
            }
        }
        for single in singles { add(single.type, single.kind, single.request) }
        // Older than the SBOM reports: SPDX alone (mend-api.md §3.8).
        for kind in [ScopeKind.product, .project] {
            calls.append(
                synchronous(
                    "get\(kind.requestWord)SpdxReport", kind, Parameter.ofReport(kind.prefix + "SBOMReport", in: kind)
                ) { _, fields in
                    fields["standard"] = ["SPDX"]
                    return kind.prefix + "SBOMReport"
                })
        }
        return calls
    }()

    private static func synchronous(
        _ name: String, _ kind: ScopeKind, _ takes: [Parameter],
        type: @escaping @Sendable (Request, inout [String: [String]]) -> String
    ) -> Call {
        SynchronousReports.call(name, kind, takes: takes) { visit in
            var fields = try visit.request.filters(topFirst: ["format", "standard", "version"])
            let format = fields.removeValue(forKey: "format")?.first?.trimmingBlanks()
            return try SynchronousReports.Wanted(
                type(visit.request, &fields), visit, format: format, fields: fields)
        }
    }
}

extension ScopeKind {
    /// Mend's word in names of synchronous requests.
    var requestWord: String {
        switch self {
        case .organization: "Organization"
        case .product: "Product"
        case .project: "Project"
        }
    }
}

/// Makes reports while the client waits. Blocks the calling thread.
struct SynchronousReports {
    /// More reports at a time than this wait for each other: each holds two threads and a session of the database.
    private static let width = 4
    /// How long uploads of the scope that were accepted before are waited for, in seconds.
    private static let patience = 60

    private static let places = DispatchSemaphore(value: width)

    /// What a call wants made.
    struct Wanted: Sendable {
        let report: Report
        let request: ReportRequest
        /// A JSON object whose members stand before those of the report; only a JSON report has them.
        var head = ""

        /// A report of the catalog.
        init(
            _ type: String, _ visit: borrowing Visit, format: String?, fields: [String: [String]]
        ) throws {
            let checked = try ReportRequest(type: type, scope: visit.scope, format: format, fields: fields)
            request = try visit.access.comparing(checked, on: visit.connection)
            report = try request.report()
        }

        /// A report that stands in no catalog.
        init(
            _ report: Report, _ visit: borrowing Visit, format: String?, fields: [String: [String]]
        ) throws {
            self.report = report
            request = try ReportRequest(report, scope: visit.scope, format: format, fields: fields)
        }
    }

    /// A call that answers with the bare file of a report.
    static func call(
        _ name: String, _ kind: ScopeKind, takes: [Parameter],
        _ wanted: @escaping @Sendable (borrowing Visit) throws -> Wanted
    ) -> Call {
        Call(name, .one(kind), .readOnly, .work, takes: takes) { visit in
            let wanted = try wanted(visit)
            let (backend, id) = (visit.backend, try visit.backend.random.uuid())
            return .write {
                try await withCheckedThrowingContinuation { continuation in
                    // A thread of its own, as it may wait: the shared ones are Swift's tasks' too.
                    DispatchQueue(label: "synchronous report").async {
                        continuation.resume(
                            with: Result { try SynchronousReports(backend: backend).response(to: wanted, id: id) })
                    }
                }
            }
        }
    }

    let backend: Backend

    private func response(to wanted: Wanted, id: String) throws -> HTTPResponse {
        let request = wanted.request
        try waitForUploads(of: request.scope)
        Self.places.wait()
        defer { Self.places.signal() }
        var settings = Production.Settings()
        settings.partSize = 1 << 60
        let production = Production(wanted.report, request: request, settings: settings)
        let made = try backend.database.snapshot { connection in
            try BareFile.make(
                in: backend.scratch, id: id, format: request.format, head: request.format == .json ? wanted.head : ""
            ) { destination in
                try production.run(on: connection, to: destination)
            }
        }
        var response = HTTPResponse(
            headers: ["Content-Type": request.format.mediaType],
            body: .file(made.file, offset: 0, count: made.file.size))
        response.attach(as: made.name)
        return response
    }

    /// A report contains what was accepted before it was asked for.
    private func waitForUploads(of scope: Scope) throws {
        for second in 0..<Self.patience * 4 {
            let ahead = try backend.database.read { connection in
                try backend.queue.uploads(waitingIn: scope, on: connection)
            }
            if ahead == 0 { return }
            if second == 0 { backend.bell.ring() }
            usleep(250_000)
        }
        throw APIError.uploadsPending
    }
}
