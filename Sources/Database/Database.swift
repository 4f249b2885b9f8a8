// DESIGN. The engines differ in the connection, not in the queries. A `Connection` prepares, binds, steps and inserts in
// bulk; all code above it uses SQL that both engines understand. Calls block their thread. They are made on separate
// threads (a writer, report workers, the HTTP server's pool), never on the cooperative pool.

/// The engines that implement the contract.
package enum Engine: String, Sendable, CaseIterable { case sqlite, postgresql }

/// A failure below a query.
package enum DatabaseError: Error, CustomStringConvertible {
    /// The database could not be opened; with its place and the reason.
    case unavailable(url: String, why: String)
    /// The file is not a database of the engine.
    case noDatabase(path: String)
    /// A statement failed. Bound values are left out, because they may be secret.
    case statement(sql: String, why: String)
    /// A rule of the schema forbids the row, such as a name that is taken.
    case conflict(sql: String, why: String)
    /// Another process holds the database for longer than the allowed time.
    case busy
    /// The disk is full or cannot be written.
    case storage(why: String)
    /// The engine temporarily lacks memory, connections or another resource.
    case exhausted(why: String)
    /// The connection broke during the commit, so the write may or may not be stored.
    case unknownOutcome(why: String)
    /// The schema is newer than this program.
    case newerSchema(found: Int, known: Int)
    /// Another text made a step of the schema than the program has.
    case otherSchema(step: Int, name: String, why: String)
    /// The work of a migration step is unfinished, and this command cannot do it.
    case unfinishedUpgrade(step: Int, name: String)
    /// All numbers of a kind that clients can hold in 32 bits are used up.
    case noNumberLeft(of: String, limit: Int64)

    package var description: String {
        switch self {
        case .unavailable(let url, let why): "cannot open the database \(url): \(why)"
        case .noDatabase(let path): "\(path) is no SQLite database; another name is meant, or the file is damaged"
        case .statement(let sql, let why): "\(why), in: \(sql.prefix(300))"
        case .conflict(_, let why): why
        case .busy: "the database is locked by another process"
        case .storage(let why): "the database cannot be written: \(why)"
        case .exhausted(let why): "the database lacks resources at the moment: \(why)"
        case .unknownOutcome(let why):
            "the connection broke during a commit, look whether the change is there before doing it again: \(why)"
        case .newerSchema(let found, let known):
            "the database has schema \(found), this program knows \(known): run the newer waybill"
        case .otherSchema(let step, let name, let why):
            """
            the database was made by a development build whose schema step \(step) (\(name)) differs (\(why)): save SBOM \
            reports of its projects with that build and import them into a new database; nothing was changed
            """
        case .unfinishedUpgrade(let step, let name):
            "the upgrade of the database stopped in the work of step \(step) (\(name)): start a server once, which ends it"
        case .noNumberLeft(let kind, let limit):
            "no number is left (\(kind)): clients hold numbers up to \(limit)"
        }
    }
}

/// A running query.
///
///     let cursor = try connection.cursor("SELECT id, name FROM project WHERE product = \(product)")
///     var row = RowBuffer(capacity: 1024)
///     while try cursor.next(into: &row) {
///         print(row.integer(0), row.string(1))
///         row.removeAll()
///     }
///
/// A cursor lives as long as its transaction or its `read`, and belongs to the thread of its connection. It holds one
/// row at a time. Its errors are `DatabaseError`s; after an error it has no further rows. Several cursors of one
/// connection may be open at a time.
package protocol RowCursor: AnyObject {
    /// Appends the next row to `buffer`; false, without a row, at the end.
    func next(into buffer: inout RowBuffer) throws(DatabaseError) -> Bool
    /// Releases the statement. `deinit` calls it at the latest.
    func finish()
}

