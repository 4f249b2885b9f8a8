import Database
import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import Service

/// The automatic updates of a server.
@Suite final class UpdateKeeping {
    private let now = Mutex<Int64>(1_800_000_000_000)

    private func mirror() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("kev"), withIntermediateDirectories: true)
        try """
        {"dateReleased":"2026-03-01T10:00:00Z","vulnerabilities":[{"cveID":"CVE-2026-0001","dateAdded":"2026-02-03"}]}
        """.write(toFile: folder.path("kev/known_exploited_vulnerabilities.json"), atomically: true, encoding: .utf8)
        return folder
    }

    private func node(_ url: String, _ folder: TemporaryFolder, _ name: String) throws -> Runtime {
        let place = folder.path(name)
        let settings = RuntimeSettings(
            dataDirectory: place, database: try #require(DatabaseURL(url)), artifacts: .folder(place + "/artifacts"))
        let time = now.withLock { $0 }
        let log = Log(.error) { _, event, facts in Issue.record("logged: \(event) \(facts)") }
        return try Runtime(settings, log: log, clock: { time })
    }

    @Test(
        "of two nodes one submits the job, one does it; the next comes after the interval",
        arguments: TemporaryDatabase.engines)
    func oneOfTwo(engine: Engine) throws {
        let (folder, mirror) = (try TemporaryFolder(), try mirror())
        let url = try TemporaryDatabase.url(engine, migrated: engine == .postgresql)
        let settings = UpdateSettings(interval: 600_000, origin: mirror.url.path)
        let first = try node(url, folder, "a")
        #expect(try !UpdateKeeper(queue: first.queue, settings: settings).tend(), "there is nobody to do it for")
        _ = try first.database.write {
            try $0.run(
                """
                INSERT INTO organization (id, token, name, created_at) VALUES (1, 't', 'Acme', 0)
                """)
        }
        let second = try node(url, folder, "b")
        #expect(try UpdateKeeper(queue: first.queue, settings: settings).tend())
        #expect(try !UpdateKeeper(queue: second.queue, settings: settings).tend())
        let shown = try second.database.read { try second.queue.unfinishedUpdates(on: $0) }
        #expect(shown.map(\.job.processType) == ["Knowledge Update"] && shown.first?.job.organization == 1)

        let job = try #require(try second.queue.claim(for: "b"))
        #expect(job.kind == .update && job.request == mirror.url.path)
        let work = UpdateWork(queue: second.queue, folder: second.directory.path, log: second.log)
        try work.run(Lease(job: job, owner: "b"))
        let done = try first.database.read { try first.queue.find(uuid: job.uuid, organization: 1, on: $0) }
        #expect(done?.state == .success)
        #expect(done?.result.contains(#"{"source":"kev","state":"updated","records":1"#) == true)
        #expect(try first.database.read { try $0.integer("SELECT count(*) FROM exploited") } == 1)

        #expect(try !UpdateKeeper(queue: first.queue, settings: settings).tend(), "the interval is not over")
        let text = first.metrics.text(first.queue, workers: 1)
        #expect(text.contains(#"waybill_feed_age_seconds{source="kev"} 0"#))
        #expect(text.contains(#"waybill_feed_failing{source="kev"} 0"#))
        now.withLock { $0 += 600_000 }
        let later = try node(url, folder, "c")
        #expect(try UpdateKeeper(queue: later.queue, settings: settings).tend())
        // A clock that was set back delays nothing.
        _ = try later.queue.claim(for: "c").map { try later.queue.fail($0, owner: "c", why: "test") }
        now.withLock { $0 -= 86_400_000 }
        let back = try node(url, folder, "d")
        #expect(try UpdateKeeper(queue: back.queue, settings: settings).tend())
    }
}
