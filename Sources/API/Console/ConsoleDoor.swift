import Bytes
import Database
import HTTP
import Jobs

// DESIGN. Pages made by the server, with forms and no script: what may be loaded and where forms may go is said to the
// browser (Content-Security-Policy). The browser shows a session's secret in a cookie that no script and no other site can
// use (HttpOnly, SameSite=Strict); and a form that another site sends is refused. What is done is done by the calls
// of the API, with the access that they have there: there is no second way to a report.

/// `GET /`: Waybill in a person's browser.
struct ConsoleDoor: Sendable {
    /// The longest form, in bytes.
    private static let formLimit = 64 << 10
    private static let cookie = "waybill"
    /// Characters that are kept of a browser's name.
    private static let browserLimit = 200

    private let backend: Backend
    private let threads = Threads("console")

    init(_ backend: Backend) { self.backend = backend }

    var policy: BodyPolicy { .memory(limit: Self.formLimit) }

    func reply(to request: HTTPRequest, _ path: ConsolePath) -> Reply {
        .later { [self] in
            var response = await answer(to: request, path).guarded(isKept: path == .style)
            response.mark.name = "console"
            return response
        }
    }

    private func answer(to request: HTTPRequest, _ path: ConsolePath) async -> HTTPResponse {
        let form = Form(request)
        let isForm = request.method == "POST"
        guard !isForm || Self.isOwn(request) else {
            return Self.page(403, ConsolePage.problem("This form was sent by another site.", back: ConsolePlace()))
        }
        let place: ConsolePlace
        do {
            place = try ConsolePlace { isForm ? form[$0] : request.query.exactly($0) }
        } catch {
            return await refusal(of: request, ConsolePlace(), because: error)
        }
        do {
            if ![.style, .enter, .leave].contains(path) { try await noteUse(of: request) }
            switch path {
            case .style: return HTTPResponse(type: "text/css;charset=UTF-8", bytes: Array(consoleStyle.utf8))
            case .enter: return try await enter(request, form["userKey"]?.trimmingBlanks() ?? "")
            case .leave: return try await leave(request)
            case .end:
                try await end(request, form["session"] ?? "")
                return Self.redirect(to: place.address(of: .sessions))
            case .page, .reports, .audit, .sessions:
                return try await threads.attempt { try page(path, request, place) }.get()
            case .report:
                return try await act(request, place, Self.body(of: form)) { view in
                    switch view.access.scope.kind {
                    case .organization: .generateOrganizationReport
                    case .product: .generateProductReport
                    case .project: .generateProjectReport
                    }
                }
            case .cancel:
                let body = Answer.text { $0.text("uuid", form["uuid"] ?? "") }
                return try await act(request, place, body) { _ in .cancelProcess }
            case .artifact(let uuid):
                let body = Answer.text { $0.text("uuid", uuid) }
                return try await threads.attempt { try perform(.downloadReport, body, request, place) }.get()
            }
        } catch {
            return await refusal(of: request, place, because: error)
        }
    }

    // MARK: Sessions

