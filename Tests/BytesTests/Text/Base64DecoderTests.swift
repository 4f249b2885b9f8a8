import Foundation
import Testing

@testable import Bytes

/// RFC 4648, and the variants that shells produce.
struct Base64DecoderTests {
    /// Decodes a text that is cut into pieces of `size` bytes.
    static func decode(_ text: String, by size: Int = .max) throws -> [UInt8] {
        var decoder = Base64Decoder()
        var decoded: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            var room = [UInt8](repeating: 0, count: Base64Decoder.room(for: piece.count))
            let count = try piece.withUnsafeBytes { input in
                try room.withUnsafeMutableBytes { output in
                    try decoder.decode(input, into: output)
                }
            }
            decoded += room.prefix(count)
        }
        return decoded + (try decoder.finish())
    }

    @Test(arguments: [
        ("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg==", "foob"), ("Zm9vYmE=", "fooba"),
        ("Zm9vYmFy", "foobar"),
    ])
    func vectorsOfTheStandard(text: String, plain: String) throws {
        #expect(try Self.decode(text) == Array(plain.utf8))
        #expect(try Self.decode(text, by: 1) == Array(plain.utf8))
        #expect(try Base64Decoder.decode(text) == Array(plain.utf8))
        #expect(Array(plain.utf8).base64 == text)
        let bare = text.filter { $0 != "=" }
        #expect(try Self.decode(bare) == Array(plain.utf8))
    }

    @Test func everyCutGivesTheSame() throws {
        let plain = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        for options in [Data.Base64EncodingOptions(), .lineLength76Characters, [.lineLength64Characters]] {
            let text = Data(plain).base64EncodedString(options: options)
            for size in [1, 2, 3, 5, 7, 64, 77, 1000] { #expect(try Self.decode(text, by: size) == plain) }
            let urls = text.replacing("+", with: "-").replacing("/", with: "_").replacing("\r\n", with: "\n \t")
            #expect(try Self.decode(urls, by: 13) == plain)
        }
    }

    @Test(arguments: [
        ("Zm9v!", Base64Error.foreignCharacter(0x21, offset: 4)), ("Zm\u{0}9", .foreignCharacter(0, offset: 2)),
        ("Z", .truncated(offset: 1)), ("Zm9vZ", .truncated(offset: 5)), ("=", .badPadding(offset: 0)),
        ("Z===", .badPadding(offset: 1)), ("Zm9v=", .badPadding(offset: 4)), ("Zg=", .badPadding(offset: 3)),
        ("Zm8==", .badPadding(offset: 4)), ("Zg===", .badPadding(offset: 4)),
        ("Zg==Zg==", .textAfterPadding(offset: 4)), ("Zg=a", .textAfterPadding(offset: 3)),
    ])
    func refusesWhatWouldLoseBytes(text: String, error: Base64Error) {
        #expect(throws: error) { try Self.decode(text) }
        #expect(throws: error) { try Self.decode(text, by: 1) }
    }
}
