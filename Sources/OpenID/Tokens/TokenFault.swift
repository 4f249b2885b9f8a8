/// The reason why a token of an issuer is refused.
package enum TokenFault: Error, Equatable, CustomStringConvertible {
    /// It is not a signed token, or its JSON cannot be read.
    case unreadable(String)
    /// Its algorithm is not in `SignatureAlgorithm`, or it is not signed.
    case algorithm(String)
    /// Its header requires an extension (RFC 7515 §4.1.11).
    case critical
    /// The issuer publishes no key for its signature; with the name of the key, or empty if the token names none.
    case unknownKey(String)
    /// The key is too short, or its kind does not fit the algorithm.
    case weakKey
    case signature
    /// A required claim is absent or has another type.
    case missing(String)
    case issuer(String)
    case audience([String])
    case party(String)
    /// The token has expired; with the milliseconds since then.
    case ended(Int64)
    /// The token is not valid yet; with the milliseconds until then.
    case early(Int64)
    /// The token is too old; with the milliseconds since it was issued.
    case old(Int64)
    /// It was issued for another sign-in.
    case nonce
    /// It is a token for another purpose.
    case purpose

    package var description: String {
        switch self {
        case .unreadable(let why): "it cannot be read: \(why)"
        case .algorithm(let name):
            """
            it is signed by "\(name.prefix(40))"; accepted: \
            \(SignatureAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))
            """
        case .critical: "its header demands an extension that is not supported (crit)"
        case .unknownKey(let name):
            name.isEmpty
                ? "it names no key, and the issuer publishes none or several that could be meant"
                : "the issuer publishes no key \"\(name.prefix(100))\" for it"
        case .weakKey: "the key that it is signed with is too short, or of another kind than its algorithm needs"
        case .signature: "its signature is not right"
        case .missing(let claim): "it has no usable \(claim)"
        case .issuer(let issuer): "it was issued by \"\(issuer.prefix(200))\""
        case .audience(let audience):
            "it is for \(audience.prefix(5).map { "\"\($0.prefix(100))\"" }.joined(separator: ", "))"
        case .party(let party): "it was issued to \"\(party.prefix(100))\" (azp)"
        case .ended(let by): "it ended \(by / 1000) seconds ago"
        case .early(let by): "it is from \(by / 1000) seconds in the future"
        case .old(let by): "it was issued \(by / 1000) seconds ago"
        case .nonce: "it belongs to another sign-in (nonce)"
        case .purpose: "it is a token for another purpose"
        }
    }
}
