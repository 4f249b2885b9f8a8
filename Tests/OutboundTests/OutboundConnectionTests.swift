import Foundation
import Outbound
import TestSupport
import Testing

struct OutboundConnectionTests {
    private func request(
        _ method: OutboundRequest.Method, _ server: ScriptedServer, _ answer: OutboundRequest.Body = .kept(limit: 100)
    ) -> OutboundRequest {
        var request = OutboundRequest(method, url: "http://127.0.0.1:\(server.port)/a/b?c=d", protocols: "http")
        request.deadline = 5
        request.answer = answer
        return request
    }

    @Test("a request carries its method, path, fields and body; the answer is status and body")
    func exchange() throws {
        let server = try ScriptedServer([.answer(status: 201, headers: "ETag: x1\r\n", body: "made")])
        var request = request(.post, server)
        request.fields = [("Content-Type", "text/plain"), ("X-Own", "1")]
        let connection = try OutboundConnection()
        let answer = try Array("hello".utf8).withUnsafeBytes { try connection.perform(request, body: $0) }
        #expect(answer.status == 201 && answer.etag == "x1" && answer.length == 4)
        #expect(String(decoding: answer.body, as: UTF8.self) == "made")
        let sent = try #require(server.requests.first)
        #expect(server.lines == ["POST /a/b?c=d HTTP/1.1"])
        #expect(sent.contains("X-Own: 1\r\n") && sent.hasSuffix("\r\n\r\nhello"))
    }

    @Test("a redirect is an answer, not a way to another address")
    func redirect() throws {
        let server = try ScriptedServer([.answer(status: 302, headers: "Location: http://127.0.0.1:1/\r\n")])
        #expect(try OutboundConnection().perform(request(.get, server)).status == 302)
    }

    @Test("an answer longer than the limit is an error; a dropped one is none")
    func limit() throws {
        let long = String(repeating: "x", count: 101)
        let server = try ScriptedServer([.answer(status: 200, body: long), .answer(status: 200, body: long)])
        let connection = try OutboundConnection()
        let error = #expect(throws: OutboundError.self) { try connection.perform(request(.get, server)) }
        #expect(error?.text == "the answer has more than 100 bytes")
        let dropped = try connection.perform(request(.get, server, .dropped))
        #expect(dropped.status == 200 && dropped.body.isEmpty)
    }

    @Test("a server that says nothing is given up after the deadline, and the fault may pass")
    func silence() throws {
        let server = try ScriptedServer([.silence])
        var request = request(.get, server)
        request.deadline = 1
        let error = #expect(throws: OutboundError.self) { try OutboundConnection().perform(request) }
        #expect(error?.mayPass == true)
    }

    @Test("a scheme that the request does not allow is refused for good")
    func scheme() throws {
        let request = OutboundRequest(.get, url: "file:///etc/hostname", protocols: "http,https")
        let error = #expect(throws: OutboundError.self) { try OutboundConnection().perform(request) }
        #expect(error?.mayPass == false)
    }

    @Test("an answer is written to a file, from where it broke off; all of it where the server sends all")
    func written() throws {
        let server = try ScriptedServer([
            .answer(status: 200, body: "hello world"),
            .answer(status: 206, headers: "Content-Range: bytes 6-10/11\r\n", body: "WORLD"),
            .answer(status: 200, body: "other"), .answer(status: 404, body: "no such file"),
        ])
        let folder = try TemporaryFolder()
        let file = open(folder.path("x"), O_RDWR | O_CREAT, 0o600)
        defer { close(file) }
        let connection = try OutboundConnection()
        func get(from offset: Int64, limit: Int64 = 100) throws -> String {
            let body = OutboundRequest.Body.written(OutboundFile(descriptor: file, offset: offset, limit: limit))
            _ = try connection.perform(request(.get, server, body))
            return try String(contentsOfFile: folder.path("x"), encoding: .utf8)
        }
        #expect(try get(from: 0) == "hello world")
        #expect(try get(from: 6) == "hello WORLD")
        #expect(connection.values(of: "content-range") == ["bytes 6-10/11"])
        #expect(server.requests[1].contains("Range: bytes=6-\r\n"))
        #expect(try get(from: 5) == "other")
        #expect(try get(from: 0) == "other")
    }

    @Test("redirects are followed as far as the request allows; an exchange that is cancelled ends")
    func followed() throws {
        let server = try ScriptedServer([
            .answer(status: 302, headers: "Location: /c\r\n"), .answer(status: 200, body: "there"),
            .answer(status: 302, headers: "Location: /c\r\n"), .answer(status: 302, headers: "Location: /d\r\n"),
            .silence,
        ])
        let connection = try OutboundConnection()
        var request = request(.get, server)
        request.redirects = 1
        #expect(try connection.perform(request).status == 200)
        let error = #expect(throws: OutboundError.self) { try connection.perform(request) }
        #expect(error?.mayPass == false)
        request.deadline = 30
        request.isCancelled = { true }
        #expect(throws: OutboundError.self) { try connection.perform(request) }
    }

    @Test("a form is sent with its texts and its files, whose names the receiver sees")
    func form() throws {
        let folder = try TemporaryFolder()
        try Data("file's bytes".utf8).write(to: URL(fileURLWithPath: folder.path("x")))
        let server = try ScriptedServer([.answer(status: 200, body: "done"), .answer(status: 200)])
        var request = request(.post, server)
        request.form = [
            .init("name", .text("a \"b\" ü")), .init("bom", .file(path: folder.path("x"), name: "bom.json")),
        ]
        let connection = try OutboundConnection()
        #expect(try connection.perform(request).status == 200)
        let sent = try #require(server.requests.first)
        #expect(sent.contains("Content-Type: multipart/form-data; boundary="))
        #expect(sent.contains("name=\"name\"") && sent.contains("a \"b\" ü"))
        #expect(sent.contains("name=\"bom\"; filename=\"bom.json\"") && sent.contains("file's bytes"))
        // The next request of the handle inherits nothing from it.
        _ = try connection.perform(self.request(.post, server))
        #expect(server.requests.last?.contains("multipart") == false)
    }

    @Test("a file of a form that is not there is an error")
    func formWithoutFile() throws {
        let server = try ScriptedServer([])
        var request = request(.post, server)
        request.form = [.init("bom", .file(path: "/nowhere/at/all", name: "x"))]
        #expect(throws: OutboundError.self) { try OutboundConnection().perform(request) }
    }
}
