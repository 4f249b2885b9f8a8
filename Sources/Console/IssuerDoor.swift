import API
import Bytes
import Database
import HTTP
import Jobs
import OpenID

// DESIGN. The browser goes to the issuer by a link, because forms may lead only to this server (form-action). It keeps a secret in a
// cookie which it sends when the issuer leads it back (SameSite=Lax). It does not send the session's cookie then (SameSite=Strict), so
// the answer is a page with a link instead of a redirect. Each refusal makes a page with the remedy, and a record.

/// Signing in with an issuer of OpenID Connect.
struct IssuerDoor: Sendable {
    private static let cookie = "waybill-sign-in"
    /// The most steps of signing in that one address may take in a minute.
    private static let stepsPerMinute = 60
    /// The most refusals of strangers at an issuer that are recorded with their reason in a minute.
    private static let reasonsPerMinute = 20
    /// The longest address of a page to return to, in bytes.
    private static let pageLimit = 1000

    private let backend: Backend
    private let signIn: SignIn
    /// Sign-ins that wait for issuers. Work that only queries the database runs on `signIn.threads`.
    private let threads: Threads
    private let steps = RateLimit(perMinute: stepsPerMinute)
    private let reasons = RateLimit(perMinute: reasonsPerMinute)

    init(backend: Backend, signIn: SignIn) {
        self.backend = backend
        self.signIn = signIn
        threads = signIn.issuerThreads
    }

    // MARK: To the issuer and back

    /// Sends a browser to an issuer.
    func begin(_ id: String, _ request: HTTPRequest) async throws -> HTTPResponse {
        let client: IssuerClient
        switch try admit(id, request) {
        case .client(let found): client = found
        case .held(let response): return response
        }
        let attempt = SignInAttempt(secret: try backend.random.token(), state: try backend.random.token())
        let address: String
        do {
            address = try await threads.attempt { try client.authorization(attempt) }.get()
        } catch let fault as SignInFault {
            return try await refuse(fault, client, request)
        }
        let now = backend.queue.now()
        // The path of a page of the console; any other path is refused, so that none leads to another site.
        let wanted = request.query["page"].flatMap { Address(path: $0)?.path } ?? ""
        let page = wanted.isEmpty || wanted.utf8.count > Self.pageLimit ? Address().path : wanted
        let row = PendingSignIns.Row(browser: Self.digest(attempt.secret), issuer: id, page: page)
        let sender = AddressRanges.sender(request.client)
        let isNoted = try await backend.database.write { connection in
            try PendingSignIns.begin(row, state: Self.digest(attempt.state), from: sender, at: now, on: connection)
        }
        guard isNoted else {
            let why = "Too many sign-ins that began at your address, or anywhere, are not finished yet."
            return tooMany(why, seconds: 60, request, at: now)
        }
        var response = HTTPResponse(status: 303, headers: ["Location": address])
        response.headers["Set-Cookie"] = cookie(attempt.secret, seconds: PendingSignIns.life / 1000)
        return response
    }

    /// Admits a person whom an issuer has sent back.
    func finish(_ id: String, _ request: HTTPRequest) async throws -> HTTPResponse {
        let client: IssuerClient
        switch try admit(id, request) {
        case .client(let found): client = found
        case .held(let response): return response
        }
        do {
            let (attempt, page) = try await pending(id, request)
            let query = request.query
            let answer = SignInAnswer(
                code: query["code"] ?? "", issuer: query["iss"] ?? "", error: query["error"] ?? "",
                reason: query["error_description"] ?? "")
            let person = try await threads.attempt { try client.person(answer, attempt) }.get()
            return try await enter(person, client, page, request)
        } catch let fault as SignInFault {
            return try await refuse(fault, client, request)
        }
    }

    /// Ends the sessions that an issuer names (OpenID Connect Back-Channel Logout 1.0 §2.5).
    func end(_ id: String, _ token: String, _ request: HTTPRequest) async throws -> HTTPResponse {
        let client: IssuerClient
        switch try admit(id, request) {
        case .client(let found): client = found
        case .held(let response): return response
        }
        let found: (session: String, subject: String)
        do {
            found = try await threads.attempt { try client.loggedOut(token) }.get()
        } catch let fault as SignInFault {
            try await note(fault.description, client, request)
            return .text(400, "\(fault)")
        }
        let (now, issuer) = (backend.queue.now(), client.issuer.url)
        let caller = Caller(request, at: .console)
        try await backend.database.write { connection in
            var keys = try Sessions.end(
                issuerSession: Self.session(found.session, of: issuer), on: connection)
            // If the issuer names no session, all sessions of the person end (§2.4). Otherwise the named one ends, and so
            // do those whose sign-in had no session name.
            if !found.subject.isEmpty,
                let key = try Identities.key(
                    issuer: issuer, subject: found.subject, on: connection)
            {
                keys += try Sessions.end(keyDigest: key, isUnnamed: !found.session.isEmpty, on: connection)
            }
            for key in Set(keys) {
                guard let holder = try KeyHolder.find(key, at: now, on: connection) else { continue }
                try SignIn.note(.signOut, of: holder, caller, request.path, at: now, on: connection)
            }
        }
        return .text(200, "signed out")
    }

