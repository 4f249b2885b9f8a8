import Inventory
import Testing

@Suite struct NewerVersionsTests {
    private func newer(_ version: String, _ releases: [String], _ scheme: VersionScheme) -> String? {
        NewerVersions(than: version, among: releases.map { Release($0) }, scheme: scheme).map {
            "\($0.newest) \($0.isMajor ? "major" : "minor") \($0.newestMinor) \($0.between)"
        }
    }

    @Test func newestReleases() {
        #expect(newer("1.2.0", ["1.2.0", "1.10.0", "1.9.1", "2.0.0-rc.1"], .semantic) == "1.10.0 minor 1.10.0 1")
        #expect(newer("1.2.0", ["1.3.0", "2.0.0", "10.0.0"], .semantic) == "10.0.0 major 1.3.0 2")
        #expect(newer("v1.2.0", ["v1.2.0", "v1.1.0"], .go) == nil)
        #expect(newer("9.9", [], .semantic) == nil)
        #expect(newer("not one", ["1.0.0"], .semantic) == nil)
        #expect(
            newer("4.0.0", ["4.1.0rc1", "4.1.0.dev3", "4.0.0.post1"], .python) == "4.0.0.post1 minor 4.0.0.post1 0")
        #expect(
            newer("31.0-jre", ["32.0-jre", "33.0-SNAPSHOT", "33.0-beta-2", "33.0.M1"], .maven) == "32.0-jre major  0")
        #expect(newer("1:2.0-1", ["1:2.0-2", "2:1.0-1"], .debian) == "2:1.0-1 major 1:2.0-2 1")
        #expect(newer("2.0", ["2.0.0", "2.0.1"], .semantic) == "2.0.1 minor 2.0.1 0")
        // Letters and builds of distributions are not pre-releases, and Go's hashes are not words.
        #expect(newer("1.1.1a-1", ["1.1.1c-1+b1", "1.1.1d~rc1-1"], .debian) == "1.1.1c-1+b1 minor 1.1.1c-1+b1 0")
        #expect(newer("1.1.1a-r0", ["1.1.1b-r0", "1.1.2_rc1-r0"], .alpine) == "1.1.1b-r0 minor 1.1.1b-r0 0")
        #expect(newer("v0.1.0", ["v0.2.0", "v0.3.0-0.20250101000000-1c2b3d4e5f60"], .go) == "v0.2.0 minor v0.2.0 0")
        // If a version has two spellings, the same one is always reported.
        #expect(newer("1.0", ["2.0", "2.0.0"], .gem) == newer("1.0", ["2.0.0", "2.0"], .gem))
    }

    @Test func publicationDates() throws {
        let releases = [Release("1.0.0", published: 5), Release("1.1.0", published: 9)]
        let newer = try #require(NewerVersions(than: "1.0.0", among: releases, scheme: .semantic))
        #expect(newer.published == 5 && newer.newestPublished == 9)
    }
}
