import Foundation
import Glibc
import HTTP
import Testing

/// Start, deadlines, TLS and end. Serialized, because it counts threads and descriptors of the process.
@Suite(.serialized) struct LifetimeTests {
    private static func hasty(_ configuration: inout HTTPConfiguration) {
        configuration.deadlines.head = 1
        configuration.deadlines.idle = 3
        configuration.deadlines.slack = 1
    }

    @Test func cutsOffASlowHead() async throws {
        try await serve(
            configure: Self.hasty, handler: echo,
            test: { server, _ in
                let stuck = try Client(server)
                stuck.send("GET / HTTP/1.1\r\nHo")
                let dripping = try Client(server)
                var sent = 0
                while sent < 300, dripping.send("G") {
                    sent += 1
                    usleep(100_000)
                }
                #expect(sent < 300)
                #expect(try stuck.isClosed())
            })
    }

    @Test func cutsOffASlowBody() async throws {
        try await serve(
            configure: Self.hasty, policy: { _ in .file(limit: 1000) }, handler: echo,
            test: { server, spool in
                let client = try Client(server)
                client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\n")
                var sent = 0
                while sent < 300, client.send("x") {
                    sent += 1
                    usleep(100_000)
                }
                #expect(sent < 300)
                #expect(eventually { entries(spool).isEmpty })
            })
    }

