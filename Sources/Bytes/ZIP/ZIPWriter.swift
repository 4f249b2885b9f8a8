// DESIGN. A ZIP (PKWARE APPNOTE 6.3.10) written forward only: sizes and CRC follow an entry in a data descriptor, the
// directory comes last. So it can go straight into another ZIP's entry (a workbook), to a file or to a store. Every entry
// is deflated: clients of Mend look into answers as text and would take stored words for errors. Zip64 records are written
// only where a number needs them, and an entry that may grow beyond 4 GiB has to say so when it begins, for its header
// shows how wide the sizes behind it are.

/// Writes a ZIP. Used by one thread at a time; entries come one after the other.
///
/// A class, because the destinations of its entries share it.
package final class ZIPWriter {
    /// What was written.
    package struct Summary: Sendable, Equatable {
        package let size: UInt64
        package let entries: Int
        /// The digest of the whole file, when one was asked for.
        package let digest: [UInt8]?
    }

    private let destination: ByteSink.Destination
    private let deflate: Deflate
    private let isLarge: Bool
    private let records: ZIPRecords
    private var digest: Digest?
    /// All entries that ended, in order.
    package private(set) var entries: [ZIPEntry] = []
    private var names: Set<String> = []
    private var position: UInt64 = 0
    private var open: Open?
    private var isFinished = false

    private struct Open {
        let name: String
        let offset: UInt64
        let maximum: UInt64
        var isWide: Bool { maximum > ZIPRecords.narrow }
    }

    /// - Parameters:
    ///   - time: the time that all entries bear, in milliseconds since 1970, UTC: the same data makes the same bytes.
    ///   - isLarge: allows zip64 (beyond 4 GiB or 65,534 entries), which spreadsheets refuse; without it what would need
    ///     zip64 is an error.
    ///   - digest: what to compute of the whole file on the way.
    package convenience init(
        time: Int64, level: CompressionLevel, isLarge: Bool, digest: Digest.Algorithm? = nil,
        to destination: @escaping ByteSink.Destination
    ) {
        self.init(time: time, deflate: Deflate(level), isLarge: isLarge, digest: digest, to: destination)
    }

    init(
        time: Int64, deflate: Deflate, isLarge: Bool, digest: Digest.Algorithm? = nil,
        to destination: @escaping ByteSink.Destination
    ) {
        self.destination = destination
        self.deflate = deflate
        self.isLarge = isLarge
        records = ZIPRecords(time: time)
        self.digest = digest.map { Digest($0) }
    }

    /// Begins an entry; its bytes go where this returns. End it before the next begins.
    ///
    /// - Parameters:
    ///   - name: a relative path with `/`; one that leaves the folder, or comes twice, is an error.
    ///   - maximum: the largest size that the entry may reach; more is an error. Beyond 4 GiB the entry is a zip64 one.
    package func begin(
        _ name: String, maximum: UInt64 = ZIPRecords.largestPlainEntry
    ) throws(SinkError) -> ByteSink.Destination {
        guard open == nil, !isFinished else { throw .format("entry \(name) begins inside another or after the end") }
        let bytes = Array(name.utf8)
        guard !bytes.isEmpty, bytes.count <= 0xffff, !bytes.contains(0), !name.hasPrefix("/"),
            !bytes.contains(UInt8(ascii: "\\")), !name.split(separator: "/").contains("..")
        else { throw .format("\"\(name.prefix(80))\" cannot be the name of an entry of a ZIP") }
        guard !names.contains(name) else { throw .format("a ZIP cannot hold two entries named \(name)") }
        let entry = Open(name: name, offset: position, maximum: maximum)
        guard isLarge || !entry.isWide && position <= ZIPRecords.narrow else { throw Self.tooLarge(name) }
        try deflate.reset()
        try put(records.header(bytes, isWide: entry.isWide))
        names.insert(name)
        open = entry
        assert(fault == nil, fault ?? "")
        return { [self] bytes throws(SinkError) in
            try deflate.append(bytes, to: put)
            if deflate.bytesIn > maximum || !entry.isWide && deflate.bytesOut > ZIPRecords.narrow {
                throw Self.tooLarge(name)
            }
        }
    }

    /// Ends the entry that was begun.
    @discardableResult
    package func end() throws(SinkError) -> ZIPEntry {
        guard let open else { throw .format("no entry of the ZIP is open") }
        self.open = nil
        try deflate.finish(to: put)
        guard open.isWide || deflate.bytesOut <= ZIPRecords.narrow else { throw Self.tooLarge(open.name) }
        let entry = ZIPEntry(
            name: open.name, size: deflate.bytesIn, compressedSize: deflate.bytesOut, crc: deflate.crc,
            offset: open.offset)
        try put(records.descriptor(entry, isWide: open.isWide))
        entries.append(entry)
        assert(fault == nil, fault ?? "")
        return entry
    }

    /// Writes the directory. Nothing may follow.
    @discardableResult
    package func finish() throws(SinkError) -> Summary {
        guard open == nil, !isFinished else { throw .format("a ZIP ends inside an entry, or twice") }
        isFinished = true
        let begin = position
        for entry in entries { try put(records.directory(entry)) }
        let size = position - begin
        guard isLarge || !ZIPRecords.isWide(count: entries.count, size: size, offset: begin) else {
            throw Self.tooLarge("the archive")
        }
        try put(records.end(count: entries.count, size: size, offset: begin))
        assert(fault == nil, fault ?? "")
        return Summary(size: position, entries: entries.count, digest: digest.take()?.finish())
    }

    /// The broken invariant of the directory that is being gathered, in words; nil when all hold. The invariants of the
    /// writer, checked at each step of a debug build; they look at the last entry alone, as those before it do not change.
    var fault: String? {
        if open != nil, isFinished { return "an entry is open behind the directory" }
        // An entry that failed has its name taken, and is in no directory.
        if names.count < entries.count + (open == nil ? 0 : 1) { return "an entry has no name, or two have one" }
        if let last = entries.last {
            if last.offset + last.compressedSize >= position { return "\(last.name) ends behind what was written" }
            if let before = entries.dropLast().last, before.offset + before.compressedSize >= last.offset {
                return "\(last.name) begins inside \(before.name)"
            }
            if let open, open.offset <= last.offset + last.compressedSize {
                return "\(open.name) begins inside \(last.name)"
            }
        }
        if let open, open.offset >= position { return "\(open.name) is open without a header" }
        return nil
    }

    private static func tooLarge(_ name: String) -> SinkError {
        .format("\(name) is larger than what a plain ZIP can hold (4 GiB, 65,534 entries); split it into parts")
    }

    private func put(_ bytes: [UInt8]) throws(SinkError) {
        try bytes.withBytes { bytes throws(SinkError) in try put(bytes) }
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws(SinkError) {
        position += UInt64(bytes.count)
        digest?.update(bytes)
        try destination(bytes)
    }
}
