import Bytes

/// The secret of an account: 64 lower-case hexadecimal characters. The database stores only its digest.
package struct UserKey: Sendable {
    /// A person sees it once, when it is made.
    package let text: String
    /// SHA-256 of the text; the database stores only this.
    package let digest: [UInt8]

    /// The key of a request.
    package init(_ text: String) {
        self.text = text
        digest = Digest.of(text.utf8, .sha256)
    }

    /// A new key from 32 random bytes.
    package init(random bytes: [UInt8]) { self.init(bytes.hexadecimal) }
}

/// The source of random bytes; a test passes its own.
package struct Randomness: Sendable {
    private let source: @Sendable (Int) -> [UInt8]?

    /// - Parameter source: returns the given number of random bytes, or nil when it cannot.
    package init(_ source: @escaping @Sendable (Int) -> [UInt8]?) { self.source = source }

    /// The operating system's generator.
    package static let system = Randomness { Identifier.randomBytes($0) }

    /// This number of bytes. Throws when the source has no bytes.
    package func bytes(_ count: Int) throws -> [UInt8] {
        guard let bytes = source(count), bytes.count == count else { throw RandomnessError.exhausted }
        return bytes
    }

    /// A new token of an organization, product or project: 64 lower-case hexadecimal characters, which clients check.
    package func token() throws -> String { try bytes(32).hexadecimal }

    /// A new UUID of version 4.
    package func uuid() throws -> String { Identifier.uuid(try bytes(16), version: 4) }
}

/// The source of random bytes failed.
package enum RandomnessError: Error, CustomStringConvertible {
    case exhausted

    package var description: String { "the operating system gives no random bytes" }
}
