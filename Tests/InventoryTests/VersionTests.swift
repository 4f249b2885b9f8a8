import Foundation
import Testing

@testable import Inventory

/// Rows of versions, each lower than the next, from the standards and the tools' own tests.
private let rows: [(VersionScheme, [String])] = [
    // SemVer 2.0.0 §11.2 to §11.4.
    (
        .semantic,
        [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1",
            "99999999999999999999999.999999999999999999.99999999999999",
        ]
    ),
    // go.dev/ref/mod#pseudo-versions.
    (
        .go,
        [
            "v0.0.0-20170915032832-14c0d48ead0c", "v0.0.0-20180915032832-14c0d48ead0c", "v0.0.1", "v1.2.3-pre",
            "v1.2.3-pre.0.20191109021931-daa7c04131f5", "v1.2.3", "v1.2.4-0.20191109021931-daa7c04131f5", "v1.2.4",
            "go1.20beta1", "go1.20rc1", "1.20.0-rc.2", "go1.20rc10", "go1.20", "go1.20.1", "v2.0.0+incompatible",
        ]
    ),
    // pub_semver's test/version_test.dart.
    (
        .pub,
        [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0-rc.1+build.1",
            "1.0.0", "1.0.0+0.3.7", "1.3.7+build", "1.3.7+build.2.b8f12d7", "1.3.7+build.11.e0f985a", "2.0.0",
        ]
    ),
    (.nuget, ["1.0.0-alpha", "1.0.0-ALPHA.1", "1.0.0-beta", "1.0", "1.0.0.1", "1.0.1", "1.2.3.4", "1.2.3.5"]),
    // PEP 440, "Summary of permitted suffixes and relative ordering".
    (
        .python,
        [
            "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
            "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7",
            "1.0+5", "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "1!0.1",
        ]
    ),
    // Maven's POM reference, "Version Order Specification".
    (
        .maven,
        [
            "1-alpha1", "1-alpha-2", "1-beta-1", "1-milestone-1", "1-rc1", "1-SNAPSHOT", "1", "1-sp", "1-foo", "1-1",
            "1.1", "1.7", "1.10", "20040616",
        ]
    ),
    // rubygems' test_gem_version.rb.
    (.gem, ["1.0.a.2", "1.0.a10", "1.0.b1", "1.0", "1.8.2.a", "1.8.2.a9", "1.8.2.a10", "1.8.2", "1.9.a", "1.9.0.1"]),
    (
        .composer,
        [
            "1.0-dev", "1.0.0-alpha", "1.0.0-alpha1", "1.0-beta2-dev", "1.0-beta2", "v1.0.0-RC1", "1.0", "1.0.0-patch1",
            "1.0.0.1", "1.0.1",
        ]
    ),
    (
        .debian,
        ["1.0~~", "1.0~~a", "1.0~", "1.0", "1.0a", "1.0a-1", "1.0+b1-1", "1.2-1", "1.2-1.1", "1.10-1", "1:0.1", "2:0"]
    ),
    // apk-package(5) and apk-tools' test/version.data.
    (
        .alpine,
        [
            "1.0_alpha", "1.0_alpha2", "1.0_beta", "1.0_pre1", "1.0_rc1", "1.0", "1.0-r1", "1.0-r10", "1.0_p1",
            "1.0_p10-r1", "1.0.05", "1.0.1", "1.0.5", "1.1.1k-r0", "1.1.1l-r0", "1.2",
        ]
    ),
    // rpm's tests/rpmvercmp.at.
    (
        .rpm,
        [
            "1.0~rc1~git123", "1.0~rc1", "1.0~rc2", "1.0", "1.0^git1", "1.0^git2", "1.0.1", "xyz10", "2.0-1",
            "2.0-2.el8",
            "2.0-10.el8", "2.0.1a", "5.5p1", "5.5p10", "10", "1:0.1",
        ].sorted { $0 == "xyz10" && $1 != "xyz10" }
    ),
    (.numbers, ["0.9", "0.9-1", "0.9.12", "1.0", "1.0.0", "1.0-1", "1.10"]),
]

