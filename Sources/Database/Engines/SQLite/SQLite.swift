import CSQLite
import Glibc

/// Makes SQLite copy a bound value: its `SQLITE_TRANSIENT`, a cast of -1, which Swift cannot import as a C macro.
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// Waits while another process writes, for at most 30 s. SQLite's own handler finally checks only ten times a second. It then
/// misses the short pauses of a process that makes one transaction after another, and waits until that process is done.
private func waitForOthers(_: UnsafeMutableRawPointer?, looks: Int32) -> Int32 {
    guard looks < 6000 else { return 0 }
    usleep(looks < 50 ? 1000 : 5000)
    return 1
}

/// The idle statements of one text. Borrowed statements refer to it, so returning them needs no look-up.
private final class Prepared {
    let text: String
    var idle: [OpaquePointer] = []
    /// The cache has dropped the text, so returned statements are useless.
    var isForgotten = false

    init(_ text: String) { self.text = text }

    deinit {
        for statement in idle { sqlite3_finalize(statement) }
    }
}

/// A statement in use.
private struct Borrowed {
    let statement: OpaquePointer
    let home: Prepared
    var text: String { home.text }
}

/// One SQLite connection with its prepared statements.
///
/// `@unchecked Sendable`: it is opened with NOMUTEX and has no lock. This is safe because only `SQLiteDatabase` makes
/// connections, and it gives each to one thread at a time: readers are taken out of the pool, and the writer stays on the
/// writer's queue.
final class SQLiteConnection: CatalogueConnection, @unchecked Sendable {
    let engine = Engine.sqlite
    private let handle: OpaquePointer
    private let isReader: Bool
    /// Prepared statements by their text.
    private var prepared: [String: Prepared] = [:]
    private var idleCount = 0
    /// The first statement that failed since this value was last set to nil.
    var failed: DatabaseError?
    /// The channels to signal once the running transaction is committed.
    var notified: [String] = []

    /// Opens `path`; with `create`, makes the file if it is missing. Without `create`, the connection refuses to
    /// write.
    init(path: String, create: Bool) throws(DatabaseError) {
        var handle: OpaquePointer?
        var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
        if create { flags |= SQLITE_OPEN_CREATE }
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK, let handle else {
            let why = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(handle)
            throw .unavailable(url: "sqlite:\(path)", why: why)
        }
        self.handle = handle
        isReader = !create
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_handler(handle, waitForOthers, nil)
        do {
            // FULL: the write-ahead log is flushed at each commit, so that an answered change survives a power cut.
            try script(
                """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                PRAGMA foreign_keys = ON;
                PRAGMA cache_size = \(create ? -32768 : -8192);
                PRAGMA journal_size_limit = 67108864;
                PRAGMA query_only = \(create ? "OFF" : "ON");
                """)
        } catch {
            sqlite3_close_v2(handle)
            if case .noDatabase = error { throw error }
            throw .unavailable(url: "sqlite:\(path)", why: "\(error)")
        }
    }

    /// Opens a file that is no longer written, without changing the file or others beside it.
    init(sealed path: String) throws(DatabaseError) {
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let handle else {
            let why = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(handle)
            throw .unavailable(url: "sqlite:\(path)", why: why)
        }
        self.handle = handle
        isReader = true
        sqlite3_extended_result_codes(handle, 1)
    }

    /// The pages that commits of this connection added to the log since the last call.
    func takeWrittenPages() -> Int {
        var (now, highest): (Int32, Int32) = (0, 0)
        guard sqlite3_db_status(handle, SQLITE_DBSTATUS_CACHE_WRITE, &now, &highest, 1) == SQLITE_OK else { return 0 }
        return Int(now)
    }

    deinit {
        prepared.removeAll()
        sqlite3_close_v2(handle)
    }

