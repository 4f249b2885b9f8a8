import BOM
import Bytes
import Database
import Glibc
import HTTP
import Intake
import Inventory
import Jobs

// DESIGN. The key stands in the head or in the body. Agents send their fields before the projects. The fields are checked as
// soon as they arrive, so that projects of unknown senders are not stored. A body that does not begin with all fields counts as
// a stranger's, and few bytes of such a body go to disk. The body is written to disk, up to its limit. Then one pass reads the
// fields and writes the projects into a file. If the fields come first, users without the right to upload are refused before
// the projects are read. The file is read to its end, so that a faulty one is refused as a whole. Each project gets its part of
// it, flushed and renamed. Places, jobs and the record of the request are written in one transaction; then the answer is sent.
// A crash before the transaction leaves files, which the sweep of uploads deletes.

/// `POST /agent`: the requests of Mend's agents and build plug-ins.
struct AgentDoor: Sendable {
    let backend: Backend
    let uploads: UploadSettings
    private let threads = Threads("agents")

    init(_ backend: Backend, _ uploads: UploadSettings) {
        self.backend = backend
        self.uploads = uploads
    }

    /// The place for the body of a request.
    func policy(for request: HTTPRequest) -> BodyPolicy {
        guard let key = Access.headerKey(request.headers) else {
            return .file(limit: uploads.limit, from: .saysItself { [self] in look($0, of: request) })
        }
        guard backend.database.engine == .sqlite else {
            return .later { [self] in
                await threads.run { .file(limit: uploads.limit, from: sender(key, of: request)) }
            }
        }
        return .file(limit: uploads.limit, from: sender(key, of: request))
    }

    /// Whether an account has the key in the head of the request.
    private func sender(_ key: UserKey, of request: HTTPRequest) -> BodyPolicy.Sender {
        let now = backend.queue.now()
        do {
            if let seconds = backend.doorkeeper?.holdsBack(key.text, from: request.client, at: now) {
                throw AgentError.tooMany(seconds: seconds)
            }
            guard try backend.database.read({ try KeyHolder.find(key.digest, at: now, on: $0) }) != nil else {
                throw AgentError.badKey
            }
            return .known
        } catch {
            return .refused(refusal(of: request, because: counted(error, key, from: request.client)))
        }
    }

    /// Decides by the first fields whether the body comes from a known key.
    private func look(_ beginning: [UInt8], of request: HTTPRequest) -> BodyPolicy.Looked {
        let (fields, isWhole) = AgentForm.front(of: beginning)
        guard let key = fields["userKey"].map({ UserKey($0) }), fields["token"] != nil, fields["type"] != nil else {
            return isWhole ? .found(.stranger) : .more
        }
        let work: @Sendable () -> BodyPolicy.Sender = { [self] in
            do {
                let now = backend.queue.now()
                if let seconds = backend.doorkeeper?.holdsBack(key.text, from: request.client, at: now) {
                    throw AgentError.tooMany(seconds: seconds)
                }
                try admit(fields, nil)
                return .known
            } catch {
                return .refused(refusal(of: request, because: counted(error, key, from: request.client)))
            }
        }
        guard backend.database.engine == .sqlite else {
            return .ask { [threads, patience = backend.patience] in
                await Patience.$current.withValue(patience) { await threads.run(work) }
            }
        }
        return .found(work())
    }

    /// Counts a key that was refused.
    private func counted(_ error: any Error, _ key: UserKey?, from address: String?) -> any Error {
        let known = AgentError(error)
        if let key, known?.isAboutSender == true {
            backend.doorkeeper?.refuse(key.text, from: address, at: backend.queue.now())
        }
        return error
    }

    func reply(to request: HTTPRequest) -> Reply {
        .later { [self] in
            do {
                let received = try await threads.attempt { try receive(request) }.get()
                backend.doorkeeper?.welcome(received.key.text)
                var response: HTTPResponse
                switch received.kind {
                case .update: response = try await update(received)
                case .checkPolicies, .checkPolicyCompliance:
                    let (answer, violations) = try await threads.attempt { try check(received) }.get()
                    try await note(received, violations)
                    response = answer
                }
                response.mark.name = received.kind.rawValue
                response.mark.account = received.plan.access.standing.account
                return response
            } catch {
                return refusal(of: request, because: error)
            }
        }
    }

    // MARK: Receiving

    private func receive(_ request: HTTPRequest) throws -> AgentReceived {
        let uuid = try backend.random.uuid()
        let file = try uploads.file(named: uuid)
        let header = Access.headerKey(request.headers)
        var isCounted = false
        /// Counts the request once, and its key if it is refused, wherever the fields stand in the body.
        @discardableResult
        func enter(_ fields: [String: String]) throws -> UserKey {
            guard let key = Self.key(of: fields, header) else { throw AgentError.badKey }
            let now = backend.queue.now()
            if !isCounted, let seconds = backend.doorkeeper?.admit(key.text, from: request.client, at: now) {
                throw AgentError.tooMany(seconds: seconds)
            }
            isCounted = true
            do {
                try admit(fields, header)
            } catch {
                throw counted(error, key, from: request.client)
            }
            return key
        }
        let fields = try AgentForm.read(
            request.body, into: file, limit: uploads.limit * UploadSettings.expansion
        ) { fields in
            guard fields["token"] != nil, fields["userKey"] != nil, fields["type"] != nil else { return }
            try enter(fields)
        }
        let kind = try Self.kind(of: fields)
        if let time = fields[AgentForm.timeStamp.name],
            NumberText.whole(time.trimmingBlanks(), in: AgentForm.timeStamp.range) == nil
        {
            throw AgentError.badTime(time)
        }
        let updateType = try Self.updateType(of: fields)
        // This comes before the file is read, which may take long.
        let key = try enter(fields)
        try file.publish()
        do {
            let upload = try AgentReader.survey(file: file.path)
            let plan = try backend.database.snapshot { connection in
                let access = try AgentPlan.admit(
                    fields, key: key, kind: kind, at: backend.queue.now(), on: connection)
                access.key.map { backend.ledger.note($0, at: backend.queue.now()) }
                return try AgentPlan.make(fields, upload, kind: kind, access: access, on: connection)
            }
            return AgentReceived(
                kind: kind, key: key, fields: fields, updateType: updateType, plan: plan, address: request.client ?? "",
                origin: Caller(request, at: .agent).origin(of: kind.rawValue, by: plan.access), path: file.path,
                token: try backend.random.token())
        } catch {
            unlink(file.path)
            throw error
        }
    }

