import Bytes
import Outbound
import Synchronization

// DESIGN. All requests to issuers are made here, each bounded in time and size and without redirects, to addresses that
// `Discovery` has checked. Documents and keys are kept for an hour. A token that names an unknown key has the keys loaded once
// more, but at most once a minute, since anybody who can sign in somewhere could cause it. After a failed request, the client
// waits for five seconds, and then only one caller repeats the request: an issuer that hangs must not hold every thread.
// Blocks: called on threads of its own.

/// The checked claims of an issuer about a person who signed in.
package struct SignedInPerson: Sendable, Equatable {
    /// The person's name at the issuer, which identifies the person together with the issuer's address.
    package let subject: String
    /// Empty if the issuer gives none.
    package let email: String
    /// Nil if the issuer does not send it.
    package let isEmailVerified: Bool?
    package let name: String
    package let groups: [String]
    /// Whether the issuer said which groups there are.
    package let hasGroups: Bool
    /// The issuer's name of the session (`sid`); empty if it gives none.
    package let session: String
    /// The latest end of the issuer's session, in milliseconds since 1970 (`session_expiry` of the IPSIE SL1 profile); nil if
    /// the issuer states none.
    package let sessionEnd: Int64?
}

/// The answer of an issuer that the browser brings (RFC 6749 §4.1.2).
package struct SignInAnswer: Sendable {
    package let code: String
    /// The issuer's name of itself (RFC 9207); empty if it gives none.
    package let issuer: String
    package let error: String
    package let reason: String

    package init(code: String, issuer: String = "", error: String = "", reason: String = "") {
        self.code = code
        self.issuer = issuer
        self.error = error
        self.reason = reason
    }
}

