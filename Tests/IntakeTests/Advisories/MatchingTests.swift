import Bytes
import Database
import Foundation
import Inventory
import TestSupport
import Testing

@testable import Intake

@Suite struct Matching {
    private struct Expected: Decodable {
        let purl: String
        let advisory: String
        let package: String
        let ecosystem: String
        let affected: Bool
        let withdrawn: Bool
    }

    private struct Advisories {
        private var records: [String: OSVRecord] = [:]
        private(set) var warnings: [String] = []

        init(_ path: String) throws {
            var (found, warnings): ([String: OSVRecord], [String]) = ([:], [])
            try RecordSource(
                read: OSVReader.read, record: { found[$0.id] = $0 }, warning: { warnings.append("\($0): \($1)") }
            ).run(path)
            (records, self.warnings) = (found, warnings)
        }

        func record(_ id: some StringProtocol) throws -> OSVRecord {
            try #require(records[String(id)], "there is no advisory \(id)")
        }

        /// Whether an advisory affects a package.
        func affects(_ purl: some StringProtocol, _ id: some StringProtocol) throws -> Bool {
            let keys = PackageKey.keys(of: try #require(PackageURL(String(purl)), "\(purl)"))
            return try record(id).affected.contains { part in
                keys.contains { $0.text == part.package && part.versions.contains($0.version, scheme: $0.scheme) }
            }
        }
    }

    /// Made-up advisories of thirteen ecosystems at the limits of their ranges, as two other comparators decide;
    /// malformed versions match no range.
    @Test func agreesWithOtherComparators() throws {
        let advisories = try Advisories(TestData.path("matching/advisories.jsonl"))
        let decisions = try TestData.lines("matching/decisions.tsv").map { $0.split(separator: "\t") }
        #expect(advisories.warnings == [])
        #expect(decisions.count > 1000)
        for decision in decisions {
            try #require(decision.count == 3, "decisions.tsv: \(decision)")
            let affected = try advisories.affects(decision[0], decision[1])
            #expect(affected == (decision[2] == "yes"), "\(decision[0]) \(decision[1])")
            let isWithdrawn = try advisories.record(decision[1]).withdrawn != nil
            #expect(isWithdrawn == decision[1].hasSuffix("-withdrawn"))
        }
    }

    private static let shared = TestData.shared("data")

    /// Every decision about real packages and advisories, compared with two independent comparators.
    @Test(.enabled(if: shared != nil, "needs ../shared/data")) func agreesOnRealAdvisories() throws {
        let folder = try #require(Self.shared)
        let advisories = try Advisories("\(folder)/advisories")
        let decoder = JSONDecoder()
        var decisions = 0
        for line in try TestData.lines(of: "\(folder)/expected/version-matches.jsonl") {
            let wanted = try decoder.decode(Expected.self, from: Data(line.utf8))
            let affected = try advisories.affects(wanted.purl, wanted.advisory)
            #expect(affected == wanted.affected, "\(wanted.purl) \(wanted.advisory)")
            #expect(try (advisories.record(wanted.advisory).withdrawn != nil) == wanted.withdrawn)
            decisions += 1
        }
        #expect(decisions > 2000)
    }

    /// Ranges do not match a version outside of their scheme.
    @Test(.enabled(if: shared != nil, "needs ../shared/data")) func ambiguousVersionsMatchNothing() throws {
        let folder = try #require(Self.shared)
        let advisories = try Advisories("\(folder)/advisories")
        for line in try TestData.lines(of: "\(folder)/expected/version-ambiguous.jsonl") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            let wanted = try #require(object)
            #expect(try !advisories.affects(#require(wanted["purl"]), #require(wanted["advisory"])), "\(line)")
        }
    }

