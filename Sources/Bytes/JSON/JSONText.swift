/// JSON strings (RFC 8259 §7).
private enum JSONRules: EscapingRules {
    static var isXML: Bool { false }

    @inline(__always)
    static func care(_ word: UInt64) -> UInt64 {
        controlOrWideBytes(word) | zeroBytes(word ^ eight(UInt8(ascii: "\"")))
            | zeroBytes(word ^ eight(UInt8(ascii: "\\")))
    }

    static func write(
        _ byte: UInt8, at index: Int, of bytes: UnsafeRawBufferPointer, to end: inout UnsafeMutableRawPointer
    ) {
        end.put(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): end.put(byte)
        case 10: end.put(UInt8(ascii: "n"))
        case 13: end.put(UInt8(ascii: "r"))
        case 9: end.put(UInt8(ascii: "t"))
        default:
            end.put("u00")
            end.put(hexadecimal: byte, letters: UInt8(ascii: "a"))
        }
    }
}

/// JSON strings for clients that search the text for the word `errorCode`, which these rules break.
private enum AnswerRules: EscapingRules {
    static var isXML: Bool { false }

    @inline(__always)
    static func care(_ word: UInt64) -> UInt64 { JSONRules.care(word) | zeroBytes(word ^ eight(UInt8(ascii: "C"))) }

    static func write(
        _ byte: UInt8, at index: Int, of bytes: UnsafeRawBufferPointer, to end: inout UnsafeMutableRawPointer
    ) {
        guard byte == UInt8(ascii: "C") else { return JSONRules.write(byte, at: index, of: bytes, to: &end) }
        let word = "errorCode".utf8
        if index >= 5, index + 4 <= bytes.count, bytes[(index - 5)..<(index + 4)].elementsEqual(word) {
            end.put("\\u0043")
        } else {
            end.put(byte)
        }
    }
}

extension ByteSink {
    /// Appends a JSON string with its quotation marks; broken UTF-8 becomes U+FFFD.
    package mutating func append(jsonString bytes: UnsafeRawBufferPointer) {
        append(UInt8(ascii: "\""))
        append(bytes, by: JSONRules.self)
        append(UInt8(ascii: "\""))
    }

    /// Appends a part of a JSON string; the caller writes the quotation marks.
    package mutating func append(jsonPart bytes: UnsafeRawBufferPointer) { append(bytes, by: JSONRules.self) }

    /// Appends a JSON string with its quotation marks.
    package mutating func append(jsonString text: String) {
        var text = text
        text.withUTF8 { append(jsonString: UnsafeRawBufferPointer($0)) }
    }

    /// Appends a JSON string with its quotation marks; broken UTF-8 becomes U+FFFD.
    package mutating func append(jsonString bytes: Span<UInt8>) {
        bytes.withUnsafeBytes { append(jsonString: $0) }
    }

    /// Appends a JSON string in which an escape replaces the C of the word `errorCode`: clients of Mend search direct
    /// answers for this word as text.
    package mutating func append(answerString bytes: UnsafeRawBufferPointer) {
        append(UInt8(ascii: "\""))
        append(bytes, by: AnswerRules.self)
        append(UInt8(ascii: "\""))
    }

    /// Appends an answer string; see `append(answerString:)` for bytes.
    package mutating func append(answerString text: String) {
        var text = text
        text.withUTF8 { append(answerString: UnsafeRawBufferPointer($0)) }
    }

    /// Appends a number in the fewest digits that read back as the same number; a whole number as `7.0`. Values that
    /// JSON lacks (NaN, infinity) become `null`.
    package mutating func append(jsonNumber number: Double) {
        append(raw: number.isFinite ? "\(number)" : "null")
    }

    /// Appends `true` or `false`.
    package mutating func append(jsonBoolean value: Bool) { append(value ? "true" : "false") }

    /// Appends `"yyyy-MM-dd HH:mm:ss"` in UTC with its quotation marks.
    package mutating func append(jsonTime milliseconds: Int64) {
        append(UInt8(ascii: "\""))
        append(time: milliseconds)
        append(UInt8(ascii: "\""))
    }

    /// Appends a whole number in decimal digits.
    package mutating func append(decimal number: Int64) {
        reserve(21)
        var end = self.end
        if number < 0 { end.put(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var width = 1
        var bound: UInt64 = 10
        while width < 20, rest >= bound {
            width += 1
            // 10^20 does not fit the bound, and no number reaches it.
            bound = width < 20 ? bound &* 10 : .max
        }
        var place = end + width
        repeat {
            place -= 1
            let quotient = rest / 10
            place.storeBytes(of: UInt8(truncatingIfNeeded: 48 &+ rest &- quotient &* 10), as: UInt8.self)
            rest = quotient
        } while place > end
        advance(to: end + width)
    }
}
