import Bytes

/// The tolerances for the clocks of issuers.
enum TokenTime {
    /// The largest allowed difference between an issuer's clock and this one, in milliseconds.
    static let leeway: Int64 = 60_000
    /// The largest age, in milliseconds, of a token that comes directly from the issuer.
    static let ageLimit: Int64 = 10 * 60_000

    /// Checks `exp`, `iat` and `nbf` (RFC 7519 §4.1).
    ///
    /// - Parameter now: milliseconds since 1970, UTC.
    static func check(_ claims: ClaimSet, at now: Int64, needsEnd: Bool = true) throws(TokenFault) {
        if let end = claims["exp"]?.time {
            guard end > now - leeway else { throw .ended(now - end) }
        } else if needsEnd || claims["exp"] != nil {
            throw .missing("end (exp)")
        }
        guard let issued = claims["iat"]?.time else { throw .missing("time of issue (iat)") }
        guard issued <= now + leeway else { throw .early(issued - now) }
        guard issued >= now - ageLimit - leeway else { throw .old(now - issued) }
        if let claim = claims["nbf"] {
            guard let begin = claim.time else { throw .missing("begin (nbf)") }
            guard begin <= now + leeway else { throw .early(begin - now) }
        }
    }
}

/// Checks the claims that an ID token must have (OpenID Connect Core §3.1.3.7).
package struct IDTokenRules: Sendable {
    package let issuer: String
    /// Waybill's client id at the issuer.
    package let client: String
    /// The nonce of the sign-in that the token answers.
    package let nonce: String

    package init(issuer: String, client: String, nonce: String) {
        self.issuer = issuer
        self.client = client
        self.nonce = nonce
    }
}

/// The claims of a token with a checked signature, issuer, audience, time and nonce.
package struct IDToken: Sendable {
    /// The longest name of a person at an issuer, in bytes (OpenID Connect Core §2: 255 ASCII characters).
    private static let subjectLimit = 255

    package let claims: ClaimSet
    /// The person's name at the issuer (`sub`), which identifies the person together with the issuer.
    package let subject: String

    /// Checks a token.
    ///
    /// - Parameter now: milliseconds since 1970, UTC.
    package init(_ token: String, by keys: KeySet, _ rules: IDTokenRules, at now: Int64) throws(TokenFault) {
        let claims = try ClaimSet(try keys.payload(of: token))
        try Self.checkSource(claims, issuer: rules.issuer, client: rules.client)
        // A token that ends sessions must never count as one that begins a session.
        guard claims["events"] == nil else { throw .purpose }
        try TokenTime.check(claims, at: now)
        guard let nonce = claims["nonce"]?.text, Identifier.areEqual(Array(nonce.utf8), Array(rules.nonce.utf8)) else {
            throw .nonce
        }
        subject = try Self.subject(of: claims)
        self.claims = claims
    }

    /// Checks the issuer and the audience of a token. A token with a further audience is refused, because that
    /// audience could use it here.
    static func checkSource(_ claims: ClaimSet, issuer: String, client: String) throws(TokenFault) {
        guard let found = claims["iss"]?.text else { throw .missing("issuer (iss)") }
        guard found == issuer else { throw .issuer(found) }
        guard let audience = claims["aud"]?.texts else { throw .missing("audience (aud)") }
        guard audience == [client] else { throw .audience(audience) }
        if let party = claims["azp"] {
            guard party.text == client else { throw .party(party.text ?? "") }
        }
    }

    /// The name of the person in a token.
    static func subject(of claims: ClaimSet) throws(TokenFault) -> String {
        guard let subject = claims.text("sub"), subject.utf8.count <= subjectLimit,
            subject.utf8.allSatisfy({ $0 >= 32 && $0 < 127 })
        else { throw .missing("subject (sub)") }
        return subject
    }
}
