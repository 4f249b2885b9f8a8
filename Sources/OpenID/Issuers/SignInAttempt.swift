import Bytes
import FoundationEssentials

// DESIGN. The browser keeps one secret, in a cookie. The issuer gets only digests of it for different purposes, so that
// values in addresses and logs cannot be misused, and the database stores only digests.

/// A sign-in in progress: the values that tie the browser, the request to the issuer and the issuer's answer together.
package struct SignInAttempt: Sendable {
    /// 64 hexadecimal characters that the browser alone keeps.
    package let secret: String
    /// Sent to the issuer, and comes back with its answer (RFC 6749 §10.12).
    package let state: String
    /// Comes back in the ID token.
    package let nonce: String
    /// PKCE (RFC 7636 §4.1).
    let verifier: String

    /// - Parameters:
    ///   - secret: 64 hexadecimal characters of a random source.
    ///   - state: the same, others.
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

    /// RFC 4648 §4.
    static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// RFC 7515 §2.
    private static func base64url(_ bytes: [UInt8]) -> String {
        String(
            base64(bytes).compactMap { character -> Character? in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}

/// Fields of an address or a form (application/x-www-form-urlencoded).
enum FormText {
    static func of(_ fields: [(name: String, value: String)]) -> String {
        fields.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
    }

    /// RFC 3986 §2.3: all but unreserved characters are encoded.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
