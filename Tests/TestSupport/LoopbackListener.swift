package import Glibc

/// A listening socket of 127.0.0.1 on a free port. The descriptor is closed when nobody holds the object any more, and not
/// before: a `shutdown` or `accept` of a closed number would reach whatever the process opened since.
package final class LoopbackListener: Sendable {
    package struct NoPort: Error {}

    package let port: Int
    private let descriptor: Int32

    package init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let handle = descriptor
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(handle, $0, length) == 0 && listen(handle, 64) == 0 && getsockname(handle, $0, &length) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard isListening else { throw NoPort() }
    }

    deinit { close(descriptor) }

    /// The next client, whose socket the caller owns; nil after `end`.
    package func next() -> Int32? {
        while true {
            let client = accept(descriptor, nil, nil)
            if client >= 0 {
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                return client
            }
            guard errno == EINTR || errno == ECONNABORTED else { return nil }
        }
    }

    /// Refuses clients from now on, and wakes waiting callers.
    package func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    package static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        return address
    }
}
