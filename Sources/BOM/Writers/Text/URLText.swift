import Bytes

/// Links in a form that documents may contain.
enum URLText {
    /// A text as an IRI reference (RFC 3987): characters that an IRI may not contain are percent-encoded, and
    /// `user@host:path` becomes `ssh://user@host/path`. An empty text stays empty.
    static func reference(_ text: String) -> String {
        var text = text
        let bytes = Array(text.utf8)
        if !hasScheme(bytes), let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            !bytes[..<colon].contains(where: { "/?#".utf8.contains($0) })
        {
            if bytes[..<colon].contains(UInt8(ascii: "@")) {
                let path = String(decoding: bytes[(colon + 1)...], as: UTF8.self)
                text = "ssh://" + String(decoding: bytes[..<colon], as: UTF8.self) + "/" + path.drop { $0 == "/" }
            } else {
                // A relative reference may not have a colon in its first segment (RFC 3986 §4.2).
                text = "./" + text
            }
        }
        return portless(coded(text))
    }

    /// A text as one path segment of a URI.
    static func path(_ text: String) -> String {
        text.percentEncoded { PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: ":") }
    }

    /// Whether SPDX accepts the text as a home page or download: a scheme (after an optional `git+`, `hg+`, `svn+`,
    /// `bzr+`), a host name with a dot, and no blank.
    static func isWebLocation(_ text: String) -> Bool { text.withUTF8Bytes(isWebLocation) }

    private static func isWebLocation(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.allSatisfy({ $0 > 32 && $0 != 127 }) else { return false }
        var rest = text[...]
        for prefix in ["git+", "hg+", "svn+", "bzr+"] as [StaticString] where starts(rest, with: prefix) {
            rest = rest.dropFirst(prefix.utf8CodeUnitCount)
        }
        guard let mark = schemeEnd(rest), schemes.contains(where: { isSame(rest[..<mark], as: $0) }) else {
            return false
        }
        var host = rest[(mark + 3)...].prefix { !isBehindHost($0) }
        if let at = host.lastIndex(of: UInt8(ascii: "@")) { host = host[(at + 1)...] }
        host = host.prefix { $0 != UInt8(ascii: ":") }
        var previous = UInt8(ascii: ".")
        var letters = 0
        var isDotted = false
        for byte in host {
            if isAlphanumeric(byte) {
                let isLetter = byte | 32 >= 97 && byte | 32 <= 122
                letters = isLetter && letters >= 0 ? letters + 1 : -1
                if isDotted && letters >= 2 { return true }
            } else if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") {
                if previous == UInt8(ascii: ".") || previous == UInt8(ascii: "-") { return false }
                isDotted = byte == UInt8(ascii: ".")
                letters = 0
            } else {
                return false
            }
            previous = byte
        }
        return false
    }

    private static let schemes: [StaticString] = ["http", "https", "ssh", "git", "svn", "sftp", "ftp"]

    private static func starts(_ bytes: Slice<UnsafeRawBufferPointer>, with prefix: StaticString) -> Bool {
        prefix.withUTF8Buffer { bytes.starts(with: $0) }
    }

    /// Whether the bytes are the word, regardless of case.
    private static func isSame(_ bytes: Slice<UnsafeRawBufferPointer>, as word: StaticString) -> Bool {
        word.withUTF8Buffer { $0.count == bytes.count && zip(bytes, $0).allSatisfy { $0 | 32 == $1 } }
    }

    /// The position of the first `://`.
    private static func schemeEnd(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        var at = bytes.startIndex
        while at + 2 < bytes.endIndex {
            if bytes[at] == UInt8(ascii: ":"), bytes[at + 1] == UInt8(ascii: "/"), bytes[at + 2] == UInt8(ascii: "/") {
                return at
            }
            at += 1
        }
        return nil
    }

    private static func isBehindHost(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    /// Whether the text is an absolute URI without a fragment.
    static func isAbsolute(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return hasScheme(bytes) && bytes.allSatisfy { $0 > 32 && $0 < 127 && !"#<>\"{}|\\^`".utf8.contains($0) }
    }

    private static func hasScheme(_ bytes: [UInt8]) -> Bool {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0, bytes.count > colon + 1,
            bytes[0] | 32 >= 97, bytes[0] | 32 <= 122
        else { return false }
        return bytes[..<colon].allSatisfy { isAlphanumeric($0) || "+-.".utf8.contains($0) }
    }

    private static func coded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var hasFragment = false
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "%"):
                let isCoded =
                    index + 2 < bytes.count && bytes[index + 1].isHexadecimalDigit
                    && bytes[index + 2].isHexadecimalDigit
                if isCoded { result.append(byte) } else { PercentEncoding.append(byte, to: &result) }
            case UInt8(ascii: "#"):
                if hasFragment { PercentEncoding.append(byte, to: &result) } else { result.append(byte) }
                hasFragment = true
            case 0...32, 127, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "{"),
                UInt8(ascii: "}"), UInt8(ascii: "|"), UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "`"),
                UInt8(ascii: "["), UInt8(ascii: "]"), 128...255:
                // An IRI may contain letters beyond ASCII, but not all of them, and not every reader accepts them.
                PercentEncoding.append(byte, to: &result)
            default: result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Encodes the colon before an invalid port (`http://host:${port}/`), and every `@` except the last.
    private static func portless(_ text: String) -> String {
        let colon: Int? = text.withUTF8Bytes { bytes in
            guard let mark = schemeEnd(bytes[...]) else { return nil }
            let authority = bytes[(mark + 3)...].prefix { !isBehindHost($0) }
            guard let colon = authority.lastIndex(of: UInt8(ascii: ":")) else { return nil }
            let port = authority[(colon + 1)...]
            let isPort = port.allSatisfy { $0 >= 48 && $0 <= 57 } || port.contains(UInt8(ascii: "@"))
            return isPort ? nil : colon
        }
        guard let colon else { return text }
        var bytes = Array(text.utf8)
        bytes.replaceSubrange(colon...colon, with: "%3A".utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (byte | 32 >= 97 && byte | 32 <= 122) || (byte >= 48 && byte <= 57)
    }

}

extension String {
    /// Calls `body` with the bytes, without a copy if they are contiguous.
    fileprivate func withUTF8Bytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) { return result }
        return Array(utf8).withUnsafeBytes(body)
    }
}
