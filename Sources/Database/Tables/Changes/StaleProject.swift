/// The mark of a project whose alerts must be decided again. It is set in the transaction that changes a cause of alerts, and
/// removed once the alerts were decided again.
package struct StaleProject: Sendable, Equatable {
    package let project: Int64
    package let organization: Int64
    package let mark: Int64

    /// Marks a project, so that its alerts are decided again.
    package static func mark(project: Int64, on connection: any Connection) throws {
        try mark("SELECT id FROM project WHERE id = \(project)", on: connection)
    }

    /// Marks projects, so that their alerts are decided again. `projects` selects their numbers.
    package static func mark(_ projects: SQL, on connection: any Connection) throws {
        try connection.run(
            """
            INSERT INTO stale_project (project, organization, mark)
            SELECT p.id, p.organization, 1 FROM project p WHERE p.scan > 0 AND p.id IN (\(projects))
            ON CONFLICT (project) DO UPDATE SET mark = stale_project.mark + 1
            """)
    }

    /// The organization's next stale project.
    package static func next(organization: Int64, on connection: any Connection) throws -> StaleProject? {
        try connection.first(
            """
            SELECT project, organization, mark FROM stale_project WHERE organization = \(organization)
            ORDER BY project LIMIT 1
            """
        ) { StaleProject(project: $0.integer(0), organization: $0.integer(1), mark: $0.integer(2)) }
    }

    /// How many libraries the project shows.
    package func libraries(on connection: any Connection) throws -> Int64 {
        try connection.integer(
            "SELECT s.libraries FROM project p JOIN scan s ON s.id = p.scan WHERE p.id = \(project)") ?? 0
    }

    /// Removes the mark; false when the project became stale again, or another process decided.
    @discardableResult
    package func settle(on connection: any Connection) throws -> Bool {
        try connection.run("DELETE FROM stale_project WHERE project = \(project) AND mark = \(mark)") == 1
    }

    /// Marks count from 1; from here on they have numbers that `renew` gave.
    private static let renewed: Int64 = 1 << 32

    /// Gives the mark a number that it never had before. So `settle` notices every later change, even if another process
    /// removes the mark and it is set again. Nil when the project became stale again, or another process decided.
    ///
    /// A mark with such a number keeps it: if two processes decide about a project, the first to be done removes the mark, and
    /// the other one notices that.
    package func renew(on connection: any Connection) throws -> StaleProject? {
        if mark >= Self.renewed { return self }
        let number = Int64.random(in: Self.renewed..<1 << 50)
        let renewed = try connection.run(
            "UPDATE stale_project SET mark = \(number) WHERE project = \(project) AND mark = \(mark)")
        return renewed == 1 ? StaleProject(project: project, organization: organization, mark: number) : nil
    }
}
