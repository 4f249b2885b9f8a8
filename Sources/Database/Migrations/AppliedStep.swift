/// A row of the table `migration`: a step that the database has.
struct AppliedStep {
    let number: Int
    let name: String
    /// Of the text that made it; empty where a program before digests applied it.
    let digest: String
    /// The progress of the step's work; nil when it is done.
    let mark: String?

    /// Creates the table, or adds missing columns to the table of an older program.
    static func prepare(_ connection: any Connection) throws {
        let dialect = Dialect(connection.engine)
        try connection.script(
            """
            CREATE TABLE IF NOT EXISTS migration (number \(dialect.integer) PRIMARY KEY, name \(dialect.text) NOT NULL,
                digest \(dialect.text) NOT NULL DEFAULT '', mark \(dialect.text)\(dialect.end);
            """)
        guard try !hasColumn("digest", on: connection) else { return }
        try connection.script(
            """
            ALTER TABLE migration ADD COLUMN digest \(dialect.text) NOT NULL DEFAULT '';
            ALTER TABLE migration ADD COLUMN mark \(dialect.text);
            """)
    }

    /// The applied steps of a database, also of other programs; none without the table.
    static func all(on connection: any Connection) throws -> [AppliedStep] {
        guard try hasColumn("number", on: connection) else { return [] }
        let isOld = try !hasColumn("digest", on: connection)
        let columns: SQL = isOld ? "number, name, '', NULL" : "number, name, digest, mark"
        return try connection.all(
            "SELECT \(columns) FROM migration WHERE number < \(CopyMark.first) ORDER BY number"
        ) { row in
            AppliedStep(
                number: Int(row.integer(0)), name: row.string(1), digest: row.string(2),
                mark: row.kind(3) == .null ? nil : row.string(3))
        }
    }

    /// Whether the table `migration` is there and has the column.
    static func hasColumn(_ name: String, on connection: any Connection) throws -> Bool {
        switch connection.engine {
        case .sqlite: try connection.integer("SELECT 1 FROM pragma_table_info('migration') WHERE name = \(name)") != nil
        case .postgresql:
            try connection.integer(
                """
                SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('migration') AND attname = \(name)
                AND NOT attisdropped
                """) != nil
        }
    }
}

extension [AppliedStep] {
    /// Fails unless the database was made by these steps up to its last, and is no unfinished copy. Changes nothing.
    ///
    /// For steps that programs without digests applied, the schema itself is compared with the result of the steps.
    func verify(against steps: [Migration], on connection: any Connection) throws {
        let newest = last?.number ?? 0
        guard newest <= steps.count else { throw DatabaseError.newerSchema(found: newest, known: steps.count) }
        if let gap = zip(self, 1...).first(where: { $0.number != $1 }) {
            throw DatabaseError.otherSchema(step: gap.1, name: gap.0.name, why: "the step before it is missing")
        }
        for (row, step) in zip(self, steps) where !row.digest.isEmpty && row.digest != step.digest(connection.engine) {
            throw DatabaseError.otherSchema(
                step: row.number, name: row.name,
                why: "its digest is \(row.digest.prefix(12))…, not \(step.digest(connection.engine).prefix(12))…")
        }
        guard contains(where: { $0.digest.isEmpty }) else { return }
        for (row, step) in zip(self, steps) where row.name != step.name.description {
            throw DatabaseError.otherSchema(step: row.number, name: row.name, why: "here it is \(step.name)")
        }
        let model = try SchemaShape.Model(of: steps.prefix(newest))
        guard let difference = try model.difference(of: SchemaShape(of: connection)) else { return }
        throw DatabaseError.otherSchema(
            step: difference.step, name: steps[difference.step - 1].name.description, why: difference.text)
    }
}
