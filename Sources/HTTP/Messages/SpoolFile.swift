import Bytes
import Glibc

/// A body during its write to disk. The owner deletes the file at its end, unless the file was renamed.
final class SpoolFile {
    let path: String
    private(set) var size = 0
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    /// A new file in the folder, readable only by this user; nil on failure, with `errno` set.
    static func make(in folder: String) -> SpoolFile? {
        let name = "\(prefix)\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))\(suffix)"
        let path = "\(folder)/\(name)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        return descriptor >= 0 ? SpoolFile(path: path, descriptor: descriptor) : nil
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// Appends all of the bytes; false when the disk refuses them, with `errno` set.
    func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let written = write(descriptor, rest.baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                return false
            }
            rest = .init(rebasing: rest[written...])
        }
        size += bytes.count
        return true
    }

    private static let prefix = "upload-"
    private static let suffix = ".part"

    /// Deletes the files that an earlier process left in the folder when it died.
    static func sweep(_ folder: String) throws(HTTPError) {
        guard let names = Folder.names(in: folder) else {
            throw .system(doing: "open the spool folder", what: folder, errno: errno)
        }
        for name in names where name.hasPrefix(prefix) && name.hasSuffix(suffix) { unlink("\(folder)/\(name)") }
        guard access(folder, W_OK | X_OK) == 0 else {
            throw .system(doing: "write to the spool folder", what: folder, errno: errno)
        }
    }
}