@Suite struct VersionOrder {
    @Test(arguments: rows) func rowIsInOrder(scheme: VersionScheme, row: [String]) {
        for (i, left) in row.enumerated() {
            for (j, right) in row.enumerated() {
                let wanted = i == j ? 0 : i < j ? -1 : 1
                #expect(scheme.compare(left, right).map { $0.signum() } == wanted, "\(scheme) \(left) \(right)")
            }
        }
    }

    @Test(arguments: [
        (VersionScheme.semantic, "1.0.0+build", "v1"), (.go, "v2.0.0+incompatible", "2.0.0"),
        (.go, "go1.22rc1", "1.22.0-rc.1"), (.go, "1.22beta2", "v1.22.0-beta.2"), (.pub, "1.0.0+1", "1.0+1"),
        (.nuget, "1.0.0-Beta", "1.0-beta"), (.python, "1.0.0", "1"), (.python, "1.0-1", "1.0.POST1"),
        (.python, "1.0alpha1", "v1.0.a.1"), (.python, "1.0c1", "1.0-preview_1"), (.maven, "1.0.0.Final", "1"),
        (.maven, "1-cr1", "1-RC1"), (.maven, "1-a1", "1-alpha-1"), (.gem, "1.0.0", "1"),
        (.gem, "1.0-rc1", "1.0.pre.rc1"),
        (.composer, "v1.0.0", "1"), (.composer, "1.0.0-stable", "1.0"), (.debian, "0:1.0-0", "1.0"),
        (.rpm, "0:1.0", "1.0-5"), (.rpm, "1.0.", "1.0"), (.alpine, "1.0", "1.0"),
    ]) func equal(scheme: VersionScheme, left: String, right: String) {
        #expect(scheme.compare(left, right) == 0)
    }

    @Test(arguments: [
        (VersionScheme.semantic, "(devel)"), (.semantic, ""), (.semantic, "1.2.3.4"), (.semantic, "main"),
        (.go, "(devel)"), (.python, "1.0-foo"), (.python, "latest"), (.gem, "master"), (.composer, "dev-main"),
        (.composer, "2.x-dev"), (.debian, "1.0 2"), (.debian, "a:1"), (.alpine, "1.0_foo"), (.alpine, "1.0-"),
        (.rpm, "-1"), (.numbers, "1..2"), (.numbers, "1.a"), (.semantic, String(repeating: "1", count: 257)),
    ]) func isNoVersion(scheme: VersionScheme, text: String) {
        #expect(!scheme.recognizes(text))
    }

    /// Red Hat's records have had the architecture after the release (ossf/osv-schema issue 294).
    @Test(arguments: [
        (VersionScheme.rpm, "2:4.4.1-3.el9_2.x86_64", "2:4.4.1-3.el9_2"), (.rpm, "1.2-3.el9.src", "1.2-3.el9"),
        (.rpm, "1.2-3.el9", "1.2-3.el9"), (.rpm, "1.2.src", "1.2.src"), (.debian, "1.2-3.x86_64", "1.2-3.x86_64"),
    ]) func cleaned(scheme: VersionScheme, version: String, wanted: String) {
        #expect(scheme.cleaned(version) == wanted)
        let range = VersionRange([.init(.introduced, "0"), .init(.fixed, version)], scheme: scheme)
        #expect(range?.contains(wanted) == false)
    }

    /// For any two byte texts, every scheme gives an order, and the opposite order when the sides are exchanged.
    @Test(arguments: VersionScheme.allCases) func anyBytes(scheme: VersionScheme) {
        var state: UInt64 = 7
        func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        let letters = Array("0011259.-~+_^:!vrcabpostdev\u{e9} ")
        var last = "1.0"
        for _ in 0..<20_000 {
            let text = String((0..<next(14)).map { _ in letters[next(letters.count)] })
            let order = scheme.compare(text, last)
            #expect(scheme.compare(last, text).map { -$0.signum() } == order.map { $0.signum() }, "\(text) \(last)")
            if scheme.recognizes(text) { last = text }
        }
    }
}

