import CISAL

// DESIGN. A document has a few large objects (pages' contents, fonts), which are separate in the file, and many small ones
// (structure elements, one for each cell). A few hundred small ones at a time are packed into an object stream (ISO 32000-1,
// 7.5.7). The cross-reference table must have the position of each object; with one entry in memory for each, it would grow
// with the report. So numbers are given out in order, and memory holds one run for each row of neighbours: a few hundred
// bytes for a page. The table itself is written at the end as streams of 65,536 entries, each of which names the previous
// one (7.5.8).

/// The objects of a document: their numbers, and the position of each.
struct PDFObjects: ~Copyable {
    /// The kind of a small object; objects of one kind are packed together.
    enum Kind {
        case other
        /// Elements of the structure that occur often in a table.
        case cell, row, link
        /// The ways from the marks of a page to their elements.
        case leaf
    }

    /// Neighbouring numbers whose objects are found in the same way.
    struct Run {
        var first: Int
        var count: Int
        /// The object stream with the objects; 0 for an object that is separate in the file.
        var container: Int
        /// The first object's position in the object stream, or its offset in the file.
        var place: Int
    }

    /// An object stream is written with the first page that ends after the stream has this many bytes.
    private static let packedLimit = 1 << 17
    private static let entriesInTable = 1 << 16

    private var next = 1
    private var runs: [Run] = []
    private var others = PDFObjectLane()
    // Offsets that grow by fifties differ in few digits.
    private var cells = PDFObjectLane(least: 50)
    private var rows = PDFObjectLane(least: 50)
    private var links = PDFObjectLane(least: 50)
    private var leaves = PDFObjectLane(least: PDFObjects.referenceLength, isExact: true)
    private var codec: DeflateCodec
    private var output = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
    private var content = ByteSink()
    /// The length of a reference that is padded with blanks.
    static let referenceLength = 13

    init() throws(SinkError) { codec = try DeflateCodec(.quick) }

    deinit { output.deallocate() }

    /// Reserves `count` consecutive numbers and returns the first. The caller must write an object for each number.
    @inline(__always)
    mutating func reserve(_ count: Int = 1) -> Int {
        defer { next += count }
        return next
    }

    /// Reserves a number for a small object of a kind.
    @inline(__always)
    mutating func reserve(_ kind: Kind) -> Int {
        switch kind {
        case .other: reserve()
        case .cell: cells.reserve(&next)
        case .row: rows.reserve(&next)
        case .link: links.reserve(&next)
        case .leaf: leaves.reserve(&next)
        }
    }

    /// Adds a small object whose body `write` appends.
    @inline(__always)
    mutating func pack(_ number: Int, _ kind: Kind = .other, _ write: (inout ByteSink) -> Void) {
        switch kind {
        case .other: others.pack(number, &runs, write)
        case .cell: cells.pack(number, &runs, write)
        case .row: rows.pack(number, &runs, write)
        case .link: links.pack(number, &runs, write)
        case .leaf: leaves.pack(number, &runs, write)
        }
    }

    /// Writes the object streams that are large enough, or all.
    mutating func unload(all: Bool, to file: inout ByteSink) throws(SinkError) {
        let limit = all ? 1 : Self.packedLimit
        for kind in [Kind.cell, .row, .link, .leaf, .other] where size(kind) >= limit {
            let number = reserve()
            let entries =
                switch kind {
                case .other: others.unload(number, &runs, to: &content)
                case .cell: cells.unload(number, &runs, to: &content)
                case .row: rows.unload(number, &runs, to: &content)
                case .link: links.unload(number, &runs, to: &content)
                case .leaf: leaves.unload(number, &runs, to: &content)
                }
            try stream(number, entries, content.heldBytes, to: &file)
        }
    }

    private func size(_ kind: Kind) -> Int {
        switch kind {
        case .other: others.size
        case .cell: cells.size
        case .row: rows.size
        case .link: links.size
        case .leaf: leaves.size
        }
    }

    /// Writes the first line of the file, and bytes that mark it as binary (7.5.2).
    func writeHeader(to file: inout ByteSink) { file.append("%PDF-1.7\n%\u{E2}\u{E3}\u{CF}\u{D3}\n") }

