import Bytes
import Database
import HTTP
import Jobs
import Reports

// Calls for the progress and result of a process: reports.md §1.4, §1.5. Polling accepts any token of the
// organization.

extension Call {
    /// Clients send the uuid of a process under either name.
    private static let uuidFields: [Parameter] = [.text("uuid"), .text("reportStatusUUID")]

    static let processStatus = Call(
        "getAsyncProcessStatus", .any, .readOnly, .points, keys: [.read, .submit, .upload], takes: uuidFields
    ) { visit in
        let (found, _) = try visit.process(named: ["uuid", "reportStatusUUID"]) {
            queue, uuid, organization, connection in
            try queue.standing(uuid: uuid, organization: organization, on: connection).map { ($0, $0.job) }
        }
        return .answer(try visit.envelope(found).response)
    }

    /// Not in Mend's API: ends an unfinished process. The answer is the envelope of the job. A running job becomes FAILED a
    /// moment later.
    static let cancelProcess = Call(
        "cancelAsyncProcess", .any, .readOnly, .points, keys: .submit, takes: uuidFields
    ) { visit in
        let (job, field) = try visit.ownJob()
        guard !job.state.isFinal else { throw APIError.finishedAlready(job.uuid, state: job.state) }
        let (backend, email) = (visit.backend, try visit.email(of: job))
        return .write {
            _ = try await backend.queue.cancel(job)
            // The read goes through the writer, because a blocking read must not run on a thread that tasks share.
            let now = try await backend.database.write { connection in
                try backend.queue.find(uuid: job.uuid, organization: job.organization, on: connection)
            }
            guard let now else { throw APIError.unknownProcess(job.uuid, field: field) }
            return Envelope(job: now, email: email).response
        }
    }

    /// Not in Mend's API: repeats a FAILED process, with all its attempts and with its upload. The answer is its
    /// envelope. A job that waits, runs or succeeded stays unchanged.
    static let retryProcess = Call(
        "waybillRetryProcess", .any, .readOnly, .points, keys: [.submit, .upload], takes: uuidFields
    ) { visit in
        let (job, field) = try visit.ownJob()
        try visit.requireRight(toRetry: job)
        let (backend, email) = (visit.backend, try visit.email(of: job))
        return .write {
            let now = try await backend.database.write { connection in
                _ = try backend.queue.rerun(uuid: job.uuid, on: connection)
                return try backend.queue.find(uuid: job.uuid, organization: job.organization, on: connection)
            }
            guard let now else { throw APIError.unknownProcess(job.uuid, field: field) }
            backend.bell.ring()
            return Envelope(job: now, email: email).response
        }
    }

    /// Not in Mend's API: the unfinished processes, the oldest first, each in the form of its status. An update of the sources
    /// is shown to every organization.
    static let processes = Call(
        "waybillGetProcesses", .one(.organization), .readOnly, .work, keys: [.read, .submit, .upload]
    ) { visit in
        let queue = visit.backend.queue
        var jobs = try queue.unfinished(
            organization: visit.scope.organization, limit: 1000, on: visit.connection)
        let updates = try queue.unfinishedUpdates(on: visit.connection)
        jobs += updates.filter { $0.job.organization != visit.scope.organization }
        let seen = try jobs.filter { visit.access.canSee($0.job) }.map { try visit.envelope($0) }
        return .answer(Answer.object { $0.objects("processes", seen) { $1.write(to: &$0) } })
    }

    static let downloadReport = Call("downloadAsyncReport", .any, .readOnly, .work, takes: uuidFields) { visit in
        let (job, field) = try visit.job(named: ["reportStatusUUID", "uuid"])
        guard job.kind == .report else { throw APIError.notDownloadable(job.uuid) }
        switch job.state {
        case .pending, .inProgress: throw APIError.notReady(job.uuid, state: job.state)
        case .failed: throw APIError.failed(job.uuid, why: job.error)
        case .success: break
        }
        let backend = visit.backend
        let artifact = try backend.queue.artifact(
            uuid: job.artifact, organization: job.organization, on: visit.connection)
        guard let artifact, let stored = try backend.openArtifact(artifact) else {
            throw APIError.unknownProcess(job.uuid, field: field)
        }
        var record = visit.access.record(.download, from: visit.origin, at: backend.queue.now())
        (record.subject, record.detail) = (artifact.fileName, "\(job.processType) \(job.uuid)")
        (record.product, record.project) = (job.product, job.project)
        backend.ledger.note(record)
        return .answer(download(artifact, stored, headers: visit.headers))
    }

