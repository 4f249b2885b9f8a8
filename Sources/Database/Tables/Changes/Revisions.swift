/// A revision counts the changes of a scope's content: an earlier report is reused while the number stays the same.
///
/// Revisions are raised only here, in the transaction of each change that reports show. A line of the change log
/// (`Change.write`) raises the revision of its organization. A change that reports of products and projects show raises theirs,
/// too. Data from outside a report's scope are in the key of the report instead of the revision: the other side of a
/// comparison, members of the whole organization, texts of licences (`ReportRequest.surroundings`).
package enum Revisions {
    /// Locks the organization's row until the transaction ends, so that one change of an organization happens at a time. False
    /// for an unknown organization.
    @discardableResult
    package static func lock(_ organization: Int64, on connection: any Connection) throws -> Bool {
        try connection.integer("SELECT 1 FROM organization WHERE id = \(organization) \(connection.engine.locking)")
            != nil
    }

    /// Keeps all organizations from changing until the transaction ends. So a scope that was found to show something still
    /// shows it when its revision is raised.
    package static func lockAll(on connection: any Connection) throws {
        try connection.each("SELECT id FROM organization ORDER BY id \(connection.engine.locking)") { _ in }
    }

    // Organizations come first and in order, because imports also lock their organization before anything else.

    /// Raises the revisions of projects, of their products and of their organizations.
    ///
    /// - Parameter time: the time when the content of the projects and products changed, in milliseconds since 1970, UTC; nil
    ///   if only facts about the content changed.
    package static func raise(
        of projects: Set<Int64>, contentAt time: Int64? = nil, on connection: any Connection
    ) throws {
        guard !projects.isEmpty else { return }
        var organizations: Set<Int64> = []
        var products: Set<Int64> = []
        try SQL.inSlices(projects.sorted(), as: Value.integer) { list in
            try connection.each("SELECT organization, product FROM project WHERE id IN \(list)") { row in
                organizations.insert(row.integer(0))
                products.insert(row.integer(1))
            }
        }
        for organization in organizations.sorted() { try raise(organization: organization, on: connection) }
        let content = content(at: time)
        try SQL.inSlices(products.sorted(), as: Value.integer) { list in
            try connection.run("UPDATE product SET revision = revision + 1\(content) WHERE id IN \(list)")
        }
        try SQL.inSlices(projects.sorted(), as: Value.integer) { list in
            try connection.run("UPDATE project SET revision = revision + 1\(content) WHERE id IN \(list)")
        }
    }

    /// Raises the revisions of a scope and of the scopes around it.
    ///
    /// - Parameter time: as in `raise(of:contentAt:on:)`, for the scope's product and project.
    package static func raise(_ scope: Scope, contentAt time: Int64? = nil, on connection: any Connection) throws {
        try raise(organization: scope.organization, on: connection)
        let content = content(at: time)
        if scope.product != 0 {
            try connection.run("UPDATE product SET revision = revision + 1\(content) WHERE id = \(scope.product)")
        }
        if scope.project != 0 {
            try connection.run("UPDATE project SET revision = revision + 1\(content) WHERE id = \(scope.project)")
        }
    }

    /// Raises the revision of an organization, but not those of its products and projects.
    package static func raise(organization: Int64, on connection: any Connection) throws {
        try connection.run("UPDATE organization SET revision = revision + 1 WHERE id = \(organization)")
    }

    /// Raises the revisions of an organization and of all its products and projects.
    package static func raise(allOf organization: Int64, on connection: any Connection) throws {
        try raise(organization: organization, on: connection)
        try connection.run("UPDATE product SET revision = revision + 1 WHERE organization = \(organization)")
        try connection.run("UPDATE project SET revision = revision + 1 WHERE organization = \(organization)")
    }

    private static func content(at time: Int64?) -> SQL {
        time.map { ", updated_at = \($0), content_at = \($0)" } ?? ""
    }
}