    private func enter(_ request: HTTPRequest, _ key: String) async throws -> HTTPResponse {
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
            return Self.page(403, ConsolePage.entrance(notice: why))
        }
        guard holder.allows(.read) else {
            let words = holder.key.scopes.words.joined(separator: ", ")
            let why = "The console needs a key for READ; this one is for \(words)."
            return Self.page(403, ConsolePage.entrance(notice: why))
        }
        backend.doorkeeper?.welcome(key.text)
        let secret = try backend.random.token()
        // The browser's own name of itself, not more of it than a person reads.
        let browser = Deception.readable(String((request.headers["User-Agent"] ?? "").prefix(Self.browserLimit)))
        let old = Self.session(of: request)
        let new = Sessions.New(
            Digest.of(secret.utf8, .sha256), keyDigest: key.digest, from: request.client ?? "", browser: browser)
        try await backend.database.write { connection in
            try Sessions.begin(new, replacing: old, at: now, on: connection)
            try Self.note(.signIn, of: holder, request, at: now, on: connection)
        }
        var response = Self.redirect(to: ConsolePath.page.path)
        response.headers["Set-Cookie"] = Self.cookie(secret, seconds: Sessions.lifetime / 1000, request)
        return response
    }

    private func leave(_ request: HTTPRequest) async throws -> HTTPResponse {
        if let digest = Self.session(of: request) {
            let now = backend.queue.now()
            try await backend.database.write { connection in
                let key = try Sessions.find(digest, at: now, on: connection)?.keyDigest
                if let key, let holder = try KeyHolder.find(key, at: now, on: connection) {
                    try Self.note(.signOut, of: holder, request, at: now, on: connection)
                }
                try Sessions.end(digest, on: connection)
            }
        }
        var response = Self.redirect(to: ConsolePath.page.path)
        response.headers["Set-Cookie"] = Self.cookie("", seconds: 0, request)
        return response
    }

    /// Writes down that a session is used, once a minute.
    private func noteUse(of request: HTTPRequest) async throws {
        guard let session = Self.session(of: request) else { return }
        let now = backend.queue.now()
        let found = try await threads.attempt { [backend] in
            try backend.database.read { try Sessions.find(session, at: now, on: $0) }
        }.get()
        guard found?.isUseNew == true else { return }
        try await backend.database.write { try Sessions.use(session, at: now, on: $0) }
    }

    /// Ends one of the sessions of the key that this one was begun with.
    private func end(_ request: HTTPRequest, _ digest: String) async throws {
        guard let own = Self.session(of: request) else { return }
        let now = backend.queue.now()
        try await backend.database.write { connection in
            guard let key = try Sessions.find(own, at: now, on: connection)?.keyDigest else { return }
            let sessions = try Sessions.list(keyDigest: key, at: now, on: connection)
            for session in sessions where session.digest.hexadecimal == digest {
                if let holder = try KeyHolder.find(key, at: now, on: connection) {
                    try Self.note(.signOut, of: holder, request, at: now, on: connection)
                }
                try Sessions.end(session.digest, on: connection)
            }
        }
    }

    /// Writes the record of a beginning or an end, in each organization that the person belongs to.
    private static func note(
        _ event: AuditRecord.Event, of holder: KeyHolder, _ request: HTTPRequest, at time: Int64,
        on connection: any Connection
    ) throws {
        for organization in holder.organizations {
            var record = AuditRecord(event, organization: organization.id, at: time)
            record.account = holder.account
            record.origin = Caller(request, at: .console).origin(of: request.path, by: nil)
            record.origin.key = holder.key.id
            try AuditTrail.add(record, on: connection)
        }
    }

    private static func cookie(_ value: String, seconds: Int64, _ request: HTTPRequest) -> String {
        let isEncrypted = request.isTLS || request.headers["X-Forwarded-Proto"]?.lowercased() == "https"
        return "\(cookie)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (isEncrypted ? "; Secure" : "")
    }

    /// The digest of the session's secret that a request shows (RFC 6265 §4.2).
    private static func session(of request: HTTPRequest) -> [UInt8]? {
        for pair in request.headers.all("Cookie").flatMap({ $0.split(separator: ";") }) {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].trimmingPrefix(" ") == cookie {
                return Digest.of(Array(parts[1].utf8), .sha256)
            }
        }
        return nil
    }

    /// Whether a form comes from a page of this server, or from no browser: Fetch Metadata where the browser sends it, else
    /// the origin (RFC 6454 §7).
    private static func isOwn(_ request: HTTPRequest) -> Bool {
        if let site = request.headers["Sec-Fetch-Site"] { return site == "same-origin" }
        guard let origin = request.headers["Origin"] else { return true }
        guard let host = request.headers["Host"] else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    // MARK: Doing

    /// A place and the user who looks at it; nil when nobody is signed in.
    private func view(
        _ request: HTTPRequest, _ place: ConsolePlace, on connection: any Connection
    ) throws -> ConsoleView? {
        let now = backend.queue.now()
        guard let session = Self.session(of: request),
            let key = try Sessions.find(session, at: now, on: connection)?.keyDigest
        else { return nil }
        if let seconds = backend.doorkeeper?.admit(key.hexadecimal, from: nil, at: now) {
            throw APIError.tooManyCalls(seconds: seconds)
        }
        let view = try ConsoleView(place, keyDigest: key, at: now, on: connection)
        if let held = view?.access.key { backend.ledger.note(held, at: now) }
        return view
    }

    /// - Parameter notice: what was wrong with what was asked for last.
    private func page(
        _ path: ConsolePath, _ request: HTTPRequest, _ place: ConsolePlace, notice: String? = nil
    ) throws -> HTTPResponse {
        try backend.database.snapshot { connection in
            guard let view = try view(request, place, on: connection) else {
                return Self.page(200, ConsolePage.entrance(notice: notice))
            }
            if path == .reports {
                let reports = try view.reports(backend.queue, on: connection)
                return Self.page(200, ConsolePage.reports(reports, in: view), of: view)
            }
            if path == .audit {
                try view.access.require(ConsoleView.auditing, inProduct: nil)
                let records = try view.audit(before: request.query.exactly("cursor"), on: connection)
                return Self.page(200, ConsolePage.audit(records, in: view), of: view)
            }
            if path == .sessions, let own = Self.session(of: request) {
                let sessions = try Sessions.list(keyDigest: view.keyDigest, at: backend.queue.now(), on: connection)
                return Self.page(200, ConsolePage.sessions(sessions, own: own, in: view), of: view)
            }
            return Self.page(notice == nil ? 200 : 400, ConsolePage.place(view, notice: notice), of: view)
        }
    }

    /// Does what a form asks for and shows the reports.
    private func act(
        _ request: HTTPRequest, _ place: ConsolePlace, _ body: String,
        call: @escaping @Sendable (ConsoleView) -> Call
    ) async throws -> HTTPResponse {
        let outcome = try await threads.attempt { try begin(request, place, body, call) }.get()
        guard let outcome else { return Self.redirect(to: ConsolePath.page.path) }
        if case .write(let write) = outcome { _ = try await write() }
        return Self.redirect(to: place.address(of: .reports))
    }

    /// Does a call that only reads.
    private func perform(
        _ call: Call, _ body: String, _ request: HTTPRequest, _ place: ConsolePlace
    ) throws -> HTTPResponse {
        switch try begin(request, place, body, { _ in call }) {
        case .answer(let response)?: return response
        case .write?, nil: return Self.redirect(to: ConsolePath.page.path)
        }
    }

    /// Does all of a call but what it writes, with the access that the session's key has at the place; nil when nobody is
    /// signed in.
    private func begin(
        _ request: HTTPRequest, _ place: ConsolePlace, _ body: String, _ call: (ConsoleView) -> Call
    ) throws -> Outcome? {
        try backend.database.snapshot { connection in
            guard let view = try view(request, place, on: connection) else { return nil }
            let asked = try Request(Array(body.utf8))
            let call = call(view)
            try view.access.require(call.need)
            return try call.answer(asked, view.access, Caller(request, at: .console), on: connection, backend)
        }
    }

    /// A form's report as a call's body.
    private static func body(of form: Form) -> String {
        Answer.text { answer in
            answer.text("reportType", form["reportType"] ?? "")
            answer.text("format", form["format"] ?? "")
            if let filter = form["filter"]?.trimmingBlanks(), !filter.isEmpty { answer.raw("filter", filter) }
        }
    }

    // MARK: Answers

    private func refusal(of request: HTTPRequest, _ place: ConsolePlace, because error: any Error) async -> HTTPResponse
    {
        guard let known = APIError(error) else {
            let fault = backend.record(error, of: "console")
            var response = Self.page(fault.status, ConsolePage.problem(fault.description, back: ConsolePlace()))
            fault.addHint(to: &response)
            return response
        }
        switch known {
        case .notFound, .refused, .unknownProcess:
            return Self.page(404, ConsolePage.problem(known.message, back: ConsolePlace()))
        case .tooManyCalls, .busy:
            var response = Self.page(429, ConsolePage.problem(known.message, back: place))
            response.headers["Retry-After"] = known.response.headers["Retry-After"]
            return response
        case .badJSON, .unknownRequest, .missing, .badValue, .badPattern, .roleTooLow, .keyTooNarrow, .key, .nameTaken,
            .notReady, .failed,
            .notDownloadable, .finishedAlready, .notYours, .report, .full, .tooLargeForOneFile, .uploadsPending,
            .people,
            .unknownLibrary, .noSuchLibrary, .tooManyLibraries, .notOffered, .fault:
            break
        }
        let shown = await threads.attempt { try page(.page, request, place, notice: known.message) }
        return (try? shown.get()) ?? Self.page(400, ConsolePage.problem(known.message, back: ConsolePlace()))
    }

    private static func page(_ status: Int, _ bytes: [UInt8], of view: ConsoleView? = nil) -> HTTPResponse {
        var response = HTTPResponse(status: status, type: "text/html;charset=UTF-8", bytes: bytes)
        response.mark.account = view?.access.standing.account ?? 0
        return response
    }

    /// 303: the page is asked for by GET, and asking for it again sends no form.
    private static func redirect(to address: String) -> HTTPResponse {
        HTTPResponse(status: 303, headers: ["Location": address])
    }
}

/// The fields of a form that a browser sent.
private struct Form: Sendable {
    private var fields: [String: String] = [:]

    init(_ request: HTTPRequest) {
        guard case .bytes(let body) = request.body else { return }
        for field in body.split(separator: UInt8(ascii: "&")) {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            fields[Self.text(parts[0])] = parts.count > 1 ? Self.text(parts[1]) : ""
        }
    }

    subscript(name: String) -> String? { fields[name] }

    private static func text(_ encoded: ArraySlice<UInt8>) -> String {
        var decoder = PercentDecoder()
        var bytes: [UInt8] = []
        decoder.decode(encoded, into: &bytes)
        decoder.finish(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension HTTPResponse {
    /// What a browser has to keep to with what the console answers.
    fileprivate func guarded(isKept: Bool = false) -> HTTPResponse {
        var response = self
        response.headers["Content-Security-Policy"] =
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cache-Control"] = isKept ? "max-age=3600" : "no-store"
        return response
    }
}
