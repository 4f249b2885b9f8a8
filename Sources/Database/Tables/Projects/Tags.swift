// DESIGN. Tags of products and projects: a key has any number of values. Saving a key again adds a value. The place of a
// tag is a scope from authorization.

/// The tags of one product or project.
package struct TagList: Sendable, Equatable {
    package let name: String
    package let token: String
    /// Keys in the order of their bytes, each with its values.
    package var tags: [(key: String, values: [String])]

    package static func == (left: TagList, right: TagList) -> Bool {
        left.name == right.name && left.token == right.token && left.tags.elementsEqual(right.tags, by: ==)
    }
}

/// The tables of tags.
package enum Tags {
    /// The longest key or value, in bytes of UTF-8.
    package static let limit = 1000

    /// Products of a scope that the user may see, with their tags, in the order of their ids.
    package static func products(_ scope: Scope, on connection: any Connection) throws -> [TagList] {
        var condition: SQL = "d.organization = \(scope.organization)"
        if scope.product != 0 { condition.append(" AND d.id = \(scope.product)") }
        if let visible = scope.visibleProducts {
            condition.append(" AND d.id IN \(SQL.list(visible.map(Value.integer)))")
        }
        return try lists(
            """
            SELECT d.id, d.name, d.token, t.key, t.value FROM product d LEFT JOIN product_tag t ON t.product = d.id
            WHERE \(condition) ORDER BY d.id, t.key, t.value
            """, on: connection)
    }

    /// Projects of a scope with their tags, in the order of their ids.
    package static func projects(_ scope: Scope, on connection: any Connection) throws -> [TagList] {
        try lists(
            """
            SELECT p.id, p.name, p.token, t.key, t.value FROM project p LEFT JOIN project_tag t ON t.project = p.id
            WHERE \(scope.condition) ORDER BY p.id, t.key, t.value
            """, on: connection)
    }

    private static func lists(_ query: SQL, on connection: any Connection) throws -> [TagList] {
        var found: [TagList] = []
        var last: Int64 = 0
        try connection.each(query) { row in
            if row.integer(0) != last {
                last = row.integer(0)
                found.append(TagList(name: row.string(1), token: row.string(2), tags: []))
            }
            guard !row.isNull(3) else { return }
            var list = found.removeLast()
            if list.tags.last?.key == row.string(3) {
                list.tags[list.tags.count - 1].values.append(row.string(4))
            } else {
                list.tags.append((row.string(3), [row.string(4)]))
            }
            found.append(list)
        }
        return found
    }

    /// Adds a tag to the product or project of the scope; false if the tag already exists.
    package static func save(_ key: String, _ value: String, _ writing: Writing) throws -> Bool {
        let (table, column) = place(writing.scope)
        let count = try writing.connection.run(
            """
            INSERT INTO \(table) (\(column), key, value) VALUES (\(writing.scope.id), \(key), \(value)) ON CONFLICT DO NOTHING
            """)
        guard count > 0 else { return false }
        try note(.created, "\(key): \(value)", writing)
        return true
    }

    /// Removes a tag; false if there is none.
    package static func remove(_ key: String, _ value: String, _ writing: Writing) throws -> Bool {
        let (table, column) = place(writing.scope)
        let count = try writing.connection.run(
            "DELETE FROM \(table) WHERE \(column) = \(writing.scope.id) AND key = \(key) AND value = \(value)")
        guard count > 0 else { return false }
        try note(.deleted, "\(key): \(value)", writing)
        return true
    }

    private static func place(_ scope: Scope) -> (table: SQL, column: SQL) {
        scope.kind == .project ? ("project_tag", "project") : ("product_tag", "product")
    }

    private static func note(_ aspect: Change.Aspect, _ tag: String, _ writing: Writing) throws {
        let change = try Change(
            .metadata, .tag, aspect, in: writing.scope, before: aspect == .deleted ? [tag] : [],
            after: aspect == .created ? [tag] : [], on: writing.connection)
        try change.write(writing)
        try Revisions.raise(writing.scope, contentAt: writing.time, on: writing.connection)
    }
}
