import Glibc

// DESIGN. One transaction for a hundred thousand rows holds SQLite's only writer for seconds. Rows that no reader finds yet, because the
// row is missing that leads to them, need no such transaction: they are written two thousand at a time, with a pause in which
// writers of other processes get their turn (they look every few milliseconds). The transaction that shows them is short.

/// Rows that the closure of a transaction may capture.
final class SharedRows: Sendable {
    let buffer: RowBuffer
    init(_ buffer: consuming RowBuffer) { self.buffer = buffer }
}

extension RowBuffer {
    /// Some of the rows, each with this number of cells.
    borrowing func copy(_ range: Range<Int>, cells: Int) -> RowBuffer {
        var copy = RowBuffer(capacity: byteCount / max(1, rowCount) * range.count + 64)
        for row in range {
            copy.beginRow()
            copy.append(cellsOf: self, from: start(of: row), count: cells)
        }
        return copy
    }
}

/// Writes rows that no query finds yet, in short transactions of their own.
package struct HiddenRows: Sendable {
    /// Rows of one transaction, and microseconds between two. Each transaction changes most pages of an index whose order is not
    /// that of the rows: with four times as many rows four times fewer pages are written.
    private static let (page, pause) = (2000, 6000 as UInt32)

    private let database: any Database
    private let tables: Set<String>
    private let isWanted: @Sendable (any Connection) throws -> Bool

    /// - Parameters:
    ///   - tables: the tables whose rows are hidden.
    ///   - isWanted: called in each transaction; if it returns false, the transaction writes no
    ///     rows.
    package init(
        of tables: Set<String>, in database: any Database,
        while isWanted: @escaping @Sendable (any Connection) throws -> Bool
    ) {
        self.tables = tables
        self.database = database
        self.isWanted = isWanted
    }

    func holds(_ table: StaticString) -> Bool { tables.contains(table.description) }

    package func insert(
        _ rows: borrowing RowBuffer, into table: StaticString, _ columns: [StaticString]
    ) throws(DatabaseError) {
        for first in stride(from: 0, to: rows.rowCount, by: Self.page) {
            let some = SharedRows(rows.copy(first..<min(rows.rowCount, first + Self.page), cells: columns.count))
            try write { try $0.insert(some.buffer, into: table, columns) }
        }
    }

    /// Writes something of a few thousand rows in a transaction of its own.
    package func write(_ body: @escaping @Sendable (any Connection) throws -> Void) throws(DatabaseError) {
        do {
            try database.write { [isWanted] connection in
                if try isWanted(connection) { try body(connection) }
            }
        } catch let error as DatabaseError {
            throw error
        } catch {
            throw .statement(sql: "rows that nobody sees yet", why: "\(error)")
        }
        usleep(Self.pause)
    }
}
