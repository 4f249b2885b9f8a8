import Inventory
import Testing

/// Ranges of versions (package-url/vers-spec).
@Suite struct VersRangeTests {
    @Test(arguments: [
        ("vers:npm/*", "1.0.0", true), ("vers:npm/1.2.3", "1.2.3", true), ("vers:npm/=1.2.3", "1.2.4", false),
        ("vers:npm/>=1.0.0|<2.0.0", "1.9.9", true), ("vers:npm/>=1.0.0|<2.0.0", "2.0.0", false),
        ("vers:npm/<2.0.0|>=1.0.0", "1.0.0", true), ("vers:npm/<1.0.0|>=2.0.0|<3.0.0", "1.5.0", false),
        ("vers:npm/<1.0.0|>=2.0.0|<3.0.0", "2.5.0", true), ("vers:npm/<1.0.0|>=2.0.0|<3.0.0", "0.5.0", true),
        ("vers:npm/>=1.0.0", "9.0.0", true), ("vers:npm/>=1.0.0|!=1.5.0|<2.0.0", "1.5.0", false),
        ("vers:npm/!=1.5.0", "1.6.0", true), ("vers:pypi/<=1.0", "1.0.post1", false),
        ("vers:deb/<1%3A2.0", "1.0", true), ("vers:maven/1.0|2.0", "2.0", true), ("vers:npm/>1.0.0", "x", false),
    ])
    func contains(range: String, version: String, holds: Bool) throws {
        #expect(try #require(VersRange(range)).contains(version) == holds)
    }

    @Test(arguments: ["", "npm/1", "vers:npm", "vers:npm/", "vers:none/1", "vers:npm/>=", "vers:npm/a b"])
    func `What cannot be compared is no range`(text: String) {
        #expect(VersRange(text) == nil)
    }
}
