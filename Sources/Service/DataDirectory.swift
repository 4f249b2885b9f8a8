import Bytes
import Glibc

/// The directory that one Waybill owns: `waybill.sqlite`, `artifacts/`, `spool/`, `serve.lock`.
package struct DataDirectory: Sendable {
    package let path: String
    /// Uploads before their import.
    package var spool: String { path + "/spool" }
    /// Bodies of requests during their arrival; only the server uses it.
    package var incoming: String { path + "/incoming" }

    /// Makes the directory and its folders, and takes them from all other users of the machine. Fails where it cannot be written: a
    /// database with a log beside it could be opened there, and would refuse each write one by one.
    package init(_ path: String) throws(Failure) {
        self.path = path
        for folder in [path, path + "/spool", path + "/incoming"] {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
                throw Failure(
                    "cannot create the directory \(folder): \(systemMessage(errno)); choose another with --data")
            }
            guard access(folder, W_OK) == 0 else {
                throw Failure(
                    "cannot write to the directory \(folder): \(systemMessage(errno)); choose another with --data")
            }
        }
        try PrivateFiles.closeAll(in: path)
    }

    /// Marks the directory as used by a server until the process ends. Throws when another process holds the mark.
    package func lock() throws(Failure) { try Self.lock(path) }

    /// As `lock`, for a directory that may be incomplete.
    package static func lock(_ path: String) throws(Failure) {
        let file = path + "/serve.lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure("cannot write to \(file): \(systemMessage(errno)); is the data directory writable?")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Failure(
                "another waybill server runs on \(path); stop it, or choose another directory with --data")
        }
    }
}
