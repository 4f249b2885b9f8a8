// DESIGN. An upgrade is a loop of transactions, each of which looks at the table `migration` and does what comes next: all
// steps up to one with work, or a slice of that work. The progress of the work is written in the transaction of each slice.
// So a process may be killed anywhere, several may start at once (each does the next slice), and no step runs before the
// work of an earlier one is done.

/// Work that a step needs beside SQL: rows that this program's code computes from old ones. It is registered where the code
/// is, often above this target, under the name that the step gives.
package struct MigrationWork: Sendable {
    /// The progress of one transaction.
    package struct Slice: Sendable {
        /// The beginning of the next slice, in the work's own form; nil when the work is done.
        package let mark: String?
        /// Rows that were looked at.
        package let rows: Int

        package init(mark: String?, rows: Int) {
            self.mark = mark
            self.rows = rows
        }
    }

    package let name: StaticString
    /// Does a bounded part, in a transaction: 50 ms or so. The text is where the last one came to, empty at the beginning.
    /// The schema is that of the step, not of the program.
    package let slice: @Sendable (String, any Connection) throws -> Slice

    package init(
        name: StaticString, slice: @escaping @Sendable (String, any Connection) throws -> Slice
    ) {
        self.name = name
        self.slice = slice
    }
}

/// The progress of a step's work.
package struct MigrationProgress: Sendable, Equatable {
    /// The step's number, and how many the program has.
    package let step: Int
    package let steps: Int
    package let name: String
    /// Rows of the slice that was just committed.
    package let rows: Int
    package let isFinished: Bool
}

/// The schema of a database compared with the program's.
package enum SchemaState: Sendable, Equatable {
    case empty
    /// The next start brings it up to date.
    case older(found: Int, known: Int)
    case current
}

extension Database {
    /// Brings the schema up to date, with the work that it needs; safe when several processes do it at once, and continued
    /// when one is killed.
    ///
    /// Throws `DatabaseError.otherSchema`, and changes nothing, when the database was made by steps other than the program's.
    /// - Parameters:
    ///   - works: of all steps that have any. An empty database needs none.
    ///   - progress: called after each slice of work.
    package func migrate(_ works: [MigrationWork] = [], progress: (MigrationProgress) -> Void = { _ in }) throws {
        try migrate(steps: Migration.all, works, progress: progress)
    }

    func migrate(
        steps: [Migration], _ works: [MigrationWork] = [], progress: (MigrationProgress) -> Void = { _ in }
    ) throws {
        while let done = try write({ try Upgrade(steps: steps, works: works).advance(on: $0) }) { progress(done) }
    }

    /// Compares the schema with the program's and changes nothing. Throws as `migrate` does.
    package func schemaState() throws -> SchemaState {
        try snapshot { connection in
            if let mark = try CopyMark.read(on: connection) { throw mark.refusal(of: connection.engine) }
            let rows = try AppliedStep.all(on: connection)
            try rows.verify(against: Migration.all, on: connection)
            guard let last = rows.last else { return .empty }
            let isOlder = last.number < Migration.all.count || last.mark != nil
            return isOlder ? .older(found: last.number, known: Migration.all.count) : .current
        }
    }
}

/// One transaction after the other of an upgrade.
struct Upgrade: Sendable {
    let steps: [Migration]
    let works: [MigrationWork]

    /// Does what comes next, in the caller's transaction; nil when the database is up to date.
    func advance(on connection: any Connection) throws -> MigrationProgress? {
        if connection.engine == .postgresql {
            // One process at a time, however long it takes: the lock is the transaction's. The number is "waybill".
            try connection.script("SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(33602696198581356)")
        }
        try AppliedStep.prepare(connection)
        if let mark = try CopyMark.read(on: connection) { throw mark.refusal(of: connection.engine) }
        let rows = try AppliedStep.all(on: connection)
        try rows.verify(against: steps, on: connection)
        for row in rows where row.digest.isEmpty {
            let digest = steps[row.number - 1].digest(connection.engine)
            try connection.run("UPDATE migration SET digest = \(digest) WHERE number = \(row.number)")
        }
        if let last = rows.last, let mark = last.mark { return try work(of: last, from: mark, on: connection) }
        for number in rows.count..<steps.count {
            let step = steps[number]
            // A database that is made in this transaction has no rows to work on.
            let hasWork = step.work != nil && !rows.isEmpty
            try step.apply(as: number + 1, mark: hasWork ? "" : nil, on: connection)
            if hasWork { return progress(number + 1, rows: 0, isFinished: false) }
        }
        return nil
    }

    private func work(
        of row: AppliedStep, from mark: String, on connection: any Connection
    ) throws -> MigrationProgress {
        guard let name = steps[row.number - 1].work?.description,
            let work = works.first(where: { $0.name.description == name })
        else { throw DatabaseError.unfinishedUpgrade(step: row.number, name: row.name) }
        let slice = try work.slice(mark, connection)
        try connection.run("UPDATE migration SET mark = \(slice.mark) WHERE number = \(row.number)")
        return progress(row.number, rows: slice.rows, isFinished: slice.mark == nil)
    }

    private func progress(_ number: Int, rows: Int, isFinished: Bool) -> MigrationProgress {
        MigrationProgress(
            step: number, steps: steps.count, name: steps[number - 1].name.description, rows: rows,
            isFinished: isFinished)
    }
}
