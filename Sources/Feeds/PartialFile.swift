import Bytes
import Glibc

/// A file during its transfer: `NAME.part` until it is complete, with `NAME.etag` beside it after a broken transfer.
struct PartialFile {
    private let name: String
    var path: String { name + ".part" }
    private var note: String { name + ".etag" }

    /// - Parameter path: the file's place in a mirror.
    init(spool: String, path: String) {
        // One flat name for each path: a percent sign replaces the slash, and two replace a percent sign.
        name = "\(spool)/" + path.split(separator: "/").map { String($0).percentEncoded }.joined(separator: "%%")
    }

    /// The number of bytes before a transfer broke, and the ETag of that version; nil if the file must be transferred from its
    /// beginning.
    func resumable() -> (offset: Int64, etag: String)? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > 0, let file = fopen(note, "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 1024)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let etag = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return etag.isEmpty ? nil : (Int64(status.st_size), etag)
    }

    func open(emptied: Bool) throws(FeedError) -> Int32 {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | (emptied ? O_TRUNC : 0), 0o640)
        guard file >= 0 else { throw .file(path: path, why: systemMessage(errno)) }
        return file
    }

    /// Keeps the received bytes for the next attempt; false if they are useless, because there is no strong
    /// validator.
    func keep(etag: String) -> Bool {
        guard etag.hasPrefix("\""), etag.utf8.count < 1000, !etag.contains("\n"), let file = fopen(note, "w") else {
            return false
        }
        let isWritten = fputs(etag, file) >= 0
        return fclose(file) == 0 && isWritten
    }

    /// Renames the complete file, and returns it.
    func finish() throws(FeedError) -> String {
        unlink(note)
        guard rename(path, name) == 0 else { throw .file(path: name, why: systemMessage(errno)) }
        return name
    }

    func remove() {
        unlink(path)
        unlink(note)
    }
}
