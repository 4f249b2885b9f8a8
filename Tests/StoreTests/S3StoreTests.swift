import Bytes
import Foundation
import Outbound
import TestSupport
import Testing

@testable import Store

/// A separate prefix in the test server's bucket.
struct Bucket {
    let server: S3Server
    let prefix = "test/\(UUID().uuidString.prefix(8).lowercased())"

    func settings(
        bucket: String = S3Server.bucket, access: String = S3Server.accessKey, secret: String = S3Server.secretKey,
        token: String? = nil, endpoint: String? = nil
    ) throws -> S3Settings {
        var settings = try S3Settings(
            location: "s3://\(bucket)/\(prefix)", endpoint: endpoint ?? server.endpoint, region: S3Server.region,
            isPathStyle: nil
        ) { () throws(StoreError) in AWSCredentials(accessKey: access, secretKey: secret, sessionToken: token) }
        // A server on a busy machine refuses some requests for seconds; the first repetitions come soon.
        settings.pause = 20
        settings.attempts = 7
        settings.trusted = server.certificate
        return settings
    }
}

/// A name in the form of jobs.
func artifactName(_ attempt: Int = 1) -> String { "\(UUID().uuidString.lowercased())-\(attempt)" }

/// Bytes that differ from part to part: a repeated random block whose length divides that of no part.
func pattern(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count { bytes += block.prefix(count - bytes.count) }
    return bytes
}

private let block: [UInt8] = (0..<99_991).map { _ in .random(in: 0...255) }

extension ArtifactUpload {
    func write(_ bytes: [UInt8], pieces: Int = 100_000) throws(SinkError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try Array(rest.prefix(pieces)).withBytes { piece throws(SinkError) in try write(piece) }
            rest = rest.dropFirst(pieces)
        }
    }
}

extension ArtifactStore {
    /// All bytes of an artifact on another machine.
    func bytes(_ name: String) throws -> [UInt8] {
        guard case .remote(let download) = try locate(name) else { throw CancellationError() }
        var all: [UInt8] = []
        while let piece = try download.read() {
            #expect(!piece.isEmpty && piece.count <= 512 << 10)
            all += piece
        }
        #expect(Int64(all.count) == download.size)
        return all
    }
}

@Suite(.enabled(if: S3Server.isInstalled, "needs Debian's package python3-swift"))
struct S3StoreTests {
    let bucket: Bucket
    let store: S3Store

    init() throws {
        bucket = Bucket(server: try S3Server.started.get())
        store = S3Store(try bucket.settings())
    }

    private func uploads(_ store: S3Store) throws -> [UnfinishedUpload] {
        var found: [UnfinishedUpload] = []
        try store.client.eachUpload(below: store.client.settings.prefix) { found.append($0) }
        return found
    }

    @Test("30 MB arrive in parts, unseen before they are published, and come back equal")
    func large() throws {
        let name = artifactName()
        let bytes = pattern(30_000_000)
        let upload = try store.create(name)
        try upload.write(bytes)
        #expect(upload.size == 30_000_000)
        #expect(throws: StoreError.missing(name: name)) { try store.locate(name) }
        #expect(try uploads(store).map(\.key) == [store.client.settings.key(name)])
        #expect(try store.names() == [name])
        try upload.publish()
        #expect(try uploads(store).isEmpty)
        #expect(Digest.of(try store.bytes(name), .sha256) == Digest.of(bytes, .sha256))
        #expect(try store.names() == [name])
        try store.remove(name)
        #expect(throws: StoreError.missing(name: name)) { try store.locate(name) }
        #expect(try store.names() == [])
    }

    @Test("what fits into a part is one request", arguments: [0, 1, 100_000, 5 << 20])
    func small(size: Int) throws {
        let name = artifactName()
        let bytes = pattern(size)
        let upload = try store.create(name)
        try upload.write(bytes)
        #expect(try uploads(store).isEmpty)
        try upload.publish()
        #expect(try store.bytes(name) == bytes)
    }

    @Test("part boundaries", arguments: [-1, 0, 1])
    func boundaries(offset: Int) throws {
        var settings = try bucket.settings()
        settings.partSize = 5 << 20
        let store = S3Store(settings)
        let name = artifactName()
        let bytes = pattern(2 * settings.partSize + offset)
        let upload = try store.create(name)
        try upload.write(bytes, pieces: 3_000_001)
        try upload.publish()
        #expect(try store.bytes(name) == bytes)
        #expect(throws: SinkError.self) { try upload.write([1]) }
        #expect(throws: SinkError.self) { try upload.publish() }
    }

    @Test("an upload that is released before it is published leaves nothing")
    func abort() throws {
        do {
            let upload = try store.create(artifactName())
            try upload.write(pattern(17_000_000))
            #expect(try uploads(store).count == 1)
        }
        #expect(try uploads(store).isEmpty)
        #expect(try store.names() == [])
    }

    @Test("what dead processes left is listed and removed; nothing else is")
    func strays() throws {
        let (begun, kept) = (artifactName(3), artifactName())
        for _ in 0..<2 {
            _ = try store.client.send(.begin(store.client.settings.key(begun)))
        }
        let upload = try store.create(kept)
        try upload.write([1, 2, 3])
        try upload.publish()
        let foreign = store.client.settings.prefix + "other.zip"
        _ = try store.client.send(S3Request(method: .put, key: foreign))
        #expect(try store.names() == [begun, kept].sorted())
        try store.remove(begun)
        #expect(try store.names() == [kept])
        #expect(try uploads(store).isEmpty)
        try store.remove(begun)
        try store.remove(kept)
        #expect(try store.names() == [])
        #expect(try store.client.send(S3Request(method: .head, key: foreign)).status == 200)
    }

