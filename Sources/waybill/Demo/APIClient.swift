import Bytes
import Glibc
import Service

/// A client of the Mend API, for the demonstration: one connection a call, over loopback.
struct APIClient {
    let host: String
    let port: UInt16
    let userKey: String

    /// An answer: its body and whether it is JSON.
    struct Answer {
        let body: [UInt8]
        let isJSON: Bool

        /// The text member with this name, wherever it stands in the JSON.
        func text(_ name: String) -> String? {
            let text = String(decoding: body, as: UTF8.self)
            guard let key = text.firstRange(of: "\"\(name)\":\"") else { return nil }
            return String(text[key.upperBound...].prefix { $0 != "\"" })
        }
    }

    /// Sends a request with its fields; values are JSON.
    func call(_ requestType: String, _ fields: KeyValuePairs<String, String>) throws -> Answer {
        var body = JSONWriter()
        body.object {
            $0.text("requestType", requestType)
            $0.text("userKey", userKey)
            for (name, value) in fields {
                $0.key(named: name)
                $0.raw(value)
            }
        }
        return try post(body.bytes)
    }

    private func post(_ body: [UInt8]) throws -> Answer {
        let socket = try connected()
        defer { close(socket) }
        let head = """
            POST /api/v1.4 HTTP/1.1\r\nHost: \(host):\(port)\r\nContent-Type: application/json\r\n\
            Content-Length: \(body.count)\r\nConnection: close\r\n\r\n
            """
        try send(Array(head.utf8) + body, to: socket)
        let answer = try receiveAll(from: socket)
        guard let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw Failure("the server's answer has no head")
        }
        let fields = String(decoding: answer[..<end.lowerBound], as: UTF8.self).lowercased()
        guard fields.hasPrefix("http/1.1 200") else { throw Failure("the server answered \(fields.prefix(60))") }
        return Answer(
            body: Array(answer[end.upperBound...]), isJSON: fields.contains("content-type: application/json"))
    }

    private func connected() throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let address = list else { throw Failure("\(host) has no address") }
        defer { freeaddrinfo(list) }
        let socket = socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
        guard socket >= 0, connect(socket, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
            let why = systemMessage(errno)
            if socket >= 0 { close(socket) }
            throw Failure("cannot connect to \(host):\(port): \(why)")
        }
        return socket
    }

    private func send(_ bytes: [UInt8], to socket: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress?.advanced(by: sent), $0.count - sent, 0)
            }
            guard count > 0 else { throw Failure("sending to the server: \(systemMessage(errno))") }
            sent += count
        }
    }

    private func receiveAll(from socket: Int32) throws -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count >= 0 else { throw Failure("receiving from the server: \(systemMessage(errno))") }
            if count == 0 { return answer }
            answer += buffer[..<count]
        }
    }
}
