import CCrypto

/// A running digest, by OpenSSL's libcrypto.
///
/// `@unchecked Sendable`: the value cannot be copied, so the context has one owner, and libcrypto's contexts are not bound
/// to a thread.
package struct Digest: ~Copyable, @unchecked Sendable {
    package enum Algorithm: Sendable, CaseIterable {
        /// Only for comparison with digests from elsewhere, because the algorithm is broken. Empty where the system
        /// forbids it (FIPS).
        case md5
        case sha1
        case sha256

        fileprivate var method: OpaquePointer? {
            switch self {
            case .md5: Methods.md5
            case .sha1: Methods.sha1
            case .sha256: Methods.sha256
            }
        }
    }

    /// Fetched once, because a look-up by name costs more than a short digest.
    private enum Methods {
        // The pointers stay valid for the life of the process, and all threads may read the methods.
        nonisolated(unsafe) static let md5 = EVP_MD_fetch(nil, "MD5", nil)
        nonisolated(unsafe) static let sha1 = EVP_MD_fetch(nil, "SHA1", nil)
        nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
    }

    private let context: OpaquePointer?

    package init(_ algorithm: Algorithm) {
        context = EVP_MD_CTX_new()
        EVP_DigestInit_ex2(context, algorithm.method, nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The digest of all bytes that were added.
    package consuming func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            var size: UInt32 = 0
            let isDone = EVP_DigestFinal_ex(context, buffer.baseAddress, &size) == 1
            count = isDone ? Int(size) : 0
        }
    }

    /// The digest of some bytes.
    package static func of(_ bytes: UnsafeRawBufferPointer, _ algorithm: Algorithm) -> [UInt8] {
        var digest = Digest(algorithm)
        digest.update(bytes)
        return digest.finish()
    }

    /// The digest of some bytes.
    package static func of(_ bytes: [UInt8], _ algorithm: Algorithm) -> [UInt8] {
        bytes.withUnsafeBytes { of($0, algorithm) }
    }

    /// The digest of some bytes.
    package static func of(_ bytes: some Sequence<UInt8>, _ algorithm: Algorithm) -> [UInt8] {
        of(Array(bytes), algorithm)
    }

    /// HMAC with SHA-256 (RFC 2104).
    package static func hmacSHA256(_ text: [UInt8], key: [UInt8]) -> [UInt8] {
        var block = key.count > 64 ? of(key, .sha256) : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        let inner = of(block.map { $0 ^ 0x36 } + text, .sha256)
        return of(block.map { $0 ^ 0x5c } + inner, .sha256)
    }
}

extension Sequence<UInt8> {
    /// Two lower-case hexadecimal digits for each byte.
    package var hexadecimal: String {
        let bytes = Array(self)
        return String(unsafeUninitializedCapacity: bytes.count * 2) { text in
            guard var end = text.baseAddress.map({ UnsafeMutableRawPointer($0) }) else { return 0 }
            for byte in bytes { end.put(hexadecimal: byte, letters: UInt8(ascii: "a")) }
            return bytes.count * 2
        }
    }
}
