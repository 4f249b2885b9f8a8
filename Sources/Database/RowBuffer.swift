import Glibc

// DESIGN. Rows come in batches: a cursor appends rows to a buffer until it is full enough, a renderer reads them, and
// the buffer is emptied and reused. One arena holds all text and one array all cells, so a row needs no allocation, and
// a whole batch can be passed to another thread. A row may hold lists of child rows (the licences of a library). Their
// cells follow the row's own cells, and a `list` cell points to them.

/// Rows of cells in reused memory.
///
///     var rows = RowBuffer(capacity: 1024)  // bytes
///     rows.beginRow()
///     rows.append(42)
///     rows.append("left-pad")
///     print(rows.integer(0), rows.string(1))
///     rows.removeAll()  // keeps the memory
///
/// A buffer belongs to one thread at a time; it may be moved to another. Cells are numbered over all rows; a number
/// beyond the last cell is a fault of the program. Nothing throws. `bytes` are valid until the buffer changes. It calls
/// no code of its user.
package struct RowBuffer: ~Copyable, Sendable {
    package enum Kind: UInt8, Sendable { case null, integer, real, text, blob, list }

    fileprivate struct Cell {
        var kind: Kind
        /// The bytes of a text or a blob; the rows of a list.
        var count: UInt32
        /// The integer, the bits of the real, the offset of the text, or the first cell of the list.
        var payload: Int64
    }

    private var cells: [Cell] = []
    private var starts: [Int] = []
    private var arena: [UInt8] = []

    package init(capacity: Int = 1 << 16) {
        arena.reserveCapacity(capacity)
        cells.reserveCapacity(capacity / 16)
    }

    // MARK: Filling

    /// Removes all rows and keeps the memory.
    package mutating func removeAll() {
        cells.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        arena.removeAll(keepingCapacity: true)
    }

    /// Begins a row; the cells that follow belong to it.
    package mutating func beginRow() { starts.append(cells.count) }

    package mutating func appendNull() { cells.append(Cell(kind: .null, count: 0, payload: 0)) }

    package mutating func append(_ number: Int64) { cells.append(Cell(kind: .integer, count: 0, payload: number)) }

    package mutating func append(_ number: Int) { append(Int64(number)) }

    package mutating func append(_ flag: Bool) { append(flag ? 1 : 0 as Int64) }

    package mutating func append(_ number: Double) {
        cells.append(Cell(kind: .real, count: 0, payload: Int64(bitPattern: number.bitPattern)))
    }

    /// Appends text: UTF-8 without NUL.
    package mutating func append(text bytes: UnsafeRawBufferPointer) { append(bytes, as: .text) }

    package mutating func append(blob bytes: UnsafeRawBufferPointer) { append(bytes, as: .blob) }

    package mutating func append(_ text: String) {
        let offset = arena.count
        arena.append(contentsOf: text.utf8)
        cells.append(Cell(kind: .text, count: UInt32(arena.count - offset), payload: Int64(offset)))
    }

    /// Appends the text; null when it is empty.
    package mutating func append(orNull text: String) {
        if text.isEmpty { appendNull() } else { append(text) }
    }

    package mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append(blob: $0) } }

    package mutating func append(_ value: Value) {
        switch value {
        case .null: appendNull()
        case .integer(let number): append(number)
        case .real(let number): append(number)
        case .text(let text): append(text)
        case .blob(let bytes): append(bytes)
        }
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer, as kind: Kind) {
        let offset = arena.count
        arena.append(contentsOf: bytes)
        cells.append(Cell(kind: kind, count: UInt32(bytes.count), payload: Int64(offset)))
    }

    /// Appends a list cell without rows and returns its position for `setList`.
    package mutating func appendList() -> Int {
        cells.append(Cell(kind: .list, count: 0, payload: 0))
        return cells.count - 1
    }

    /// States that the list at `place` has `count` rows, whose cells start at `first`.
    package mutating func setList(at place: Int, first: Int, count: Int) {
        cells[place].payload = Int64(first)
        cells[place].count = UInt32(count)
    }

    /// The position of the next cell.
    package var nextCell: Int { cells.count }

    /// Appends copies of another buffer's cells, none of which may be a list.
    package mutating func append(cellsOf other: borrowing RowBuffer, from first: Int, count: Int) {
        for cell in first..<(first + count) {
            switch other.kind(cell) {
            case .text: append(text: other.bytes(cell))
            case .blob: append(blob: other.bytes(cell))
            case .null, .integer, .real, .list: cells.append(other.cells[cell])
            }
        }
    }

    // MARK: Reading

    package var rowCount: Int { starts.count }

    /// The number of bytes held, which shows when a batch is large enough.
    package var byteCount: Int { arena.count + cells.count * MemoryLayout<Cell>.stride }

    /// The first cell of a row. The cells of a row are adjacent: the third is `start(of: row) + 2`.
    @inline(__always)
    package func start(of row: Int) -> Int { starts[row] }

    /// The number of cells so far in the last row.
    package var cellsInLastRow: Int { cells.count - (starts.last ?? 0) }

    @inline(__always)
    package func kind(_ cell: Int) -> Kind { cells[cell].kind }

    package func isNull(_ cell: Int) -> Bool { cells[cell].kind == .null }

    /// The integer in a cell; 0 when it is null.
    @inline(__always)
    package func integer(_ cell: Int) -> Int64 {
        switch cells[cell].kind {
        case .integer: cells[cell].payload
        // Also 0 for values far from any integer.
        case .real: Int64(exactly: real(cell).rounded(.towardZero)) ?? 0
        case .null, .text, .blob, .list: 0
        }
    }

    /// The integer in a cell, or nil when it is null.
    package func integerOrNil(_ cell: Int) -> Int64? { isNull(cell) ? nil : integer(cell) }

    package func boolean(_ cell: Int) -> Bool { integer(cell) != 0 }

    package func real(_ cell: Int) -> Double {
        switch cells[cell].kind {
        case .real: Double(bitPattern: UInt64(bitPattern: cells[cell].payload))
        case .integer: Double(cells[cell].payload)
        case .null, .text, .blob, .list: 0
        }
    }

    /// The bytes of a text or a blob, valid until the buffer changes; empty for other kinds.
    @inline(__always)
    package func bytes(_ cell: Int) -> UnsafeRawBufferPointer {
        let found = cells[cell]
        guard found.kind == .text || found.kind == .blob else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return arena.withUnsafeBytes { arena in
            UnsafeRawBufferPointer(rebasing: arena[Int(found.payload)..<(Int(found.payload) + Int(found.count))])
        }
    }

    /// The text in a cell; empty when it is null.
    package func string(_ cell: Int) -> String {
        switch cells[cell].kind {
        case .text, .blob: String(decoding: bytes(cell), as: UTF8.self)
        case .integer: String(cells[cell].payload)
        case .real: "\(real(cell))"
        case .null, .list: ""
        }
    }

    package func stringOrNil(_ cell: Int) -> String? { isNull(cell) ? nil : string(cell) }

    package func blob(_ cell: Int) -> [UInt8] { [UInt8](bytes(cell)) }

    /// The number of rows of a list, and the position of its first cell.
    package func list(_ cell: Int) -> (first: Int, count: Int) {
        (Int(cells[cell].payload), Int(cells[cell].count))
    }

    package func value(_ cell: Int) -> Value {
        switch cells[cell].kind {
        case .null, .list: .null
        case .integer: .integer(integer(cell))
        case .real: .real(real(cell))
        case .text: .text(string(cell))
        case .blob: .blob(blob(cell))
        }
    }
}
