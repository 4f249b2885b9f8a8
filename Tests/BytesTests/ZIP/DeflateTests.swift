import Foundation
import Testing

@testable import Bytes

/// All output of a stream for `pieces`.
func deflated(_ pieces: [[UInt8]], _ level: CompressionLevel, threads: Int) throws -> (data: [UInt8], crc: UInt32) {
    let deflate = Deflate(level, threads: threads)
    var result: [UInt8] = []
    let collect: ByteSink.Destination = { result += $0 }
    try deflate.reset()
    for piece in pieces { try piece.withBytes { bytes throws(SinkError) in try deflate.append(bytes, to: collect) } }
    try deflate.finish(to: collect)
    #expect(deflate.bytesOut == UInt64(result.count))
    return (result, deflate.crc)
}

/// Rows that look like a report.
func rows(_ count: Int) -> [UInt8] {
    var text = ""
    for row in 0..<count {
        text +=
            "<row><c><v>\(row)</v></c><c><v>commons-lang-\(row % 97)</v></c><c>\(row &* 2_654_435_761 % 1_000_003)</c>\n"
    }
    return Array(text.utf8)
}

struct DeflateTests {
    private func inflated(_ data: [UInt8]) throws -> [UInt8] {
        let script = """
            import sys, zlib
            d = zlib.decompressobj(-15)
            out = d.decompress(sys.stdin.buffer.read())
            assert d.eof and not d.unused_data, "the stream does not end where it should"
            sys.stdout.buffer.write(out)
            """
        return Array(try python(script, input: Data(data)))
    }

    @Test(arguments: CompressionLevel.allCases, [0, 1, 3])
    func readsBack(_ level: CompressionLevel, _ threads: Int) throws {
        let chunk = DeflateChunk.size
        var noise = SystemRandomNumberGenerator()
        let random = (0..<(3 * chunk + 17)).map { _ in UInt8.random(in: 0...255, using: &noise) }
        let inputs: [[UInt8]] = [
            [], [7], Array(random[..<1000]), rows(5), Array(rows(20_000)[..<chunk]),
            Array(rows(20_000)[..<(chunk + 1)]),
            Array(random[..<(2 * chunk)]), random, rows(40_000), [UInt8](repeating: 0, count: 5 * chunk + 1),
        ]
        for input in inputs {
            let (data, crc) = try deflated([input], level, threads: threads)
            let back = try inflated(data)
            #expect(back == input)
            #expect(input.withUnsafeBytes { crc32($0) } == crc)
            // Never much larger than the input (RFC 1951 §3.2.4: 5 bytes for each stored block).
            #expect(data.count <= input.count + input.count / 1000 + 64)
        }
    }

    /// The CRC of ISO 3309 has this check value.
    @Test func checkValue() {
        let crc = Array("123456789".utf8).withUnsafeBytes { crc32($0) }
        #expect(crc == 0xcbf4_3926)
        let first = Array("1234".utf8).withUnsafeBytes { crc32($0) }
        let second = Array("56789".utf8).withUnsafeBytes { crc32($0) }
        #expect(crc32(first, then: second, count: 5) == crc)
    }

    @Test(arguments: CompressionLevel.allCases)
    func bytesDependOnInputAlone(_ level: CompressionLevel) throws {
        let input = rows(60_000)
        let whole = try deflated([input], level, threads: 0)
        for threads in [1, 2, 5] {
            var pieces: [[UInt8]] = []
            var rest = input[...]
            while !rest.isEmpty {
                pieces.append(Array(rest.prefix(Int.random(in: 1...200_000))))
                rest = rest.dropFirst(pieces.last?.count ?? 0)
            }
            let cut = try deflated(pieces, level, threads: threads)
            #expect(cut.data == whole.data)
            #expect(cut.crc == whole.crc)
        }
    }

