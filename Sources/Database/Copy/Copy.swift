// DESIGN. A copy reads one snapshot of the source, table by table in the order of the keys, and writes batches. Each
// batch is a transaction of its own, so memory is bounded and an interruption costs only a batch. The last key of each
// table in the target shows how far an earlier attempt came. While a copy is unfinished, a mark in the target keeps other
// programs out. At the end both sides are read once more, and their counts and digests are compared.

/// Copies all rows of one database into another, between any two engines.
package struct DatabaseCopy: Sendable {
    /// The progress, for people who wait.
    package struct Progress: Sendable, Equatable {
        package enum Action: String, Sendable { case copying, verifying }
        package let action: Action
        package let table: String
        package let rows: Int64
        /// The rows of the table in the source.
        package let total: Int64
    }

    /// The most bytes of rows in memory at a time, and the most rows of a transaction.
    private static let batch = (bytes: 4 << 20, rows: 20_000)

    private let target: any Database
    private let origin: String
    private let newDigest: @Sendable () -> CopyDigest
    private let progress: @Sendable (Progress) -> Void
    /// The batch of the program; tests use others.
    var steps = Migration.all

    /// - Parameter origin: names the source; an unfinished copy continues only if its origin is the same.
    package init(
        to target: any Database, origin: String, newDigest: @escaping @Sendable () -> CopyDigest,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) {
        self.target = target
        self.origin = origin
        self.newDigest = newDigest
        self.progress = progress
    }

    /// Copies all rows and compares them. Afterwards the target stays closed to other programs until `finish`.
    ///
    /// `source` is a snapshot: every statement on it sees the same state. After an interruption a new run continues the
    /// copy; copied rows are only compared. Throws `CopyError` when the target is not empty or differs at the end.
    /// - Returns: the state of each table.
    @discardableResult
    package func run(from source: any Connection) throws -> [TableState] {
        let plan = try CopyPlan.make(schema: Self.schema(of: source, steps), of: steps)
        let stage = try begin(plan)
        var totals: [String: Int64] = [:]
        for table in plan.tables { totals[table.name] = try source.integer(table.selectCount) ?? 0 }
        if stage == .rows {
            for table in plan.tables { try copy(table, from: source, total: totals[table.name] ?? 0) }
            for table in plan.tables where table.isCounted { try copyCounter(of: table, from: source) }
        }
        let states = try plan.tables.map { table in
            let total = totals[table.name] ?? 0
            return try TableState.read(table, on: source, digest: newDigest()) {
                progress(Progress(action: .verifying, table: table.name, rows: $0, total: total))
            }
        }
        guard stage == .rows else { return states }
        try target.snapshot { target in
            for (table, expected) in zip(plan.tables, states) {
                let found = try TableState.read(table, on: target, digest: newDigest()) { _ in }
                guard found == expected else {
                    throw CopyError.differs(
                        table: table.name, source: "\(expected.rows) rows, \(expected.digest.prefix(12))",
                        target: "\(found.rows) rows, \(found.digest.prefix(12))")
                }
            }
        }
        try target.write { [origin] in try CopyMark(stage: .files, origin: origin).write(on: $0) }
        return states
    }

    /// Opens the target to other programs and updates its schema.
    /// - Parameter works: as for `Database.migrate`.
    package func finish(_ works: [MigrationWork]) throws {
        try target.write { try CopyMark.remove(on: $0) }
        try target.migrate(steps: steps, works)
    }

    /// Opens the target to other programs with the schema of the source: for a copy that older programs read, too.
    package func finishAsItIs() throws {
        try target.write { try CopyMark.remove(on: $0) }
    }

    /// The states of all tables of a database, on a snapshot of it.
    package static func states(
        of source: any Connection, newDigest: () -> CopyDigest
    ) throws -> [TableState] {
        try CopyPlan.make(schema: schema(of: source, Migration.all)).tables.map {
            try TableState.read($0, on: source, digest: newDigest()) { _ in }
        }
    }

    /// The number of the last step of a complete database that the steps made.
    private static func schema(of source: any Connection, _ steps: [Migration]) throws -> Int {
        if let mark = try CopyMark.read(on: source) { throw mark.refusal(of: source.engine) }
        let rows = try AppliedStep.all(on: source)
        try rows.verify(against: steps, on: source)
        guard let last = rows.last else { throw CopyError.notOurs }
        guard last.mark == nil else { throw DatabaseError.unfinishedUpgrade(step: last.number, name: last.name) }
        return last.number
    }

    /// Makes the target's tables and sets the mark, or finds the mark of an earlier attempt.
    private func begin(_ plan: CopyPlan) throws -> CopyMark.Stage {
        try target.write { [origin, steps] connection in
            try AppliedStep.prepare(connection)
            let rows = try AppliedStep.all(on: connection)
            try rows.verify(against: steps, on: connection)
            let found = rows.last?.number ?? 0
            if let mark = try CopyMark.read(on: connection) {
                guard mark.origin == origin, found == plan.schema else {
                    throw CopyError.otherCopy(of: mark.origin, schema: found)
                }
                return mark.stage
            }
            if found == 0 {
                try Migration.make(on: connection, upTo: plan.schema, of: steps)
                // Rows that the migrations insert are among the source's rows.
                for table in plan.tables.reversed() {
                    try connection.run(SQL(stringLiteral: "DELETE FROM \(table.name)"))
                }
            }
            guard found == 0 || found == plan.schema else {
                throw CopyError.otherSchema(source: plan.schema, target: found)
            }
            for table in plan.tables {
                if try connection.integer(SQL(stringLiteral: "SELECT 1 FROM \(table.name) LIMIT 1")) != nil {
                    throw CopyError.notEmpty(table: table.name)
                }
            }
            try CopyMark(stage: .rows, origin: origin).write(on: connection)
            return .rows
        }
    }

    private func copy(_ table: CopyTable, from source: any Connection, total: Int64) throws {
        let (last, before) = try target.read { target in
            let last = try target.first(table.selectLastKey) { row in table.key.indices.map { row.value($0) } } ?? []
            return (last, last.isEmpty ? 0 : try target.integer(table.selectCount) ?? 0)
        }
        var done = before
        let cursor = try source.cursor(table.select(after: last))
        defer { cursor.finish() }
        var isOver = false
        while !isOver {
            var rows = RowBuffer(capacity: 1 << 20)
            while rows.rowCount < Self.batch.rows, rows.byteCount < Self.batch.bytes, !isOver {
                isOver = try !cursor.next(into: &rows)
            }
            done += Int64(rows.rowCount)
            try write(rows, into: table)
            progress(Progress(action: .copying, table: table.name, rows: done, total: total))
        }
    }

    private func write(_ rows: consuming RowBuffer, into table: CopyTable) throws {
        guard rows.rowCount > 0 else { return }
        let rows = Rows(rows)
        try target.write { connection in
            guard let connection = connection as? any CatalogueConnection else {
                throw DatabaseError.statement(sql: table.name, why: "this connection takes no rows by a table's name")
            }
            try connection.insert(rows.buffer, table: table.name, columns: table.columns)
        }
    }

    /// Rows that the closure of a transaction may capture.
    private final class Rows: Sendable {
        let buffer: RowBuffer
        init(_ buffer: consuming RowBuffer) { self.buffer = buffer }
    }

    /// A number is never given out twice, even when its row was deleted.
    private func copyCounter(of table: CopyTable, from source: any Connection) throws {
        let last = try Self.counter(of: table, on: source)
        guard last > 0 else { return }
        try target.write { connection in
            switch connection.engine {
            case .sqlite:
                // Inserting rows has made the counter's row; an empty table has no such row.
                let isThere = try connection.run("UPDATE sqlite_sequence SET seq = \(last) WHERE name = \(table.name)")
                if isThere == 0 {
                    try connection.run("INSERT INTO sqlite_sequence (name, seq) VALUES (\(table.name), \(last))")
                }
            case .postgresql:
                try connection.run("SELECT setval(pg_get_serial_sequence(\(table.name), \(table.key[0])), \(last))")
            }
        }
    }

    /// The last number given to a counted key; 0 for none.
    static func counter(of table: CopyTable, on connection: any Connection) throws -> Int64 {
        switch connection.engine {
        case .sqlite:
            return try connection.integer("SELECT seq FROM sqlite_sequence WHERE name = \(table.name)") ?? 0
        case .postgresql:
            let sequence: SQL = "pg_get_serial_sequence(\(table.name), \(table.key[0]))::regclass"
            return try connection.integer("SELECT pg_sequence_last_value(\(sequence))") ?? 0
        }
    }
}
