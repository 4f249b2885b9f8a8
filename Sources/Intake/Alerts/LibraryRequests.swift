import Bytes
import Database
import Inventory

// DESIGN. A person's answer remains. The policy that now decides answers open requests, and those that a policy
// answered before.

/// The requests for the libraries of a project; a library gets one when it first appears in the project.
struct LibraryRequests {
    private let view: ProjectView
    private let time: Int64
    private let names: UUIDFamily
    /// The libraries requested in this run, by their numbers, because two rows may describe one library.
    private var asked: Set<Int64> = []
    private var waiting: [(library: LibrarySight, policy: Policy?)] = []
    private var changed: [(number: Int64, policy: Policy?)] = []
    /// The highest request number of the project; nil before it is read.
    private var last: Int64?

    init(of view: ProjectView, at time: Int64, names: UUIDFamily) {
        self.view = view
        self.time = time
        self.names = names
    }

    /// Makes the request for a library that has none in this project, answers it if a policy may, and returns the
    /// result; nil if another row of the library has the request.
    mutating func answer(_ library: LibrarySight, by policy: Policy?) -> LibraryRequest? {
        guard var request = library.request else {
            if asked.insert(library.key).inserted { waiting.append((library, policy)) }
            return nil
        }
        let isOpen = request.status == .pending || request.policy != 0
        let (status, id) = Self.status(by: policy)
        guard isOpen, (request.status, request.policy) != (status, id) else { return request }
        (request.status, request.policy) = (status, id)
        changed.append((request.number, policy))
        return request
    }

    private static func status(by policy: Policy?) -> (LibraryRequest.Status, policy: Int64) {
        guard let policy else { return (.pending, 0) }
        switch policy.decision {
        case .approve: return (.approved, policy.id)
        case .reject: return (.rejected, policy.id)
        case .alert, .createIssue, .reassign, nil: return (.pending, 0)
        }
    }

    /// Copies the answers of people about packages without qualifiers to the libraries that replaced these packages.
    func inherit(_ refined: [String: String], on connection: any Connection) throws {
        let left = try unanswered(refined, on: connection)
        if left.isEmpty { return }
        for (base, library) in left.sorted(by: { $0.value < $1.value }) {
            try connection.run(
                """
                INSERT INTO library_request (project, number, organization, uuid, library, library_uuid, requested_by,
                    created_at, status, handled_by, handled_at, policy, comments)
                SELECT r.project, (SELECT max(n.number) + 1 FROM library_request n WHERE n.project = r.project),
                    r.organization, \(names.uuid(of: "request", library)),
                    (SELECT max(l.id) FROM library l WHERE l.organization = r.organization AND l.uuid = \(library)),
                    \(library), r.requested_by, r.created_at, r.status, r.handled_by, r.handled_at, 0, r.comments
                FROM library_request r WHERE r.project = \(view.project) AND r.library_uuid = \(base)
                    AND r.status <> 'PENDING' AND r.policy = 0 AND NOT EXISTS (SELECT 1 FROM library_request k
                        WHERE k.project = r.project AND k.library_uuid = \(library))
                """)
        }
        try connection.readsOwnWrites()
    }

    /// The libraries without a request of their own whose package has a request that a person answered.
    private func unanswered(_ refined: [String: String], on connection: any Connection) throws -> [String: String] {
        var answered: [String: String] = [:]
        try SQL.inSlices(refined.keys.sorted(), as: Value.text) { list in
            try connection.each(
                """
                SELECT library_uuid FROM library_request WHERE project = \(view.project) AND library_uuid IN \(list)
                    AND status <> 'PENDING' AND policy = 0
                """
            ) { answered[$0.string(0)] = refined[$0.string(0)] }
        }
        var asked: Set<String> = []
        try SQL.inSlices(Set(answered.values).sorted(), as: Value.text) { list in
            try connection.each(
                "SELECT library_uuid FROM library_request WHERE project = \(view.project) AND library_uuid IN \(list)"
            ) { asked.insert($0.string(0)) }
        }
        return answered.filter { !asked.contains($0.value) }
    }

    /// Writes requests and answers.
    mutating func write(on connection: any Connection) throws {
        try writeChanged(on: connection)
        guard !waiting.isEmpty else { return }
        let last =
            try self.last
            ?? connection.integer("SELECT max(number) FROM library_request WHERE project = \(view.project)") ?? 0
        self.last = last + Int64(waiting.count)
        var rows = RowBuffer(capacity: waiting.count * 256)
        for (number, (library, policy)) in zip((last + 1)..., waiting) {
            let (status, id) = Self.status(by: policy)
            rows.beginRow()
            rows.append(view.project)
            rows.append(number)
            rows.append(view.organization)
            rows.append(names.uuid(of: "request", library.uuid))
            rows.append(library.library)
            rows.append(library.uuid)
            rows.append(view.uploadedBy)
            rows.append(time)
            rows.append(status.rawValue)
            rows.append(id)
            rows.append(id == 0 ? "" : Self.handler(policy))
            if id == 0 { rows.appendNull() } else { rows.append(time) }
        }
        try connection.insert(
            rows, into: "library_request",
            [
                "project", "number", "organization", "uuid", "library", "library_uuid", "requested_by", "created_at",
                "status", "policy", "handled_by", "handled_at",
            ])
        waiting.removeAll(keepingCapacity: true)
    }

    /// Writes the answers that changed, all of one policy at once.
    private mutating func writeChanged(on connection: any Connection) throws {
        for (id, some) in Dictionary(grouping: changed, by: { Self.status(by: $0.policy).policy })
            .sorted(by: { $0.key < $1.key })
        {
            let policy = some.first?.policy
            let (status, _) = Self.status(by: policy)
            try SQL.inSlices(some.map(\.number), as: Value.integer) { list in
                try connection.run(
                    """
                    UPDATE library_request SET status = \(status.rawValue), policy = \(id),
                        handled_by = \(id == 0 ? "" : Self.handler(policy)), handled_at = \(id == 0 ? nil : time)
                    WHERE project = \(view.project) AND number IN \(list)
                    """)
            }
        }
        changed.removeAll(keepingCapacity: true)
    }

    /// The name of the answer in reports.
    private static func handler(_ policy: Policy?) -> String { "policy \(policy?.name ?? "")" }
}
