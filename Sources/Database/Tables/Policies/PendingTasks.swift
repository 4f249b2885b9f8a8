// DESIGN. A task is an unanswered request for a library. Closing it approves the library.

/// A request for a library that awaits an answer.
package struct PendingTask: Sendable, Equatable {
    package let uuid: String
    package let library: LibraryRecord
    package let project: String
    package let projectToken: String
    package let product: String
    package let requestedBy: String
    /// Milliseconds since 1970, UTC.
    package let created: Int64

    /// The tasks of a scope, the oldest project first, at most `limit`.
    package static func list(_ scope: Scope, limit: Int, on connection: any Connection) throws -> [PendingTask] {
        try connection.all(
            """
            SELECT q.uuid, p.name, p.token, d.name, q.requested_by, q.created_at, \(LibraryRecord.columns)
            FROM project p JOIN product d ON d.id = p.product JOIN library_request q ON q.project = p.id
            JOIN library l ON l.id = q.library \(LibraryRecord.newer)
            WHERE \(scope.condition) AND q.status = 'PENDING' ORDER BY p.id, q.number LIMIT \(limit)
            """
        ) { row in
            PendingTask(
                uuid: row.string(0), library: LibraryRecord(row: row, from: 6), project: row.string(1),
                projectToken: row.string(2), product: row.string(3), requestedBy: row.string(4),
                created: row.integer(5))
        }
    }

    /// Answers the request with this uuid; false when the scope has no such waiting request.
    package static func answer(
        _ uuid: String, _ status: LibraryRequest.Status, comments: String, _ writing: Writing
    ) throws -> Bool {
        let (scope, time, connection) = (writing.scope, writing.time, writing.connection)
        let email = try Accounts.email(of: writing.account, on: connection)
        let project = try connection.first(
            """
            SELECT p.id, p.product, l.key_id, l.filename FROM library_request q JOIN project p ON p.id = q.project
            JOIN library l ON l.id = q.library
            WHERE q.uuid = \(uuid.lowercased()) AND q.status = 'PENDING' AND \(scope.condition)
            """
        ) { row in
            let library = Change.Place("LIBRARY", id: row.integer(2), name: row.string(3))
            return (id: row.integer(0), product: row.integer(1), library: library)
        }
        guard let project else { return false }
        let count = try connection.run(
            """
            UPDATE library_request SET status = \(status.rawValue), handled_by = \(email), handled_at = \(time),
                policy = 0, comments = \(comments)
            WHERE uuid = \(uuid.lowercased()) AND status = 'PENDING'
            """)
        guard count > 0 else { return false }
        try StaleProject.mark("SELECT \(project.id)", on: connection)
        let place = Scope(
            kind: .project, organization: scope.organization, product: project.product, project: project.id)
        try Revisions.raise(place, contentAt: time, on: connection)
        try Change(
            .metadata, .libraryRequest, .changed, of: project.library, before: ["PENDING"],
            after: [status.rawValue, comments].filter { !$0.isEmpty }
        ).write(writing.moved(to: place))
        return true
    }
}
