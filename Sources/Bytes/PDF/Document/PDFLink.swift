/// An external address in a form that a PDF may contain.
struct PDFLink {
    /// Longer addresses do not become links, because no browser accepts them.
    private static let limit = 2048

    private let address: [UInt8]

    /// Nil unless it begins with `http://` or `https://` and a host follows. Characters that RFC 3986 (2.2, 2.3) does
    /// not allow in a URI are percent-encoded. So are `(`, `)`, `'` and `\`, so that no address can end the string
    /// around it.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= Self.limit, let scheme = Deception.webScheme(bytes),
            Self.isAlphanumeric(bytes[scheme]) || bytes[scheme] == UInt8(ascii: "[") || bytes[scheme] >= 0x80
        else { return nil }
        var address: [UInt8] = []
        for byte in bytes {
            if Self.isAlphanumeric(byte) || "-._~:/?#[]@!$&*+,;=%".utf8.contains(byte) {
                address.append(byte)
            } else if byte > 0x20, byte != 0x7F {
                PercentEncoding.append(byte, to: &address)
            } else {
                return nil
            }
        }
        self.address = address
    }

    /// Appends the annotation's dictionary (ISO 32000-1, 12.5.6.5). The rectangle is left, bottom, right, top in hundredths
    /// of a point; y grows upwards. `key` is its key to the structure element. The address is also its description for a
    /// screen reader.
    func append(to bytes: inout ByteSink, left: Int, bottom: Int, right: Int, top: Int, key: Int?) {
        // F is 4: the link is printed with its text instead of being hidden.
        bytes.append("<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[")
        for side in [left, bottom, right, top] {
            bytes.decimal((side + 50) / 100)
            bytes.append(UInt8(ascii: " "))
        }
        bytes.append("]/A<</S/URI/URI(")
        bytes.append(address)
        bytes.append(")>>")
        if let key {
            bytes.append("/StructParent ")
            bytes.decimal(key)
            bytes.append("/Contents(")
            bytes.append(address)
            bytes.append(")")
        }
        bytes.append(">>")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
