/// The width of a scope.
package enum ScopeKind: String, Sendable, CaseIterable {
    case organization
    case product
    case project

    /// The beginning of report types in this scope.
    package var prefix: String {
        switch self {
        case .organization: "Org"
        case .product: "Product"
        case .project: "Project"
        }
    }

    /// Mend's word in names of requests.
    package var requestWord: String {
        switch self {
        case .organization: "Organization"
        case .product: "Product"
        case .project: "Project"
        }
    }

    /// Mend's `contextType`.
    package var contextType: String {
        switch self {
        case .organization: "DOMAIN"
        case .product: "PRODUCT"
        case .project: "PROJECT"
        }
    }
}

/// The projects that a request may see: those of an organization, of one product, or a single project. There are
/// fewer when the user is a member of only some products. Authorization makes scopes, and queries join them; no other
/// code handles tenants.
package struct Scope: Sendable, Equatable {
    package let kind: ScopeKind
    package let organization: Int64
    /// The product; 0 in an organization's scope.
    package let product: Int64
    /// The project; 0 in a wider scope.
    package let project: Int64
    /// The products that the user may see, or nil for all.
    package let visibleProducts: [Int64]?
    /// The product or project for a comparison, which the user may see, too; nil without a comparison.
    package var comparison: Comparison?

    /// The other side of a comparison as a scope of its own.
    package var other: Scope? {
        comparison.map {
            Scope(
                kind: kind, organization: organization, product: $0.product, project: $0.project,
                visibleProducts: visibleProducts)
        }
    }

    /// The other side of a comparison: a product, or (not 0) a project of it.
    package struct Comparison: Sendable, Equatable, Codable {
        package let product: Int64
        package let project: Int64

        package init(product: Int64, project: Int64) {
            self.product = product
            self.project = project
        }
    }

    package init(
        kind: ScopeKind, organization: Int64, product: Int64 = 0, project: Int64 = 0, visibleProducts: [Int64]? = nil
    ) {
        self.kind = kind
        self.organization = organization
        self.product = product
        self.project = project
        self.visibleProducts = visibleProducts?.sorted()
    }

    /// The number that Mend calls `contextId`.
    package var id: Int64 {
        switch kind {
        case .organization: organization
        case .product: product
        case .project: project
        }
    }

    /// The condition on rows of `project p`.
    package var condition: SQL {
        var sql: SQL = "p.organization = \(organization)"
        switch kind {
        case .organization: break
        case .product: sql.append(" AND p.product = \(product)")
        case .project: sql.append(" AND p.id = \(project)")
        }
        if let visibleProducts { sql.append(" AND p.product IN \(SQL.list(visibleProducts.map(Value.integer)))") }
        return sql
    }

    /// The condition on rows of `product d`, after other conditions, that the user may see the product.
    fileprivate var visibleCondition: SQL {
        guard let visibleProducts else { return "" }
        return " AND d.id IN \(SQL.list(visibleProducts.map(Value.integer)))"
    }

    /// A `WITH` clause that names the projects of the scope as `scope`, in the order of their ids. Projects without an
    /// import have scan 0. `realm` has one row: the organization, the product and project of a narrower scope (0 in a
    /// wider one), and whether all products are visible; for rows that belong to no project. `compared` has the projects
    /// of the other side of a comparison.
    package var clause: SQL {
        """
        WITH scope (project, scan, project_name, project_token, product, product_name) AS NOT MATERIALIZED (
            SELECT p.id, p.scan, p.name, p.token, p.product, d.name
            FROM project p JOIN product d ON d.id = p.product WHERE \(condition)),
        realm (organization, name, product, project, sees_all) AS (
            SELECT o.id, o.name, \(kind == .organization ? 0 : product), \(project), \(visibleProducts == nil ? 1 : 0)
            FROM organization o WHERE o.id = \(organization)),
        compared (project, scan) AS NOT MATERIALIZED (SELECT p.id, p.scan FROM project p WHERE \(comparedCondition))

        """
    }

    private var comparedCondition: SQL {
        guard let comparison else { return "p.id = 0" }
        var sql: SQL = "p.organization = \(organization) AND p.product = \(comparison.product)"
        if comparison.project != 0 { sql.append(" AND p.id = \(comparison.project)") }
        if let visibleProducts { sql.append(" AND p.product IN \(SQL.list(visibleProducts.map(Value.integer)))") }
        return sql
    }
}

/// The facts of a scope that reports show.
package struct ScopeFacts: Sendable, Equatable {
    /// The name of the organization, product or project.
    package let name: String
    /// The names of the scopes around it, the widest first: organization, product.
    package let path: [String]
    /// Rises with every change of the scope's content.
    package let revision: Int64
    /// The time of the last change of the visible content, in milliseconds since 1970, UTC.
    package let updated: Int64

    /// Reads the facts; nil when the scope does not exist (any more).
    package static func read(_ scope: Scope, on connection: any Connection) throws -> ScopeFacts? {
        let row: SQL =
            switch scope.kind {
            case .organization:
                """
                SELECT o.name, '', '', o.revision, coalesce((SELECT max(d.content_at) FROM product d
                    WHERE d.organization = o.id\(scope.visibleCondition)), o.created_at)
                FROM organization o WHERE o.id = \(scope.organization)
                """
            case .product:
                """
                SELECT d.name, o.name, '', d.revision, d.content_at
                FROM product d JOIN organization o ON o.id = d.organization
                WHERE d.id = \(scope.product) AND d.organization = \(scope.organization)
                """
            case .project:
                """
                SELECT p.name, o.name, d.name, p.revision, p.content_at
                FROM project p JOIN product d ON d.id = p.product JOIN organization o ON o.id = p.organization
                WHERE p.id = \(scope.project) AND p.organization = \(scope.organization)
                """
            }
        return try connection.first(row) { row in
            ScopeFacts(
                name: row.string(0), path: [row.string(1), row.string(2)].filter { !$0.isEmpty },
                revision: row.integer(3), updated: row.integer(4))
        }
    }
}
