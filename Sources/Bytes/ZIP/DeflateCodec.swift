import CISAL
import CZlib
import Glibc

/// The time that compression may take. Ratios are in docs/adr/002.
package enum CompressionLevel: Sendable, CaseIterable {
    /// As fast as possible, with a tenth more output than zlib's level 6: for data that is sent once. Isa-l, level 2.
    case quick
    /// Within a few per cent of zlib's output at level 6, in ten times the time of `quick`: for data that is kept for
    /// long.
    case small
}

/// Compresses one chunk at a time into raw deflate data (RFC 1951); the data of the next chunk can follow it
/// directly.
struct DeflateCodec: ~Copyable {
    /// The bytes before a chunk that its matches may refer to.
    static let window = 32_768

    private let level: CompressionLevel
    private let zlib: UnsafeMutablePointer<z_stream>?
    private let isal: UnsafeMutablePointer<isal_zstream>?
    private let work: UnsafeMutableRawPointer?

    init(_ level: CompressionLevel) throws(SinkError) {
        self.level = level
        switch level {
        case .quick:
            // ISAL_DEF_LVL2_LARGE, a macro that Swift cannot see: 4 KiB, 32 Ki hashes, 64 Ki tokens.
            let room = 4096 + 2 * 32_768 + 4 * 65_536
            let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
            let buffer = UnsafeMutableRawPointer.allocate(byteCount: room, alignment: 64)
            // Fields that the library does not set have the same value each time.
            memset(stream, 0, MemoryLayout<isal_zstream>.size)
            memset(buffer, 0, room)
            isal_deflate_init(stream)
            stream.pointee.level = 2
            stream.pointee.level_buf = buffer.assumingMemoryBound(to: UInt8.self)
            stream.pointee.level_buf_size = UInt32(room)
            isal = stream
            work = buffer
            zlib = nil
        case .small:
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            zlib = stream
            isal = nil
            work = nil
            // Negative window bits mean no zlib header.
            let code = deflateInit2_(
                stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            guard code == Z_OK else { throw .format("zlib cannot begin to compress (code \(code))") }
        }
    }

    deinit {
        if let zlib {
            deflateEnd(zlib)
            zlib.deallocate()
        }
        isal?.deallocate()
        work?.deallocate()
    }

    /// Compresses `input`, with `dictionary` as the window before it, and returns the number of bytes made.
    ///
    /// The bytes depend only on the arguments, neither on addresses in memory nor on earlier input. A chunk other than the last
    /// ends with an empty stored block, so it ends at a whole byte. `output` has room for at least 64 bytes, and grows when
    /// that is too small.
    mutating func compress(
        _ input: UnsafeRawBufferPointer, dictionary: UnsafeRawBufferPointer, isLast: Bool,
        to output: inout UnsafeMutableRawBufferPointer
    ) throws(SinkError) -> Int {
        switch level {
        case .quick: try compressByISAL(input, dictionary, isLast, &output)
        case .small: try compressByZlib(input, dictionary, isLast, &output)
        }
    }

    private func compressByISAL(
        _ input: UnsafeRawBufferPointer, _ dictionary: UnsafeRawBufferPointer, _ isLast: Bool,
        _ output: inout UnsafeMutableRawBufferPointer
    ) throws(SinkError) -> Int {
        guard let isal else { return 0 }
        isal_deflate_reset(isal)
        var (history, rest, made) = (dictionary, input, 0)
        // Without history, isa-l's output depends on the address of its state (docs/adr/002), so the first byte becomes
        // history.
        if history.isEmpty, let first = input.first {
            made = Self.store(first, isLast: isLast && input.count == 1, in: output)
            if isLast && input.count == 1 { return made }
            history = UnsafeRawBufferPointer(rebasing: input.prefix(1))
            rest = UnsafeRawBufferPointer(rebasing: input.dropFirst())
        }
        // Neither library writes to its input; their declarations only lack `const`.
        if let start = history.baseAddress, history.count > 0 {
            let code = isal_deflate_set_dict(
                isal, .init(mutating: start.assumingMemoryBound(to: UInt8.self)), UInt32(history.count))
            guard code == 0 else { throw .format("isa-l refused a dictionary (code \(code))") }
        }
        isal.pointee.next_in = rest.baseAddress.map { .init(mutating: $0.assumingMemoryBound(to: UInt8.self)) }
        isal.pointee.avail_in = UInt32(rest.count)
        isal.pointee.end_of_stream = isLast ? 1 : 0
        isal.pointee.flush = UInt16(isLast ? NO_FLUSH : SYNC_FLUSH)
        while true {
            isal.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self).advanced(by: made)
            isal.pointee.avail_out = UInt32(output.count - made)
            let code = isal_deflate(isal)
            guard code == 0 else { throw .format("isa-l failed to compress (code \(code))") }
            made = output.count - Int(isal.pointee.avail_out)
            // Room is left, so all input was taken and flushed.
            if isal.pointee.avail_out > 0 { return made }
            output.grow(keeping: made)
        }
    }