    private func admit(_ fields: [String: String], _ header: UserKey?) throws {
        let kind = try Self.kind(of: fields)
        let key = Self.key(of: fields, header)
        _ = try backend.database.read {
            try AgentPlan.admit(fields, key: key, kind: kind, at: backend.queue.now(), on: $0)
        }
    }

    private static func key(of fields: [String: String], _ header: UserKey?) -> UserKey? {
        fields["userKey"].map { UserKey($0) } ?? header
    }

    private static func kind(of fields: [String: String]) throws(AgentError) -> AgentPlan.Kind {
        guard let type = fields["type"] else {
            throw .badField("type", value: "", accepted: AgentError.types)
        }
        guard let kind = AgentPlan.Kind(rawValue: type.uppercased()) else { throw .unsupported(type) }
        return kind
    }

    private static func updateType(of fields: [String: String]) throws(AgentError) -> AgentUpload.UpdateType {
        guard let text = fields["updateType"] else { return .override }
        guard let type = AgentUpload.UpdateType(rawValue: text.uppercased()) else {
            let accepted = AgentUpload.UpdateType.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badField("updateType", value: text, accepted: accepted)
        }
        return type
    }

    private func update(_ received: AgentReceived) async throws -> HTTPResponse {
        let placement = AgentPlacement(received, backend, uploads)
        let files = try await threads.attempt { try placement.files() }.get()
        let made: [AgentPlacement.Made]
        do {
            made = try await placement.place(files)
        } catch DatabaseError.unknownOutcome(let why) {
            // The jobs may exist and need their files.
            throw DatabaseError.unknownOutcome(why: why)
        } catch {
            await threads.attempt { () -> Void in for file in files { unlink(file.path) } }
            throw error
        }
        backend.bell.ring()
        return placement.answer(made)
    }

    // MARK: Checking

    /// Writes the answer to a file, because it may be as long as the upload, and returns the file for sending.
    private func check(_ received: AgentReceived) throws -> (HTTPResponse, [AgentViolation]) {
        defer { unlink(received.path) }
        let plan = received.plan
        let check = AgentCheck(
            organization: plan.organization, organizationName: plan.organizationName, path: received.path,
            projects: plan.groups.enumerated().map { place, group in
                AgentCheck.Project(
                    name: group.name, at: place, product: group.product, project: group.project, ranges: group.ranges)
            },
            checksAll: received.kind == .checkPolicies
                || AgentPlan.says(received.fields["forceCheckAllDependencies"]),
            tellsVulnerabilities: AgentPlan.says(received.fields["populateVulnerabilities"]),
            time: backend.queue.now())
        let file = try DurableFile(path: "\(received.path).answer")
        let frame = AgentError.frame(token: received.token)
        try frame.before.withBytes { (bytes) throws(SinkError) in try file.write(bytes) }
        let violations = try backend.database.snapshot { connection in
            // `data` is JSON inside a text, so each text is escaped once more before it is written.
            try AgentPolicyCheck(check, on: connection) { (bytes) throws(SinkError) in
                var escaped = ByteSink()
                escaped.append(jsonPart: bytes)
                try escaped.bytes.withBytes { (bytes) throws(SinkError) in try file.write(bytes) }
            }.write()
        }
        try frame.behind.withBytes { (bytes) throws(SinkError) in try file.write(bytes) }
        try file.publish()
        defer { unlink(file.path) }
        let answer = try OpenFile(path: file.path)
        return (
            HTTPResponse(
                headers: ["Content-Type": Answer.mediaType], body: .file(answer, offset: 0, count: answer.size)),
            violations
        )
    }

    /// Records the request, and the libraries that policies forbid.
    private func note(_ received: AgentReceived, _ violations: [AgentViolation]) async throws {
        let time = backend.queue.now()
        try await backend.database.write { connection in
            var requests: [AgentRequest] = []
            for group in received.plan.groups {
                var request = received.record(.finished, at: time)
                (request.product, request.productName, request.projectName) = (
                    group.product, group.productName, group.name
                )
                requests.append(request)
            }
            let first = try AgentRequests.add(requests, on: connection)
            // The numbers of requests increase in the order of their projects.
            try AgentRequests.add(violations.map { (first + Int64($0.project), $0) }, on: connection)
        }
    }

    // MARK: Refusing

    private func refusal(of request: HTTPRequest, because error: any Error) -> HTTPResponse {
        let known = AgentError(error) ?? .fault(backend.record(error, of: "/agent"))
        if known.isAboutSender {
            let caller = Caller(request, at: .agent)
            backend.ledger.refuse(from: caller.address, at: caller.door.rawValue, time: backend.queue.now())
        }
        var response = known.response
        response.mark.name = "agent"
        return response
    }
}
