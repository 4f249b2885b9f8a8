package import Bytes
import Glibc

/// A request file, which an agent wrote to disk instead of sending it.
package enum AgentFile {
    /// Writes the JSON of a file into another file. The file may be compressed, and may be base64 of compressed data.
    package static func decode(file path: String, into file: DurableFile, limit: Int) throws {
        let source = open(path, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw SinkError.system(doing: "cannot read", path: path, errno: errno) }
        defer { close(source) }
        let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { window.deallocate() }
        var diff = AgentDiff(into: file, limit: limit)
        var isFirst = true
        while true {
            let count = read(source, window.baseAddress, window.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SinkError.system(doing: "cannot read", path: path, errno: errno) }
            if count == 0 { break }
            let piece = UnsafeRawBufferPointer(rebasing: window[..<count])
            if isFirst { diff.begin(file: piece) }
            isFirst = false
            try diff.write(piece)
        }
        try diff.finish()
    }
}

/// Writes the projects of an agent's request to a file, as JSON.
struct AgentDiff: ~Copyable {
    /// The form in which the client sent the projects.
    enum Form {
        /// Unencoded JSON.
        case plain
        case encodedJSON
        /// Base64, usually of compressed JSON, percent-encoded.
        case base64
    }

    private let file: DurableFile
    private let limit: Int
    private var isBase64 = false
    private var isRaw = false
    private var decoder = Base64Decoder()
    private var inflater: Inflater?
    private var hasBegun = false

    /// - Parameter limit: the most bytes of JSON.
    init(into file: DurableFile, limit: Int) {
        self.file = file
        self.limit = limit
    }

    /// The form of a text, by its beginning; nil when more bytes are needed, or when the text ended and is blank.
    static func form(of beginning: [UInt8], isOver: Bool) -> Form? {
        var index = 0
        func skipBlanks() {
            while index < beginning.count {
                switch beginning[index] {
                case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: "+"): index += 1
                case UInt8(ascii: "%"):
                    guard let byte = code(at: index, of: beginning), [0x20, 0x09, 0x0A, 0x0D].contains(byte) else {
                        return
                    }
                    index += 3
                default: return
                }
            }
        }
        skipBlanks()
        // No agent begins its JSON with this many blanks; the reader will refuse the rest.
        guard index < beginning.count else { return beginning.count > 1 << 16 ? .base64 : nil }
        let first = beginning[index]
        if first == UInt8(ascii: "%") {
            guard index + 2 < beginning.count || isOver else { return nil }
            let byte = code(at: index, of: beginning)
            return byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") ? .encodedJSON : .base64
        }
        guard isBracket(first) else { return .base64 }
        while index < beginning.count, isBracket(beginning[index]) {
            index += 1
            skipBlanks()
        }
        guard index < beginning.count else { return isOver || beginning.count > 1 << 16 ? .plain : nil }
        guard beginning[index] == UInt8(ascii: "%") else { return .plain }
        guard index + 2 < beginning.count || isOver else { return nil }
        return code(at: index, of: beginning) == nil ? .plain : .encodedJSON
    }

    private static func isBracket(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") }

    private static func code(at index: Int, of bytes: [UInt8]) -> UInt8? {
        guard index + 2 < bytes.count, let high = PercentDecoder.value(of: bytes[index + 1]),
            let low = PercentDecoder.value(of: bytes[index + 2])
        else { return nil }
        return high << 4 | low
    }

    // MARK: Writing

    mutating func begin(_ form: Form) { isBase64 = form == .base64 }

    /// Like `begin`, for a file that may be compressed without base64.
    mutating func begin(file beginning: UnsafeRawBufferPointer) {
        let first = beginning.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) } ?? 0
        isRaw = first == 0x1F || first == 0x78 && beginning.count > 1 && ![0x20, 0x22].contains(beginning[1])
        isBase64 = !isRaw && !Self.isBracket(first)
    }

    /// Takes a percent-decoded piece.
    mutating func write(_ piece: UnsafeRawBufferPointer) throws {
        if isRaw { return try inflate(piece) }
        guard isBase64 else { return try keep(piece) }
        let output = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Base64Decoder.room(for: piece.count), alignment: 16)
        defer { output.deallocate() }
        let count = try decoder.decode(piece, into: output)
        try inflate(UnsafeRawBufferPointer(rebasing: output[..<count]))
    }

    mutating func finish() throws {
        if isBase64 {
            let last = try decoder.finish()
            try last.withUnsafeBytes { try inflate($0) }
        }
        try inflater?.finish()
        guard file.size > 0 else { throw AgentError.badDiff("it is empty") }
    }

    private mutating func inflate(_ piece: UnsafeRawBufferPointer) throws {
        guard let first = piece.first else { return }
        if !hasBegun {
            hasBegun = true
            if Inflater.takes(first) { inflater = try Inflater(limit: limit) }
        }
        guard let inflater else { return try keep(piece) }
        try inflater.inflate(piece) { try file.write($0) }
    }

    private func keep(_ piece: UnsafeRawBufferPointer) throws {
        guard file.size + Int64(piece.count) <= Int64(limit) else {
            throw AgentError.badDiff("it comes to more than \(limit) bytes")
        }
        try file.write(piece)
    }
}
