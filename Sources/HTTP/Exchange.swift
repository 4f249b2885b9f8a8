import CMicrohttpd
import Glibc
import Synchronization

/// One request and its answer. Belongs to the event thread of its connection; only this thread calls it.
///
/// DESIGN. A body that is too large by its own `Content-Length` is answered at the head. The watch then keeps the socket
/// open for a while and discards the body: closing at once would make the kernel send RST, which many clients would report
/// instead of the answer. A body may turn out to be too large (chunked), its sender may turn out to have no key, or the
/// disk may refuse it. Such a body is read to its end, up to a limit, and discarded, because the library can answer only
/// there.
///
/// DESIGN. The library reads chunks itself and accepts a bare LF where RFC 9112 §7.1 requires CRLF; this code cannot see
/// that. A proxy in front may find another end of such a body. So nothing is read after a chunked body: the connection is
/// closed with the answer, and bytes that pretend to be a second request are discarded.
final class Exchange {
    /// The most bytes of a refused body that are read only to be able to answer.
    private static let patience = 1 << 26

    private let service: Service
    private let connection: ClientConnection
    private let handle: OpaquePointer
    private var request: HTTPRequest
    private let started = Service.now()
    private var body = IncomingBody.none
    private var spooled: SpoolFile?
    private var headCheck: Suspension<BodyPolicy>?
    private var suspension: Suspension<HTTPResponse>?
    private var streamed: StreamedBody?
    private var status = 0
    private var mark = HTTPResponse.Mark()
    private var bytes = 0
    /// The sender that is counted among the senders behind the proxy; nil when it is not counted.
    private var proxied: String?
    /// The client sends more of a refused body than is worth reading.
    private(set) var isHopeless = false

    init(service: Service, connection: ClientConnection, handle: OpaquePointer, request: HTTPRequest) {
        self.service = service
        self.connection = connection
        self.handle = handle
        self.request = request
    }

    /// The head is here. `fault` is the reason why the request must not be read. The answer then states it, and the
    /// connection is closed, because the start of the next request is unknown.
    func start(refusing fault: HeadFault?) -> MHD_Result {
        if let fault { return refuse(fault.response) }
        if connection.isProxy {
            let sender = AddressRanges.sender(request.client)
            guard service.proxied.take(1, for: sender) else { return refuse(.tooMuch("requests at a time")) }
            proxied = sender
        }
        // An answer at the head makes the library close the connection, with or without a body; `proceed` follows at
        // once.
        guard isChunked || declared > 0 else { return .YES }
        return follow(service.policy(request))
    }

    private var isChunked: Bool { request.headers["Transfer-Encoding"] != nil }

    /// The library has refused a Content-Length that is no number; a number beyond Int exceeds every limit.
    private var declared: Int { request.headers["Content-Length"].map { Int($0) ?? Int.max } ?? 0 }

    /// Handles the body by its policy. Called at the head, where the library still takes an answer.
    private func follow(_ policy: BodyPolicy) -> MHD_Result {
        connection.enter(.body)
        let (limit, sender) = (policy.limit, AddressRanges.sender(request.client))
        switch policy {
        case .refuse(let response): return refuse(response)
        case .later(let work):
            connection.enter(.handling)
            headCheck = Suspension.begin(
                handle, of: connection, isClosing: service.isClosing,
                fallback: .refuse(.text(503, "The server is being stopped; try again.")), work: work)
            return .YES
        case .memory, .file:
            guard isChunked || declared <= limit else { return refuse(IncomingBody.tooLarge(limit)) }
        }
        // At most a page is reserved for a declared length: memory and disk are for bytes that arrived.
        let promised = isChunked ? 0 : declared
        do {
            body = try IncomingBody(policy, from: sender, promised: promised, service)
        } catch {
            return refuse(error.response)
        }
        return .YES
    }

    /// Answers after the head; the rest of the request is discarded.
    private func refuse(_ answer: HTTPResponse) -> MHD_Result {
        if let copy = connection.duplicate() { service.watch.linger(copy) }
        return send(answer)
    }

