import CMicrohttpd
import Glibc
import Synchronization

/// State that all connections of a server share. The library holds it (one retain) while the daemon runs.
final class Service: Sendable {
    let configuration: HTTPConfiguration
    let policy: @Sendable (HTTPRequest) -> BodyPolicy
    let handler: @Sendable (HTTPRequest) -> Reply
    let access: @Sendable (AccessEvent) -> Void
    /// No new connections are accepted; answers say `Connection: close`.
    let isDraining = Atomic<Bool>(false)
    /// The grace period is over, so no connection may sleep any more.
    let isClosing = Atomic<Bool>(false)
    let watch = Watch()
    /// The number of accepted sockets that are still open.
    let accepted = Atomic<Int>(0)
    /// The connections of each sender.
    let connections: SenderCounts
    /// The requests of each sender behind trusted proxies.
    let proxied: SenderCounts
    /// The bytes of bodies whose sender is unknown.
    let strangersOnDisk: SenderCounts
    let strangersInMemory: SenderCounts

    init(
        configuration: HTTPConfiguration, policy: @escaping @Sendable (HTTPRequest) -> BodyPolicy,
        access: @escaping @Sendable (AccessEvent) -> Void, handler: @escaping @Sendable (HTTPRequest) -> Reply
    ) {
        self.configuration = configuration
        self.policy = policy
        self.access = access
        self.handler = handler
        connections = SenderCounts(each: configuration.connectionsPerClient)
        proxied = SenderCounts(each: configuration.connectionsPerClient)
        let strangers = configuration.strangers
        strangersOnDisk = SenderCounts(total: strangers.disk, each: strangers.diskOfOne)
        strangersInMemory = SenderCounts(total: strangers.memory, each: strangers.memoryOfOne)
    }

    /// The monotonic clock in seconds.
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

// The callbacks of the library. `context` is the service in all of them. It is not nil, because the daemon was started
// with it, and it is alive, because the retain for the daemon is released only after the daemon has stopped.

/// A socket was accepted, or is about to be closed. Between the two, the library holds the `ClientConnection` (one
/// retain).
let onConnection: MHD_NotifyConnectionCallback = { context, handle, socketContext, code in
    guard let context, let handle, let socketContext else { return }
    let service = Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
    switch code {
    case .CONNECTION_NOTIFY_STARTED:
        let descriptor = waybill_connection_socket(handle)
        let client = numericPeer(of: descriptor)
        let isProxy = client.map { service.configuration.trustedProxies.contains($0) } ?? false
        let sender = isProxy ? nil : AddressRanges.sender(client)
        let isCounted = sender.map { service.connections.take(1, for: $0) } ?? false
        let connection = ClientConnection(
            handle: handle, descriptor: descriptor, client: client, sender: isCounted ? sender : nil, isProxy: isProxy,
            now: Service.now())
        service.watch.add(connection)
        // The callback cannot refuse; the library reads the end of the connection and closes it.
        if sender != nil, !isCounted { shutdown(descriptor, Int32(SHUT_RDWR)) }
        socketContext.pointee = Unmanaged.passRetained(connection).toOpaque()
    case .CONNECTION_NOTIFY_CLOSED:
        guard let pointer = socketContext.pointee else { return }
        socketContext.pointee = nil
        // Balances the retain of the case above exactly once, because the pointer is cleared.
        let connection = Unmanaged<ClientConnection>.fromOpaque(pointer).takeRetainedValue()
        connection.forget()
        if let sender = connection.sender { service.connections.give(1, for: sender) }
        service.watch.remove(connection)
        service.accepted.subtract(1, ordering: .relaxed)
    }
}

/// A step of a request: its head, a piece of its body, its end, or its wake-up.
let onRequest: MHD_AccessHandlerCallback = {
    context, handle, path, method, version, upload, uploadCount, requestContext in
    guard let context, let handle, let path, let method, let version, let uploadCount, let requestContext else {
        return .NO
    }
    let target = TargetNote(requestContext.pointee)
    if target == nil, let pointer = requestContext.pointee {
        // Borrowed: the retain below lasts until `onCompletion`, after which the library makes no calls for this
        // request.
        let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
        guard uploadCount.pointee > 0 else { return exchange.proceed() }
        exchange.receive(UnsafeRawBufferPointer(start: upload, count: uploadCount.pointee))
        uploadCount.pointee = 0
        return exchange.isHopeless ? .NO : .YES
    }
    let service = Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
    guard let socketContext = waybill_connection_context(handle) else { return .NO }
    // Borrowed: the library keeps the connection until NOTIFY_CLOSED, which follows all of its requests.
    let connection = Unmanaged<ClientConnection>.fromOpaque(socketContext).takeUnretainedValue()
    connection.endHead()
    let (request, places) = readHead(handle, method: method, path: path, connection: connection, service: service)
    let head = RawHead(
        bytes: UnsafeRawBufferPointer(start: method, count: waybill_head_size(handle)), target: target,
        version: version - method, fields: places)
    let exchange = Exchange(service: service, connection: connection, handle: handle, request: request)
    requestContext.pointee = Unmanaged.passRetained(exchange).toOpaque()
    return exchange.start(refusing: head.fault ?? HeadFault(request.headers, isOld: head.isOld))
}

/// A request that `onRequest` saw has ended, successfully or not.
let onCompletion: MHD_RequestCompletedCallback = { _, _, requestContext, code in
    // For a request that the library refused itself, this is the note about its target.
    guard let requestContext, TargetNote(requestContext.pointee) == nil, let pointer = requestContext.pointee else {
        return
    }
    requestContext.pointee = nil
    // Balances the retain of `onRequest` exactly once, because the pointer is cleared.
    Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
        .end(completed: code == .REQUEST_TERMINATED_COMPLETED_OK)
}

/// The request line of a head has come. `socketContext` is the object from `onConnection`.
let onHead: @convention(c) (UnsafeMutableRawPointer?) -> Void = { socketContext in
    guard let socketContext else { return }
    // Borrowed: the library keeps the connection until NOTIFY_CLOSED.
    Unmanaged<ClientConnection>.fromOpaque(socketContext).takeUnretainedValue().beginHead()
}

/// The library is about to refuse the Content-Length of a head that this thread reads. Any invalid one is refused here before
/// the library can do so, because a client would take the library's second head for the body.
let onBadLength: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
    guard let context else { return }
    let service = Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
    // Only the library can write to a connection with TLS.
    guard service.configuration.tls == nil else { return }
    for connection in service.watch.all() where connection.isRead(by: pthread_self()) {
        connection.refuseBadLength(with: service)
    }
}