/// One session with a database.
///
///     let id = try connection.take(1, from: "product")
///     try connection.run("INSERT INTO product (id, name) VALUES (\(id), \(name))")
///     let names = try connection.all("SELECT name FROM product WHERE id > \(last)") { $0.string(0) }
///     try connection.each("SELECT id, name FROM project WHERE product = \(id)") { row in
///         print(row.integer(0), row.string(1))
///     }
///
/// A connection comes from `Database.read`, `snapshot` or `write`, which define the rows that its statements see. It
/// belongs to the thread that runs their closure, and ends with the closure. Times in rows are milliseconds since 1970,
/// UTC. Other statements may run while cursors are open. Errors are `DatabaseError`s and leave out bound values. A
/// statement that fails in a write undoes the whole write, even when its error is caught.
package protocol Connection: AnyObject {
    var engine: Engine { get }

    /// Runs a statement to its end and returns the number of changed rows.
    @discardableResult
    func run(_ sql: SQL) throws(DatabaseError) -> Int

    /// Starts a query. Several cursors may be open at once. Inside a snapshot each cursor takes bounded memory,
    /// whatever its length. Elsewhere, when another statement needs the connection, the rest of a long cursor is kept
    /// in memory; beyond 64 MiB the statement is refused.
    func cursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor

    /// Like `cursor`, for a result that is known to be small. The statement is prepared once for the session, inside a
    /// snapshot, too, and PostgreSQL's result is received as a whole.
    func shortCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor

    /// Like `shortCursor`, for the last statement of a write, which PostgreSQL then gets in one message with the commit. No statement may
    /// follow in this write, and an error that its closure throws afterwards undoes nothing.
    func lastCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor

    /// Inserts all rows of `rows`, each with as many cells as there are columns. It is fast, because it uses a
    /// prepared statement or COPY. Cells have the type of their column; only an integer may stand for a real.
    func insert(_ rows: borrowing RowBuffer, into table: StaticString, _ columns: [StaticString]) throws(DatabaseError)

    /// Runs a script of several statements without values, for migrations.
    func script(_ text: String) throws(DatabaseError)

    /// Wakes the listeners of `channel` once the running write is committed; in all processes where the engine
    /// supports that.
    func notify(_ channel: StaticString) throws(DatabaseError)

    /// The engine's plan of a query, one step a line, for tests that refuse a sort or a scan.
    func plan(_ sql: SQL) throws(DatabaseError) -> [String]
}

extension Connection {
    /// Calls `body` once for each row; the row's cells have the numbers 0, 1, 2, ….
    package func each(
        _ sql: SQL, _ body: (borrowing RowBuffer) throws -> Void
    ) throws {
        try Self.each(of: try cursor(sql), body)
    }

    private static func each(of cursor: any RowCursor, _ body: (borrowing RowBuffer) throws -> Void) throws {
        defer { cursor.finish() }
        var row = RowBuffer(capacity: 1024)
        while try cursor.next(into: &row) {
            try body(row)
            row.removeAll()
        }
    }

    package func lastCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor { try shortCursor(sql) }

    /// The result of `body` for the first row; nil without rows.
    ///
    /// - Parameter isLast: whether this is the last statement of its write; see `lastCursor`.
    package func first<Result>(
        _ sql: SQL, isLast: Bool = false, _ body: (borrowing RowBuffer) throws -> Result
    ) throws -> Result? {
        let cursor = isLast ? try lastCursor(sql) : try shortCursor(sql)
        defer { cursor.finish() }
        var row = RowBuffer(capacity: 1024)
        guard try cursor.next(into: &row) else { return nil }
        return try body(row)
    }

    /// The results of `body` for all rows. Only for results that are known to be small.
    package func all<Result>(_ sql: SQL, _ body: (borrowing RowBuffer) throws -> Result) throws -> [Result] {
        var found: [Result] = []
        try Self.each(of: try shortCursor(sql)) { row in found.append(try body(row)) }
        return found
    }

    /// The integer in the first cell of the first row, or nil.
    ///
    /// - Parameter isLast: whether this is the last statement of its write; see `lastCursor`.
    package func integer(_ sql: SQL, isLast: Bool = false) throws -> Int64? {
        try first(sql, isLast: isLast) { $0.integerOrNil(0) } ?? nil
    }

    /// Takes `count` consecutive numbers from a named sequence and returns the first. It is part of the running
    /// transaction.
    ///
    /// Throws `DatabaseError.noNumberLeft` if clients store such numbers and this one is too large for them.
    package func take(_ count: Int, from sequence: StaticString) throws -> Int64 {
        let name = sequence.description
        let isClients = ClientNumbers.sequences.contains(name)
        return try take(count, sequence: name, limit: isClients ? ClientNumbers.limit : nil)
    }

