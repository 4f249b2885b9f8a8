import API
import Bytes
import Database
import HTTP
import Jobs

// DESIGN. The server makes the pages, with forms and without scripts (docs/adr/016). A Content-Security-Policy limits what the
// browser may load and where forms may lead, and a form from another site is refused. All changes are calls of the API, with
// the access checks of these calls. There is no other way to change data.

/// `GET /`: Waybill in a person's browser.
struct ConsoleDoor: Sendable {
    /// The longest form in bytes: ten thousand chosen alerts.
    private static let formLimit = 1 << 20

    private let backend: Backend
    private let threads: Threads
    private let signIn: SignIn
    private let issuers: IssuerDoor
    private let desk: CallDesk
    private let questions: AskDesk
    private let memory = TotalsMemory()
    private let submissions = SubmissionMemory()
    /// Nil if the server accepts no uploads.
    private let uploads: UploadDesk?

    init(_ backend: Backend) {
        self.backend = backend
        threads = Threads("console")
        signIn = SignIn(backend: backend, threads: threads)
        issuers = IssuerDoor(backend: backend, signIn: signIn)
        desk = CallDesk(backend, on: threads)
        questions = AskDesk(backend, on: threads)
        uploads = UploadDesk(backend, on: threads)
    }

    // MARK: Requests

    /// The place for the body of a request.
    func policy(for request: HTTPRequest, _ route: Route) -> BodyPolicy {
        guard Self.methods(of: route).contains(request.method) else { return .refuse(Self.refusal(of: route)) }
        guard let uploads, Self.isUpload(request, route) else { return .memory(limit: Self.formLimit) }
        return .later { [self] in
            // A stranger's body has no more room than a form; the refusal is answered when it has come.
            let person = try? await threads.attempt { [backend, signIn] in
                try backend.database.read { try signIn.person(of: request, on: $0) }
            }.get()
            guard person != nil else { return .memory(limit: Self.formLimit) }
            return .file(limit: uploads.limit, from: .known)
        }
    }

    /// Whether a form contains a file.
    private static func isUpload(_ request: HTTPRequest, _ route: Route) -> Bool {
        guard case .page(let address) = route, address.page == Page.imports.word, request.method == "POST" else {
            return false
        }
        return request.headers["Content-Type"]?.lowercased().hasPrefix("multipart/form-data") == true
    }

    func reply(to request: HTTPRequest, _ route: Route) -> Reply {
        guard Self.methods(of: route).contains(request.method) else { return .now(Self.refusal(of: route)) }
        switch route {
        case .style: return .now(Self.kept("text/css;charset=UTF-8", Style.bytes))
        case .icon: return .now(Self.kept("image/svg+xml", Style.icon))
        case .api: return .now(Self.kept("text/html;charset=UTF-8", Layout.api))
        case .enter, .leave, .page, .toIssuer, .fromIssuer, .endByIssuer:
            return .later { [self] in
                var response = await answer(to: request, route).guarded()
                response.mark.name = "console"
                return response
            }
        }
    }

    private static func methods(of route: Route) -> [String] {
        switch route {
        case .style, .icon, .api: ["GET", "HEAD"]
        case .enter, .leave, .endByIssuer: ["POST"]
        case .toIssuer, .fromIssuer: ["GET"]
        case .page(let address):
            address.page.isEmpty && address.place == nil ? ["GET", "HEAD"] : ["GET", "HEAD", "POST"]
        }
    }

    private static func refusal(of route: Route) -> HTTPResponse {
        let allowed = methods(of: route).joined(separator: ", ")
        var response = HTTPResponse.text(405, "Allowed here: \(allowed). The API is at POST /api/v1.4.")
        response.headers["Allow"] = allowed
        return response
    }

    private static func kept(_ type: String, _ bytes: [UInt8]) -> HTTPResponse {
        var response = HTTPResponse(type: type, bytes: bytes).guarded()
        response.headers["Cache-Control"] = "max-age=3600"
        response.mark.name = "console"
        return response
    }

    /// The page for unknown addresses.
    static var nothing: HTTPResponse {
        HTTPResponse.page(404, Layout.problem("There is no page at this address.")).guarded()
    }

