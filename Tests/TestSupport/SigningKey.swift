import Bytes
package import CCJose
import Synchronization

/// A key of an issuer that a test plays: makes tokens and provides its public part.
package final class SigningKey: Sendable {
    /// libcjose guarantees nothing about using a key in several threads.
    private let key: Mutex<OpaquePointer>
    package let name: String

    package struct CannotSign: Error {}

    /// An RSA key named "a", shared because making one takes long.
    package static let rsa = Result { try SigningKey("a") }

    /// - Parameters:
    ///   - curve: nil for RSA.
    ///   - bits: of an RSA key.
    package init(_ name: String, curve: cjose_jwk_ec_curve? = nil, bits: Int = 2048) throws {
        self.name = name
        var fault = cjose_err()
        let exponent: [UInt8] = [1, 0, 1]
        let made =
            curve.map { cjose_jwk_create_EC_random($0, &fault) }
            ?? cjose_jwk_create_RSA_random(bits, exponent, exponent.count, &fault)
        guard let made else { throw CannotSign() }
        key = Mutex(made)
    }

    deinit { key.withLock { _ = cjose_jwk_release($0) } }

    /// The public part in the form of a set of keys.
    package var json: String {
        key.withLock { key in
            var fault = cjose_err()
            guard let text = cjose_jwk_to_json(key, false, &fault) else { return "{}" }
            defer { cjose_get_dealloc()(text) }
            return #"{"kid":"\#(name)","use":"sig","# + String(cString: text).dropFirst()
        }
    }

    /// A signed token.
    package func token(_ payload: String, by algorithm: String = "RS256", named kid: String? = nil) throws -> String {
        try key.withLock { key in
            var fault = cjose_err()
            guard let header = cjose_header_new(&fault) else { throw CannotSign() }
            defer { cjose_header_release(header) }
            cjose_header_set(header, "alg", algorithm, &fault)
            cjose_header_set(header, "kid", kid ?? name, &fault)
            let bytes = Array(payload.utf8)
            guard let jws = cjose_jws_sign(key, header, bytes, bytes.count, &fault) else { throw CannotSign() }
            defer { cjose_jws_release(jws) }
            var text: UnsafePointer<CChar>?
            guard cjose_jws_export(jws, &text, &fault), let text else { throw CannotSign() }
            return String(cString: text)
        }
    }

    package static func json(_ keys: [SigningKey]) -> String {
        #"{"keys":[\#(keys.map(\.json).joined(separator: ","))]}"#
    }

    /// A part of a token: base64 for URLs, without padding (RFC 7515 §2).
    package static func part(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let padded = Array(group) + [UInt8](repeating: 0, count: 3 - group.count)
            let bits = padded.reduce(0) { $0 << 8 | Int($1) }
            for place in 0...group.count { text.append(alphabet[bits >> (18 - 6 * place) & 63]) }
        }
        return text
    }

    /// A token with the test's own header, and the signature that `sign` makes.
    package static func forged(_ header: String, _ payload: String, sign: ([UInt8]) -> [UInt8] = { _ in [] }) -> String
    {
        let signed = part(Array(header.utf8)) + "." + part(Array(payload.utf8))
        return signed + "." + part(sign(Array(signed.utf8)))
    }
}
