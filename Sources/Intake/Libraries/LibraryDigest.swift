import Bytes

/// The SHA-256 of a set of facts, in a form that is cheap to compare and to hold by the million.
struct LibraryDigest: Hashable, Sendable {
    private let words: SIMD4<UInt64>

    init(of bytes: [UInt8]) {
        var digest = Digest(.sha256)
        bytes.withUnsafeBytes { digest.update($0) }
        let made = digest.finish()
        words = made.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    /// The 32 bytes.
    var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    /// The digest is already well mixed, so its first 64 bits distinguish nearly all values.
    func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }

    /// The digest as a UUID of version 8 (RFC 9562).
    var uuid: String { Identifier.uuid(bytes, version: 8) }
}
