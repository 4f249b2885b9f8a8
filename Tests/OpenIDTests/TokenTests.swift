import Bytes
import CCJose
import OpenID
import TestSupport
import Testing

/// Tokens of an issuer: valid ones, and manipulated ones.
@Suite struct TokenTests {
    private static let now: Int64 = 1_800_000_000_000
    private static let rules = IDTokenRules(issuer: "https://issuer.example", client: "waybill", nonce: "n-1")

    /// The claims of a valid token, with some of them changed; nil leaves one out.
    private static func payload(_ changes: [String: String?] = [:]) -> String {
        var claims = [
            "iss": #""https://issuer.example""#, "aud": #""waybill""#, "sub": #""person-1""#, "nonce": #""n-1""#,
            "iat": "1799999990", "exp": "1800000300",
        ]
        for (name, value) in changes { claims[name] = value }
        return "{" + claims.sorted { $0.key < $1.key }.map { #""\#($0.key)":\#($0.value)"# }.joined(separator: ",")
            + "}"
    }

    private static func check(_ token: String, by keys: KeySet) throws -> IDToken {
        try IDToken(token, by: keys, rules, at: now)
    }

    @Test(arguments: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
    func takesTokensSignedByRSA(algorithm: String) throws {
        let key = try SigningKey.rsa.get()
        let token = try Self.check(try key.token(Self.payload(), by: algorithm), by: .init(key))
        #expect(token.subject == "person-1")
    }

    @Test func takesTokensSignedOnEachCurve() throws {
        for (algorithm, curve) in [
            ("ES256", CJOSE_JWK_EC_P_256), ("ES384", CJOSE_JWK_EC_P_384), ("ES512", CJOSE_JWK_EC_P_521),
        ] {
            let key = try SigningKey("a", curve: curve)
            let token = try Self.check(try key.token(Self.payload(), by: algorithm), by: .init(key))
            #expect(token.subject == "person-1", "\(algorithm)")
        }
    }

    // MARK: Signatures

    @Test func refusesTokensThatAreNotSigned() throws {
        let keys = try SigningKey.set(try SigningKey.rsa.get())
        for name in ["none", "None", "NONE", ""] {
            let token = SigningKey.forged(#"{"alg":"\#(name)","kid":"a"}"#, Self.payload())
            #expect(throws: TokenFault.algorithm(name)) { try Self.check(token, by: keys) }
        }
        #expect(throws: TokenFault.algorithm("")) {
            try Self.check(SigningKey.forged(#"{"kid":"a"}"#, Self.payload()), by: keys)
        }
    }

    /// A reader that lets the token choose would use the public key as the secret of an HMAC.
    @Test func refusesAnHMACWithThePublicKey() throws {
        let key = try SigningKey.rsa.get()
        let token = SigningKey.forged(#"{"alg":"HS256","kid":"a"}"#, Self.payload()) { signed in
            Digest.hmacSHA256(signed, key: Array(key.json.utf8))
        }
        #expect(throws: TokenFault.algorithm("HS256")) { try Self.check(token, by: try .init(key)) }
    }

    /// A symmetric key in the set is never used, even if the token names it.
    @Test func leavesOutSymmetricAndEncryptionKeys() throws {
        let symmetric = #"{"kty":"oct","kid":"a","k":"c2VjcmV0"}"#
        let encryption = #"{"kty":"RSA","kid":"a","use":"enc","n":"AQAB","e":"AQAB"}"#
        let keys = try KeySet(ClaimSet(Array(#"{"keys":[\#(symmetric),\#(encryption)]}"#.utf8)))
        let token = try SigningKey.rsa.get().token(Self.payload())
        #expect(throws: TokenFault.unknownKey("a")) { try Self.check(token, by: keys) }
    }

    @Test func refusesAnotherSignature() throws {
        let (key, other) = (try SigningKey.rsa.get(), try SigningKey("a"))
        let keys = try SigningKey.set(key)
        #expect(throws: TokenFault.signature) { try Self.check(try other.token(Self.payload()), by: keys) }
        // The signature of one payload with another payload.
        let right = try key.token(Self.payload()).split(separator: ".")
        let changed = SigningKey.part(Array(Self.payload(["sub": #""administrator""#]).utf8))
        #expect(throws: TokenFault.signature) { try Self.check("\(right[0]).\(changed).\(right[2])", by: keys) }
        // A signature by the right key, with another algorithm than the header names.
        let header = SigningKey.part(Array(#"{"alg":"PS256","kid":"a"}"#.utf8))
        #expect(throws: TokenFault.signature) { try Self.check("\(header).\(right[1]).\(right[2])", by: keys) }
    }

    @Test func refusesAKeyOfAnotherKind() throws {
        let (rsa, curve) = (try SigningKey.rsa.get(), try SigningKey("b", curve: CJOSE_JWK_EC_P_384))
        let keys = try SigningKey.set(rsa, curve)
        // Signed by RSA in the name of the other key, and the other way round.
        let tokens = [
            try rsa.token(Self.payload(), named: "b"), try curve.token(Self.payload(), by: "ES384", named: "a"),
        ]
        for token in tokens { #expect(throws: TokenFault.self) { try Self.check(token, by: keys) } }
        let short = SigningKey.forged(#"{"alg":"ES256","kid":"b"}"#, Self.payload()) { _ in
            [UInt8](repeating: 1, count: 64)
        }
        #expect(throws: TokenFault.unknownKey("b")) { try Self.check(short, by: keys) }
    }

    @Test func refusesShortKeys() throws {
        let key = try SigningKey("a", bits: 1024)
        #expect(throws: TokenFault.weakKey) { try Self.check(try key.token(Self.payload()), by: try .init(key)) }
    }

    @Test func refusesAnUnknownKey() throws {
        let (old, new) = (
            try SigningKey("old", curve: CJOSE_JWK_EC_P_256), try SigningKey("new", curve: CJOSE_JWK_EC_P_256)
        )
        let keys = try SigningKey.set(old)
        #expect(throws: TokenFault.unknownKey("new")) {
            try Self.check(try new.token(Self.payload(), by: "ES256"), by: keys)
        }
        // Without a name, a token is accepted only if there is one key.
        let unnamed = try new.token(Self.payload(), by: "ES256", named: "")
        let both = try SigningKey.set(old, new)
        #expect(throws: TokenFault.unknownKey("")) { try Self.check(unnamed, by: both) }
        #expect(throws: Never.self) { try Self.check(unnamed, by: try .init(new)) }
    }

    @Test func refusesExtensionsThatItDoesNotKnow() throws {
        let keys = try SigningKey.set(try SigningKey.rsa.get())
        for member in [#""crit":["b64"],"b64":false"#, #""crit":["exp"]"#, #""b64":false"#] {
            let token = SigningKey.forged(#"{"alg":"RS256","kid":"a",\#(member)}"#, Self.payload())
            #expect(throws: TokenFault.critical) { try Self.check(token, by: keys) }
        }
    }

    @Test(arguments: ["", ".", "..", "a.b", "a.b.c.d", "a.b.c.d.e", "****.e30.e30", "e30.e30.e30"])
    func refusesWhatIsNoToken(text: String) throws {
        let keys = try SigningKey.set(try SigningKey.rsa.get())
        #expect(throws: TokenFault.self) { try Self.check(text, by: keys) }
    }

    /// Two readers may use different ones of two members with one name.
    @Test func refusesMembersThatOccurTwice() throws {
        let key = try SigningKey.rsa.get()
        let keys = try SigningKey.set(key)
        let twice = SigningKey.forged(#"{"alg":"RS256","alg":"none","kid":"a"}"#, Self.payload())
        #expect(throws: TokenFault.unreadable("it has two members named alg")) { try Self.check(twice, by: keys) }
        let payload = #"{"sub":"administrator","# + Self.payload().dropFirst()
        #expect(throws: TokenFault.unreadable("it has two members named sub")) {
            try Self.check(try key.token(payload), by: keys)
        }
    }

    @Test func refusesDeepAndLongTokens() throws {
        let key = try SigningKey.rsa.get()
        let keys = try SigningKey.set(key)
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(throws: TokenFault.self) { try Self.check(try key.token(Self.payload(["x": deep])), by: keys) }
        let long = "\"" + String(repeating: "a", count: KeySet.tokenLimit) + "\""
        #expect(throws: TokenFault.unreadable("it is longer than \(KeySet.tokenLimit) bytes")) {
            try Self.check(try key.token(Self.payload(["x": long])), by: keys)
        }
    }

    // MARK: Claims

    static let wrong: [(String, String?, TokenFault)] = [
        ("iss", nil, .missing("issuer (iss)")),
        ("iss", #""https://issuer.example/""#, .issuer("https://issuer.example/")),
        ("iss", #""https://evil.example""#, .issuer("https://evil.example")),
        ("aud", nil, .missing("audience (aud)")),
        ("aud", #""other""#, .audience(["other"])),
        ("aud", "[]", .audience([])),
        ("aud", #"["waybill","other"]"#, .audience(["waybill", "other"])),
        ("aud", #"{"waybill":true}"#, .missing("audience (aud)")),
        ("azp", #""other""#, .party("other")),
        ("azp", "7", .party("")),
        ("exp", nil, .missing("end (exp)")),
        ("exp", #""1800000300""#, .missing("end (exp)")),
        ("exp", "1e300", .missing("end (exp)")),
        ("exp", "1799999940", .ended(60_000)),
        ("iat", nil, .missing("time of issue (iat)")),
        ("iat", "1800000061", .early(61_000)),
        ("iat", "1799999000", .old(1_000_000)),
        ("nbf", "1800000061", .early(61_000)),
        ("nonce", nil, .nonce),
        ("nonce", #""n-2""#, .nonce),
        ("nonce", #"["n-1"]"#, .nonce),
        ("sub", nil, .missing("subject (sub)")),
        ("sub", #""""#, .missing("subject (sub)")),
        ("sub", "12", .missing("subject (sub)")),
        ("events", #"{"http://schemas.openid.net/event/backchannel-logout":{}}"#, .purpose),
    ]

    @Test(arguments: wrong.indices)
    func refusesWrongClaims(index: Int) throws {
        let (claim, value, fault) = Self.wrong[index]
        let key = try SigningKey("a", curve: CJOSE_JWK_EC_P_256)
        let token = try key.token(Self.payload([claim: value]), by: "ES256")
        #expect(throws: fault) { try Self.check(token, by: try .init(key)) }
    }

    @Test func allowsTheClocksToDifferALittle() throws {
        let key = try SigningKey("a", curve: CJOSE_JWK_EC_P_256)
        let changes = [
            ("exp", "1799999941"), ("iat", "1800000060"), ("nbf", "1800000059.5"), ("aud", #"["waybill"]"#),
        ]
        for (claim, value) in changes {
            let token = try key.token(Self.payload([claim: value]), by: "ES256")
            #expect(throws: Never.self, "\(claim) \(value)") { try Self.check(token, by: try .init(key)) }
        }
    }

    @Test func findsClaimsByNameAndByPath() throws {
        let claims = try ClaimSet(
            Array(
                #"{"groups":["a","b"],"realm_access":{"roles":["c"]},"https://x.example/groups":"d","mixed":["a",1],"none":null}"#
                    .utf8))
        #expect(claims.claim(at: "groups")?.texts == ["a", "b"])
        #expect(claims.claim(at: "realm_access.roles")?.texts == ["c"])
        #expect(claims.claim(at: "https://x.example/groups")?.texts == ["d"])
        #expect(claims.claim(at: "mixed")?.texts == nil)
        #expect(claims.claim(at: "none") == nil && claims.claim(at: "realm_access.none") == nil)
    }
}

extension SigningKey {
    /// A set of these keys.
    static func set(_ keys: SigningKey...) throws -> KeySet { try KeySet(ClaimSet(Array(json(keys).utf8))) }
}

extension KeySet {
    fileprivate init(_ key: SigningKey) throws { self = try SigningKey.set(key) }
}
