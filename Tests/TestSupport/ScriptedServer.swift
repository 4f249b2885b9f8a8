import Foundation
import Synchronization

/// An HTTP/1.1 server that gives scripted answers, one for each connection, and records the requests.
package final class ScriptedServer: Sendable {
    package enum Step: Sendable {
        case answer(status: Int, headers: String = "", body: String = "")
        /// Declares a body of this many bytes, sends fewer, and disconnects.
        case broken(length: Int, headers: String = "", body: String)
        /// Reads the request and never answers.
        case silence
    }

    private let listener: LoopbackListener
    private let seen = Mutex<[String]>([])

    package var port: Int { listener.port }
    /// The requests so far: head and body.
    package var requests: [String] { seen.withLock { $0 } }
    /// The first line of each.
    package var lines: [String] { requests.map { String($0.prefix { $0 != "\r\n" }) } }

    package init(_ steps: [Step]) throws {
        let listener = try LoopbackListener()
        self.listener = listener
        Thread.detachNewThread { [weak self] in
            var silent: [Int32] = []
            for step in steps {
                guard let client = listener.next() else { break }
                let request = Self.request(from: client)
                self?.seen.withLock { $0.append(request) }
                switch step {
                case .answer(let status, let headers, let body):
                    let isHead = request.hasPrefix("HEAD")
                    let length =
                        isHead && headers.contains("Content-Length") ? "" : "Content-Length: \(body.utf8.count)\r\n"
                    Self.send(
                        "HTTP/1.1 \(status) X\r\nConnection: close\r\n\(length)\(headers)\r\n\(isHead ? "" : body)",
                        to: client)
                case .broken(let length, let headers, let body):
                    Self.send("HTTP/1.1 200 X\r\nContent-Length: \(length)\r\n\(headers)\r\n\(body)", to: client)
                case .silence:
                    silent.append(client)
                    continue
                }
                close(client)
            }
            listener.end()
            withExtendedLifetime(silent) {}
        }
    }

    deinit { listener.end() }

    private static func request(from client: Int32) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        var wanted = Int.max
        while bytes.count < wanted {
            let count = recv(client, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
            guard wanted == .max else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let head = text[..<end.lowerBound].lowercased()
            let length = head.range(of: "content-length: ").map { head[$0.upperBound...].prefix { $0.isNumber } }
            if head.contains("expect: 100-continue") { send("HTTP/1.1 100 Continue\r\n\r\n", to: client) }
            wanted = text[..<end.upperBound].utf8.count + (length.flatMap { Int($0) } ?? 0)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func send(_ text: String, to client: Int32) {
        let bytes = Array(text.utf8)
        _ = Glibc.send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}
