import Bytes
import CLZMA
import CZlib
import CZstd
import Testing

/// A way to compress, with its inflater.
enum Compression: String, CaseIterable, Sendable {
    case gzip, xz, zstd

    func inflater(limit: Int) throws -> any Inflating {
        switch self {
        case .gzip: try Inflater(limit: limit)
        case .xz: try XZInflater(limit: limit)
        case .zstd: try ZstdInflater(limit: limit)
        }
    }

    func compress(_ bytes: [UInt8]) throws -> [UInt8] {
        var out = [UInt8](repeating: 0, count: bytes.count + 4096)
        var count = 0
        switch self {
        case .gzip:
            var stream = z_stream()
            let size = Int32(MemoryLayout<z_stream>.size)
            // 16 more than the window: gzip.
            try #require(deflateInit2_(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK)
            defer { deflateEnd(&stream) }
            var input = bytes
            let code = input.withUnsafeMutableBufferPointer { input in
                out.withUnsafeMutableBufferPointer { out in
                    (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                    (stream.next_out, stream.avail_out) = (out.baseAddress, UInt32(out.count))
                    return deflate(&stream, Z_FINISH)
                }
            }
            try #require(code == Z_STREAM_END)
            count = Int(stream.total_out)
        case .xz:
            let code = lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nil, bytes, bytes.count, &out, &count, out.count)
            try #require(code == LZMA_OK)
        case .zstd:
            count = ZSTD_compress(&out, out.count, bytes, bytes.count, 3)
            try #require(ZSTD_isError(count) == 0)
        }
        return Array(out[..<count])
    }
}

@Suite struct InflatingTests {
    private func inflate(
        _ bytes: [UInt8], _ compression: Compression, limit: Int = 1 << 30, piece: Int = .max
    ) throws -> [UInt8] {
        let inflater = try compression.inflater(limit: limit)
        var out: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(piece)
            rest = rest.dropFirst(piece.count)
            try piece.withUnsafeBytes { try inflater.inflate($0) { out += $0 } }
        }
        try inflater.finish()
        return out
    }

    /// Text with a few repetitions, larger than any buffer on the way.
    private let text: [UInt8] = (0..<40_000).flatMap { Array("component \($0 &* 2_654_435_761 % 1_000_003)\n".utf8) }

    @Test(arguments: Compression.allCases, [1, 7, 4096, .max])
    func `What was compressed comes back, in pieces of any size`(compression: Compression, piece: Int) throws {
        let bytes = piece == 1 ? Array(text.prefix(5000)) : text
        #expect(try inflate(compression.compress(bytes), compression, piece: piece) == bytes)
        #expect(try inflate(compression.compress([]), compression, piece: piece).isEmpty)
    }

    @Test(arguments: Compression.allCases)
    func `Several streams in a row are one text`(compression: Compression) throws {
        let whole = try compression.compress(Array(text[..<1000])) + compression.compress(Array(text[1000...]))
        #expect(try inflate(whole, compression) == text)
    }

    @Test(arguments: Compression.allCases)
    func `What ends too early is refused, wherever it is cut`(compression: Compression) throws {
        let whole = try compression.compress(Array(text.prefix(3000)))
        for count in [1, 5, whole.count / 2, whole.count - 1] {
            #expect(throws: InflaterError.truncated, "\(count) of \(whole.count) bytes") {
                try inflate(Array(whole[..<count]), compression)
            }
        }
    }

    @Test(arguments: Compression.allCases)
    func `A changed byte in the middle is refused`(compression: Compression) throws {
        var whole = try compression.compress(text)
        // zstd's checksum is off by default, so the test breaks the header instead.
        whole[compression == .zstd ? 4 : whole.count / 2] ^= 0xFF
        #expect(throws: InflaterError.self) { try inflate(whole, compression) }
    }

    @Test(arguments: Compression.allCases)
    func `More than the limit is refused before it is all inflated`(compression: Compression) throws {
        let bomb = try compression.compress([UInt8](repeating: 0x20, count: 8 << 20))
        #expect(bomb.count < 16 << 10)
        var handed = 0
        let inflater = try compression.inflater(limit: 1 << 20)
        #expect(throws: InflaterError.tooLarge(limit: 1 << 20)) {
            try bomb.withUnsafeBytes { try inflater.inflate($0) { handed += $0.count } }
        }
        #expect(handed <= 1 << 20)
    }

    @Test func `A window larger than is given is refused with its reason`() throws {
        // RFC 8878, 3.1.1.1: no single segment, window of 2 GiB, then an empty last block.
        let wide: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x01, 0x00, 0x00]
        #expect(throws: InflaterError.needsMemory(limit: ZstdInflater.memoryLimit)) { try inflate(wide, .zstd) }

        // A preset with a dictionary of 512 MiB.
        var options = lzma_options_lzma()
        try #require(lzma_lzma_preset(&options, 0) == 0)
        options.dict_size = 512 << 20
        var packed = [UInt8](repeating: 0, count: 4096)
        var count = 0
        let code = withUnsafeMutablePointer(to: &options) { options in
            var filters = [
                lzma_filter(id: 0x21, options: options), lzma_filter(id: lzma_vli.max, options: nil),
            ]
            return lzma_stream_buffer_encode(
                &filters, LZMA_CHECK_CRC32, nil, [1, 2, 3], 3, &packed, &count, packed.count)
        }
        try #require(code == LZMA_OK)
        #expect(throws: InflaterError.needsMemory(limit: XZInflater.memoryLimit)) {
            try inflate(Array(packed[..<count]), .xz)
        }
    }
}
