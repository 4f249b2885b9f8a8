import Glibc

/// A regular file open for reading, which its last owner closes. A file that is replaced or removed later is still
/// sent in the state at the time of opening.
package final class OpenFile: Sendable {
    private let descriptor: Int32
    /// The size in bytes at the time of opening.
    package let size: Int

    /// Opens a file. Throws when the file is missing, unreadable, or not a regular file.
    package init(path: String) throws(HTTPError) {
        // Opened without blocking, because a named pipe would hold the thread until somebody writes to it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(doing: "open for sending", what: path, errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .system(doing: "send as a regular file", what: path, errno: EINVAL)
        }
        self.descriptor = descriptor
        size = status.st_size
    }

    deinit { close(descriptor) }

    /// A descriptor for one answer; nil when the process has none left. The caller closes it.
    func duplicate() -> Int32? {
        // Not dup, because the copy must not be inherited by programs that are started in the meantime.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        return copy >= 0 ? copy : nil
    }
}
