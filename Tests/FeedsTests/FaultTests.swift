import Database
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Feeds

/// A fault of a source changes nothing, is reported, and ends when the source recovers.
@Suite struct FaultTests {
    private static let records = [
        (id: "MAL-1", modified: "2026-01-01T00:00:00Z"), (id: "MAL-2", modified: "2026-01-02T00:00:00Z"),
    ]

    /// A state in which KEV has two entries, and the file has changed.
    private func changed() throws -> FeedWorld {
        let world = try FeedWorld()
        try world.server.put(FeedFile.kev.path, FeedWorld.kev(["CVE-2026-0001", "CVE-2026-0002"]))
        #expect(try world.state("kev") == "updated")
        try world.server.put(
            FeedFile.kev.path,
            FeedWorld.kev(["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"], released: "2026-03-02T00:00:00Z"))
        return world
    }

    private func count(_ world: FeedWorld) throws -> Int64 { try world.number("SELECT count(*) FROM exploited") }

    /// Expects a failure with these words that changes nothing, and a successful next update.
    private func expectFailure(_ words: String, _ faults: FeedServer.Fault...) throws {
        let world = try changed()
        for fault in faults { world.server.fail(FeedFile.kev.path, fault) }
        let state = try world.state("kev")
        #expect(state.hasPrefix("failed: ") && state.contains(words), "\(state)")
        #expect(try count(world) == 2)
        let kept = try world.database.read { try FeedState.of("kev", on: $0) }
        #expect(kept.isFailing && kept.error.contains(words) && kept.records == 2)
        #expect(world.leftovers.isEmpty && !world.warnings.isEmpty)
        world.time.withLock { $0 += 1000 }
        #expect(try world.state("kev") == "updated")
        #expect(try count(world) == 3)
        #expect(try !world.database.read { try FeedState.of("kev", on: $0) }.isFailing)
    }

    @Test("a server that is busy is asked again when it says, and left alone when that is far away")
    func busy() throws {
        let world = try changed()
        world.server.fail(FeedFile.kev.path, .status(429, "Retry-After: 1\r\n"))
        #expect(try world.state("kev") == "updated")
        try expectFailure("answered 429, and wants to be asked again in 3600 s", .status(429, "Retry-After: 3600\r\n"))
        try expectFailure("answered 503", .status(503), .status(503))
        try expectFailure("answered 403", .status(403))
    }

    @Test("a web page, another type, an empty answer and broken JSON are not used")
    func content() throws {
        try expectFailure("a web page", .body("<html>no</html>", type: "text/html; charset=utf-8"))
        try expectFailure("a web page, or XML", .body("<html>no</html>", type: "application/json"))
        try expectFailure("empty", .body("", type: "application/json"))
        try expectFailure("ends", .body("{\"vulnerabilities\":[", type: "application/json"))
        try expectFailure("no exploited vulnerability", .body("{}", type: "application/json"))
    }

    @Test("an answer without an end and a circle of redirects are given up")
    func endless() throws {
        let world = try FeedWorld()
        var patience = FeedWorld.patience()
        patience.attempts = 1
        let fetcher = FeedFetcher(origin: .mirror(world.server.url), spool: world.folder.url.path, patience: patience)
        let small = FeedFile(path: "x.json", address: "", content: .json, limit: 1 << 20)
        world.server.fail("x.json", .endless)
        let error = #expect(throws: FeedError.self) { try fetcher.fetch(small) }
        #expect(error?.description.contains("more than 1048576 bytes") == true)
        for _ in 0..<10 { world.server.fail("x.json", .status(302, "Location: /x.json\r\n")) }
        #expect(throws: FeedError.self) { try fetcher.fetch(small) }
        #expect(world.server.requests.count == 2 + patience.redirects)
        #expect(try FileManager.default.contentsOfDirectory(atPath: world.folder.url.path).isEmpty)
    }

