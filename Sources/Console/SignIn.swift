import API
import Bytes
import Database
import HTTP
import Jobs
import OpenID

// DESIGN. The browser sends a session's secret in a cookie that no script and no other site can use (HttpOnly,
// SameSite=Strict). The database stores only its digest, so that each node knows it.

/// Signing in and out, and the sessions of people.
///
///     let signIn = SignIn(backend: backend, threads: threads)
///     guard try await signIn.admit(request) else { return try await signIn.enter(request, key) }
///     …  // the page for the person
///     return try await signIn.leave(request)
///
/// It lives as long as the server. Any task may use it, several at a time; no call blocks a thread of tasks. Sessions
/// live in the database, so each node knows them. Times are milliseconds since 1970, the life of a cookie is in
/// seconds. Errors are `APIError` and `DatabaseError`. No call calls code of its user.
struct SignIn: Sendable {
    private static let cookie = "waybill"
    /// The most characters of a browser's name that are stored.
    private static let browserLimit = 200

    let backend: Backend
    let threads: Threads
    /// These are separate threads, so an issuer that answers slowly delays nobody who is signed in.
    let issuerThreads = Threads("sign-in", width: 4)

    /// Begins a session for the key in a form; otherwise returns the reason.
    func enter(_ request: HTTPRequest, _ key: String) async throws -> HTTPResponse {
        let key = UserKey(key)
        let now = backend.queue.now()
        if let seconds = backend.doorkeeper?.admit(key.text, from: request.client, at: now) {
            throw APIError.tooManyCalls(seconds: seconds)
        }
        let holder = try await threads.attempt { [backend] in
            try backend.database.read { try KeyHolder.find(key.digest, at: now, on: $0) }
        }.get()
        guard let holder, !holder.organizations.isEmpty else {
            backend.doorkeeper?.refuse(key.text, from: request.client, at: now)
            let why = "Nobody has this key, or its time is over, or its holder belongs to no organization."
            backend.ledger.refuse(from: request.client ?? "", at: Caller.Door.console.rawValue, time: now)
            return .page(403, Layout.entrance(notice: why, ways: ways(to: Address())))
        }
        guard holder.allows(.read) else {
            let words = holder.key.scopes.words.joined(separator: ", ")
            let why = "The console needs a key for READ; this one is for \(words)."
            return .page(403, Layout.entrance(notice: why, ways: ways(to: Address())))
        }
        backend.doorkeeper?.welcome(key.text)
        let secret = try backend.random.token()
        let session = session(secret, of: request)
        let new = Sessions.New(session.digest, keyDigest: key.digest, from: session.address, browser: session.browser)
        try await backend.database.write { connection in
            try Sessions.begin(new, replacing: session.old, at: now, on: connection)
            try Self.note(.signIn, of: holder, Caller(request, at: .console), request.path, at: now, on: connection)
        }
        var response = HTTPResponse.redirect(to: Address())
        response.headers["Set-Cookie"] = Self.cookie(
            secret, seconds: Sessions.lifetime / 1000, isSecure: Self.isEncrypted(request))
        return response
    }

    /// The facts of a request that a session stores, with the session that it replaces.
    func session(
        _ secret: String, of request: HTTPRequest
    ) -> (digest: [UInt8], old: [UInt8]?, address: String, browser: String) {
        // The browser's own name of itself, shortened for people.
        let browser = Deception.readable(String((request.headers["User-Agent"] ?? "").prefix(Self.browserLimit)))
        return (Digest.of(secret.utf8, .sha256), Self.session(of: request), request.client ?? "", browser)
    }

    /// The issuers that people may sign in with, and the first address of each.
    func ways(to address: Address) -> [(name: String, path: String)] {
        (backend.issuers?.clients ?? []).map { client in
            let path = IssuerDirectory.root + client.issuer.id
            return (client.issuer.name, address.place == nil ? path : "\(path)?page=\(address.path)")
        }
    }

