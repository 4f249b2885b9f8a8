import Bytes
import Database
import HTTP
import Jobs
import Reports

// DESIGN. The synchronous counterpart of every report in the catalog: the same definition with the same checks,
// answered as a bare file. `Report.Name.synchronous` has the names of a report.

extension Call {
    /// A call for each report with a synchronous name.
    static let synchronousReports: [Call] = (Report.catalog + [.olderSPDX]).flatMap { report in
        ScopeKind.allCases.compactMap { kind in report.name.synchronous[kind].map { synchronous($0, kind, report) } }
    }

    private static func synchronous(_ name: String, _ kind: ScopeKind, _ report: Report) -> Call {
        SynchronousReports.call(name, kind, takes: Parameter.of(report)) { visit in
            var fields = try visit.request.filters(topFirst: ["format", "standard", "version"])
            let format = fields.removeValue(forKey: "format")?.first?.trimmingBlanks()
            for (key, values) in report.name.synchronousFields { fields[key.lowercased()] = values }
            return try SynchronousReports.Wanted(report, visit, format: format, fields: fields)
        }
    }
}

/// Makes reports while the client waits.
struct SynchronousReports {
    /// The longest wait for earlier uploads of the scope, in seconds.
    private static let patience = 60

    /// The report that a call requests.
    struct Wanted: Sendable {
        let report: Report
        let request: ReportRequest
        /// A JSON object whose members are put before those of the report; only for JSON reports.
        var head = ""

        /// A report of the catalog by its type.
        init(
            _ type: String, _ visit: borrowing CallVisit, format: String?, fields: [String: [String]]
        ) throws {
            guard let report = Report.named(type, in: visit.scope.kind) else {
                throw ReportError.unknownType(type, scope: visit.scope.kind)
            }
            try self.init(report, visit, format: format, fields: fields)
        }

        init(
            _ report: Report, _ visit: borrowing CallVisit, format: String?, fields: [String: [String]]
        ) throws {
            self.report = report
            let checked = try ReportRequest(
                report, scope: visit.scope, format: format, fields: fields, version: visit.request.version)
            request = try visit.access.comparing(checked, on: visit.connection)
        }
    }

    /// A call that answers with the bare file of a report.
    static func call(
        _ name: String, _ kind: ScopeKind, takes: [Parameter],
        _ wanted: @escaping @Sendable (borrowing CallVisit) throws -> Wanted
    ) -> Call {
        Call(name, .one(kind), .readOnly, .work, takes: takes) { visit in
            let wanted = try wanted(visit)
            let (backend, id) = (visit.backend, try visit.backend.random.uuid())
            let record = visit.access.record(.download, from: visit.origin, at: backend.queue.now())
            return .write {
                let reports = SynchronousReports(backend: backend)
                return try await backend.heavy(
                    for: wanted.request.scope, after: { try await reports.waitForUploads(of: wanted.request.scope) }
                ) {
                    // The database may need some time to sort a report before the first row.
                    try Patience.$current.withValue(backend.patience * 4) {
                        try reports.response(to: wanted, id: id, as: record)
                    }
                }
            }
        }
    }

    let backend: Backend

    /// Blocks the calling thread.
    private func response(to wanted: Wanted, id: String, as record: AuditRecord) throws -> HTTPResponse {
        let request = wanted.request
        var settings = Production.Settings()
        settings.partSize = 1 << 60
        let production = Production(wanted.report, request: request, settings: settings)
        let bare = try BareFile(
            in: backend.scratch, id: id, format: request.format, head: request.format == .json ? wanted.head : "")
        let produced = try backend.database.snapshot { connection in
            try production.run(on: connection) { _ in bare }
        }
        guard produced.parts == 1 else {
            throw APIError.tooLargeForOneFile(parts: produced.parts, format: request.format.rawValue)
        }
        let made = try bare.open()
        var response = HTTPResponse(
            headers: ["Content-Type": request.format.mediaType],
            body: .file(made.file, offset: 0, count: made.file.size))
        response.attach(as: made.name)
        var record = record
        (record.subject, record.detail) = (made.name, "\(request.type) as \(request.format.rawValue)")
        backend.ledger.note(record)
        return response
    }

    /// A report contains the uploads that were accepted before its request.
    private func waitForUploads(of scope: Scope) async throws {
        for quarter in 0..<Self.patience * 4 {
            let ahead = try await backend.waitingThreads.attempt { [backend] in
                try backend.database.read { try backend.queue.uploads(waitingIn: scope, on: $0) }
            }.get()
            if ahead == 0 { return }
            if quarter == 0 { backend.bell.ring() }
            try await Task.sleep(for: .milliseconds(250))
        }
        throw APIError.uploadsPending
    }
}
