import Bytes
import Glibc

/// A file to which lines are appended. It is opened for each batch and made if missing, so it may be moved away at any
/// time (logrotate without `copytruncate` and without a signal). `-` is standard output.
struct LineFile: Sendable {
    let path: String

    /// Checks that the file can be written, and makes it if it is missing; only its owner may read it.
    init(_ path: String) throws(Failure) {
        self.path = path
        guard path != "-" else { return }
        close(try Self.opened(path))
    }

    /// Appends whole lines. The calling thread blocks.
    func append(_ lines: [UInt8]) throws(Failure) {
        guard !lines.isEmpty else { return }
        let descriptor = path == "-" ? 1 : try Self.opened(path)
        defer { if path != "-" { close(descriptor) } }
        var done = 0
        while done < lines.count {
            let count = lines[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure("cannot write to \(path): \(systemMessage(errno))")
            }
            done += count
        }
    }

    private static func opened(_ path: String) throws(Failure) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                "cannot write to \(path): \(systemMessage(errno)); choose another file, or - for standard output")
        }
        return descriptor
    }
}