    /// The ZIP. Its media type has no charset and is not `text/`, because clients recognize binary content by that
    /// (reports.md §1.5).
    private static func download(
        _ artifact: Artifact, _ stored: ArtifactContent, headers: HTTPFields
    ) -> HTTPResponse {
        let type = "application/zip"
        switch stored {
        case .file(let file):
            // The call only reads, although Mend sends it by POST, so ranges work as for GET. Conditions do not, because
            // no client of this API expects an answer without a body.
            var conditions = HTTPFields()
            for name in ["Range", "If-Range"] { conditions[name] = headers[name] }
            let reading = HTTPRequest(method: "GET", path: "/", headers: conditions)
            return .download(file, type: type, name: artifact.fileName, etag: artifact.sha256, for: reading)
        case .stream(let size, let next):
            var response = HTTPResponse(
                headers: ["Content-Type": type, "ETag": "\"\(artifact.sha256)\""],
                body: .stream(size: size, next: next))
            response.attach(as: artifact.fileName)
            return response
        case .redirect(let url):
            // 303: the client gets the result of the POST by GET. The address works like a key for a limited time, so
            // it must not be cached.
            return HTTPResponse(status: 303, headers: ["Location": url, "Cache-Control": "no-store"])
        }
    }
}

extension CallVisit {
    /// The process named by the first of these fields that is present, if the user may see it; `find` returns the
    /// wanted value and the job.
    fileprivate func process<Found>(
        named fields: [String],
        _ find: (Queue, _ uuid: String, _ organization: Int64, any Connection) throws -> (Found, job: Job)?
    ) throws -> (Found, field: String) {
        let (field, uuid) = try request.text(oneOf: fields, accepted: "the uuid that a generate request answered")
        let found = try find(backend.queue, uuid.lowercased(), scope.organization, connection)
        guard let found, access.canSee(found.job) else { throw APIError.unknownProcess(uuid, field: field) }
        return (found.0, field)
    }

    fileprivate func job(named fields: [String]) throws -> (Job, field: String) {
        try process(named: fields) { queue, uuid, organization, connection in
            try queue.find(uuid: uuid, organization: organization, on: connection).map { ($0, $0) }
        }
    }

    /// Refuses a retry if the user or the key may no longer start a process of this kind.
    fileprivate func requireRight(toRetry job: Job) throws {
        let need: Need =
            switch job.kind {
            case .intake: Need(.member, with: .upload, for: "waybillRetryProcess of an upload")
            case .report, .matching, .update: Need(.readOnly, with: .submit, for: "waybillRetryProcess of a report")
            }
        // The product of an upload is 0 until it is made; making one needs the role in the whole organization.
        guard job.kind == .intake else { return try access.require(need) }
        try access.require(need, inProduct: job.product == 0 ? nil : job.product)
    }

    /// The process that the request names, if the user started it or is its administrator.
    fileprivate func ownJob() throws -> (Job, field: String) {
        let (job, field) = try job(named: ["uuid", "reportStatusUUID"])
        let standing = access.standing
        guard job.account == standing.account || standing.role(inProduct: job.product) == .administrator else {
            throw APIError.notYours(job.uuid)
        }
        return (job, field)
    }

    fileprivate func envelope(_ standing: Queue.Poll) throws -> Envelope {
        Envelope(
            job: standing.job, email: try email(of: standing.job), uploadsAhead: standing.uploadsAhead,
            notes: standing.job.requestNotes + standing.notes + standing.job.warnings,
            basis: try basis(of: standing.job))
    }

    /// The present basis of the verdict about vulnerabilities, for a job that imports a project; nil for all others.
    private func basis(of job: Job) throws -> Basis? {
        guard let token = job.projectToken else { return nil }
        let scan = try connection.integer(
            "SELECT p.scan FROM project p WHERE p.token = \(token) AND \(scope.condition)")
        return try scan.map { try Basis.read(scan: $0, on: connection) }
    }

    fileprivate func email(of job: Job) throws -> String {
        guard let account = job.account else { return "" }
        return account == access.standing.account
            ? access.standing.email : try Accounts.email(of: account, on: connection)
    }
}