    func run(_ sql: SQL) throws(DatabaseError) -> Int {
        let borrowed = try prepare(sql.text)
        let statement = borrowed.statement
        defer { giveBack(borrowed) }
        try bind(sql.values, to: statement, text: sql.text)
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: continue
            // The count belongs to the last statement that could change anything.
            case SQLITE_DONE: return sqlite3_stmt_readonly(statement) == 0 ? Int(sqlite3_changes64(handle)) : 0
            case let code: throw failure(code, sql: sql.text)
            }
        }
    }

    func cursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor {
        let borrowed = try prepare(sql.text)
        do {
            try bind(sql.values, to: borrowed.statement, text: sql.text)
        } catch {
            giveBack(borrowed)
            throw error
        }
        return SQLiteCursor(connection: self, borrowed)
    }

    func shortCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor { try cursor(sql) }

    func insert(_ rows: borrowing RowBuffer, table: String, columns: [String]) throws(DatabaseError) {
        let names = columns.joined(separator: ", ")
        let marks = (1...columns.count).map { "?\($0)" }.joined(separator: ", ")
        let text = "INSERT INTO \(table) (\(names)) VALUES (\(marks))"
        let borrowed = try prepare(text)
        let statement = borrowed.statement
        defer { giveBack(borrowed) }
        for row in 0..<rows.rowCount {
            let start = rows.start(of: row)
            for column in 0..<columns.count {
                let place = Int32(column + 1)
                let cell = start + column
                switch rows.kind(cell) {
                case .null, .list: sqlite3_bind_null(statement, place)
                case .integer: sqlite3_bind_int64(statement, place, rows.integer(cell))
                case .real: sqlite3_bind_double(statement, place, rows.real(cell))
                case .text:
                    // The bytes are not copied, because the buffer does not change until the statement is stepped and
                    // bound again.
                    let bytes = rows.bytes(cell)
                    if let base = bytes.baseAddress, memchr(base, 0, bytes.count) != nil {
                        throw refuse(sql: text, why: DatabaseError.nulInText)
                    }
                    sqlite3_bind_text(
                        statement, place, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count),
                        nil)
                case .blob:
                    let bytes = rows.bytes(cell)
                    sqlite3_bind_blob(statement, place, bytes.baseAddress, Int32(bytes.count), nil)
                }
            }
            let code = sqlite3_step(statement)
            guard code == SQLITE_DONE else { throw failure(code, sql: text) }
            sqlite3_reset(statement)
        }
    }

    func script(_ text: String) throws(DatabaseError) {
        let code = sqlite3_exec(handle, text, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, sql: text) }
    }

    func notify(_ channel: StaticString) throws(DatabaseError) { notified.append(channel.description) }

    func plan(_ sql: SQL) throws(DatabaseError) -> [String] {
        let cursor = try cursor("EXPLAIN QUERY PLAN " + sql)
        defer { cursor.finish() }
        var row = RowBuffer(capacity: 256)
        var lines: [String] = []
        while try cursor.next(into: &row) {
            lines.append(row.string(3))
            row.removeAll()
        }
        return lines
    }

    /// Copies the whole database to `path` while others continue to use it (SQLite's online `VACUUM INTO`).
    func copy(to path: String) throws(DatabaseError) { _ = try run("VACUUM INTO \(path)") }

    // MARK: Statements

    fileprivate func prepare(_ text: String) throws(DatabaseError) -> Borrowed {
        let home: Prepared
        if let found = prepared[text] {
            if let statement = found.idle.popLast() {
                idleCount -= 1
                return Borrowed(statement: statement, home: found)
            }
            home = found
        } else {
            home = Prepared(text)
        }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw failure(code, sql: text) }
        prepared[text] = home
        return Borrowed(statement: statement, home: home)
    }

    fileprivate func giveBack(_ borrowed: Borrowed) {
        sqlite3_reset(borrowed.statement)
        sqlite3_clear_bindings(borrowed.statement)
        if borrowed.home.isForgotten {
            sqlite3_finalize(borrowed.statement)
            return
        }
        // The most kept texts; texts may be computed (lists of varying length).
        if idleCount >= 256 {
            for home in prepared.values where home !== borrowed.home { home.isForgotten = true }
            prepared = [borrowed.text: borrowed.home]
            idleCount = borrowed.home.idle.count
        }
        borrowed.home.idle.append(borrowed.statement)
        idleCount += 1
    }

    private func bind(_ values: [Value], to statement: OpaquePointer, text: String) throws(DatabaseError) {
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            let code: Int32
            switch value {
            case .null: code = sqlite3_bind_null(statement, place)
            case .integer(let number): code = sqlite3_bind_int64(statement, place, number)
            case .real(let number): code = sqlite3_bind_double(statement, place, number)
            case .text(let string):
                var string = string
                if string.utf8.contains(0) { throw refuse(sql: text, why: DatabaseError.nulInText) }
                code = string.withUTF8 { bytes in
                    sqlite3_bind_text(
                        statement, place, UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
                        Int32(bytes.count), copied)
                }
            case .blob(let bytes):
                code = bytes.withUnsafeBytes {
                    sqlite3_bind_blob(statement, place, $0.baseAddress, Int32($0.count), copied)
                }
            }
            guard code == SQLITE_OK else { throw failure(code, sql: text) }
        }
    }

    private func refuse(sql: String, why: String) -> DatabaseError {
        let error = DatabaseError.statement(sql: sql, why: why)
        if failed == nil { failed = error }
        return error
    }

    fileprivate func failure(_ code: Int32, sql: String) -> DatabaseError {
        let why = String(cString: sqlite3_errmsg(handle))
        let error: DatabaseError =
            switch code & 0xff {
            case SQLITE_BUSY, SQLITE_LOCKED: .busy
            case SQLITE_CONSTRAINT: .conflict(sql: sql, why: why)
            case SQLITE_FULL: .storage(why: "no space left on the disk")
            case SQLITE_READONLY where isReader:
                .statement(sql: sql, why: "a read may not write")
            case SQLITE_READONLY, SQLITE_CANTOPEN: .storage(why: "\(why) (check that the directory is writable)")
            case SQLITE_IOERR: .storage(why: why)
            case SQLITE_NOMEM: .exhausted(why: why)
            case SQLITE_NOTADB:
                .noDatabase(path: sqlite3_db_filename(handle, nil).map { String(cString: $0) } ?? "the file")
            default: .statement(sql: sql, why: why)
            }
        if failed == nil { failed = error }
        return error
    }
}

