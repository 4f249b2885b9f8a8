import Bytes
import Database
import Glibc
import HTTP
import Intake
import Jobs

// DESIGN. The key is checked when the head has arrived, so that clients without a key cannot fill the disk. It is checked
// again, with everything else, when the body has arrived. Then the document is decoded into a file of the uploads folder, its
// product and project are decided, the file is published (flushed and renamed), the job is queued, a worker is woken, and the
// answer is sent. A crash before the job leaves a file, which the sweep of uploads deletes. A crash after it loses nothing.

/// The paths under which Dependency-Track's clients upload.
struct UploadDoor: Sendable {
    /// The Dependency-Track version that `GET /api/version` reports. Clients refuse a server with a lower version than they
    /// were built for.
    static let spokenVersion = "4.13.0"

    let backend: Backend
    let settings: UploadSettings
    private let threads = Threads("uploads")

    init(_ backend: Backend, _ settings: UploadSettings) {
        self.backend = backend
        self.settings = settings
    }

    /// The place for the body of a request.
    func policy(for request: HTTPRequest, _ path: UploadPath) -> BodyPolicy {
        guard path.field != nil else { return .refuse(.text(400, "This path takes no body.")) }
        guard let key = Access.headerKey(request.headers) else { return .refuse(UploadError.unknownKey.response) }
        let now = backend.queue.now()
        if let seconds = backend.doorkeeper?.admit(key.text, from: request.client, at: now) {
            return .refuse(UploadError.tooMany(seconds: seconds).response)
        }
        // A database on another machine could delay the server's event thread, so a separate thread queries it.
        guard backend.database.engine == .sqlite else {
            return .later { [self] in await threads.run { policy(for: key, of: request, path) } }
        }
        return policy(for: key, of: request, path)
    }

    private func policy(for key: UserKey, of request: HTTPRequest, _ path: UploadPath) -> BodyPolicy {
        do {
            _ = try backend.database.read { try enter(key, from: request.client, for: UploadPlan.uploading, on: $0) }
            return .file(limit: settings.limit, from: .known)
        } catch {
            return .refuse(refusal(of: path, request, because: error))
        }
    }

    /// Admits the holder of a key.
    private func enter(
        _ key: UserKey?, from address: String?, for need: Need? = nil, on connection: any Connection
    ) throws -> UploadPlan {
        let now = backend.queue.now()
        do {
            let plan = try UploadPlan(key?.digest, for: need, at: now, on: connection)
            if let key { backend.doorkeeper?.welcome(key.text) }
            return plan
        } catch UploadError.unknownKey {
            if let key { backend.doorkeeper?.refuse(key.text, from: address, at: now) }
            throw UploadError.unknownKey
        }
    }

    /// Counts a request without a body; one with a body is counted when its head arrives.
    private func count(_ key: UserKey?, from address: String?) throws(UploadError) {
        guard let key else { return }
        if let seconds = backend.doorkeeper?.admit(key.text, from: address, at: backend.queue.now()) {
            throw .tooMany(seconds: seconds)
        }
    }

    func reply(to request: HTTPRequest, _ path: UploadPath) -> Reply {
        switch path {
        case .version:
            return .now(
                Answer.object { answer in
                    answer.text("application", "Waybill")
                    answer.text("version", Self.spokenVersion)
                })
        case .token(let uuid):
            return .later { [self] in
                await threads.attempt { try processing(uuid, request) }.answer {
                    refusal(of: path, request, because: $0)
                }
            }
        case .bom, .vex:
            return .later { [self] in
                do {
                    let (job, file) = try await threads.attempt { try accept(request, path) }.get()
                    var response = try await submit(job, file)
                    response.mark.name = UploadPlan.uploading.call
                    response.mark.account = job.account ?? 0
                    return response
                } catch {
                    return refusal(of: path, request, because: error)
                }
            }
        }
    }

    // MARK: Steps

    private func processing(_ uuid: String, _ request: HTTPRequest) throws -> HTTPResponse {
        let key = Access.headerKey(request.headers)
        try count(key, from: request.client)
        let isProcessing = try backend.database.snapshot { connection in
            try enter(key, from: request.client, on: connection).isUnfinished(uuid.lowercased(), in: backend.queue)
        }
        return Answer.object { $0.flag("processing", isProcessing) }
    }

    /// Reads and decodes the body into a file, and makes the job that imports it.
    private func accept(_ request: HTTPRequest, _ path: UploadPath) throws -> (NewJob, DurableFile) {
        let key = Access.headerKey(request.headers)
        if case .bytes = request.body { try count(key, from: request.client) }
        let held = try backend.database.read {
            try enter(key, from: request.client, for: UploadPlan.uploading, on: $0).key
        }
        backend.ledger.note(held, at: backend.queue.now())
        return try take(request, path, by: key?.digest, Caller(request, at: .upload))
    }

    /// Reads and decodes the body of a client whose key was checked.
    func take(
        _ request: HTTPRequest, _ path: UploadPath, by keyDigest: [UInt8]?, _ caller: Caller
    ) throws -> (NewJob, DurableFile) {
        let uuid = try backend.random.uuid()
        let file = try settings.file(named: uuid)
        let fields = try UploadBody.read(request, field: path.field ?? "bom", into: file)
        let job = try backend.database.snapshot { connection in
            let plan = try UploadPlan(
                keyDigest, for: UploadPlan.uploading, from: caller, at: backend.queue.now(), on: connection)
            return try plan.job(path == .vex ? .vex : .sbom, for: fields, uuid: uuid)
        }
        try file.publish()
        return (job, file)
    }

    /// Queues the job; the answer is its uuid.
    func submit(_ job: NewJob, _ file: DurableFile) async throws -> HTTPResponse {
        do {
            _ = try await backend.database.write { [queue = backend.queue, path = file.path] connection in
                try SharedUpload.share(file: path, job: job.uuid, on: connection)
                return try queue.submit(job, on: connection)
            }
        } catch DatabaseError.unknownOutcome(let why) {
            // The job may exist and need the file.
            throw DatabaseError.unknownOutcome(why: why)
        } catch {
            await threads.attempt { file.remove() }
            throw error
        }
        backend.bell.ring()
        return Answer.object { $0.text("token", job.uuid) }
    }

    private func refusal(of path: UploadPath, _ request: HTTPRequest, because error: any Error) -> HTTPResponse {
        let known = UploadError(error, field: path.field ?? "bom") ?? .fault(backend.record(error, of: path.name))
        if known == .unknownKey {
            let caller = Caller(request, at: .upload)
            backend.ledger.refuse(from: caller.address, at: caller.door.rawValue, time: backend.queue.now())
        }
        return known.response
    }
}

extension DurableFile {
    /// Removes a published file that no job needs.
    fileprivate func remove() { unlink(path) }
}

extension Result where Success == HTTPResponse, Failure == any Error {
    fileprivate func answer(_ refusal: (any Error) -> HTTPResponse) -> HTTPResponse {
        switch self {
        case .success(let response): response
        case .failure(let error): refusal(error)
        }
    }
}
