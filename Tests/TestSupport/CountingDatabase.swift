package import Database
import Synchronization

/// A database that counts the rows that each of its writes changes and reads. This measures without a clock how long a write
/// keeps others waiting.
package final class CountingDatabase: ForwardingDatabase {
    package let real: any Database
    private let counted = Mutex<[(changed: Int, read: Int)]>([])

    package init(_ real: any Database) { self.real = real }

    /// The number of rows that each write changed, in order.
    package var writes: [Int] { counted.withLock { $0.map(\.changed) } }
    /// The most rows that one write changed; 0 without one.
    package var largest: Int { writes.max() ?? 0 }
    /// The most rows that one write read.
    package var mostRead: Int { counted.withLock { $0.map(\.read).max() ?? 0 } }
    package func forget() { counted.withLock { $0.removeAll() } }

    private func counting<Result>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) -> @Sendable (any Connection) throws -> Result {
        { [self] connection in
            let counting = CountingConnection(connection)
            let result = try body(counting)
            counted.withLock { $0.append((counting.rows, counting.read.count)) }
            return result
        }
    }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result { try real.write(counting(body)) }
    package func writeUnflushed<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) throws -> Result { try real.writeUnflushed(counting(body)) }
    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any Connection) throws -> Result
    ) async throws -> Result { try await real.write(counting(body)) }
}

/// A connection that adds up the rows that its statements change, except statements that return rows.
private final class CountingConnection: Connection {
    private let real: any Connection
    private(set) var rows = 0
    let read = Read()

    /// The number of rows that cursors returned.
    final class Read {
        var count = 0
    }

    init(_ real: any Connection) { self.real = real }

    var engine: Engine { real.engine }

    func run(_ sql: SQL) throws(DatabaseError) -> Int {
        let changed = try real.run(sql)
        rows += changed
        return changed
    }
    func cursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor { CountingCursor(try real.cursor(sql), read) }
    func shortCursor(_ sql: SQL) throws(DatabaseError) -> any RowCursor {
        CountingCursor(try real.shortCursor(sql), read)
    }
    func insert(
        _ rows: borrowing RowBuffer, into table: StaticString, _ columns: [StaticString]
    ) throws(DatabaseError) {
        try real.insert(rows, into: table, columns)
        self.rows += rows.rowCount
    }
    func script(_ text: String) throws(DatabaseError) { try real.script(text) }
    func notify(_ channel: StaticString) throws(DatabaseError) { try real.notify(channel) }
    func plan(_ sql: SQL) throws(DatabaseError) -> [String] { try real.plan(sql) }
}

private final class CountingCursor: RowCursor {
    private let real: any RowCursor
    private let read: CountingConnection.Read

    init(_ real: any RowCursor, _ read: CountingConnection.Read) {
        self.real = real
        self.read = read
    }

    func next(into buffer: inout RowBuffer) throws(DatabaseError) -> Bool {
        let isThere = try real.next(into: &buffer)
        if isThere { read.count += 1 }
        return isThere
    }
    func finish() { real.finish() }
}
