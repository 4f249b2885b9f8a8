import Inventory
import Testing

/// An advisory's package and a package URL that is certainly the same: one row for each in docs/matching.md.
private let sameRows: [(ecosystem: String, name: String, purl: String, version: String)] = [
    // Packages of registries.
    ("npm", "@scope/Name", "pkg:npm/%40scope/Name@1.0.0", "1.0.0"),
    ("npm", "JSONStream", "pkg:npm/JSONStream@1.3.5", "1.3.5"),
    ("PyPI", "zope-interface", "pkg:pypi/Zope.Interface@1", "1"),
    ("Maven", "org.example:dates", "pkg:maven/org.example/dates@1", "1"),
    ("crates.io", "foo_bar", "pkg:cargo/foo-bar@1.0.0", "1.0.0"),
    ("NuGet", "Newtonsoft.Json", "pkg:nuget/newtonsoft.json@13.0.1", "13.0.1"),
    ("RubyGems", "nokogiri", "pkg:gem/nokogiri@1.13.1-x86_64-linux", "1.13.1"),
    ("RubyGems", "nokogiri", "pkg:gem/nokogiri@1.13.1-java", "1.13.1"),
    ("RubyGems", "nokogiri", "pkg:gem/nokogiri@1.13.1-aarch64-linux-musl", "1.13.1"),
    ("RubyGems", "puma", "pkg:gem/puma@6.0.0-rc1", "6.0.0-rc1"),
    ("RubyGems", "puma", "pkg:gem/puma@6.0.0?platform=java", "6.0.0"),
    ("Packagist", "drupal/core", "pkg:composer/Drupal/core@1", "1"),
    ("Pub", "archive", "pkg:pub/archive@3.3.1%2B1", "3.3.1+1"),
    ("Hex", "phoenix", "pkg:hex/phoenix@1.0.0", "1.0.0"),
    ("SwiftURL", "https://github.com/apple/swift-nio.git", "pkg:swift/github.com/apple/swift-nio@2.0.0", "2.0.0"),
    ("CRAN", "commonmark", "pkg:cran/commonmark@1.7", "1.7"),
    ("Hackage", "aeson", "pkg:hackage/aeson@1.0", "1.0"),
    ("Julia", "HTTP", "pkg:julia/HTTP@1.0.0?uuid=cd3eb016", "1.0.0"),
    ("Bitnami", "nginx", "pkg:bitnami/nginx@1.25.3-4?arch=amd64&distro=debian-11", "1.25.3"),
    ("GitHub Actions", "actions/checkout", "pkg:github/actions/checkout@v4", "v4"),
    // Go: modules, their subpaths, the standard library.
    ("Go", "github.com/BurntSushi/toml", "pkg:golang/github.com/burntsushi/toml@v1.0.0", "v1.0.0"),
    ("Go", "github.com/golang-jwt/jwt/v5", "pkg:golang/github.com/golang-jwt/jwt@v5.2.1#v5", "v5.2.1"),
    (
        "Go", "github.com/hashicorp/vault/api/auth/kubernetes",
        "pkg:golang/github.com/hashicorp/vault@v0.9.0#api/auth/kubernetes", "v0.9.0"
    ),
    ("Go", "google.golang.org/genproto", "pkg:golang/google.golang.org/genproto@v0.1.0#googleapis/api", "v0.1.0"),
    (
        "Go", "google.golang.org/genproto/googleapis/api",
        "pkg:golang/google.golang.org/genproto@v0.1.0#googleapis/api", "v0.1.0"
    ),
    ("Go", "golang.org/x/sys", "pkg:golang/golang.org/x/sys@v0.1.0?type=package#unix", "v0.1.0"),
    ("Go", "stdlib", "pkg:golang/stdlib@1.22rc1", "1.22rc1"), ("Go", "stdlib", "pkg:golang/std@go1.22.1", "go1.22.1"),
    // Distributions on dpkg: syft, Trivy, cdxgen.
    ("Debian:12", "openssl", "pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&upstream=openssl", "3.0.11-1"),
    ("Debian:12", "gcc-12", "pkg:deb/debian/libgcc-s1@12.2?distro=debian-12&upstream=gcc-12%4012.2.0-14", "12.2.0-14"),
    ("Debian:11", "vlc", "pkg:deb/debian/vlc@3.0.21-0%2Bdeb11u1?distro=debian-11.9&epoch=1", "1:3.0.21-0+deb11u1"),
    ("Debian:11", "vlc", "pkg:deb/debian/vlc@1:3.0.21-0?distro=debian-11.9&epoch=1", "1:3.0.21-0"),
    ("Debian:12", "curl", "pkg:deb/debian/curl@7.88.1?distro=debian-bookworm", "7.88.1"),
    ("Debian:12", "curl", "pkg:deb/debian/curl@7.88.1?distro=x&distro_name=bookworm", "7.88.1"),
    ("Debian:12", "curl", "pkg:deb/curl@7.88.1?distro=debian-12", "7.88.1"),
    ("Debian:sid", "curl", "pkg:deb/debian/curl@7.88.1?distro=sid", "7.88.1"),
    ("Ubuntu:22.04:LTS", "curl", "pkg:deb/ubuntu/curl@7.81.0?distro=ubuntu-22.04", "7.81.0"),
    ("Ubuntu:20.04:LTS", "pcre3", "pkg:deb/ubuntu/libpcre3@2:8.39-12?distro=focal&source=pcre3", "2:8.39-12"),
    ("Echo", "curl", "pkg:deb/echo/curl@7.88.1?distro=echo-1", "7.88.1"),
    // Distributions on apk.
    ("Alpine:v3.18", "openssl", "pkg:apk/alpine/libcrypto3@3.1.4-r0?distro=alpine-3.18.4&upstream=openssl", "3.1.4-r0"),
    ("Alpine:v3.22", "zlib", "pkg:apk/alpine/zlib-dev@1.3-r0?distro=3.22.0&origin=zlib", "1.3-r0"),
    ("Alpine:edge", "zlib", "pkg:apk/alpine/zlib@1.3-r0?distro=alpine-edge", "1.3-r0"),
    ("Alpaquita:stream", "busybox", "pkg:apk/alpaquita/busybox@1.36.1-r1?distro=alpaquita-stream", "1.36.1-r1"),
    ("Alpaquita:23", "busybox", "pkg:apk/alpaquita/busybox@1.36.1-r1?distro=alpaquita-23", "1.36.1-r1"),
    ("Alpaquita:23", "busybox", "pkg:apk/alpaquita/busybox@1.36.1-r1?distro=23", "1.36.1-r1"),
    (
        "BellSoft Hardened Containers:23", "busybox",
        "pkg:apk/bellsoft-hardened-containers/busybox@1.36.1-r1?distro=bellsoft-hardened-containers-23", "1.36.1-r1"
    ),
    ("Wolfi", "libcrypto3", "pkg:apk/wolfi/libcrypto3@3.1.4-r0?distro=wolfi-20230201&upstream=openssl", "3.1.4-r0"),
    ("Wolfi", "openssl", "pkg:apk/wolfi/libcrypto3@3.1.4-r0?distro=wolfi-20230201&upstream=openssl", "3.1.4-r0"),
    ("Chainguard", "curl", "pkg:apk/chainguard/curl@8.0-r0", "8.0-r0"),
    ("MinimOS", "curl", "pkg:apk/minimos/curl@8.0-r0?distro=minimos-20241031", "8.0-r0"),
    ("CleanStart", "curl", "pkg:apk/cleanstart/curl@8.0-r0", "8.0-r0"),
    // Distributions on RPM.
    (
        "Red Hat:enterprise_linux:9::appstream", "podman", "pkg:rpm/redhat/podman@4.4.1-2.el9?distro=rhel-9.2",
        "4.4.1-2.el9"
    ),
    (
        "Red Hat:enterprise_linux:9::appstream", "podman", "pkg:rpm/rhel/podman@4.4.1-2.el9?distro=redhat-9.2",
        "4.4.1-2.el9"
    ),
    (
        "AlmaLinux:8", "openssl",
        "pkg:rpm/almalinux/openssl-libs@1.1.1k-7.el8_6?distro=almalinux-8.6&epoch=1&upstream=openssl-1.1.1k-7.el8_6.src.rpm",
        "1:1.1.1k-7.el8_6"
    ),
    ("AlmaLinux:9", "curl", "pkg:rpm/alma/curl@7.76.1-26.el9?distro=alma-9.4", "7.76.1-26.el9"),
    ("Rocky Linux:8", "curl", "pkg:rpm/rocky/curl@7.61.1-1.el8?distro=rocky-8.9", "7.61.1-1.el8"),
    ("openSUSE:Leap 15.6", "curl", "pkg:rpm/opensuse/curl@8.6.0-1?distro=opensuse-leap-15.6", "8.6.0-1"),
    ("openSUSE:Leap 15.6", "curl", "pkg:rpm/opensuse.leap/curl@8.6.0-1?distro=opensuse.leap-15.6", "8.6.0-1"),
    ("openSUSE:Leap 15.6", "curl", "pkg:rpm/opensuse/curl@8.6.0-1?distro=openSUSE%20Leap%2015.6", "8.6.0-1"),
    ("openSUSE:Leap Micro 5.5", "curl", "pkg:rpm/opensuse/curl@8.6.0-1?distro=opensuse-leap-micro-5.5", "8.6.0-1"),
    ("openSUSE:Tumbleweed", "curl", "pkg:rpm/opensuse/curl@8.6.0-1?distro=opensuse-tumbleweed-20240601", "8.6.0-1"),
    ("SUSE:Linux Enterprise Server 15 SP5", "zlib", "pkg:rpm/suse/zlib@1.2.13-1?distro=sles-15.5", "1.2.13-1"),
    (
        "SUSE:Linux Enterprise Module for Basesystem 15 SP7", "gzip", "pkg:rpm/sles/gzip@1.10-1?distro=sles-15.7",
        "1.10-1"
    ),
    (
        "SUSE:Linux Enterprise Server 12 SP5-LTSS", "gzip",
        "pkg:rpm/suse/gzip@1.6-1?distro=SUSE%20Linux%20Enterprise%20Server%2012%20SP5", "1.6-1"
    ),
    ("SUSE:Linux Enterprise Server 16.0", "gzip", "pkg:rpm/suse/gzip@1.13-1?distro=sles-16.0", "1.13-1"),
    ("SUSE:Linux Enterprise Micro 5.5", "gzip", "pkg:rpm/suse/gzip@1.10-1?distro=sle-micro-5.5", "1.10-1"),
    ("SUSE:Linux Micro 6.0", "gzip", "pkg:rpm/sl-micro/gzip@1.10-1?distro=sl-micro-6.0", "1.10-1"),
    ("SUSE:Package Hub 15 SP6", "trivy", "pkg:rpm/suse/trivy@0.5-1?distro=sles-15.6", "0.5-1"),
    ("Azure Linux:3", "jq", "pkg:rpm/azurelinux/jq@1.7.1-1.azl3?distro=azurelinux-3.0", "1.7.1-1.azl3"),
    ("Azure Linux:2", "jq", "pkg:rpm/mariner/jq@1.6-1.cm2?distro=mariner-2.0.20240301", "1.6-1.cm2"),
    ("Azure Linux:2", "jq", "pkg:rpm/cbl-mariner/jq@1.6-1.cm2?distro=cbl-mariner-2.0", "1.6-1.cm2"),
    ("Photon OS:4.0", "curl", "pkg:rpm/photon/curl@7.83.1-1.ph4?distro=photon-4.0", "7.83.1-1.ph4"),
    ("Mageia:9", "curl", "pkg:rpm/mageia/curl@7.88.1-4.mga9?distro=mageia-9", "7.88.1-4.mga9"),
    (
        "openEuler:22.03-LTS-SP3", "curl",
        "pkg:rpm/openeuler/curl@7.79.1-1?distro=openEuler%2022.03%20%28LTS-SP3%29", "7.79.1-1"
    ),
]

