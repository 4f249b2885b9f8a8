import Testing

@testable import Bytes

/// AES-256-GCM, with vectors of its specification.
struct SealingTests {
    private func bytes(_ hex: String) -> [UInt8] {
        var digits = hex[...]
        var bytes: [UInt8] = []
        while let byte = UInt8(digits.prefix(2), radix: 16) {
            bytes.append(byte)
            digits = digits.dropFirst(2)
        }
        return bytes
    }

    /// Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B.
    @Test func aKnownText() {
        let key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
        let nonce = bytes("cafebabefacedbaddecaf888")
        let text = bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
        )
        let about = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        let sealed = Sealing.seal(text, key: key, nonce: nonce, about: about)
        #expect(
            sealed?.hexadecimal
                == "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                + "76fc6ece0f4e1768cddf8853bb2d551b")
        #expect(Sealing.open(sealed ?? [], key: key, nonce: nonce, about: about) == text)
    }

    @Test func whatWasChangedIsNotOpened() {
        let (key, nonce) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 12))
        let sealed = Sealing.seal([3, 4, 5], key: key, nonce: nonce, about: [6]) ?? []
        #expect(sealed.count == 19)
        #expect(Sealing.open(sealed, key: key, nonce: nonce, about: [6]) == [3, 4, 5])
        for place in sealed.indices {
            var other = sealed
            other[place] ^= 1
            #expect(Sealing.open(other, key: key, nonce: nonce, about: [6]) == nil)
        }
        #expect(Sealing.open(sealed, key: key, nonce: nonce, about: [7]) == nil)
        #expect(Sealing.open(sealed, key: [UInt8](repeating: 9, count: 32), nonce: nonce, about: [6]) == nil)
        #expect(Sealing.open([1, 2], key: key, nonce: nonce, about: []) == nil)
        #expect(Sealing.seal([1], key: [1], nonce: nonce, about: []) == nil)
        let nothing = Sealing.seal([], key: key, nonce: nonce, about: []) ?? []
        #expect(Sealing.open(nothing, key: key, nonce: nonce, about: []) == [])
    }
}
