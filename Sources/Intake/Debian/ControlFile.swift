import Bytes
import Glibc

/// A paragraph of a Debian control file (Debian Policy §5.1): fields in order, names in lower case.
struct ControlParagraph {
    private(set) var fields: [(name: String, value: String)] = []

    /// The value of a field, or empty. Continuation lines are joined by line feeds, without their first blank.
    subscript(name: String) -> String { fields.first { $0.name == name }?.value ?? "" }

    func has(_ name: String) -> Bool { fields.contains { $0.name == name } }

    var isEmpty: Bool { fields.isEmpty }

    /// Takes a line that is not blank; false when it is neither a field nor a continuation.
    mutating func take(_ line: Substring) -> Bool {
        if line.first == " " || line.first == "\t" {
            guard !fields.isEmpty else { return false }
            fields[fields.count - 1].value += "\n\(line.dropFirst())"
            return true
        }
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { return false }
        let value = Substring(line.utf8[line.utf8.index(after: colon)...].drop { $0 == 32 || $0 == 9 })
        fields.append((line[..<colon].lowercased(), String(value)))
        return true
    }
}

/// Reads text files line by line, in bounded memory.
enum ControlFile {
    /// The longest line that is accepted.
    static let lineLimit = 1 << 20
    /// The largest file that is read as a whole.
    static let textLimit = 1 << 20

    /// Calls `body` for each paragraph of a file. Lines that are not fields are skipped.
    static func paragraphs(of path: String, _ body: (ControlParagraph) throws -> Void) throws {
        guard let file = fopen(path, "re") else {
            throw IntakeError.unreadable(path, errno)
        }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        var paragraph = ControlParagraph()
        while true {
            let count = getline(&line, &room, file)
            guard count > 0, let start = line else {
                guard ferror(file) == 0 else { throw IntakeError.unreadable(path, errno) }
                break
            }
            guard count <= lineLimit else {
                throw IntakeError.unreadableFile(path: path, why: "a line is longer than \(lineLimit) bytes")
            }
            let bytes = UnsafeRawBufferPointer(start: start, count: count)
            var text = Substring(String(decoding: bytes, as: UTF8.self))
            while let last = text.utf8.last, last == 10 || last == 13 { text = Substring(text.utf8.dropLast()) }
            if text.utf8.allSatisfy({ $0 == 32 || $0 == 9 }) {
                if !paragraph.isEmpty { try body(paragraph) }
                paragraph = ControlParagraph()
            } else {
                _ = paragraph.take(text)
            }
        }
        if !paragraph.isEmpty { try body(paragraph) }
    }

    /// The paragraphs of a text.
    static func paragraphs(in text: String) -> [ControlParagraph] {
        var found: [ControlParagraph] = []
        var paragraph = ControlParagraph()
        for bytes in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let line = Substring(bytes)
            if bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) {
                if !paragraph.isEmpty { found.append(paragraph) }
                paragraph = ControlParagraph()
            } else {
                _ = paragraph.take(line)
            }
        }
        if !paragraph.isEmpty { found.append(paragraph) }
        return found
    }

    /// The beginning of a file as text; nil when the file is not text or cannot be read.
    static func text(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let size = min(Int(status.st_size), textLimit)
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = 0
            while count < size {
                let read = Glibc.read(file, buffer.baseAddress.map { $0 + count }, size - count)
                if read <= 0 { break }
                count += read
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
