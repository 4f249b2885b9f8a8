// DESIGN. XML 1.0 cannot express most control characters, U+FFFE and U+FFFF (§2.2). They become U+FFFD in documents. In
// sheets they become `_xHHHH_`, an escape that sheet strings support (ECMA-376 Part 1 §22.9.2.19, ST_Xstring). Where a
// text only looks like such an escape, its underscore is escaped. Otherwise readers would take it for the character that
// it names.

/// Escaping for the text of elements, and for attributes in double quotes whose only white space is blanks.
private enum XMLRules: EscapingRules {
    static var isXML: Bool { true }

    @inline(__always)
    static func care(_ word: UInt64) -> UInt64 {
        // `<` and `>` differ in one bit, `"` and `&` in another.
        controlOrWideBytes(word) | zeroBytes((word | eight(0x02)) ^ eight(UInt8(ascii: ">")))
            | zeroBytes((word | eight(0x04)) ^ eight(UInt8(ascii: "&")))
    }

    static func write(
        _ byte: UInt8, at index: Int, of bytes: UnsafeRawBufferPointer, to end: inout UnsafeMutableRawPointer
    ) {
        switch byte {
        case UInt8(ascii: "<"): end.put("&lt;")
        case UInt8(ascii: ">"): end.put("&gt;")
        case UInt8(ascii: "&"): end.put("&amp;")
        case UInt8(ascii: "\""): end.put("&quot;")
        // §2.11: readers turn a bare CR into LF.
        case 13: end.put("&#13;")
        case 9, 10: end.put(byte)
        default: end.put(replacement: ())
        }
    }
}

/// The value of an attribute in double quotes.
private enum XMLAttributeRules: EscapingRules {
    static var isXML: Bool { true }

    @inline(__always)
    static func care(_ word: UInt64) -> UInt64 { XMLRules.care(word) }

    static func write(
        _ byte: UInt8, at index: Int, of bytes: UnsafeRawBufferPointer, to end: inout UnsafeMutableRawPointer
    ) {
        switch byte {
        // §3.3.3: readers turn bare ones into blanks.
        case 9: end.put("&#9;")
        case 10: end.put("&#10;")
        default: XMLRules.write(byte, at: index, of: bytes, to: &end)
        }
    }
}

/// Escaping rules for an HTML page: element text and double-quoted attribute values.
private enum PageRules: EscapingRules {
    static var isXML: Bool { true }
    static var isForPeople: Bool { true }

    @inline(__always)
    static func care(_ word: UInt64) -> UInt64 { XMLRules.care(word) }

    static func write(
        _ byte: UInt8, at index: Int, of bytes: UnsafeRawBufferPointer, to end: inout UnsafeMutableRawPointer
    ) {
        XMLAttributeRules.write(byte, at: index, of: bytes, to: &end)
    }
}

/// The text of a cell of a sheet.
private enum SheetRules: EscapingRules {
    static var isXML: Bool { true }
    static var isForPeople: Bool { true }

    @inline(__always)
    static func care(_ word: UInt64) -> UInt64 { XMLRules.care(word) | zeroBytes(word ^ eight(UInt8(ascii: "_"))) }

    static func write(
        _ byte: UInt8, at index: Int, of bytes: UnsafeRawBufferPointer, to end: inout UnsafeMutableRawPointer
    ) {
        switch byte {
        case UInt8(ascii: "_"): end.put(isEscape(bytes, at: index) ? "_x005F_" : "_")
        case 9, 10: end.put(byte)
        case 0..<32:
            end.put("_x00")
            end.put(hexadecimal: byte, letters: UInt8(ascii: "A"))
            end.put(UInt8(ascii: "_"))
        default: XMLRules.write(byte, at: index, of: bytes, to: &end)
        }
    }

    static func writeForbidden(_ last: UInt8, to end: inout UnsafeMutableRawPointer) {
        end.put(last == 0xbe ? "_xFFFE_" : "_xFFFF_")
    }

    /// Whether a reader would take the underscore at `index` for the beginning of an escape: `_xHHHH` followed by an
    /// underscore, either in the text or from an escape that this writer adds.
    private static func isEscape(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard index + 6 < bytes.count, bytes[index + 1] == UInt8(ascii: "x") else { return false }
        for digit in bytes[(index + 2)..<(index + 6)] {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                continue
            default: return false
            }
        }
        switch bytes[index + 6] {
        case UInt8(ascii: "_"): return true
        case 9, 10: return false
        case 0..<32: return true
        case 0xef: return utf8Length(bytes, at: index + 6) == 3 && ByteSink.isNoncharacter(bytes, index + 6)
        default: return false
        }
    }
}

extension ByteSink {
    /// Appends text for the inside of an element. The result is also safe in an attribute in double quotes, but tabs and
    /// line ends become blanks there: see `append(xmlAttribute:)`.
    package mutating func append(xmlText bytes: UnsafeRawBufferPointer) { append(bytes, by: XMLRules.self) }

    /// Appends text for the inside of an element.
    package mutating func append(xmlText text: String) {
        var text = text
        text.withUTF8 { append(xmlText: UnsafeRawBufferPointer($0)) }
    }

    /// Appends text for an attribute in double quotes; it reads back the same.
    package mutating func append(xmlAttribute bytes: UnsafeRawBufferPointer) {
        append(bytes, by: XMLAttributeRules.self)
    }

    /// Appends text for an attribute in double quotes; readers get the same text back.
    package mutating func append(xmlAttribute text: String) {
        var text = text
        text.withUTF8 { append(xmlAttribute: UnsafeRawBufferPointer($0)) }
    }

    /// Appends text of a page for people, for the inside of an element or of an attribute in double quotes.
    package mutating func append(pageText text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0), by: PageRules.self) }
    }

    /// The most characters (UTF-16 units) of a cell in a sheet.
    package static let sheetTextLimit = 32_767

    /// Appends text for a cell of a sheet, cut to the limit of a cell; true when text was cut.
    package mutating func append(sheetText bytes: UnsafeRawBufferPointer) -> Bool {
        // UTF-8 has at least as many bytes as UTF-16 has units.
        let kept = bytes.count <= Self.sheetTextLimit ? bytes.count : Self.prefix(bytes, units: Self.sheetTextLimit)
        append(UnsafeRawBufferPointer(rebasing: bytes[..<kept]), by: SheetRules.self)
        return kept < bytes.count
    }

    /// The length in bytes of the longest beginning with at most `units` UTF-16 units and only whole characters.
    private static func prefix(_ bytes: UnsafeRawBufferPointer, units: Int) -> Int {
        var left = units
        var index = 0
        while index < bytes.count {
            let length = max(1, utf8Length(bytes, at: index))
            left -= length == 4 ? 2 : 1
            if left < 0 { break }
            index += length
        }
        return index
    }
}
