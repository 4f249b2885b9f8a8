// DESIGN. A ZIP (PKWARE APPNOTE 6.3.10) that is written forward only: sizes and CRC follow an entry in a data descriptor,
// and the directory comes last. So it can be written directly into another ZIP's entry (a workbook), to a file or to a
// store. Every entry is deflated, because clients of Mend search answers as text and would take stored words for errors.
// Zip64 records are written only where a number needs them. An entry that may exceed 4 GiB must be declared so at its
// beginning, because its header states the width of the sizes after it.

/// Writes a ZIP, entry by entry.
///
///     let zip = ZIPWriter(time: now, level: .quick, isLarge: true, to: destination)
///     let write = try zip.begin("report.json")
///     try bytes.withBytes(write)
///     _ = try zip.end()
///     _ = try zip.finish()
///
/// One thread at a time may use it; `destination` is called on that thread, and must not call the writer. The time is
/// in milliseconds since 1970. Errors are `SinkError`s; after an error the written bytes are no ZIP, and no further
/// call is allowed.
///
/// A class, because the destinations of its entries share it.
package final class ZIPWriter {
    /// The result of writing a ZIP.
    package struct Summary: Sendable, Equatable {
        package let size: UInt64
        package let entries: Int
        /// The digest of the whole file, if requested.
        package let digest: [UInt8]?
    }

    private let destination: ByteSink.Destination
    private let deflate: Deflate
    private let isLarge: Bool
    private let records: ZIPRecords
    private var digest: Digest?
    /// All finished entries, in order.
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
    ///   - time: the time of all entries in milliseconds since 1970, UTC, so that the same data gives the same bytes.
    ///   - isLarge: allows zip64 (beyond 4 GiB or 65,534 entries), which spreadsheets refuse; without it what would need
    ///     zip64 is an error.
    ///   - digest: the digest to compute over the whole file during writing.
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

    /// Begins an entry; its bytes go to the returned sink. End it before the next one begins.
    ///
    /// - Parameters:
    ///   - name: a relative path with `/`; a path that leaves the folder, or a repeated name, is an error.
    ///   - maximum: the largest size of the entry; more bytes are an error. An entry that may exceed 4 GiB is a zip64
    ///     entry.
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

    /// Ends the current entry.
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

    /// Writes the directory. No call may follow.
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

    /// The broken invariant of the directory so far, in words; nil when all hold. The invariants of the writer, checked at
    /// each step of a debug build. They look only at the last entry, because earlier ones do not change.
    var fault: String? {
        if open != nil, isFinished { return "an entry is open behind the directory" }
        // The name of a failed entry stays taken, and the entry is in no directory.
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