/// Other packages that look like the advisory's.
private let otherRows: [(ecosystem: String, name: String, purl: String)] = [
    ("npm", "jsonstream", "pkg:npm/JSONStream@1.3.5"),
    ("Go", "github.com/hashicorp/vault", "pkg:golang/github.com/hashicorp/vault@v0.9.0#api/auth/kubernetes"),
    ("Debian:11", "curl", "pkg:deb/debian/curl@7.88.1?distro=debian-12"),
    ("SUSE:Manager Server Module 4.3", "curl", "pkg:rpm/suse/curl@1?distro=sles-15.4"),
    ("SUSE:Linux Enterprise Micro 5.5", "curl", "pkg:rpm/suse/curl@1?distro=sles-15.5"),
    ("openSUSE:Leap Micro 5.5", "curl", "pkg:rpm/opensuse/curl@1?distro=opensuse-leap-15.5"),
    ("openEuler:22.03-LTS-SP3", "curl", "pkg:rpm/openeuler/curl@1?distro=openeuler-22.03"),
    ("Azure Linux:3", "curl", "pkg:rpm/mariner/curl@1?distro=mariner-2.0"),
    ("Red Hat:rhel_eus:9.2::baseos", "curl", "pkg:rpm/redhat/curl@1?distro=rhel-9.2"),
]

