import Testing

@testable import Bytes

struct DigestTests {
    /// FIPS 180-4 examples and RFC 1321 §A.5.
    @Test(
        arguments: [
            (.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
            (.md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ] as [(Digest.Algorithm, String, String)])
    func vectors(_ algorithm: Digest.Algorithm, _ text: String, _ expected: String) {
        #expect(Digest.of(text.utf8, algorithm).hexadecimal == expected)
        var running = Digest(algorithm)
        for byte in text.utf8 { withUnsafeBytes(of: byte) { running.update($0) } }
        #expect(running.finish().hexadecimal == expected)
    }

    @Test func millionTimesA() {
        var digest = Digest(.sha1)
        let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        for _ in 0..<1000 { piece.withUnsafeBytes { digest.update($0) } }
        #expect(digest.finish().hexadecimal == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }

    /// The space of DNS names as RFC 9562 §A.4 prints it.
    private static let dns: [UInt8] = [
        0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
    ]

    /// RFC 9562 §A.4: www.example.com.
    @Test func namedUUID() {
        #expect(Identifier.uuid(of: "www.example.com", in: Self.dns) == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
    }

    /// Equal in 48 bits within a family and nowhere else; the first is also what Python's hashlib and uuid give.
    @Test func familiesOfUUIDs() {
        let shop = UUIDFamily("shop", in: Self.dns)
        #expect(shop.uuid(of: "cart", "x") == "f3b5c84a-4408-8d35-b414-78af62d3214d")
        #expect(shop.uuid(of: "cart", "x") != shop.uuid(of: "cartx"))
        #expect(shop.uuid(of: "cart", "y").prefix(13) == "f3b5c84a-4408")
        #expect(UUIDFamily("bank", in: Self.dns).uuid(of: "cart", "x").prefix(13) != "f3b5c84a-4408")
    }

    @Test func randomUUIDs() throws {
        var seen: Set<String> = []
        for _ in 0..<100 {
            let uuid = try #require(Identifier.randomUUID())
            #expect(uuid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
            #expect(seen.insert(uuid).inserted)
        }
        #expect(Identifier.randomBytes(0) == [])
        #expect(Identifier.randomBytes(32)?.count == 32)
    }

    @Test func comparesSecrets() {
        #expect(Identifier.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!Identifier.areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!Identifier.areEqual([1, 2, 3], [1, 2]))
        #expect(Identifier.areEqual([], []))
    }

    /// RFC 4231 §4.3 and §4.7: a short key, and one longer than a block.
    @Test func hmac() {
        #expect(
            Digest.hmacSHA256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)).hexadecimal
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            Digest.hmacSHA256(
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                key: [UInt8](repeating: 0xaa, count: 131)
            ).hexadecimal == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }
}
