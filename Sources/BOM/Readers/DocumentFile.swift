import Bytes
import Glibc

/// An open file, which can be read from its beginning any number of times.
final class DocumentFile {
    let descriptor: Int32
    let name: String
    let size: Int

    init(path: String) throws(BOMError) {
        // Messages are for the person who sent the document and who does not know the server's paths.
        name = "the document"
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            size = 0
            throw .opening(path, errno)
        }
        size = Int(status.st_size)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .failed(what: "reading \(path): it is no regular file")
        }
    }

    /// A nameless file with the content of a source, at most `limit` bytes.
    init(holding source: @escaping JSONReader.Source, name: String, limit: Int) throws(BOMError) {
        self.name = name
        let descriptor = Self.unnamed()
        self.descriptor = descriptor
        let pieces = Pieces(source)
        var size = 0
        do throws(JSONError) {
            guard descriptor >= 0 else {
                throw .source("making a temporary file: \(systemMessage(errno))", Outage(errno: errno))
            }
            while case let piece = try pieces.next(), !piece.isEmpty {
                size += piece.count
                guard size <= limit else { throw .tooLong(limit: limit, offset: limit) }
                try Self.write(piece, to: descriptor)
            }
            self.size = size
        } catch {
            self.size = 0
            throw BOMError(error)
        }
    }

    convenience init(bytes: [UInt8]) throws(BOMError) {
        var position = 0
        try self.init(
            holding: { (buffer) throws(JSONError) in
                let count = min(buffer.count, bytes.count - position)
                buffer.copyBytes(from: bytes[position..<(position + count)])
                position += count
                return count
            }, name: "the document", limit: .max)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The descriptor of an open file whose name is already removed; negative without a file.
    private static func unnamed() -> Int32 {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path = Array("\(folder)/waybill-document-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        if descriptor >= 0 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            unlink(path)
        }
        return descriptor
    }

    private static func write(_ piece: UnsafeRawBufferPointer, to file: Int32) throws(JSONError) {
        var done = 0
        while done < piece.count {
            let count = Glibc.write(file, piece.baseAddress.map { $0 + done }, piece.count - done)
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw .source("writing a temporary file: \(systemMessage(errno))", Outage(errno: errno))
            }
        }
    }

    /// The bytes from the beginning on.
    func source() -> JSONReader.Source {
        var position = 0
        return { (buffer) throws(JSONError) in
            while true {
                let count = pread(self.descriptor, buffer.baseAddress, buffer.count, off_t(position))
                if count >= 0 {
                    position += count
                    return count
                }
                if errno != EINTR {
                    throw .source("reading \(self.name): \(systemMessage(errno))", Outage(errno: errno))
                }
            }
        }
    }
}

extension BOMError {
    /// A file could not be opened, for the reason in `errno`.
    static func opening(_ path: String, _ code: Int32) -> BOMError {
        .failed(what: "opening \(path): \(systemMessage(code))", Outage(errno: code))
    }
}

/// A document whose bytes can be read from the beginning again, even when they were unpacked.
struct Document {
    /// Its size; for a packed document, its packed size.
    let size: Int
    private let open: () throws(BOMError) -> JSONReader.Source
    /// The file, if it contains only the document.
    let file: DocumentFile?

    init(_ file: DocumentFile) {
        self.init(size: file.size, file: file) { file.source() }
    }

    init(size: Int, file: DocumentFile? = nil, open: @escaping () throws(BOMError) -> JSONReader.Source) {
        self.size = size
        self.file = file
        self.open = open
    }

    /// The bytes from the beginning on.
    func source() throws(BOMError) -> JSONReader.Source { try open() }

    /// The first bytes.
    func head() throws(BOMError) -> [UInt8] {
        let pieces = Pieces(try source())
        var head: [UInt8] = []
        do throws(JSONError) {
            while head.count < 512, case let piece = try pieces.next(), !piece.isEmpty { head += piece.prefix(4096) }
        } catch {
            throw BOMError(error)
        }
        return head
    }
}
