import Bytes
import Foundation
import TestSupport
import Testing

@testable import Database
@testable import Reports

/// The pages of risk reports: reports.md §15.3.
struct RiskTests {
    /// Names of all scripts, some too long for any line.
    private static let names = [
        "Webshop", "مكتبة المتجر الإلكتروني", "東京ショッピングカート", String(repeating: "very-long-name-", count: 30),
        "ספרייה", "हिन्दी पुस्तकालय", "emoji 👩‍👩‍👧 and <b>tags</b>", "",
    ]

    private static var facts: RiskFacts {
        var facts = RiskFacts()
        facts.products = 60
        facts.projects = 900
        facts.libraries = 123_456
        facts.vulnerableLibraries = 400
        facts.rejectedLibraries = 123_455
        facts.open = [1, 20, 300, 4000, 50_000, 0]
        facts.worstLibraries = (0..<RiskFacts.listLimit).map { place in
            RiskFacts.WorstLibrary(
                name: names[place % names.count], project: names[(place + 3) % names.count], projects: place,
                counts: [place % 2, 3, 0, 1, 7, 0], score: place % 3 == 0 ? nil : 9.8,
                fix: place % 2 == 0 ? "" : "2.0.1")
        }
        facts.knowsExploited = true
        facts.exploited = 17
        let found = (0..<RiskFacts.listLimit).map { place in
            RiskFacts.WorstVulnerability(
                name: "CVE-2025-\(1000 + place)", url: "https://nvd.nist.gov/vuln/detail/CVE-2025-\(1000 + place)",
                severity: ShownSeverity.allCases[place % 4], score: place % 3 == 0 ? nil : 9.8,
                exploitedSince: place % 2 == 0 ? nil : 1_760_000_000_000, likelihood: place % 4 == 0 ? nil : 0.0001,
                library: names[place % names.count], versions: 1 + place % 3, fix: place % 2 == 0 ? "" : "2.0.1",
                project: names[(place + 3) % names.count], projects: place)
        }
        facts.exploitedVulnerabilities = Array(found.prefix(17))
        facts.worstVulnerabilities = found
        facts.unratedVulnerabilities = Array(found.suffix(20))
        facts.groups = names.map {
            RiskFacts.GroupRisk(name: $0, libraries: 7, counts: [1, 2, 3, 4, 5, 0], rejected: 1)
        }
        facts.licenses = names.map {
            RiskFacts.LicenseCount(name: $0, spdx: "GPL-3.0-only", isListed: true, libraries: 4, score: 83)
        }
        facts.violations = names.map {
            RiskFacts.Violation(library: $0, description: "Rejected by the policy \($0)", project: $0)
        }
        facts.violationCount = 4000
        facts.others = [("NEW_MAJOR_VERSION", 4), ("MULTIPLE_LICENSES", 90)]
        facts.oldest = names.map { RiskFacts.OldLibrary(name: $0, released: "2009-12-31", project: $0) }
        facts.datedLibraries = 8
        facts.trend = (0..<24).map { day in
            RiskFacts.TrendPoint(
                day: 1_767_312_000_000 + Int64(day) * 86_400_000, libraries: 900 + 13 * day,
                alerts: 40 + (day * 37) % 61)
        }
        return facts
    }

    private static func document(_ facts: RiskFacts, _ kind: ScopeKind = .product) throws -> Data {
        let scope = ScopeFacts(
            name: names[3] + names[1], path: [names[2]], revision: 1, updated: 1_767_323_045_000)
        var data = Data()
        try RiskDocument(facts, scope, kind).write { data.append(contentsOf: $0) }
        return data
    }

    @Test func anyNamesAndManyRowsAreAWholeDocument() throws {
        let data = try Self.document(Self.facts)
        #expect(try data == Self.document(Self.facts))
        let folder = try TemporaryFolder()
        let path = folder.path("risk.pdf")
        try data.write(to: URL(fileURLWithPath: path))
        try ForeignTool.run(ForeignTool.path("qpdf", package: "qpdf"), ["--check", path])
        let tool = try ForeignTool.path("pdftotext", package: "poppler-utils")
        let text = String(decoding: try ForeignTool.run(tool, ["-layout", path, "-"]), as: UTF8.self)
        for words in [
            "How the projects compare", "Vulnerability alerts not resolved and libraries, day by day",
            "The first 40 of 400 vulnerable libraries", "54321", ">99 %", "Exploited: do these first", "Not rated",
            "All projects", "50000",
        ] {
            #expect(text.contains(words), "\(words)")
        }
        if let copy = ProcessInfo.processInfo.environment["WAYBILL_RISK_PDF"] {
            try data.write(to: URL(fileURLWithPath: copy))
        }
    }

    private func text(_ data: Data, _ options: String...) throws -> String {
        let tool = try ForeignTool.path("pdftotext", package: "poppler-utils")
        return String(
            decoding: try ForeignTool.run(tool, ["-layout"] + options + ["-", "-"], input: data), as: UTF8.self)
    }

    /// Values that are equal in all rows are left out; the basis is on page 1.
    @Test func aProjectNamesNoProject() throws {
        #expect(try text(Self.document(Self.facts)).contains(/Library +Project/))
        let project = try text(Self.document(Self.facts, .project))
        #expect(!project.contains(/Library +Project/) && !project.contains(/Fixed in +Project/))
        #expect(try text(Self.document(Self.facts), "-l", "1").contains("Not assessed: there are no components here."))
    }