    @Test("a redirect is followed")
    func redirect() throws {
        let world = try changed()
        try world.server.put(
            "moved.json", FeedWorld.kev(["CVE-2026-0001", "CVE-2026-0009"], released: "2026-04-01T00:00:00Z"))
        world.server.fail(FeedFile.kev.path, .status(301, "Location: /moved.json\r\n"))
        #expect(try world.state("kev") == "updated")
        #expect(try world.texts("SELECT name FROM exploited ORDER BY name").last == "CVE-2026-0009")
    }

    @Test("a transfer that broke goes on where it was, in the same update and in the next")
    func cut() throws {
        let world = try FeedWorld()
        try world.putAdvisories(Self.records)
        world.server.fail("osv/npm/all.zip", .cut(after: 100))
        #expect(try world.state("osv/npm") == "updated")
        let again = try #require(world.server.requests.last)
        #expect(again.contains("Range: bytes=100-") && again.contains("If-Range: \""))
        #expect(world.server.requests.allSatisfy { $0.contains("User-Agent: Waybill/") }, "it says who asks")
        #expect(try world.number("SELECT count(*) FROM advisory") == 2)

        let other = try FeedWorld()
        try other.putAdvisories(Self.records)
        other.server.fail("osv/npm/all.zip", .cut(after: 100), .cut(after: 50))
        #expect(try other.state("osv/npm").hasPrefix("failed: npm: asking http://"))
        #expect(try other.number("SELECT count(*) FROM advisory") == 0 && !other.leftovers.isEmpty)
        #expect(try other.state("osv/npm") == "updated")
        #expect(other.server.requests.last?.contains("Range: bytes=150-") == true && other.leftovers.isEmpty)

        // The file has changed, so it is transferred from its beginning.
        let third = try FeedWorld()
        try third.putAdvisories(Self.records)
        third.server.fail("osv/npm/all.zip", .cut(after: 100), .cut(after: 50))
        _ = try third.state("osv/npm")
        try third.putAdvisories(Self.records + [(id: "MAL-3", modified: "2026-01-03T00:00:00Z")])
        #expect(try third.state("osv/npm") == "updated")
        #expect(try third.number("SELECT count(*) FROM advisory") == 3)
    }

    @Test("an archive that is damaged, cut or has another digest than the published one brings nothing in")
    func archive() throws {
        let world = try FeedWorld()
        try world.putAdvisories(Self.records)
        var bytes = try Data(contentsOf: world.server.folder.url.appendingPathComponent("osv/npm/all.zip"))
        bytes[60] ^= 0xFF
        try world.server.put("osv/npm/all.zip", bytes)
        #expect(try world.state("osv/npm").hasPrefix("failed: npm: "))
        try world.server.put("osv/npm/all.zip", bytes.prefix(bytes.count - 10))
        #expect(try world.state("osv/npm").hasPrefix("failed: npm: "))
        try world.server.put("osv/npm/all.zip", "<!doctype html>")
        #expect(try world.state("osv/npm").contains("a web page"))
        try world.putAdvisories(Self.records)
        world.server.fail("osv/npm/all.zip", .wrongDigest, .wrongDigest)
        #expect(try world.state("osv/npm").contains("MD5"))
        #expect(try world.number("SELECT count(*) FROM advisory") == 0)
        #expect(try world.state("osv/npm") == "updated")
    }

    @Test("a gzip file that is cut changes nothing")
    func scores() throws {
        let world = try FeedWorld()
        let rows = (1...2000).map { "CVE-2026-\($0 + 10_000),0.\($0 + 1000),0.5" }
        let whole = try FeedWorld.epss(day: "2026-03-01", rows)
        try world.server.put(FeedFile.epss.path, whole)
        #expect(try world.state("epss") == "updated")
        try world.server.put(FeedFile.epss.path, whole.prefix(whole.count / 2))
        #expect(try world.state("epss").contains("ends too early"))
        try world.server.put(
            FeedFile.epss.path, try FeedWorld.epss(day: "2026-03-02", rows.dropLast() + ["CVE-2026-1,much,0.5"]))
        #expect(try world.state("epss").contains("`cve,epss,percentile`"))
        #expect(try world.number("SELECT count(*) FROM likelihood") == 2000)
    }

