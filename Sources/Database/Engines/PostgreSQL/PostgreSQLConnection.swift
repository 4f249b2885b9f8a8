import Bytes
import CPostgreSQL
import Glibc

// DESIGN. libpq lets one statement at a time use the connection. Cursors therefore come in two kinds. Outside a snapshot a
// query is a prepared statement whose rows stream one by one; when another statement needs the connection meanwhile, the
// rest of the stream is parked in memory, up to a bound. Inside a snapshot a long query is a cursor of the server's, fetched in
// batches, so any number of them run side by side in bounded memory (PostgreSQLCursor). The server plans a cursor at each use, so a
// prepared statement asks for a few rows first (LongAnswers). Round trips are saved where statements can be sent together
// (PostgreSQLConnection+Together).

/// One session with a PostgreSQL server.
///
/// `@unchecked Sendable`: the class has no lock. This is safe because only `PostgreSQLPool` makes connections, and it
/// gives each to one thread at a time.
final class PostgreSQLConnection: CatalogueConnection, @unchecked Sendable {
    /// The kind of transaction that is open on the connection; `unflushed` is a write whose commit does not wait for the disk.
    enum Transaction { case none, snapshot, write, unflushed }

    let engine = Engine.postgresql
    private let dialer: PostgreSQLDialer
    var url: PostgreSQLURL { dialer.url }
    private(set) var handle: OpaquePointer
    private(set) var transaction = Transaction.none
    var trouble = PostgreSQLFault.Trouble.none
    /// The statements that begin the transaction, kept until they are sent.
    var opening: [String] = []
    /// The write was committed with its last statement.
    var isCommitted = false
    /// Ends waits for a silent server, while a caller with a time limit uses the connection.
    private var watched: SilenceWatch.Watched?
    /// Counts transactions and reads; cursors of an earlier count have ended.
    private(set) var epoch = 0
    /// The cursor whose rows are on the wire.
    weak var streaming: PostgreSQLCursor?
    private var cursors = 0
    private var prepared = PreparedStatements()
    /// A prepared statement became invalid, so the session is replaced instead of repaired.
    var isWorn = false
    var columnTypes: [String: [Oid]] = [:]

    /// With `patiently`, it waits for a server that is briefly unavailable.
    init(_ dialer: PostgreSQLDialer, patiently: Bool) throws(DatabaseError) {
        self.dialer = dialer
        handle = patiently ? try dialer.connect() : try dialer.url.connect()
        try beginWatch()
        defer { endWatch() }
        if patiently {
            try onWholeSession { () throws(DatabaseError) in try prepareSession() }
        } else {
            try prepareSession()
        }
    }

    deinit { PQfinish(handle) }

    // MARK: Silence

    /// Ends waits for the server with an error after `Patience.current`, until `endWatch`.
    func beginWatch() throws(DatabaseError) {
        guard let patience = Patience.current else { return }
        watched = SilenceWatch.shared.watch(PQsocket(handle), patience: patience)
        guard watched != nil else { throw .exhausted(why: "too many files are open") }
    }

    func endWatch() { watched = nil }

    /// Whether the server was silent for longer than the patience of the caller.
    var wasSilent: Bool { watched?.isCut ?? false }

    /// Runs a call of libpq that waits for the server.
    func waiting<Result>(_ body: () -> Result) -> Result {
        guard let watched else { return body() }
        return watched.waiting(body)
    }

    private func prepareSession() throws(DatabaseError) {
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        // Reads refuse to write. Plans of cursors are made for reading all rows, like those of plain queries. A lock is
        // awaited as long as on SQLite. With 32 MiB, a join of a million rows took half of its time with the default of
        // 4 MiB. If this node is cut off, the server notices within about a minute and releases the locks of its
        // change. Snapshots lock nothing and may wait for a slow reader. Settings of the URL, the role or the server's
        // file have precedence. Outside of a transaction, because a rollback would undo the setting; so not by
        // `script`.
        try tell(
            """
            SET default_transaction_read_only = on; SET cursor_tuple_fraction = 1;
            SELECT set_config(s.name, ours.value, false)
            FROM pg_settings s JOIN (VALUES
                ('work_mem', '32MB'), ('lock_timeout', '30s'), ('idle_in_transaction_session_timeout', '60s'),
                ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3'),
                ('tcp_user_timeout', '60000')) AS ours (name, value) ON ours.name = s.name
            WHERE s.source = 'default'
            """)
    }

    /// Whether the connection can be used. Detects a server that is gone without a query: it reads the server's last
    /// messages, then the end of the stream.
    var isHealthy: Bool {
        isUsable && PQconsumeInput(handle) == 1 && PQconsumeInput(handle) == 1 && !isBroken
    }

    /// Whether the connection has no known fault.
    var isUsable: Bool { !isWorn && !isBroken }
    var isBroken: Bool { PQstatus(handle) != CONNECTION_OK }

