import Bytes

/// The clocks of issuers and what they may be off by.
enum TokenTime {
    /// How far an issuer's clock may be from ours, in milliseconds.
    static let leeway: Int64 = 60_000
    /// How long ago a token may have been issued that comes straight from the issuer, in milliseconds.
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

/// The claims that an ID token must have (OpenID Connect Core §3.1.3.7).
package struct IDTokenRules: Sendable {
    package let issuer: String
    /// Our name at the issuer.
    package let client: String
    /// Sent with the sign-in that the token answers.
    package let nonce: String

    package init(issuer: String, client: String, nonce: String) {
        self.issuer = issuer
        self.client = client
        self.nonce = nonce
    }
}

/// The claims of a token whose signature, issuer, audience, times and nonce were checked.
package struct IDToken: Sendable {
    /// The longest name of a person at an issuer, in bytes (OpenID Connect Core §2: 255 ASCII characters).
    private static let subjectLimit = 255

    package let claims: ClaimSet
    /// The person's name at the issuer (`sub`); with the issuer it is who signed in.
    package let subject: String

    /// Checks a token.
    ///
    /// - Parameter now: milliseconds since 1970, UTC.
    package init(_ token: String, by keys: KeySet, _ rules: IDTokenRules, at now: Int64) throws(TokenFault) {
        let claims = try ClaimSet(try keys.payload(of: token))
        try Self.checkSource(claims, issuer: rules.issuer, client: rules.client)
        // A token that ends sessions never passes for one that begins one.
        guard claims["events"] == nil else { throw .purpose }
        try TokenTime.check(claims, at: now)
        guard let nonce = claims["nonce"]?.text, Identifier.areEqual(Array(nonce.utf8), Array(rules.nonce.utf8)) else {
            throw .nonce
        }
        subject = try Self.subject(of: claims)
        self.claims = claims
    }

    /// Checks who issued a token, and for whom. One that is also for others is refused, since they could use it here.
    static func checkSource(_ claims: ClaimSet, issuer: String, client: String) throws(TokenFault) {
        guard let found = claims["iss"]?.text else { throw .missing("issuer (iss)") }
        guard found == issuer else { throw .issuer(found) }
        guard let audience = claims["aud"]?.texts else { throw .missing("audience (aud)") }
        guard audience == [client] else { throw .audience(audience) }
        if let party = claims["azp"] {
            guard party.text == client else { throw .party(party.text ?? "") }
        }
    }

    /// The name of the person that a token is about.
    static func subject(of claims: ClaimSet) throws(TokenFault) -> String {
        guard let subject = claims.text("sub"), subject.utf8.count <= subjectLimit,
            subject.utf8.allSatisfy({ $0 >= 32 && $0 < 127 })
        else { throw .missing("subject (sub)") }
        return subject
    }
}
