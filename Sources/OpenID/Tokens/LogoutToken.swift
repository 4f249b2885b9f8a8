/// A token with which an issuer ends sessions (OpenID Connect Back-Channel Logout 1.0 §2.4).
///
/// A repeated token ends sessions that have already ended, so its `jti` is not stored.
enum LogoutToken {
    private static let event = "http://schemas.openid.net/event/backchannel-logout"
    private static let sessionLimit = 1000

    /// Checks a token and returns the session or the person in it, or both (§2.6).
    static func read(
        _ token: String, by keys: KeySet, issuer: String, client: String, at now: Int64
    ) throws(TokenFault) -> (session: String, subject: String) {
        let claims = try ClaimSet(try keys.payload(of: token))
        try IDToken.checkSource(claims, issuer: issuer, client: client)
        guard case .object(let events) = claims["events"], case .object = events[event] else { throw .purpose }
        // A token with a nonce is an ID token, which ends no session.
        guard claims["nonce"] == nil else { throw .purpose }
        // The first editions of the standard had no expiry.
        try TokenTime.check(claims, at: now, needsEnd: false)
        let session = claims.text("sid") ?? ""
        guard session.utf8.count <= sessionLimit else { throw .missing("session (sid)") }
        if claims["sub"] != nil { return (session, try IDToken.subject(of: claims)) }
        guard !session.isEmpty else { throw .missing("session (sid) or subject (sub)") }
        return (session, "")
    }
}
