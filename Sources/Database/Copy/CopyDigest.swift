/// A digest as a closure: bytes in, a text out. The caller chooses the algorithm.
package struct CopyDigest {
    package let update: (UnsafeRawBufferPointer) -> Void
    package let finish: () -> String

    package init(update: @escaping (UnsafeRawBufferPointer) -> Void, finish: @escaping () -> String) {
        self.update = update
        self.finish = finish
    }
}

/// The number of rows of a table, and a digest of all of them in the order of the key. Equal tables have equal states
/// on both engines.
package struct TableState: Sendable, Equatable {
    package let table: String
    package let rows: Int64
    package let digest: String

    package init(table: String, rows: Int64, digest: String) {
        self.table = table
        self.rows = rows
        self.digest = digest
    }

    /// Reads a table from its first row to its last.
    static func read(
        _ table: CopyTable, on connection: any Connection, digest: CopyDigest, progress: (Int64) -> Void
    ) throws -> TableState {
        let cursor = try connection.cursor(table.select())
        defer { cursor.finish() }
        var rows: Int64 = 0
        var bytes = CellBytes()
        var buffer = RowBuffer(capacity: 1 << 16)
        while try cursor.next(into: &buffer) {
            rows += 1
            bytes.append(cellsOf: buffer, count: table.columns.count)
            buffer.removeAll()
            if bytes.isFull {
                bytes.flush(to: digest)
                progress(rows)
            }
        }
        bytes.flush(to: digest)
        progress(rows)
        return TableState(table: table.name, rows: rows, digest: digest.finish())
    }
}

/// Cells as bytes that differ for any two different rows: a kind, followed by eight bytes of a number, or by a length
/// and the bytes.
private struct CellBytes: ~Copyable {
    private var bytes: [UInt8] = []

    var isFull: Bool { bytes.count >= 1 << 18 }

    /// Appends the first `count` cells of a buffer.
    mutating func append(cellsOf row: borrowing RowBuffer, count: Int) {
        for cell in 0..<count {
            let kind = row.kind(cell)
            bytes.append(kind.rawValue)
            switch kind {
            case .null, .list: break
            case .integer: append(UInt64(bitPattern: row.integer(cell)))
            case .real: append(row.real(cell).bitPattern)
            case .text, .blob:
                let content = row.bytes(cell)
                append(UInt64(content.count))
                bytes.append(contentsOf: content)
            }
        }
    }

    private mutating func append(_ word: UInt64) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func flush(to digest: CopyDigest) {
        bytes.withUnsafeBytes { digest.update($0) }
        bytes.removeAll(keepingCapacity: true)
    }
}
