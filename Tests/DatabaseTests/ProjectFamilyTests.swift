import Testing

@testable import Database

/// The recognition of projects that are versions of one thing.
struct ProjectFamilyTests {
    @Test(arguments: [
        ("web - 2", "", "web", "2"), ("web - v2.1", "", "web", "v2.1"), ("web - main", "main", "web", "main"),
        ("web - main", "", "web - main", ""), ("web - backend - 1.0", "", "web - backend", "1.0"),
        ("web", "", "web", ""), ("web", "web", "web", ""), ("a - b", "c", "a - b", ""), ("2", "", "2", ""),
        (" - 2", "", " - 2", ""), ("web 2", "", "web 2", ""), ("web - release 2", "release 2", "web", "release 2"),
        ("Süd - 1", "1", "Süd", "1"), ("", "", "", ""),
    ])
    func aVersionIsWhatAnUploadSaysOrWhatLooksLikeOne(name: String, said: String, family: String, version: String) {
        let found = ProjectFamily(project: name, version: said)
        #expect(found.name == family && found.version == version)
    }
}