    /// Begins a separate object, whose body the caller appends; `end` must follow.
    mutating func begin(_ number: Int, in file: inout ByteSink) {
        runs.append(Run(first: number, count: 1, container: 0, place: file.count))
        file.decimal(number)
        file.append(" 0 obj\n")
    }

    mutating func end(in file: inout ByteSink) throws(SinkError) {
        file.append("\nendobj\n")
        try file.drain()
    }

    /// Writes a stream in compressed form (RFC 1950), with the given entries in its dictionary.
    mutating func stream(
        _ number: Int, _ entries: String, _ content: borrowing ByteSink, to file: inout ByteSink
    ) throws(SinkError) {
        try stream(number, entries, content.heldBytes, to: &file)
    }

    private mutating func stream(
        _ number: Int, _ entries: String, _ content: UnsafeRawBufferPointer, to file: inout ByteSink
    ) throws(SinkError) {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        let made = try codec.compress(content, dictionary: empty, isLast: true, to: &output)
        begin(number, in: &file)
        file.append("<< ")
        file.append(raw: entries)
        file.append(" /Filter /FlateDecode /Length ")
        // Two bytes come first (deflate, window of 32 KiB), the checksum last.
        file.decimal(made + 6)
        file.append(" >>\nstream\n")
        file.append(0x78)
        file.append(0x01)
        file.append(UnsafeRawBufferPointer(rebasing: output[..<made]))
        let start = content.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let sum = isal_adler32(1, start, UInt64(content.count))
        for shift in [24, 16, 8, 0] { file.append(UInt8(truncatingIfNeeded: sum >> UInt32(shift))) }
        file.append("\nendstream")
        try end(in: &file)
    }

    /// Writes the cross-reference table and the end of the file; `entries` are the entries of the trailer, such as
    /// `/Root 1 0 R`.
    mutating func finish(_ entries: String, to file: inout ByteSink) throws(SinkError) {
        try unload(all: true, to: &file)
        runs.sort { $0.first < $1.first }
        let tables = (next + Self.entriesInTable - 1) / Self.entriesInTable
        let table = reserve(tables)
        var previous: Int?
        var run = 0
        for index in 0..<tables {
            let first = index * Self.entriesInTable
            let end = min(table, first + Self.entriesInTable)
            let start = file.count
            var rows = PDFTableRows()
            for number in first..<end {
                while run < runs.count, runs[run].first + runs[run].count <= number { run += 1 }
                rows.append(entry(number, run))
            }
            rows.append((1, start, 0))
            let chain = previous.map { " /Prev \($0)" } ?? ""
            try stream(
                table + index,
                "/Type /XRef /Size \(next) /W [1 5 2] /Index [\(first) \(end - first) \(table + index) 1] \(entries)\(chain) /DecodeParms << /Predictor 12 /Columns 8 >>",
                rows.bytes, to: &file)
            previous = start
        }
        file.append("startxref\n")
        file.decimal(previous ?? 0)
        file.append("\n%%EOF\n")
        try file.flush()
    }

    /// The entry of a number (7.5.8.3): its type and two fields.
    private func entry(_ number: Int, _ run: Int) -> (type: UInt8, second: Int, third: Int) {
        guard run < runs.count, runs[run].first <= number else { return (0, 0, number == 0 ? 0xFFFF : 0) }
        let run = runs[run]
        if run.container == 0 { return (1, run.place, 0) }
        return (2, run.container, run.place + number - run.first)
    }
}

/// Entries of a cross-reference stream, each as its difference from the previous one (PNG's filter Up, declared by
/// `/Predictor 12`).
private struct PDFTableRows: ~Copyable {
    private(set) var bytes = ByteSink()
    private var last: UInt64 = 0

    mutating func append(_ entry: (type: UInt8, second: Int, third: Int)) {
        let row =
            UInt64(entry.type) << 56 | UInt64(truncatingIfNeeded: entry.second) << 16
            | UInt64(truncatingIfNeeded: entry.third)
        bytes.append(2)
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: row >> shift) &- UInt8(truncatingIfNeeded: last >> shift))
        }
        last = row
    }
}