    // MARK: Steps

    private enum Admission {
        case client(IssuerClient)
        case held(HTTPResponse)
    }

    /// The issuer of a path, or an answer for an address that asks too often.
    private func admit(_ id: String, _ request: HTTPRequest) throws -> Admission {
        guard let client = backend.issuers?[id] else { throw APIError.refused }
        let (sender, now) = (AddressRanges.sender(request.client), backend.queue.now())
        guard let seconds = steps.admit(sender, at: now) else { return .client(client) }
        let why = "Too many sign-ins have begun or ended at your address within a minute."
        return .held(tooMany(why, seconds: seconds, request, at: now))
    }

    /// The pending sign-in of an answer, with the page that follows. It is removed even if the answer is refused.
    private func pending(_ id: String, _ request: HTTPRequest) async throws -> (SignInAttempt, page: String) {
        guard let state = request.query["state"], let secret = SignIn.cookie(Self.cookie, of: request) else {
            throw SignInFault.unasked
        }
        let now = backend.queue.now()
        let row = try await backend.database.write { connection in
            try PendingSignIns.take(state: Self.digest(state), at: now, on: connection)
        }
        guard let row, row.issuer == id, Identifier.areEqual(row.browser, Self.digest(secret)) else {
            throw SignInFault.unasked
        }
        return (SignInAttempt(secret: secret, state: state), row.page)
    }

    private func enter(
        _ person: SignedInPerson, _ client: IssuerClient, _ page: String, _ request: HTTPRequest
    ) async throws -> HTTPResponse {
        let (now, issuer, name) = (backend.queue.now(), client.issuer, client.issuer.name)
        guard person.isEmailVerified != false else {
            return try await refuse(
                "\(name) says that the address \(person.email) is not verified.",
                "Verify it there, then sign in again.", client, request)
        }
        let issued = IssuedPerson(
            issuer: issuer.url, subject: person.subject, email: person.email,
            isEmailVerified: person.isEmailVerified == true, name: person.name,
            groups: person.hasGroups ? person.groups : nil)
        let (secret, random) = (try backend.random.token(), try backend.random.bytes(32))
        let caller = Caller(request, at: .console)
        let session = signIn.session(secret, of: request)
        let entry = try await backend.database.write { connection -> Identities.Entry in
            let writing = Writing(
                in: Scope(kind: .organization, organization: 0), by: .system, at: now,
                from: caller.origin(of: request.path, by: nil), on: connection)
            // The rules are read after the lock, so that no call can change them any more.
            try Identities.lock(issuer.reach(on: connection), on: connection)
            let entry = try Identities.enter(issued, by: issuer.reach(on: connection), newKey: random, writing)
            guard case .entered(_, let key) = entry else { return entry }
            var new = Sessions.New(session.digest, keyDigest: key, from: session.address, browser: session.browser)
            new.issuerSession = Self.session(person.session, of: issuer.url)
            new.end = person.sessionEnd
            try Sessions.begin(new, replacing: session.old, at: now, on: connection)
            if let holder = try KeyHolder.find(key, at: now, on: connection) {
                try SignIn.note(.signIn, of: holder, caller, request.path, at: now, on: connection)
            }
            return entry
        }
        if let (why, help) = Self.refusal(entry, of: person, by: issuer) {
            return try await refuse(why, help, client, request, person.subject)
        }
        var response = HTTPResponse.page(200, Layout.onward(to: page))
        response.headers["Set-Cookie"] = SignIn.cookie(secret, seconds: Sessions.lifetime / 1000, isSecure: isSecure)
        response.headers.append("Set-Cookie", cookie("", seconds: 0))
        return response
    }

    // MARK: Refusals

