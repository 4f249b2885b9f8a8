import Inventory
import Testing

@Suite struct LibraryIdentityTests {
    private static let sha1 = String(repeating: "a", count: 40)
    private static let sha256 = String(repeating: "b", count: 64)

    private func identity(
        _ purl: String = "", group: String = "", name: String = "n", version: String = "", fileName: String = "",
        _ digests: [(String, String)] = []
    ) -> LibraryIdentity {
        LibraryIdentity(
            purl: PackageURL(purl), group: group, name: name, version: version, fileName: fileName,
            digests: digests.map { (algorithm: $0.0, value: $0.1) })
    }

    static let same: [(String, String)] = [
        ("pkg:npm/a@1", "pkg:npm/a@1?vcs_url=git%2Bhttps://example.org/a.git"),
        ("pkg:npm/a@1", "pkg:npm/a@1?repository_url=https://mirror.example.org&checksum=sha1:00"),
        ("pkg:maven/g/a@1", "pkg:maven/g/a@1?type=jar"),
        ("pkg:maven/g/a@1?classifier=x", "pkg:maven/g/a@1?type=jar&classifier=x&repository_url=r.example.org"),
        ("pkg:gem/a@1", "pkg:gem/a@1?platform=ruby"),
        ("pkg:deb/debian/a@1?arch=amd64", "pkg:deb/debian/a@1?arch=amd64&upstream=b"),
        ("pkg:golang/example.org/a@v1", "pkg:golang/example.org/a@v1?type=module&goos=linux"),
        ("pkg:pypi/a-b@1", "pkg:pypi/A_b@1?file_name=a_b-1.tar.gz"),
    ]

    @Test(arguments: same) func evidenceIsNoIdentity(pair: (String, String)) {
        #expect(identity(pair.0).text == identity(pair.1).text)
    }

    static let different: [(String, String)] = [
        ("pkg:npm/a@1", "pkg:npm/a@2"),
        ("pkg:maven/g/a@1", "pkg:maven/g/a@1?classifier=sources"),
        ("pkg:maven/g/a@1", "pkg:maven/g/a@1?type=pom"),
        ("pkg:deb/debian/a@1?arch=amd64", "pkg:deb/debian/a@1?arch=arm64"),
        ("pkg:deb/debian/a@1?distro=debian-12", "pkg:deb/debian/a@1?distro=debian-13"),
        ("pkg:rpm/fedora/a@1?epoch=1", "pkg:rpm/fedora/a@1?epoch=2"),
        ("pkg:gem/a@1", "pkg:gem/a@1?platform=java"),
        ("pkg:conda/a@1?channel=main", "pkg:conda/a@1?channel=conda-forge"),
        ("pkg:oci/a@sha256:1?repository_url=x.example.org", "pkg:oci/a@sha256:1?repository_url=y.example.org"),
        ("pkg:golang/example.org/a@v1", "pkg:golang/example.org/a@v1#b"),
        ("pkg:npm/a@1", "pkg:pypi/a@1"),
    ]

    @Test(arguments: different) func anotherPackageIsAnotherLibrary(pair: (String, String)) {
        #expect(identity(pair.0).text != identity(pair.1).text)
    }

    @Test func theVersionMayStandBesideThePackageURL() {
        #expect(identity("pkg:npm/a", version: "1").text == identity("pkg:npm/a@1", version: "2").text)
    }

    @Test func digestsTellNamedLibrariesNotApart() {
        let plain = identity(group: "g", version: "1").text
        #expect(identity(group: "g", version: "1", [("SHA-1", Self.sha1)]).text == plain)
        #expect(identity(name: "n", version: "1", fileName: "n", [("SHA-1", Self.sha1)]).text != plain)
        #expect(identity("pkg:npm/a@1", [("SHA-1", Self.sha1)]).text == identity("pkg:npm/a@1").text)
    }

    @Test func aFileIsItsDigest() {
        let file = identity(name: "x.jar", fileName: "x.jar", [("SHA-256", Self.sha256), ("SHA-1", Self.sha1)]).text
        #expect(file == identity(name: Self.sha1, [("SHA-1", Self.sha1)]).text)
        #expect(file == identity(name: "y.jar", fileName: "y.jar", [("SHA-1", Self.sha1)]).text)
        #expect(file != identity(name: "x.jar", fileName: "x.jar", [("SHA-256", Self.sha256)]).text)
        #expect(file != identity(name: "x.jar", [("SHA-1", Self.sha1)]).text)
        #expect(identity(name: "x.jar", fileName: "x.jar").text == identity(name: "x.jar").text)
    }

    @Test func whatAPackageIsWithoutItsQualifiers() {
        #expect(identity("pkg:deb/debian/a@1?arch=amd64").base == identity("pkg:deb/debian/a@1").text)
        #expect(identity("pkg:npm/a@1?vcs_url=x").base == "")
        #expect(identity("pkg:maven/g/a@1?type=jar").base == "")
        #expect(identity().base == "")
    }
}
