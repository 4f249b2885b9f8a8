/// The inside of a quoted CSV field.
private enum CSVRules: EscapingRules {
    static var isXML: Bool { false }

    @inline(__always)
    static func care(_ word: UInt64) -> UInt64 {
        controlOrWideBytes(word) | zeroBytes(word ^ eight(UInt8(ascii: "\"")))
    }

    static func write(
        _ byte: UInt8, at index: Int, of bytes: UnsafeRawBufferPointer, to end: inout UnsafeMutableRawPointer
    ) {
        switch byte {
        case UInt8(ascii: "\""): end.put("\"\"")
        // Readers take NUL for the end of the text.
        case 0: end.put(replacement: ())
        default: end.put(byte)
        }
    }
}

extension ByteSink {
    /// Appends a field (RFC 4180), quoted where needed. A text that a spreadsheet would take for a formula gets an
    /// apostrophe in front; do not pass numbers here, for a minus is such a beginning.
    package mutating func append(csvField bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        let isQuoted = Self.needsQuotes(bytes)
        if isQuoted { append(UInt8(ascii: "\"")) }
        switch first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 9, 10, 13:
            append(UInt8(ascii: "'"))
        default: break
        }
        append(bytes, by: CSVRules.self)
        if isQuoted { append(UInt8(ascii: "\"")) }
    }

    /// Appends a field, as `append(csvField:)` of bytes.
    package mutating func append(csvField text: String) {
        var text = text
        text.withUTF8 { append(csvField: UnsafeRawBufferPointer($0)) }
    }

    private static func needsQuotes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        func care(_ word: UInt64) -> UInt64 {
            zeroBytes(word ^ eight(UInt8(ascii: "\""))) | zeroBytes(word ^ eight(UInt8(ascii: ",")))
                | zeroBytes(word ^ eight(10)) | zeroBytes(word ^ eight(13))
        }
        var index = 0
        while index + 8 <= bytes.count {
            if care(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) != 0 { return true }
            index += 8
        }
        while index < bytes.count {
            if care(UInt64(bytes[index]) | eight(0x61) << 8) != 0 { return true }
            index += 1
        }
        return false
    }
}
