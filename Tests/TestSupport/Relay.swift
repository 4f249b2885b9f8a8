import Foundation
import Glibc
import Synchronization

// DESIGN. Behaves like a cut network: no connection is closed, and no byte comes through. A connection has its own thread
// that moves bytes both ways. While the relay is cut, the thread leaves the bytes where they are, and new connections are
// accepted without a peer at the other end.

/// A path to a port of loopback that a test can cut and repair.
package final class Relay: Sendable {
    private let target: Int
    private let listener: LoopbackListener
    private let isCut = Atomic<Bool>(false)
    private let isOver = Atomic<Bool>(false)

    package var port: Int { listener.port }

    package init(to target: Int) throws {
        self.target = target
        listener = try LoopbackListener()
        Thread.detachNewThread { [self] in take() }
    }

    package func cut() { isCut.store(true, ordering: .relaxed) }
    package func mend() { isCut.store(false, ordering: .relaxed) }

    /// Ends all connections; the relay lives until this is called.
    package func end() {
        isOver.store(true, ordering: .relaxed)
        listener.end()
    }

    private func take() {
        while let near = listener.next() {
            Thread.detachNewThread { [self] in carry(near) }
        }
    }

    private func carry(_ near: Int32) {
        defer { close(near) }
        while isCut.load(ordering: .relaxed), !isOver.load(ordering: .relaxed) { usleep(20_000) }
        let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(far) }
        var address = LoopbackListener.address(port: target)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { return }
        while !isOver.load(ordering: .relaxed) {
            if isCut.load(ordering: .relaxed) {
                usleep(20_000)
                continue
            }
            var ends = [
                pollfd(fd: near, events: Int16(POLLIN), revents: 0), pollfd(fd: far, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&ends, 2, 20) > 0 else { continue }
            if ends[0].revents != 0, !move(from: near, to: far) { return }
            if ends[1].revents != 0, !move(from: far, to: near) { return }
        }
    }

    /// Moves the available bytes; false at the end of either side.
    private func move(from source: Int32, to target: Int32) -> Bool {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(source, &piece, piece.count, 0)
        guard count > 0 else { return false }
        var sent = 0
        while sent < count {
            let more = piece.withUnsafeBytes {
                send(target, $0.baseAddress?.advanced(by: sent), count - sent, Int32(MSG_NOSIGNAL))
            }
            guard more > 0 else { return false }
            sent += more
        }
        return true
    }
}