    @Test(arguments: [
        ("pkg:npm/%40angular/core@1", ["npm/@angular/core"]),
        ("pkg:pypi/Zope.Interface_x@1", ["PyPI/zope-interface-x"]),
        ("pkg:maven/org.example/Dates@1", ["Maven/org.example:Dates"]), ("pkg:cargo/Foo_Bar@1", ["crates.io/foo-bar"]),
        ("pkg:golang/github.com/BurntSushi/toml@v1", ["Go/github.com/burntsushi/toml"]),
        ("pkg:nuget/Newtonsoft.Json@1", ["NuGet/newtonsoft.json"]),
        ("pkg:composer/Drupal/core@1", ["Packagist/drupal/core"]),
        ("pkg:swift/github.com/Apple/swift-nio@1", ["SwiftURL/github.com/apple/swift-nio"]),
        ("pkg:github/actions/checkout@v4", ["GitHub Actions/actions/checkout", "GIT/github.com/actions/checkout"]),
        ("pkg:deb/debian/libssl1.1@1.1.1n-0%2Bdeb11u3?distro=debian-11&upstream=openssl", ["Debian:11/openssl"]),
        ("pkg:deb/debian/curl@7.88.1-10?distro=bookworm", ["Debian:12/curl"]),
        ("pkg:deb/ubuntu/curl@7.47?distro=ubuntu-16.04", ["Ubuntu:16.04/curl"]),
        ("pkg:apk/alpine/libcrypto1.1@1.1.1q-r0?distro=alpine-3.16.2&upstream=openssl", ["Alpine:v3.16/openssl"]),
        (
            "pkg:rpm/almalinux/openssl-libs@1.1.1k-7.el8_6?distro=almalinux-8.6&epoch=1&upstream=openssl-1.1.1k-7.el8_6.src.rpm",
            ["AlmaLinux:8/openssl-libs", "AlmaLinux:8/openssl"]
        ),
        ("pkg:deb/debian/curl@7.88.1-10", []), ("pkg:npm/left-pad", []), ("pkg:generic/openssl@1.0", []),
    ]) func keys(purl: String, wanted: [String]) throws {
        #expect(PackageKey.keys(of: try #require(PackageURL(purl))).map(\.text) == wanted)
    }

    @Test(
        arguments: [
            ("Debian:11", "openssl", "Debian:11/openssl"), ("Ubuntu:22.04:LTS", "curl", "Ubuntu:22.04/curl"),
            ("Ubuntu:Pro:18.04:LTS", "curl", "Ubuntu:18.04/curl"), ("Ubuntu:Pro:FIPS:18.04:LTS", "curl", nil),
            ("Red Hat:enterprise_linux:8::baseos", "curl", "Red Hat:8/curl"),
            ("Red Hat:rhel_aus:8.6::appstream", "x", nil),
            ("Debian", "curl", nil),
            ("Packagist:https://packages.drupal.org/8", "drupal/ctools", "Packagist/drupal/ctools"),
            ("SwiftURL", "https://github.com/Apple/swift-nio.git", "SwiftURL/github.com/apple/swift-nio"),
            ("PyPI", "Zope.Interface__X", "PyPI/zope-interface-x"), ("Alpine:v3.16", "musl", "Alpine:v3.16/musl"),
        ] as [(String, String, String?)]) func keysOfAdvisories(ecosystem: String, name: String, wanted: String?)
    {
        #expect(PackageKey(ecosystem: ecosystem, name: name)?.text == wanted)
    }

    @Test func ranges() throws {
        func range(_ events: [RangeEvent], _ scheme: VersionScheme = .semantic) throws -> VersionRange {
            try #require(VersionRange(events, scheme: scheme))
        }
        let two = try range([
            .init(.fixed, "1.2.0"), .init(.introduced, "0"), .init(.introduced, "2.0.0"), .init(.lastAffected, "2.3.0"),
        ])
        for version in ["0.0.1", "1.1.9", "1.2.0-rc.1", "2.0.0", "2.3.0"] {
            #expect(two.contains(version), "\(version)")
        }
        for version in ["1.2.0", "1.9.9", "2.3.1", "3.0.0", "latest"] { #expect(!two.contains(version), "\(version)") }
        let limited = try range([.init(.introduced, "1.0.0"), .init(.limit, "2.0.0")])
        #expect(limited.contains("1.9.9") && !limited.contains("2.0.0"))
        let single = try range([.init(.introduced, "1.5.0"), .init(.lastAffected, "1.5.0")])
        #expect(single.contains("1.5.0") && !single.contains("1.4.9") && !single.contains("1.5.1"))
        let again = try range([
            .init(.introduced, "1.0.0"), .init(.lastAffected, "1.5.0"), .init(.introduced, "1.5.0"),
            .init(.fixed, "2.0.0"),
        ])
        for version in ["1.0.0", "1.5.0", "1.5.1"] { #expect(again.contains(version), "\(version)") }
        #expect(!again.contains("0.9.0") && !again.contains("2.0.0"))
        let all = try range([.init(.introduced, "0")], .debian)
        #expect(all.contains("1:0~~") && !all.contains("not a version"))
        #expect(VersionRange([.init(.introduced, "x")], scheme: .semantic) == nil)
        #expect(VersionRange([.init(.fixed, "1.0.0")], scheme: .semantic) == nil)
    }
}