    /// The address of a compressor's state has no influence. For each of these short texts, isa-l's own output differs at
    /// one address of 64, for the table at one of 512 (docs/adr/002).
    @Test(arguments: CompressionLevel.allCases)
    func bytesDoNotDependOnAddresses(_ level: CompressionLevel) throws {
        let words = "acorn birch cedar daisy elder fern grape hazel iris jute kale lily".split(separator: " ")
        let rows = words.prefix(7).enumerated().map { "\($0.offset + 1),library-\($0.element),1.2\n" }
        let table = "id,library,version\n" + rows.joined()
        let texts = ([table] + words.map { "0,\($0),\($0),\($0),1" }).map { Array($0.utf8) }
        // All are alive at once, so no two have the same address.
        let streams = (0..<100).map { _ in Deflate(level, threads: 0) }
        for text in texts {
            var made: Set<[UInt8]> = []
            for deflate in streams {
                var result: [UInt8] = []
                try deflate.reset()
                try text.withBytes { bytes throws(SinkError) in try deflate.append(bytes, to: { result += $0 }) }
                try deflate.finish(to: { result += $0 })
                made.insert(result)
            }
            #expect(made.count == 1, "\(String(decoding: text, as: UTF8.self)): sizes \(made.map(\.count))")
            for data in made { #expect(try inflated(data) == text) }
        }
    }

    /// A codec's pieces can be joined at any place, also after a single byte and after no bytes.
    @Test(arguments: CompressionLevel.allCases, [0, 1, 2, 1000])
    func piecesJoin(_ level: CompressionLevel, _ cut: Int) throws {
        let input = rows(100)
        var codec = try DeflateCodec(level)
        var output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)
        defer { output.deallocate() }
        var data: [UInt8] = []
        try input.withUnsafeBytes { bytes in
            let first = UnsafeRawBufferPointer(rebasing: bytes[..<cut])
            let second = UnsafeRawBufferPointer(rebasing: bytes[cut...])
            let none = UnsafeRawBufferPointer(start: nil, count: 0)
            data += output[..<(try codec.compress(first, dictionary: none, isLast: false, to: &output))]
            data += output[..<(try codec.compress(second, dictionary: first, isLast: true, to: &output))]
        }
        #expect(try inflated(data) == input)
    }

    /// The output is as small as promised, compared with zlib.
    @Test func sizes() throws {
        let input = rows(60_000)
        let script = """
            import sys, zlib
            d = sys.stdin.buffer.read()
            def size(level):
                c = zlib.compressobj(level, zlib.DEFLATED, -15)
                return len(c.compress(d)) + len(c.flush())
            print(size(1), size(6))
            """
        let printed = String(decoding: try python(script, input: Data(input)), as: UTF8.self)
        let reference = printed.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        try #require(reference.count == 2)
        #expect(Double(try deflated([input], .quick, threads: 1).data.count) <= reference[0])
        #expect(Double(try deflated([input], .small, threads: 1).data.count) <= reference[1] * 1.05)
    }

    @Test func refusalOfTheDestinationIsPassedOnAndForgotten() throws {
        let deflate = Deflate(.quick, threads: 2)
        let input = rows(60_000)
        try deflate.reset()
        let refuse: ByteSink.Destination = { (_) throws(SinkError) in throw .cancelled }
        #expect(throws: SinkError.cancelled) {
            for _ in 0..<10 { try input.withBytes { bytes throws(SinkError) in try deflate.append(bytes, to: refuse) } }
        }
        var result: [UInt8] = []
        try deflate.reset()
        try input.withBytes { bytes throws(SinkError) in try deflate.append(bytes, to: { result += $0 }) }
        try deflate.finish(to: { result += $0 })
        let expected = try deflated([input], .quick, threads: 0)
        #expect(result == expected.data)
        #expect(deflate.crc == expected.crc)
    }

    @Test func manyStreamsAtOnce() async throws {
        let input = rows(20_000)
        let expected = try deflated([input], .quick, threads: 0).data
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<12 { group.addTask { try deflated([input], .quick, threads: 3).data } }
            for try await data in group { #expect(data == expected) }
        }
    }
}
