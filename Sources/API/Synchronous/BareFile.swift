import Bytes
import Glibc
import HTTP
import Reports
import Synchronization

// DESIGN. The synchronous door sends the file that the asynchronous door packs into a ZIP. The production of asynchronous
// reports writes it into a scratch file, which the kernel sends. Its name is removed as soon as it is open, so no file remains
// even if the process dies. Memory does not depend on the size of the report.

/// The only file of a report, without a ZIP.
final class BareFile: PartReceiver, Sendable {
    private struct State {
        var name: String?
        var shield: WordShield
        /// The text to insert before the file's content.
        var head: String
    }

    private let file: ScratchFile
    private let state: Mutex<State>

    /// - Parameters:
    ///   - folder: the folder whose disk holds the file.
    ///   - id: the file's name for a moment.
    ///   - head: a JSON object whose members are put before those of a JSON report; empty for none.
    init(in folder: String, id: String, format: Format, head: String = "") throws(SinkError) {
        file = try ScratchFile(path: "\(folder)/\(id).report")
        state = Mutex(State(shield: WordShield(for: format), head: head))
    }

    /// Keeps the first part; the production counts further parts, for the refusal.
    func begin(_ name: String) throws(SinkError) -> ByteSink.Destination {
        let isFirst = state.withLock { state in
            guard state.name == nil else { return false }
            state.name = name
            return true
        }
        guard isFirst else { return { _ throws(SinkError) in } }
        return { [self] bytes throws(SinkError) in try write(bytes) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(SinkError) {
        guard bytes.count > 0 else { return }
        try state.withLock { state throws(SinkError) in
            guard !state.head.isEmpty else { return try state.shield.pass(bytes, to: file) }
            // Both are objects, so the end of one and the beginning of the other become a comma.
            let begin = Array((state.head.dropLast() + ",").utf8)
            state.head = ""
            try begin.withBytes { begin throws(SinkError) in try state.shield.pass(begin, to: file) }
            try state.shield.pass(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()), to: file)
        }
    }

    func end() throws(SinkError) {
        try state.withLock { state throws(SinkError) in try state.shield.finish(to: file) }
    }

    func finish() throws(SinkError) {}

    /// The finished file, ready for sending, and its name.
    func open() throws -> (file: OpenFile, name: String) {
        (try file.reopened(), state.withLock { $0.name } ?? "")
    }
}

/// A file without a name, written once and in order. Its owner closes it.
package final class ScratchFile: Sendable {
    private static let suffix = ".scratch"

    private let path: String
    private let descriptor: Int32

    /// Removes from a folder the files of processes that died between creating a file and removing its name.
    package static func sweep(_ folder: String) {
        for name in Folder.names(in: folder) ?? [] where name.hasSuffix(suffix) { unlink("\(folder)/\(name)") }
    }

    /// - Parameter path: the name of the file in errors, which also decides its disk.
    init(path: String) throws(SinkError) {
        let path = path + Self.suffix
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(doing: "cannot create", path: path, errno: errno) }
        unlink(path)
    }

    deinit { close(descriptor) }

    /// The path by which this process can open it (proc(5), `/proc/PID/fd`).
    var place: String { "/proc/self/fd/\(descriptor)" }

    /// The file, from its beginning.
    func reopened() throws(HTTPError) -> OpenFile { try OpenFile(path: place) }

    func write(_ bytes: UnsafeRawBufferPointer) throws(SinkError) {
        var rest = bytes
        while rest.count > 0 {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(doing: "cannot write to", path: path, errno: errno) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}

/// Keeps the word `errorCode` out of successful text answers, because a client takes the word for an error wherever it
/// stands in the body (mend-api.md §1.1). Only data can contain it, so one of its letters becomes an escape of the
/// format. Formats without escapes, and binary ones, are not changed.
struct WordShield {
    private static let word = Array("errorCode".utf8)
    /// The replacement for the word's first letter; nil to change nothing.
    private let escape: [UInt8]?
    /// The last bytes of the previous piece, which may begin the word.
    private var held: [UInt8] = []

    init(for format: Format) {
        escape =
            switch format {
            case .json, .ndjson: Array("\\u0065".utf8)
            case .xml, .html: Array("&#101;".utf8)
            case .csv, .xlsx, .pdf, .tv, .yaml, .txt: nil
            }
    }

    mutating func pass(_ bytes: UnsafeRawBufferPointer, to file: ScratchFile) throws(SinkError) {
        guard let escape else { return try file.write(bytes) }
        var text = held
        text.append(contentsOf: bytes)
        let word = Self.word
        var output: [UInt8] = []
        output.reserveCapacity(text.count + 16)
        var index = 0
        while index < text.count {
            if text[index] == word[0] {
                let rest = min(word.count, text.count - index)
                if text[index..<(index + rest)].elementsEqual(word[..<rest]) {
                    if rest < word.count { break }
                    output.append(contentsOf: escape)
                    output.append(contentsOf: word[1...])
                    index += word.count
                    continue
                }
            }
            output.append(text[index])
            index += 1
        }
        held = Array(text[index...])
        try Self.write(output, to: file)
    }

    mutating func finish(to file: ScratchFile) throws(SinkError) {
        try Self.write(held, to: file)
        held = []
    }

    private static func write(_ bytes: [UInt8], to file: ScratchFile) throws(SinkError) {
        let result = bytes.withUnsafeBytes { raw in
            Result { () throws(SinkError) in try file.write(raw) }
        }
        try result.get()
    }
}
