import Foundation
import Glibc

/// The answer of a server.
struct Answer: Sendable {
    let status: Int
    let head: String
    let body: Data

    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? {
        head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { String($0.dropFirst(name.count + 1)).trimmingCharacters(in: .whitespaces) }
    }

    /// The body as a JSON object.
    func json() throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: body) as? [String: Any] else {
            throw Program.Failed(description: "no JSON object: \(text.prefix(200))")
        }
        return object
    }
}

/// HTTP over a socket of loopback, one connection a request.
enum Wire {
    static func exchange(
        port: Int, _ method: String, _ path: String, _ headers: [String] = [], body: Data? = nil
    ) throws -> Answer {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + headers
        if let body { lines.append("Content-Length: \(body.count)") }
        let bytes = try talk(port: port, Data((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? Data()))
        guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else {
            throw Program.Failed(description: "\(method) \(path): the answer has no head: \(bytes.count) bytes")
        }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let body = Data(bytes[end.upperBound...])
        let answer = Answer(status: Int(head.split(separator: " ")[1]) ?? 0, head: head, body: body)
        if method != "HEAD", let length = answer.header("Content-Length").flatMap({ Int($0) }), length != body.count {
            throw Program.Failed(description: "\(method) \(path): \(body.count) of \(length) bytes came")
        }
        return answer
    }

    /// Sends bytes and returns everything that comes back until the server closes.
    ///
    /// - Parameter endsThere: closes the sending side, so that the server sees the end.
    static func talk(port: Int, _ bytes: Data, endsThere: Bool = false) throws -> Data {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(handle) }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            throw Program.Failed(description: "connect to \(port): \(String(cString: strerror(errno)))")
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(handle, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            // A server that refuses a body closes early; its answer counts.
            if count <= 0 { break }
            rest = rest.dropFirst(count)
        }
        if endsThere { shutdown(handle, Int32(SHUT_WR)) }
        var answer = Data()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(handle, &piece, piece.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == ECONNRESET, !answer.isEmpty { return answer }
            guard count >= 0 else {
                throw Program.Failed(description: "receive from \(port): \(String(cString: strerror(errno)))")
            }
            if count == 0 { return answer }
            answer += piece[..<count]
        }
    }
}