    /// The reason why a person was refused, and the remedy; nil if the person was let in.
    private static func refusal(
        _ entry: Identities.Entry, of person: SignedInPerson, by issuer: Issuer
    ) -> (why: String, help: String)? {
        let name = issuer.name
        return switch entry {
        case .entered: nil
        case .noRole:
            (
                person.hasGroups
                    ? "None of your groups at \(name) may use Waybill."
                    : "\(name) does not say which groups you are in.",
                "Ask an administrator of Waybill to let one of your groups in."
            )
        case .noGroups:
            (
                "\(name) does not say which groups you are in.",
                "The operator has to have it send the claim \(issuer.groupsClaim). A user key works meanwhile."
            )
        case .emailTaken:
            (
                "Somebody here has the address \(person.email) already.",
                "Ask an administrator of Waybill to remove that member, or the operator to link accounts by address."
            )
        case .lastAdministrator:
            (
                """
                The account with the address \(person.email) is the last administrator with a key here, and your groups at \
                \(name) would take that role.
                """,
                "Ask the operator to make another administrator first (waybill user add), or to map one of your groups."
            )
        case .noEmail:
            (
                "\(name) gives no e-mail address that can be used.",
                "The operator has to ask it for the scope email."
            )
        }
    }

    /// Refuses a step of an address that takes too many. Only their number is written down.
    private func tooMany(_ why: String, seconds: Int, _ request: HTTPRequest, at time: Int64) -> HTTPResponse {
        backend.ledger.refuse(
            .refusedSignIn, from: request.client ?? "", at: Caller.Door.console.rawValue, time: time)
        var response = HTTPResponse.page(
            429,
            Layout.problem("\(why) Try again in \(Words.count(Int64(seconds), "second")). A user key works meanwhile."))
        response.headers["Retry-After"] = "\(seconds)"
        return response
    }

    private func refuse(
        _ fault: SignInFault, _ client: IssuerClient, _ request: HTTPRequest
    ) async throws -> HTTPResponse {
        let text = "\(fault)"
        return try await refuse(text.prefix(1).uppercased() + text.dropFirst() + ".", fault.help, client, request)
    }

    private func refuse(
        _ why: String, _ help: String, _ client: IssuerClient, _ request: HTTPRequest, _ subject: String = ""
    ) async throws -> HTTPResponse {
        try await note(why, client, request, subject)
        var response = HTTPResponse.page(
            403, Layout.problem("Signing in with \(client.issuer.name) did not work. \(why) \(help)"))
        response.headers["Set-Cookie"] = cookie("", seconds: 0)
        return response
    }

    /// Records a refusal in the audit trail of each organization of the issuer; without an organization, in the operator's.
    /// Before the issuer has named a person, anybody can cause refusals without end. So beyond a few in a minute only their
    /// number is recorded, by address.
    private func note(
        _ why: String, _ client: IssuerClient, _ request: HTTPRequest, _ subject: String = ""
    ) async throws {
        let now = backend.queue.now()
        guard !subject.isEmpty || reasons.admit(client.issuer.id, at: now) == nil else {
            backend.ledger.refuse(
                .refusedSignIn, from: request.client ?? "", at: Caller.Door.console.rawValue, time: now)
            return
        }
        let reach = try? await signIn.threads.attempt { [backend] in
            try backend.database.read { try client.issuer.reach(on: $0) }
        }.get()
        for organization in reach.flatMap({ $0.organizations.isEmpty ? nil : $0.organizations }) ?? [0] {
            var record = AuditRecord(.refusedSignIn, organization: organization, at: now)
            record.origin = Caller(request, at: .console).origin(of: request.path, by: nil)
            record.subject = subject.isEmpty ? client.issuer.id : "\(client.issuer.id): \(subject)"
            record.detail = Deception.readable(why)
            backend.ledger.note(record)
        }
    }

    // MARK: Cookies

    private var isSecure: Bool { backend.issuers?.address.hasPrefix("https:") == true }

    private func cookie(_ value: String, seconds: Int64) -> String {
        "\(Self.cookie)=\(value); Path=\(IssuerDirectory.root); Max-Age=\(seconds); HttpOnly; SameSite=Lax"
            + (isSecure ? "; Secure" : "")
    }

    private static func digest(_ text: String) -> [UInt8] { Digest.of(text.utf8, .sha256) }

    /// The digest of an issuer's name of a session; empty for an empty name.
    private static func session(_ name: String, of issuer: String) -> String {
        name.isEmpty ? "" : digest("\(issuer) \(name)").hexadecimal
    }
}