    /// Ends the session of a request. People who signed in with an issuer get a link to sign out there,
    /// too.
    func leave(_ request: HTTPRequest) async throws -> HTTPResponse {
        var issuer: String?
        if let digest = Self.session(of: request) {
            let now = backend.queue.now()
            issuer = try await backend.database.write { connection in
                let key = try Sessions.find(digest, at: now, on: connection)?.keyDigest
                if let key, let holder = try KeyHolder.find(key, at: now, on: connection) {
                    let caller = Caller(request, at: .console)
                    try Self.note(.signOut, of: holder, caller, request.path, at: now, on: connection)
                }
                try Sessions.end(digest, on: connection)
                return try key.flatMap { try Identities.issuer(ofKey: $0, on: connection) }
            }
        }
        var response = HTTPResponse.redirect(to: Address())
        if let issuer, let directory = backend.issuers, let client = directory.client(of: issuer) {
            let end = await issuerThreads.run { client.endSession(returningTo: directory.address + "/") }
            if let end { response = .page(200, Layout.left(client.issuer.name, end)) }
        }
        response.headers["Set-Cookie"] = Self.cookie("", seconds: 0, isSecure: Self.isEncrypted(request))
        return response
    }

    /// Counts a request against the limit of its key, and then writes down that the session is used, once a minute: a request that is
    /// refused writes nothing. Returns whether somebody is signed in; throws `APIError.tooManyCalls` above the limit.
    @discardableResult
    func admit(_ request: HTTPRequest) async throws -> Bool {
        guard let session = Self.session(of: request) else { return false }
        let now = backend.queue.now()
        let found = try await threads.attempt { [backend] in
            try backend.database.read { try Sessions.find(session, at: now, on: $0) }
        }.get()
        guard let found else { return false }
        if let seconds = backend.doorkeeper?.admit(found.keyDigest.hexadecimal, from: nil, at: now) {
            throw APIError.tooManyCalls(seconds: seconds)
        }
        if found.isUseNew {
            try await backend.database.write { try Sessions.use(session, at: now, on: $0) }
        }
        return true
    }

    /// The digest of the key and that of the session for a person who is signed in; nil for others.
    func person(
        of request: HTTPRequest, on connection: any Connection
    ) throws -> (keyDigest: [UInt8], session: [UInt8])? {
        let now = backend.queue.now()
        guard let session = Self.session(of: request),
            let key = try Sessions.find(session, at: now, on: connection)?.keyDigest
        else { return nil }
        return (key, session)
    }

    /// Records a beginning or an end in each organization of the person.
    static func note(
        _ event: AuditRecord.Event, of holder: KeyHolder, _ caller: Caller, _ path: String, at time: Int64,
        on connection: any Connection
    ) throws {
        for organization in holder.organizations {
            var record = AuditRecord(event, organization: organization.id, at: time)
            record.account = holder.account
            record.origin = caller.origin(of: path, by: nil)
            record.origin.key = holder.key.id
            try AuditTrail.add(record, on: connection)
        }
    }

    static func cookie(_ value: String, seconds: Int64, isSecure: Bool) -> String {
        "\(cookie)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
    }

    private static func isEncrypted(_ request: HTTPRequest) -> Bool {
        request.isTLS || request.headers["X-Forwarded-Proto"]?.lowercased() == "https"
    }

    /// The digest of the session's secret in a request.
    private static func session(of request: HTTPRequest) -> [UInt8]? {
        cookie(cookie, of: request).map { Digest.of($0.utf8, .sha256) }
    }

    /// The value of a cookie (RFC 6265 §4.2).
    static func cookie(_ name: String, of request: HTTPRequest) -> String? {
        for pair in request.headers.all("Cookie").flatMap({ $0.split(separator: ";") }) {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].trimmingPrefix(" ") == name { return String(parts[1]) }
        }
        return nil
    }
}
