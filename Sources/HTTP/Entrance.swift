import CMicrohttpd
import Glibc
import Synchronization

// DESIGN. The library could accept connections itself. But ending that (`MHD_quiesce_daemon`) while its event threads run has a
// race in the library. The caller and an event thread both remove the listening socket from one epoll set, and the second
// removal makes the library abort the process (0.9.75, `MHD_epoll`; seen once in 500 ends under load). So the library never
// gets the socket: the watch accepts connections, hands each over, and stops accepting.

/// The listening socket. Only the thread of the watch uses it. The creator of the socket closes it after that thread
/// has stopped.
struct Entrance {
    /// Hands over the socket of a client, which the receiver then owns in any case; false when it was refused.
    typealias HandOver = (_ client: Int32, _ address: sockaddr_storage, _ length: socklen_t) -> Bool

    /// The most clients that are accepted before the watch continues with other work.
    private static let turn = 64

    let socket: Int32
    private let limit: Int
    private let handOver: HandOver
    /// Before this time of the monotonic clock, in seconds, no client is accepted, because descriptors or memory ran
    /// out.
    private var closedUntil = 0.0

    /// - Parameter limit: the most connections at a time; further clients wait in the kernel's queue.
    init(_ socket: Int32, limit: Int, handOver: @escaping HandOver) {
        self.socket = socket
        self.limit = max(limit, 1)
        self.handOver = handOver
    }

    /// The longest sleep of the watch, in seconds; nil when the socket wakes it.
    func pause(_ service: Service, now: Double) -> Double? {
        if now < closedUntil { return closedUntil - now }
        // This happens rarely, and costs less than a signal at each end of a connection.
        return service.accepted.load(ordering: .relaxed) >= limit ? 0.02 : nil
    }

    /// Accepts waiting clients, up to a limit.
    mutating func letIn(_ service: Service, now: Double) {
        for _ in 0..<Self.turn where service.accepted.load(ordering: .relaxed) < limit {
            var address = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let client = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { waybill_accept(socket, $0, &length) }
            }
            guard client >= 0 else {
                switch errno {
                // The client has gone again.
                case ECONNABORTED, EINTR, EPROTO: continue
                case EAGAIN: return
                // Descriptors or memory have probably run out; whatever the reason, the watch must not spin.
                default: closedUntil = now + 0.1
                }
                return
            }
            // Counted first, because the connection may end before it is handed over.
            service.accepted.add(1, ordering: .relaxed)
            if !handOver(client, address, length) { service.accepted.subtract(1, ordering: .relaxed) }
        }
    }
}
