import Bytes
import Database
import Dispatch
import Glibc
import HTTP
import Jobs
import Reports

// DESIGN. The synchronous counterpart of every report that the catalog has: the same definition, checked the same way,
// answered as a bare file. A report says under which names (`Report.Name.synchronous`).

extension Call {
    /// A call for each report that has a synchronous name.
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

        /// A report of the catalog, by its type.
        init(
            _ type: String, _ visit: borrowing Visit, format: String?, fields: [String: [String]]
        ) throws {
            guard let report = Report.named(type, in: visit.scope.kind) else {
                throw ReportError.unknownType(type, scope: visit.scope.kind)
            }
            try self.init(report, visit, format: format, fields: fields)
        }

        init(
            _ report: Report, _ visit: borrowing Visit, format: String?, fields: [String: [String]]
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
        _ wanted: @escaping @Sendable (borrowing Visit) throws -> Wanted
    ) -> Call {
        Call(name, .one(kind), .readOnly, .work, takes: takes) { visit in
            let wanted = try wanted(visit)
            let (backend, id) = (visit.backend, try visit.backend.random.uuid())
            let record = visit.access.record(.download, from: visit.origin, at: backend.queue.now())
            return .write {
                try await withCheckedThrowingContinuation { continuation in
                    // A thread of its own, as it may wait: the shared ones are Swift's tasks' too.
                    DispatchQueue(label: "synchronous report").async {
                        // Sorting what a report shows may take the database a while before it has a first row.
                        Patience.$current.withValue(backend.patience * 4) {
                            continuation.resume(
                                with: Result {
                                    try SynchronousReports(backend: backend).response(to: wanted, id: id, as: record)
                                })
                        }
                    }
                }
            }
        }
    }

    let backend: Backend

    private func response(to wanted: Wanted, id: String, as record: AuditRecord) throws -> HTTPResponse {
        let request = wanted.request
        try waitForUploads(of: request.scope)
        Self.places.wait()
        defer { Self.places.signal() }
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
