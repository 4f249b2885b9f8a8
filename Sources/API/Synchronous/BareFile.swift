import Bytes
import Glibc
import HTTP
import Reports

// DESIGN. The synchronous door gives the file that the asynchronous one gives in a ZIP. So the same production writes the
// same ZIP into a scratch file, and its one entry is unpacked into another, from which the kernel sends. Both names are
// removed as soon as the files are open: nothing is left behind, whatever ends the request. Memory does not depend on
// the size of the report.

/// The one file of a report, ready to be sent.
struct BareFile {
    let file: OpenFile
    /// The name of the entry in the ZIP.
    let name: String

    /// Makes a report and unpacks it. `folder` holds the files for the moment; `id` names them. The members of `head`, a
    /// JSON object or empty, stand in front of those of a JSON report.
    static func make(
        in folder: String, id: String, format: Format, head: String = "",
        by produce: (@escaping ByteSink.SharedDestination) throws -> Produced
    ) throws -> BareFile {
        let (packed, bare) = ("\(folder)/\(id).report.zip", "\(folder)/\(id).report")
        defer {
            unlink(packed)
            unlink(bare)
        }
        let zip = try ScratchFile(path: packed)
        let produced = try produce { bytes throws(SinkError) in try zip.write(bytes) }
        guard produced.parts == 1 else {
            throw APIError.tooLargeForOneFile(parts: produced.parts, format: format.rawValue)
        }
        var limits = ZIPReader.Limits()
        limits.entrySize = .max
        let reader = try ZIPReader(path: packed, limits: limits)
        guard let entry = try reader.next() else { throw ZIPError.noArchive(path: packed) }
        let output = try ScratchFile(path: bare)
        var shield = WordShield(for: format)
        var content = try reader.open(entry)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var isBegun = head.isEmpty
        while true {
            let count = try reader.read(&content, into: buffer)
            if count == 0 { break }
            var piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            if !isBegun {
                // Both are objects: the end of one and the beginning of the other become a comma.
                isBegun = true
                let begin = Array((head.dropLast() + ",").utf8)
                try begin.withUnsafeBytes { bytes in try shield.pass(bytes, to: output) }
                piece = UnsafeRawBufferPointer(rebasing: piece.dropFirst())
            }
            try shield.pass(piece, to: output)
        }
        try shield.finish(to: output)
        return BareFile(file: try OpenFile(path: bare), name: entry.name)
    }
}

/// A file that is written once, in order. Closed with its owner.
final class ScratchFile: Sendable {
    private let path: String
    private let descriptor: Int32

    init(path: String) throws(SinkError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unavailable("creating \(path): \(systemMessage(errno))") }
    }

    deinit { close(descriptor) }

    func write(_ bytes: UnsafeRawBufferPointer) throws(SinkError) {
        var rest = bytes
        while rest.count > 0 {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unavailable("writing \(path): \(systemMessage(errno))") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}

/// Keeps the word `errorCode` out of good text answers, which a client takes for an error wherever it stands in the body
/// (mend-api.md §1.1). It can only be data: one of its letters is written as an escape of the format. Formats without
/// escapes, and binary ones, pass as they are.
struct WordShield {
    private static let word = Array("errorCode".utf8)
    /// What stands for the word's first letter; nil to change nothing.
    private let escape: [UInt8]?
    /// Bytes at the end of the last piece that may begin the word.
    private var held: [UInt8] = []

    init(for format: Format) {
        escape =
            switch format {
            case .json: Array("\\u0065".utf8)
            case .xml: Array("&#101;".utf8)
            default: nil
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
