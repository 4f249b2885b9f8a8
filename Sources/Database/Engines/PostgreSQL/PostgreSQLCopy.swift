import CPostgreSQL
import Glibc

// DESIGN. Rows go from the buffer to the wire in the binary format of COPY (PostgreSQL 15, COPY, "Binary Format"). Each
// row is a number of cells (16 bits); each cell is its length (32 bits, -1 for null) and its bytes. All numbers are in
// network order. The server reads the bytes as the type of the column, so each cell is checked against that type here.

extension PostgreSQLConnection {
    func insert(_ rows: borrowing RowBuffer, table: String, columns: [String]) throws(DatabaseError) {
        guard rows.rowCount > 0 else { return }
        let names = columns.joined(separator: ", ")
        let text = "COPY \(table) (\(names)) FROM STDIN (FORMAT binary)"
        try open()
        let types = try typesOfColumns("SELECT \(names) FROM \(table)")
        try settle()
        let begun = PQexec(handle, text)
        defer { PQclear(begun) }
        guard PQresultStatus(begun) == PGRES_COPY_IN else { throw failure(begun, sql: text) }
        var wire = CopyWire(handle: handle)
        var fault: String?
        for row in 0..<rows.rowCount where fault == nil {
            fault = wire.append(rows, from: rows.start(of: row), types)
        }
        wire.end()
        // With a reason for the end, the server undoes the COPY and repeats the reason as its error.
        let ended = PQputCopyEnd(handle, fault)
        var failed: DatabaseError? = ended == 1 ? nil : failure(nil, sql: text)
        while let result = PQgetResult(handle) {
            if failed == nil, PQresultStatus(result) != PGRES_COMMAND_OK { failed = failure(result, sql: text) }
            PQclear(result)
        }
        if let fault { throw .statement(sql: text, why: fault) }
        if let failed { throw failed }
    }

    /// The column types of a query.
    private func typesOfColumns(_ query: String) throws(DatabaseError) -> [Oid] {
        if let types = columnTypes[query] { return types }
        try settle()
        let made = PQprepare(handle, "", query, 0, nil)
        defer { PQclear(made) }
        try check(made, sql: query)
        let described = PQdescribePrepared(handle, "")
        defer { PQclear(described) }
        try check(described, sql: query)
        let types = (0..<PQnfields(described)).map { PQftype(described, $0) }
        columnTypes[query] = types
        return types
    }
}

/// Bytes on their way into a COPY.
private struct CopyWire: ~Copyable {
    private static let size = 256 << 10

    private let handle: OpaquePointer
    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: Self.size, alignment: 8)
    private var count = 0

    /// Starts with the signature, without flags and without a header extension.
    init(handle: OpaquePointer) {
        self.handle = handle
        for byte in "PGCOPY\n".utf8 { append(byte) }
        for byte: UInt8 in [0xff, 0x0d, 0x0a, 0] { append(byte) }
        append(UInt32(0))
        append(UInt32(0))
    }

    deinit { bytes.deallocate() }

    /// Appends a row; returns the fault of a cell, if one is invalid.
    mutating func append(_ rows: borrowing RowBuffer, from start: Int, _ types: [Oid]) -> String? {
        append(UInt16(truncatingIfNeeded: types.count))
        for column in 0..<types.count {
            let cell = start + column
            let kind = rows.kind(cell)
            switch (kind, types[column]) {
            case (.null, _), (.list, _): append(UInt32.max)
            case (.integer, 20):
                append(UInt32(8))
                append(UInt64(bitPattern: rows.integer(cell)))
            case (.real, 701), (.integer, 701):
                append(UInt32(8))
                append(rows.real(cell).bitPattern)
            case (.text, 25):
                let text = rows.bytes(cell)
                if let base = text.baseAddress, memchr(base, 0, text.count) != nil { return DatabaseError.nulInText }
                append(text)
            case (.blob, 17): append(rows.bytes(cell))
            case (_, let type):
                return "cell \(column + 1) of a row is \(kind), which a column of pg_type \(type) does not take"
            }
        }
        return nil
    }

    /// Ends the rows.
    mutating func end() {
        append(UInt16.max)
        flush()
    }

    @inline(__always)
    private mutating func append<Word: FixedWidthInteger>(_ word: Word) {
        if count + MemoryLayout<Word>.size > Self.size { flush() }
        bytes.storeBytes(of: word.bigEndian, toByteOffset: count, as: Word.self)
        count += MemoryLayout<Word>.size
    }

    private mutating func append(_ cell: UnsafeRawBufferPointer) {
        append(UInt32(truncatingIfNeeded: cell.count))
        guard let base = cell.baseAddress, !cell.isEmpty else { return }
        if count + cell.count > Self.size { flush() }
        if cell.count > Self.size {
            send(base, cell.count)
        } else {
            (bytes + count).copyMemory(from: base, byteCount: cell.count)
            count += cell.count
        }
    }

    private mutating func flush() {
        if count > 0 { send(bytes, count) }
        count = 0
    }

    /// A failure here shows again when the COPY ends.
    private func send(_ start: UnsafeRawPointer, _ count: Int) {
        _ = PQputCopyData(handle, start.assumingMemoryBound(to: CChar.self), Int32(count))
    }
}
