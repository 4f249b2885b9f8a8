import Bytes
import Database
import Glibc
import HTTP
import Intake
import Inventory
import Jobs

/// Places the projects of an agent's update: makes a file and a job for each, and missing products and projects.
struct AgentPlacement: Sendable {
    private let received: AgentReceived
    private let backend: Backend
    private let uploads: UploadSettings

    init(_ received: AgentReceived, _ backend: Backend, _ uploads: UploadSettings) {
        self.received = received
        self.backend = backend
        self.uploads = uploads
    }

    /// The file of one project's job.
    struct File: Sendable {
        let uuid: String
        let path: String
    }

    /// Gives each project its part of the upload, as a file.
    func files() throws -> [File] {
        let groups = received.plan.groups
        if groups.count == 1 {
            // The name of the file is valid for a job, because it is a uuid.
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

    /// A project that an update changes.
    struct Made: Sendable {
        let project: Entity
        let isNew: Bool
    }

    /// Makes missing products and projects, the jobs, and the record of the request.
    func place(_ files: [File]) async throws -> [Made] {
        // Another client may make a product or project of the same name at this moment; then the existing one is
        // used.
        for _ in 0..<2 {
            do {
                return try await tryToPlace(files)
            } catch AccountError.nameTaken {
                continue
            }
        }
        return try await tryToPlace(files)
    }

    private func tryToPlace(_ files: [File]) async throws -> [Made] {
        let time = backend.queue.now()
        let tokens = try received.plan.groups.map { _ in
            (product: try backend.random.token(), project: try backend.random.token())
        }
        return try await backend.database.write { [queue = backend.queue, received] connection in
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
                var request = received.record(.inProgress, at: time)
                (request.product, request.productName, request.projectName) = (product, group.productName, group.name)
                request.job = file.uuid
                requests.append(request)
            }
            try AgentRequests.add(requests, on: connection)
            return made
        }
    }

    /// Makes the product and the project of a group if they are missing.
    private static func place(
        _ group: AgentPlan.Group, of received: AgentReceived, newTokens: (product: String, project: String),
        at time: Int64,
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

    /// The answer to an update, by mend-api.md §4.
    func answer(_ made: [Made]) -> HTTPResponse {
        let data = Answer.text { answer in
            answer.text("organization", received.plan.organizationName)
            answer.text("requestToken", received.token)
            answer.flag("removeIfExist", false)
            answer.texts("updatedProjects", made.filter { !$0.isNew }.map(\.project.name))
            answer.texts("createdProjects", made.filter(\.isNew).map(\.project.name))
            // If two products have the name, it means the last.
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
}