    /// Whether the failed transaction may succeed when it runs again. A commit with an unknown outcome is not among
    /// these cases.
    var isWorthTrying: Bool {
        switch trouble {
        case .none, .failed, .taken: false
        case .conflict, .lost: true
        }
    }

    /// Whether the transaction failed because a row with the same key exists.
    var isTaken: Bool { if case .taken = trouble { true } else { false } }

    // MARK: Transactions

    private static let writing = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

    /// Starts a use of the connection; `none` is for statements that each see the newest state.
    func begin(_ kind: Transaction) {
        epoch += 1
        trouble = .none
        isCommitted = false
        switch kind {
        case .none: opening = []
        case .snapshot:
            opening = [
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                "SET LOCAL idle_in_transaction_session_timeout = 0",
            ]
        case .write: opening = [Self.writing]
        case .unflushed: opening = [Self.writing, "SET LOCAL synchronous_commit = off"]
        }
        transaction = kind == .unflushed ? .write : kind
    }

    /// Sends the beginning of the transaction to the server, unless that was done.
    func open() throws(DatabaseError) {
        if opening.isEmpty { return }
        let text = opening.joined(separator: "; ")
        if transaction == .snapshot {
            // No row was read yet, so a connection that had died unnoticed is replaced.
            try onWholeSession { () throws(DatabaseError) in try tell(text) }
        } else {
            try tell(text)
        }
        opening = []
    }

    /// Commits a write, unless a statement of it failed.
    func commit() throws(DatabaseError) {
        endCursors()
        if isCommitted {
            transaction = .none
            return
        }
        // The server has received no query yet.
        if case .none = trouble, !opening.isEmpty { return end() }
        if case .none = trouble, !isHealthy { _ = failure(nil, sql: "COMMIT") }
        switch trouble {
        case .none: break
        case .failed(let error), .taken(let error), .conflict(let error), .lost(let error): throw error
        }
        let result = waiting { PQexec(handle, "COMMIT") }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else {
            if isBroken { throw .unknownOutcome(why: silence ?? url.message(of: handle)) }
            throw failure(result, sql: "COMMIT")
        }
        transaction = .none
        // The server answers like this, without an error, when it had to undo the transaction.
        guard String(cString: PQcmdStatus(result)) == "COMMIT" else {
            throw .statement(sql: "COMMIT", why: "the server undid the transaction")
        }
    }

    /// Ends the running statement and undoes the transaction. Afterwards the connection is idle or broken.
    func end() {
        endCursors()
        transaction = .none
        opening = []
        if !isBroken, PQtransactionStatus(handle) != PQTRANS_IDLE {
            PQclear(waiting { PQexec(handle, "ROLLBACK") })
        }
    }

    private func endCursors() {
        streaming?.finish()
        streaming = nil
        epoch += 1
    }

    // MARK: Statements

    func run(_ sql: SQL) throws(DatabaseError) -> Int {
        let result = try execute(sql, text: sql.text)
        defer { PQclear(result) }
        return Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    func cursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor {
        if transaction == .snapshot {
            if let short = try shortAnswer(sql) { return short }
            // This must precede the cursor, which would belong to the past on another session.
            try open()
            cursors += 1
            return try PostgreSQLCursor(declaring: "c\(cursors)", sql, on: self)
        }
        guard transaction == .none else { return try PostgreSQLCursor(streaming: sql, on: self) }
        // No row was read yet, and a read has no effect, so it may be repeated on a new connection.
        return try onWholeSession { () throws(DatabaseError) in try PostgreSQLCursor(streaming: sql, on: self) }
    }

    /// All rows of a query with few rows; nil if the query has more, or had more the last time.
    private func shortAnswer(_ sql: SQL) throws(DatabaseError) -> PostgreSQLCursor? {
        guard PreparedStatements.keeps(sql.kinds), dialer.longAnswers.mayBeShort(sql.text) else { return nil }
        // The query is planned for all rows (a bare LIMIT may lead to a search through an index) and runs until it
        // has enough.
        let cursor = try wholeCursor(
            "WITH answer AS MATERIALIZED (\(sql)) SELECT * FROM answer LIMIT \(LongAnswers.some)")
        if cursor.rowCount < LongAnswers.some { return cursor }
        cursor.finish()
        dialer.longAnswers.note(sql.text)
        return nil
    }

    func shortCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor { try wholeCursor(sql) }

    private func wholeCursor(_ sql: SQL) throws(DatabaseError) -> PostgreSQLCursor {
        // As above, in a snapshot that has not begun.
        if transaction == .none || transaction == .snapshot && !opening.isEmpty {
            return try onWholeSession { () throws(DatabaseError) in try PostgreSQLCursor(whole: sql, on: self) }
        }
        return try PostgreSQLCursor(whole: sql, on: self)
    }

    /// Runs `body`, and repeats it on a new session when this one broke. A restarting server may accept a connection
    /// and close it at once, so this is tried several times. `body` must only read.
    func onWholeSession<Result>(_ body: () throws(DatabaseError) -> Result) throws(DatabaseError) -> Result {
        var attempt = 1
        while true {
            do throws(DatabaseError) {
                if attempt > 1 { try reconnect() }
                return try body()
            } catch {
                guard isBroken, !wasSilent, attempt < 30 else { throw error }
            }
            usleep(UInt32(min(attempt, 10)) * 40_000)
            attempt += 1
        }
    }

    func script(_ text: String) throws(DatabaseError) {
        try open()
        try settle()
        try tell(text)
    }

    /// Runs a script, in any state of the transaction.
    private func tell(_ text: String) throws(DatabaseError) {
        let result = waiting { PQexec(handle, text) }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        default: throw failure(result, sql: text)
        }
    }