/// The schemes compared with the programs that define them, if these are installed.
@Suite struct ForeignOrder {
    @Test(.enabled(if: has("/usr/bin/dpkg"), "needs dpkg")) func dpkg() throws {
        let texts =
            try #require(rows.first { $0.0 == .debian }).1 + [
                "2.30-21+deb12u1", "1.1.1n-0+deb11u3", "1.1.1n-0+deb11u10", "5.10.0~rc1-1~exp1",
                "1.2.3-4ubuntu0.16.04.1+esm1",
            ]
        for left in texts {
            for right in texts {
                let status = try Self.run("/usr/bin/dpkg", ["--compare-versions", left, "lt", right]).status
                #expect((VersionScheme.debian.compare(left, right) ?? 0 < 0) == (status == 0), "\(left) \(right)")
            }
        }
    }

    private static let jar = "/usr/share/maven/lib/maven-artifact-3.x.jar"

    @Test(.enabled(if: has("/usr/bin/java") && has(jar), "needs Debian's package maven")) func maven() throws {
        let texts = [
            "1", "1.0.0", "1.0-alpha-1", "1.0alpha1", "1.0-SNAPSHOT", "1.0.Final", "1.0.GA", "1.0-rc2", "1.0-cr2",
            "2.9.10.8", "2.9.10-pr1", "1.0-b2", "1.0-m3", "1.0-x", "1.0.1-jre", "31.1-android", "31.1-jre", "1.0-1",
            "1.0-1-1", "1.0-20230101.120000-1", "2.0.0.RELEASE", "5.3.18.v2022", "9.4.44.v20210927", "1.0.0.sp1",
            "4.1.77.Final", "4.1.100.Final", "1.2.17.redhat-3", "1--1", "1.0-foo.1", "1.0.foo-1", "1-0.ga", "1.a1",
            "1.-1",
        ]
        var pairs: [String] = []
        for left in texts { for right in texts { pairs += [left, right] } }
        let library = "/usr/share/java/commons-lang3.jar:/usr/share/maven/lib/commons-lang3.jar"
        let found = try Self.run(
            "/usr/bin/java",
            ["-cp", "\(Self.jar):\(library)", "org.apache.maven.artifact.versioning.ComparableVersion"] + pairs)
        // Lines: `1. a -> canonical; tokens`, then `   a < b`.
        let orders = found.text.split(separator: "\n").filter { $0.hasPrefix("   ") }.map {
            $0.split(separator: " ").map(String.init)
        }
        try #require(orders.count == pairs.count - 1, "\(found.text.prefix(500))")
        for index in stride(from: 0, to: pairs.count - 1, by: 2) {
            let (left, right) = (pairs[index], pairs[index + 1])
            let wanted = orders[index][1] == "<" ? -1 : orders[index][1] == ">" ? 1 : 0
            #expect(VersionScheme.maven.compare(left, right).map { $0.signum() } == wanted, "\(left) \(right)")
        }
    }

    @Test(.enabled(if: hasPackaging, "needs Debian's package python3-packaging")) func python() throws {
        let texts =
            try #require(rows.first { $0.0 == .python }).1 + [
                "2.0.0rc1", "2.0.0.rc.1", "1.0-post1", "1.0.rev3", "1.0r3", "2020.1", "1.0a", "1.0.dev", "v1",
                "1.0+ubuntu.1",
                "1.0+ubuntu-1", "1.0adev1",
            ]
        let script = """
            import sys
            from packaging.version import Version
            v = sys.argv[1:]
            print("".join("<" if Version(a) < Version(b) else ">" if Version(a) > Version(b) else "=" for a in v for b in v))
            """
        let found = try Self.run("/usr/bin/env", ["python3", "-c", script] + texts)
        #expect(found.status == 0)
        var signs = Array(found.text)
        signs.removeAll { $0 == "\n" }
        for (i, left) in texts.enumerated() {
            for (j, right) in texts.enumerated() {
                let sign = signs[i * texts.count + j]
                let wanted = sign == "<" ? -1 : sign == ">" ? 1 : 0
                #expect(VersionScheme.python.compare(left, right).map { $0.signum() } == wanted, "\(left) \(right)")
            }
        }
    }

    private static func has(_ file: String) -> Bool { FileManager.default.fileExists(atPath: file) }

    private static let hasPackaging =
        (try? run("/usr/bin/env", ["python3", "-c", "import packaging.version"]).status) == 0

    private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
