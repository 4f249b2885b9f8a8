import Bytes
import Foundation
import Outbound
import TestSupport
import Testing

@testable import Store

/// The store's handling of answers that a good server rarely gives.
struct S3FaultTests {
    private static let id =
        "<InitiateMultipartUploadResult><UploadId>u&amp;1</UploadId></InitiateMultipartUploadResult>"
    private static let slow = ScriptedServer.Step.answer(
        status: 503, body: "<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please slow</Message></Error>")

    private func store(_ server: ScriptedServer, attempts: Int = 3, patience: Int = 60) throws -> S3Store {
        var settings = try S3Settings(
            location: "s3://bucket/some/prefix/", endpoint: "http://127.0.0.1:\(server.port)", region: "r-1",
            isPathStyle: nil
        ) { () throws(StoreError) in
            AWSCredentials(accessKey: "AKIDEXAMPLE", secretKey: "the-secret", sessionToken: "the-token")
        }
        settings.pause = 10
        settings.patience = patience
        settings.attempts = attempts
        return S3Store(settings)
    }

    @Test("a small artifact: the form of the request")
    func form() throws {
        let server = try ScriptedServer([.answer(status: 200, headers: "ETag: \"e\"\r\n")])
        let upload = try store(server).create("name")
        try upload.write(Array("hello".utf8))
        try upload.publish()
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("PUT /bucket/some/prefix/name.zip HTTP/1.1\r\n"))
        // SHA-256 of "hello".
        #expect(
            request.contains(
                "x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n"))
        #expect(request.contains("x-amz-security-token: the-token\r\n"))
        #expect(request.contains("Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"))
        #expect(
            request.contains(
                "/r-1/s3/aws4_request, SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
            ))
        #expect(request.hasSuffix("\r\n\r\nhello"))
        #expect(!request.contains("the-secret"))
    }

    @Test("faults that may pass are tried again, others are not; the error names S3's reason and no secret")
    func retries() throws {
        let late = ScriptedServer.Step.answer(status: 429)
        let good = try ScriptedServer([Self.slow, late, .answer(status: 200)])
        let upload = try store(good).create("name")
        try upload.publish()
        #expect(good.requests.count == 3)

        let bad = try ScriptedServer([Self.slow, Self.slow, .broken(length: 10, body: "")])
        let second = try store(bad).create("name")
        #expect(throws: SinkError.self) { try second.publish() }
        #expect(bad.requests.count == 3)

        let denied = try ScriptedServer([
            .answer(
                status: 403, headers: "x-amz-request-id: R1\r\n",
                body: """
                    <Error><Code>AccessDenied</Code><Message>AKIDEXAMPLE with the-secret &lt;no&gt; the-token</Message></Error>
                    """)
        ])
        let third = try store(denied).create("name")
        let error = #expect(throws: SinkError.self) { try third.publish() }
        #expect(
            error
                == .unavailable(
                    "storing s3://bucket/some/prefix/name.zip at http://127.0.0.1:\(denied.port): "
                        + "S3 answered 403 AccessDenied: … with … <no> … (request R1)"))
        #expect(denied.requests.count == 1)
    }

    @Test("an answer of 200 that holds an error completes nothing; one that was lost is found out")
    func completion() throws {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 8 << 20 | 1)
        let error = "<?xml version='1.0'?>\n\n<Error><Code>InternalError</Code></Error>"
        let part = ScriptedServer.Step.answer(status: 200, headers: "ETag: \"e<1>\"\r\n")
        let gone = ScriptedServer.Step.answer(status: 404, body: "<Error><Code>NoSuchUpload</Code></Error>")
        let none = ScriptedServer.Step.answer(status: 200, body: "<ListMultipartUploadsResult/>")
        let server = try ScriptedServer([
            .answer(status: 200, body: Self.id), part, part, .answer(status: 200, body: error), gone,
            .answer(status: 200, headers: "Content-Length: \(bytes.count)\r\n"), none,
        ])
        do {
            let upload = try store(server).create("name")
            try upload.write(bytes)
            try upload.publish()
        }
        let path = "/bucket/some/prefix/name.zip"
        #expect(
            server.lines == [
                "POST \(path)?uploads= HTTP/1.1", "PUT \(path)?partNumber=1&uploadId=u%261 HTTP/1.1",
                "PUT \(path)?partNumber=2&uploadId=u%261 HTTP/1.1", "POST \(path)?uploadId=u%261 HTTP/1.1",
                "POST \(path)?uploadId=u%261 HTTP/1.1", "HEAD \(path) HTTP/1.1",
                "GET /bucket?max-uploads=1000&prefix=some%2Fprefix%2Fname.zip&uploads= HTTP/1.1",
            ])
        #expect(
            server.requests[3].contains(
                "<Part><PartNumber>2</PartNumber><ETag>&quot;e&lt;1&gt;&quot;</ETag></Part></CompleteMultipartUpload>"))

        // If the name has another object, or none, the upload failed and is aborted.
        let other = try ScriptedServer([
            .answer(status: 200, body: Self.id), part, part, gone,
            .answer(status: 200, headers: "Content-Length: 3\r\n"),
            .answer(status: 204),
        ])
        do {
            let upload = try store(other).create("name")
            try upload.write(bytes)
            #expect(throws: SinkError.self) { try upload.publish() }
        }
        #expect(other.lines.last == "DELETE \(path)?uploadId=u%261 HTTP/1.1")
    }

    private static let head = ScriptedServer.Step.answer(
        status: 200, headers: "Content-Length: 10\r\nETag: \"e\"\r\n")

    @Test("a download that breaks off goes on where it ended, with the same object only")
    func resumption() throws {
        let server = try ScriptedServer([
            Self.head, .broken(length: 10, headers: "ETag: \"e\"\r\n", body: "0123"),
            .answer(status: 206, body: "456789"),
        ])
        guard case .remote(let download) = try store(server).locate("name") else {
            Issue.record("the artifact is not in the store")
            return
        }
        var all: [UInt8] = []
        while let piece = try download.read() { all += piece }
        #expect(all == Array("0123456789".utf8))
        #expect(server.requests[2].contains("If-Match: \"e\"\r\n"))
        #expect(server.requests[2].contains("Range: bytes=4-\r\n"))

        let changed = try ScriptedServer([
            Self.head, .answer(status: 412, body: "<Error><Code>PreconditionFailed</Code></Error>"),
        ])
        guard case .remote(let other) = try store(changed).locate("name") else {
            Issue.record("the artifact is not in the store")
            return
        }
        let error = #expect(throws: StoreError.self) { try other.read() }
        #expect("\(String(describing: error))".contains("PreconditionFailed"))
    }

    @Test("a server that says nothing is given up")
    func silence() throws {
        let server = try ScriptedServer([.silence, .silence, Self.head, .silence])
        let store = try store(server, attempts: 1, patience: 2)
        #expect(throws: StoreError.self) { try store.locate("name") }
        #expect(throws: StoreError.self) { try store.names() }
        guard case .remote(let download) = try store.locate("name") else {
            Issue.record("the artifact is not in the store")
            return
        }
        #expect(throws: StoreError.self) { try download.read() }
    }

    @Test("an answer without an end is not kept")
    func endless() throws {
        let server = try ScriptedServer([
            .answer(status: 200, body: String(repeating: "<Contents><Key>a</Key></Contents>", count: 200_000))
        ])
        let error = #expect(throws: StoreError.self) { try store(server, attempts: 1).names() }
        #expect("\(String(describing: error))".contains("more than"))
    }

    @Test("a missing bucket is no missing artifact")
    func missing() throws {
        let server = try ScriptedServer([
            .answer(status: 404), .answer(status: 404, body: "<Error><Code>NoSuchBucket</Code></Error>"),
            .answer(status: 404), .answer(status: 200, body: "<ListBucketResult/>"),
        ])
        let store = try store(server)
        let error = #expect(throws: StoreError.self) { try store.locate("name") }
        #expect("\(String(describing: error))".contains("NoSuchBucket"))
        #expect(throws: StoreError.missing(name: "name")) { try store.locate("name") }
    }
}
