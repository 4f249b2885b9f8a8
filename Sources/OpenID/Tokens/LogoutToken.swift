/// A token by which an issuer ends sessions (OpenID Connect Back-Channel Logout 1.0 §2.4).
///
/// A token that is shown again ends what has ended already, so its `jti` is not kept.
enum LogoutToken {
    private static let event = "http://schemas.openid.net/event/backchannel-logout"
    private static let sessionLimit = 1000

    /// Checks a token and gives the session or the person that it names, or both (§2.6).
    static func read(
        _ token: String, by keys: KeySet, issuer: String, client: String, at now: Int64
    ) throws(TokenFault) -> (session: String, subject: String) {
        let claims = try ClaimSet(try keys.payload(of: token))
        try IDToken.checkSource(claims, issuer: issuer, client: client)
        guard case .object(let events) = claims["events"], case .object = events[event] else { throw .purpose }
        // An ID token has a nonce: it ends nothing.
        guard claims["nonce"] == nil else { throw .purpose }
        // The first editions of the standard knew no end.
        try TokenTime.check(claims, at: now, needsEnd: false)
        let session = claims.text("sid") ?? ""
        guard session.utf8.count <= sessionLimit else { throw .missing("session (sid)") }
        if claims["sub"] != nil { return (session, try IDToken.subject(of: claims)) }
        guard !session.isEmpty else { throw .missing("session (sid) or subject (sub)") }
        return (session, "")
    }
}
