import CMicrohttpd
import Glibc
import Synchronization

/// An HTTP/1.1 server.
///
/// It serves from its creation until `drain` returns. Its owner must drain it, because its threads keep it alive.
///
///     let server = try HTTPServer(configuration, policy: { _ in .memory(limit: 1 << 20) }) { request in
///         .now(.text(200, "You asked for \(request.path)"))
///     }
///     print("listening on \(server.url)")
///     await server.drain(grace: .seconds(10))
///
/// Limits are in bytes. Any task may call `drain`, also several times, but no handler may wait for it, because it waits
/// for the handlers. Only the creation throws (`HTTPError`); a handler that fails must say so in its reply.
package final class HTTPServer: Sendable {
    /// The address that it listens on, with the actual port.
    package let address: ListenAddress
    private let service: Service

    /// Starts to serve.
    ///
    /// `policy` is called at the head of each request with a body. `access` gets each finished request, except input that
    /// was not HTTP and never reached `policy` or `handler`. All three closures are called on the event threads, with no
    /// lock held, and must not block. Throws for faults of the address, the spool folder, the TLS files or the threads.
    package init(
        _ configuration: HTTPConfiguration,
        policy: @escaping @Sendable (HTTPRequest) -> BodyPolicy,
        access: @escaping @Sendable (AccessEvent) -> Void = { _ in },
        handler: @escaping @Sendable (HTTPRequest) -> Reply
    ) throws(HTTPError) {
        let tls = try configuration.tls.map { tls throws(HTTPError) in try Self.pem(tls) }
        try SpoolFile.sweep(configuration.spool)
        let (socket, address) = try configuration.listen.listen()
        self.address = address
        service = Service(configuration: configuration, policy: policy, access: access, handler: handler)
        let daemon = try Daemon(service, socket: socket, pem: tls)
        do {
            try Self.detach { daemon.run() }
        } catch {
            daemon.stop()
            throw error
        }
    }

    /// The address in the form for a browser.
    package var url: String { "\(service.configuration.tls == nil ? "http" : "https")://\(address)" }

    /// The number of open connections, with or without a request.
    package var openConnections: Int { service.watch.count }

    /// Stops accepting at once, lets requests end within the grace period, then cancels the remaining ones with 503, and
    /// stops. Returns when no thread, socket or callback of the server is left. It may be called again, also to shorten
    /// the grace period.
    package func drain(grace: Duration) async {
        let (seconds, attoseconds) = grace.components
        await service.watch.drain(grace: Double(seconds) + Double(attoseconds) * 1e-18)
    }

    private static func pem(_ tls: HTTPConfiguration.TLS) throws(HTTPError) -> (certificate: [CChar], key: [CChar]) {
        func read(_ path: String, expecting word: String) throws(HTTPError) -> [CChar] {
            guard let file = fopen(path, "re") else { throw .system(doing: "read", what: path, errno: errno) }
            defer { fclose(file) }
            // A chain of certificates has a few kilobytes.
            var text = [CChar](repeating: 0, count: 1 << 20)
            let count = fread(&text, 1, text.count - 1, file)
            guard ferror(file) == 0 else { throw .system(doing: "read", what: path, errno: EIO) }
            guard strstr(text, "-----BEGIN ") != nil, strstr(text, word) != nil else {
                throw .badPEM(path: path, expected: word.lowercased())
            }
            return Array(text[...count])
        }
        return (try read(tls.certificate, expecting: "CERTIFICATE"), try read(tls.key, expecting: "PRIVATE KEY"))
    }

    /// Runs a closure on a thread of its own, which ends with the closure.
    private static func detach(_ work: @escaping @Sendable () -> Void) throws(HTTPError) {
        final class Box: Sendable {
            let work: @Sendable () -> Void
            init(_ work: @escaping @Sendable () -> Void) { self.work = work }
        }
        var thread = pthread_t()
        // The thread releases this retain; if no thread was made, the following line does.
        let box = Unmanaged.passRetained(Box(work))
        let code = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().work() }
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw .cannotStart(reason: "no thread: \(String(cString: strerror(code)))")
        }
        pthread_detach(thread)
    }
}

/// The library's daemon, with the memory that it borrows: the service and the hooks (it copies the PEM texts).
private final class Daemon: Sendable {
    private let service: Service
    private let held: Mutex<(daemon: OpaquePointer, hooks: UnsafeMutablePointer<waybill_hooks>)?>
    /// The listening socket, until it is closed.
    private let socket: Mutex<Int32>