    /// As above, for a sequence whose name is computed; a number above `limit` is refused.
    func take(_ count: Int, sequence name: String, limit: Int64?) throws -> Int64 {
        let next = try integer(
            """
            INSERT INTO sequence (name, next) VALUES (\(name), \(1 + count))
            ON CONFLICT (name) DO UPDATE SET next = sequence.next + \(count) RETURNING next
            """)
        guard let next else { throw DatabaseError.statement(sql: "sequence \(name)", why: "no number came back") }
        if let limit, next - 1 > limit { throw DatabaseError.noNumberLeft(of: name, limit: limit) }
        return next - Int64(count)
    }
}

/// Numbers that Mend's clients store in signed 32 bits.
enum ClientNumbers {
    static let limit = Int64(Int32.max)
    /// The sequences whose numbers clients see.
    static let sequences: Set<String> = ["organization", "product", "project", "policy", "agent_request"]
}

/// A database that threads share.
///
/// Each read uses its own connection and sees a committed state. Writes are transactions. On SQLite they queue for the
/// only writer, which commits all waiting ones together, with one flush to the disk.
///
///     let names = try database.snapshot { connection in
///         try connection.all("SELECT name FROM product WHERE organization = \(id)") { $0.string(0) }
///     }
///     try database.write { try $0.run("UPDATE product SET name = \(name) WHERE id = \(product)") }
///
/// Any thread may call it until `close`. On PostgreSQL, calls wait for a session, at most for `Patience.current`.
/// Errors are `DatabaseError`s or those of the closure. Connections must not leave their closure. A closure passes on
/// its connection instead of calling the database again: a nested call has another connection, and does not see the
/// rows of an open write.
package protocol Database: AnyObject, Sendable {
    var engine: Engine { get }

    /// Runs `body` on a connection that refuses to write. Each statement sees the newest state at its own time.
    func read<Result>(_ body: (any Connection) throws -> Result) throws -> Result

    /// Runs `body` in one read transaction: every statement sees the same state, however long `body` runs.
    func snapshot<Result>(_ body: (any Connection) throws -> Result) throws -> Result

    /// Runs `body` in a transaction and returns when it is durable. Blocks the calling thread.
    ///
    /// An error undoes it, and so does a failed statement, even when `body` caught the error. `body` runs once more when the
    /// engine undoes it because of a conflict with another writer, or when the connection broke before the commit. It also
    /// runs again, up to a few times, if a key of its row exists that another write may have just made. So `body` must have
    /// no effects outside of the database. On PostgreSQL writers run side by side (READ COMMITTED): a value that a write has
    /// read may be outdated when it writes, so conditions belong in the statement that changes the row.
    @discardableResult
    func write<Result: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> Result) throws -> Result

    /// Like `write`, for changes that a power cut may undo: it does not wait for the disk. Rows that a killed process wrote remain, and so does
    /// all that came before a `write` that has returned. SQLite's machine takes this process with it; PostgreSQL may live on another
    /// one, so the process may go on beside a database that has forgotten its last changes.
    @discardableResult
    func writeUnflushed<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result

    /// Like `write`, for asynchronous callers: the calling thread does not block.
    @discardableResult
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result

    /// Calls `body` after each committed write that notified `channel`, until the result is released. Several writes may give
    /// one call. Calls may also come without a write, when signals could have been missed. SQLite reports only writes of this
    /// process, so callers must also poll. `body` runs on a thread of the database and must be short. `deaf` is called on
    /// that thread once for each outage of the server, during which signals are missed.
    func listen(
        _ channel: StaticString, deaf: @escaping @Sendable (any Error) -> Void,
        heard body: @escaping @Sendable () -> Void
    ) -> Listening

    /// Closes all connections; no call may follow.
    func close()
}

extension Engine {
    /// Ends a SELECT that takes one row of several contenders: it locks the row and skips rows that others have
    /// locked. SQLite has only one writer, so it needs no lock.
    package var skippingLocked: SQL {
        switch self {
        case .sqlite: ""
        case .postgresql: "FOR UPDATE SKIP LOCKED"
        }
    }
}
