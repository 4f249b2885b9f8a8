import Inventory
import Testing

@Suite struct PackageURLTests {
    /// Canonical forms from purl-spec's own pages.
    @Test(arguments: [
        "pkg:bitbucket/birkenfeld/pygments-main@244fd47e07d1014f0aed9c",
        "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie",
        "pkg:docker/cassandra@sha256:244fd47e07d1004f0aed9c",
        "pkg:docker/customer/dockerimage@sha256:244fd47e07d1004f0aed9c?repository_url=gcr.io",
        "pkg:gem/jruby-launcher@1.1.2?platform=java",
        "pkg:golang/google.golang.org/genproto#googleapis/api/annotations",
        "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1?packaging=sources",
        "pkg:npm/%40angular/animation@12.3.1",
        "pkg:nuget/EnterpriseLibrary.Common@6.0.1304",
        "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25",
        "pkg:swift/github.com/Alamofire/Alamofire@5.4.3",
        "pkg:cpan/GDT/URI-PackageURL@1.11",
    ])
    func `canonical text stays as it is`(text: String) throws {
        #expect(try #require(PackageURL(text)).text == text)
    }

    @Test(arguments: [
        ("pkg:PYPI/Django_package@1.11.1.dev1", "pkg:pypi/django-package@1.11.1.dev1"),
        (
            "pkg:GitHub/Package-URL/Purl-Spec@244fd47e07d1004f0aed9c",
            "pkg:github/package-url/purl-spec@244fd47e07d1004f0aed9c"
        ),
        ("pkg:golang/github.com/Masterminds/Semver@v1", "pkg:golang/github.com/masterminds/semver@v1"),
        ("pkg:npm/@babel/core@7.0.0", "pkg:npm/%40babel/core@7.0.0"),
        ("pkg:npm/@babel/core", "pkg:npm/%40babel/core"), ("pkg:npm/JSONStream@1", "pkg:npm/JSONStream@1"),
        ("pkg://maven/org.apache/a@1", "pkg:maven/org.apache/a@1"),
        ("pkg:maven//org.apache//a@1/", "pkg:maven/org.apache/a@1"),
        ("pkg:generic/a@1?Z=2&a=1&empty=", "pkg:generic/a@1?a=1&z=2"),
        ("pkg:generic/a#/x/./../y/", "pkg:generic/a#x/y"),
        ("pkg:deb/debian/libstdc++6@12.2.0-14", "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14"),
        ("pkg:generic/a%2Fb@1%2f2", "pkg:generic/a%2Fb@1%2F2"),
        ("pkg:generic/%E2%82%AC@1", "pkg:generic/%E2%82%AC@1"),
        ("pkg:generic/a%zz@100%", "pkg:generic/a%25zz@100%25"),
        ("pkg:pub/Flutter-Downloader@1", "pkg:pub/flutter_downloader@1"),
        (
            "pkg:generic/openssl@1.1.10g?download_url=https://openssl.org/source/openssl-1.1.0g.tar.gz&checksum=sha256:de4d501267da",
            "pkg:generic/openssl@1.1.10g?checksum=sha256:de4d501267da&download_url=https://openssl.org/source/openssl-1.1.0g.tar.gz"
        ),
    ])
    func `other spellings become canonical`(given: String, canonical: String) throws {
        let purl = try #require(PackageURL(given))
        #expect(purl.text == canonical)
        #expect(PackageURL(purl.text) == purl)
    }

    @Test(arguments: [
        ("pkg:golang/github.com/Azure/azure-sdk-for-go@v1", "", "x", "github.com/Azure/azure-sdk-for-go"),
        ("pkg:golang/github.com/burntsushi/toml@v1", "", "github.com/BurntSushi/toml", "github.com/BurntSushi/toml"),
        ("pkg:golang/github.com/burntsushi/toml@v1", "github.com/BurntSushi", "toml", "github.com/BurntSushi/toml"),
        ("pkg:golang/github.com/burntsushi/toml@v1", "", "Toml", "github.com/burntsushi/toml"),
        ("pkg:github/Package-URL/Purl-Spec@1", "", "", "Package-URL/Purl-Spec"),
        ("pkg:pypi/Django_package@1", "", "Django_package", "django-package"),
    ])
    func `names keep their case for people`(text: String, group: String, name: String, path: String) throws {
        let purl = try #require(PackageURL(text))
        let spelled = purl.spelled(as: text, group: group, name: name)
        #expect(spelled.path == path)
        #expect(spelled.version == purl.version)
        #expect(purl.text == PackageURL(text.lowercased())?.text || purl.type == "pypi")
    }

