import Glibc

/// A regular file open for reading, closed with its last owner. A file that is replaced or removed afterwards is still
/// sent whole, as it was when it was opened.
package final class OpenFile: Sendable {
    private let descriptor: Int32
    /// The size in bytes when it was opened.
    package let size: Int

    /// Opens a file. Errors: it is missing, unreadable, or not a regular file.
    package init(path: String) throws(HTTPError) {
        // Not blocking: a named pipe would hold the thread until somebody writes to it.
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

    /// A descriptor for one answer, or nil when the process has none left. The caller closes it.
    func duplicate() -> Int32? {
        // Not dup: the copy must not pass to programs that are started meanwhile.
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        return copy >= 0 ? copy : nil
    }
}