    private func answer(to request: HTTPRequest, _ route: Route) async -> HTTPResponse {
        var form: Form?
        if request.method == "POST" {
            guard Self.isOwn(request) else {
                return .page(403, Layout.problem("This form was sent by another site."))
            }
            if case .bytes(let body) = request.body { form = Form(body) }
        }
        do {
            switch route {
            case .style, .icon, .api: return Self.nothing
            case .enter: return try await signIn.enter(request, form?["userKey"] ?? "")
            case .leave: return try await signIn.leave(request)
            case .toIssuer(let id): return try await issuers.begin(id, request)
            case .fromIssuer(let id): return try await issuers.finish(id, request)
            case .endByIssuer(let id): return try await issuers.end(id, form?["logout_token"] ?? "", request)
            case .page(var address):
                address.query = request.query.pairs.map { Address.Field(name: $0.name, value: $0.value) }
                try await signIn.admit(request)
                if Self.isUpload(request, route) { return try await upload(address, request) }
                if let form { return try await submit(form, address, request) }
                if Page.downloads.contains(address.page) { return try await fetch(address, request) }
                return try await threads.attempt { [address] in try show(address, request) }.get()
            }
        } catch {
            return refusal(because: error)
        }
    }

    /// Whether a form comes from a page of this server, or not from a browser: by Fetch Metadata if the browser sends it,
    /// otherwise by the origin (RFC 6454 §7).
    private static func isOwn(_ request: HTTPRequest) -> Bool {
        if let site = request.headers["Sec-Fetch-Site"] { return site == "same-origin" }
        guard let origin = request.headers["Origin"] else { return true }
        guard let host = request.headers["Host"] else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    // MARK: Pages

    /// - Parameters:
    ///   - form: the typed values, if the page is shown again.
    ///   - problem: the reason why the page is shown again.
    ///   - secret: a new key or secret, which is shown only once.
    private func show(
        _ address: Address, _ request: HTTPRequest, form: Form? = nil, because problem: Problem? = nil,
        with secret: Secret? = nil
    ) throws -> HTTPResponse {
        try backend.database.snapshot { connection in
            guard let person = try signIn.person(of: request, on: connection),
                var visit = try Visit(
                    address, keyDigest: person.keyDigest, session: person.session, on: connection, backend,
                    memory)
            else { return .page(200, Layout.entrance(notice: problem?.text, ways: signIn.ways(to: address))) }
            visit.form = form
            visit.problem = problem
            visit.secret = secret
            if let held = visit.access.key { backend.ledger.note(held, at: visit.now) }
            var response = HTTPResponse.page(problem == nil ? 200 : 400, try Layout.page(visit))
            response.mark.account = visit.access.standing.account
            return response
        }
    }

    /// The page of an address, and a way to make calls there; nil without a signed-in person.
    private func enter(
        _ address: Address, _ form: Form, _ request: HTTPRequest
    ) async throws -> (page: Page, sender: Sender)? {
        try await threads.attempt { [backend, desk, questions, signIn, memory] in
            try backend.database.read { connection -> (page: Page, sender: Sender)? in
                guard let person = try signIn.person(of: request, on: connection),
                    let visit = try Visit(
                        address, keyDigest: person.keyDigest, session: person.session, on: connection, backend,
                        memory)
                else { return nil }
                return (
                    visit.page,
                    Sender(
                        address: visit.address, place: visit.place, names: visit.names, form: form,
                        keyDigest: person.keyDigest,
                        session: person.session, caller: Caller(request, at: .console), backend: backend, desk: desk,
                        questions: questions)
                )
            }
        }.get()
    }

    /// Makes the change that a form requests, and redirects to the page that shows it.
    private func submit(_ form: Form, _ address: Address, _ request: HTTPRequest) async throws -> HTTPResponse {
        guard let (page, sender) = try await enter(address, form, request) else { return .redirect(to: Address()) }
        guard let submission = page.submission else { throw APIError.refused }
        do {
            let landing = try await submissions.landing(of: sender, request.body, now: backend.queue.now) {
                try await submission.act(sender)
            }
            switch landing {
            case .page(let next): return .redirect(to: next)
            case .secret(let secret):
                return try await threads.attempt { try show(address, request, with: secret) }.get()
            }
        } catch {
            guard let known = APIError(error), Self.isAboutForm(known) else { throw error }
            return try await threads.attempt { try show(address, request, form: form, because: Problem(known)) }.get()
        }
    }

    /// Takes the document in a form.
    private func upload(_ address: Address, _ request: HTTPRequest) async throws -> HTTPResponse {
        guard let uploads, let (_, sender) = try await enter(address, Form(), request) else {
            return .redirect(to: Address())
        }
        let isStatement = address.query.contains { $0.name == "document" && $0.value == "vex" }
        let document: UploadDesk.Document = isStatement ? .vex : .sbom
        do {
            try await uploads.take(request, document, by: sender.keyDigest, Caller(request, at: .console))
            return .redirect(to: Address(sender.place, Page.imports.word))
        } catch let refusal as UploadRefusal {
            let problem = Problem(refusal.field, refusal.text)
            return try await threads.attempt {
                try show(address, request, form: Form(uploads.typed(in: request, document)), because: problem)
            }.get()
        }
    }

    /// Sends the file in the answer of a call.
    private func fetch(_ address: Address, _ request: HTTPRequest) async throws -> HTTPResponse {
        guard let (page, sender) = try await enter(address, Form(), request) else { return .redirect(to: Address()) }
        guard let fetch = page.fetch else { throw APIError.refused }
        return try await fetch(sender)
    }

    /// Whether the person can correct an error on the page itself.
    private static func isAboutForm(_ error: APIError) -> Bool {
        switch error {
        case .notFound, .refused, .unknownProcess, .tooManyCalls, .busy, .fault: false
        case .badJSON, .unknownRequest, .missing, .badValue, .badPattern, .roleTooLow, .keyTooNarrow, .key, .nameTaken,
            .notReady, .failed, .notDownloadable, .finishedAlready, .notYours, .report, .full, .tooLargeForOneFile,
            .uploadsPending, .people, .unknownLibrary, .noSuchLibrary, .tooManyLibraries, .notOffered:
            true
        }
    }

    private func refusal(because error: any Error) -> HTTPResponse {
        if let lost = error as? LostPage { return .page(404, Layout.problem(lost.text)) }
        guard let known = APIError(error) else {
            let fault = backend.record(error, of: "console")
            var response = HTTPResponse.page(fault.status, Layout.problem(fault.description))
            fault.addHint(to: &response)
            return response
        }
        switch known {
        case .refused:
            return .page(404, Layout.problem("There is no page at this address, or you may not see it."))
        case .notFound, .unknownProcess: return .page(404, Layout.problem(known.message))
        case .roleTooLow, .keyTooNarrow, .notYours: return .page(403, Layout.problem(known.message))
        case .tooManyCalls(let seconds), .busy(let seconds):
            var response = HTTPResponse.page(429, Layout.problem(known.message))
            response.headers["Retry-After"] = "\(seconds)"
            return response
        case .badJSON, .unknownRequest, .missing, .badValue, .badPattern, .key, .nameTaken, .notReady, .failed,
            .notDownloadable, .finishedAlready, .report, .full, .tooLargeForOneFile, .uploadsPending, .people,
            .unknownLibrary, .noSuchLibrary, .tooManyLibraries, .notOffered, .fault:
            return .page(400, Layout.problem(known.message))
        }
    }
}

extension HTTPResponse {
    static func page(_ status: Int, _ bytes: [UInt8]) -> HTTPResponse {
        HTTPResponse(status: status, type: "text/html;charset=UTF-8", bytes: bytes)
    }

    /// 303: the browser requests the page by GET, and reloading the page sends no form.
    static func redirect(to address: Address) -> HTTPResponse {
        HTTPResponse(status: 303, headers: ["Location": address.text])
    }

    /// The rules for browsers in the console's answers.
    fileprivate func guarded() -> HTTPResponse {
        var response = self
        response.headers["Content-Security-Policy"] =
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
            + "base-uri 'none'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "no-store"
        return response
    }
}
