import Bytes
import Glibc

// DESIGN. The data of a server (tokens, documents of customers, reports) must be readable only by the server. The process's
// mask protects new files (`main`). Files of earlier versions, and directories that others made, are protected when a
// process opens them. A path that cannot be made private is an error, because nobody reads a mere warning in a log.

/// Denies access to files and directories for all other users of the machine.
enum PrivateFiles {
    private static let others: mode_t = 0o077

    /// Protects a file or directory; does nothing for a missing one. Throws when it is accessible and cannot be
    /// protected.
    static func close(_ path: String) throws(Failure) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & others != 0 else { return }
        guard [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return }
        guard chmod(path, status.st_mode & 0o700) == 0 || errno == ENOENT || errno == EROFS else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw Failure(
                """
                \(path) can be read by other users of this machine (mode 0\(mode)), and this one may not change that: \
                \(systemMessage(errno)); run `chmod -R go-rwx` as its owner
                """)
        }
    }

    /// Protects a directory with all its content. After the first time, only the upper two levels are checked.
    static func closeAll(in folder: String) throws(Failure) {
        let isNew = try isOpen(folder, levels: 2)
        guard isNew else { return }
        try closeTree(folder)
    }

    /// Whether another user may access a file, or a file in a directory, down to this number of levels.
    private static func isOpen(_ path: String, levels: Int) throws(Failure) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || kind == S_IFDIR else { return false }
        if status.st_mode & others != 0 { return true }
        guard kind == S_IFDIR, levels > 0, let names = Folder.names(in: path) else { return false }
        for name in names where name != "." && name != ".." {
            if try isOpen(path + "/" + name, levels: levels - 1) { return true }
        }
        return false
    }

    private static func closeTree(_ path: String) throws(Failure) {
        try close(path)
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
        for name in Folder.names(in: path) ?? [] where name != "." && name != ".." {
            try closeTree(path + "/" + name)
        }
    }
}
