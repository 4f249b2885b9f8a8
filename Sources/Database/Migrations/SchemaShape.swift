/// The content of a database's catalogue, in a form that both engines share. Defaults, checks and references are left
/// out.
struct SchemaShape: Equatable {
    /// Columns by table: kind, whether they may be null.
    private var tables: [String: [String: String]] = [:]
    /// The columns of keys and indexes, by the names that messages use for these.
    private var indexes: [String: String] = [:]
    /// Rows of `license_conflict`, which are a part of the schema.
    private var rules: [String] = []

    init(of connection: any Connection) throws {
        switch connection.engine {
        case .sqlite: try readSQLite(connection)
        case .postgresql: try readPostgreSQL(connection)
        }
        guard tables["license_conflict"] != nil else { return }
        rules = try connection.all(
            "SELECT number, license, other, compatibility, reason FROM license_conflict ORDER BY number"
        ) { row in "\(row.integer(0)) \((1..<5).map { row.string($0) })" }
    }

    /// Of `pragma_table_list t`: a table that steps make. Tables of SQLite's own and those behind an index of words are none.
    static let isTable: StaticSQL = "t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"

    private mutating func readSQLite(_ connection: any Connection) throws {
        var keys: [String: [(place: Int64, column: String)]] = [:]
        try connection.each(
            """
            SELECT t.name, c.name, c.type, c."notnull", c.pk FROM pragma_table_list t, pragma_table_info(t.name) c
            WHERE \(Self.isTable) ORDER BY t.name, c.cid
            """
        ) { row in
            let (table, column, place) = (row.string(0), row.string(1), row.integer(4))
            add(column, to: table, kind: row.string(2), isNullable: place == 0 && !row.boolean(3))
            if place > 0 { keys[table, default: []].append((place, column)) }
        }
        for (table, columns) in keys {
            indexes["key of \(table)"] = columns.sorted { $0.place < $1.place }.map(\.column).joined(separator: ", ")
        }
        try connection.each(
            """
            SELECT t.name, i.name, i."unique", i.origin, i.partial,
                (SELECT group_concat(x.name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) x)
            FROM pragma_table_list t, pragma_index_list(t.name) i WHERE \(Self.isTable) AND i.origin <> 'pk'
            """
        ) { row in
            addIndex(
                row.string(3) == "c" ? row.string(1) : nil, table: row.string(0), columns: row.string(5),
                isUnique: row.boolean(2), isPartial: row.boolean(4))
        }
    }

    private mutating func readPostgreSQL(_ connection: any Connection) throws {
        try connection.each(
            """
            SELECT CAST(table_name AS text), CAST(column_name AS text), CAST(data_type AS text), CAST(is_nullable AS text)
            FROM information_schema.columns WHERE table_schema = current_schema()
            """
        ) { row in
            let words = ["bigint": "INTEGER", "text": "TEXT", "bytea": "BLOB", "double precision": "REAL"]
            add(
                row.string(1), to: row.string(0), kind: words[row.string(2)] ?? row.string(2),
                isNullable: row.string(3) == "YES")
        }
        try connection.each(
            """
            SELECT CAST(t.relname AS text), CAST(i.relname AS text), CAST(x.indisunique AS integer),
                CAST(coalesce(c.contype, 'i') AS text), CAST(x.indpred IS NOT NULL AS integer),
                (SELECT string_agg(CAST(a.attname AS text), ', ' ORDER BY k.place)
                 FROM unnest(x.indkey) WITH ORDINALITY k (number, place)
                 JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number)
            FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
            JOIN pg_namespace n ON n.oid = t.relnamespace
            LEFT JOIN pg_constraint c ON c.conindid = i.oid AND c.contype IN ('p', 'u')
            WHERE n.nspname = current_schema()
            """
        ) { row in
            let (table, columns) = (row.string(0), row.string(5))
            if row.string(3) == "p" {
                indexes["key of \(table)"] = columns
            } else {
                addIndex(
                    row.string(3) == "u" ? nil : row.string(1), table: table, columns: columns,
                    isUnique: row.boolean(2), isPartial: row.boolean(4))
            }
        }
    }

    private mutating func add(_ column: String, to table: String, kind: String, isNullable: Bool) {
        // The table of the steps is not made by a step.
        guard table != "migration" else { return }
        tables[table, default: [:]][column] = isNullable ? kind : "\(kind) NOT NULL"
    }

    /// - Parameter name: nil for a rule of the table, whose index each engine names in its own way.
    private mutating func addIndex(
        _ name: String?, table: String, columns: String, isUnique: Bool, isPartial: Bool
    ) {
        guard table != "migration" else { return }
        let what = "\(isUnique ? "unique " : "")on \(table) (\(columns))\(isPartial ? " of some rows" : "")"
        if let name { indexes["index \(name)"] = what } else { indexes["rule \(what)"] = what }
    }

    /// The tables and indexes that steps make, each with the step that made it first.
    struct Model {
        private var shapes: [SchemaShape] = []

        /// Runs the steps on an empty SQLite database in memory.
        init(of steps: ArraySlice<Migration>) throws {
            let memory = try SQLiteConnection(path: ":memory:", create: true)
            try AppliedStep.prepare(memory)
            for (index, step) in steps.enumerated() {
                try step.apply(as: index + 1, mark: nil, on: memory)
                shapes.append(try SchemaShape(of: memory))
            }
        }

        /// The first thing that a database lacks or has otherwise. Tables beside those of the steps are no difference:
        /// backups have some.
        func difference(of found: SchemaShape) -> (step: Int, text: String)? {
            guard let whole = shapes.last else { return nil }
            for (index, shape) in shapes.enumerated() {
                if let text = shape.firstDifference(of: found, whole: whole) { return (index + 1, text) }
            }
            return nil
        }
    }

    /// Compares this shape with a database, except parts that later steps changed: `whole` is where they lead.
    private func firstDifference(of found: SchemaShape, whole: SchemaShape) -> String? {
        for (table, columns) in tables.sorted(by: { $0.key < $1.key }) {
            guard let wanted = whole.tables[table] else { continue }
            guard let there = found.tables[table] else { return "the table \(table) is missing" }
            for column in columns.keys.sorted() where wanted[column] != nil {
                guard let kind = there[column] else { return "\(table) lacks the column \(column)" }
                guard kind == wanted[column] else {
                    return "the column \(column) of \(table) is \(kind), not \(wanted[column] ?? "")"
                }
            }
            if let column = there.keys.sorted().first(where: { wanted[$0] == nil }) {
                return "\(table) has another column, \(column)"
            }
        }
        for name in indexes.keys.sorted() where whole.indexes[name] != nil && found.indexes[name] != whole.indexes[name]
        {
            return "the \(name) is \(found.indexes[name] ?? "missing")"
        }
        return !rules.isEmpty && rules == whole.rules && found.rules != rules ? "license_conflict has other rows" : nil
    }
}
