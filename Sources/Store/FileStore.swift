import Bytes
import Glibc

/// Artifacts as files below one folder: `ab/abcdef….zip`, so that no folder grows without limit.
package struct FileStore: ArtifactStore {
    private let root: String

    /// Makes the folder if it is missing.
    package init(root: String) throws(StoreError) {
        self.root = root
        try Self.makeFolder(root)
    }

    package func create(_ name: String) throws(StoreError) -> any ArtifactUpload {
        try Self.makeFolder(folder(of: name))
        do {
            return FileUpload(file: try DurableFile(path: path(of: name)))
        } catch {
            throw .local(error)
        }
    }

    package func locate(_ name: String) throws(StoreError) -> StoredArtifact {
        let path = path(of: name)
        guard access(path, R_OK) == 0 else { throw .missing(name: name) }
        return .file(path: path)
    }

    package func remove(_ name: String) throws(StoreError) {
        let path = path(of: name)
        guard unlink(path) == 0 || errno == ENOENT else {
            throw .local(.system(doing: "cannot remove", path: path, errno: errno))
        }
        do {
            try DurableFile.removeParts(of: path)
        } catch {
            throw .local(error)
        }
    }

    package func names() throws(StoreError) -> [String] {
        var found: Set<String> = []
        for folder in try Self.entries(of: root) where folder.utf8.count == 2 {
            for file in try Self.entries(of: "\(root)/\(folder)") {
                guard let end = file.firstRange(of: ".zip") else { continue }
                found.insert(String(file[..<end.lowerBound]))
            }
        }
        return found.sorted()
    }

    package func check() throws(StoreError) {
        let upload = try create("00-check")
        do {
            try [UInt8](repeating: 0, count: 4096).withBytes { bytes throws(SinkError) in try upload.write(bytes) }
        } catch {
            throw .local(error)
        }
    }

    private func folder(of name: String) -> String { "\(root)/\(name.prefix(2))" }

    private func path(of name: String) -> String { "\(folder(of: name))/\(name).zip" }

    private static func makeFolder(_ path: String) throws(StoreError) {
        if mkdir(path, 0o700) == 0 {
            // An artifact is as durable as its folder.
            let parent = open("\(path)/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            defer { if parent >= 0 { close(parent) } }
            guard parent >= 0, fsync(parent) == 0 else {
                throw .local(.system(doing: "cannot flush the folder around", path: path, errno: errno))
            }
        } else if errno != EEXIST {
            throw .local(.system(doing: "cannot create the folder", path: path, errno: errno))
        }
    }

    /// The names in a folder, except those that begin with a dot; none for a missing folder.
    private static func entries(of folder: String) throws(StoreError) -> [String] {
        guard let names = Folder.names(in: folder) else {
            if errno == ENOENT { return [] }
            throw .local(.system(doing: "cannot list the folder", path: folder, errno: errno))
        }
        return names.filter { !$0.hasPrefix(".") }
    }
}

/// An artifact during its writing to a folder.
private final class FileUpload: ArtifactUpload {
    private let file: DurableFile

    init(file: DurableFile) { self.file = file }

    var size: Int64 { file.size }

    func write(_ bytes: UnsafeRawBufferPointer) throws(SinkError) { try file.write(bytes) }

    func publish() throws(SinkError) { try file.publish() }
}
