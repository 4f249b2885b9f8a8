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
        // Some readers end a text at NUL.
        case 0: end.put(replacement: ())
        default: end.put(byte)
        }
    }
}

extension ByteSink {
    /// Appends a field (RFC 4180), quoted where needed. A text that a spreadsheet would take for a formula gets a
    /// leading apostrophe. Do not pass numbers, because a minus counts as such a beginning.
    package mutating func append(csvField bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        let isQuoted = Self.needsQuotes(bytes)
        if isQuoted { append(UInt8(ascii: "\"")) }
        // Most texts begin with a letter.
        if !(0x41..<0x80).contains(first), Self.mayBeFormula(bytes) { append(UInt8(ascii: "'")) }
        append(bytes, by: CSVRules.self)
        if isQuoted { append(UInt8(ascii: "\"")) }
    }

    /// Appends a field; see `append(csvField:)` for bytes.
    package mutating func append(csvField text: String) {
        var text = text
        text.withUTF8 { append(csvField: UnsafeRawBufferPointer($0)) }
    }

    /// Whether a spreadsheet may take a field for a formula, because it begins with `=`, `+`, `-` or `@` (OWASP, CSV
    /// Injection). The full-width forms of these signs count, and so does a sign behind blanks, because some spreadsheets drop
    /// the blanks.
    private static func mayBeFormula(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        while true {
            if rest.first == 0x20 {
                rest = rest.dropFirst()
            } else if rest.starts(with: [0xC2, 0xA0]) {
                rest = rest.dropFirst(2)
            } else if rest.starts(with: [0xEF, 0xBB, 0xBF]) {
                rest = rest.dropFirst(3)
            } else {
                break
            }
        }
        switch rest.first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 9, 10, 13: return true
        case 0xEF:
            // U+FF1D, U+FF0B, U+FF0D and U+FF20.
            let last = rest.dropFirst(2).first
            return rest.dropFirst().first == 0xBC && [0x9D, 0x8B, 0x8D, 0xA0].contains(last)
        default: return false
        }
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
