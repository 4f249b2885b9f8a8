import CMicrohttpd
import Glibc
import Synchronization

/// One socket of a client, from accept to close.
///
/// The event thread only writes a `mark` at each step of a request. Once a second, the watch reads the mark and asks
/// the kernel how many bytes have moved. So a request needs no clock, no lock and no further system call here.
final class ClientConnection: Sendable {
    enum Phase: UInt64 {
        case waiting, body, handling, replying
    }

    /// The watch's facts about the step that `mark` names.
    private struct Watched {
        /// Nil when the library is about to close the socket: from then on no code may use the number, because the
        /// kernel gives it to another socket.
        var descriptor: Int32?
        var mark: UInt64 = 0
        var since: Double
        var received: UInt64 = 0
        var delivered: UInt64 = 0
        var headSince: Double?
        /// The start of the part of a body that must make progress, and the bytes of the body so far.
        var part: (since: Double, received: UInt64)?
    }

    /// The numeric address of the peer.
    let client: String?
    /// The sender that the connection is counted for; nil when it is not counted.
    let sender: String?
    /// Whether the peer is a trusted proxy.
    let isProxy: Bool
    private let watched: Mutex<Watched>
    /// The number of the step, with its phase in the two low bits. Only the event thread of the connection writes it.
    private let mark = Atomic<UInt64>(0)
    private let sleeper = Mutex<Sleeper?>(nil)
    /// The library's pointer, for the event thread of the connection.
    private let handle: UInt
    /// The event thread while it reads a head after the request line; otherwise 0.
    private let reader = Atomic<UInt>(0)

    init(
        handle: OpaquePointer, descriptor: Int32, client: String?, sender: String?, isProxy: Bool, now: Double
    ) {
        self.handle = UInt(bitPattern: handle)
        self.client = client
        self.sender = sender
        self.isProxy = isProxy
        watched = Mutex(Watched(descriptor: descriptor, since: now))
    }

    /// Sets the phase that begins. The event thread of the connection calls it.
    func enter(_ phase: Phase) {
        let step = (mark.load(ordering: .relaxed) >> 2) + 1
        mark.store(step << 2 | phase.rawValue, ordering: .relaxed)
    }

    /// The request line has come. Called by the event thread, like `endHead`.
    func beginHead() { reader.store(UInt(pthread_self()), ordering: .relaxed) }

    /// The head is complete, and the library accepts it.
    func endHead() { reader.store(0, ordering: .relaxed) }

    /// Whether a thread is reading a head of this connection.
    func isRead(by thread: pthread_t) -> Bool { reader.load(ordering: .relaxed) == UInt(thread) }

    /// Answers a head whose Content-Length the library refuses, and leaves the library no socket to write to. The event thread
    /// that reads the head calls it.
    func refuseBadLength(with service: Service) {
        guard let handle = OpaquePointer(bitPattern: handle) else { return }
        var size = 0
        guard let value = waybill_length_field(handle, &size),
            let fault = HeadFault(length: UnsafeRawBufferPointer(start: value, count: size)), let copy = duplicate()
        else { return }
        endHead()
        let answer = fault.response.written(with: service.configuration.answerFields, at: time(nil))
        // The buffer of a socket takes a few hundred bytes; otherwise the client has not read for long.
        _ = answer.withUnsafeBytes { send(copy, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        shutdown(copy, Int32(SHUT_WR))
        service.watch.linger(copy)
    }

    /// The library closes the socket after this returns.
    func forget() { watched.withLock { $0.descriptor = nil } }

    /// The task to wake when nobody waits for it any more; nil when the connection is awake.
    func setSleeper(_ sleeper: Sleeper?) { self.sleeper.withLock { $0 = sleeper } }

    /// Ends the connection's wait, with the answer for this case.
    func giveUp() {
        // Called without the lock, because it wakes a task, which may call back.
        sleeper.withLock { $0 }?.giveUp()
    }

    /// A second descriptor of the socket, which outlives the library's own; nil when none is left.
    func duplicate() -> Int32? {
        watched.withLock { watched in
            guard let descriptor = watched.descriptor else { return nil }
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
            return copy >= 0 ? copy : nil
        }
    }

    /// Cuts off a connection whose client is too slow, or that is idle while the server drains. Called by the watch.
    func check(_ deadlines: HTTPConfiguration.Deadlines, now: Double, isDraining: Bool) {
        var isGone = false
        watched.withLock { watched in
            var progress = waybill_progress()
            guard let descriptor = watched.descriptor, waybill_socket_progress(descriptor, &progress) == 0 else {
                return
            }
            let mark = mark.load(ordering: .relaxed)
            if mark != watched.mark {
                watched = Watched(
                    descriptor: descriptor, mark: mark, since: now, received: progress.received,
                    delivered: progress.delivered)
            }
            let elapsed = now - watched.since
            let allowed = { (bytes: UInt64) in deadlines.slack + Double(bytes) / deadlines.minimumRate }
            // Only `Phase` sets phases, so the two low bits are a valid phase.
            switch Phase(rawValue: mark & 3) ?? .waiting {
            case .waiting where progress.unsent > 0, .replying where progress.unsent > 0:
                // The library has finished once the kernel took all bytes; the client may not have.
                if elapsed > allowed(progress.delivered - watched.delivered) { Self.cut(descriptor) }
            case .replying:
                // The client has read all available bytes, so the wait is the server's fault.
                watched.since = now
                watched.delivered = progress.delivered
                isGone = progress.hungup != 0
            case .waiting where progress.received > watched.received:
                let since = watched.headSince ?? (mark == 0 ? watched.since : now)
                watched.headSince = since
                if now - since > deadlines.head { Self.cut(descriptor) }
            case .waiting:
                // A client that has just connected is about to send a request; a second suffices to see it.
                if elapsed > deadlines.idle || (isDraining && (mark != 0 || elapsed > 1)) {
                    shutdown(descriptor, Int32(SHUT_RDWR))
                }
            case .body:
                // Unread input waits because of the server, not of the client.
                guard progress.unread == 0 else {
                    watched.part = nil
                    break
                }
                let part = watched.part ?? (now, progress.received)
                watched.part = part
                let isStalled =
                    now - part.since >= deadlines.stall
                    && Double(progress.received - part.received) < deadlines.stall * deadlines.minimumRate / 4
                if isStalled || elapsed > allowed(progress.received - watched.received) {
                    Self.cut(descriptor)
                } else if now - part.since >= deadlines.stall {
                    watched.part = (now, progress.received)
                }
            case .handling:
                isGone = progress.hungup != 0
            }
        }
        if isGone { sleeper.withLock { $0 }?.cancel() }
    }

    /// Whether no request is in progress: the connection is idle, or its head is incomplete.
    private var isWaiting: Bool { mark.load(ordering: .relaxed) & 3 == Phase.waiting.rawValue }

    /// The time since when no request is in progress, as of the last check; nil during a request.
    var waitsSince: Double? {
        watched.withLock { watched in watched.descriptor != nil && isWaiting ? watched.since : nil }
    }

    /// Ends the connection to make room for others, unless a request or an answer is in progress.
    func makeRoom() {
        watched.withLock { watched in
            var progress = waybill_progress()
            guard let descriptor = watched.descriptor, isWaiting,
                waybill_socket_progress(descriptor, &progress) == 0, progress.unsent == 0
            else { return }
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }

    /// Ends both directions. The library then closes the socket, and the kernel drops undelivered bytes; a client
    /// that does not read could otherwise leave megabytes of them.
    private static func cut(_ descriptor: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
