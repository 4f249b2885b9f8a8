import Database
import Foundation
import TestSupport
import Testing

@testable import Feeds

/// The result of each source, on both engines.
@Suite struct UpdateTests {
    private static let three = [
        (id: "MAL-1", modified: "2026-01-01T00:00:00.123456Z"), (id: "GHSA-2", modified: "2026-01-02T00:00:00Z"),
        (id: "GHSA-3", modified: "2026-01-03T00:00:00Z"),
    ]

    @Test("advisories: the archive first, then nothing, then single records that changed")
    func advisories() throws {
        for engine in TemporaryDatabase.engines {
            let world = try FeedWorld(engine)
            try world.putAdvisories(Self.three)
            let first = try world.update(["osv/npm"])
            #expect(first.map(\.state) == [.updated] && first.first?.records == 3)
            #expect(first.first?.newest == 1_767_398_400_000 && first.first?.parts.map(\.source) == ["npm"])
            #expect(world.server.paths == ["/osv/npm/modified_id.csv", "/osv/npm/all.zip"])

            world.server.forget()
            #expect(try world.state("osv/npm") == "unchanged")
            #expect(world.server.paths == ["/osv/npm/modified_id.csv"])
            #expect(world.server.requests[0].contains("User-Agent: Waybill/"))

            // A record may appear late, with a time from before the newest.
            let more = Self.three + [(id: "GHSA-0", modified: "2026-01-02T12:00:00Z")]
            try world.putAdvisories(
                more.map { (id: $0.id, modified: $0.id == "GHSA-3" ? "2026-02-01T00:00:00Z" : $0.modified) })
            world.server.forget()
            #expect(try world.state("osv/npm") == "updated")
            #expect(
                world.server.paths == ["/osv/npm/modified_id.csv", "/osv/npm/GHSA-3.json", "/osv/npm/GHSA-0.json"])
            #expect(
                try world.texts("SELECT name FROM advisory ORDER BY name") == ["GHSA-0", "GHSA-2", "GHSA-3", "MAL-1"])
            #expect(world.leftovers.isEmpty && world.warnings.isEmpty)
        }
    }

    @Test("a mirror without single records, and one without a list of changes, give the archive")
    func archives() throws {
        let world = try FeedWorld()
        try world.putAdvisories(Self.three, single: false)
        #expect(try world.state("osv/npm") == "updated")
        try world.putAdvisories(Self.three + [(id: "GHSA-4", modified: "2026-01-04T00:00:00Z")], single: false)
        #expect(try world.state("osv/npm") == "updated")
        #expect(try world.number("SELECT count(*) FROM advisory") == 4)

        let bare = try FeedWorld()
        try bare.server.put("osv/npm/all.zip", try FeedWorld.archive(Self.three))
        #expect(try bare.state("osv/npm") == "updated")
        #expect(try bare.state("osv/npm") == "unchanged")
        #expect(try bare.number("SELECT count(*) FROM advisory") == 3)
    }

    @Test("lists of exploited vulnerabilities replace each other, by every name, with their days")
    func exploited() throws {
        for engine in TemporaryDatabase.engines {
            let world = try FeedWorld(engine)
            try world.server.put(FeedFile.kev.path, FeedWorld.kev(["CVE-2026-0001", "CVE-2026-0002"]))
            try world.server.put(
                FeedFile.euvd.path,
                """
                {"items":[{"id":"EUVD-2026-7","aliases":"CVE-2026-0001\\nGHSA-aaaa\\n","exploitedSince":"Apr 9, 2026, 12:00:00 AM"},
                {"id":"EUVD-2026-8","aliases":"CVE-2026-0009\\n"}],"total":2}
                """)
            #expect(try world.update(["kev", "euvd"]).map(\.records) == [2, 1])
            let rows: SQL = "SELECT list || ' ' || name || ' ' || since FROM exploited ORDER BY list, name"
            #expect(
                try world.texts(rows) == [
                    "euvd CVE-2026-0001 1775692800000", "euvd EUVD-2026-7 1775692800000",
                    "euvd GHSA-aaaa 1775692800000",
                    "kev CVE-2026-0001 1770076800000", "kev CVE-2026-0002 1770076800000",
                ])
            #expect(try world.update(["kev", "euvd"]).map(\.state) == [.unchanged, .unchanged])
            try world.server.put(
                FeedFile.kev.path, FeedWorld.kev(["CVE-2026-0002"], released: "2026-03-02T00:00:00Z"))
            #expect(try world.state("kev") == "updated")
            #expect(try world.texts("SELECT name FROM exploited WHERE list = 'kev'") == ["CVE-2026-0002"])
        }
    }

    @Test("scores of a day replace those of the day before")
    func likelihoods() throws {
        for engine in TemporaryDatabase.engines {
            let world = try FeedWorld(engine)
            let rows = ["CVE-2026-0001,0.00043,0.1", "CVE-2026-0002,0.97,1", "CVE-2026-0003,1e-05,0.00001"]
            try world.server.put(FeedFile.epss.path, try FeedWorld.epss(day: "2026-03-01", rows))
            let report = try world.update(["epss"])
            #expect(report.first?.records == 3 && report.first?.newest == 1_772_323_200_000)
            let stored: SQL = "SELECT name || ' ' || score || ' ' || percentile FROM likelihood ORDER BY name"
            #expect(
                try world.texts(stored) == [
                    "CVE-2026-0001 430 100000", "CVE-2026-0002 970000 1000000", "CVE-2026-0003 10 10",
                ])
            try world.server.put(
                FeedFile.epss.path, try FeedWorld.epss(day: "2026-03-02", Array(rows.dropLast())))
            #expect(try world.state("epss") == "updated")
            #expect(try world.number("SELECT count(*) FROM likelihood") == 2)
        }
    }

    private func putLicenses(_ world: FeedWorld, version: String = "3.28.0") throws {
        try world.server.put(
            "licenses/licenses.json",
            """
            {"licenseListVersion":"\(version)","releaseDate":"2026-02-20","licenses":[{"licenseId":"MIT"},{"licenseId":"X-1+"}]}
            """)
        try world.server.put("licenses/exceptions.json", #"{"exceptions":[{"licenseExceptionId":"Ex-1"}]}"#)
        for id in ["MIT", "X-1+"] {
            try world.server.put(
                "licenses/details/\(id).json", #"{"licenseId":"\#(id)","licenseText":"text of \#(id)"}"#)
        }
        try world.server.put(
            "licenses/exceptions/Ex-1.json", #"{"licenseExceptionId":"Ex-1","licenseExceptionText":"but"}"#)
    }

    @Test("texts of licences and exceptions come with their list, from a server and from a folder")
    func licenses() throws {
        let world = try FeedWorld()
        try putLicenses(world)
        #expect(try world.state("licenses") == "updated")
        let texts: SQL = "SELECT spdx || ': ' || body FROM license_text ORDER BY spdx"
        #expect(try world.texts(texts) == ["Ex-1: but", "MIT: text of MIT", "X-1+: text of X-1+"])
        world.server.forget()
        #expect(try world.state("licenses") == "unchanged")
        #expect(world.server.paths == ["/licenses/licenses.json"] && world.leftovers.isEmpty)

        let other = try FeedWorld()
        #expect(try other.state("licenses", from: .folder(world.server.folder.url.path)) == "updated")
        #expect(try other.texts(texts).count == 3)
        #expect(try other.state("licenses", from: .folder(world.server.folder.url.path)) == "unchanged")
    }

    @Test("an export is a mirror from which another database gets the same")
    func export() throws {
        let world = try FeedWorld()
        try world.putAdvisories(Self.three)
        try putLicenses(world)
        try world.server.put(FeedFile.kev.path, FeedWorld.kev(["CVE-2026-0001"]))
        try world.server.put(FeedFile.epss.path, try FeedWorld.epss(day: "2026-03-01", ["CVE-2026-0001,0.5,0.5"]))
        _ = try world.update(["osv/npm", "kev"])
        let mirror = try TemporaryFolder()
        let names = ["osv/npm", "licenses", "kev", "epss"]
        #expect(
            try world.update(names, export: mirror.url.path).map(\.state) == [.updated, .updated, .updated, .updated])

        let other = try FeedWorld()
        let reports = try other.update([], from: .folder(mirror.url.path))
        #expect(
            reports.map { "\($0.source) \($0.state.rawValue)" } == [
                "osv updated", "licenses updated", "kev updated", "euvd missing", "epss updated", "versions missing",
                "eol missing",
            ])
        #expect(try other.number("SELECT count(*) FROM advisory") == 3)
        #expect(try other.number("SELECT count(*) FROM license_text") == 3)
        #expect(
            try other.update([], from: .folder(mirror.url.path)).prefix(3).map(\.state)
                == [.unchanged, .unchanged, .unchanged])
        // Files in the operator's folder stay unchanged.
        #expect(try FileManager.default.contentsOfDirectory(atPath: mirror.path("osv/npm")).count == 2)
    }

    @Test("versions and ends of life come from a folder in both forms")
    func products() throws {
        let world = try FeedWorld()
        let root = world.server.folder.url.path
        try world.server.put(
            "versions/a.jsonl", #"{"purl":"pkg:npm/dates","versions":[{"version":"1.0.0"},{"version":"2.0.0"}]}"#)
        try world.server.put(
            "eol/nginx.json",
            """
            {"schema_version":"1.2.0","result":{"name":"nginx","identifiers":[{"id":"pkg:docker/library/nginx","type":"purl"},
            {"id":"cpe:/a:nginx:nginx","type":"cpe"}],"releases":[{"name":"1.27","releaseDate":"2024-05-29","isEol":true,
            "eolFrom":"2025-04-23","latest":{"name":"1.27.5"}}]}}
            """)
        try world.server.put(
            "eol/python.json",
            #"[{"cycle":"3.12","releaseDate":"2023-10-02","eol":"2028-10-31","latest":"3.12.9"},{"cycle":"2.7","eol":true}]"#
        )
        #expect(try world.update(["versions", "eol"], from: .folder(root)).map(\.records) == [1, 2])
        #expect(try world.texts("SELECT version FROM package_release ORDER BY version") == ["1.0.0", "2.0.0"])
        #expect(
            try world.texts(
                """
                SELECT product || ' ' || cycle || ' ' || coalesce(end_of_life, -1) || ' ' || coalesce(ended, -1) || ' ' || latest
                FROM product_cycle ORDER BY product, cycle
                """) == [
                    "nginx 1.27 1745366400000 1 1.27.5", "python 2.7 -1 1 ", "python 3.12 1856563200000 -1 3.12.9",
                ])
        #expect(try world.texts("SELECT purl FROM product_package") == ["pkg:docker/library/nginx"])
        #expect(try world.update(["versions", "eol"], from: .folder(root)).map(\.state) == [.unchanged, .unchanged])
    }

    @Test("sources that tell what is in use are asked only by name, and names that are none are refused")
    func names() throws {
        #expect(!Feed.versions.isAsked)
        #expect(Feed.all.filter { !$0.isAsked }.map(\.source) == [.versions])
        for name in ["nvd", "osv/../etc", "osv/", "kev/x", "osv/a/b"] {
            #expect(throws: FeedError.self, "\(name)") { try Update.Wish([name]) }
        }
        for text in ["https://user:secret@mirror.example/x", "/nonexistent", "/etc/hostname"] {
            let error = #expect(throws: FeedError.self) { try FeedOrigin(text) }
            #expect(error?.description.contains("secret") == false)
        }
        #expect(try FeedOrigin("https://mirror.example/x@y/") == .mirror("https://mirror.example/x@y"))
        let wish = try Update.Wish(["osv/Rocky Linux", "osv/npm", "kev"])
        #expect(wish.sources == [.osv, .kev] && wish.ecosystems == ["Rocky Linux", "npm"])
    }

    @Test(
        "every source says where it is published, whose it is, how large it may be; files lie where a mirror has them")
    func entries() {
        #expect(Feed.all.count == Feed.Source.allCases.count && Set(Feed.all.map(\.source)).count == Feed.all.count)
        for feed in Feed.all {
            #expect(feed.page.hasPrefix("https://") && !feed.licence.isEmpty && !feed.attribution.isEmpty)
            #expect(feed.rest >= 3_600_000 && feed.life > feed.rest && Feed.of(feed.source).title == feed.title)
        }
        for file in [FeedFile.kev, .epss, .euvd, .licenseList, .advisories(of: "Rocky Linux"), .license("MIT")] {
            #expect(file.address.hasPrefix("https://") && file.limit > 0 && !file.address.contains(" "))
        }
        #expect(FeedFile.advisories(of: "Rocky Linux").path == "osv/Rocky Linux/all.zip")
        #expect(FeedFile.releases(system: "npm", name: "@a/b").address.hasSuffix("/npm/packages/%40a%2Fb"))
    }
}
