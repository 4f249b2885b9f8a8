import Bytes
import FoundationEssentials

// DESIGN. Secrets that the server has to read back from the database cannot be digests, so they are encrypted. The key is
// neither in the database nor in a backup, so reading those reveals no secret. The text names the scheme and, by four bytes
// of the key's digest, the key. So the error can say whether the key is wrong or the row is damaged.

/// Encrypts the secrets of webhooks.
package struct SecretBox: Sendable {
    /// The reason why a secret cannot be read.
    package enum Fault: Error, Equatable, CustomStringConvertible {
        /// The secret was encrypted with another key than this server has.
        case otherKey
        case damaged

        package var description: String {
            switch self {
            case .otherKey: "the secret was encrypted with another secret.key"
            case .damaged: "the encrypted secret is damaged"
            }
        }
    }

    /// The scheme: AES-256-GCM, after a random nonce.
    private static let scheme = "aes-256-gcm"

    private let key: [UInt8]
    private let name: String

    /// - Parameter key: `Sealing.keySize` bytes; any other size gives nil.
    package init?(key: [UInt8]) {
        guard key.count == Sealing.keySize else { return nil }
        self.key = key
        name = Digest.of(key, .sha256).prefix(4).map { $0 }.hexadecimal
    }

    /// Whether a text of the database is encrypted; texts from earlier versions are not.
    package static func isSealed(_ text: String) -> Bool { text.hasPrefix(scheme + ":") }

    /// The encrypted secret. `place` binds the secret to its place: it cannot be decrypted elsewhere.
    package func seal(_ secret: String, at place: String, _ random: Randomness) throws -> String {
        let nonce = try random.bytes(Sealing.nonceSize)
        guard let sealed = Sealing.seal(Array(secret.utf8), key: key, nonce: nonce, about: Array(place.utf8)) else {
            throw Fault.damaged
        }
        return "\(Self.scheme):\(name):\(Data(nonce + sealed).base64EncodedString())"
    }

    /// The secret in a text of the database.
    package func open(_ text: String, at place: String) throws(Fault) -> String {
        guard Self.isSealed(text) else { return text }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .damaged }
        guard parts[1] == name else { throw .otherKey }
        guard let bytes = Data(base64Encoded: String(parts[2])).map({ [UInt8]($0) }), bytes.count > Sealing.nonceSize,
            let secret = Sealing.open(
                Array(bytes.dropFirst(Sealing.nonceSize)), key: key, nonce: Array(bytes.prefix(Sealing.nonceSize)),
                about: Array(place.utf8))
        else { throw .damaged }
        return String(decoding: secret, as: UTF8.self)
    }

    /// The context that an encrypted secret of a webhook is bound to.
    package static func place(organization: Int64, url: String) -> String { "webhook \(organization) \(url)" }
}
