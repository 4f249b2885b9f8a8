import Foundation
import HTTP
import Synchronization
import Testing

/// Input: heads, bodies and their limits.
@Suite struct RequestTests {
    @Test func keepsTheConnectionForManyRequests() async throws {
        try await serve(
            handler: echo,
            test: { server, _ in
                let client = try Client(server)
                for _ in 0..<3 {
                    client.ask("GET", "/a")
                    #expect(try client.answer().text == "GET /a 0\n")
                    client.ask("POST", "/b", body: "12345")
                    #expect(try client.answer().text == "POST /b 5\n")
                }
                #expect(server.openConnections == 1)
            })
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        try await serve(
            handler: { request in
                request.path == "/slow" ? .later { .text(200, "slow") } : echo(request)
            },
            test: { server, _ in
                let client = try Client(server)
                let get = { (path: String) in "GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n" }
                client.send(
                    get("/1") + get("/slow") + "POST /2 HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi" + get("/3"))
                #expect(
                    try (0..<4).map { _ in try client.answer().text } == [
                        "GET /1 0\n", "slow\n", "POST /2 2\n", "GET /3 0\n",
                    ])
            })
    }

    @Test func readsHeadersQueryAndClient() async throws {
        try await serve(
            handler: { request in
                .now(
                    .text(
                        200,
                        [
                            request.headers["x-token"] ?? "-", request.query.exactly("q") ?? "-",
                            request.query["empty"] ?? "-",
                            request.path, request.client ?? "-", "\(request.isTLS)",
                        ].joined(separator: "|")))
            },
            test: { server, _ in
                let client = try Client(server)
                client.ask("GET", "/a%20b?q=1%2B1&empty", ["X-TOKEN: secret"])
                #expect(try client.answer().text == "secret|1+1||/a b|127.0.0.1|false\n")
            })
    }

    @Test func leavesTheBodyOutForHead() async throws {
        try await serve(
            handler: { _ in .now(.text(200, "hello")) },
            test: { server, _ in
                let client = try Client(server)
                client.ask("HEAD", "/")
                #expect(try client.answer(toHead: true).header("Content-Length") == "6")
                client.ask("GET", "/")
                #expect(try client.answer().text == "hello\n")
            })
    }

    @Test func refusesWhatIsNoHTTP() async throws {
        try await serve(
            handler: echo,
            test: { server, _ in
                for text in [
                    "GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -5\r\n\r\n",
                    "GET / HTTP/1.1\r\nHost: t\r\nX: \(String(repeating: "x", count: 20000))\r\n\r\n",
                ] {
                    let client = try Client(server)
                    client.send(text)
                    #expect([400, 413, 414, 431, 494].contains(try client.answer().status))
                }
            })
    }

    @Test func isNotFooledAboutWhereABodyEnds() async throws {
        try await serve(handler: echo) { server, _ in
            for head in ["Content-Length: 4\r\nTransfer-Encoding: chunked", "Content-Length: 4\r\nContent-Length: 30"] {
                let client = try Client(server)
                client.send(
                    "POST /1 HTTP/1.1\r\nHost: t\r\n\(head)\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n")
                let first = try client.answer()
                // RFC 9112 §6.3: chunked takes precedence, or all is refused; two lengths are refused.
                #expect(
                    first.status == 400 || (head.contains("chunked") && first.text == "POST /1 0\n"), "\(head) \(first)"
                )
            }
            let client = try Client(server)
            client.ask("GET", "/a%00b")
            #expect(try client.answer().text != "GET /a 0\n")
        }
    }

    /// Requests that proxies and lenient servers read differently (RFC 9112 §2.2, §3, §5, §6) are refused, and nothing after them
    /// is read as a request.
    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: t\r\nContent-Length : 5\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nX\t: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\r\nX: a\r\n b\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nX: a\r\n\tb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\r\nContent-Length:\r\n 5\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\rX: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nX: a\r\r\n\r\n",
        "GET /a\rb HTTP/1.1\r\nHost: t\r\n\r\n", "GET / HTTP/1.1\nHost: t\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\nX: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\n\n", "GET / HTTP/1.1\r\nHost: t\n\n",
        "GET / HTTP/1.1\r\nHost: t\r\nX: a\0b\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nX: a\0\0Y: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\r\nX: a\0\0Y\0b\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nX\0: a\r\n\r\n",
        "GET /a\0b HTTP/1.1\r\nHost: t\r\n\r\n", "GET /a\0HTTP/1.1\0\0 HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nhost: t\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\r\n: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nX: \u{1}\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nHost : t\r\nContent-Length: 2\r\n\r\n{}",
        "GET / a HTTP/1.1\r\nHost: t\r\n\r\n", "GET  / HTTP/1.1\r\nHost: t\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: +2\r\n\r\n{}",
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2, 2\r\n\r\n{}",
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 0x2\r\n\r\n{}",
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length:\r\n\r\n",
    ])
    func keepsToTheLetter(of head: String) async throws {
        try await serve(
            configure: { $0.answerFields = ["X-Content-Type-Options": "nosniff"] }, handler: echo,
            test: { server, _ in
                let client = try Client(server)
                client.send(head + "GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n")
                let answer = try client.answer()
                #expect(answer.status == 400)
                #expect(answer.header("Connection") == "close")
                // One head, and the body that it declares: no second head, no second answer.
                #expect(!answer.text.contains("Date:"), "\(answer.text)")
                // The library itself refuses lines that are no fields for it.
                if !answer.text.hasPrefix("<html>") {
                    #expect(answer.header("X-Content-Type-Options") == "nosniff" && answer.text.hasSuffix("\n"))
                }
                #expect(try client.isClosed())
            })
    }

    /// Heads in pieces, with others between them on the same thread: only bad ones are refused, once each.
    @Test(arguments: ["+2", "99999999999999999999"]) func aBadLengthIsRefusedAmongOthers(length: String) async throws {
        try await serve(
            configure: { $0.threads = 1 }, handler: echo,
            test: { server, _ in
                let clients = try (0..<3).map { _ in try Client(server) }
                let lengths = ["2", length, "2"]
                for client in clients { client.send("POST /a HTTP/1.1\r\nHost: t\r\n") }
                for (client, length) in zip(clients, lengths) { client.send("Content-Length: \(length)\r\n") }
                usleep(100_000)
                for client in clients.reversed() { client.send("X: y\r\n\r\nhi") }
                for (client, length) in zip(clients, lengths) {
                    let answer = try client.answer()
                    #expect(answer.status == (length == "2" ? 200 : length == "+2" ? 400 : 413), "\(answer)")
                    if length == "2" {
                        #expect(answer.text == "POST /a 2\n")
                    } else {
                        #expect(try client.isClosed())
                    }
                }
            })
    }

    @Test(arguments: [
        "GET /a%0Db%00?c=%0A&d HTTP/1.1\r\nHost: t\r\n\r\n", "\r\nGET / HTTP/1.1\r\nHost: t\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\nX:\ta \t b\t \r\nY: \u{FC}\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\r\nCookie: a=b; c=\"d\"\r\nCookie: e\r\nX: 1\r\nX: 2\r\n\r\n",
    ])
    func takesWhatTheLetterAllows(_ head: String) async throws {
        try await serve(handler: echo) { server, _ in
            let client = try Client(server)
            client.send(head)
            #expect(try client.answer().status == 200)
        }
    }

    /// The library accepts a bare LF in the lines of chunks and trailers (RFC 9112 §7.1), where others see another end of the
    /// body. Wherever it sees the end, nothing after it is read as a request.
    @Test(arguments: [
        "3\r\nabc\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "3\r\nabc\n0\r\n\r\n", "3\r\nabc\r\n0\n\r\n",
        "3\r\nabc\r\n0\r\n\n", "0\r\nX: a\n\r\n", "0\nX: a\n\n", "3;x\nabc\r\n0\r\n\r\n",
        "3;x=\"\n\"\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n",
    ])
    func nothingIsReadBehindAChunkedBody(_ body: String) async throws {
        try await serve(handler: echo) { server, _ in
            let client = try Client(server)
            client.send(
                "POST /1 HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n\(body)GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n"
            )
            var bytes: [UInt8] = []
            while case let more = try client.some(), !more.isEmpty { bytes += more }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2, "\(text)")
            #expect(!text.contains("smuggled"))
            #expect(text.contains("Connection: close"))
        }
    }

    @Test func givesEveryAnswerTheFieldsOfTheServer() async throws {
        try await serve(
            configure: { $0.answerFields = ["Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"] },
            policy: { _ in .refuse(.text(403, "no")) },
            handler: { request in
                .now(HTTPResponse(headers: request.path == "/own" ? ["Cache-Control": "max-age=5"] : [:]))
            },
            test: { server, _ in
                for (method, path, value) in [
                    ("GET", "/", "no-store"), ("GET", "/own", "max-age=5"), ("PUT", "/", "no-store"),
                ] {
                    let client = try Client(server)
                    client.ask(method, path, body: method == "PUT" ? "x" : "")
                    let answer = try client.answer()
                    #expect(answer.header("Cache-Control") == value)
                    #expect(answer.header("X-Content-Type-Options") == "nosniff")
                }
            })
    }

    @Test func answersExpect100Continue() async throws {
        try await serve(
            policy: { $0.path == "/no" ? .refuse(.text(403, "no")) : .memory(limit: 10) }, handler: echo,
            test: {
                server, _ in
                let client = try Client(server)
                client.send("PUT /x HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
                #expect(try client.answer().status == 100)
                client.send("abc")
                #expect(try client.answer().text == "PUT /x 3\n")
                for (path, status) in [("/x", 413), ("/no", 403)] {
                    let client = try Client(server)
                    client.send("PUT \(path) HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n")
                    #expect(try client.answer().status == status)
                }
            })
    }

    @Test func takesABodyOfExactlyTheLimit() async throws {
        try await serve(
            policy: { _ in .memory(limit: 1000) }, handler: echo,
            test: { server, _ in
                let client = try Client(server)
                client.ask("POST", "/", body: String(repeating: "x", count: 1000))
                #expect(try client.answer().text == "POST / 1000\n")
                client.send("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n")
                client.send(String(repeating: "x", count: 1000) + "\r\n0\r\n\r\n")
                #expect(try client.answer().text == "POST / 1000\n")
            })
    }

    @Test func refusesALargeBodyAtTheHead() async throws {
        try await serve(
            policy: { _ in .memory(limit: 1000) }, handler: echo,
            test: { server, _ in
                let client = try Client(server)
                client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999\r\n\r\n")
                #expect(try client.answer().status == 413)
                // All of it is sent before the answer is read, because a reset would lose the answer.
                let stubborn = try Client(server)
                #expect(stubborn.ask("POST", "/", body: String(repeating: "x", count: 30_000_000)))
                #expect(try stubborn.answer().status == 413)
                #expect(try stubborn.isClosed())
            })
    }

    @Test(arguments: [false, true]) func refusesALargeChunkedBodyAtItsEnd(toFile: Bool) async throws {
        try await serve(
            policy: { _ in toFile ? .file(limit: 1000) : .memory(limit: 1000) }, handler: echo,
            test: {
                server, spool in
                let client = try Client(server)
                client.send("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nf4240\r\n")
                client.send(String(repeating: "x", count: 1_000_000) + "\r\n0\r\n\r\n")
                #expect(try client.answer().status == 413)
                #expect(eventually { entries(spool).isEmpty })
                // An endless body is cut off after a bounded number of bytes.
                let endless = try Client(server)
                endless.send("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = Array(("f4240\r\n" + String(repeating: "x", count: 1_000_000) + "\r\n").utf8)
                var sent = 0
                while sent < 500, endless.send(chunk) { sent += 1 }
                #expect(sent < 100)
            })
    }

    @Test func streamsALargeBodyToAFile() async throws {
        let kept = NSTemporaryDirectory() + "kept-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: kept) }
        try await serve(
            policy: { _ in .file(limit: 1 << 24) },
            handler: { request in
                guard case .file(let path, let size) = request.body else { return .now(.text(500, "no file")) }
                if request.path == "/keep" { rename(path, kept) }
                return .later { .text(200, "\(size) \(FileManager.default.fileExists(atPath: path))") }
            },
            test: { server, spool in
                let client = try Client(server)
                let body = String(repeating: "0123456789", count: 1_000_000)
                client.ask("POST", "/drop", body: body)
                #expect(try client.answer().text == "10000000 true\n")
                #expect(eventually { entries(spool).isEmpty })
                client.ask("POST", "/keep", body: body)
                #expect(try client.answer().text == "10000000 false\n")
                #expect(FileManager.default.contents(atPath: kept) == Data(body.utf8))
            })
    }

    @Test func leavesNoFileOfABrokenUpload() async throws {
        let events = Events()
        try await serve(
            policy: { _ in .file(limit: 1 << 24) }, access: events.add, handler: echo,
            test: { server, spool in
                do {
                    let client = try Client(server)
                    client.send("POST /up HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\nabc")
                    #expect(eventually { entries(spool).count == 1 })
                }
                #expect(eventually { entries(spool).isEmpty })
                #expect(eventually { events.all.count == 1 })
                #expect(events.all.first?.completed == false && events.all.first?.status == 0)
            })
    }

    @Test func sweepsTheSpoolFolderAtTheStart() async throws {
        try await serve(
            configure: { configuration in
                for name in ["upload-1-x.part", "other"] {
                    _ = FileManager.default.createFile(atPath: "\(configuration.spool)/\(name)", contents: nil)
                }
            }, handler: echo, test: { _, spool in #expect(entries(spool) == ["other"]) })
    }

    @Test func tellsOfEachRequest() async throws {
        let events = Events()
        try await serve(
            access: events.add, handler: { _ in .now(.text(404, "none")) },
            test: { server, _ in
                let client = try Client(server)
                client.ask("GET", "/x?token=secret")
                _ = try client.answer()
                #expect(eventually { events.all.count == 1 })
                let event = try #require(events.all.first)
                #expect(event.path == "/x" && event.status == 404 && event.bytes == 5 && event.completed)
            })
    }
}

/// Collects access events.
final class Events: Sendable {
    private let list = Mutex<[AccessEvent]>([])
    var all: [AccessEvent] { list.withLock { $0 } }
    @Sendable func add(_ event: AccessEvent) { list.withLock { $0.append(event) } }
}
