import CMicrohttpd
import Glibc
import Synchronization

// DESIGN. The library could accept connections itself. But ending that (`MHD_quiesce_daemon`) while its event threads run has a
// race in the library: the caller and an event thread both remove the listening socket from one epoll set, and the second removal
// makes the library abort the process (0.9.75, `MHD_epoll`; seen once in 500 ends under load). So the library never has the
// socket: the watch accepts and hands over each connection, and stops accepting.

/// The listening socket. Only the thread of the watch uses it. The maker of the socket closes it after that thread has
/// stopped.
struct Entrance {
    /// Hands a client's socket over, whatever comes of it; false when it was not taken.
    typealias HandOver = (_ client: Int32, _ address: sockaddr_storage, _ length: socklen_t) -> Bool

    /// How many clients are let in before the watch looks at something else.
    private static let turn = 64

    let socket: Int32
    private let limit: Int
    private let handOver: HandOver
    /// Nobody is let in before this time of the monotonic clock, in seconds: there was no descriptor or no memory.
    private var closedUntil = 0.0

    /// - Parameter limit: connections at a time; further clients wait in the kernel's queue.
    init(_ socket: Int32, limit: Int, handOver: @escaping HandOver) {
        self.socket = socket
        self.limit = max(limit, 1)
        self.handOver = handOver
    }

    /// How long the watch may sleep beside the entrance, in seconds; nil when the socket wakes it.
    func pause(_ service: Service, now: Double) -> Double? {
        if now < closedUntil { return closedUntil - now }
        // Seldom, and cheaper than a bell that each end of a connection rings.
        return service.accepted.load(ordering: .relaxed) >= limit ? 0.02 : nil
    }

    /// Lets clients in who wait, up to a bound.
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
                // Most likely no descriptor or no memory; whatever it is, the watch does not spin.
                default: closedUntil = now + 0.1
                }
                return
            }
            // Counted first: its end may come before it is handed over.
            service.accepted.add(1, ordering: .relaxed)
            if !handOver(client, address, length) { service.accepted.subtract(1, ordering: .relaxed) }
        }
    }
}
