import Glibc

// The scans of the tokens. `position` is the only cursor, because a refill moves everything in the window.

extension JSONReader {
    /// Reads a string; its opening quote is the next byte. The content, with escapes resolved, is then in the window from
    /// `pin` on. Returns its number of bytes.
    mutating func keepString() throws(JSONError) -> Int { try scanString(keeping: true) }

    /// Skips a string; its opening quote is the next byte.
    mutating func skipString() throws(JSONError) { _ = try scanString(keeping: false) }

    /// One scan serves both; a skipped string is not counted.
    @inline(__always)
    private mutating func scanString(keeping: Bool) throws(JSONError) -> Int {
        position += 1
        let start = offset
        if keeping { pin = position }
        // Up to the first escape, content and text are equal. After it, the content is moved down to `written`.
        var written = -1
        while true {
            let run = position
            position = endOfPlainRun(from: run)
            if written >= 0, position > run {
                memmove(bytes + pin + written, bytes + run, position - run)
                written += position - run
            }
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                guard offset - start <= Self.tokenLimit else { throw .tooLong(limit: Self.tokenLimit, offset: start) }
                let count = written >= 0 ? written : position - pin
                position += 1
                return count
            case UInt8(ascii: "\\"):
                if keeping, written < 0 { written = position - pin }
                let scalar = try scanEscape()
                if keeping { written += put(scalar, at: pin + written) }
            case 0x80...:
                let length = try scanUTF8()
                if written >= 0 {
                    memmove(bytes + pin + written, bytes + position - length, length)
                    written += length
                }
            default:
                guard position >= end else { throw .controlCharacter(byte, offset: offset) }
                guard offset - start <= Self.tokenLimit else { throw .tooLong(limit: Self.tokenLimit, offset: start) }
                guard try refill() else { throw .truncated(offset: offset) }
            }
        }
    }

    /// The first position from `start` on with a quote, a backslash, a control character or a byte above 0x7F.
    @inline(__always)
    private func endOfPlainRun(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var index = start
        let raw = UnsafeRawPointer(bytes)
        // Eight bytes at a time. Each test sets the high bit of a byte that matches. Borrows only affect bytes above
        // the first match, so the lowest set bit is right. The padding consists of zeros, which match.
        while true {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let slashes = word ^ (ones &* 0x5C)
            let hits =
                ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes) | ((word &- (ones &* 0x20)) & ~word)
                | word
            if hits & highs != 0 { return index + (hits & highs).trailingZeroBitCount >> 3 }
            index += 8
        }
    }

    /// Makes sure that `count` bytes from the position on are in the window.
    private mutating func need(_ count: Int) throws(JSONError) {
        while end - position < count {
            let before = end - position
            guard try fillBehind(), end - position > before else { throw .truncated(offset: base + end) }
        }
    }

    /// A refill that must add bytes although the position is not at the end.
    private mutating func fillBehind() throws(JSONError) -> Bool {
        let isPinned = pin >= 0
        if !isPinned { pin = position }
        defer { if !isPinned { pin = -1 } }
        let before = base + end
        _ = try refill()
        return base + end > before
    }

    /// Reads the escape at the position and returns its character (RFC 8259 §7).
    private mutating func scanEscape() throws(JSONError) -> Unicode.Scalar {
        try need(2)
        let letter = bytes[position + 1]
        let simple: Unicode.Scalar
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): simple = Unicode.Scalar(letter)
        case UInt8(ascii: "b"): simple = "\u{8}"
        case UInt8(ascii: "f"): simple = "\u{C}"
        case UInt8(ascii: "n"): simple = "\n"
        case UInt8(ascii: "r"): simple = "\r"
        case UInt8(ascii: "t"): simple = "\t"
        case UInt8(ascii: "u"): return try scanUnicodeEscape()
        default: throw .invalidEscape("'\\' and byte 0x\(String(letter, radix: 16))", offset: offset)
        }
        position += 2
        return simple
    }

    /// `\u0000` reads as U+FFFD, because no database stores NUL in a text, and C ends a text at NUL.
    private mutating func scanUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = offset
        let high = try scanHexUnit()
        if high == 0 { return "\u{FFFD}" }
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00 else { throw .invalidEscape("half a surrogate pair", offset: start) }
        try need(1)
        guard bytes[position] == UInt8(ascii: "\\") else {
            throw .invalidEscape("half a surrogate pair", offset: start)
        }
        try need(2)
        guard bytes[position + 1] == UInt8(ascii: "u") else {
            throw .invalidEscape("half a surrogate pair", offset: start)
        }
        let low = try scanHexUnit()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        else { throw .invalidEscape("half a surrogate pair", offset: start) }
        return scalar
    }

    private mutating func scanHexUnit() throws(JSONError) -> UInt32 {
        try need(6)
        var unit: UInt32 = 0
        for index in 2..<6 {
            let byte = bytes[position + index]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw .invalidEscape("'\\u' without four hexadecimal digits", offset: offset)
            }
            unit = unit << 4 | UInt32(digit)
        }
        position += 6
        return unit
    }

    /// Writes the UTF-8 of a scalar into the window and returns its length; its escape was longer.
    private func put(_ scalar: Unicode.Scalar, at index: Int) -> Int {
        let value = scalar.value
        switch value {
        case 0..<0x80:
            bytes[index] = UInt8(value)
            return 1
        case 0x80..<0x800:
            bytes[index] = 0xC0 | UInt8(value >> 6)
            bytes[index + 1] = 0x80 | UInt8(value & 0x3F)
            return 2
        case 0x800..<0x10000:
            bytes[index] = 0xE0 | UInt8(value >> 12)
            bytes[index + 1] = 0x80 | UInt8(value >> 6 & 0x3F)
            bytes[index + 2] = 0x80 | UInt8(value & 0x3F)
            return 3
        default:
            bytes[index] = 0xF0 | UInt8(value >> 18)
            bytes[index + 1] = 0x80 | UInt8(value >> 12 & 0x3F)
            bytes[index + 2] = 0x80 | UInt8(value >> 6 & 0x3F)
            bytes[index + 3] = 0x80 | UInt8(value & 0x3F)
            return 4
        }
    }

    /// Skips one UTF-8 sequence of two to four bytes and returns its length (Unicode 15, table 3-7).
    private mutating func scanUTF8() throws(JSONError) -> Int {
        let lead = bytes[position]
        let second: ClosedRange<UInt8>
        let length: Int
        switch lead {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw .invalidUTF8(offset: offset)
        }
        try need(length)
        guard second.contains(bytes[position + 1]) else { throw .invalidUTF8(offset: offset) }
        for index in 2..<max(length, 2) where bytes[position + index] & 0xC0 != 0x80 {
            throw .invalidUTF8(offset: offset)
        }
        position += length
        return length
    }

    /// Skips the number at the position (RFC 8259 §6).
    mutating func scanNumber() throws(JSONError) {
        let start = offset
        if try byteHere() == UInt8(ascii: "-") { position += 1 }
        if try byteHere() == UInt8(ascii: "0") {
            position += 1
        } else {
            try scanDigits(since: start)
        }
        if try byteHere() == UInt8(ascii: ".") {
            position += 1
            try scanDigits(since: start)
        }
        if try byteHere() | 0x20 == UInt8(ascii: "e") {
            position += 1
            let sign = try byteHere()
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try scanDigits(since: start)
        }
        switch try byteHere() {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"):
            throw unexpected("the end of a number")
        default: break
        }
    }

    private mutating func scanDigits(since start: Int) throws(JSONError) {
        var count = 0
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(try byteHere()) {
            position += 1
            count += 1
            guard offset - start <= Self.numberLimit else { throw .tooLong(limit: Self.numberLimit, offset: start) }
        }
        if count == 0 { throw unexpected("a digit") }
    }

    /// The byte at the position, or 0 at the end of the text.
    private mutating func byteHere() throws(JSONError) -> UInt8 {
        if position >= end, try !refill() { return 0 }
        return bytes[position]
    }

    /// Skips one of the three words of JSON.
    mutating func scanWord(_ word: StaticString) throws(JSONError) {
        guard try nextByte() == word.utf8Start[0] else { throw unexpected(word) }
        for index in 0..<word.utf8CodeUnitCount {
            let byte = try byteHere()
            if position >= end { throw .truncated(offset: offset) }
            guard byte == word.utf8Start[index] else { throw unexpected(word) }
            position += 1
        }
    }
}
