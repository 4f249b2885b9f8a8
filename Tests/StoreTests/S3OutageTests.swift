import Bytes
import Foundation
import TestSupport
import Testing

@testable import Store

/// A server that dies and recovers, and a server with an untrusted certificate.
@Suite(.serialized, .enabled(if: S3Server.isInstalled, "needs Debian's package python3-swift"))
struct S3OutageTests {
    @Test("a server killed in the middle: faults that may pass, a download that goes on, nothing left over")
    func killed() throws {
        let bucket = Bucket(server: try S3Server())
        var settings = try bucket.settings()
        settings.attempts = 2
        let store = S3Store(settings)
        let (early, late) = (artifactName(1), artifactName(2))
        let bytes = pattern(9_500_000)
        // Requests are repeated as often as by a store itself, because a server that has just started on a busy machine refuses
        // some.
        let upload = try S3Store(try bucket.settings()).create(early)
        try upload.write(bytes)
        try upload.publish()
        guard case .remote(let download) = try store.locate(early) else {
            Issue.record("the artifact is not in the store")
            return
        }
        var received = try #require(try download.read())
        do {
            let broken = try store.create(late)
            try broken.write(bytes)
            try bucket.server.kill()
            let error = #expect(throws: SinkError.self) { try broken.publish() }
            guard case .unavailable = error else {
                Issue.record("\(String(describing: error)) would fail the job for good")
                return
            }
        }
        // Bytes in the kernel's buffers may still arrive; then comes an error, not an end.
        #expect(throws: StoreError.self) {
            while let piece = try download.read() { received += piece }
        }
        #expect(throws: StoreError.self) { try store.check() }
        for name in [early, late] {
            let error = #expect(throws: StoreError.self) { try store.locate(name) }
            if case .missing = error { Issue.record("a server that is away has lost nothing") }
        }
        try bucket.server.start()
        while let piece = try again({ try download.read() }) { received += piece }
        #expect(received == bytes)
        #expect(throws: StoreError.missing(name: late)) { try again { try store.locate(late) } }
        // The upload could not be aborted while the server was down; now it is found and deleted.
        #expect(try again { try store.names() } == [early, late].sorted())
        try again { try store.remove(late) }
        #expect(try again { try store.names() } == [early])
        try again { try store.check() }
    }

    /// What a server answers that has just started: on a busy machine it refuses some requests for a while.
    private func again<Answer>(_ ask: () throws -> Answer) throws -> Answer {
        for _ in 1..<40 {
            do {
                return try ask()
            } catch StoreError.failed {
                Thread.sleep(forTimeInterval: 0.25)
            }
        }
        return try ask()
    }

    @Test("TLS: only an authority that is trusted vouches for the server")
    func authorities() throws {
        let bucket = Bucket(server: try S3Server(isTLS: true))
        var settings = try bucket.settings()
        let store = S3Store(settings)
        let upload = try store.create(artifactName())
        try upload.write(pattern(9_000_000))
        try upload.publish()
        #expect(try store.bytes(try #require(try store.names().first)).count == 9_000_000)
        settings.trusted = nil
        let error = #expect(throws: StoreError.self) { try S3Store(settings).check() }
        #expect("\(String(describing: error))".contains("certificate"), "\(String(describing: error))")
    }
}
