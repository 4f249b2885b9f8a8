import Bytes
import Glibc

/// A file of ours that comes in: `NAME.part` until it is whole, with `NAME.etag` beside it when a transfer broke.
struct PartialFile {
    private let name: String
    var path: String { name + ".part" }
    private var note: String { name + ".etag" }

    /// - Parameter path: the file's place in a mirror.
    init(spool: String, path: String) {
        // One flat name for each path: a percent sign stands for the slash, and for itself twice.
        name = "\(spool)/" + path.split(separator: "/").map { String($0).percentEncoded }.joined(separator: "%%")
    }

    /// How many bytes came before a transfer broke, and the ETag of that version; nil where the file has to come from its beginning.
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

    /// Keeps what came for the next attempt; false where it is of no use, for want of a strong validator.
    func keep(etag: String) -> Bool {
        guard etag.hasPrefix("\""), etag.utf8.count < 1000, !etag.contains("\n"), let file = fopen(note, "w") else {
            return false
        }
        let isWritten = fputs(etag, file) >= 0
        return fclose(file) == 0 && isWritten
    }

    /// Gives the whole file its name, and returns it.
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
