import Foundation
import Glibc
import Synchronization
import TestSupport

// DESIGN. What a cut network does: nothing is closed, nothing comes through. A connection has a thread of its own that moves
// bytes both ways; while the relay is cut, the thread leaves them where they are, and new connections are taken up
// without anybody at the other end.

/// A way to a port of loopback that can be cut and mended.
final class Relay: Sendable {
    let port: Int
    private let target: Int
    private let listener: Int32
    private let isCut = Atomic<Bool>(false)
    private let isOver = Atomic<Bool>(false)

    init(to target: Int) throws {
        self.target = target
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let handle = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(handle, $0, length) == 0 && listen(handle, 64) == 0 && getsockname(handle, $0, &length) == 0
            }
        }
        guard isBound else { throw Program.Failed(description: "no port is free") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in take() }
    }

    func cut() { isCut.store(true, ordering: .relaxed) }
    func mend() { isCut.store(false, ordering: .relaxed) }

    /// Ends all connections; the relay lives as long as this was not called.
    func end() {
        isOver.store(true, ordering: .relaxed)
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        return address
    }

    private func take() {
        defer { close(listener) }
        while !isOver.load(ordering: .relaxed) {
            let near = accept(listener, nil, nil)
            guard near >= 0 else { continue }
            _ = fcntl(near, F_SETFD, FD_CLOEXEC)
            Thread.detachNewThread { [self] in carry(near) }
        }
    }

    private func carry(_ near: Int32) {
        defer { close(near) }
        while isCut.load(ordering: .relaxed), !isOver.load(ordering: .relaxed) { usleep(20_000) }
        let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(far) }
        var address = Self.address(port: target)
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

    /// Moves what is there; false at the end of either side.
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
