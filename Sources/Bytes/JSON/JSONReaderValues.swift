import Glibc

/// The kind of the next value.
package enum JSONKind: Sendable { case object, array, string, number, bool, null }

extension JSONReader {
    /// The kind of the next value, without reading the value.
    package mutating func peek() throws(JSONError) -> JSONKind {
        switch try nextByte() {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
        default: throw unexpected("a value")
        }
    }

    /// Reads the next value, which must be a string.
    package mutating func string() throws(JSONError) -> String {
        try withString { bytes in String(decoding: bytes, as: UTF8.self) }
    }

    /// Lends the UTF-8 of the next value, which must be a string, with escapes resolved. The bytes are valid only in the
    /// closure.
    package mutating func withString<Result>(_ body: (UnsafeRawBufferPointer) -> Result) throws(JSONError) -> Result {
        guard try nextByte() == UInt8(ascii: "\"") else { throw unexpected("a string") }
        let count = try keepString()
        let start = pin
        pin = -1
        return body(UnsafeRawBufferPointer(start: bytes + start, count: count))
    }

    /// Reads the next value, which must be a whole number that `Int` holds; `3.0` and `3e2` count as whole.
    package mutating func integer() throws(JSONError) -> Int {
        let start = offset
        let text = try numberText()
        if let value = Int(text) { return value }
        if let value = Double(text), let exact = Int(exactly: value), abs(value) <= 9_007_199_254_740_992 {
            return exact
        }
        throw .invalidNumber(text, offset: start)
    }

    /// Reads the next value, which must be a number that does not overflow.
    package mutating func double() throws(JSONError) -> Double {
        let start = offset
        let text = try numberText()
        guard let value = Double(text), value.isFinite else { throw .invalidNumber(text, offset: start) }
        return value
    }

    /// Reads the next value, which must be a number, in the spelling of the text.
    package mutating func numberText() throws(JSONError) -> String {
        let byte = try nextByte()
        guard byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
            throw unexpected("a number")
        }
        pin = position
        try scanNumber()
        let text = UnsafeRawBufferPointer(start: bytes + pin, count: position - pin)
        pin = -1
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads the next value, which must be `true` or `false`.
    package mutating func bool() throws(JSONError) -> Bool {
        switch try nextByte() {
        case UInt8(ascii: "t"):
            try scanWord("true")
            return true
        case UInt8(ascii: "f"):
            try scanWord("false")
            return false
        default: throw unexpected("true or false")
        }
    }

    /// Reads the next value, which must be `null`.
    package mutating func null() throws(JSONError) { try scanWord("null") }

    /// Reads past the next value of any kind. Skips a value: checks its grammar, but not whether keys repeat.
    package mutating func skipValue() throws(JSONError) {
        let floor = depth
        try skipScalarOrOpen()
        while depth > floor {
            if isInObject {
                guard try nextMember(until: UInt8(ascii: "}")) else { continue }
                guard try nextByte() == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
                try skipString()
                guard try nextByte() == UInt8(ascii: ":") else { throw unexpected("':' after a key") }
                position += 1
                try skipScalarOrOpen()
            } else if try nextMember(until: UInt8(ascii: "]")) {
                try skipScalarOrOpen()
            }
        }
    }

    private mutating func skipScalarOrOpen() throws(JSONError) {
        switch try peek() {
        case .object: try open(isObject: true)
        case .array: try open(isObject: false)
        case .string: try skipString()
        case .number: try scanNumber()
        case .bool: _ = try bool()
        case .null: try null()
        }
    }

    /// The text of the next value without the blanks between its tokens. Nil when it is longer than `limit` bytes;
    /// the value is then skipped.
    package mutating func rawValue(limit: Int) throws(JSONError) -> String? {
        _ = try nextByte()
        let start = offset
        pin = position
        rawLimit = max(limit, 1)
        defer {
            pin = -1
            rawLimit = 0
        }
        try skipValue()
        guard pin >= 0, offset - start <= limit else { return nil }
        return compact(UnsafeRawBufferPointer(start: bytes + pin, count: position - pin))
    }

    private func compact(_ text: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: text.count) { out in
            var count = 0
            var isInString = false
            var isEscaped = false
            for byte in text {
                if isInString {
                    if isEscaped {
                        isEscaped = false
                    } else if byte == UInt8(ascii: "\\") {
                        isEscaped = true
                    } else if byte == UInt8(ascii: "\"") {
                        isInString = false
                    }
                } else if byte <= 0x20 {
                    continue
                } else if byte == UInt8(ascii: "\"") {
                    isInString = true
                }
                out[count] = byte
                count += 1
            }
            return count
        }
    }
}
