// DESIGN. Strangers write documents, and people read reports. Two kinds of text deceive a reader or the reader's browser. One
// is characters that turn the direction of the following text (Unicode Standard Annex 9 §2; "Trojan Source", CVE-2021-42574),
// so that a name reads as another. The other is addresses that are programs. Formats for people (pages, PDF, sheets, mail, a
// terminal) neutralize both with this type. Formats for programs (JSON, XML, CSV, SBOMs) keep the document's text.

/// Characters and addresses that deceive readers of other people's texts.
package enum Deception {
    /// Schemes of addresses that a browser or desktop runs as code, or opens from the reader's own machine.
    private static let schemes: Set<String> = [
        "javascript", "vbscript", "livescript", "data", "file", "blob", "filesystem", "jar", "mhtml", "view-source",
        "ms-its", "mk", "res", "search-ms",
    ]

    /// Whether a character turns the direction of the text after it: embeddings and overrides (U+202A to U+202E), isolates
    /// (U+2066 to U+2069).
    package static func turnsText(_ value: UInt32) -> Bool {
        (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
    }

    /// As `turnsText`, for the three bytes of UTF-8 at `index`.
    @inline(__always)
    static func turnsText(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        guard bytes[index] == 0xE2 else { return false }
        return bytes[index + 1] == 0x80 && (0xAA...0xAE).contains(bytes[index + 2])
            || bytes[index + 1] == 0x81 && (0xA6...0xA9).contains(bytes[index + 2])
    }

    /// The text with U+FFFD in place of each character that turns its direction.
    package static func readable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { turnsText($0.value) }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { turnsText($0.value) ? "\u{FFFD}" : $0 }))
    }

    /// The text for a terminal: as `readable`, and with U+FFFD for control characters other than tabs and line ends. A terminal
    /// obeys control characters (ECMA-48 §5): some set its title, or the text that the next paste writes.
    package static func forTerminal(_ text: String) -> String {
        func deceives(_ value: UInt32) -> Bool {
            value < 0x20 && value != 0x09 && value != 0x0A || (0x7F...0x9F).contains(value) || turnsText(value)
        }
        guard text.unicodeScalars.contains(where: { deceives($0.value) }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { deceives($0.value) ? "\u{FFFD}" : $0 }))
    }

    /// The bytes `http://` or `https://` at the front of an address, regardless of case; nil for an address that must not
    /// be a link.
    package static func webScheme(_ address: UnsafeRawBufferPointer) -> Int? {
        for scheme in ["http://", "https://"] where address.count > scheme.utf8.count {
            if zip(address, scheme.utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) { return scheme.utf8.count }
        }
        return nil
    }

    /// Whether a page may link to an address.
    package static func isWeb(_ address: String) -> Bool {
        var address = address
        return address.withUTF8 { webScheme(UnsafeRawBufferPointer($0)) } != nil
    }

    /// The shown form of an address with a dangerous scheme, `javascript[:]…`, which no program turns into a link. Nil
    /// for other addresses, which are shown unchanged.
    ///
    /// Browsers skip leading control characters and blanks, and tabs and line ends within the address (WHATWG URL
    /// §4.4).
    package static func defused(_ address: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let colon = address.prefix(64).firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = address[..<colon].filter { $0 > 0x20 && $0 != 0x7F }
        guard schemes.contains(String(decoding: scheme, as: UTF8.self).lowercased()) else { return nil }
        return Array(address[..<colon]) + Array("[:]".utf8) + Array(address[(colon + 1)...])
    }

    /// As `defused`, for a text.
    package static func shownAddress(_ address: String) -> String {
        var address = address
        let defused: [UInt8]? = address.withUTF8 { Self.defused(UnsafeRawBufferPointer($0)) }
        return defused.map { String(decoding: $0, as: UTF8.self) } ?? address
    }
}
