import Bytes

// DESIGN. Spreadsheet programs refuse a whole workbook for one relationship whose target is no URI (ECMA-376 Part 2 §9.3.2:
// anyURI). So an address becomes a link only when its host is valid, and characters that may not follow the host are
// percent-encoded (RFC 3986 §2.1). The cell shows the unchanged address.

/// Addresses that a sheet can link to.
enum SheetLink {
    /// The most characters of an address that Excel follows.
    private static let lengthLimit = 2_079

    /// The target for a web address; nil when the address cannot be a link.
    static func target(_ address: UnsafeRawBufferPointer) -> String? {
        guard let scheme = Deception.webScheme(address) else { return nil }
        let host = address[scheme...].prefix { !isOne($0, of: "/?#") }
        guard !host.isEmpty, host.allSatisfy({ isAlphanumeric($0) || isOne($0, of: ".-_~:") }) else { return nil }
        let parts = host.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts[0].isEmpty, parts.dropFirst().allSatisfy(isPort) else { return nil }
        var target: [UInt8] = []
        target.reserveCapacity(address.count)
        var hasFragment = false
        for (index, byte) in address.enumerated() {
            let isKept: Bool
            switch byte {
            case UInt8(ascii: "%"):
                isKept =
                    index + 2 < address.count && address[index + 1].isHexadecimalDigit
                    && address[index + 2].isHexadecimalDigit
            case UInt8(ascii: "#"):
                isKept = !hasFragment
                hasFragment = true
            default: isKept = isAlphanumeric(byte) || isOne(byte, of: "-._~:/?@!$&'()*+,;=")
            }
            if isKept {
                target.append(byte)
            } else {
                PercentEncoding.append(byte, to: &target)
            }
        }
        return target.count <= lengthLimit ? String(decoding: target, as: UTF8.self) : nil
    }

    private static func isPort(_ digits: Slice<UnsafeRawBufferPointer>) -> Bool {
        digits.count <= 5 && digits.allSatisfy { $0 >= 48 && $0 <= 57 }
            && digits.reduce(0) { $0 * 10 + Int($1) - 48 } <= 65_535
    }

    private static func isOne(_ byte: UInt8, of characters: StaticString) -> Bool {
        (0..<characters.utf8CodeUnitCount).contains { characters.utf8Start[$0] == byte }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (byte | 32 >= 97 && byte | 32 <= 122) || (byte >= 48 && byte <= 57)
    }
}
