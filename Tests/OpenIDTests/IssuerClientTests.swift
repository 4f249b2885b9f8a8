import CCJose
import Synchronization
import TestSupport
import Testing

@testable import OpenID

/// Signing in with an issuer that answers correctly, or as an attacker would want it to.
final class IssuerClientTests: Sendable {
    private static let start: Int64 = 1_800_000_000_000
    private static let key = Result { try SigningKey("a", curve: CJOSE_JWK_EC_P_256) }

    let server: IssuerServer
    private let time = Time()

    private final class Time: Sendable {
        let now = Mutex(IssuerClientTests.start)
        private let begun = ContinuousClock.now

        /// The time of a clock that nobody sets.
        var instant: ContinuousClock.Instant {
            begun + .milliseconds(now.withLock { $0 } - IssuerClientTests.start)
        }
    }

    init() throws {
        server = try IssuerServer(try Self.key.get(), at: Self.start)
        server.change { $0.token = { try Self.key.get().token($0, by: "ES256") } }
    }

    private func client(_ change: (inout Issuer) -> Void = { _ in }) -> IssuerClient {
        var issuer = Issuer(id: "acme", name: "Acme", url: server.url, client: "waybill", organizations: ["Acme"])
        issuer.secret = "s:e cret"
        change(&issuer)
        let time = time
        return IssuerClient(
            issuer, redirect: "https://waybill.example/console/sign-in/acme/callback",
            now: { time.now.withLock { $0 } }, clock: { time.instant })
    }

    private func pass(_ milliseconds: Int64) {
        let now = time.now.withLock { time in
            time += milliseconds
            return time
        }
        server.change { $0.time = now }
    }

    private static let attempt = SignInAttempt(
        secret: String(repeating: "a", count: 64), state: String(repeating: "b", count: 64))

    /// Signs in from the first page to the person.
    @discardableResult
    private func signIn(_ client: IssuerClient) throws -> SignedInPerson {
        let answer = try server.signIn(at: try client.authorization(Self.attempt))
        return try client.person(SignInAnswer(code: answer.code), Self.attempt)
    }

    /// Runs a test and stops the issuer.
    private func run(_ body: () throws -> Void) async throws {
        let result = Result { try body() }
        await server.stop()
        try result.get()
    }

    // MARK: The way through

    @Test func aPersonSignsIn() async throws {
        try await run {
            let client = client()
            let fields = try server.signIn(at: try client.authorization(Self.attempt)).fields
            #expect(fields["response_type"] == "code" && fields["client_id"] == "waybill")
            #expect(fields["scope"] == "openid profile email" && fields["state"] == Self.attempt.state)
            #expect(fields["redirect_uri"] == client.redirect && fields["code_challenge_method"] == "S256")
            // No secret of the browser is in the address.
            #expect(!fields.values.contains { $0.contains(Self.attempt.secret) || $0.contains(Self.attempt.verifier) })
            let person = try signIn(client)
            #expect(person.subject == "person-1" && person.email == "ada@example.com" && person.name == "Ada")
            #expect(person.isEmailVerified == true && person.groups == ["developers"] && person.hasGroups)
            #expect(person.session == "session-1" && person.sessionEnd == nil)
            // RFC 6749 §2.3.1: encoded like a form, then in base64.
            #expect(server.authorizations == ["Basic d2F5YmlsbDpzJTNBZSUyMGNyZXQ="])
            // The document and the keys were requested once; the token had enough claims.
            #expect(server.requests == ["GET /.well-known/openid-configuration", "POST /token", "GET /keys"])
        }
    }

