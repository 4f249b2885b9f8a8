import Database
import Foundation
import Intake
import Inventory
import Jobs
import TestSupport
import Testing

@Suite struct AdvisoryImporting {
    /// A record of one npm package, affected below `fixed`.
    private func record(
        _ id: String, aliases: [String] = [], package: String = "dates", fixed: String? = "1.5.0",
        modified: String = "2026-01-01T00:00:00Z", withdrawn: String? = nil, more: String = ""
    ) -> String {
        let names = aliases.map { "\"\($0)\"" }.joined(separator: ",")
        let events = fixed.map { ",{\"fixed\":\"\($0)\"}" } ?? ""
        return """
            {"id":"\(id)","modified":"\(modified)","published":"2025-01-02T03:04:05Z","aliases":[\(names)],\
            \(withdrawn.map { "\"withdrawn\":\"\($0)\"," } ?? "")"summary":"s \(id)","details":"d \(id)",\
            "affected":[{"package":{"ecosystem":"npm","name":"\(package)"},"ranges":[{"type":"SEMVER","events":\
            [{"introduced":"0"}\(events)]}]}]\(more)}
            """
    }

    private func write(_ lines: [String], to bench: Workbench, as name: String = "a.jsonl") throws -> String {
        let path = bench.folder.path(name)
        try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @discardableResult
    private func load(_ lines: [String], _ bench: Workbench) throws -> (AdvisoryImport.Result, matched: Int) {
        (
            try AdvisoryImport(RecordImport(into: bench.database)).run([try write(lines, to: bench)]),
            try bench.queue.matchAll()
        )
    }

    private func project(_ bench: Workbench, _ purls: [String], organization: Int64 = 1, name: String = "P") throws {
        let components = purls.map { "{\"type\":\"library\",\"name\":\"x\",\"bom-ref\":\"\($0)\",\"purl\":\"\($0)\"}" }
        let text = """
            {"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[\(components.joined(separator: ","))]}
            """
        let path = bench.folder.path("bom.json")
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try bench.sbom(file: path, organization: organization, project: name)
    }

    /// `library version: vulnerability > top fix | fixes`, for all current projects.
    private func findings(_ bench: Workbench) throws -> [String] {
        try bench.database.read { connection in
            try connection.all(
                """
                SELECT l.artifact, l.version, v.name, coalesce(f.top_fix, '-'),
                    coalesce((SELECT group_concat(x.version, ',') FROM finding_fix x
                        WHERE x.library = f.library AND x.vulnerability = f.vulnerability), '')
                FROM finding f JOIN library l ON l.id = f.library JOIN vulnerability v ON v.id = f.vulnerability
                ORDER BY l.artifact, l.version, v.name
                """
            ) { "\($0.string(0)) \($0.string(1)): \($0.string(2)) > \($0.string(3)) | \($0.string(4))" }
        }
    }

    private func revision(_ bench: Workbench, _ table: StaticString, _ name: String) throws -> Int64? {
        let table = SQL(table)
        return try bench.database.read { try $0.integer("SELECT revision FROM \(table) WHERE name = \(name)") }
    }

    /// From the bytes of the files follows the time that is left.
    @Test func theAmountOfTheWorkIsKnown() throws {
        let bench = try Workbench()
        let folder = bench.folder.path("advisories")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var size = 0
        for (name, ids) in [("a.json", ["GHSA-1"]), ("b.jsonl", ["GHSA-2", "GHSA-3"]), ("c.json", ["GHSA-4"])] {
            let text = ids.map { record($0) }.joined(separator: "\n")
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            size += text.utf8.count
        }
        var amounts: [[Int]] = []
        let records = RecordImport(into: bench.database, amount: { amounts.append([$0, $1]) })
        #expect(try AdvisoryImport(records).run([folder]).read == 4)
        #expect(amounts.count == 3 && amounts.last == [size, size], "\(amounts)")
        #expect(amounts.map { $0[0] } == amounts.map { $0[0] }.sorted())
    }

    @Test func librariesThatComeAfterAreMatched() throws {
        let bench = try Workbench()
        let (result, matched) = try load([record("GHSA-1", aliases: ["CVE-2026-1"])], bench)
        #expect((result.read, result.added, matched) == (1, 1, 0))
        try project(bench, ["pkg:npm/dates@1.4.0", "pkg:npm/dates@1.5.0", "pkg:npm/other@1.0.0"])
        #expect(try findings(bench) == ["dates 1.4.0: CVE-2026-1 > 1.5.0 | 1.5.0"])
    }

    @Test func newAdvisoriesAreWrittenOnce() throws {
        let bench = try Workbench()
        let counting = CountingDatabase(bench.database)
        let lines = (0..<200).map { record("GHSA-\($0)", aliases: ["CVE-2026-\($0)"], package: "package-\($0)") }
        _ = try AdvisoryImport(RecordImport(into: counting)).run([try write(lines, to: bench)])
        // An advisory, its two names and its package; a vulnerability, and the link between both.
        #expect(counting.largest <= 200 * 6 + 20)
        #expect(try bench.number("SELECT count(*) FROM vulnerability WHERE edition = 1 AND type = 'CVE'") == 200)
    }

    @Test func librariesThatAreThereAreMatchedAndTheirScopesTouched() throws {
        let bench = try Workbench()
        // The first advisories change every report, because nothing was assessed before.
        _ = try load([record("GHSA-0", modified: "2020-01-01T00:00:00Z", withdrawn: "2020-01-01T00:00:00Z")], bench)
        try project(bench, ["pkg:npm/dates@1.4.0"], name: "Uses")
        try project(bench, ["pkg:npm/other@1.0.0"], name: "Other")
        let before = (try revision(bench, "project", "Uses"), try revision(bench, "project", "Other"))
        let organizations = (
            try revision(bench, "organization", "Organization 1"), try revision(bench, "organization", "Organization 2")
        )
        #expect(try load([record("GHSA-1", aliases: ["CVE-2026-1"])], bench).matched == 1)
        #expect(try findings(bench) == ["dates 1.4.0: CVE-2026-1 > 1.5.0 | 1.5.0"])
        let after = try revision(bench, "project", "Uses")
        #expect(try #require(after) > #require(before.0))
        #expect(try revision(bench, "project", "Other") == before.1)
        #expect(try #require(try revision(bench, "organization", "Organization 1")) > #require(organizations.0))
        #expect(try revision(bench, "organization", "Organization 2") == organizations.1)
        // Repeating the import changes nothing.
        let (again, matched) = try load([record("GHSA-1", aliases: ["CVE-2026-1"])], bench)
        #expect((again.read, again.added, again.updated, matched) == (1, 0, 0, 0))
        #expect(try revision(bench, "project", "Uses") == after)
    }

    @Test func onlyNewerRecordsCount() throws {
        let bench = try Workbench()
        try project(bench, ["pkg:npm/dates@1.4.0"])
        try load([record("GHSA-1", modified: "2026-02-01T00:00:00Z")], bench)
        let (older, _) = try load([record("GHSA-1", fixed: "1.0.0", modified: "2026-01-01T00:00:00Z")], bench)
        #expect(older.updated == 0)
        #expect(try findings(bench).count == 1)
        let (newer, _) = try load([record("GHSA-1", fixed: "1.0.0", modified: "2026-03-01T00:00:00Z")], bench)
        #expect(newer.updated == 1)
        #expect(try findings(bench) == [])
    }

    @Test func withdrawnOnesWithdraw() throws {
        let bench = try Workbench()
        try project(bench, ["pkg:npm/dates@1.4.0"])
        try load([record("GHSA-1", aliases: ["CVE-2026-1"]), record("GHSA-2", aliases: ["CVE-2026-2"])], bench)
        #expect(try findings(bench).count == 2)
        let time = "2026-05-01T00:00:00Z"
        let (result, _) = try load([record("GHSA-1", aliases: ["CVE-2026-1"], modified: time, withdrawn: time)], bench)
        #expect((result.updated, result.withdrawn) == (1, 1))
        #expect(try findings(bench) == ["dates 1.4.0: CVE-2026-2 > 1.5.0 | 1.5.0"])
    }

    /// The versions without all vulnerabilities of a library, as stored in its findings.
    private func upgrades(_ bench: Workbench) throws -> [String] {
        try bench.database.read { try $0.all("SELECT DISTINCT upgrade FROM finding ORDER BY 1") { $0.string(0) } }
    }

    private func vulnerabilities(_ bench: Workbench) throws -> [String] {
        try bench.database.read { connection in
            try connection.all(
                """
                SELECT name, aliases FROM vulnerability
                WHERE id IN (SELECT vulnerability FROM vulnerability_advisory) ORDER BY name
                """
            ) { row in
                "\(row.string(0)) = \(row.string(1).split(separator: "\n").joined(separator: " "))"
            }
        }
    }

    /// Advisories give the same vulnerabilities in any order.
    @Test(arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]]) func aliasesAreMerged(order: [Int])
        throws
    {
        let bench = try Workbench()
        try project(bench, ["pkg:npm/dates@1.4.0"])
        let records = [
            record("GHSA-1", aliases: ["CVE-2026-1"]), record("GO-1", aliases: ["GHSA-1"]),
            record("PYSEC-1", aliases: ["GO-1"]), record("RUSTSEC-1"),
        ]
        for index in order { try load([records[index]], bench) }
        // The project's vulnerabilities stay until its alerts are evaluated; the subject of a resolved alert stays as
        // history.
        try StaleAlerts(database: bench.database, now: { 1 }).run(organization: 1) { true }
        #expect(try vulnerabilities(bench) == ["CVE-2026-1 = GHSA-1 GO-1 PYSEC-1", "RUSTSEC-1 = "])
        #expect(
            try findings(bench)
                == ["dates 1.4.0: CVE-2026-1 > 1.5.0 | 1.5.0", "dates 1.4.0: RUSTSEC-1 > 1.5.0 | 1.5.0"])
        let stored = try bench.database.read { connection in
            try connection.all("SELECT library, vulnerability, edition FROM finding") { row in
                row.integer(2)
            }
        }
        let current: SQL = """
            SELECT edition FROM vulnerability WHERE id IN (SELECT vulnerability FROM vulnerability_advisory)
            """
        let editions = try bench.database.read { try $0.all(current) { $0.integer(0) } }
        #expect(stored.sorted() == editions.sorted())
    }

    @Test func twoCVEsAreTwoVulnerabilities() throws {
        let bench = try Workbench()
        try load(
            [
                record("GO-1", aliases: ["CVE-2026-1", "CVE-2026-2", "GHSA-2"]),
                record("GHSA-1", aliases: ["CVE-2026-1"]),
                record("GHSA-2", aliases: ["CVE-2026-2"]),
                record("DEBIAN-CVE-2026-1", more: ",\"upstream\":[\"CVE-2026-1\"]"),
            ], bench)
        #expect(
            try vulnerabilities(bench) == ["CVE-2026-1 = GHSA-1 GO-1 DEBIAN-CVE-2026-1", "CVE-2026-2 = GHSA-2 GO-1"])
    }

    /// An alias that an advisory loses separates the vulnerabilities that it had joined.
    @Test func aliasesAreParted() throws {
        let bench = try Workbench()
        try project(bench, ["pkg:npm/dates@1.4.0"])
        try load([record("GHSA-1", aliases: ["CVE-2026-1"]), record("GO-1", aliases: ["GHSA-1"])], bench)
        #expect(try vulnerabilities(bench) == ["CVE-2026-1 = GHSA-1 GO-1"])
        try load([record("GO-1", modified: "2026-06-01T00:00:00Z")], bench)
        #expect(try vulnerabilities(bench) == ["CVE-2026-1 = GHSA-1", "GO-1 = "])
        #expect(try findings(bench).count == 2)
    }

    /// A fix belongs to one vulnerability. The version that fixes all vulnerabilities belongs to the library; there is no
    /// such version while one of them has no fix.
    @Test func fixesAreTheirOwn() throws {
        let bench = try Workbench()
        try load(
            [
                record("GHSA-1", aliases: ["CVE-2026-1"], fixed: "1.5.0"),
                record("GHSA-2", aliases: ["CVE-2026-2"], fixed: "1.7.0"),
                // The flaw appears in 1.7.0 and is fixed in 1.8.1.
                """
                {"id":"GHSA-3","modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"dates"},\
                "ranges":[{"type":"SEMVER","events":[{"introduced":"1.7.0"},{"fixed":"1.8.1"}]}]}]}
                """,
                record("GHSA-4", aliases: ["CVE-2026-4"], fixed: nil),
            ], bench)
        try project(bench, ["pkg:npm/dates@1.4.0"])
        #expect(
            try findings(bench) == [
                "dates 1.4.0: CVE-2026-1 > 1.5.0 | 1.5.0", "dates 1.4.0: CVE-2026-2 > 1.7.0 | 1.7.0",
                "dates 1.4.0: CVE-2026-4 > - | ",
            ])
        #expect(try upgrades(bench) == [""])
        try load([record("GHSA-4", aliases: ["CVE-2026-4"], fixed: "1.4.1", modified: "2026-06-01T00:00:00Z")], bench)
        _ = try bench.queue.matchAll()
        #expect(try upgrades(bench) == ["1.8.1"])
    }

    @Test func registriesAreToldApart() throws {
        let bench = try Workbench()
        let text = record("DRUPAL-1").replacingOccurrences(
            of: "\"ecosystem\":\"npm\",\"name\":\"dates\"",
            with: "\"ecosystem\":\"Packagist:https://packages.drupal.org/8\",\"name\":\"drupal/dates\"")
        try load([text.replacingOccurrences(of: "SEMVER", with: "ECOSYSTEM")], bench)
        try project(
            bench,
            [
                "pkg:composer/drupal/dates@1.0.0",
                "pkg:composer/drupal/dates@1.0.1?repository_url=https://packages.drupal.org/8/",
                "pkg:composer/drupal/dates@1.0.2?repository_url=https://example.org",
            ])
        #expect(try findings(bench).map { $0.prefix { $0 != ":" } } == ["drupal/dates 1.0.0", "drupal/dates 1.0.1"])
    }

    @Test func badRecordsAreNamedAndSkipped() throws {
        let bench = try Workbench()
        let path = try write(
            ["{", "[]", "{\"id\":\"X\"}", "{\"id\":\"X\",\"modified\":\"yesterday\"}", record("GHSA-1"), "\"text\""],
            to: bench)
        var told: [String] = []
        let result = try AdvisoryImport(RecordImport(into: bench.database, warning: { told.append($0) }))
            .run([path])
        #expect((result.read, result.added, result.skipped) == (1, 1, 5))
        #expect(told.first?.hasPrefix("skipped \(path):1: ") == true, "\(told)")
        #expect(told.contains { $0.contains("yesterday") })
        #expect(throws: IntakeError.self) {
            try AdvisoryImport(RecordImport(into: bench.database)).run(["/nowhere"])
        }
    }

    @Test func severities() throws {
        let bench = try Workbench()
        try load(
            [
                record(
                    "GHSA-1", aliases: ["CVE-2026-1"],
                    more: """
                        ,"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"},\
                        {"type":"CVSS_V3","score":"nonsense"}],"database_specific":{"cwe_ids":["CWE-79"],"severity":"LOW"},\
                        "references":[{"type":"FIX","url":"https://example.org/fix"}],"credits":[{"name":"Ada","type":"FINDER"}]
                        """),
                record("GHSA-2", more: ",\"database_specific\":{\"severity\":\"MODERATE\"}"),
            ], bench)
        let rows = try bench.database.read { connection in
            try connection.all(
                """
                SELECT v.name, v.type, v.severity, v.score2, v.severity3, v.score3, v.score, v.attack_vector, v.availability,
                    v.weaknesses, a.links, a.credits
                FROM vulnerability v JOIN advisory a ON a.id = v.advisory ORDER BY v.name
                """
            ) { row in (0..<12).map { row.string($0) } }
        }
        #expect(
            rows == [
                [
                    "CVE-2026-1", "CVE", "high", "", "HIGH", "7.5", "75", "NETWORK", "HIGH", "CWE-79",
                    "FIX https://example.org/fix", "FINDER Ada",
                ],
                ["GHSA-2", "GHSA", "medium", "", "", "", "", "", "", "", "", ""],
            ])
    }

    @Test func `Packages with severities of their own give the vulnerability the worst, in any order`() throws {
        let worst = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
        let mild = "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
        func rated(_ name: String, _ type: String, _ score: String) -> String {
            #"{"package":{"ecosystem":"npm","name":"\#(name)"},"versions":["1"],"#
                + #""severity":[{"type":"\#(type)","score":"\#(score)"}]}"#
        }
        for (number, scores) in [[worst, mild], [mild, worst]].enumerated() {
            let bench = try Workbench()
            let packages = scores.enumerated().map { rated("a\($0.offset)", "CVSS_V3", $0.element) }
            let words = ["low", "high", "medium"].map { rated("b\($0)", "Ubuntu", $0) }
            func record(_ id: String, _ packages: [String], _ more: String = "") -> String {
                #"{"id":"\#(id)","modified":"2026-01-01T00:00:00Z","affected":[\#(packages.joined(separator: ","))]\#(more)}"#
            }
            try load(
                [
                    record("CVE-2026-1", packages), record("CVE-2026-2", words),
                    record("CVE-2026-3", packages, #","severity":[{"type":"CVSS_V3","score":"\#(mild)"}]"#),
                ], bench)
            #expect(
                try bench.texts("SELECT severity, coalesce(score, -1) FROM vulnerability ORDER BY name")
                    == ["critical|98", "high|-1", "low|18"], "\(number)")
        }
    }

    private static let query: SQL = """
        SELECT l.purl, v.name, f.top_fix, v.score3 FROM finding f JOIN library l ON l.id = f.library
        JOIN vulnerability v ON v.id = f.vulnerability ORDER BY l.purl, v.name
        """

    /// Advisories that arrive before or after the project give the same findings, which other comparators confirm.
    @Test(arguments: TemporaryDatabase.engines) func theOrderOfImportsDoesNotMatter(engine: Engine) throws {
        let decisions = try TestData.lines("matching/decisions.tsv").map { $0.split(separator: "\t").map(String.init) }
        // Package URLs are stored in their canonical spelling, which escapes more.
        func pair(_ purl: String, _ advisory: String) -> String {
            "\(purl.removingPercentEncoding ?? purl) \(advisory)"
        }
        let wanted = Set(
            decisions.filter { $0[2] == "yes" && !$0[1].hasSuffix("-withdrawn") }.map { pair($0[0], $0[1]) })
        // Pairs on which the comparators disagree are left out.
        let decided = Set(decisions.map { pair($0[0], $0[1]) })
        let parts = Set(decisions.map(\.[0])).sorted().enumerated().map {
            ["type": "library", "name": "part-\($0.offset)", "version": "1", "purl": $0.element]
        }
        let folder = try TemporaryFolder()
        let file = folder.path("bom.json")
        try JSONSerialization.data(
            withJSONObject: ["bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": parts]
                as [String: Any]
        ).write(to: URL(fileURLWithPath: file))
        let (early, late) = (try Workbench(engine), try Workbench(engine))
        let advisories = TestData.path("matching/advisories.jsonl")
        let result = try AdvisoryImport(RecordImport(into: early.database)).run([advisories])
        #expect((result.added, result.withdrawn) == (78, 13))
        try early.sbom(file: file)
        try late.sbom(file: file)
        _ = try AdvisoryImport(RecordImport(into: late.database)).run([advisories])
        let matched = try late.queue.matchAll()
        for bench in [early, late] {
            let found = try bench.database.read { try $0.all(Self.query) { pair($0.string(0), $0.string(1)) } }
            #expect(decided.intersection(found) == wanted)
            #expect(found.count == matched)
        }
    }

    private static let shared = TestData.shared("data")

    /// Both engines, all real advisories and a real project: the same findings.
    @Test(.enabled(if: shared != nil, "needs ../shared/data"), arguments: TemporaryDatabase.engines)
    func realData(engine: Engine) throws {
        let data = try #require(Self.shared)
        let (folder, file) = ("\(data)/advisories", "\(data)/sboms/bom-examples/SBOM/juice-shop/v11.1.2/bom.json")
        let early = try Workbench(engine)
        let result = try AdvisoryImport(RecordImport(into: early.database)).run([folder])
        #expect(result.added == 4497)
        #expect(result.withdrawn == 22)
        try early.sbom(file: file)
        let late = try Workbench(engine)
        try late.sbom(file: file)
        _ = try AdvisoryImport(RecordImport(into: late.database)).run([folder])
        let matched = try late.queue.matchAll()
        let first = try early.database.read { try $0.all(Self.query) { row in (0..<4).map { row.string($0) } } }
        let second = try late.database.read { try $0.all(Self.query) { row in (0..<4).map { row.string($0) } } }
        #expect(first == second)
        #expect(first.count == matched)
        #expect(first.count > 10)
    }
}
