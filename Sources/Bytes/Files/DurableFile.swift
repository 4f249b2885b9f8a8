import Glibc
import Synchronization

// DESIGN. Bytes go to `NAME.part-PROCESS-NUMBER` beside the final path. So two writers of one name never share a file,
// and the rename stays within a file system. `publish` flushes the file, renames it and flushes the folder. After a
// crash, the name has either all of the new bytes or its previous content. `removeParts` removes the files of dead
// processes.

/// A file that appears under its name either complete or not at all.
///
///     let file = try DurableFile(path: path)
///     try bytes.withBytes(file.write)
///     try file.publish()  // now the file has its name, also after a crash
///
/// A file that is not published is deleted with this object. One thread at a time may write, and calls block while the
/// disk does. Sizes are in bytes. Errors are `SinkError`s. `hasRoom` is called before the file grows, and must not call
/// the file.
package final class DurableFile: Sendable {
    private static let mark = ".part-"

    package let path: String
    private let partPath: String
    private let state: Mutex<State>

    private struct State {
        /// Negative once the file is closed.
        var descriptor: Int32
        var isPublished = false
        var size: Int64 = 0
        /// The size up to which the disk was found to have room.
        var granted: Int64 = 0
    }

    /// The free room is checked again after each such number of written bytes.
    private static let roomStep = 4 << 20
    /// Whether this number of further bytes may be written.
    private let hasRoom: @Sendable (Int) -> Bool

    /// Bytes written so far.
    package var size: Int64 { state.withLock { $0.size } }

    /// Creates the file beside its final path; the folder must exist.
    ///
    /// - Parameter hasRoom: whether this number of further bytes may be written; if not, `write` fails as on a full
    ///   disk.
    package init(path: String, hasRoom: @escaping @Sendable (Int) -> Bool = { _ in true }) throws(SinkError) {
        self.path = path
        self.hasRoom = hasRoom
        var name = ""
        var opened: Int32 = -1
        repeat {
            name = path + Self.mark + "\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
            opened = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        } while opened < 0 && (errno == EEXIST || errno == EINTR)
        guard opened >= 0 else {
            // The error names the folder if it is missing, because the name of the part means nothing to people.
            let code = errno
            let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
            if code == ENOENT {
                throw .system(doing: "cannot create \(path): there is no folder", path: folder, errno: code)
            }
            throw .system(doing: "cannot create the file", path: path, errno: code)
        }
        partPath = name
        state = Mutex(State(descriptor: opened))
    }

    deinit {
        let last = state.withLock { $0 }
        if last.descriptor >= 0 { close(last.descriptor) }
        if !last.isPublished { unlink(partPath) }
    }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SinkError) {
        let descriptor = state.withLock { $0.descriptor }
        guard descriptor >= 0 else { throw .format("\(path) is published and takes no more bytes") }
        let needsRoom = state.withLock { state in
            guard state.size + Int64(bytes.count) > state.granted else { return false }
            state.granted = state.size + Int64(bytes.count + Self.roomStep)
            return true
        }
        if needsRoom, !hasRoom(bytes.count + Self.roomStep) {
            throw .system(doing: "may not use the reserve of the disk for", path: partPath, errno: ENOSPC)
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(doing: "cannot write to", path: partPath, errno: errno)
            }
            rest = rest.dropFirst(count)
            state.withLock { $0.size += Int64(count) }
        }
    }

    /// Makes the file appear under its name durably; an existing file of that name is replaced.
    package func publish() throws(SinkError) {
        let descriptor = state.withLock { $0.descriptor }
        guard descriptor >= 0 else { throw .format("\(path) is published already") }
        guard fsync(descriptor) == 0 else {
            throw .system(doing: "cannot flush to the disk", path: partPath, errno: errno)
        }
        // Some file systems report a full disk only here.
        let closed = close(descriptor)
        state.withLock { $0.descriptor = -1 }
        guard closed == 0 || errno == EINTR else {
            throw .system(doing: "cannot close", path: partPath, errno: errno)
        }
        guard rename(partPath, path) == 0 else {
            throw .system(doing: "cannot rename to", path: path, errno: errno)
        }
        state.withLock { $0.isPublished = true }
        try Self.flush(folder: Folder.of(path))
    }

    /// Deletes the files of writers of this name that died before publishing. Returns their number.
    @discardableResult
    package static func removeParts(of path: String) throws(SinkError) -> Int {
        let folder = Folder.of(path)
        guard let names = Folder.names(in: folder) else {
            if errno == ENOENT { return 0 }
            throw .system(doing: "cannot list the folder", path: folder, errno: errno)
        }
        let beginning = (path.split(separator: "/").last ?? "") + mark
        var count = 0
        for name in names where name.hasPrefix(beginning) && isMark(name.dropFirst(beginning.count)) {
            let part = folder + "/" + name
            guard unlink(part) == 0 || errno == ENOENT else {
                throw .system(doing: "cannot remove", path: part, errno: errno)
            }
            count += 1
        }
        return count
    }

    /// Whether a text has the form of the mark's end: a process and a number.
    private static func isMark(_ text: Substring) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        return parts.count == 2 && UInt32(parts[0]) != nil && UInt64(parts[1], radix: 36) != nil
    }

    private static func flush(folder: String) throws(SinkError) {
        let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw .system(doing: "cannot open the folder", path: folder, errno: errno) }
        defer { close(parent) }
        guard fsync(parent) == 0 else {
            throw .system(doing: "cannot flush the folder", path: folder, errno: errno)
        }
    }
}
