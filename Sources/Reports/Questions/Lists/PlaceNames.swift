package import Database

/// The names and tokens of a scope and of the scopes around it.
package struct PlaceNames: Sendable, Equatable {
    package struct Place: Sendable, Equatable {
        package let name: String
        package let token: String

        package init(name: String, token: String) {
            self.name = name
            self.token = token
        }
    }

    package let organization: Place
    /// The product, in the scope of a product or a project.
    package let product: Place?
    /// The project, in the scope of a project.
    package let project: Place?

    /// Reads the names; nil when the scope does not exist (any more).
    package static func read(_ scope: Scope, on connection: any Connection) throws -> PlaceNames? {
        let query: SQL =
            switch scope.kind {
            case .organization:
                "SELECT o.name, o.token, '', '', '', '' FROM organization o WHERE o.id = \(scope.organization)"
            case .product:
                """
                SELECT o.name, o.token, d.name, d.token, '', '' FROM product d
                JOIN organization o ON o.id = d.organization
                WHERE d.id = \(scope.product) AND d.organization = \(scope.organization)
                """
            case .project:
                """
                SELECT o.name, o.token, d.name, d.token, p.name, p.token FROM project p
                JOIN product d ON d.id = p.product JOIN organization o ON o.id = p.organization
                WHERE p.id = \(scope.project) AND \(scope.condition)
                """
            }
        return try connection.first(query) { row in
            let organization = Place(name: row.string(0), token: row.string(1))
            let product = Place(name: row.string(2), token: row.string(3))
            let project = Place(name: row.string(4), token: row.string(5))
            return PlaceNames(
                organization: organization, product: scope.kind == .organization ? nil : product,
                project: scope.kind == .project ? project : nil)
        }
    }
}