    @Test func theSecretGoesWhereTheIssuerWantsIt() async throws {
        try await run {
            server.change { $0.document["token_endpoint_auth_methods_supported"] = #"["client_secret_post"]"# }
            try signIn(client())
            server.change { $0.document["token_endpoint_auth_methods_supported"] = #"["private_key_jwt"]"# }
            #expect(throws: SignInFault.document("it takes no secret as client_secret_basic or client_secret_post")) {
                try signIn(client())
            }
            try signIn(client { $0.secret = nil })
            #expect(server.authorizations == ["", ""])
        }
    }

    @Test func theIssuerIsAskedForWhatTheTokenDoesNotSay() async throws {
        try await run {
            server.change { behaviour in
                behaviour.claims = ["email": nil, "email_verified": nil, "groups": nil]
                behaviour.userInfo =
                    #"{"sub":"person-1","email":"ada@example.org","email_verified":false,"groups":["operators"]}"#
            }
            let person = try signIn(client())
            #expect(person.email == "ada@example.org" && person.isEmailVerified == false)
            #expect(person.groups == ["operators"])
            server.change { $0.userInfo = #"{"sub":"person-2","email":"eve@example.org"}"# }
            #expect(throws: SignInFault.otherPerson) { try signIn(client()) }
        }
    }

    @Test func groupsThatAreKeptElsewhereAreNamed() async throws {
        try await run {
            server.change { behaviour in
                behaviour.claims = ["groups": nil, "_claim_names": #"{"groups":"src1"}"#]
            }
            #expect(throws: SignInFault.groupsElsewhere("groups")) { try signIn(client()) }
        }
    }

    @Test(arguments: [nil, "{}", "null", "[1]"]) func groupsThatAreNotNamedAreNoEmptyList(claim: String?) async throws {
        try await run {
            server.change { $0.claims.updateValue(claim, forKey: "groups") }
            #expect(try signIn(client()).hasGroups == false)
            server.change { $0.claims.updateValue("[]", forKey: "groups") }
            let person = try signIn(client())
            #expect(person.hasGroups && person.groups.isEmpty)
        }
    }

    @Test func theEndOfTheIssuersSessionIsKnown() async throws {
        try await run {
            server.change { $0.claims["session_expiry"] = "1800003600" }
            let person = try signIn(client())
            #expect(person.sessionEnd == 1_800_003_600_000)
        }
    }

    // MARK: Rotation of keys

    @Test func newKeysAreLoadedOnceAMinute() async throws {
        try await run {
            let client = client()
            try signIn(client)
            pass(2 * 60_000)
            let new = try SigningKey("b", curve: CJOSE_JWK_EC_P_256)
            server.change { behaviour in
                behaviour.keys = [new]
                behaviour.token = { try new.token($0, by: "ES256") }
            }
            try signIn(client)
            let loads = { [server] in server.requests.filter { $0 == "GET /keys" }.count }
            #expect(loads() == 2)
            // An unknown key causes no further load in the same minute.
            server.change { $0.token = { try new.token($0, by: "ES256", named: "c") } }
            for _ in 0..<3 {
                #expect(throws: SignInFault.token(.unknownKey("c"))) { try signIn(client) }
            }
            #expect(loads() == 2)
            pass(60_000)
            #expect(throws: SignInFault.token(.unknownKey("c"))) { try signIn(client) }
            #expect(loads() == 3)
        }
    }

    // MARK: Attacks

    @Test func aCodeWorksOnceAndForItsBrowserOnly() async throws {
        try await run {
            let client = client()
            let answer = try server.signIn(at: try client.authorization(Self.attempt))
            _ = try client.person(SignInAnswer(code: answer.code), Self.attempt)
            #expect(throws: SignInFault.noToken("it answered 400, invalid_grant")) {
                try client.person(SignInAnswer(code: answer.code), Self.attempt)
            }
            // A stolen code is worthless without the secret of its browser.
            let other = try server.signIn(at: try client.authorization(Self.attempt))
            let thief = SignInAttempt(secret: String(repeating: "c", count: 64), state: Self.attempt.state)
            #expect(throws: SignInFault.noToken("it answered 400, invalid_grant")) {
                try client.person(SignInAnswer(code: other.code), thief)
            }
        }
    }

    @Test func answersOfIssuersAreNotMixedUp() async throws {
        try await run {
            let client = client()
            for (namesItself, named) in [(true, ""), (true, "https://evil.example"), (false, "https://evil.example")] {
                server.change { $0.document["authorization_response_iss_parameter_supported"] = "\(namesItself)" }
                pass(3_600_000)
                let code = try server.signIn(at: try client.authorization(Self.attempt)).code
                let requests = server.requests.count
                #expect(throws: SignInFault.otherIssuer(named)) {
                    try client.person(SignInAnswer(code: code, issuer: named), Self.attempt)
                }
                // The code never left.
                #expect(server.requests.count == requests)
            }
            let code = try server.signIn(at: try client.authorization(Self.attempt)).code
            #expect(throws: Never.self) {
                try client.person(SignInAnswer(code: code, issuer: server.url), Self.attempt)
            }
        }
    }

    @Test func theIssuersRefusalIsShown() async throws {
        try await run {
            let answer = SignInAnswer(code: "", error: "access_denied", reason: "Not you")
            #expect(throws: SignInFault.refused("access_denied", "Not you")) {
                try client().person(answer, Self.attempt)
            }
        }
    }

    @Test(arguments: [
        "http://169.254.169.254/latest", "https://10.0.0.1/token", "http://[::1]:1/token", "file:///etc/passwd",
        "https://evil.example/token", "https://localhost@evil.example/", "//evil.example", "https://EVIL.example:443",
    ])
    func aDocumentThatPointsElsewhereIsRefused(address: String) async throws {
        try await run {
            for member in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
                server.change { $0.document = [member: "\"\(address)\""] }
                #expect(throws: SignInFault.elsewhere(member: member, address: address)) { try signIn(client()) }
            }
            // Unneeded claims are not used.
            server.change {
                $0.document = ["userinfo_endpoint": "\"\(address)\"", "end_session_endpoint": "\"\(address)\""]
            }
            let lenient = client()
            try signIn(lenient)
            #expect(lenient.endSession(returningTo: "https://waybill.example/") == nil)
        }
    }

    @Test func anOriginOfTheFileMayBePointedTo() async throws {
        try await run {
            server.change { $0.document["jwks_uri"] = #""https://127.0.0.1:9/keys""# }
            let client = client { $0.origins = ["https://127.0.0.1:9"] }
            // It is requested now, and is missing.
            let fault = #expect(throws: SignInFault.self) { try signIn(client) }
            guard case .unreachable = fault else {
                Issue.record("another fault: \(String(describing: fault))")
                return
            }
        }
    }

    @Test func aDocumentOfAnotherIssuerIsRefused() async throws {
        try await run {
            server.change { $0.document["issuer"] = #""https://evil.example""# }
            #expect(throws: SignInFault.document("it is about https://evil.example and not about \(server.url)")) {
                try signIn(client())
            }
            server.change { $0.document = ["code_challenge_methods_supported": #"["plain"]"#] }
            #expect(throws: SignInFault.self) { try signIn(client()) }
            server.change { $0.document = ["id_token_signing_alg_values_supported": #"["HS256"]"#] }
            #expect(throws: SignInFault.document("it signs by HS256 alone")) { try signIn(client()) }
        }
    }

    @Test func anIssuerThatIsDownOrTalksTooMuchIsSaidSo() async throws {
        try await run {
            server.change { $0.status = 503 }
            #expect(
                throws: SignInFault.unreachable("\(server.url)/.well-known/openid-configuration answered 503")
            ) { try signIn(client()) }
            server.change { behaviour in
                behaviour.status = 200
                behaviour.document["long"] = "\"" + String(repeating: "a", count: 600_000) + "\""
            }
            let fault = #expect(throws: SignInFault.self) { try signIn(client()) }
            #expect(fault?.description.contains("more than 524288 bytes") == true)
        }
    }

    // MARK: An issuer that is down

    /// A hanging issuer would hold a thread for each attempt.
    @Test func whatFailedIsNotAskedForAgainForAMoment() async throws {
        try await run {
            let client = client()
            let down = SignInFault.unreachable("\(server.url)/.well-known/openid-configuration answered 503")
            server.change { $0.status = 503 }
            for _ in 0..<5 { #expect(throws: down) { try client.authorization(Self.attempt) } }
            #expect(server.requests.count == 1)
            time.now.withLock { $0 += 4999 }
            #expect(throws: down) { try client.authorization(Self.attempt) }
            #expect(server.requests.count == 1)
            // While it is down, it is queried once more; after its recovery, it is queried five seconds later.
            time.now.withLock { $0 += 1 }
            for _ in 0..<2 { #expect(throws: down) { try client.authorization(Self.attempt) } }
            #expect(server.requests.count == 2)
            server.change { $0.status = 200 }
            #expect(throws: down) { try client.authorization(Self.attempt) }
            pass(5000)
            #expect(throws: Never.self) { try signIn(client) }
        }
    }

    @Test func keysThatFailedAreNotAskedForAgainForAMoment() async throws {
        try await run {
            let client = client()
            server.change { $0.document["jwks_uri"] = "\"\(self.server.url)/nothing\"" }
            let missing = SignInFault.unreachable("\(server.url)/nothing answered 404")
            for _ in 0..<3 { #expect(throws: missing) { try client.loggedOut("x.y.z") } }
            #expect(server.requests.filter { $0 == "GET /nothing" }.count == 1)
            // Each caller gets an answer; one of them makes the request.
            pass(5000)
            for _ in 0..<3 { #expect(throws: missing) { try client.loggedOut("x.y.z") } }
            #expect(server.requests.filter { $0 == "GET /nothing" }.count == 2)
        }
    }

    // MARK: Signing out

    @Test func theIssuerIsLeftByALink() async throws {
        try await run {
            let address = client().endSession(returningTo: "https://waybill.example/")
            let wanted = "/logout?client_id=waybill&post_logout_redirect_uri=https%3A%2F%2Fwaybill.example%2F"
            #expect(address == server.url + wanted)
        }
    }

    @Test func tokensThatEndSessionsAreChecked() async throws {
        try await run {
            let client = client()
            let key = try Self.key.get()
            func token(_ changes: [String: String?]) throws -> String {
                var claims = [
                    "iss": "\"\(server.url)\"", "aud": #""waybill""#, "sub": #""person-1""#, "sid": #""session-1""#,
                    "iat": "1800000000", "exp": "1800000120", "jti": #""1""#,
                    "events": #"{"http://schemas.openid.net/event/backchannel-logout":{}}"#,
                ]
                for (name, value) in changes { claims[name] = value }
                return try key.token(
                    "{" + claims.map { #""\#($0.key)":\#($0.value)"# }.joined(separator: ",") + "}", by: "ES256")
            }
            let found = try client.loggedOut(try token([:]))
            #expect(found == ("session-1", "person-1"))
            #expect(try client.loggedOut(try token(["sub": nil])) == ("session-1", ""))
            let wrong: [([String: String?], TokenFault)] = [
                (["events": nil], .purpose), (["events": "{}"], .purpose), (["nonce": #""n""#], .purpose),
                (["sub": nil, "sid": nil], .missing("session (sid) or subject (sub)")),
                (["aud": #""other""#], .audience(["other"])), (["iss": #""x""#], .issuer("x")),
                (["exp": "1799999000"], .ended(1_000_000)), (["iat": "1799990000"], .old(10_000_000)),
            ]
            for (changes, fault) in wrong {
                #expect(throws: SignInFault.token(fault)) { try client.loggedOut(try token(changes)) }
            }
        }
    }
}
