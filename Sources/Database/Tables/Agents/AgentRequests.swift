package import Inventory

// DESIGN. A request of an agent has one row for each of its projects; all have the token of the request. A row in
// progress names its job. The state of the job counts, because the job may have ended without changing the row.
// `state` reads the job's state, and `settle` stores it before the job is deleted.

/// The state of an agent's request: `requestState` of mend-api.md §3.1.
package enum AgentRequestState: String, Sendable {
    case unknown = "UNKNOWN"
    case inProgress = "IN_PROGRESS"
    case updated = "UPDATED"
    case finished = "FINISHED"
    case failed = "FAILED"
    case skipped = "SKIPPED"
}

/// One project of an agent's request.
package struct AgentRequest: Sendable, Equatable {
    package var organization: Int64
    /// Milliseconds since 1970, UTC.
    package var time: Int64
    /// The e-mail address of the requesting user.
    package var requestedBy = ""
    /// The numeric address of the machine, or empty.
    package var address = ""
    package var agent = ""
    package var agentVersion = ""
    /// The product; 0 if it does not exist yet.
    package var product: Int64 = 0
    package var productName = ""
    package var projectName = ""
    /// `UPDATE`, `CHECK_POLICIES` or `CHECK_POLICY_COMPLIANCE`.
    package var type: String
    package var token: String
    package var state: AgentRequestState
    /// The uuid of its job, or empty.
    package var job = ""

    package init(organization: Int64, type: String, token: String, state: AgentRequestState, at time: Int64) {
        self.organization = organization
        self.type = type
        self.token = token
        self.state = state
        self.time = time
    }
}

/// The table of agents' requests.
package enum AgentRequests {
    /// Stores requests and returns the number of the first; the others follow in order.
    @discardableResult
    package static func add(_ requests: [AgentRequest], on connection: any Connection) throws -> Int64 {
        let first = try connection.take(requests.count, from: "agent_request")
        for (place, request) in requests.enumerated() {
            try connection.run(
                """
                INSERT INTO agent_request (id, organization, at, requested_by, address, agent, agent_version, product,
                    product_name, project_name, type, request_token, status, job)
                VALUES (\(first + Int64(place)), \(request.organization), \(request.time), \(request.requestedBy),
                    \(request.address), \(request.agent), \(request.agentVersion), \(request.product),
                    \(request.productName), \(request.projectName), \(request.type), \(request.token),
                    \(request.state.rawValue), \(request.job))
                """)
        }
        // Reports show them.
        for organization in Set(requests.map(\.organization)).sorted() {
            try Revisions.raise(organization: organization, on: connection)
        }
        return first
    }

    /// The most violations that are stored for one request.
    private static let violationLimit = 10_000

    /// Stores the violations of policies; each belongs to the request with this number.
    package static func add(
        _ violations: [(request: Int64, violation: AgentViolation)], on connection: any Connection
    ) throws {
        for (position, (request, violation)) in violations.prefix(violationLimit).enumerated() {
            try connection.run(
                """
                INSERT INTO agent_violation (request, position, library, dependency, licenses, policy)
                VALUES (\(request), \(position), \(violation.library), \(violation.dependency),
                    \(violation.licenses.joined(separator: "\n")), \(violation.policy))
                """)
        }
    }

    /// Marks the project of a finished upload, in the transaction that ends its job.
    package static func finish(job uuid: String, token: String, on connection: any Connection) throws {
        guard !token.isEmpty else { return }
        try connection.run(
            """
            UPDATE agent_request SET status = 'FINISHED'
            WHERE request_token = \(token) AND job = \(uuid) AND status = 'IN_PROGRESS'
            """)
    }

    /// Marks requests whose failed job runs again.
    package static func reopen(job uuid: String, on connection: any Connection) throws {
        try connection.run("UPDATE agent_request SET status = 'IN_PROGRESS' WHERE job = \(uuid) AND status = 'FAILED'")
    }

    // MARK: Places

    /// The product or project that receives an upload.
    package struct Place: Sendable, Equatable {
        package let entity: Entity
        package let isNew: Bool
    }

    /// The product with this name in the organization of the scope; made on first use.
    package static func product(named name: String, newToken: String, _ writing: Writing) throws -> Place {
        let organization = writing.scope.organization
        let known = try writing.connection.first(
            "SELECT id, token, name FROM product WHERE organization = \(organization) AND name = \(name)",
            entity)
        if let known { return Place(entity: known, isNew: false) }
        let made = try Accounts.createProduct(named: name, token: newToken, writing)
        return Place(entity: made, isNew: true)
    }

    /// The project with this name in the product of the scope; made on first use.
    package static func project(named name: String, newToken: String, _ writing: Writing) throws -> Place {
        let known = try writing.connection.first(
            "SELECT id, token, name FROM project WHERE product = \(writing.scope.product) AND name = \(name)", entity)
        if let known { return Place(entity: known, isNew: false) }
        let made = try Accounts.createProject(named: name, token: newToken, writing)
        return Place(entity: made, isNew: true)
    }

    private static func entity(_ row: borrowing RowBuffer) -> Entity {
        Entity(id: row.integer(0), token: row.string(1), name: row.string(2))
    }

    /// Adds tags to a project; existing ones stay.
    package static func tag(
        project: Int64, with tags: [(key: String, value: String)], on connection: any Connection
    ) throws {
        for tag in tags {
            try connection.run(
                """
                INSERT INTO project_tag (project, key, value) VALUES (\(project), \(tag.key), \(tag.value))
                ON CONFLICT DO NOTHING
                """)
        }
    }
}
