// DESIGN. The schema itself determines what is copied. The migrations run on an empty SQLite database in memory,
// whose catalogue then names every table with its columns, its key, and the tables that it refers to. A table of a
// later migration is copied without a change here. A test compares the plan with PostgreSQL's own catalogue.

/// A table, with the facts that copying needs.
package struct CopyTable: Sendable, Equatable {
    package let name: String
    /// In the order of the schema.
    package let columns: [String]
    /// The columns of the primary key, in its order.
    package let key: [String]
    /// Whether the engine counts the key upwards.
    let isCounted: Bool

    /// All rows in the order of the key, or only the rows after `last`, the key of a row.
    func select(after last: [Value] = []) -> SQL {
        let key = self.key.joined(separator: ", ")
        var sql = SQL(stringLiteral: "SELECT \(columns.joined(separator: ", ")) FROM \(name)")
        if !last.isEmpty { sql += SQL(stringLiteral: " WHERE (\(key)) > ") + SQL.list(last) }
        return sql + SQL(stringLiteral: " ORDER BY \(key)")
    }

    /// The key of the last row.
    var selectLastKey: SQL {
        let key = self.key.joined(separator: ", ")
        let down = self.key.map { "\($0) DESC" }.joined(separator: ", ")
        return SQL(stringLiteral: "SELECT \(key) FROM \(name) ORDER BY \(down) LIMIT 1")
    }

    var selectCount: SQL { SQL(stringLiteral: "SELECT count(*) FROM \(name)") }
}

extension SQL {
    fileprivate static func += (left: inout SQL, right: SQL) { left.append(right) }
}

/// The tables of a schema, each after the tables that its rows refer to.
package struct CopyPlan: Sendable, Equatable {
    /// The number of the last migration that made the schema.
    package let schema: Int
    /// All tables except those whose rows are a part of the program: `migration`, `license_conflict`.
    package let tables: [CopyTable]

    /// The plan of this program's schema after migration `schema`.
    package static func make(schema: Int? = nil) throws -> CopyPlan {
        try make(schema: schema ?? Migration.all.count, of: Migration.all)
    }

    static func make(schema: Int, of steps: [Migration]) throws -> CopyPlan {
        let model = try SQLiteConnection(path: ":memory:", create: true)
        try Migration.make(on: model, upTo: schema, of: steps)
        let names = try model.all(
            """
            SELECT t.name, m.sql LIKE '%AUTOINCREMENT%' FROM pragma_table_list t JOIN sqlite_schema m ON m.name = t.name
            WHERE \(SchemaShape.isTable) AND t.name NOT IN ('migration', 'license_conflict')
            ORDER BY t.name
            """
        ) { (name: $0.string(0), isCounted: $0.boolean(1)) }
        var waiting: [(table: CopyTable, needs: Set<String>)] = try names.map { name, isCounted in
            let columns = try model.all("SELECT name, pk FROM pragma_table_info(\(name)) ORDER BY cid") {
                (name: $0.string(0), place: $0.integer(1))
            }
            let key = columns.filter { $0.place > 0 }.sorted { $0.place < $1.place }.map(\.name)
            guard !key.isEmpty else { throw CopyError.noKey(table: name) }
            let needs = try model.all(#"SELECT "table" FROM pragma_foreign_key_list(\#(name))"#) { $0.string(0) }
            let table = CopyTable(name: name, columns: columns.map(\.name), key: key, isCounted: isCounted)
            return (table, Set(needs).subtracting([name]))
        }
        var tables: [CopyTable] = []
        while !waiting.isEmpty {
            let done = Set(tables.map(\.name))
            let ready = waiting.filter { $0.needs.isSubset(of: done) }.map(\.table)
            guard !ready.isEmpty else { throw CopyError.circular(tables: waiting.map(\.table.name)) }
            tables += ready
            waiting.removeAll { entry in ready.contains(entry.table) }
        }
        return CopyPlan(schema: schema, tables: tables)
    }
}

/// The reason why a copy was not made or must not be trusted.
package enum CopyError: Error, Equatable, CustomStringConvertible {
    /// The target has rows that an earlier attempt of this copy did not write.
    case notEmpty(table: String)
    /// The target holds another, unfinished copy.
    case otherCopy(of: String, schema: Int)
    /// The source is not a database of this program.
    case notOurs
    /// The target has another schema than the source.
    case otherSchema(source: Int, target: Int)
    /// Source and target differ after the copy.
    case differs(table: String, source: String, target: String)
    case noKey(table: String)
    case circular(tables: [String])

    package var description: String {
        switch self {
        case .notEmpty(let table):
            "the target is not empty: its table \(table) has rows; give a database without any, nothing was changed"
        case .otherCopy(let origin, let schema):
            "the target holds an unfinished copy of \(origin) with schema \(schema); finish that, or give an empty database"
        case .notOurs: "the source is no database of waybill: it has no schema"
        case .otherSchema(let source, let target):
            "the source has schema \(source), the empty target \(target): give a database without tables"
        case .differs(let table, let source, let target):
            """
            table \(table) differs after the copy (source \(source), target \(target)): the source was changed between \
            two attempts, or the target by another program; begin again with an empty database
            """
        case .noKey(let table): "table \(table) has no primary key"
        case .circular(let tables): "the tables \(tables.joined(separator: ", ")) refer to each other in a circle"
        }
    }
}