    @Test("an answer that is much smaller or older than what is known is not used")
    func plausible() throws {
        let world = try changed()
        try world.server.put(
            FeedFile.kev.path, FeedWorld.kev(["CVE-2026-0001", "CVE-2026-0002"], released: "2026-01-01T00:00:00Z"))
        #expect(try world.state("kev").contains("it is old"))
        #expect(try count(world) == 2)
        let many = (1...10).map { "CVE-2026-\(1000 + $0)" }
        try world.server.put(FeedFile.kev.path, FeedWorld.kev(many, released: "2026-04-01T00:00:00Z"))
        #expect(try world.state("kev") == "updated")
        try world.server.put(FeedFile.kev.path, FeedWorld.kev(Array(many.prefix(4)), released: "2026-05-01T00:00:00Z"))
        #expect(try world.state("kev").contains("4 records where 10 are known"))
        #expect(try count(world) == 10)

        try world.putAdvisories(Self.records)
        #expect(try world.state("osv/npm") == "updated")
        try world.server.put("osv/npm/modified_id.csv", "2025-12-01T00:00:00Z,MAL-1\n2025-12-01T00:00:00Z,MAL-2\n")
        #expect(try world.state("osv/npm").contains("it is old"))
    }

    @Test("a clock that is behind is warned of, and holds up nothing when it is right again")
    func clock() throws {
        let world = try FeedWorld()
        world.time.withLock { $0 = 1_700_000_000_000 }
        try world.server.put(FeedFile.kev.path, FeedWorld.kev(["CVE-2026-0001"], released: "2026-03-02T00:00:00Z"))
        #expect(try world.state("kev") == "updated")
        #expect(world.warnings.contains { $0.contains("is the clock of this machine behind?") })
        try world.server.put(FeedFile.kev.path, FeedWorld.kev(["CVE-2026-0002"], released: "2026-03-01T00:00:00Z"))
        #expect(try world.state("kev") == "updated")
    }

    @Test(
        "a full disk changes nothing and leaves nothing", .enabled(if: ForeignTool.canMount, "needs the right to mount")
    )
    func fullDisk() throws {
        let world = try FeedWorld()
        let place = world.folder.path("small")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try ForeignTool.run("/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "none", place])
        defer { _ = try? ForeignTool.run("/bin/umount", [place]) }
        try world.server.put("x.zip", "PK" + String(repeating: "x", count: 200_000))
        let fetcher = FeedFetcher(origin: .mirror(world.server.url), spool: place, patience: FeedWorld.patience())
        let file = FeedFile(path: "x.zip", address: "", content: .zip, limit: 1 << 20)
        let error = #expect(throws: FeedError.self) { try fetcher.fetch(file) }
        #expect(error?.description.contains("No space left") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty)
    }

    @Test("a stopped update ends at once, and one at a time works in a data directory")
    func stopped() throws {
        let world = try FeedWorld()
        #expect(throws: FeedError.self) { try world.update(["kev"], isStopped: { true }) }
        let held = try FolderLock(world.folder.path("feeds"))
        #expect(throws: FeedError.self) { try world.update(["kev"]) }
        withExtendedLifetime(held) {}
    }

    @Test("what an origin does not have is missing, and nothing fails")
    func missing() throws {
        let world = try FeedWorld()
        for name in ["osv/npm", "kev", "euvd", "epss", "licenses", "eol"] {
            #expect(try world.state(name).hasPrefix("missing: "), "\(name)")
        }
        #expect(try world.number("SELECT count(*) FROM feed") == 0)
    }
}
