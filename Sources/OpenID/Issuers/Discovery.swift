/// The checked discovery document of an issuer (OpenID Connect Discovery 1.0 §3).
struct Discovery: Sendable {
    enum Authentication: Sendable, Equatable {
        /// The secret is sent in the field `Authorization`, or in the body (RFC 6749 §2.3.1).
        case basic
        case post
    }

    let authorization: String
    let token: String
    let keys: String
    /// Empty if the issuer has none that may be used.
    let userInfo: String
    /// The address for signing out of the issuer itself; empty without one.
    let endSession: String
    let authentication: Authentication
    /// Whether the issuer states its name in each answer (RFC 9207 §3).
    let namesItself: Bool

    /// The address of an issuer's document (§4).
    static func address(of issuer: String) -> String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }

    /// Checks a document.
    init(_ claims: ClaimSet, of issuer: Issuer) throws(SignInFault) {
        // §4.3: otherwise another issuer's document would let that issuer sign people in here.
        guard claims["issuer"]?.text == issuer.url else {
            let found = claims["issuer"]?.text ?? "nobody"
            throw .document("it is about \(found.prefix(200)) and not about \(issuer.url)")
        }
        let allowed = Set(([issuer.url] + issuer.origins).compactMap { WebOrigin(of: $0) })
        func address(_ name: String) throws(SignInFault) -> String {
            guard let url = claims.text(name) else { throw .document("it has no \(name)") }
            guard let origin = WebOrigin(of: url), allowed.contains(origin) else {
                throw .elsewhere(member: name, address: url)
            }
            return url
        }
        func addressIfAllowed(_ name: String) -> String {
            guard let url = claims.text(name), let origin = WebOrigin(of: url), allowed.contains(origin) else {
                return ""
            }
            return url
        }
        authorization = try address("authorization_endpoint")
        token = try address("token_endpoint")
        keys = try address("jwks_uri")
        userInfo = addressIfAllowed("userinfo_endpoint")
        endSession = addressIfAllowed("end_session_endpoint")
        if let methods = claims["code_challenge_methods_supported"]?.texts, !methods.contains("S256") {
            throw .document("it has no PKCE by S256 (code_challenge_methods_supported)")
        }
        if let algorithms = claims["id_token_signing_alg_values_supported"]?.texts {
            guard algorithms.contains(where: { SignatureAlgorithm(rawValue: $0) != nil }) else {
                throw .document("it signs by \(algorithms.joined(separator: ", ").prefix(200)) alone")
            }
        }
        let methods = claims["token_endpoint_auth_methods_supported"]?.texts ?? ["client_secret_basic"]
        if methods.contains("client_secret_basic") {
            authentication = .basic
        } else if methods.contains("client_secret_post") || issuer.secret == nil {
            authentication = .post
        } else {
            throw .document("it takes no secret as client_secret_basic or client_secret_post")
        }
        namesItself = claims["authorization_response_iss_parameter_supported"] == .flag(true)
    }
}
