import CCrypto

/// Random and derived identifiers.
package enum Identifier {
    /// Bytes of the operating system's generator, by libcrypto. Nil when the source of random bytes fails.
    package static func randomBytes(_ count: Int) -> [UInt8]? {
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        return RAND_bytes(&bytes, Int32(count)) == 1 ? bytes : nil
    }

    /// A random UUID (RFC 9562 §5.4). Nil when the system has no random bytes.
    package static func randomUUID() -> String? { randomBytes(16).map { uuid($0, version: 4) } }

    /// The UUID of a name in a name space (RFC 9562 §5.5, version 5). Equal names in equal spaces give equal UUIDs
    /// everywhere.
    ///
    /// - Parameter space: the 16 bytes of the UUID of the space.
    package static func uuid(of name: String, in space: [UInt8]) -> String {
        uuid(Digest.of(space + Array(name.utf8), .sha1), version: 5)
    }

    /// A UUID with the bits of the first 16 bytes (RFC 9562: version 4 for random bytes, 8 for digests).
    package static func uuid(_ bytes: some Collection<UInt8>, version: UInt8) -> String {
        var bytes = bytes.makeIterator()
        return String(unsafeUninitializedCapacity: 36) { text in
            guard var end = text.baseAddress.map({ UnsafeMutableRawPointer($0) }) else { return 0 }
            for index in 0..<16 {
                var byte = bytes.next() ?? 0
                if index == 6 { byte = byte & 0x0f | version << 4 }
                if index == 8 { byte = byte & 0x3f | 0x80 }
                if index == 4 || index == 6 || index == 8 || index == 10 { end.put(UInt8(ascii: "-")) }
                end.put(hexadecimal: byte, letters: UInt8(ascii: "a"))
            }
            return 36
        }
    }

    /// Whether two secrets are equal. The time does not show where they differ.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}

/// Makes the UUIDs of the names within one owner. Equal names have equal UUIDs on every server. All have the same first 48
/// bits, so that an index keeps them side by side. Rows that are written together are then on few pages (RFC 9562 §5.8,
/// version 8).
package struct UUIDFamily: Sendable {
    private let space: [UInt8]
    private let name: String
    private let head: ArraySlice<UInt8>

    /// - Parameter space: the 16 bytes of the UUID of a name space; `name` is the owner's name in this space.
    package init(_ name: String, in space: [UInt8]) {
        self.space = space
        self.name = name
        head = Digest.of(space + Array(name.utf8), .sha1).prefix(6)
    }

    package func uuid(of parts: String...) -> String {
        var whole = space
        whole += name.utf8
        for part in parts {
            whole.append(0)
            whole += part.utf8
        }
        return Identifier.uuid(head + Digest.of(whole, .sha1), version: 8)
    }
}