    /// A piece of the body is here.
    func receive(_ piece: UnsafeRawBufferPointer) {
        if case .discarding(let response, let rest) = body.place {
            isHopeless = piece.count > rest
            return body.discard(response, rest: rest - piece.count)
        }
        do {
            try body.take(piece)
        } catch {
            body.discard(error.response, rest: Self.patience)
        }
    }

    /// The body is complete, or the connection has been woken.
    func proceed() -> MHD_Result {
        if let headCheck {
            guard let policy = headCheck.take() else { return .YES }
            self.headCheck = nil
            connection.setSleeper(nil)
            return follow(policy)
        }
        if let suspension {
            guard let response = suspension.take() else { return .YES }
            self.suspension = nil
            connection.setSleeper(nil)
            return send(response)
        }
        switch body.place {
        case .nothing: break
        case .memory(let bytes): request.body = .bytes(bytes)
        case .file(let file):
            spooled = file
            request.body = .file(path: file.path, size: file.size)
        case .discarding(let response, _): return send(response)
        }
        body.letGo()
        return dispatch()
    }

    private func dispatch() -> MHD_Result {
        connection.enter(.handling)
        switch service.handler(request) {
        case .now(let response): return send(response)
        case .later(let work):
            // From here on, the task owns the request: its part of the body is released when the task ends.
            request.body = .bytes([])
            suspension = Suspension.begin(
                handle, of: connection, isClosing: service.isClosing,
                fallback: .text(503, "The server is being stopped; try again."), work: work)
            return .YES
        }
    }

    private func send(_ response: HTTPResponse) -> MHD_Result {
        connection.enter(.replying)
        if let queued = queue(response) { return queued }
        return queue(.text(500, "The answer could not be sent.")) ?? .NO
    }

    /// Nil when no response can be made: memory or descriptors ran out, or a header contains a line break.
    private func queue(_ response: HTTPResponse) -> MHD_Result? {
        guard let outgoing = outgoing(response.body) else { return nil }
        // The library counts references; the connection gets its own when the response is queued.
        defer { MHD_destroy_response(outgoing) }
        for (name, value) in response.headers.pairs where MHD_add_response_header(outgoing, name, value) == .NO {
            return nil
        }
        for (name, value) in service.configuration.answerFields.pairs
        where response.headers[name] == nil && MHD_add_response_header(outgoing, name, value) == .NO {
            return nil
        }
        if isChunked || service.isDraining.load(ordering: .relaxed),
            MHD_add_response_header(outgoing, "Connection", "close") == .NO
        {
            return nil
        }
        status = response.status
        mark = response.mark
        return MHD_queue_response(handle, UInt32(clamping: response.status), outgoing)
    }

    private func outgoing(_ body: HTTPResponse.Body) -> OpaquePointer? {
        streamed = nil
        switch body {
        case .bytes(let array):
            bytes = array.count
            return array.withUnsafeBytes {
                // The bytes are copied before the call returns, and the library does not write to them.
                MHD_create_response_from_buffer(
                    $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .file(let file, let offset, let count):
            guard count >= 0, offset >= 0, let descriptor = file.duplicate() else { return nil }
            bytes = count
            let response = MHD_create_response_from_fd_at_offset64(UInt64(count), descriptor, UInt64(offset))
            // The response closes the descriptor; without a response, this code still owns it.
            if response == nil { close(descriptor) }
            return response
        case .stream(let size, let next):
            let body = StreamedBody(next: next, handle: handle, connection: connection, service: service)
            streamed = body
            return body.response(size: size)
        }
    }

    /// The library is done with the request.
    func end(completed: Bool) {
        connection.setSleeper(nil)
        headCheck?.cancel()
        suspension?.cancel()
        streamed?.cancel()
        connection.enter(.waiting)
        spooled = nil
        body.giveBack()
        if let proxied { service.proxied.give(1, for: proxied) }
        proxied = nil
        let isHead = request.method == "HEAD"
        service.access(
            AccessEvent(
                method: request.method, path: request.path, status: status,
                bytes: isHead ? 0 : streamed?.produced ?? bytes, seconds: Service.now() - started,
                client: request.client, completed: completed, mark: mark))
    }
}