/// Communicates with one issuer.
///
///     let attempt = SignInAttempt(secret: secret, state: state)  // kept while the person is at the issuer
///     redirect(to: try client.authorization(attempt))
///     …  // the browser comes back
///     let person = try client.person(SignInAnswer(code: code), attempt)
///
/// A client lives as long as the server. Any thread may use it, several at a time; calls block up to 10 seconds for
/// each request to the issuer. Times are milliseconds since 1970. Errors are `SignInFault`s. A client remembers the
/// issuer's description and keys; it calls no code of its user but the clocks.
package final class IssuerClient: Sendable {
    /// The most bytes of a document, of keys, and of an answer with tokens.
    private static let answerLimit = 512 << 10
    /// The most seconds of one request.
    private static let deadline = 10
    /// The milliseconds for which documents and keys are cached, and those after a load until unknown keys cause
    /// another one.
    private static let life: Int64 = 3_600_000
    private static let reloadPause: Int64 = 60_000
    /// The time for which a failure stands for the answer.
    private static let failurePause = Duration.seconds(5)
    /// The most groups of a person that count, and the longest name of a group in bytes.
    private static let groupLimit = 2000
    private static let groupLength = 255

    /// The documents that the client requests before anybody has signed in, so that strangers can cause the requests.
    private enum Document { case discovery, keys }

    private struct Memory {
        var discovery: (document: Discovery, at: Int64)?
        var keys: (set: KeySet, at: Int64)?
        /// The documents that could not be had, and until when they are not asked for again.
        var failures: [Document: (fault: SignInFault, until: ContinuousClock.Instant)] = [:]
    }

    package let issuer: Issuer
    /// The address to which the issuer sends the browser back, exactly as it is registered there.
    package let redirect: String
    private let memory = Mutex(Memory())
    private let now: @Sendable () -> Int64
    private let clock: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - now: milliseconds since 1970, UTC.
    ///   - clock: for pauses, which no change of the time of day shortens.
    package init(
        _ issuer: Issuer, redirect: String, now: @escaping @Sendable () -> Int64,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.issuer = issuer
        self.redirect = redirect
        self.now = now
        self.clock = clock
    }

    // MARK: The steps of signing in

    /// The address that the browser opens to sign in (OpenID Connect Core §3.1.2.1).
    package func authorization(_ attempt: SignInAttempt) throws(SignInFault) -> String {
        let address = try discovery().authorization
        return address + (address.contains("?") ? "&" : "?")
            + FormText.of([
                ("response_type", "code"), ("client_id", issuer.client), ("redirect_uri", redirect),
                ("scope", issuer.scopes.joined(separator: " ")), ("state", attempt.state), ("nonce", attempt.nonce),
                ("code_challenge", attempt.challenge), ("code_challenge_method", "S256"),
            ])
    }

    /// The person who came back from the issuer.
    package func person(_ answer: SignInAnswer, _ attempt: SignInAttempt) throws(SignInFault) -> SignedInPerson {
        let discovery = try discovery()
        // RFC 9207 §2.4: this check comes before anything else of the answer is used.
        guard answer.issuer == issuer.url || (answer.issuer.isEmpty && !discovery.namesItself) else {
            throw .otherIssuer(answer.issuer)
        }
        guard answer.error.isEmpty else { throw .refused(answer.error, answer.reason) }
        guard !answer.code.isEmpty else { throw .refused("it sent no code", "") }
        let tokens = try exchange(answer.code, attempt, discovery)
        guard let text = tokens.text("id_token") else { throw .noToken("its answer has no id_token") }
        let rules = IDTokenRules(issuer: issuer.url, client: issuer.client, nonce: attempt.nonce)
        let time = now()
        let token = try withKeys(discovery) { keys throws(TokenFault) in try IDToken(text, by: keys, rules, at: time) }
        return try person(token, tokens.text("access_token"), discovery)
    }

    /// The session and the person in a logout token (OpenID Connect Back-Channel Logout 1.0 §2.6); one of them may be empty.
    package func loggedOut(_ token: String) throws(SignInFault) -> (session: String, subject: String) {
        let time = now()
        return try withKeys(try discovery()) { [issuer] keys throws(TokenFault) in
            try LogoutToken.read(token, by: keys, issuer: issuer.url, client: issuer.client, at: time)
        }
    }

    /// The address for signing out of the issuer itself (OpenID Connect RP-Initiated Logout 1.0 §2); nil if the issuer has none
    /// or does not answer.
    package func endSession(returningTo address: String) -> String? {
        guard let place = try? discovery().endSession, !place.isEmpty else { return nil }
        return place + (place.contains("?") ? "&" : "?")
            + FormText.of([("client_id", issuer.client), ("post_logout_redirect_uri", address)])
    }

    // MARK: Parts

    /// The claims about a person in a token, completed from the userinfo endpoint (OpenID Connect Core §5.3).
    private func person(
        _ token: IDToken, _ access: String?, _ discovery: Discovery
    ) throws(SignInFault) -> SignedInPerson {
        var more: ClaimSet?
        let isEnough = token.claims.text("email") != nil && token.claims.claim(at: issuer.groupsClaim) != nil
        if !isEnough, let access, !discovery.userInfo.isEmpty {
            let found = try claims(of: request(.get, discovery.userInfo, [("Authorization", "Bearer \(access)")]))
            // §5.3.2: otherwise the answer could be about anybody.
            guard found.text("sub") == token.subject else { throw .otherPerson }
            more = found
        }
        /// Both parts of the statement about the address must come from one source.
        let source = token.claims.text("email") == nil ? more ?? token.claims : token.claims
        let listed = token.claims.claim(at: issuer.groupsClaim) ?? more?.claim(at: issuer.groupsClaim)
        if listed == nil, case .object(let names) = token.claims["_claim_names"], names[issuer.groupsClaim] != nil {
            throw .groupsElsewhere(issuer.groupsClaim)
        }
        // A claim that is not a list of names counts as a missing claim.
        let groups = listed?.texts ?? []
        guard groups.count <= Self.groupLimit else { throw .groupsElsewhere(issuer.groupsClaim) }
        let isVerified: Bool? =
            switch source["email_verified"] {
            case .flag(let value): value
            // Some issuers send it as a text.
            case .text(let word): word == "true"
            default: nil
            }
        return SignedInPerson(
            subject: token.subject, email: source.text("email") ?? "", isEmailVerified: isVerified,
            name: token.claims.text("name") ?? more?.text("name") ?? "",
            groups: groups.filter { !$0.isEmpty && $0.utf8.count <= Self.groupLength }, hasGroups: listed?.texts != nil,
            session: token.claims.text("sid") ?? "", sessionEnd: token.claims["session_expiry"]?.time)
    }

    /// Exchanges a code for tokens (OpenID Connect Core §3.1.3.1).
    private func exchange(
        _ code: String, _ attempt: SignInAttempt, _ discovery: Discovery
    ) throws(SignInFault) -> ClaimSet {
        var form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect),
            ("code_verifier", attempt.verifier),
        ]
        var fields = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")]
        if let secret = issuer.secret, discovery.authentication == .basic {
            // RFC 6749 §2.3.1: both parts are first encoded like a form.
            let pair = "\(issuer.client.percentEncoded):\(secret.percentEncoded)"
            fields.append(("Authorization", "Basic \(pair.utf8.base64)"))
        } else {
            form.append(("client_id", issuer.client))
            if let secret = issuer.secret { form.append(("client_secret", secret)) }
        }
        let request = request(.post, discovery.token, fields)
        let answer = try send(request, Array(FormText.of(form).utf8))
        guard answer.status == 200 else {
            // RFC 6749 §5.2: an error code for the reason.
            let word = (try? ClaimSet(answer.body))?.text("error") ?? "no reason"
            throw .noToken("it answered \(answer.status), \(word.prefix(100))")
        }
        return try read(answer)
    }

    /// Calls a closure with the issuer's keys; with reloaded ones if a token names an unknown key.
    private func withKeys<Result>(
        _ discovery: Discovery, _ body: (KeySet) throws(TokenFault) -> Result
    ) throws(SignInFault) -> Result {
        let time = now()
        let kept = memory.withLock { $0.keys }
        let isFresh = kept.map { time - $0.at < Self.life && $0.at <= time } ?? false
        do {
            return try body(isFresh ? kept?.set ?? loadKeys(discovery) : loadKeys(discovery))
        } catch let fault as TokenFault {
            guard case .unknownKey = fault, isFresh, let kept, time - kept.at >= Self.reloadPause else {
                throw .token(fault)
            }
        } catch let fault as SignInFault {
            throw fault
        } catch {
            throw .unreachable("\(error)")
        }
        let keys = try loadKeys(discovery)
        do throws(TokenFault) {
            return try body(keys)
        } catch {
            throw .token(error)
        }
    }

    private func loadKeys(_ discovery: Discovery) throws(SignInFault) -> KeySet {
        let keys = try load(.keys) { () throws(SignInFault) in
            let claims = try claims(of: request(.get, discovery.keys))
            do throws(TokenFault) {
                return try KeySet(claims)
            } catch {
                throw .unreachable("its keys cannot be read: \(error)")
            }
        }
        let time = now()
        memory.withLock { $0.keys = (keys, time) }
        return keys
    }

    private func discovery() throws(SignInFault) -> Discovery {
        let time = now()
        if let kept = memory.withLock({ $0.discovery }), time - kept.at < Self.life, kept.at <= time {
            return kept.document
        }
        let document = try load(.discovery) { () throws(SignInFault) in
            try Discovery(try claims(of: request(.get, Discovery.address(of: issuer.url))), of: issuer)
        }
        memory.withLock { $0.discovery = (document, time) }
        return document
    }

    /// Asks for a document, unless it could not be had a moment ago: then the fault of that time is the answer.
    private func load<Result>(
        _ document: Document, _ ask: () throws(SignInFault) -> Result
    ) throws(SignInFault) -> Result {
        let time = clock()
        let remembered: SignInFault? = memory.withLock { memory in
            guard let failure = memory.failures[document] else { return nil }
            guard time >= failure.until else { return failure.fault }
            // This caller asks again; the others have the fault meanwhile.
            memory.failures[document] = (failure.fault, time + .seconds(Self.deadline) + Self.failurePause)
            return nil
        }
        if let remembered { throw remembered }
        do throws(SignInFault) {
            let result = try ask()
            memory.withLock { $0.failures[document] = nil }
            return result
        } catch {
            let end = clock() + Self.failurePause
            memory.withLock { $0.failures[document] = (error, end) }
            throw error
        }
    }

    // MARK: Requests

    private func request(
        _ method: OutboundRequest.Method, _ url: String, _ fields: [(String, String)] = [("Accept", "application/json")]
    ) -> OutboundRequest {
        // `WebOrigin` accepts http only for this machine.
        var request = OutboundRequest(method, url: url, protocols: url.hasPrefix("http:") ? "http" : "https")
        request.fields = fields + [("User-Agent", "Waybill")]
        request.trusted = issuer.trusted
        request.deadline = Self.deadline
        request.answer = .kept(limit: Self.answerLimit)
        return request
    }

    /// The JSON object in an answer, which must have the status 200.
    private func claims(of request: OutboundRequest) throws(SignInFault) -> ClaimSet {
        let answer = try send(request, [])
        guard answer.status == 200 else { throw .unreachable("\(request.url) answered \(answer.status)") }
        return try read(answer)
    }

    private func read(_ answer: OutboundAnswer) throws(SignInFault) -> ClaimSet {
        do throws(TokenFault) {
            return try ClaimSet(answer.body)
        } catch {
            throw .unreachable("its answer is no JSON object: \(error)")
        }
    }

    private func send(_ request: OutboundRequest, _ body: [UInt8]) throws(SignInFault) -> OutboundAnswer {
        do throws(OutboundError) {
            let connection = try OutboundConnection()
            return try connection.perform(request, sending: body)
        } catch {
            throw .unreachable("\(request.url): \(error.text)")
        }
    }
}
