/// Percent-encoding of text in addresses (RFC 3986 §2.1). Only this type defines which bytes are encoded, and how.
///
///     "a b/c".percentEncoded              // a%20b%2Fc
///     "a%20b".percentDecoded              // a b
package enum PercentEncoding {
    /// Whether a byte stands for itself anywhere in an address (RFC 3986 §2.3): ASCII letters and digits, `-`, `.`, `_` and `~`.
    package static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Appends a byte as `%XX`, with digits in upper case (RFC 3986 §2.1).
    package static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "%"))
        for digit in [byte >> 4, byte & 15] {
            bytes.append(digit < 10 ? digit + UInt8(ascii: "0") : digit - 10 + UInt8(ascii: "A"))
        }
    }
}

extension String {
    /// The text as a part of an address: all bytes of its UTF-8 except the unreserved ones are encoded.
    package var percentEncoded: String { percentEncoded(keeping: PercentEncoding.isUnreserved) }

    /// The text with all bytes of its UTF-8 encoded except those that `isPlain` allows.
    package func percentEncoded(keeping isPlain: (UInt8) -> Bool) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        for byte in utf8 {
            if isPlain(byte) { bytes.append(byte) } else { PercentEncoding.append(byte, to: &bytes) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text without its percent-encoding. A `%` without two following hexadecimal digits stays unchanged. Nil where the
    /// decoded bytes are not UTF-8.
    package var percentDecoded: String? {
        guard utf8.contains(UInt8(ascii: "%")) else { return self }
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, digits.allSatisfy(\.isHexadecimalDigit),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
