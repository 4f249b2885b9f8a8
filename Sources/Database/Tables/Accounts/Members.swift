/// A member of an organization as the operator sees it: with the greatest roles, by groups too, and the number of keys.
package struct Member: Sendable {
    package let person: Person
    /// `USER` or `SERVICE`.
    package let kind: String
    /// In the whole organization; nil for none.
    package let role: Role?
    /// In single products, in the order of their names.
    package let productRoles: [(product: String, role: Role)]
    package let keys: Int64

    /// Roles in words, for a person.
    package var rolesText: String {
        let words = [role?.rawValue ?? "NONE"] + productRoles.map { "\($0.role.rawValue) in \($0.product)" }
        return words.joined(separator: ", ")
    }

    /// The members of an organization, in the order of their ids.
    package static func list(_ scope: Scope, on connection: any Connection) throws -> [Member] {
        let names = Dictionary(
            uniqueKeysWithValues: try connection.all(
                "SELECT id, name FROM product WHERE organization = \(scope.organization)"
            ) { ($0.integer(0), $0.string(1)) })
        let rows = try connection.all(
            """
            SELECT a.id, a.name, a.email, a.kind, (SELECT count(*) FROM user_key k WHERE k.account = a.id)
            FROM membership m JOIN account a ON a.id = m.account WHERE m.organization = \(scope.organization) ORDER BY a.id
            """
        ) { row in
            (
                person: Person(id: row.integer(0), name: row.string(1), email: row.string(2)), kind: row.string(3),
                keys: row.integer(4)
            )
        }
        return try rows.map { row in
            let standing = try Standing.find(account: row.person.id, in: scope.organization, on: connection)
            let roles = (standing?.productRoles ?? [:]).compactMap { product, role in
                names[product].map { (product: $0, role: role) }
            }
            return Member(
                person: row.person, kind: row.kind, role: standing?.role,
                productRoles: roles.sorted { $0.product < $1.product }, keys: row.keys)
        }
    }
}
