import CMicrohttpd
import Glibc
import Synchronization

/// The server's supervising thread: it accepts clients, cuts off slow ones, reads the rest of refused bodies, and ends the
/// server.
///
/// DESIGN. The library's timeouts count inactivity, so a client that moves one byte a second would stay forever. The watch
/// asks the kernel once a second how many bytes each socket has moved (`ClientConnection.check`). Everything that needs no
/// state of its own is left to the library.
final class Watch: Sendable {
    private struct Lingering {
        let descriptor: Int32
        let until: Double
        var rest: Int
    }

    private struct Shared {
        var connections: [ObjectIdentifier: ClientConnection] = [:]
        var lingering: [Lingering] = []
        /// The end of the grace period; nil before one begins.
        var drainUntil: Double?
        var isStopped = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let shared = Mutex(Shared())
    private let bell = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))

    deinit { close(bell) }

    func add(_ connection: ClientConnection) {
        shared.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
    }

    func remove(_ connection: ClientConnection) {
        _ = shared.withLock { $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    /// The number of open connections.
    var count: Int { shared.withLock { $0.connections.count } }

    /// Takes a copy of the socket of a refused request, and reads it for a while so that the client reads the answer.
    func linger(_ descriptor: Int32) {
        let isTaken = shared.withLock { shared in
            guard shared.lingering.count < 64, !shared.isStopped else { return false }
            shared.lingering.append(Lingering(descriptor: descriptor, until: Service.now() + 5, rest: 1 << 28))
            return true
        }
        if isTaken { ring() } else { close(descriptor) }
    }

    /// Ends the server when no connection is left or the grace period is over, and then returns.
    func drain(grace: Double) async {
        await withCheckedContinuation { continuation in
            let isStopped = shared.withLock { shared in
                if shared.isStopped { return true }
                shared.drainUntil = min(shared.drainUntil ?? .infinity, Service.now() + grace)
                shared.waiting.append(continuation)
                return false
            }
            if isStopped { continuation.resume() } else { ring() }
        }
    }

    private func ring() { eventfd_write(bell, 1) }

    /// The work of the thread; it returns when the server must stop.
    func run(_ service: Service, entrance: Entrance, quiesce: () -> Void) {
        var entrance = Optional(entrance)
        var nextCheck = Service.now() + 1
        var isDraining = false
        while true {
            let now = Service.now()
            wait(max(0, min(nextCheck - now, isDraining ? 0.02 : 1)), now: now, &entrance, service)
            let until = shared.withLock { $0.drainUntil }
            if until != nil, !isDraining {
                isDraining = true
                service.isDraining.store(true, ordering: .relaxed)
                entrance = nil
                quiesce()
            }
            if isDraining || Service.now() >= nextCheck {
                if Service.now() >= nextCheck { nextCheck = Service.now() + 1 }
                for connection in all() {
                    connection.check(service.configuration.deadlines, now: Service.now(), isDraining: isDraining)
                }
                if !isDraining { makeRoom(service, now: Service.now()) }
            }
            if let until, isDraining, count == 0 || Service.now() >= until { return }
        }
    }

    /// Wakes everything that sleeps, and gives the answers a moment to be sent.
    func wakeAll(_ service: Service) {
        service.isClosing.store(true, ordering: .sequentiallyConsistent)
        for connection in all() { connection.giveUp() }
        let end = Service.now() + 0.5
        while count > 0, Service.now() < end { usleep(10_000) }
        // A stream that was cut short here may have been suspended once more before it saw the flag; `begin` wakes it.
    }

    /// The daemon has stopped, so the callers that wait for this are woken.
    func finish() {
        let (waiting, lingering) = shared.withLock { shared in
            shared.isStopped = true
            defer { (shared.waiting, shared.lingering) = ([], []) }
            return (shared.waiting, shared.lingering)
        }
        for item in lingering { close(item.descriptor) }
        for continuation in waiting { continuation.resume() }
    }

    /// The open connections.
    func all() -> [ClientConnection] { shared.withLock { Array($0.connections.values) } }

    /// When all connections are taken, those that have waited longest for a head are closed. So slow clients from many
    /// addresses cannot lock others out for as long as the deadline for heads.
    private func makeRoom(_ service: Service, now: Double) {
        let limit = service.configuration.connections
        guard service.accepted.load(ordering: .relaxed) >= limit else { return }
        // A connection younger than a second may be about to send its request.
        let waiting = all().compactMap { connection in
            connection.waitsSince.flatMap { now - $0 > 1 ? (connection: connection, since: $0) : nil }
        }
        for (connection, _) in waiting.sorted(by: { $0.since < $1.since }).prefix(max(1, limit / 16)) {
            connection.makeRoom()
        }
    }

    /// Waits for the bell, accepts clients, and discards input of refused ones.
    private func wait(_ seconds: Double, now: Double, _ entrance: inout Entrance?, _ service: Service) {
        // Only this thread removes from the list, so indices stay valid; new connections are appended.
        let lingering = shared.withLock { $0.lingering }
        let pause = entrance?.pause(service, now: now)
        // A number below zero is left out by `poll`.
        let socket = pause == nil ? entrance?.socket ?? -1 : -1
        var polled = [bell, socket].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        polled += lingering.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        let patience = min(seconds, pause ?? seconds)
        guard poll(&polled, nfds_t(polled.count), Int32((patience * 1000).rounded(.up))) >= 0 else { return }
        if polled[0].revents != 0 {
            var value: eventfd_t = 0
            eventfd_read(bell, &value)
        }
        if polled[1].revents != 0 { entrance?.letIn(service, now: now) }
        if !lingering.isEmpty { readRest(of: lingering, as: polled[2...].map { $0.revents != 0 }, now: now) }
    }

    private func readRest(of refused: [Lingering], as isReadable: [Bool], now: Double) {
        var lingering = refused
        var ended: Set<Int32> = []
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
            for index in lingering.indices {
                let descriptor = lingering[index].descriptor
                var count = 0
                if isReadable[index] {
                    count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                    if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { ended.insert(descriptor) }
                }
                lingering[index].rest -= max(0, count)
                if lingering[index].rest <= 0 || now > lingering[index].until { ended.insert(descriptor) }
            }
        }
        shared.withLock { shared in
            for index in lingering.indices { shared.lingering[index].rest = lingering[index].rest }
            shared.lingering.removeAll { ended.contains($0.descriptor) }
        }
        for descriptor in ended { close(descriptor) }
    }
}