    @Test(arguments: ["bytes", "file", "stream"]) func cutsOffASlowReader(kind: String) async throws {
        let path = NSTemporaryDirectory() + "sparse-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let events = Events()
        try await serve(
            configure: Self.hasty, access: events.add,
            handler: { request in
                switch kind {
                case "bytes": return .now(.init(body: .bytes([UInt8](repeating: 1, count: 30_000_000))))
                case "file":
                    _ = FileManager.default.createFile(atPath: path, contents: nil)
                    truncate(path, 1 << 30)
                    guard let file = try? OpenFile(path: path) else { return .now(.text(500, "")) }
                    return .now(.download(file, type: "application/zip", for: request))
                default: return .now(.init(body: .stream(size: nil) { [UInt8](repeating: 1, count: 100_000) }))
                }
            },
            test: { server, _ in
                let client = try Client(server, receiveBuffer: 4096)
                client.ask("GET", "/")
                #expect(
                    eventually {
                        var byte: UInt8 = 0
                        recv(client.descriptor, &byte, 1, Int32(MSG_DONTWAIT))
                        return !events.all.isEmpty
                    })
                #expect(events.all.first?.completed == false)
                #expect(eventually { server.openConnections == 0 })
            })
    }

    @Test func closesIdleConnections() async throws {
        try await serve(
            configure: Self.hasty, handler: echo,
            test: { server, _ in
                let silent = try Client(server)
                let used = try Client(server)
                used.ask("GET", "/")
                _ = try used.answer()
                #expect(try silent.isClosed())
                #expect(try used.isClosed())
            })
    }

    @Test func doesNotCutOffWhoWaitsForUs() async throws {
        try await serve(
            configure: Self.hasty,
            handler: { _ in
                .later {
                    try? await Task.sleep(for: .seconds(4))
                    let counter = Counter()
                    return HTTPResponse(
                        body: .stream(size: 2) {
                            try await Task.sleep(for: .seconds(3))
                            return counter.next() < 2 ? [65] : nil
                        })
                }
            },
            test: { server, _ in
                let client = try Client(server)
                client.ask("GET", "/")
                #expect(try client.answer().text == "AA")
            })
    }

    @Test func drainsWhileARequestRuns() async throws {
        let entered = Flag()
        let server = try HTTPServer(
            HTTPConfiguration(listen: .init(host: "127.0.0.1", port: 0), spool: NSTemporaryDirectory()),
            policy: { _ in .memory(limit: 10) },
            handler: { request in
                guard request.path == "/slow" else { return echo(request) }
                return .later {
                    entered.set()
                    try? await Task.sleep(for: .seconds(2))
                    return .text(200, "done")
                }
            })
        let (busy, idle) = (try Client(server), try Client(server))
        idle.ask("GET", "/")
        _ = try idle.answer()
        busy.ask("GET", "/slow")
        #expect(try await blocking { eventually { entered.isSet } })
        async let drained: Void = server.drain(grace: .seconds(20))
        let answer = try await blocking {
            #expect(try idle.isClosed())
            #expect(throws: Client.Failure.self) { try Client(server) }
            return try busy.answer()
        }
        #expect(answer.text == "done\n")
        #expect(answer.header("Connection")?.lowercased() == "close")
        await drained
        #expect(server.openConnections == 0)
        await server.drain(grace: .zero)
    }

    @Test func givesUpWhatSleepsBeyondTheGracePeriod() async throws {
        let server = try HTTPServer(
            HTTPConfiguration(listen: .init(host: "127.0.0.1", port: 0), spool: NSTemporaryDirectory()),
            policy: { _ in .memory(limit: 10) },
            handler: { request in
                request.path == "/stream"
                    ? .now(.init(body: .stream(size: nil) { try await Self.never() }))
                    : .later {
                        _ = try? await Self.never()
                        return .text(200, "never")
                    }
            })
        let clients = try (0..<20).map { _ in try Client(server) }
        for client in clients.prefix(10) { client.ask("GET", "/later") }
        for client in clients.suffix(10) { client.ask("GET", "/stream") }
        #expect(try await blocking { eventually { server.openConnections == 20 } })
        await server.drain(grace: .milliseconds(300))
        for client in clients.prefix(10) { #expect(try client.answer().status == 503) }
        for client in clients.suffix(10) { #expect(throws: Client.Failure.self) { try client.answer() } }
    }

    /// The library aborts the process when it is stopped while a connection sleeps.
    @Test func survivesADrainUnderLoad() async throws {
        for round in 0..<10 {
            let server = try HTTPServer(
                HTTPConfiguration(listen: .init(host: "127.0.0.1", port: 0), spool: NSTemporaryDirectory()),
                policy: { _ in .memory(limit: 10) },
                handler: { request in
                    request.path == "/stream"
                        ? .now(
                            .init(
                                body: .stream(size: nil) {
                                    await Task.yield()
                                    return [1, 2, 3]
                                }))
                        : .later {
                            await Task.yield()
                            return .text(200, "later")
                        }
                })
            let answered = Counter()
            for index in 0..<8 {
                Thread.detachNewThread {
                    while let client = try? Client(server) {
                        client.ask("GET", index == 0 ? "/stream" : "/later")
                        while let answer = try? client.answer() {
                            #expect([200, 503].contains(answer.status))
                            _ = answered.next()
                            if answer.header("Connection") != nil { break }
                            client.ask("GET", "/later")
                        }
                    }
                }
            }
            _ = try await blocking { eventually { answered.next() > 100 } }
            await server.drain(grace: .milliseconds(round * 10))
            #expect(server.openConnections == 0)
        }
    }

    /// An end while clients arrive: the library would abort the process at such a moment if the listening socket were
    /// its own.
    @Test func endsWhileClientsCome() async throws {
        for _ in 0..<300 {
            let spool = NSTemporaryDirectory() + "ends-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: spool) }
            var configuration = HTTPConfiguration(listen: .init(host: "127.0.0.1", port: 0), spool: spool)
            configuration.threads = 4
            let server = try HTTPServer(configuration, policy: { _ in .memory(limit: 1) }, handler: echo)
            async let clients: Void = blocking {
                // Until no process listens any more.
                while let client = try? Client(server), client.ask("GET", "/", ["Connection: close"]) {}
            }
            await server.drain(grace: .milliseconds(1))
            try await clients
            #expect(server.openConnections == 0)
        }
    }

    @Test func leavesNoThreadsOrDescriptors() async throws {
        let path = NSTemporaryDirectory() + "small-" + UUID().uuidString
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        func round() async throws {
            try await serve(
                configure: { $0.threads = 4 },
                handler: { request in
                    guard let file = try? OpenFile(path: path) else { return .now(.text(500, "")) }
                    return .now(.download(file, type: "text/plain", for: request))
                },
                test: { server, _ in
                    for _ in 0..<10 {
                        let client = try Client(server)
                        client.ask("GET", "/")
                        _ = try client.answer()
                        client.ask("POST", "/", body: String(repeating: "x", count: 2_000_000))
                        _ = try client.answer()
                    }
                })
        }
        // In a separate process this would be exact. Other suites run at the same time, so a leak must be large: 10
        // rounds would leave at least 50 threads and 60 descriptors.
        try await round()
        let before = (entries("/proc/self/task").count, entries("/proc/self/fd").count)
        for _ in 0..<10 { try await round() }
        #expect(try await blocking { eventually { entries("/proc/self/task").count < before.0 + 40 } })
        #expect(try await blocking { eventually { entries("/proc/self/fd").count < before.1 + 40 } })
    }

    @Test func capsConnections() async throws {
        try await serve(
            configure: {
                $0.connections = 2
                $0.threads = 1
            }, handler: echo,
            test: { server, _ in
                let (first, second, third) = (try Client(server), try Client(server), try Client(server))
                for client in [first, second, third] { client.ask("GET", "/", ["Connection: close"]) }
                for client in [first, second, third] { #expect(try client.answer().status == 200) }
            })
        try await serve(
            configure: { $0.connectionsPerClient = 1 }, handler: echo,
            test: { server, _ in
                let first = try Client(server)
                first.ask("GET", "/")
                #expect(try first.answer().status == 200)
                #expect(try Client(server).isClosed())
            })
    }

    @Test func saysWhereItCannotListen() async throws {
        try await serve(
            handler: echo,
            test: { server, spool in
                let error = #expect(throws: HTTPError.self) {
                    try HTTPServer(
                        HTTPConfiguration(listen: server.address, spool: spool), policy: { _ in .memory(limit: 1) },
                        handler: echo)
                }
                #expect(error == .portInUse("127.0.0.1:\(server.address.port)"))
                #expect(error?.description.contains("127.0.0.1:\(server.address.port)") == true)
                for host in ["192.0.2.1", "no.such.host.invalid"] {
                    #expect(throws: HTTPError.self) {
                        try Self.start(.init(listen: .init(host: host, port: 0), spool: spool))
                    }
                }
                #expect(throws: HTTPError.self) {
                    try Self.start(.init(listen: .init(host: "127.0.0.1", port: 0), spool: "/does/not/exist"))
                }
            })
    }

    @Test func readsAddresses() throws {
        #expect(try ListenAddress(parsing: "127.0.0.1:80") == .init(host: "127.0.0.1", port: 80))
        #expect(try ListenAddress(parsing: "[::1]:0") == .init(host: "::1", port: 0))
        #expect(try ListenAddress(parsing: ":8080") == .init(host: "::", port: 8080))
        #expect(try ListenAddress(parsing: "[::1]:0").description == "[::1]:0")
        for bad in ["", "80", "host", "host:", "host:99999", "::1:80", "host:-1"] {
            #expect(throws: HTTPError.self, "\(bad)") { try ListenAddress(parsing: bad) }
        }
    }

    @Test func speaksTLS() async throws {
        let folder = NSTemporaryDirectory() + "tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["a", "b"] {
            try run(
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder)/\(name).key", "-out",
                "\(folder)/\(name).pem")
        }
        let body = [UInt8](repeating: 7, count: 5_000_000)
        try Data(body).write(to: URL(fileURLWithPath: "\(folder)/body"))
        try await serve(
            configure: { $0.tls = .init(certificate: "\(folder)/a.pem", key: "\(folder)/a.key") },
            policy: { _ in .file(limit: 6_000_000) },
            handler: { request in
                guard request.method == "GET" else { return echo(request) }
                guard request.isTLS, let file = try? OpenFile(path: "\(folder)/body") else {
                    return .now(.text(500, ""))
                }
                return .now(.download(file, type: "application/zip", for: request))
            },
            test: { server, _ in
                #expect(server.url.hasPrefix("https://"))
                let curl = ["curl", "-sS", "--fail", "--cacert", "\(folder)/a.pem", server.url]
                let got = try run(curl + ["-o", "\(folder)/got"])
                #expect(got.isEmpty)
                #expect(FileManager.default.contents(atPath: "\(folder)/got") == Data(body))
                #expect(try run(curl + ["--data-binary", "@\(folder)/body"]) == "POST / file 5000000\n")
                #expect(throws: (any Error).self) { try run(curl + ["--tls-max", "1.1"]) }
            })
        for (certificate, key) in [("a.pem", "b.key"), ("a.pem", "none"), ("body", "a.key"), ("a.key", "a.pem")] {
            #expect(throws: HTTPError.self, "\(certificate) \(key)") {
                var configuration = HTTPConfiguration(listen: .init(host: "127.0.0.1", port: 0), spool: folder)
                configuration.tls = .init(certificate: "\(folder)/\(certificate)", key: "\(folder)/\(key)")
                try Self.start(configuration)
            }
        }
    }

    private static func never() async throws -> [UInt8]? {
        try await Task.sleep(for: .seconds(1000))
        return nil
    }

    private static func start(_ configuration: HTTPConfiguration) throws {
        _ = try HTTPServer(configuration, policy: { _ in .memory(limit: 1) }, handler: echo)
    }
}

/// Runs a program and returns its output; throws when it fails.
@discardableResult
private func run(_ arguments: [String]) throws -> String {
    struct Failed: Error { let text: String }
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(text: complaint) }
    return text
}

@discardableResult
private func run(_ arguments: String...) throws -> String { try run(arguments) }
