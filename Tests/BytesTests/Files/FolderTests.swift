import Foundation
import Glibc
import Testing

@testable import Bytes

struct FolderTests {
    @Test func namesOfAFolder() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("folder-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/inner", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(FileManager.default.createFile(atPath: folder + "/.hidden", contents: nil))
        #expect(FileManager.default.createFile(atPath: folder + "/ü b", contents: nil))
        #expect(Folder.names(in: folder)?.sorted() == [".hidden", "inner", "ü b"])
        #expect(Folder.names(in: folder + "/inner") == [])
        let (none, code) = (Folder.names(in: folder + "/none"), errno)
        #expect(none == nil)
        #expect(code == ENOENT)
    }

    @Test(arguments: [("a", "."), ("/a", "/"), ("/a/b", "/a"), ("a/b", "a"), ("a/", "a")])
    func theFolderOfAFile(path: String, folder: String) {
        #expect(Folder.of(path) == folder)
    }
}