    @Test("publishing removes what an earlier run of the same name left")
    func sameName() throws {
        let name = artifactName()
        _ = try store.client.send(.begin(store.client.settings.key(name)))
        let upload = try store.create(name)
        try upload.write(pattern(9_000_000))
        try upload.publish()
        #expect(try uploads(store).isEmpty)
    }

    @Test("a listing goes on behind its first page")
    func pages() throws {
        var keys: [String] = []
        for number in 0..<7 {
            let key = store.client.settings.key(artifactName(number))
            keys.append(key)
            _ = try store.client.send(S3Request(method: .put, key: key))
        }
        var token: String?
        var found: [String] = []
        repeat {
            let request = S3Request.list(store.client.settings.prefix, after: token, most: 3)
            let page = S3Document(try store.client.send(request).body)
            found += page.elements("Contents").compactMap { $0.text("Key") }
            token = page.text("NextContinuationToken")
        } while token != nil
        #expect(found == keys.sorted())
    }

    @Test("a check leaves nothing and says what is wrong")
    func check() throws {
        try store.check()
        #expect(try store.names() == [])
        let cases: [(S3Settings, String)] = [
            (try bucket.settings(secret: "wrong-secret"), "SignatureDoesNotMatch"),
            (try bucket.settings(access: "test:nobody"), "S3 answered 403"),
            (try bucket.settings(bucket: "nowhere"), "NoSuchBucket"),
            (try bucket.settings(endpoint: "http://127.0.0.1:1"), "connect"),
        ]
        for (settings, reason) in cases {
            let store = S3Store(settings)
            let errors = [
                #expect(throws: StoreError.self) { try store.check() },
                #expect(throws: StoreError.self) { try store.locate(artifactName()) },
                #expect(throws: StoreError.self) { try store.names() },
            ]
            for case let error? in errors {
                let text = "\(error)"
                #expect(text.contains(reason), "\(text)")
                #expect(text.contains("s3://\(settings.bucket)/"), "\(text)")
                #expect(!text.contains("secret") && !text.contains("test:nobody"), "\(text)")
                if case .missing = error { Issue.record("a fault is no missing artifact: \(text)") }
            }
            let error = #expect(throws: SinkError.self) {
                let upload = try store.create(artifactName())
                try upload.write([1])
                try upload.publish()
            }
            guard case .unavailable = error else {
                Issue.record("\(String(describing: error)) is no fault that may pass")
                continue
            }
        }
    }

    @Test("temporary credentials: the token is signed, in fields and in links")
    func sessionToken() throws {
        let store = S3Store(try bucket.settings(token: "session/token+with=signs"))
        let name = artifactName()
        let upload = try store.create(name)
        try upload.write(pattern(9_000_000))
        try upload.publish()
        #expect(try store.bytes(name).count == 9_000_000)
        let link = try store.client.link(store.client.settings.key(name), as: "a.zip", seconds: 60)
        #expect(link.contains("X-Amz-Security-Token=session%2Ftoken%2Bwith%3Dsigns"))
        #expect(try fetch(link).status == "200")
    }

    @Test("a link can be fetched by whoever has it, under the report's name, and by nobody who changed it")
    func link() throws {
        var settings = try bucket.settings()
        settings.linkLife = 60
        let store = S3Store(settings)
        let name = artifactName()
        let bytes = pattern(70_000)
        let upload = try store.create(name)
        try upload.write(bytes)
        try upload.publish()
        guard case .link(let make) = try store.locate(name) else {
            Issue.record("a link was asked for")
            return
        }
        let link = try make("Prüfung & \"Bericht\".zip")
        let answer = try fetch(link)
        #expect(answer.status == "200")
        #expect(answer.body == Data(bytes))
        #expect(
            answer.headers.contains("filename=\"Pr_fung & _Bericht_.zip\"; filename*=UTF-8''Pr%C3%BCfung%20%26%20%22"),
            "\(answer.headers)")
        #expect(!link.contains(S3Server.secretKey))
        let later = link.split(separator: "X-Amz-Expires=60").joined(separator: "X-Amz-Expires=6000")
        #expect(try fetch(later).status == "403")
        #expect(throws: StoreError.missing(name: "none")) { try store.locate("none") }
    }

    private func fetch(_ link: String) throws -> (status: String, headers: String, body: Data) {
        let folder = try TemporaryFolder()
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments = [
            "-sS", "--noproxy", "*", "-D", folder.path("headers"), "-o", folder.path("body"), "-w", "%{http_code}",
            link,
        ]
        process.standardOutput = output
        try process.run()
        let status = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (
            status, try String(contentsOfFile: folder.path("headers"), encoding: .utf8),
            try Data(contentsOf: URL(fileURLWithPath: folder.path("body")))
        )
    }

    @Test("a download for a task: all pieces in order, then nothing")
    func tasks() async throws {
        let name = artifactName()
        let bytes = pattern(3_000_000)
        let upload = try store.create(name)
        try upload.write(bytes)
        try upload.publish()
        guard case .remote(let download) = try store.locate(name) else {
            Issue.record("the artifact is not in the store")
            return
        }
        var all: [UInt8] = []
        while let piece = try await download.next() { all += piece }
        #expect(all == bytes)
        #expect(try await download.next() == nil)
    }
}