    /// Titles of columns are complete, and each page names its subject at its foot.
    @Test(arguments: [ScopeKind.organization, .product, .project]) func titlesAreWhole(_ kind: ScopeKind) throws {
        let text = try text(Self.document(Self.facts, kind))
        for title in ["Score", "Critical", "Medium", "Unrated", "Upgrade to", "Exploited since"] {
            #expect(text.contains(title), "\(title)")
        }
        #expect(!text.contains("Sco…") && !text.contains("Upgrade…"))
        let pages = text.split(separator: "\u{0C}").filter { $0.contains("Page ") }
        #expect(pages.allSatisfy { $0.contains("2026-01-02 · Risk Report · very-long-name") })
    }

    /// Nothing is called kept that nobody asked for.
    @Test func noPolicyIsNoVerdict() throws {
        var facts = Self.facts
        #expect(try text(Self.document(facts)).contains("libraries break a policy"))
        facts.violationCount = 0
        facts.violations = []
        #expect(try text(Self.document(facts)).contains("No policy is defined here"))
        #expect(try !text(Self.document(facts)).contains("libraries break a policy"))
        facts.policies = 1
        #expect(try text(Self.document(facts)).contains("No library breaks a policy."))
    }

    /// Lists state their basis: without a list of exploited vulnerabilities, none is called not exploited.
    @Test func nothingIsSaidOfWhatNoListKnows() throws {
        var facts = Self.facts
        facts.exploited = 0
        facts.exploitedVulnerabilities = []
        #expect(try text(Self.document(facts)).contains("No open alert is about a vulnerability that a list"))
        facts.knowsExploited = false
        let unknown = try text(Self.document(facts))
        #expect(unknown.contains("no list (CISA KEV, EUVD) was imported") && !unknown.contains("No open alert"))
    }

    /// Each open alert is in one of the three lists, the exploited ones in the first.
    @Test(arguments: Engine.allCases) func listsDivideTheVulnerabilities(engine: Engine) throws {
        let fixture = try InventoryFixture.shared(engine)
        let scope = try fixture.scope(.organization)
        let facts = try fixture.database.snapshot { try RiskFacts.read(scope, updated: 0, on: $0) }
        let lists = [facts.exploitedVulnerabilities, facts.worstVulnerabilities, facts.unratedVulnerabilities]
        let open = facts.open.reduce(0, +)
        let exploited = lists[0].map(\.projects).reduce(0, +)
        let grouped = facts.groups.map { $0.counts.reduce(0, +) }.reduce(0, +)
        #expect(lists.allSatisfy { !$0.isEmpty })
        #expect(facts.knowsExploited)
        #expect(grouped == open)
        #expect(facts.exploited == exploited)
        #expect(lists[0].allSatisfy { $0.name == "CVE-2025-90001" })
        let pad = lists[0].first { $0.library == "left-pad-1.3.0.tgz" }
        #expect(pad?.fix == "1.3.1" && pad?.projects == 2)
        #expect(lists[1].allSatisfy { $0.severity != .unrated })
        #expect(lists[2].allSatisfy { $0.severity == .unrated })
    }

    @Test(arguments: [(0, 4), (4, 4), (5, 8), (8, 8), (9, 20), (21, 40), (1999, 2000), (2001, 4000)])
    func axesEndAtRoundNumbers(value: Int, end: Int) { #expect(DocumentPage.ceiling(value) == end) }

    /// Days differ by the changes of the inventory; an alert that was resolved on a day is not counted at the day's
    /// end.
    @Test(arguments: Engine.allCases) func trendOverDays(engine: Engine) throws {
        let fixture = try InventoryFixture(engine)
        let scope = try fixture.scope(.project)
        let day: Int64 = 86_400_000
        try fixture.database.write { connection in
            let first = try connection.integer("SELECT min(id) FROM inventory_event WHERE project = \(scope.project)")
            try connection.run("UPDATE inventory_event SET at = at - \(2 * day) WHERE id = \(first)")
            try connection.run("UPDATE severity_day SET day = day - 2 WHERE project = \(scope.project)")
            try connection.run(
                """
                UPDATE alert SET state = 'RESOLVED', resolved_at = created_at + \(day) WHERE project = \(scope.project)
                    AND number = (SELECT min(number) FROM alert WHERE project = \(scope.project)
                        AND type = 'SECURITY_VULNERABILITY')
                """)
            try connection.run(
                """
                INSERT INTO severity_day (product, project, day, severity, open_change, ignored_change)
                SELECT product, project, day + 1, severity, -1, 0 FROM severity_day WHERE project = \(scope.project) LIMIT 1
                """)
        }
        let facts = try fixture.database.snapshot { connection -> RiskFacts in
            let updated = try ScopeFacts.read(scope, on: connection)?.updated ?? 0
            return try RiskFacts.read(scope, updated: updated, on: connection)
        }
        #expect(facts.trend.count == 2)
        #expect(facts.trend[0].libraries == 1)
        #expect(facts.trend[1].libraries > 1)
        #expect(facts.trend[0].alerts == facts.trend[1].alerts + 1)
        #expect(facts.open.reduce(0, +) + facts.ignored == facts.trend[1].alerts)
    }
}
