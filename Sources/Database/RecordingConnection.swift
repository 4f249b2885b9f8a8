// DESIGN. To decide about a large project takes seconds, and SQLite has one writer for everybody. So what can be decided from one
// snapshot is decided there: the code that decides runs as it does in a write, on a connection that keeps its writes for later. The
// write that follows makes them, if the facts behind the decisions have not changed; its caller checks this. Code that reads rows
// which it has written states this (`readsOwnWrites`), because it would read the old rows otherwise.

/// Thrown where a write is needed that was only recorded: the work has to be done inside of a write.
package struct WriterNeeded: Error {
    package init() {}
}

extension Connection {
    /// Says that the following statements read what this connection wrote. Throws `WriterNeeded` on a connection that makes its
    /// writes later and has some.
    package func readsOwnWrites() throws(WriterNeeded) {
        if let recording = self as? RecordingConnection, !recording.isEmpty { throw WriterNeeded() }
    }

    /// Writes what no statement of the same work reads.
    package func unread(_ sql: SQL) throws {
        if let recording = self as? RecordingConnection { recording.keepUnread(sql) } else { try run(sql) }
    }
}

/// A connection that reads through another one, and stores writes for later.
///
///     let writes = try database.snapshot { connection in
///         let recording = RecordingConnection(connection)
///         try decide(on: recording)
///         return recording.writes()
///     }
///     try database.write { try writes.make(on: $0) }
///
/// A statement that writes counts as one that changed no row. A statement that returns rows that it wrote cannot be stored for later:
/// it fails, because the connection below refuses to write. Rows that no query shows yet need not wait: `hidden` writes them at once.
package final class RecordingConnection: Connection {
    private let real: any Connection
    private let hidden: HiddenRows?
    private var recorded: [RecordedWrites.Write] = []
    /// Those of `recorded` that nothing reads.
    private var unreadCount = 0
    /// Whether rows were written at once, which `real` need not see.
    private var hasHidden = false

    package init(_ real: any Connection, hidden: HiddenRows? = nil) {
        self.real = real
        self.hidden = hidden
    }

    package var engine: Engine { real.engine }
    var isEmpty: Bool { recorded.count == unreadCount && !hasHidden }
    /// Whether it was asked to write anything.
    package var hasWrites: Bool { !recorded.isEmpty || hasHidden }

    fileprivate func keepUnread(_ sql: SQL) {
        recorded.append(.statement(sql))
        unreadCount += 1
    }

    /// The statements recorded so far, in their order.
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

    /// Makes them, in their order.
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