    /// Takes ownership of the listening socket, also when it fails.
    init(_ service: Service, socket: Int32, pem: (certificate: [CChar], key: [CChar])?) throws(HTTPError) {
        self.socket = Mutex(socket)
        var isStarted = false
        defer { if !isStarted { close(socket) } }
        // Given to the daemon; released in `stop`, or below if no daemon was made.
        let context = Unmanaged.passRetained(service)
        guard let hooks = waybill_hooks_create(onHead, onBadLength, context.toOpaque()) else {
            context.release()
            throw .cannotStart(reason: "no memory")
        }
        let configuration = service.configuration
        // The watch accepts.
        var flags =
            MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
            | MHD_USE_NO_LISTEN_SOCKET.rawValue
        var options = [
            // The memory of an idle connection, which also limits the size of a head.
            MHD_OptionItem(option: .CONNECTION_MEMORY_LIMIT, value: 1 << 14, ptr_value: nil),
            // The watch counts over all threads. The library would give each thread a part, so any thread may have
            // all.
            MHD_OptionItem(
                option: .CONNECTION_LIMIT,
                value: min(configuration.connections, Int(Int32.max) / configuration.threads) * configuration.threads,
                ptr_value: nil),
            // Heads are checked again byte by byte (RawHead.swift), with better answers than the library's strict mode.
            MHD_OptionItem(option: .STRICT_FOR_CLIENT, value: 0, ptr_value: nil),
            // The watch enforces the deadlines; a second clock would cut off readers with a full socket buffer.
            MHD_OptionItem(option: .CONNECTION_TIMEOUT, value: 0, ptr_value: nil),
        ]
        // The library refuses a pool of one thread; without a pool it uses one thread.
        if configuration.threads > 1 {
            options.append(
                MHD_OptionItem(option: .THREAD_POOL_SIZE, value: configuration.threads, ptr_value: nil))
        }
        let daemon = Self.withTexts(pem) { texts in
            if let texts {
                flags |= MHD_USE_TLS.rawValue
                options += [
                    MHD_OptionItem(option: .HTTPS_MEM_CERT, value: 0, ptr_value: texts.certificate),
                    MHD_OptionItem(option: .HTTPS_MEM_KEY, value: 0, ptr_value: texts.key),
                    // TLS 1.2 and 1.3 (RFC 8996 forbids earlier versions).
                    MHD_OptionItem(option: .HTTPS_PRIORITIES, value: 0, ptr_value: texts.priorities),
                ]
            }
            options.append(MHD_OptionItem(option: .END, value: 0, ptr_value: nil))
            return waybill_start_daemon(
                flags, onRequest, onCompletion, onConnection, hooks, options)
        }
        guard let daemon else {
            context.release()
            let reason = String(cString: waybill_hooks_complaint(hooks))
                .trimmingSuffix { $0.isWhitespace }
            free(hooks)
            if let tls = configuration.tls {
                throw .badTLS(certificate: tls.certificate, key: tls.key, reason: reason)
            }
            throw .cannotStart(reason: reason.isEmpty ? "libmicrohttpd gives no reason" : reason)
        }
        waybill_hooks_start(hooks)
        self.service = service
        held = Mutex((daemon, hooks))
        isStarted = true
    }

    /// Serves until it is drained.
    func run() {
        let entrance = Entrance(socket.withLock { $0 }, limit: service.configuration.connections, handOver: handOver)
        service.watch.run(service, entrance: entrance, quiesce: closeEntrance)
        service.watch.wakeAll(service)
        stop()
    }

    /// Passes a socket to the library, which closes it even when it refuses the connection.
    private func handOver(_ client: Int32, from address: sockaddr_storage, length: socklen_t) -> Bool {
        let taken = held.withLock { held -> Bool? in
            guard let held else { return nil }
            return withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    MHD_add_connection(held.daemon, client, $0, length) == .YES
                }
            }
        }
        if taken == nil { close(client) }
        return taken ?? false
    }

    /// From here on, new clients are refused.
    private func closeEntrance() {
        socket.withLock { socket in
            if socket >= 0 { close(socket) }
            socket = -1
        }
    }

    func stop() {
        closeEntrance()
        let taken = held.withLock { held in
            defer { held = nil }
            return held
        }
        guard let taken else { return }
        MHD_stop_daemon(taken.daemon)
        // No thread of the library is left, so nothing reads the hooks or the service any more.
        free(taken.hooks)
        Unmanaged.passUnretained(service).release()
        service.watch.finish()
    }

    private static func withTexts<Result>(
        _ pem: (certificate: [CChar], key: [CChar])?,
        _ body: (
            (certificate: UnsafeMutableRawPointer, key: UnsafeMutableRawPointer, priorities: UnsafeMutableRawPointer)?
        ) -> Result
    ) -> Result {
        guard let pem else { return body(nil) }
        var (certificate, key) = pem
        return certificate.withUnsafeMutableBytes { certificate in
            key.withUnsafeMutableBytes { key in
                "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2".withCString { priorities in
                    // None of them is empty, because each ends with a zero.
                    guard let certificate = certificate.baseAddress, let key = key.baseAddress else { return body(nil) }
                    return body((certificate, key, UnsafeMutableRawPointer(mutating: priorities)))
                }
            }
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, predicate(last) { text.removeLast() }
        return String(text)
    }
}
