// DESIGN. All formats copy text in the same way and differ only in the bytes that need care. So one generic loop serves
// all rules, and the compiler specialises it for each. Eight bytes are loaded, stored and checked together (after "Bit
// Twiddling Hacks", S. E. Anderson: subtraction finds a zero byte). Only a byte that needs care leaves this path. Room
// for the worst case is reserved for a stretch of input at a time, so the loop needs no other check. The input bytes
// should be UTF-8. Invalid bytes become U+FFFD, because a single one makes readers refuse a file.

/// A word with `byte` in each of its eight bytes.
@inline(__always)
func eight(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

/// The lowest set bit is the high bit of the first zero byte of `word`; without a zero byte, no bit is set.
@inline(__always)
func zeroBytes(_ word: UInt64) -> UInt64 { (word &- eight(0x01)) & ~word & eight(0x80) }

/// As `zeroBytes`, for bytes less than 32 and bytes that are not ASCII.
@inline(__always)
func controlOrWideBytes(_ word: UInt64) -> UInt64 { ((word &- eight(0x20)) | word) & eight(0x80) }

/// The rules of a format for text.
protocol EscapingRules {
    /// The lowest set bit of the result is the high bit of the first byte that needs care. Bytes below 32 and above 127
    /// always do.
    static func care(_ word: UInt64) -> UInt64

    /// Writes the ASCII byte at `index`, which needs care, to `end`: at most 8 bytes. Moves `end` after these bytes.
    static func write(
        _ byte: UInt8, at index: Int, of bytes: UnsafeRawBufferPointer, to end: inout UnsafeMutableRawPointer)

    /// True when `forbidden` replaces U+FFFE and U+FFFF, which are not characters of XML.
    static var isXML: Bool { get }

    /// True where people read the text itself: characters that turn its direction become U+FFFD.
    static var isForPeople: Bool { get }

    /// The replacement for a character that the format cannot express: at most 8 bytes. `last` is the last byte of
    /// its UTF-8.
    static func writeForbidden(_ last: UInt8, to end: inout UnsafeMutableRawPointer)
}

extension EscapingRules {
    static var isForPeople: Bool { false }

    static func writeForbidden(_: UInt8, to end: inout UnsafeMutableRawPointer) { end.put(replacement: ()) }
}

extension UnsafeMutableRawPointer {
    /// Writes a byte and moves on.
    @inline(__always)
    mutating func put(_ byte: UInt8) {
        storeBytes(of: byte, as: UInt8.self)
        self += 1
    }

    /// Writes the bytes of a short text and moves `end`.
    @inline(__always)
    mutating func put(_ text: StaticString) {
        copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        self += text.utf8CodeUnitCount
    }

    /// Writes U+FFFD and moves on.
    @inline(__always)
    mutating func put(replacement: Void) {
        put(0xef)
        put(0xbf)
        put(0xbd)
    }

    /// Writes the two hexadecimal digits of a byte and moves `end`.
    @inline(__always)
    mutating func put(hexadecimal byte: UInt8, letters: UInt8) {
        put(digit: byte >> 4, letters: letters)
        put(digit: byte & 15, letters: letters)
    }

    @inline(__always)
    private mutating func put(digit: UInt8, letters: UInt8) {
        put(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + letters)
    }
}

/// The length of the well-formed UTF-8 sequence at `index` (1 to 4; The Unicode Standard 15, table 3-7); 0 for an
/// invalid one.
@inline(__always)
func utf8Length(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
    let left = bytes.count - index
    func isIn(_ range: ClosedRange<UInt8>, _ offset: Int) -> Bool {
        offset < left && range.contains(bytes[index + offset])
    }
    switch bytes[index] {
    case 0..<0x80: return 1
    case 0xc2...0xdf: return isIn(0x80...0xbf, 1) ? 2 : 0
    case 0xe0: return isIn(0xa0...0xbf, 1) && isIn(0x80...0xbf, 2) ? 3 : 0
    case 0xed: return isIn(0x80...0x9f, 1) && isIn(0x80...0xbf, 2) ? 3 : 0
    case 0xe1...0xef: return isIn(0x80...0xbf, 1) && isIn(0x80...0xbf, 2) ? 3 : 0
    case 0xf0: return isIn(0x90...0xbf, 1) && isIn(0x80...0xbf, 2) && isIn(0x80...0xbf, 3) ? 4 : 0
    case 0xf1...0xf3: return isIn(0x80...0xbf, 1) && isIn(0x80...0xbf, 2) && isIn(0x80...0xbf, 3) ? 4 : 0
    case 0xf4: return isIn(0x80...0x8f, 1) && isIn(0x80...0xbf, 2) && isIn(0x80...0xbf, 3) ? 4 : 0
    default: return 0
    }
}

extension ByteSink {
    /// Appends `bytes` by the rules of a format. Invalid UTF-8 is replaced.
    @inline(__always)
    mutating func append<Rules: EscapingRules>(_ bytes: UnsafeRawBufferPointer, by rules: Rules.Type) {
        guard let base = bytes.baseAddress else { return }
        let count = bytes.count
        var index = 0
        while index < count {
            let stop = Swift.min(count, index + 4096)
            // Each byte may become 8; a sequence or a stored word may extend beyond the stop.
            reserve((stop - index) * 8 + 32)
            var end = self.end
            stretch: while true {
                while index &+ 8 <= stop {
                    let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                    end.storeBytes(of: word.littleEndian, as: UInt64.self)
                    let care = Rules.care(word)
                    guard care == 0 else {
                        let harmless = care.trailingZeroBitCount >> 3
                        index &+= harmless
                        end += harmless
                        Self.careful(bytes, &index, &end, by: rules)
                        continue stretch
                    }
                    index &+= 8
                    end += 8
                }
                guard index < stop else { break }
                let byte = base.load(fromByteOffset: index, as: UInt8.self)
                if Rules.care(UInt64(byte) | eight(0x61) << 8) == 0 {
                    end.put(byte)
                    index &+= 1
                } else {
                    Self.careful(bytes, &index, &end, by: rules)
                }
            }
            advance(to: end)
        }
    }

    /// Writes the character at `index`, which needs care, and the following ones up to the next ASCII character.
    @inline(__always)
    private static func careful<Rules: EscapingRules>(
        _ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ end: inout UnsafeMutableRawPointer, by: Rules.Type
    ) {
        let byte = bytes[index]
        if byte < 0x80 {
            Rules.write(byte, at: index, of: bytes, to: &end)
            index &+= 1
        } else {
            wide(bytes, &index, &end, by: Rules.self)
        }
    }

    private static func wide<Rules: EscapingRules>(
        _ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ end: inout UnsafeMutableRawPointer, by: Rules.Type
    ) {
        let length = utf8Length(bytes, at: index)
        if length == 0 {
            end.put(replacement: ())
            index &+= 1
        } else if Rules.isXML, length == 3, isNoncharacter(bytes, index) {
            Rules.writeForbidden(bytes[index + 2], to: &end)
            index &+= 3
        } else if Rules.isForPeople, length == 3, Deception.turnsText(bytes, index) {
            end.put(replacement: ())
            index &+= 3
        } else {
            for offset in 0..<length { end.put(bytes[index &+ offset]) }
            index &+= length
        }
    }

    /// Whether the three bytes at `index` are U+FFFE or U+FFFF.
    @inline(__always)
    static func isNoncharacter(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        bytes[index] == 0xef && bytes[index + 1] == 0xbf && bytes[index + 2] >= 0xbe
    }
}