    /// Writes a stored block of one byte (RFC 1951 §3.2.4): the final flag, no compression, the length and its complement.
    /// The block begins and ends at a whole byte. Returns the length of the block.
    private static func store(_ byte: UInt8, isLast: Bool, in output: UnsafeMutableRawBufferPointer) -> Int {
        let block: [6 of UInt8] = [isLast ? 1 : 0, 1, 0, 0xfe, 0xff, byte]
        for place in block.indices { output[place] = block[place] }
        return block.count
    }

    private func compressByZlib(
        _ input: UnsafeRawBufferPointer, _ dictionary: UnsafeRawBufferPointer, _ isLast: Bool,
        _ output: inout UnsafeMutableRawBufferPointer
    ) throws(SinkError) -> Int {
        guard let zlib else { return 0 }
        deflateReset(zlib)
        // Each reset undoes this setting. Measured on rows of reports: 1.5 times as fast as the numbers of level 6, 2
        // % larger.
        deflateTune(zlib, 4, 8, 64, 24)
        if let start = dictionary.baseAddress, dictionary.count > 0 {
            let code = deflateSetDictionary(zlib, start.assumingMemoryBound(to: UInt8.self), UInt32(dictionary.count))
            guard code == Z_OK else { throw .format("zlib refused a dictionary (code \(code))") }
        }
        zlib.pointee.next_in = input.baseAddress.map { .init(mutating: $0.assumingMemoryBound(to: UInt8.self)) }
        zlib.pointee.avail_in = UInt32(input.count)
        var made = 0
        while true {
            zlib.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self).advanced(by: made)
            zlib.pointee.avail_out = UInt32(output.count - made)
            let code = deflate(zlib, isLast ? Z_FINISH : Z_SYNC_FLUSH)
            guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                throw .format("zlib failed to compress (code \(code))")
            }
            made = output.count - Int(zlib.pointee.avail_out)
            if zlib.pointee.avail_out > 0 { return made }
            output.grow(keeping: made)
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Doubles the room and keeps the first bytes.
    fileprivate mutating func grow(keeping count: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: self.count * 2, alignment: 64)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: self[..<count]))
        deallocate()
        self = larger
    }
}

/// The CRC-32 of ZIP (ISO 3309) for bytes that follow others with the CRC-32 `crc`.
func crc32(_ bytes: UnsafeRawBufferPointer, after crc: UInt32 = 0) -> UInt32 {
    guard let start = bytes.baseAddress else { return crc }
    return crc32_gzip_refl(crc, start.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
}

/// The CRC-32 of two joined pieces from the CRC-32 of each; the second has `count` bytes.
func crc32(_ first: UInt32, then second: UInt32, count: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_combine(UInt(first), UInt(second), count))
}
