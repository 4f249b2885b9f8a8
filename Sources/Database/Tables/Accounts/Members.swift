/// A member of an organization for the operator: the strongest roles, including those of groups, and the number of keys.
package struct Member: Sendable {
    package let person: Person
    /// `USER` or `SERVICE`.
    package let kind: String
    /// The role in the whole organization; nil for none.
    package let role: Role?
    /// The roles in single products, in the order of the products' names.
    package let productRoles: [(product: String, role: Role)]
    package let keys: Int64
    /// When the person signed in last with an issuer, in milliseconds since 1970; 0 for never.
    package let signedIn: Int64

    /// Roles in words, for a person.
    package var rolesText: String {
        let words = [role?.rawValue ?? "NONE"] + productRoles.map { "\($0.role.rawValue) in \($0.product)" }
        return words.joined(separator: ", ")
    }

    /// The members of an organization, in the order of their ids.
    package static func list(_ scope: Scope, on connection: any Connection) throws -> [Member] {
        try read(scope, where: "1 = 1", limit: .max, on: connection)
    }

    /// The members after a given one, in the order of their ids.
    ///
    /// - Parameters:
    ///   - letters: a part of the name or the address; empty for all members.
    ///   - id: the account of the previous page's last member; 0 for the first page.
    package static func page(
        _ scope: Scope, having letters: String, behind id: Int64, limit: Int, on connection: any Connection
    ) throws -> [Member] {
        try read(
            scope,
            where: """
                a.id > \(id) AND (\(SQL.contains("a.email", letters)) OR \(SQL.contains("a.name", letters)))
                """, limit: limit, on: connection)
    }

    /// The member with this address; nil without one.
    package static func find(_ email: String, in scope: Scope, on connection: any Connection) throws -> Member? {
        try read(scope, where: "a.email = \(email)", limit: 1, on: connection).first
    }

    private static func read(
        _ scope: Scope, where condition: SQL, limit: Int, on connection: any Connection
    ) throws -> [Member] {
        let rows = try connection.all(
            """
            SELECT a.id, a.name, a.email, a.kind,
                (SELECT count(*) FROM user_key k WHERE k.account = a.id AND k.is_sign_in = 0),
                coalesce((SELECT i.seen_at FROM sign_in_identity i WHERE i.account = a.id), 0)
            FROM membership m JOIN account a ON a.id = m.account WHERE m.organization = \(scope.organization) AND \(condition)
            ORDER BY a.id LIMIT \(limit)
            """
        ) { row in
            (
                person: Person(id: row.integer(0), name: row.string(1), email: row.string(2)), kind: row.string(3),
                keys: row.integer(4), signedIn: row.integer(5)
            )
        }
        let standings = try rows.map {
            try Standing.find(account: $0.person.id, in: scope.organization, on: connection)
        }
        var names: [Int64: String] = [:]
        let products = Set(standings.flatMap { ($0?.productRoles ?? [:]).keys }).sorted()
        try SQL.inSlices(products, as: Value.integer) { list in
            try connection.each("SELECT id, name FROM product WHERE id IN \(list)") { row in
                names[row.integer(0)] = row.string(1)
            }
        }
        return zip(rows, standings).map { row, standing in
            let roles = (standing?.productRoles ?? [:]).compactMap { product, role in
                names[product].map { (product: $0, role: role) }
            }
            return Member(
                person: row.person, kind: row.kind, role: standing?.role,
                productRoles: roles.sorted { $0.product < $1.product }, keys: row.keys, signedIn: row.signedIn)
        }
    }
}
