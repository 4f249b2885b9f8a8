import Bytes

// DESIGN. The browser stores one secret, in a cookie. The issuer gets only digests of it, for different purposes, so
// that values in addresses and logs cannot be misused; the database stores only digests.

/// A sign-in in progress: the values that tie the browser, the request to the issuer, and the issuer's answer
/// together.
package struct SignInAttempt: Sendable {
    /// 64 hexadecimal characters that only the browser stores.
    package let secret: String
    /// Sent to the issuer, which returns it with its answer (RFC 6749 §10.12).
    package let state: String
    /// The ID token contains it.
    package let nonce: String
    /// The verifier of PKCE (RFC 7636 §4.1).
    let verifier: String

    /// - Parameters:
    ///   - secret: 64 hexadecimal characters from a random source.
    ///   - state: another 64 such characters.
    package init(secret: String, state: String) {
        self.secret = secret
        self.state = state
        nonce = Self.derived("nonce", secret)
        verifier = Self.derived("verifier", secret)
    }

    /// RFC 7636 §4.2, S256.
    var challenge: String { Self.base64url(Digest.of(verifier.utf8, .sha256)) }

    private static func derived(_ purpose: String, _ secret: String) -> String {
        Digest.of("waybill sign-in \(purpose) \(secret)".utf8, .sha256).hexadecimal
    }

    /// RFC 7515 §2.
    private static func base64url(_ bytes: [UInt8]) -> String {
        String(
            bytes.base64.compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}

/// The fields of an address or a form (application/x-www-form-urlencoded).
enum FormText {
    static func of(_ fields: [(name: String, value: String)]) -> String {
        fields.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
    }
}
