import Foundation
import Testing

@testable import Bytes

struct DurableFileTests {
    private func names(_ folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
    }

    private func write(_ text: String, to file: DurableFile) throws {
        try Array(text.utf8).withBytes { bytes throws(SinkError) in try file.write(bytes) }
    }

    @Test func appearsWholeOrNotAtAll() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.zip").path
        do {
            let file = try DurableFile(path: path)
            try write("hello ", to: file)
            #expect(try names(folder).allSatisfy { $0.hasPrefix("a.zip.part-") })
            try write("you", to: file)
            #expect(file.size == 9)
            try file.publish()
            #expect(try names(folder) == ["a.zip"])
            #expect(throws: SinkError.self) { try file.publish() }
            #expect(throws: SinkError.self) { try write("more", to: file) }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "hello you")
        do {
            let other = try DurableFile(path: path)
            try write("lost", to: other)
        }
        #expect(try names(folder) == ["a.zip"])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "hello you")
    }

    @Test func twoWritersOfOneName() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("x").path
        let first = try DurableFile(path: path)
        let second = try DurableFile(path: path)
        try write("first", to: first)
        try write("second", to: second)
        try second.publish()
        try first.publish()
        #expect(try names(folder) == ["x"])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "first")
    }

    @Test func saysWhatIsWrong() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("missing/a").path
        do {
            _ = try DurableFile(path: path)
            Issue.record("a missing folder was accepted")
        } catch {
            #expect(error.description.contains(path) && error.description.contains("No such file"))
        }
        // A folder has the name, so the rename fails and no file stays.
        try FileManager.default.createDirectory(at: folder.file("b"), withIntermediateDirectories: false)
        do {
            let file = try DurableFile(path: folder.file("b").path)
            #expect(throws: SinkError.self) { try file.publish() }
        }
        #expect(try names(folder) == ["b"])
    }

    @Test func removesWhatTheDeadLeft() throws {
        let folder = try TemporaryFolder()
        for name in [
            "a.zip.part-12-zz9", "a.zip.part-7-1", "b.zip.part-1-0", "a.zip.part-x", "a.zip", "a.zip.part-1-2-3",
        ] {
            try Data().write(to: folder.file(name))
        }
        #expect(try DurableFile.removeParts(of: folder.file("a.zip").path) == 2)
        #expect(try names(folder) == ["a.zip", "a.zip.part-1-2-3", "a.zip.part-x", "b.zip.part-1-0"])
        #expect(try DurableFile.removeParts(of: folder.file("none/a.zip").path) == 0)
    }
}
