import Foundation
import Glibc
import Synchronization
import TestSupport

/// A server on 127.0.0.1 that provides a folder like publishers: with validators, ranges, and the faults that a test
/// requests.
final class FeedServer: Sendable {
    /// The next answer for a path, in place of the file.
    enum Fault: Sendable {
        /// Another status, with fields.
        case status(Int, String = "")
        /// The file's length is declared, but only this many bytes are sent.
        case cut(after: Int)
        /// Other content.
        case body(String, type: String)
        /// Bytes without an end.
        case endless
        /// An MD5 that is not the file's.
        case wrongDigest
    }

    private struct State {
        var faults: [String: [Fault]] = [:]
        var requests: [String] = []
    }

    let folder: TemporaryFolder
    private let listener: LoopbackListener
    private let state = Mutex(State())

    var url: String { "http://127.0.0.1:\(listener.port)" }
    /// The requests so far, head by head.
    var requests: [String] { state.withLock { $0.requests } }
    /// The paths of the requests.
    var paths: [String] { requests.map { String($0.split(separator: " ").dropFirst().first ?? "") } }

    init() throws {
        folder = try TemporaryFolder()
        let listener = try LoopbackListener()
        self.listener = listener
        Thread.detachNewThread { [weak self] in
            while let client = listener.next() {
                self?.answer(client)
                close(client)
            }
        }
    }

    deinit { listener.end() }

    /// Puts a file into the layout.
    func put(_ path: String, _ content: Data) throws {
        let url = folder.url.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try content.write(to: url)
    }

    func put(_ path: String, _ text: String) throws { try put(path, Data(text.utf8)) }

    /// The next answers for a path.
    func fail(_ path: String, _ faults: Fault...) { state.withLock { $0.faults["/\(path)", default: []] += faults } }

    func forget() { state.withLock { $0.requests = [] } }

    // MARK: One request

    private func answer(_ client: Int32) {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
            let count = recv(client, &chunk, chunk.count, 0)
            guard count > 0 else { return }
            bytes += chunk.prefix(count)
        }
        let head = String(decoding: bytes, as: UTF8.self)
        let path = String(head.split(separator: " ").dropFirst().first ?? "")
        let fault = state.withLock { state -> Fault? in
            state.requests.append(head)
            guard let first = state.faults[path]?.first else { return nil }
            state.faults[path]?.removeFirst()
            return first
        }
        let name = path.removingPercentEncoding ?? path
        let file = folder.url.path + name
        var digest = ""
        switch fault {
        case .status(let status, let fields): return send(client, status, fields)
        case .body(let text, let type): return send(client, 200, "Content-Type: \(type)\r\n", Data(text.utf8))
        case .endless:
            put(client, Data("HTTP/1.1 200 X\r\nConnection: close\r\n\r\n{\"items\":[".utf8))
            let spaces = Data(repeating: 32, count: 1 << 16)
            for _ in 0..<4096 where !put(client, spaces) { break }
            return
        case .wrongDigest: digest = "x-goog-hash: crc32c=AAAAAA==\r\nx-goog-hash: md5=AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        case .cut, nil: break
        }
        guard let content = FileManager.default.contents(atPath: file) else { return send(client, 404, "") }
        let etag = "\"\(content.count)-\(content.reduce(UInt64(5381)) { $0 &* 33 &+ UInt64($1) })\""
        if head.contains("If-None-Match: \(etag)") { return send(client, 304, "ETag: \(etag)\r\n") }
        var (status, part, range) = (200, content, "")
        if let from = offset(in: head), head.contains("If-Range: \(etag)"), from < content.count {
            (status, part) = (206, content.dropFirst(from))
            range = "Content-Range: bytes \(from)-\(content.count - 1)/\(content.count)\r\n"
        }
        let fields = "ETag: \(etag)\r\nContent-Type: application/octet-stream\r\n\(range)\(digest)"
        if case .cut(let count) = fault {
            put(client, Data("HTTP/1.1 \(status) X\r\nContent-Length: \(part.count)\r\n\(fields)\r\n".utf8))
            put(client, part.prefix(count))
            return
        }
        send(client, status, fields, part)
    }

    private func offset(in head: String) -> Int? {
        guard let found = head.range(of: "Range: bytes=") else { return nil }
        return Int(head[found.upperBound...].prefix { $0.isNumber })
    }

    private func send(_ client: Int32, _ status: Int, _ fields: String, _ body: Data = Data()) {
        let length = status == 304 ? "" : "Content-Length: \(body.count)\r\n"
        put(client, Data("HTTP/1.1 \(status) X\r\nConnection: close\r\n\(length)\(fields)\r\n".utf8) + body)
    }

    @discardableResult
    private func put(_ client: Int32, _ bytes: Data) -> Bool {
        var rest = [UInt8](bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
