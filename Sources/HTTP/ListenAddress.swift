import CMicrohttpd  // Its header brings `sockaddr_storage` too, and the compiler may know the type from there.
import Glibc

/// The address that a server listens on: a host name or numeric address, and a port (0 for any free port).
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    package var host: String
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `127.0.0.1:8080`, `localhost:0`, `[::1]:8080`, and `:8080` for all addresses of both families.
    package init(parsing text: String) throws(HTTPError) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw .badAddress(text)
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]"), host.count > 2 {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw .badAddress(text)
        }
        self.init(host: host.isEmpty ? "::" : String(host), port: port)
    }

    /// In the form of a URL: IPv6 in brackets.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// A listening socket and its actual address. The caller closes it.
    func listen() throws(HTTPError) -> (socket: Int32, address: ListenAddress) {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { throw .cannotListen(description, reason: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(list) }

        var failure = EADDRNOTAVAIL
        var candidate = list
        while let info = candidate?.pointee {
            candidate = info.ai_next
            switch Self.open(info) {
            case .success(let result): return (result.0, ListenAddress(host: host, port: result.1))
            case .failure(let error): failure = error.code
            }
        }
        switch failure {
        case EADDRINUSE: throw .portInUse(description)
        case EACCES:
            throw .cannotListen(description, reason: "not permitted; ports below 1024 need CAP_NET_BIND_SERVICE")
        case EADDRNOTAVAIL:
            throw .cannotListen(description, reason: "this machine has no such address; 0.0.0.0 or :: means all")
        default: throw .cannotListen(description, reason: String(cString: strerror(failure)))
        }
    }

    private struct Failure: Error { let code: Int32 }

    private static func open(_ info: addrinfo) -> Result<(Int32, UInt16), Failure> {
        let type = info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let handle = socket(info.ai_family, type, info.ai_protocol)
        guard handle >= 0 else { return .failure(Failure(code: errno)) }
        var (yes, no): (Int32, Int32) = (1, 0)
        let size = socklen_t(MemoryLayout<Int32>.size)
        // Without this option, a restart fails for a minute while old connections are in TIME_WAIT.
        setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, size)
        if info.ai_family == AF_INET6 {
            // `::` must include IPv4, whatever the default of the system is.
            setsockopt(handle, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &no, size)
        }
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isListening =
            bind(handle, info.ai_addr, info.ai_addrlen) == 0 && Glibc.listen(handle, SOMAXCONN) == 0
            && withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(handle, $0, &length) == 0 }
            }
        guard isListening else {
            let code = errno
            close(handle)
            return .failure(Failure(code: code))
        }
        // The port has the same position in sockaddr_in and sockaddr_in6: after the family, in network order.
        let port = withUnsafeBytes(of: &address) { $0.load(fromByteOffset: 2, as: UInt16.self) }
        return .success((handle, UInt16(bigEndian: port)))
    }
}
