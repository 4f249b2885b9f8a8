import Bytes
import Glibc

/// Checks received files before they are used.
enum FeedContent {
    /// Refuses a file that does not begin like its kind, such as an error page in place of an archive.
    static func check(_ path: String, of file: FeedFile, from address: String) throws(FeedError) {
        let bytes = try read(path, from: 0, count: 512)
        // Texts may begin with blanks or a byte order mark.
        let text = bytes.drop { $0 <= 32 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
        guard let first = text.first else { throw .content(address: address, why: "it is empty") }
        let isRight =
            switch file.content {
            case .zip: bytes.starts(with: "PK".utf8)
            case .gzip: bytes.starts(with: [0x1F, 0x8B])
            case .json: first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
            case .csv: first != UInt8(ascii: "<") && first != UInt8(ascii: "{")
            }
        guard isRight else {
            let found = first == UInt8(ascii: "<") ? "a web page, or XML" : "something else"
            throw .content(address: address, why: "it is \(found) in the place of \(word(file.content))")
        }
        if file.content == .zip { _ = try entries(of: path, from: address) }
    }

    private static func word(_ content: FeedFile.Content) -> String {
        switch content {
        case .zip: "a ZIP archive"
        case .gzip: "a gzip file"
        case .json: "JSON"
        case .csv: "a list of changes (CSV)"
        }
    }

    /// The number of records in an archive; throws if its directory is incomplete, as after a broken transfer.
    static func entries(of path: String, from address: String) throws(FeedError) -> Int {
        do {
            let zip = try ZIPReader(path: path)
            var count = 0
            while let entry = try zip.next() { count += entry.name.hasSuffix(".json") ? 1 : 0 }
            return count
        } catch {
            throw .content(address: address, why: error.description)
        }
    }

    /// Reads all of an archive, so that nothing is imported from one that is damaged in the middle; each entry has a
    /// CRC.
    static func verify(_ path: String, from address: String, isStopped: () -> Bool) throws(FeedError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        do {
            let zip = try ZIPReader(path: path)
            while let entry = try zip.next() {
                if isStopped() { throw FeedError.stopped }
                var content = try zip.open(entry)
                while try buffer.withUnsafeMutableBytes({ try zip.read(&content, into: $0) }) > 0 {}
            }
        } catch let error as FeedError {
            throw error
        } catch {
            throw .content(address: address, why: "\(error)")
        }
    }

    /// The MD5 of a file in Base64, the publishers' form; nil if the system forbids MD5. It only detects damage in
    /// transfer.
    static func md5(of path: String) throws(FeedError) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .file(path: path, why: systemMessage(errno)) }
        defer { close(file) }
        var digest = Digest(.md5)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .file(path: path, why: systemMessage(errno)) }
            if count == 0 { break }
            buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        let bytes = digest.finish()
        return bytes.isEmpty ? nil : bytes.base64
    }

    private static func read(_ path: String, from offset: Int, count: Int) throws(FeedError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .file(path: path, why: systemMessage(errno)) }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: count)
        let got = buffer.withUnsafeMutableBytes { pread(file, $0.baseAddress, count, off_t(offset)) }
        guard got >= 0 else { throw .file(path: path, why: systemMessage(errno)) }
        return Array(buffer.prefix(got))
    }
}
