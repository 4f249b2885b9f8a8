import CZlib
import Glibc

// DESIGN. Only the central directory counts (PKWARE APPNOTE 6.3.10 §4.3.12). It is read as a stream, so an archive may
// have millions of entries. An entry is inflated piece by piece into the caller's buffer, and its size and CRC are
// checked. Against hostile archives: no entry gives more than `Limits` allows, whatever it declares. All entries together
// are no longer than the file, so they cannot share bytes. Encrypted entries and entries of other methods are refused.
// Names are labels, and no code here turns them into paths.

/// The reason why a ZIP could not be read.
package enum ZIPError: Error, Equatable, CustomStringConvertible {
    /// The file system failed, with the outage where it is known.
    case unreadable(path: String, why: String, Outage? = nil)
    case noArchive(path: String)
    /// The archive contradicts itself; with the place and the contradiction.
    case damaged(path: String, what: String)
    /// This entry cannot be read; others can.
    case entry(name: String, why: String)

    package var description: String {
        switch self {
        case .unreadable(let path, let why, _): "reading \(path): \(why)"
        case .noArchive(let path): "\(path) is no ZIP archive: it has no end record"
        case .damaged(let path, let what): "\(path) is damaged: \(what)"
        case .entry(let name, let why): "\(name): \(why)"
        }
    }
}