    @Test func `parts are decoded`() throws {
        let purl = try #require(PackageURL("pkg:npm/%40angular/animation@1.0%2Bx?repository_url=a%20b#src/lib"))
        #expect(purl.type == "npm")
        #expect(purl.namespace == "@angular")
        #expect(purl.name == "animation")
        #expect(purl.version == "1.0+x")
        #expect(purl.qualifier("repository_url") == "a b")
        #expect(purl.subpath == "src/lib")
    }

    @Test(arguments: [
        "", "pkg:", "pkg:npm", "pkg:npm/", "pkg:/a", "npm/a@1", "http://a/b", "pkg:n&g/x", "pkg:3npm/a", "pkg:npm/@1",
        "pkg:npm/a?b", "pkg:npm/a?1=2", "pkg:npm/a?a b=2", "pkg:npm/a%FF", "pkg:npm/a\nb", "pkg:npm/a%0Ab",
        "pkg:maven/@1.0", "pkg:npm/@scope", "pkg:npm/@scope/@1.0",
    ])
    func `what is none is refused`(text: String) {
        // A scope alone, or a version alone, names nothing.
        #expect(PackageURL(text) == nil)
    }

    @Test func `a megabyte of anything ends quickly`() {
        let long = String(repeating: "a/", count: 500_000)
        #expect(PackageURL("pkg:generic/" + long + "b")?.name == "b")
        #expect(PackageURL("pkg:generic/x?" + String(repeating: "k=v&", count: 250_000)) != nil)
        let keys = (0..<10_000).map { "k\($0)=v" }.joined(separator: "&")
        #expect(PackageURL("pkg:generic/x?" + keys) == nil)
    }

    @Test(arguments: [
        ("pkg:maven/org.example/dates@2.4", "Java", "org.example", "dates", "dates-2.4.jar"),
        (
            "pkg:maven/org.example/dates@2.4?classifier=sources&type=jar", "Java", "org.example", "dates",
            "dates-2.4-sources.jar"
        ),
        ("pkg:npm/tiny-slug@1.0.3", "javascript/Node.js", "", "tiny-slug", "tiny-slug-1.0.3.tgz"),
        ("pkg:npm/%40babel/core@7.1.0", "javascript/Node.js", "@babel", "@babel/core", "core-7.1.0.tgz"),
        ("pkg:golang/github.com/a/b@v1.2.3", "Go", "github.com/a", "github.com/a/b", "github.com/a/b-v1.2.3"),
        ("pkg:nuget/Newtonsoft.Json@12.0.3", ".NET", "", "Newtonsoft.Json", "newtonsoft.json.12.0.3.nupkg"),
        ("pkg:deb/debian/bash@1:5.2-2?arch=amd64", "Debian", "debian", "bash", "bash_5.2-2_amd64.deb"),
        ("pkg:cargo/serde@1.0", "Rust", "", "serde", "serde-1.0.crate"),
        ("pkg:pypi/requests@2.31.0", "Python", "", "requests", "requests-2.31.0.tar.gz"),
        ("pkg:generic/thing", "Source Library", "", "thing", "thing"),
    ])
    func `coordinates in Mend's words`(purl: String, type: String, group: String, artifact: String, file: String) throws
    {
        let coordinates = LibraryCoordinates(try #require(PackageURL(purl)))
        #expect(coordinates.type.displayName == type)
        #expect(coordinates.groupId == group)
        #expect(coordinates.artifactId == artifact)
        #expect(coordinates.fileName == file)
    }

    @Test func `type names and constants are all different`() {
        #expect(Set(LibraryType.allCases.map(\.displayName)).count == LibraryType.allCases.count)
        #expect(Set(LibraryType.allCases.map(\.constant)).count == LibraryType.allCases.count)
        #expect(LibraryType.maven.constant == "MAVEN_ARTIFACT")
        #expect(LibraryType(clientName: ".NET") == .nuget)
        #expect(LibraryType(clientName: "nonsense") == nil)
    }
}
