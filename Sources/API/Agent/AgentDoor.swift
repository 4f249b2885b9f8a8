import BOM
import Bytes
import Database
import Glibc
import HTTP
import Intake
import Inventory
import Jobs

// DESIGN. The key stands in the head or in the body. Agents write their fields in front of the projects: these are looked at as
// soon as they are here, so that nobody's projects are not taken; a body that has them behind, or has not all of them, is a
// stranger's, of whom the disk takes little. The body goes to disk, up to its limit. Then it is read once: the fields, and
// the projects into a file, but not before those who may not upload are turned away, where the fields stand in front. The
// file is looked through to its end, so that a faulty one is refused whole; each project gets its part of it, flushed and
// renamed; places, jobs and the record of the request are one transaction; then the answer. A crash before it leaves
// files that the sweep of uploads takes.

/// `POST /agent`: what Mend's agents and build plug-ins send.
struct AgentDoor: Sendable {
    let backend: Backend
    let uploads: UploadSettings
    private let threads = Threads("agents")

    init(_ backend: Backend, _ uploads: UploadSettings) {
        self.backend = backend
        self.uploads = uploads
    }

    /// What to do with the body of a request.
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

    /// Whether anybody has the key that the head shows.
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

    /// Whose the body is by its first fields.
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
        if let key, known == .badKey || known == .badToken {
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

    /// A request that was read and let in.
    private struct Received: Sendable {
        let kind: AgentPlan.Kind
        let key: UserKey
        let fields: [String: String]
        let updateType: AgentUpload.UpdateType
        let plan: AgentPlan
        let address: String
        let origin: AuditRecord.Origin
        /// The file that holds the projects.
        let path: String
        let token: String

        /// What brings a group of its projects into the inventory.
        func intake(of group: AgentPlan.Group, upload uuid: String) -> IntakeJob {
            var destination = plan.access.destination(product: group.productName, project: group.name)
            destination.plugin = fields["agent"] ?? ""
            destination.comment = fields["scanComment"] ?? ""
            var intake = IntakeJob(.agent, upload: uuid, into: destination)
            intake.updateType = updateType
            intake.keepsModules = AgentPlan.says(fields["preserveModuleStructure"]) && group.ranges.count > 1
            return intake
        }
    }

    private func receive(_ request: HTTPRequest) throws -> Received {
        let uuid = try backend.random.uuid()
        let file = try uploads.file(named: uuid)
        let header = Access.headerKey(request.headers)
        var isCounted = false
        /// Counts the request once, and its key where it is refused, wherever the fields stand.
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
        // Before the file is looked through, which may take its time.
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
            return Received(
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

    // MARK: Updating

    private func update(_ received: Received) async throws -> HTTPResponse {
        let files = try await threads.attempt { try self.files(of: received) }.get()
        let made: [Made]
        do {
            made = try await place(received, files)
        } catch DatabaseError.unknownOutcome(let why) {
            // The jobs may be there and need their files.
            throw DatabaseError.unknownOutcome(why: why)
        } catch {
            await threads.attempt { () -> Void in for file in files { unlink(file.path) } }
            throw error
        }
        backend.bell.ring()
        return Self.answer(to: received, made)
    }

    /// The file of one project's job.
    private struct File: Sendable {
        let uuid: String
        let path: String
    }

    /// Gives each project that is to be made its part of the upload.
    private func files(of received: Received) throws -> [File] {
        let groups = received.plan.groups
        if groups.count == 1 {
            // The name of the file is good for a job: it is a uuid.
            let uuid = received.path.split(separator: "/").last.map(String.init) ?? ""
            return [File(uuid: uuid, path: received.path)]
        }
        defer { unlink(received.path) }
        var files: [File] = []
        do {
            for group in groups {
                let uuid = try backend.random.uuid()
                let file = try uploads.file(named: uuid)
                try FileParts.write(group.ranges, ofFile: received.path, asArrayTo: file)
                try file.publish()
                files.append(File(uuid: uuid, path: file.path))
            }
        } catch {
            for file in files { unlink(file.path) }
            throw error
        }
        return files
    }

    /// A project that an update goes to.
    private struct Made: Sendable {
        let project: Entity
        let isNew: Bool
    }

    /// Makes what is missing, the jobs, and the record of the request.
    private func place(_ received: Received, _ files: [File]) async throws -> [Made] {
        // Somebody else may make a product or project of the same name at this moment: then it is found.
        for _ in 0..<2 {
            do {
                return try await tryToPlace(received, files)
            } catch AccountError.nameTaken {
                continue
            }
        }
        return try await tryToPlace(received, files)
    }

    private func tryToPlace(_ received: Received, _ files: [File]) async throws -> [Made] {
        let time = backend.queue.now()
        let tokens = try received.plan.groups.map { _ in
            (product: try backend.random.token(), project: try backend.random.token())
        }
        return try await backend.database.write { [queue = backend.queue] connection in
            var made: [Made] = []
            var requests: [AgentRequest] = []
            for (place, group) in received.plan.groups.enumerated() {
                let (product, project) = try Self.place(
                    group, of: received, newTokens: tokens[place], at: time, on: connection)
                let file = files[place]
                try SharedUpload.share(file: file.path, job: file.uuid, on: connection)
                let job = received.intake(of: group, upload: file.uuid).newJob(
                    uuid: file.uuid, product: product, project: project.entity.id, requestToken: received.token)
                _ = try queue.submit(job, on: connection)
                made.append(Made(project: project.entity, isNew: project.isNew))
                var request = Self.request(received, .inProgress, at: time)
                (request.product, request.productName, request.projectName) = (product, group.productName, group.name)
                request.job = file.uuid
                requests.append(request)
            }
            try AgentRequests.add(requests, on: connection)
            return made
        }
    }

    /// Makes the product and the project of a group where they are missing.
    private static func place(
        _ group: AgentPlan.Group, of received: Received, newTokens: (product: String, project: String), at time: Int64,
        on connection: any Connection
    ) throws -> (product: Int64, project: AgentRequests.Place) {
        let plan = received.plan
        let writing = Writing(
            in: plan.access.scope, by: .account(plan.access.standing.account), at: time, from: received.origin,
            on: connection)
        var product = group.product
        if product == 0 {
            product = try AgentRequests.product(
                named: group.productName, newToken: newTokens.product, writing
            ).entity.id
        }
        let place = Scope(kind: .product, organization: plan.organization, product: product)
        let project = try AgentRequests.project(
            named: group.name, newToken: newTokens.project, writing.moved(to: place))
        try AgentRequests.tag(
            project: project.entity.id, with: group.tags.map { ($0.key, $0.value) }, on: connection)
        return (product, project)
    }

    // MARK: Checking

    /// Writes the answer to a file, as it may be as long as the upload, and gives it to be sent.
    private func check(_ received: Received) throws -> (HTTPResponse, [AgentViolation]) {
        defer { unlink(received.path) }
        let plan = received.plan
        let check = AgentCheck(
            organization: plan.organization, organizationName: plan.organizationName, path: received.path,
            projects: plan.groups.map { group in
                AgentCheck.Project(
                    name: group.name, product: group.product, project: group.project, ranges: group.ranges)
            },
            checksAll: received.kind == .checkPolicies
                || AgentPlan.says(received.fields["forceCheckAllDependencies"]),
            tellsVulnerabilities: AgentPlan.says(received.fields["populateVulnerabilities"]),
            time: backend.queue.now())
        let file = try DurableFile(path: "\(received.path).answer")
        let frame = AgentError.frame(token: received.token)
        try frame.before.withBytes { (bytes) throws(SinkError) in try file.write(bytes) }
        let violations = try backend.database.snapshot { connection in
            // `data` is JSON as text: what is written is escaped once more on its way to the file.
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

    /// Writes down what was asked, and what policies forbid.
    private func note(_ received: Received, _ violations: [AgentViolation]) async throws {
        let time = backend.queue.now()
        try await backend.database.write { connection in
            var requests: [AgentRequest] = []
            for group in received.plan.groups {
                var request = Self.request(received, .finished, at: time)
                (request.product, request.productName, request.projectName) = (
                    group.product, group.productName, group.name
                )
                requests.append(request)
            }
            let first = try AgentRequests.add(requests, on: connection)
            let numbers = Dictionary(
                received.plan.groups.enumerated().map { ($0.element.name, first + Int64($0.offset)) }
            ) { first, _ in first }
            try AgentRequests.add(
                violations.compactMap { violation in numbers[violation.project].map { ($0, violation) } },
                on: connection)
        }
    }

    private static func request(_ received: Received, _ state: AgentRequestState, at time: Int64) -> AgentRequest {
        var request = AgentRequest(
            organization: received.plan.organization, type: received.kind.rawValue, token: received.token,
            state: state, at: time)
        request.requestedBy = received.plan.access.standing.email
        request.address = received.address
        request.agent = received.fields["agent"] ?? ""
        request.agentVersion = received.fields["pluginVersion"] ?? received.fields["agentVersion"] ?? ""
        return request
    }

    private static func answer(to received: Received, _ made: [Made]) -> HTTPResponse {
        let data = Answer.text { answer in
            answer.text("organization", received.plan.organizationName)
            answer.text("requestToken", received.token)
            answer.flag("removeIfExist", false)
            answer.texts("updatedProjects", made.filter { !$0.isNew }.map(\.project.name))
            answer.texts("createdProjects", made.filter(\.isNew).map(\.project.name))
            // A name that two products have stands for the last.
            var byName: [String: Entity] = [:]
            for project in made { byName[project.project.name] = project.project }
            let projects = byName.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
            answer.map("projectNamesToIds", projects) { $0.number(named: $1, $2.id) }
            answer.map("projectNamesToDetails", projects) { answer, name, project in
                answer.object(named: name) { answer in
                    answer.text("projectName", name)
                    answer.number("projectId", project.id)
                    answer.text("projectToken", project.token)
                }
            }
        }
        return AgentError.envelope(status: 1, message: "ok", data: data, token: received.token)
    }

    // MARK: Refusing

    private func refusal(of request: HTTPRequest, because error: any Error) -> HTTPResponse {
        let known = AgentError(error) ?? .fault(backend.record(error, of: "/agent"))
        if known == .badKey || known == .badToken {
            let caller = Caller(request, at: .agent)
            backend.ledger.refuse(from: caller.address, at: caller.door.rawValue, time: backend.queue.now())
        }
        var response = known.response
        response.mark.name = "agent"
        return response
    }
}