/// Reads the entries of a ZIP file one after the other, in bounded memory.
///
///     let zip = try ZIPReader(path: path)
///     while let entry = try zip.next() {
///         var content = try zip.open(entry)
///         while case let count = try zip.read(&content, into: buffer), count > 0 { … }
///     }
///
/// A reader belongs to one thread, and holds the file open until it is released. Sizes are in bytes. Errors are
/// `ZIPError`s; after an error it must not be used again. It calls no code of its user.
package final class ZIPReader {
    package struct Limits: Sendable {
        /// The most bytes of one entry after inflating.
        package var entrySize: UInt64 = 64 << 20
        package var entries: UInt64 = 16 << 20

        package init() {}
    }

    package let path: String
    private let limits: Limits
    private let file: Int32
    private let fileSize: UInt64
    /// The next record of the directory, the directory's end, and the number of records left.
    private var cursor: UInt64 = 0
    private var directoryEnd: UInt64 = 0
    private var left: UInt64 = 0
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0
    private var compressedTotal: UInt64 = 0
    private let stream: UnsafeMutablePointer<z_stream>
    private var input = [UInt8](repeating: 0, count: 1 << 16)

    package convenience init(path: String, limits: Limits = Limits()) throws(ZIPError) {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .unreadable(path: path, why: systemMessage(errno), Outage(errno: errno)) }
        try self.init(taking: file, path: path, limits: limits)
    }

    /// Reads an open file, which the caller keeps; errors call it `name`.
    package convenience init(file: Int32, name: String, limits: Limits = Limits()) throws(ZIPError) {
        let copy = fcntl(file, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw .unreadable(path: name, why: systemMessage(errno), Outage(errno: errno)) }
        try self.init(taking: copy, path: name, limits: limits)
    }

    private init(taking file: Int32, path: String, limits: Limits) throws(ZIPError) {
        self.path = path
        self.limits = limits
        self.file = file
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Raw deflate data with the largest window.
        let code = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        var status = stat()
        guard code == Z_OK, fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            fileSize = 0
            throw .unreadable(path: path, why: "it is no regular file")
        }
        fileSize = UInt64(status.st_size)
        try findDirectory()
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        close(file)
    }

    // MARK: The directory

    /// The next entry that is not a folder; nil at the end.
    package func next() throws(ZIPError) -> Entry? {
        while left > 0 {
            left -= 1
            let fixed = try directory(46)
            guard fixed.four(0) == 0x0201_4b50 else { throw .damaged(path: path, what: "its directory is torn") }
            let nameLength = UInt64(fixed.two(28))
            let extraLength = UInt64(fixed.two(30))
            let record = try directory(46 + nameLength + extraLength)
            let name = String(decoding: record.bytes[46..<(46 + Int(nameLength))], as: UTF8.self)
            let extra = Fields(bytes: Array(record.bytes[(46 + Int(nameLength))...]))
            cursor += 46 + nameLength + extraLength + UInt64(fixed.two(32))
            var entry = Entry(
                name: name, size: UInt64(fixed.four(24)), compressedSize: UInt64(fixed.four(20)), crc: fixed.four(16),
                flags: fixed.two(8), method: fixed.two(10), nameLength: Int(nameLength), offset: UInt64(fixed.four(42)))
            try entry.widen(extra, path: path)
            // The total cannot exceed the file: the rest of the file bounds the next size before it is added.
            guard entry.offset < fileSize, entry.compressedSize <= fileSize - compressedTotal else {
                throw .damaged(path: path, what: "its entries are longer than the file: they overlap")
            }
            compressedTotal += entry.compressedSize
            if !name.hasSuffix("/") { return entry }
        }
        return nil
    }

    /// The record of an entry in the directory.
    package struct Entry: Sendable {
        /// A label, which must not be opened as a path.
        package let name: String
        package fileprivate(set) var size: UInt64
        /// Bytes in the archive.
        package var packedSize: Int { Int(clamping: compressedSize) }
        fileprivate var compressedSize: UInt64
        fileprivate let crc: UInt32
        fileprivate let flags: UInt16
        fileprivate let method: UInt16
        fileprivate let nameLength: Int
        fileprivate var offset: UInt64

        /// §4.5.3: numbers that did not fit are in the zip64 field, in this order.
        fileprivate mutating func widen(_ extra: Fields, path: String) throws(ZIPError) {
            var place = 0
            while place + 4 <= extra.bytes.count {
                let length = Int(extra.two(place + 2))
                guard place + 4 + length <= extra.bytes.count else { return }
                if extra.two(place) == 1 {
                    var number = place + 4
                    func take(_ narrow: UInt64) throws(ZIPError) -> UInt64 {
                        guard narrow == 0xffff_ffff else { return narrow }
                        guard number + 8 <= place + 4 + length else {
                            throw .damaged(path: path, what: "a zip64 field is too short")
                        }
                        defer { number += 8 }
                        return extra.eight(number)
                    }
                    size = try take(size)
                    compressedSize = try take(compressedSize)
                    offset = try take(offset)
                    return
                }
                place += 4 + length
            }
        }
    }

    private func findDirectory() throws(ZIPError) {
        // §4.3.16: 22 bytes and a comment of at most 65,535.
        let length = min(fileSize, 65_557)
        let tail = try bytes(at: fileSize - length, Int(length))
        var end: Int?
        var place = tail.bytes.count - 22
        while place >= 0, end == nil {
            if tail.four(place) == 0x0605_4b50, place + 22 + Int(tail.two(place + 20)) <= tail.bytes.count {
                end = place
            }
            place -= 1
        }
        guard let end else { throw .noArchive(path: path) }
        guard tail.two(end + 4) == 0, tail.two(end + 6) == 0 else {
            throw .damaged(path: path, what: "it is a part of an archive in several files")
        }
        left = UInt64(tail.two(end + 10))
        var size = UInt64(tail.four(end + 12))
        cursor = UInt64(tail.four(end + 16))
        if end >= 20, tail.four(end - 20) == 0x0706_4b50 {
            let record = try bytes(at: tail.eight(end - 12), 56)
            guard record.four(0) == 0x0606_4b50 else { throw .damaged(path: path, what: "its zip64 record is torn") }
            left = record.eight(32)
            size = record.eight(40)
            cursor = record.eight(48)
        }
        guard left <= limits.entries else {
            throw .damaged(path: path, what: "\(left) entries are more than \(limits.entries)")
        }
        let (sum, overflow) = cursor.addingReportingOverflow(size)
        guard !overflow, sum <= fileSize else {
            throw .damaged(path: path, what: "its directory lies beyond its end")
        }
        directoryEnd = sum
    }

    /// Bytes of the directory from the cursor on.
    private func directory(_ count: UInt64) throws(ZIPError) -> Fields {
        guard cursor + count <= directoryEnd else { throw .damaged(path: path, what: "its directory is cut off") }
        if cursor < windowStart || cursor + count > windowStart + UInt64(window.count) {
            window = try bytes(at: cursor, Int(min(directoryEnd - cursor, max(count, 1 << 18)))).bytes
            windowStart = cursor
        }
        let start = Int(cursor - windowStart)
        return Fields(bytes: Array(window[start..<(start + Int(count))]))
    }

    private func bytes(at offset: UInt64, _ count: Int) throws(ZIPError) -> Fields {
        guard offset <= fileSize, UInt64(count) <= fileSize - offset else {
            throw .damaged(path: path, what: "it is cut off")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                pread(file, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset) + done)
            }
            if got > 0 {
                done += got
            } else if got == 0 {
                throw .damaged(path: path, what: "it became shorter")
            } else if errno != EINTR {
                throw .unreadable(path: path, why: systemMessage(errno), Outage(errno: errno))
            }
        }
        return Fields(bytes: bytes)
    }

    // MARK: Entries

    /// Opens an entry and closes the previous one.
    package func open(_ entry: Entry) throws(ZIPError) -> Content {
        guard entry.flags & 1 == 0 else { throw .entry(name: entry.name, why: "it is encrypted") }
        guard entry.method == 0 || entry.method == 8 else {
            throw .entry(name: entry.name, why: "compression method \(entry.method) is not deflate")
        }
        guard entry.size <= limits.entrySize else {
            throw .entry(name: entry.name, why: "\(entry.size) bytes are more than \(limits.entrySize)")
        }
        let header = try bytes(at: entry.offset, 30)
        guard header.four(0) == 0x0403_4b50, Int(header.two(26)) == entry.nameLength else {
            throw .entry(name: entry.name, why: "its header is not where the directory says")
        }
        let start = entry.offset + 30 + UInt64(header.two(26)) + UInt64(header.two(28))
        guard start <= fileSize, entry.compressedSize <= fileSize - start else {
            throw .entry(name: entry.name, why: "it is cut off")
        }
        inflateReset(stream)
        stream.pointee.avail_in = 0
        return Content(entry: entry, next: start, end: start + entry.compressedSize)
    }

    /// The state of reading an entry.
    package struct Content {
        fileprivate let entry: Entry
        fileprivate var next: UInt64
        fileprivate let end: UInt64
        fileprivate var size: UInt64 = 0
        fileprivate var crc: UInt32 = 0
        fileprivate var isOver = false
    }

    /// Fills the front of the buffer with the next bytes; 0 at the end, after the check of size and CRC.
    package func read(_ content: inout Content, into buffer: UnsafeMutableRawBufferPointer) throws(ZIPError) -> Int {
        guard !content.isOver, buffer.count > 0 else { return 0 }
        let count = content.entry.method == 0 ? try stored(&content, buffer) : try inflated(&content, buffer)
        content.size += UInt64(count)
        content.crc = crc32(UnsafeRawBufferPointer(rebasing: buffer[..<count]), after: content.crc)
        guard content.size <= content.entry.size else {
            throw .entry(name: content.entry.name, why: "it is longer than the \(content.entry.size) bytes it declares")
        }
        if count == 0 {
            content.isOver = true
            guard content.size == content.entry.size, content.crc == content.entry.crc else {
                throw .entry(name: content.entry.name, why: "its size or checksum is wrong")
            }
        }
        return count
    }

    private func stored(_ content: inout Content, _ buffer: UnsafeMutableRawBufferPointer) throws(ZIPError) -> Int {
        let count = min(buffer.count, Int(content.end - content.next))
        let piece = try bytes(at: content.next, count)
        piece.bytes.withUnsafeBytes { buffer.copyMemory(from: $0) }
        content.next += UInt64(count)
        return count
    }

    private func inflated(_ content: inout Content, _ buffer: UnsafeMutableRawBufferPointer) throws(ZIPError) -> Int {
        stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(min(buffer.count, 1 << 30))
        let room = stream.pointee.avail_out
        while stream.pointee.avail_out == room {
            if stream.pointee.avail_in == 0 {
                let count = min(input.count, Int(content.end - content.next))
                input.replaceSubrange(0..<count, with: try bytes(at: content.next, count).bytes)
                content.next += UInt64(count)
                stream.pointee.avail_in = UInt32(count)
                taken = 0
            }
            let before = stream.pointee.avail_in
            let code = input.withUnsafeMutableBufferPointer { input in
                stream.pointee.next_in = input.baseAddress.map { $0 + taken }
                return inflate(stream, Z_NO_FLUSH)
            }
            taken += Int(before - stream.pointee.avail_in)
            if code == Z_STREAM_END { break }
            guard code == Z_OK || (code == Z_BUF_ERROR && content.next < content.end) else {
                throw .entry(name: content.entry.name, why: "its data cannot be inflated")
            }
        }
        return Int(room - stream.pointee.avail_out)
    }

    /// The number of bytes of `input` that zlib has consumed.
    private var taken = 0

    /// Little-endian numbers in bytes.
    fileprivate struct Fields {
        let bytes: [UInt8]

        func two(_ place: Int) -> UInt16 { UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8 }
        func four(_ place: Int) -> UInt32 { UInt32(two(place)) | UInt32(two(place + 2)) << 16 }
        func eight(_ place: Int) -> UInt64 { UInt64(four(place)) | UInt64(four(place + 4)) << 32 }
    }
}