private let obstacles: [(purl: String, obstacle: MatchingObstacle)] = [
    ("", .noPackageURL), ("pkg:npm/@3.2.1", .noPackageURL), ("left-pad", .noPackageURL),
    ("pkg:npm/left-pad", .noVersion), ("pkg:deb/debian/curl?distro=debian-12", .noVersion),
    ("pkg:npm/left-pad@latest", .versionNotOrdered(in: "npm")),
    ("pkg:golang/stdlib@devel", .versionNotOrdered(in: "Go")),
    ("pkg:apk/alpine/musl@1.2.x?distro=3.16", .versionNotOrdered(in: "Alpine:v3.16")),
    ("pkg:deb/debian/curl@7.88.1", .unknownDistribution), ("pkg:deb/mine/curl@1?distro=mine-1", .unknownDistribution),
    ("pkg:rpm/curl@1", .unknownDistribution), ("pkg:apk/alpaquita/curl@1?distro=alpaquita", .unknownDistribution),
    ("pkg:rpm/amazon/curl@1-1?distro=amazon-2023", .noAdvisories(of: "Amazon Linux")),
    ("pkg:rpm/ol/curl@1-1?distro=ol-9.4", .noAdvisories(of: "Oracle Linux")),
    ("pkg:rpm/fedora/curl@1-1?distro=fedora-40", .noAdvisories(of: "Fedora")),
    ("pkg:conda/numpy@1.0", .noAdvisories(of: "conda")), ("pkg:generic/openssl@1.0", .noAdvisories(of: "generic")),
    ("pkg:deb/debian/curl@7.38?distro=debian-8", .noAdvisories(of: "Debian:8")),
    ("pkg:cran/x@1.0", .noAdvisories(of: "CRAN")),
]

