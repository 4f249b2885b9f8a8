// DESIGN. The data of lists of organizations, products and projects. Every query is bound to a `Scope` from
// authorization; this file decides no rights.

/// The details of an organization.
package struct OrganizationDetails: Sendable, Equatable {
    package let name: String
    package let token: String
    /// Milliseconds since 1970, UTC.
    package let created: Int64

    /// Reads the details; nil when the organization does not exist (any more).
    package static func read(_ scope: Scope, on connection: any Connection) throws -> OrganizationDetails? {
        try connection.first("SELECT name, token, created_at FROM organization WHERE id = \(scope.organization)") {
            OrganizationDetails(name: $0.string(0), token: $0.string(1), created: $0.integer(2))
        }
    }

    /// The organizations in which an account has a role, or one of its groups has, in the order of their ids.
    package static func list(
        ofAccount account: Int64, on connection: any Connection
    ) throws -> [OrganizationDetails] {
        try connection.all(
            """
            SELECT o.name, o.token, o.created_at FROM organization o
            WHERE o.id IN (SELECT s.organization FROM assignment s WHERE s.account = \(account))
                OR o.id IN (SELECT c.organization FROM group_member m JOIN account_group c ON c.id = m.account_group
                    JOIN group_assignment g ON g.account_group = c.id WHERE m.account = \(account))
            ORDER BY o.id
            """
        ) { OrganizationDetails(name: $0.string(0), token: $0.string(1), created: $0.integer(2)) }
    }
}

/// A product in the form of lists.
package struct ProductVital: Sendable, Equatable {
    package let id: Int64
    package let name: String
    package let token: String
    /// Milliseconds since 1970, UTC.
    package let created: Int64
    package let updated: Int64

    /// The products of a scope that the user may see, in the order of their names; in the scope of a product or project,
    /// that product.
    package static func list(_ scope: Scope, on connection: any Connection) throws -> [ProductVital] {
        var query: SQL = """
            SELECT d.id, d.name, d.token, d.created_at, d.updated_at FROM product d
            WHERE d.organization = \(scope.organization)
            """
        if scope.product != 0 { query.append(" AND d.id = \(scope.product)") }
        if let visible = scope.visibleProducts {
            query.append(" AND d.id IN \(SQL.list(visible.map(Value.integer)))")
        }
        query.append(" ORDER BY d.name")
        return try connection.all(query) { row in
            ProductVital(
                id: row.integer(0), name: row.string(1), token: row.string(2), created: row.integer(3),
                updated: row.integer(4))
        }
    }
}

/// A project in the form of lists.
package struct ProjectVital: Sendable, Equatable {
    package let id: Int64
    package let name: String
    package let token: String
    package let productName: String
    /// The program that uploaded its content; empty before the first upload.
    package let pluginName: String
    package let uploadedBy: String
    /// Milliseconds since 1970, UTC.
    package let created: Int64
    package let updated: Int64
    /// The comment of the last upload, and the token of its request; empty without one.
    package let comment: String
    package let requestToken: String
    /// Whether an upload of the project waits or runs.
    package let isInProgress: Bool

    /// The columns of `project p JOIN product d` in the order of `init(row:)`; the last column says whether an upload
    /// waits or runs.
    package static let columns: SQL = """
        p.id, p.name, p.token, d.name, p.plugin_name, p.uploaded_by, p.created_at, p.updated_at, p.scan_comment, \
        p.request_token
        """

    package init(row: borrowing RowBuffer) {
        id = row.integer(0)
        name = row.string(1)
        token = row.string(2)
        productName = row.string(3)
        pluginName = row.string(4)
        uploadedBy = row.string(5)
        created = row.integer(6)
        updated = row.integer(7)
        comment = row.string(8)
        requestToken = row.string(9)
        isInProgress = row.boolean(10)
    }

    /// The names of projects of an organization, by their tokens.
    package static func names(
        ofTokens tokens: Set<String>, organization: Int64, on connection: any Connection
    ) throws -> [String: String] {
        var names: [String: String] = [:]
        try SQL.inSlices(tokens.sorted(), as: Value.text) { list in
            try connection.each(
                "SELECT p.token, p.name FROM project p WHERE p.organization = \(organization) AND p.token IN \(list)"
            ) { row in names[row.string(0)] = row.string(1) }
        }
        return names
    }

    /// The names of projects of an organization, by their ids.
    package static func names(
        _ ids: Set<Int64>, organization: Int64, on connection: any Connection
    ) throws -> [Int64: String] {
        guard !ids.isEmpty else { return [:] }
        let rows = try connection.all(
            """
            SELECT p.id, p.name FROM project p WHERE p.organization = \(organization)
                AND p.id IN \(SQL.list(ids.sorted().map(Value.integer)))
            """
        ) { ($0.integer(0), $0.string(1)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}
