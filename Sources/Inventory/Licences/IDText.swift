/// Identifiers made of names, as SPDX spells them (`idstring`, SPDX 2.3 Annex D.2).
package enum IDText {
    /// Letters, digits, `.` and `-` stay. Each run of other characters becomes one `-`. The result has 1 to 128
    /// bytes.
    package static func safe(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(text.utf8.count, 128))
        var gap = false
        for byte in text.utf8 {
            let isSafe =
                (byte >= 48 && byte <= 57) || (byte | 32 >= 97 && byte | 32 <= 122) || byte == UInt8(ascii: ".")
                || byte == UInt8(ascii: "-")
            if isSafe {
                if gap && !bytes.isEmpty { bytes.append(UInt8(ascii: "-")) }
                gap = false
                bytes.append(byte)
                if bytes.count >= 128 { break }
            } else {
                gap = true
            }
        }
        return bytes.isEmpty ? "unnamed" : String(decoding: bytes, as: UTF8.self)
    }
}
