import Bytes
import CCJose

// DESIGN. The author of a token chooses its algorithm, so the algorithm never selects the check. It must be on a fixed list,
// which has only asymmetric algorithms, and a key is used only if its own type and curve fit the algorithm. So neither `none`
// nor an HMAC with the public key as its secret is ever tried (RFC 8725 §3.1 and §3.2). libcjose gets only the public members
// of a key's JSON.

/// The algorithms that may sign tokens (RFC 7518 §3.1).
package enum SignatureAlgorithm: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"

    /// The curve that a key must have (RFC 7518 §3.4); nil for RSA.
    fileprivate var curve: String? {
        switch self {
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: nil
        case .es256: "P-256"
        case .es384: "P-384"
        case .es512: "P-521"
        }
    }
}

/// The public keys that an issuer publishes (RFC 7517 §5).
package struct KeySet: Sendable, Equatable {
    /// The most keys that are stored.
    private static let limit = 100
    /// The allowed bits of an RSA key: RFC 7518 §3.3 requires 2048, and each further bit makes verifying slower.
    private static let rsaBits = 2048...8192
    /// The longest token, in bytes. The most bytes of a token; one with a thousand groups has about 40,000.
    package static let tokenLimit = 128 << 10

    fileprivate struct Key: Sendable, Equatable {
        let name: String
        /// Nil if the key does not state it.
        let algorithm: String?
        /// Nil for RSA.
        let curve: String?
        /// Its public members as JSON.
        let json: String

        func fits(_ wanted: SignatureAlgorithm) -> Bool {
            curve == wanted.curve && (algorithm == nil || algorithm == wanted.rawValue)
        }
    }

    private let keys: [Key]

    /// Reads a set. Keys that cannot verify a signature here are left out: those of other types, for encryption, and private
    /// ones.
    package init(_ claims: ClaimSet) throws(TokenFault) {
        guard case .list(let elements) = claims["keys"] else { throw .missing("list of keys") }
        keys = elements.prefix(Self.limit).compactMap { Self.key($0) }
    }

    private static func key(_ claim: Claim) -> Key? {
        guard case .object(let members) = claim, let type = members["kty"]?.text else { return nil }
        if let use = members["use"], use != .text("sig") { return nil }
        if let operations = members["key_ops"], operations.texts?.contains("verify") != true { return nil }
        let names: [StaticString]
        switch type {
        case "RSA": names = ["n", "e"]
        case "EC": names = ["crv", "x", "y"]
        default: return nil
        }
        let values = names.compactMap { members[$0.description]?.text }
        guard values.count == names.count else { return nil }
        let json = JSONWriter.object { json in
            json.text("kty", type)
            for (name, value) in zip(names, values) { json.text(name, value) }
        }
        return Key(
            name: members["kid"]?.text ?? "", algorithm: members["alg"]?.text,
            curve: type == "EC" ? members["crv"]?.text : nil, json: json)
    }

    /// The payload of a signed token (RFC 7515 §3.1), after one of the keys has verified the signature.
    ///
    /// Throws `TokenFault.unknownKey` when the token can mean none of the keys; the issuer may have new ones.
    package func payload(of token: String) throws(TokenFault) -> [UInt8] {
        guard token.utf8.count <= Self.tokenLimit else {
            throw .unreadable("it is longer than \(Self.tokenLimit) bytes")
        }
        let (algorithm, name) = try Self.header(of: token)
        let fitting = keys.filter { $0.fits(algorithm) && (name.isEmpty || $0.name == name) }
        // OpenID Connect Core §10.1: with several keys, a token must name one.
        guard let key = fitting.first, name.isEmpty == false || fitting.count == 1 else { throw .unknownKey(name) }
        return try key.payload(of: token, algorithm, rsaBits: Self.rsaBits)
    }

    /// The algorithm in a token's header, and the name of its key.
    private static func header(of token: String) throws(TokenFault) -> (SignatureAlgorithm, name: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .unreadable("it has \(parts.count) parts in place of 3") }
        let bytes: [UInt8]
        do throws(Base64Error) {
            bytes = try Base64Decoder.decode(String(parts[0]))
        } catch {
            throw .unreadable("its header is no base64")
        }
        let header = try ClaimSet(bytes)
        guard header["crit"] == nil, header["b64"] == nil else { throw .critical }
        guard let word = header["alg"]?.text else { throw .algorithm("") }
        guard let algorithm = SignatureAlgorithm(rawValue: word) else { throw .algorithm(word) }
        return (algorithm, header["kid"]?.text ?? "")
    }
}

extension KeySet.Key {
    fileprivate func payload(
        of token: String, _ algorithm: SignatureAlgorithm, rsaBits: ClosedRange<Int>
    ) throws(TokenFault) -> [UInt8] {
        var fault = cjose_err()
        guard let jwk = cjose_jwk_import(json, json.utf8.count, &fault) else { throw .weakKey }
        defer { cjose_jwk_release(jwk) }
        if curve == nil {
            guard rsaBits.contains(cjose_jwk_get_keysize(jwk, &fault)) else { throw .weakKey }
        }
        guard let jws = cjose_jws_import(token, token.utf8.count, &fault) else {
            throw .unreadable("it is no signed token (JWS)")
        }
        defer { cjose_jws_release(jws) }
        // The library also reads the header itself: both readers must find the same algorithm.
        guard let header = cjose_jws_get_protected(jws), let word = cjose_header_get(header, "alg", &fault),
            String(cString: word) == algorithm.rawValue
        else { throw .algorithm("") }
        guard cjose_jws_verify(jws, jwk, &fault) else { throw .signature }
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard cjose_jws_get_plaintext(jws, &bytes, &count, &fault), let bytes else {
            throw .unreadable("it has no payload")
        }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
