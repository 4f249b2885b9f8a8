import Bytes
import Glibc

// DESIGN. Folders are walked, and a ZIP or a file of lines is read as a stream. Each record is passed on separately, so
// memory holds one record. Unreadable files are reported by name and skipped. Only a path of the command itself that
// cannot be opened is an error.

/// Finds records of one kind, a JSON text each, in files, folders, ZIP archives and files of lines.
struct RecordSource<Record, Fault: Error> {
    /// The deepest nesting of folders that is followed.
    private static var depthLimit: Int { 32 }
    /// The longest line of a file of lines.
    private static var lineLimit: Int { 16 << 20 }

    /// Reads the next record.
    let read: (inout JSONReader) throws(Fault) -> Record
    /// Called with each record.
    let record: (Record) throws -> Void
    /// Called with the name of a skipped file, and the reason.
    let warning: (String, String) -> Void
    /// Called with the number of bytes of the files that were read since the call before.
    var consumed: (Int) -> Void = { _ in }

    /// The bytes that the files of a path have; less where a part of it cannot be looked at.
    static func size(of path: String, depth: Int = 0) -> Int {
        var status = stat()
        // Only a path of the command itself may be a link.
        guard depth == 0 ? stat(path, &status) == 0 : lstat(path, &status) == 0 else { return 0 }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return Int(status.st_size)
        case S_IFDIR where depth < depthLimit:
            let names = (Folder.names(in: path) ?? []).filter { !$0.hasPrefix(".") }
            return names.reduce(0) { $0 + size(of: "\(path)/\($1)", depth: depth + 1) }
        default: return 0
        }
    }

    /// Reads a path of the command.
    func run(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw IntakeError.unreadable(path, errno)
        }
        if status.st_mode & S_IFMT == S_IFDIR { return try folder(path, depth: 0) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw IntakeError.unreadableFile(path: path, why: "it is neither a file nor a folder")
        }
        if try !file(path) { try json(path) }
    }

    private func folder(_ path: String, depth: Int) throws {
        guard depth < Self.depthLimit else { return warning(path, "folders are nested deeper than \(Self.depthLimit)") }
        guard let names = Folder.names(in: path) else { throw IntakeError.unreadable(path, errno) }
        // The order is the same everywhere, so that warnings and numbers have a fixed order, too.
        for name in names.filter({ !$0.hasPrefix(".") }).sorted() {
            let inner = "\(path)/\(name)"
            var status = stat()
            // Links are not followed, because they may lead anywhere or in cycles.
            guard lstat(inner, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try folder(inner, depth: depth + 1)
            case S_IFREG: _ = try file(inner)
            default: continue
            }
        }
    }

    /// Reads a file by the ending of its name; false for an unknown ending.
    private func file(_ path: String) throws -> Bool {
        let lower = path.lowercased()
        if lower.hasSuffix(".json") {
            try json(path)
        } else if lower.hasSuffix(".jsonl") || lower.hasSuffix(".ndjson") {
            try lines(path)
        } else if lower.hasSuffix(".zip") {
            try archive(path)
        } else {
            return false
        }
        return true
    }

    // MARK: Kinds of files

    private func json(_ path: String) throws {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return warning(path, systemMessage(errno)) }
        defer { close(file) }
        var json = JSONReader(fileDescriptor: file, window: 1 << 16)
        try take(&json, named: path)
        var status = stat()
        if fstat(file, &status) == 0 { consumed(Int(status.st_size)) }
    }

    private func archive(_ path: String) throws {
        let zip: ZIPReader
        do {
            zip = try ZIPReader(path: path)
        } catch {
            return warning(path, error.description)
        }
        while true {
            let entry: ZIPReader.Entry
            do {
                guard let next = try zip.next() else { return }
                entry = next
            } catch {
                return warning(path, error.description)
            }
            if entry.name.lowercased().hasSuffix(".json") { try take(entry, of: zip) }
            consumed(entry.packedSize)
        }
    }

    private func take(_ entry: ZIPReader.Entry, of zip: ZIPReader) throws {
        let name = "\(zip.path): \(Self.label(entry.name))"
        var content: ZIPReader.Content
        do {
            content = try zip.open(entry)
        } catch {
            return warning(name, error.description)
        }
        var json = JSONReader(window: 1 << 14) { (buffer) throws(JSONError) in
            do throws(ZIPError) {
                return try zip.read(&content, into: buffer)
            } catch {
                throw .source(error.description)
            }
        }
        try take(&json, named: name)
    }

    private func lines(_ path: String) throws {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return warning(path, systemMessage(errno)) }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var line: [UInt8] = []
        var isTooLong = false
        var number = 0
        func end() throws {
            number += 1
            defer {
                line.removeAll(keepingCapacity: line.capacity <= 1 << 20)
                isTooLong = false
            }
            if isTooLong { return warning("\(path):\(number)", "the line is longer than \(Self.lineLimit) bytes") }
            guard line.contains(where: { $0 > 32 }) else { return }
            var json = JSONReader(line)
            try take(&json, named: "\(path):\(number)")
        }
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return warning(path, systemMessage(errno)) }
            if count == 0 { break }
            consumed(count)
            var rest = buffer[..<count]
            while let newline = rest.firstIndex(of: 10) {
                if !isTooLong { line += rest[..<newline] }
                try end()
                rest = rest[(newline + 1)...]
            }
            if line.count + rest.count > Self.lineLimit { isTooLong = true }
            if isTooLong { line.removeAll() } else { line += rest }
        }
        if !line.isEmpty || isTooLong { try end() }
    }

    private func take(_ json: inout JSONReader, named name: String) throws {
        let found: Record
        do {
            found = try read(&json)
        } catch {
            return warning(name, "\(error)")
        }
        try record(found)
    }

    /// A name for messages, without control characters for terminals.
    private static func label(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }).prefix(200))
    }
}