@Suite struct PackageKeyTests {
    @Test(arguments: sameRows) func namesOnePackage(ecosystem: String, name: String, purl: String, version: String)
        throws
    {
        let advisory = try #require(PackageKey(ecosystem: ecosystem, name: name))
        let keys = PackageKey.keys(of: try #require(PackageURL(purl)))
        let key = try #require(
            keys.first { $0.text == advisory.text }, "\(advisory.text) is none of \(keys.map(\.text))")
        #expect(key.version == version)
        #expect(key.scheme == advisory.scheme && key.isOrdered)
    }

    @Test(arguments: otherRows) func namesAnotherPackage(ecosystem: String, name: String, purl: String) throws {
        let keys = PackageKey.keys(of: try #require(PackageURL(purl)))
        #expect(!keys.contains { $0.text == PackageKey(ecosystem: ecosystem, name: name)?.text })
    }

    @Test func evidenceNamesTheSource() throws {
        let debian = try #require(PackageURL("pkg:deb/debian/libssl3@3.0.11-1?distro=debian-12&epoch=2"))
        var evidence = MatchingEvidence()
        func keys(_ purl: PackageURL) -> [String] {
            PackageKey.keys(of: purl, evidence: evidence).map { "\($0.text) \($0.version)" }
        }
        #expect(keys(debian) == ["Debian:12/libssl3 2:3.0.11-1"])
        evidence.source = SourcePackage(name: "openssl", epoch: "1", version: "3.0.11", release: "1~deb12u1")
        #expect(keys(debian) == ["Debian:12/openssl 1:3.0.11-1~deb12u1"])
        // A source without a version has that of its packages; without an epoch it has none.
        evidence.source = SourcePackage(name: "openssl")
        #expect(keys(debian) == ["Debian:12/openssl 2:3.0.11-1"])
        evidence.source = SourcePackage(name: "openssl", epoch: "0", version: "3.0", release: "")
        #expect(keys(debian) == ["Debian:12/openssl 3.0"])
        // The package URL identifies the component, so it counts.
        evidence.source = SourcePackage(name: "other")
        #expect(
            keys(try #require(PackageURL("pkg:deb/debian/libssl3@3?distro=debian-12&upstream=openssl")))
                == ["Debian:12/openssl 3"])
        // RPM's advisories name packages and sources; a source has the epoch of its packages.
        evidence.source = SourcePackage(name: "openssl", epoch: "", version: "1.1.1k", release: "7.el8_6")
        #expect(
            keys(try #require(PackageURL("pkg:rpm/rocky/openssl-libs@1.1.1k-7.el8_6?distro=rocky-8.9&epoch=1")))
                == ["Rocky Linux:8/openssl-libs 1:1.1.1k-7.el8_6", "Rocky Linux:8/openssl 1:1.1.1k-7.el8_6"])
    }

    @Test func evidenceNamesVersionAndSpelling() throws {
        var evidence = MatchingEvidence()
        evidence.version = "1.3.0"
        evidence.name = "Left-Pad"
        let keys = PackageKey.keys(of: try #require(PackageURL("pkg:npm/left-pad")), evidence: evidence)
        #expect(keys.map { "\($0.text) \($0.version)" } == ["npm/left-pad 1.3.0", "npm/Left-Pad 1.3.0"])
        evidence.name = "something else"
        #expect(PackageKey.keys(of: try #require(PackageURL("pkg:npm/left-pad@1")), evidence: evidence).count == 1)
    }

    @Test(
        arguments: [
            ("built package from: openssl 3.0.11-1~deb12u1", "openssl 3.0.11-1~deb12u1"),
            ("built package from: bash", "bash "), ("built package from: glibc 2:2.36 more\nand more", "glibc 2:2.36"),
            ("built package from: ", nil), ("acquired package info from DPKG DB: /var/lib/dpkg/status", nil), ("", nil),
        ] as [(String, String?)]) func sourceInfo(text: String, wanted: String?)
    {
        #expect(SourcePackage(sourceInfo: text).map { "\($0.name) \($0.version)" } == wanted)
    }

    @Test(
        arguments: [
            ("openssl-1.1.1k-7.el8_6.src.rpm", "openssl 1.1.1k-7.el8_6"), ("a-b-c-1-2.nosrc.rpm", "a-b-c 1-2"),
            ("openssl-1.1.1k.src.rpm", nil), ("openssl", nil), ("-1-2.src.rpm", nil),
        ] as [(String, String?)]) func sourceFiles(text: String, wanted: String?)
    {
        #expect(SourcePackage(file: text).map { "\($0.name) \($0.version)" } == wanted)
    }

    @Test(arguments: obstacles) func saysWhatIsInTheWay(purl: String, obstacle: MatchingObstacle) {
        let found = PackageKey.obstacle(of: PackageURL(purl)) { $0 != "Debian:8" && $0 != "CRAN" }
        #expect(found == obstacle)
        #expect(MatchingObstacle.Kind.allCases.contains(obstacle.kind) && !obstacle.description.isEmpty)
    }

    @Test func nothingIsInTheWay() throws {
        for row in sameRows { #expect(PackageKey.obstacle(of: PackageURL(row.purl)) == nil, "\(row.purl)") }
        // One of two ecosystems suffices; the version counts in covered ecosystems.
        let action = PackageURL("pkg:github/actions/checkout@v4")
        #expect(PackageKey.obstacle(of: action) { $0 == "GIT" } == nil)
        #expect(PackageKey.obstacle(of: action) { $0 == "npm" } == .noAdvisories(of: "GitHub Actions"))
    }

    /// Examples of the names that OSV's schema lists, and of distributions' own.
    @Test func `Advisories of distributions are known by their names`() {
        let packagers = [
            "DSA-5000-1", "DLA-3000-1", "DTSA-1-1", "DEBIAN-CVE-2024-1", "USN-6000-1", "LSN-0100-1",
            "UBUNTU-CVE-2024-1", "ALPINE-CVE-2024-1", "BELL-CVE-2024-1", "CGA-22mp-3hmm", "MINI-2g7c-p3vv",
            "CLEANSTART-2025-1", "ECHO-1234-5678", "RHSA-2024:1", "RHBA-2024:1", "RHEA-2024:1", "ALSA-2024:1",
            "ALBA-2024:1", "ALEA-2024:1", "RLSA-2024:1", "RXSA-2024:1", "SUSE-SU-2024:1-1", "SUSE-RU-2024:1-1",
            "openSUSE-SU-2024:1-1", "AZL-1234", "PHSA-2024-4.0-1", "MGASA-2024-1", "OESA-2024-1", "BIT-nginx-2024-1",
        ]
        for name in packagers { #expect(Ecosystem.isOfPackagers(advisory: name), "\(name)") }
        for name in [
            "CVE-2024-1", "GHSA-aaaa-bbbb-cccc", "GO-2024-1", "PYSEC-2024-1", "MAL-2024-1", "RUSTSEC-2024-1", "",
        ] {
            #expect(!Ecosystem.isOfPackagers(advisory: name), "\(name)")
        }
    }

    /// One table names distributions for both package URLs and advisories.
    @Test func `Every distribution with advisories has an ecosystem with an order`() throws {
        for row in sameRows where ["deb", "apk", "rpm"].contains(where: { row.purl.hasPrefix("pkg:\($0)/") }) {
            let ecosystem = try #require(Ecosystem(row.ecosystem), "\(row.ecosystem)")
            #expect(ecosystem.scheme != nil && Ecosystem.word(ofPlace: row.ecosystem) == ecosystem.name)
            #expect(ecosystem.hasReleases == !ecosystem.release.isEmpty, "\(row.ecosystem)")
        }
        #expect(Ecosystem.word(ofPlace: "npm") == "npm" && Ecosystem.word(ofPlace: "Martian:1") == "other")
    }
}