/// A running SQLite statement.
final class SQLiteCursor: RowCursor {
    private let connection: SQLiteConnection
    private let borrowed: Borrowed
    private var isFinished = false
    private let columns: Int32

    fileprivate init(connection: SQLiteConnection, _ borrowed: Borrowed) {
        self.connection = connection
        self.borrowed = borrowed
        columns = sqlite3_column_count(borrowed.statement)
    }

    deinit { finish() }

    func finish() {
        guard !isFinished else { return }
        isFinished = true
        connection.giveBack(borrowed)
    }

    func next(into buffer: inout RowBuffer) throws(DatabaseError) -> Bool {
        guard !isFinished else { return false }
        let statement = borrowed.statement
        switch sqlite3_step(statement) {
        case SQLITE_ROW: break
        case SQLITE_DONE:
            finish()
            return false
        case let code: throw connection.failure(code, sql: borrowed.text)
        }
        buffer.beginRow()
        for column in 0..<columns {
            // The value is taken once, because each `sqlite3_column_…` call searches for the cell again. This read is safe
            // because no other thread uses the connection (sqlite3.h, "protected and unprotected values").
            let value = sqlite3_column_value(statement, column)
            switch sqlite3_value_type(value) {
            case SQLITE_INTEGER: buffer.append(sqlite3_value_int64(value))
            case SQLITE_TEXT:
                let start = sqlite3_value_text(value)
                let count = Int(sqlite3_value_bytes(value))
                buffer.append(text: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
            case SQLITE_FLOAT: buffer.append(sqlite3_value_double(value))
            case SQLITE_BLOB:
                let start = sqlite3_value_blob(value)
                let count = Int(sqlite3_value_bytes(value))
                buffer.append(blob: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
            default: buffer.appendNull()
            }
        }
        return true
    }
}
