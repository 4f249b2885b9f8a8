import Foundation
import HTTP
import Synchronization
import Testing

/// Output: immediate and later answers, files, ranges, streams.
@Suite struct ReplyTests {
    @Test func servesAHundredClientsWithLaterAnswers() async throws {
        try await serve(
            handler: { request in
                .later {
                    try? await Task.sleep(for: .milliseconds(100))
                    return .text(200, request.path)
                }
            },
            test: { server, _ in
                let clients = try (0..<100).map { _ in try Client(server) }
                for round in 0..<3 {
                    for (index, client) in clients.enumerated() { client.ask("GET", "/\(round)/\(index)") }
                    for (index, client) in clients.enumerated() {
                        #expect(try client.answer().text == "/\(round)/\(index)\n")
                    }
                }
            })
    }

    @Test func cancelsTheTaskOfAClientThatWent() async throws {
        let events = Events()
        let cancelled = Flag()
        try await serve(
            access: events.add,
            handler: { _ in
                .later {
                    do { try await Task.sleep(for: .seconds(1000)) } catch { cancelled.set() }
                    return .text(200, "late")
                }
            },
            test: { server, _ in
                do {
                    let client = try Client(server)
                    client.ask("GET", "/")
                    #expect(eventually { server.openConnections == 1 })
                }
                #expect(eventually { cancelled.isSet })
                #expect(eventually { server.openConnections == 0 })
                #expect(events.all.count == 1)
            })
    }

    @Test func sendsAFileAndItsParts() async throws {
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }
        let path = try temporaryFile(bytes)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await serve(
            handler: { request in
                guard let file = try? OpenFile(path: path) else { return .now(.text(500, "no file")) }
                return .now(
                    .download(file, type: "application/zip", name: "Größe \"1\".zip", etag: "abc", for: request))
            },
            test: { server, _ in
                let client = try Client(server)
                func get(_ headers: String...) throws -> Client.Answer {
                    client.ask("GET", "/", headers)
                    return try client.answer()
                }
                let whole = try get()
                #expect(whole.status == 200 && whole.body == bytes)
                #expect(whole.header("Content-Type") == "application/zip")
                #expect(whole.header("ETag") == "\"abc\"")
                #expect(
                    whole.header("Content-Disposition")
                        == "attachment; filename=\"Gr__e _1_.zip\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22.zip")

                let part = try get("Range: bytes=100-199")
                #expect(part.status == 206 && part.body == Array(bytes[100...199]))
                #expect(part.header("Content-Range") == "bytes 100-199/3000000")
                #expect(try get("Range: bytes=2999990-").body == Array(bytes.suffix(10)))
                #expect(try get("Range: bytes=-5").body == Array(bytes.suffix(5)))
                #expect(try get("Range: bytes=-9999999").body.count == 3_000_000)
                #expect(try get("Range: bytes=5-9999999999999999999999").body.count == 2_999_995)

                let beyond = try get("Range: bytes=3000000-")
                #expect(beyond.status == 416 && beyond.header("Content-Range") == "bytes */3000000")
                for odd in ["bytes=5-4", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=-", "bytes=+1-2"] {
                    #expect(try get("Range: \(odd)").status == 200, "\(odd)")
                }
                #expect(try get("Range: bytes=0-0", "If-Range: \"abc\"").status == 206)
                #expect(try get("Range: bytes=0-0", "If-Range: \"old\"").status == 200)
                #expect(try get("Range: bytes=0-0", "If-Range: Sat, 01 Jan 2022 00:00:00 GMT").status == 200)

                for known in ["\"abc\"", "W/\"abc\"", "\"x\" , \"abc\"", "*"] {
                    let answer = try get("If-None-Match: \(known)", "Range: bytes=0-0")
                    #expect(answer.status == 304 && answer.header("ETag") == "\"abc\"", "\(known)")
                }
                #expect(try get("If-None-Match: \"abcd\"").status == 200)
                client.ask("HEAD", "/", ["Range: bytes=0-0"])
                let head = try client.answer(toHead: true)
                #expect(head.status == 200 && head.header("Content-Length") == "3000000")
            })
    }

    @Test func opensOnlyRegularFiles() {
        for path in ["/", "/dev/null", "/does/not/exist"] {
            #expect(throws: HTTPError.self) { try OpenFile(path: path) }
        }
    }

    @Test(arguments: [true, false]) func streamsPiecesThatComeLater(isSizeKnown: Bool) async throws {
        let pieces = (0..<20).map { [UInt8](repeating: UInt8($0), count: 100_000) }
        try await serve(
            handler: { _ in
                let counter = Counter()
                let size = isSizeKnown ? 2_000_000 : nil
                return .now(
                    HTTPResponse(
                        body: .stream(size: size) {
                            await Task.yield()
                            let index = counter.next()
                            return index < pieces.count ? pieces[index] : nil
                        }))
            },
            test: { server, _ in
                let client = try Client(server)
                for _ in 0..<2 {
                    client.ask("GET", "/")
                    let answer = try client.answer()
                    #expect(answer.body == pieces.flatMap { $0 })
                    #expect((answer.header("Content-Length") == "2000000") == isSizeKnown)
                }
            })
    }

    @Test(arguments: [true, false]) func breaksOffAStreamThatFails(isSizeKnown: Bool) async throws {
        struct Broken: Error {}
        try await serve(
            handler: { _ in
                let counter = Counter()
                return .now(
                    HTTPResponse(
                        body: .stream(size: isSizeKnown ? 100 : nil) {
                            if counter.next() > 0 { throw Broken() }
                            return [1, 2, 3]
                        }))
            },
            test: { server, _ in
                let client = try Client(server)
                client.ask("GET", "/")
                #expect(throws: Client.Failure.self) { try client.answer() }
            })
    }

    @Test func refusesHeadersThatBreakLines() async throws {
        try await serve(
            handler: { _ in .now(HTTPResponse(headers: ["X": "a\r\nSet-Cookie: b"])) },
            test: { server, _ in
                let client = try Client(server)
                client.ask("GET", "/")
                let answer = try client.answer()
                #expect(answer.status == 500 && !answer.head.contains("Set-Cookie"))
            })
    }

    private func temporaryFile(_ bytes: [UInt8]) throws -> String {
        let path = NSTemporaryDirectory() + "file-" + UUID().uuidString
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }
}

/// Counts from 0.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// Something that has happened.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)
    var isSet: Bool { value.load(ordering: .sequentiallyConsistent) }
    func set() { value.store(true, ordering: .sequentiallyConsistent) }
}
