import Bytes
import Foundation
import TestSupport
import Testing

@testable import Store

/// Artifacts as files: complete or absent.
@Suite struct FileStoreTests {
    private let folder: TemporaryFolder
    private let store: FileStore

    init() throws {
        folder = try TemporaryFolder()
        store = try FileStore(root: folder.path("artifacts"))
    }

    private func write(_ text: String, to upload: any ArtifactUpload) throws {
        try Array(text.utf8).withBytes { bytes throws(SinkError) in try upload.write(bytes) }
    }

    private func publish(_ name: String, _ text: String = "content", in store: FileStore? = nil) throws {
        let upload = try (store ?? self.store).create(name)
        try write(text, to: upload)
        try upload.publish()
    }

    /// All files below a folder.
    private func files(_ path: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    @Test func anArtifactAppearsWhenItIsPublished() throws {
        let upload = try store.create("abcd-1")
        try write("first ", to: upload)
        try write("second", to: upload)
        #expect(upload.size == 12)
        #expect(throws: StoreError.missing(name: "abcd-1")) { try store.locate("abcd-1") }
        #expect(try store.names() == ["abcd-1"], "what is on its way is told, so that it can be removed")
        try upload.publish()
        guard case .file(let path) = try store.locate("abcd-1") else {
            Issue.record("the artifact is no file of this machine")
            return
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "first second")
        #expect(path.hasSuffix("/ab/abcd-1.zip"), "\(path)")
        #expect(throws: SinkError.self) { try upload.publish() }
        #expect(throws: SinkError.self) { try write("more", to: upload) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "first second")
    }

    @Test func whatIsNotPublishedLeavesNothing() throws {
        do {
            let upload = try store.create("abcd-1")
            try write("half", to: upload)
        }
        #expect(try files(folder.path("artifacts")).isEmpty)
        #expect(try store.names().isEmpty)
    }

    /// A killed process leaves its part file, which is listed and can be deleted by its name.
    @Test func strayPartsAreToldAndRemoved() throws {
        try publish("abcd-1")
        try publish("abcd-12")
        let stray = folder.path("artifacts/ab/abcd-1.zip.part-4711-1x2y3z")
        try Data("half".utf8).write(to: URL(fileURLWithPath: stray))
        try FileManager.default.createDirectory(atPath: folder.path("artifacts/gh"), withIntermediateDirectories: false)
        try Data().write(to: URL(fileURLWithPath: folder.path("artifacts/gh/ghost-3.zip.part-4711-9")))
        #expect(try store.names() == ["abcd-1", "abcd-12", "ghost-3"])
        try store.remove("ghost-3")
        #expect(try store.names() == ["abcd-1", "abcd-12"])
        try store.remove("abcd-1")
        #expect(try files(folder.path("artifacts")) == ["ab/abcd-12.zip"], "a longer name is another artifact's")
        #expect(throws: StoreError.missing(name: "abcd-1")) { try store.locate("abcd-1") }
        try store.remove("abcd-1")
        try store.remove("never there")
    }

    /// Two writers of one name do not mix; the last one to publish counts.
    @Test func writersOfOneNameDoNotMix() throws {
        let (left, right) = (try store.create("same-1"), try store.create("same-1"))
        for _ in 0..<100 {
            try write("left", to: left)
            try write("right", to: right)
        }
        try right.publish()
        try left.publish()
        guard case .file(let path) = try store.locate("same-1") else {
            Issue.record("the artifact is no file of this machine")
            return
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == String(repeating: "left", count: 100))
        #expect(try files(folder.path("artifacts")) == ["sa/same-1.zip"])
    }

    /// An artifact that is being read stays readable when it is deleted.
    @Test func removalDoesNotCutAReaderOff() throws {
        try publish("abcd-1", String(repeating: "x", count: 100_000))
        guard case .file(let path) = try store.locate("abcd-1") else {
            Issue.record("the artifact is no file of this machine")
            return
        }
        let reader = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        #expect(try reader.read(upToCount: 10)?.count == 10)
        try store.remove("abcd-1")
        #expect(try reader.readToEnd()?.count == 99_990)
    }

    @Test func otherFilesInTheFolderAreLeftAlone() throws {
        for name in ["README", "ab.txt", ".hidden"] {
            try Data().write(to: URL(fileURLWithPath: folder.path("artifacts/\(name)")))
        }
        try publish("abcd-1")
        try Data().write(to: URL(fileURLWithPath: folder.path("artifacts/ab/notes.txt")))
        #expect(try store.names() == ["abcd-1"])
    }

    @Test func manyFilesAreSpreadOverFolders() throws {
        let names = (0..<64).map { "\(String($0 * 4, radix: 16).count == 1 ? "0" : "")\(String($0 * 4, radix: 16))-1" }
        for name in names { try publish(name) }
        #expect(try store.names() == names.sorted())
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("artifacts")).count == 64)
    }

    @Test func aCheckLeavesNothing() throws {
        try store.check()
        #expect(try files(folder.path("artifacts")).isEmpty)
        #expect(try store.names().isEmpty)
    }

    // MARK: Faults

    @Test func aFileWhereTheFolderShouldBe() throws {
        try Data().write(to: URL(fileURLWithPath: folder.path("file")))
        for path in [folder.path("file"), folder.path("file/deeper"), folder.path("no/such/parent"), "/proc/none"] {
            #expect(throws: StoreError.self) {
                let store = try FileStore(root: path)
                try store.check()
            }
        }
    }

    /// The text names the folder and the reason.
    @Test(.enabled(if: ForeignTool.canMount, "needs the right to mount")) func aReadOnlyFolderIsTold() throws {
        let mounted = try Mount(folder.path("mounted"), "size=1m")
        let store = try FileStore(root: mounted.path)
        try publish("abcd-1", in: store)
        try mounted.remount("ro")
        for attempt in [{ try store.check() }, { try publish("abcd-2", in: store) }, { try store.remove("abcd-1") }] {
            do {
                try attempt()
                Issue.record("a read-only folder was written")
            } catch let error as StoreError {
                #expect("\(error)".contains("Read-only file system") && "\(error)".contains(mounted.path), "\(error)")
            }
        }
        guard case .file(let path) = try store.locate("abcd-1") else {
            Issue.record("the artifact is no file of this machine")
            return
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "content")
    }

    /// A full disk ends the upload with the reason and leaves no part, and the disk has room again.
    @Test(.enabled(if: ForeignTool.canMount, "needs the right to mount")) func aFullDiskIsTold() throws {
        let mounted = try Mount(folder.path("mounted"), "size=256k")
        let store = try FileStore(root: mounted.path)
        try publish("abcd-1", "small", in: store)
        do {
            let upload = try store.create("abcd-2")
            for _ in 0..<1000 { try write(String(repeating: "x", count: 4096), to: upload) }
            Issue.record("256 KiB held 4 MiB")
        } catch let error as SinkError {
            #expect("\(error)".contains("No space left"), "\(error)")
        }
        #expect(try store.names() == ["abcd-1"])
        try publish("abcd-3", String(repeating: "x", count: 100_000), in: store)
        #expect(try store.names() == ["abcd-1", "abcd-3"])
        var filler: (any ArtifactUpload)? = try store.create("abcd-4")
        while let upload = filler, (try? write(String(repeating: "x", count: 4096), to: upload)) != nil {}
        #expect(throws: StoreError.self) { try store.check() }
        filler = nil
        try store.check()
    }
}

/// A separate file system.
private final class Mount {
    let path: String

    init(_ path: String, _ options: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try ForeignTool.run("/bin/mount", ["-t", "tmpfs", "-o", options, "tmpfs", path])
    }

    func remount(_ option: String) throws { try ForeignTool.run("/bin/mount", ["-o", "remount,\(option)", path]) }

    deinit { _ = try? ForeignTool.run("/bin/umount", ["-l", path]) }
}