/// The fields of a head and the positions of their names, counted from the method.
private struct ReadFields {
    let start: UnsafePointer<CChar>
    var fields = HTTPFields()
    var places: [Int] = []
}

private func readHead(
    _ handle: OpaquePointer, method: UnsafePointer<CChar>, path: UnsafePointer<CChar>, connection: ClientConnection,
    service: Service
) -> (HTTPRequest, places: [Int]) {
    // MHD_get_connection_values_n calls back before it returns, so the pointers to these are valid.
    let collect: MHD_KeyValueIteratorN = { read, _, name, nameCount, value, valueCount in
        guard let read = read?.assumingMemoryBound(to: ReadFields.self), let name else { return .NO }
        let value = UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount)
        read.pointee.places.append(name - read.pointee.start)
        read.pointee.fields.append(
            String(decoding: UnsafeRawBufferPointer(start: name, count: nameCount), as: UTF8.self),
            String(decoding: value, as: UTF8.self))
        return .YES
    }
    var headers = ReadFields(start: method)
    var query = ReadFields(start: method)
    _ = withUnsafeMutablePointer(to: &headers) { MHD_get_connection_values_n(handle, .HEADER_KIND, collect, $0) }
    _ = withUnsafeMutablePointer(to: &query) { MHD_get_connection_values_n(handle, .GET_ARGUMENT_KIND, collect, $0) }
    let request = HTTPRequest(
        method: String(cString: method), path: String(cString: path), query: query.fields, headers: headers.fields,
        client: service.configuration.trustedProxies.client(
            behind: connection.client, forwarded: connection.isProxy ? headers.fields.all("X-Forwarded-For") : []),
        isTLS: service.configuration.tls != nil)
    return (request, headers.places)
}

/// The address of the peer without its port; IPv4 in its own form on a socket of both families.
private func numericPeer(of descriptor: Int32) -> String? {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            getpeername(descriptor, address, &length) == 0
                ? getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) : EAI_FAIL
        }
    }
    guard code == 0 else { return nil }
    let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return name.hasPrefix("::ffff:") && name.contains(".") ? String(name.dropFirst(7)) : name
}
