// DESIGN. Base64 text often comes from shells, so every unambiguous form is accepted: both alphabets of RFC 4648 (§4
// and §5), blanks and line breaks anywhere, with or without padding. A text that would silently lose bytes is refused:
// with a foreign character, text after the padding, or a length that no number of bytes has. One table decodes four
// characters at a time; only a group with any other character is decoded character by character.

/// Decodes base64 in pieces, which may be cut anywhere.
package struct Base64Decoder: Sendable {
    private static let blank: UInt8 = 0x40
    private static let padding: UInt8 = 0x41
    private static let foreign: UInt8 = 0x80

    /// The value of each byte: 0 to 63, or one of the constants above.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: foreign, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        for byte in " \t\r\n".utf8 { values[Int(byte)] = blank }
        values[Int(UInt8(ascii: "="))] = padding
        return values
    }()

    /// The bits of the current group, and the number of its characters so far.
    private var bits: UInt32 = 0
    private var held = 0
    private var paddings = 0
    /// The number of bytes of text read so far.
    private var offset = 0

    package init() {}

    /// The most bytes that a text of this length can decode to, whatever text came before.
    package static func room(for count: Int) -> Int { count / 4 * 3 + 3 }

    /// Whether base64 text may contain a byte: a character of an alphabet, padding, a blank or a line break.
    package static func takes(_ byte: UInt8) -> Bool { values[Int(byte)] != foreign }

    /// Decodes a piece of text and returns the number of decoded bytes.
    ///
    /// - Parameter output: room for at least `room(for: input.count)` bytes.
    package mutating func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(Base64Error) -> Int {
        precondition(output.count >= Self.room(for: input.count), "no room for what the text comes to")
        var index = 0
        var written = 0
        let table = Self.values
        while index < input.count {
            if held == 0, paddings == 0 {
                (index, written) = Self.groups(of: input, from: index, into: output, at: written, by: table)
                guard index < input.count else { break }
            }
            let byte = input[index]
            let value = table[Int(byte)]
            switch value {
            case Self.blank: break
            case Self.padding:
                paddings += 1
                // A group has at least two characters, and padding completes it to four (RFC 4648 §4).
                guard held >= 2, held + paddings <= 4 else { throw .badPadding(offset: offset + index) }
            case Self.foreign: throw .foreignCharacter(byte, offset: offset + index)
            default:
                guard paddings == 0 else { throw .textAfterPadding(offset: offset + index) }
                bits = bits << 6 | UInt32(value)
                held += 1
                if held == 4 {
                    Self.put(bits, into: output, at: written)
                    written += 3
                    (bits, held) = (0, 0)
                }
            }
            index += 1
        }
        offset += input.count
        return written
    }

    /// The bytes of a whole text.
    package static func decode(_ text: String) throws(Base64Error) -> [UInt8] {
        var decoder = Base64Decoder()
        let input = Array(text.utf8)
        var output = [UInt8](repeating: 0, count: room(for: input.count))
        let result: Result<Int, Base64Error> = input.withUnsafeBytes { input in
            output.withUnsafeMutableBytes { output in
                do throws(Base64Error) {
                    return .success(try decoder.decode(input, into: output))
                } catch {
                    return .failure(error)
                }
            }
        }
        output.removeLast(output.count - (try result.get()))
        return output + (try decoder.finish())
    }

    /// Ends the text and returns the remaining bytes, at most two.
    package mutating func finish() throws(Base64Error) -> [UInt8] {
        guard paddings == 0 || held + paddings == 4 else { throw .badPadding(offset: offset) }
        switch held {
        case 0: return []
        // Bits beyond the last byte are ignored, as RFC 4648 §3.5 allows.
        case 2: return [UInt8(truncatingIfNeeded: bits >> 4)]
        case 3: return [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
        default: throw .truncated(offset: offset)
        }
    }

    /// Decodes whole groups of plain characters, up to the first group with another one.
    private static func groups(
        of input: UnsafeRawBufferPointer, from start: Int, into output: UnsafeMutableRawBufferPointer, at place: Int,
        by table: [UInt8]
    ) -> (index: Int, written: Int) {
        var (index, written) = (start, place)
        table.withUnsafeBufferPointer { table in
            while index + 4 <= input.count {
                let a = table[Int(input[index])]
                let b = table[Int(input[index + 1])]
                let c = table[Int(input[index + 2])]
                let d = table[Int(input[index + 3])]
                guard (a | b | c | d) < blank else { return }
                put(UInt32(a) << 18 | UInt32(b) << 12 | UInt32(c) << 6 | UInt32(d), into: output, at: written)
                index += 4
                written += 3
            }
        }
        return (index, written)
    }

    private static func put(_ bits: UInt32, into output: UnsafeMutableRawBufferPointer, at place: Int) {
        output[place] = UInt8(truncatingIfNeeded: bits >> 16)
        output[place + 1] = UInt8(truncatingIfNeeded: bits >> 8)
        output[place + 2] = UInt8(truncatingIfNeeded: bits)
    }
}

/// The reason why a text is not valid base64. Offsets count bytes of the text.
package enum Base64Error: Error, Equatable, CustomStringConvertible {
    case foreignCharacter(UInt8, offset: Int)
    case badPadding(offset: Int)
    case textAfterPadding(offset: Int)
    /// One character is left, which is less than a byte.
    case truncated(offset: Int)

    package var description: String {
        switch self {
        case .foreignCharacter(let byte, let offset):
            "the byte 0x\(String(byte, radix: 16)) at \(offset) is no character of base64"
        case .badPadding(let offset): "the padding (=) at byte \(offset) does not fill up four characters"
        case .textAfterPadding(let offset): "text follows behind the padding (=), at byte \(offset)"
        case .truncated(let offset): "the text ends at byte \(offset) in the middle of a byte"
        }
    }
}

extension Collection<UInt8> {
    /// The bytes as base64 with padding (RFC 4648 §4).
    package var base64: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((count + 2) / 3 * 4)
        var rest = self[...]
        while !rest.isEmpty {
            let group = Array(rest.prefix(3))
            rest = rest.dropFirst(3)
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let digit = Int(bits >> UInt32(18 - 6 * place) & 63)
                text.append(place <= group.count ? alphabet[digit] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
