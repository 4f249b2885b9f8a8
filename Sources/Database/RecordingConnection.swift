// DESIGN. Deciding about a large project takes seconds, and SQLite has one writer for all. So decisions that need only one
// snapshot are made in a snapshot. The deciding code runs as in a write, but on a connection that keeps its writes for later. A
// later write applies them, if the facts behind the decisions have not changed; the caller of that write checks this. Code that
// reads rows which it has written must declare this (`readsOwnWrites`), because it would otherwise read the old rows.

/// Thrown where a real write is needed and writes are only recorded; the work must then run inside a write.
package struct WriterNeeded: Error {
    package init() {}
}

extension Connection {
    /// Declares that the following statements read rows that this connection wrote. Throws `WriterNeeded` on a connection that
    /// keeps its writes for later and has some.
    package func readsOwnWrites() throws(WriterNeeded) {
        if let recording = self as? RecordingConnection, !recording.isEmpty { throw WriterNeeded() }
    }

    /// Writes rows that no statement of the same work reads.
    package func unread(_ sql: SQL) throws {
        if let recording = self as? RecordingConnection { recording.keepUnread(sql) } else { try run(sql) }
    }
}

/// A connection that reads through another one and keeps its writes for later.
///
///     let writes = try database.snapshot { connection in
///         let recording = RecordingConnection(connection)
///         try decide(on: recording)
///         return recording.writes()
///     }
///     try database.write { try writes.make(on: $0) }
///
/// A recorded statement counts as one that changed no row. A statement that returns the rows that it wrote cannot be recorded:
/// it fails, because the underlying connection refuses to write. Rows that no query finds yet need not wait: `hidden` writes
/// them at once.
package final class RecordingConnection: Connection {
    private let real: any Connection
    private let hidden: HiddenRows?
    private var recorded: [RecordedWrites.Write] = []
    /// The number of statements in `recorded` whose rows nothing reads.
    private var unreadCount = 0
    /// Whether rows were written at once, which `real` need not see.
    private var hasHidden = false

    package init(_ real: any Connection, hidden: HiddenRows? = nil) {
        self.real = real
        self.hidden = hidden
    }

    package var engine: Engine { real.engine }
    var isEmpty: Bool { recorded.count == unreadCount && !hasHidden }
    /// Whether any write was requested.
    package var hasWrites: Bool { !recorded.isEmpty || hasHidden }

    fileprivate func keepUnread(_ sql: SQL) {
        recorded.append(.statement(sql))
        unreadCount += 1
    }

    /// The recorded statements in their order.
    package func writes() -> RecordedWrites { RecordedWrites(all: recorded) }

    package func run(_ sql: SQL) throws(DatabaseError) -> Int {
        recorded.append(.statement(sql))
        return 0
    }

    package func insert(
        _ rows: borrowing RowBuffer, into table: StaticString, _ columns: [StaticString]
    ) throws(DatabaseError) {
        guard rows.rowCount > 0 else { return }
        if let hidden, hidden.holds(table) {
            try hidden.insert(rows, into: table, columns)
            hasHidden = true
        } else {
            let copy = rows.copy(0..<rows.rowCount, cells: columns.count)
            recorded.append(.rows(SharedRows(copy), table, columns))
        }
    }

    package func cursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor { try real.cursor(sql) }
    package func shortCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor { try real.shortCursor(sql) }
    package func script(_ text: String) throws(DatabaseError) { try real.script(text) }
    package func notify(_ channel: StaticString) throws(DatabaseError) { recorded.append(.signal(channel)) }
    package func plan(_ sql: SQL) throws(DatabaseError) -> [String] { try real.plan(sql) }
}

/// Writes that were recorded.
package struct RecordedWrites: Sendable {
    fileprivate enum Write: Sendable {
        case statement(SQL)
        case rows(SharedRows, StaticString, [StaticString])
        case signal(StaticString)
    }

    fileprivate let all: [Write]

    /// Applies the writes in their order.
    package func make(on connection: any Connection) throws {
        for write in all {
            switch write {
            case .statement(let sql): try connection.run(sql)
            case .rows(let rows, let table, let columns): try connection.insert(rows.buffer, into: table, columns)
            case .signal(let channel): try connection.notify(channel)
            }
        }
    }
}
