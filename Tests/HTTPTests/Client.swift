import Dispatch
import Foundation
import Glibc
import HTTP
import Synchronization

/// A client that sends exactly the given bytes, on a socket of its own. Reads fail after 30 s, so that a hanging
/// server fails the test instead of blocking it.
final class Client: Sendable {
    struct Failure: Error { let text: String }
    struct Answer {
        var head: String
        var body: [UInt8]
        var status: Int { Int(head.split(separator: " ")[1]) ?? 0 }
        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { String($0.dropFirst(name.count + 1)).trimmingCharacters(in: .whitespaces) }
        }
    }

    let descriptor: Int32
    private let buffer = Mutex<[UInt8]>([])

    /// - Parameter host: the last byte of its loopback address.
    init(_ server: HTTPServer, receiveBuffer: Int32? = nil, host: UInt8 = 1) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = server.address.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var own = address
        (own.sin_port, own.sin_addr.s_addr) = (0, (UInt32(0x7F00_0000) | UInt32(host)).bigEndian)
        let bound = withUnsafePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0 else { throw Failure(text: "bind: \(String(cString: strerror(errno)))") }
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Failure(text: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { Glibc.close(descriptor) }

    /// False when the server has closed.
    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// One request, with the fields that every request needs.
    @discardableResult
    func ask(_ method: String, _ path: String, _ headers: [String] = [], body: String = "") -> Bool {
        let length = body.isEmpty ? [] : ["Content-Length: \(body.utf8.count)"]
        let lines = ["\(method) \(path) HTTP/1.1", "Host: test"] + headers + length
        return send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// Bytes as they arrive; empty at the end of the connection.
    func some() throws -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count < 0, errno == ECONNRESET { return [] }
        guard count >= 0 else { throw Failure(text: "nothing came: \(String(cString: strerror(errno)))") }
        return Array(piece.prefix(count))
    }

    /// The next answer, by its length, by its chunks, or to the end of the connection.
    func answer(toHead: Bool = false) throws -> Answer {
        let head = String(decoding: try upTo(Array("\r\n\r\n".utf8)), as: UTF8.self)
        var answer = Answer(head: head, body: [])
        if toHead || answer.status == 304 || answer.status == 100 { return answer }
        if let length = answer.header("Content-Length").flatMap({ Int($0) }) {
            answer.body = try take(length)
        } else if answer.header("Transfer-Encoding") == "chunked" {
            while true {
                let size = Int(String(decoding: try upTo([13, 10]).dropLast(2), as: UTF8.self), radix: 16) ?? 0
                answer.body += try take(size)
                _ = try take(2)
                if size == 0 { break }
            }
        }
        return answer
    }

    /// Whether the connection ends without another byte.
    func isClosed() throws -> Bool { try buffer.withLock { $0.isEmpty } && some().isEmpty }

    private func take(_ count: Int) throws -> [UInt8] {
        while buffer.withLock({ $0.count }) < count { try fill() }
        return buffer.withLock { buffer in
            defer { buffer.removeFirst(count) }
            return Array(buffer.prefix(count))
        }
    }

    private func upTo(_ end: [UInt8]) throws -> [UInt8] {
        while true {
            let count = buffer.withLock { buffer in
                buffer.indices.first { buffer[$0...].starts(with: end) }.map { $0 + end.count }
            }
            if let count { return try take(count) }
            try fill()
        }
    }

    private func fill() throws {
        let more = try some()
        if more.isEmpty { throw Failure(text: "the connection ended") }
        buffer.withLock { $0 += more }
    }
}

/// Runs code that waits on sockets outside of the threads that Swift's tasks share, because the server's tasks need
/// those.
func blocking<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
}

/// A server on a free port with its own spool folder, for the duration of a test.
func serve<T: Sendable>(
    configure: (inout HTTPConfiguration) -> Void = { _ in },
    policy: @escaping @Sendable (HTTPRequest) -> BodyPolicy = { _ in .memory(limit: 1 << 20) },
    access: @escaping @Sendable (AccessEvent) -> Void = { _ in },
    handler: @escaping @Sendable (HTTPRequest) -> Reply,
    test: @escaping @Sendable (HTTPServer, _ spool: String) throws -> T
) async throws -> T {
    let spool = NSTemporaryDirectory() + "http-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: spool) }
    var configuration = HTTPConfiguration(listen: ListenAddress(host: "127.0.0.1", port: 0), spool: spool)
    configure(&configuration)
    let server = try HTTPServer(configuration, policy: policy, access: access, handler: handler)
    do {
        let result = try await blocking { try test(server, spool) }
        await server.drain(grace: .seconds(2))
        return result
    } catch {
        await server.drain(grace: .seconds(0))
        throw error
    }
}

/// Waits for something that happens on another thread; false after 30 s.
func eventually(_ condition: () -> Bool) -> Bool {
    for _ in 0..<3000 {
        if condition() { return true }
        usleep(10_000)
    }
    return condition()
}

/// The names in a folder.
func entries(_ folder: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }

/// Answers with the request as the server read it: method, path, size of the body.
@Sendable func echo(_ request: HTTPRequest) -> Reply {
    switch request.body {
    case .bytes(let bytes): .now(.text(200, "\(request.method) \(request.path) \(bytes.count)"))
    case .file(_, let size): .now(.text(200, "\(request.method) \(request.path) file \(size)"))
    }
}
