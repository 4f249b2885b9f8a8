import Bytes
import Foundation
package import HTTP
import Synchronization

/// An issuer of OpenID Connect on loopback, with one person and answers that a test may change.
///
/// Its owner stops it with `stop`, because the server's threads hold it.
package final class IssuerServer: Sendable {
    /// The behaviour of the issuer. Texts are JSON.
    package struct Behaviour: Sendable {
        package var keys: [SigningKey]
        /// Members of the discovery document that replace the usual ones; nil removes one.
        package var document: [String: String?] = [:]
        /// Claims of the ID token that replace the usual ones; nil removes one.
        package var claims: [String: String?] = [:]
        /// Makes the ID token from its claims; nil for the usual signature by the first key.
        package var token: (@Sendable (String) throws -> String)?
        package var userInfo = #"{"sub":"person-1","email":"ada@example.com","email_verified":true}"#
        /// The status of all answers.
        package var status = 200
        /// Milliseconds since 1970.
        package var time: Int64 = 0
    }

    /// An issued code, with the parameters of its request.
    private struct Grant {
        let nonce: String
        let challenge: String
        let redirect: String
    }

    private struct State {
        var behaviour: Behaviour
        var grants: [String: Grant] = [:]
        var requests: [String] = []
        var authorizations: [String] = []
    }

    private final class Memory: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    package let url: String
    private let server: HTTPServer
    private let memory: Memory

    /// - Parameter tls: the files of certificate and key; nil for plain HTTP.
    package init(_ key: SigningKey, at time: Int64, tls: HTTPConfiguration.TLS? = nil) throws {
        let memory = Memory(State(behaviour: Behaviour(keys: [key], time: time)))
        self.memory = memory
        let spool = FileManager.default.temporaryDirectory.appendingPathComponent("issuer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: spool, withIntermediateDirectories: true)
        var configuration = HTTPConfiguration(listen: try ListenAddress(parsing: "127.0.0.1:0"), spool: spool.path)
        configuration.tls = tls
        server = try HTTPServer(
            configuration, policy: { _ in .memory(limit: 1 << 16) }, handler: { .now(Self.answer(to: $0, memory)) })
        url = server.url
    }

    package func stop() async { await server.drain(grace: .zero) }

    package func change(_ body: (inout Behaviour) -> Void) { memory.state.withLock { body(&$0.behaviour) } }

    /// Methods and paths of the requests so far.
    package var requests: [String] { memory.state.withLock { $0.requests } }

    /// The fields `Authorization` of token requests so far.
    package var authorizations: [String] { memory.state.withLock { $0.authorizations } }

    /// Acts as a person's browser at the issuer: signs in and is sent back. Returns the code and the state of the
    /// answer.
    package func signIn(at address: String) throws -> (code: String, state: String, fields: [String: String]) {
        guard let parts = URLComponents(string: address) else { throw CocoaError(.formatting) }
        let fields = Dictionary(
            (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { first, _ in first })
        let code = "code-\(UUID().uuidString)"
        let grant = Grant(
            nonce: fields["nonce"] ?? "", challenge: fields["code_challenge"] ?? "",
            redirect: fields["redirect_uri"] ?? "")
        memory.state.withLock { $0.grants[code] = grant }
        return (code, fields["state"] ?? "", fields)
    }

    // MARK: Answers

    private static func answer(to request: HTTPRequest, _ memory: Memory) -> HTTPResponse {
        let host = "\(request.isTLS ? "https" : "http")://\(request.headers["Host"] ?? "")"
        let behaviour = memory.state.withLock { state in
            state.requests.append("\(request.method) \(request.path)")
            return state.behaviour
        }
        guard behaviour.status == 200 else { return .text(behaviour.status, "no") }
        switch request.path {
        case "/.well-known/openid-configuration": return json(document(at: host, behaviour))
        case "/keys": return json(SigningKey.json(behaviour.keys))
        case "/userinfo": return json(behaviour.userInfo)
        case "/token": return token(request, host, memory)
        default: return .text(404, "nothing here")
        }
    }

    private static func document(at host: String, _ behaviour: Behaviour) -> String {
        object(
            [
                "issuer": "\"\(host)\"", "authorization_endpoint": "\"\(host)/authorize\"",
                "token_endpoint": "\"\(host)/token\"", "jwks_uri": "\"\(host)/keys\"",
                "userinfo_endpoint": "\"\(host)/userinfo\"", "end_session_endpoint": "\"\(host)/logout\"",
                "response_types_supported": #"["code"]"#, "code_challenge_methods_supported": #"["plain","S256"]"#,
                "id_token_signing_alg_values_supported": #"["RS256"]"#,
            ], behaviour.document)
    }

    /// RFC 6749 §4.1.3, with PKCE; a code is valid once.
    private static func token(_ request: HTTPRequest, _ host: String, _ memory: Memory) -> HTTPResponse {
        guard case .bytes(let body) = request.body else { return .text(400, "no form") }
        let form = URLComponents(string: "?" + String(decoding: body, as: UTF8.self))?.queryItems ?? []
        func field(_ name: String) -> String { form.first { $0.name == name }?.value ?? "" }
        let (grant, behaviour) = memory.state.withLock { state in
            state.authorizations.append(request.headers["Authorization"] ?? "")
            return (state.grants.removeValue(forKey: field("code")), state.behaviour)
        }
        let challenge = SigningKey.part(Digest.of(field("code_verifier").utf8, .sha256))
        guard let grant, grant.challenge == challenge, grant.redirect == field("redirect_uri") else {
            return HTTPResponse(
                status: 400, type: "application/json", bytes: Array(#"{"error":"invalid_grant"}"#.utf8))
        }
        let seconds = behaviour.time / 1000
        let payload = object(
            [
                "iss": "\"\(host)\"", "aud": #""waybill""#, "sub": #""person-1""#, "nonce": "\"\(grant.nonce)\"",
                "iat": "\(seconds)", "exp": "\(seconds + 300)", "email": #""ada@example.com""#,
                "email_verified": "true", "name": #""Ada""#, "groups": #"["developers"]"#, "sid": #""session-1""#,
            ], behaviour.claims)
        guard let token = try? behaviour.token?(payload) ?? behaviour.keys[0].token(payload) else {
            return .text(500, "no token")
        }
        return json(#"{"access_token":"access","token_type":"Bearer","id_token":"\#(token)"}"#)
    }

    private static func object(_ usual: [String: String], _ changes: [String: String?]) -> String {
        var members = usual
        for (name, value) in changes { members[name] = value }
        return "{" + members.sorted { $0.key < $1.key }.map { #""\#($0.key)":\#($0.value)"# }.joined(separator: ",")
            + "}"
    }

    private static func json(_ text: String) -> HTTPResponse {
        HTTPResponse(type: "application/json", bytes: Array(text.utf8))
    }
}