    func notify(_ channel: StaticString) throws(DatabaseError) {
        _ = try run("SELECT pg_notify(\(channel.description), '')")
    }

    func plan(_ sql: SQL) throws(DatabaseError) -> [String] {
        let cursor = try PostgreSQLCursor(streaming: "EXPLAIN (COSTS OFF) " + sql, on: self)
        defer { cursor.finish() }
        var row = RowBuffer(capacity: 256)
        var lines: [String] = []
        while try cursor.next(into: &row) {
            lines.append(row.string(0))
            row.removeAll()
        }
        return lines
    }

    /// Runs a statement and gives its result, which the caller clears.
    ///
    /// - Parameter commits: whether the write is committed in the same message.
    func execute(_ sql: SQL, text: String, commits: Bool = false) throws(DatabaseError) -> OpaquePointer? {
        let parameters = try PostgreSQLParameters(sql, text: text)
        // A nameless statement is lost with the next message that names none, and BEGIN is such a message.
        if !PreparedStatements.keeps(sql.kinds) { try open() }
        let name = try prepare(text, sql.kinds)
        let result =
            opening.isEmpty && !commits
            ? waiting { parameters.withPointers { PQexecPrepared(handle, name, $0, $1, $2, $3, 1) } }
            : try runTogether(name, parameters, text: text, commits: commits)
        do {
            try check(result, sql: text)
        } catch {
            PQclear(result)
            throw error
        }
        return result
    }

    /// Waits for the next result of the sent statements; nil at the end. The caller clears it.
    func nextResult() -> OpaquePointer? { waiting { PQgetResult(handle) } }

    /// Sends a query whose rows arrive one by one.
    func stream(_ sql: SQL, text: String) throws(DatabaseError) {
        try open()
        let parameters = try PostgreSQLParameters(sql, text: text)
        let name = try prepare(text, sql.kinds)
        let sent = parameters.withPointers { PQsendQueryPrepared(handle, name, $0, $1, $2, $3, 1) }
        guard sent == 1, PQsetSingleRowMode(handle) == 1 else { throw failure(nil, sql: text) }
    }

    /// Makes a server cursor. Its statement is not kept, because the server cannot keep its plan.
    func declare(_ name: String, _ sql: SQL, text: String) throws(DatabaseError) {
        let parameters = try PostgreSQLParameters(sql, text: text)
        try open()
        try settle()
        let result = waiting {
            parameters.withPointers {
                PQexecParams(
                    handle, "DECLARE \(name) NO SCROLL CURSOR FOR \(text)", $0, parameters.types, $1, $2, $3, 1)
            }
        }
        defer { PQclear(result) }
        try check(result, sql: text)
    }

    private func prepare(_ text: String, _ kinds: [Value.Kind]) throws(DatabaseError) -> String {
        try settle()
        guard PreparedStatements.keeps(kinds) else {
            try prepare(text, kinds, as: "")
            return ""
        }
        if let name = prepared.name(of: text, kinds) { return name }
        if prepared.isFull {
            try script("DEALLOCATE ALL")
            prepared.removeAll()
        }
        let name = prepared.newName()
        try prepare(text, kinds, as: name)
        prepared.add(text, kinds, as: name)
        return name
    }

    private func prepare(_ text: String, _ kinds: [Value.Kind], as name: String) throws(DatabaseError) {
        let result = waiting { PQprepare(handle, name, text, Int32(kinds.count), kinds.map(\.oid)) }
        defer { PQclear(result) }
        try check(result, sql: text)
    }

    /// Parks the cursor that uses the connection, if there is one.
    func settle() throws(DatabaseError) {
        guard !isCommitted else {
            throw refuse(sql: "", why: "a statement follows the one that was to be the last of its write")
        }
        guard let streaming else { return }
        try streaming.park()
        self.streaming = nil
    }

    /// Replaces a broken session by a new one.
    func reconnect() throws(DatabaseError) {
        let fresh = try dialer.connect()
        PQfinish(handle)
        handle = fresh
        if watched != nil {
            watched = nil
            try beginWatch()
        }
        prepared.removeAll()
        columnTypes.removeAll()
        streaming = nil
        epoch += 1
        trouble = .none
        isWorn = false
        try prepareSession()
    }
}
