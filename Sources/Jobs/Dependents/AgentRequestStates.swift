package import Database

extension AgentRequests {
    /// The state of a request of the organization, over all its projects.
    package static func state(
        token: String, organization: Int64, on connection: any Connection
    ) throws -> AgentRequestState {
        let states = try connection.all(
            """
            SELECT r.status, coalesce(j.state, 'FAILED') FROM agent_request r LEFT JOIN job j ON j.uuid = r.job
            WHERE r.request_token = \(token) AND r.organization = \(organization)
            """
        ) { row in
            let state = AgentRequestState(rawValue: row.string(0)) ?? .unknown
            guard state == .inProgress else { return state }
            switch Job.State(rawValue: row.string(1)) {
            case .success: return AgentRequestState.finished
            case .failed: return .failed
            case .pending, .inProgress, nil: return .inProgress
            }
        }
        // Unfinished jobs decide first, then failed ones.
        for state in [AgentRequestState.inProgress, .failed] where states.contains(state) { return state }
        return states.first ?? .unknown
    }

    /// Marks requests as FAILED whose jobs failed or were deleted; reports show the mark.
    package static func settle(in database: any Database) throws {
        let over: SQL = """
            status = 'IN_PROGRESS' AND NOT EXISTS (SELECT 1 FROM job j WHERE j.uuid = agent_request.job
                AND j.state IN ('PENDING', 'IN_PROGRESS'))
            """
        let some = try database.read { try $0.integer("SELECT 1 FROM agent_request WHERE \(over) LIMIT 1") }
        guard some != nil else { return }
        try database.write { connection in
            let organizations = try connection.all(
                "UPDATE agent_request SET status = 'FAILED' WHERE \(over) RETURNING organization"
            ) { $0.integer(0) }
            for organization in Set(organizations).sorted() {
                try Revisions.raise(organization: organization, on: connection)
            }
        }
    }
}
