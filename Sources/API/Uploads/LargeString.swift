import Bytes

// DESIGN. The JSON form of an upload is a small object with one enormous string. Such a long string does not fit into
// memory. This pass removes the string from the text. It passes the content on in pieces, and leaves an object with an
// empty string, which the strict reader of requests then reads. This pass only knows the grammar that finds a member of
// the outermost object; everything else is left to that reader.

/// Removes the content of one string from a JSON text that comes in pieces.
struct LargeString {
    private enum Place {
        /// Between values. In a string; `isKey` when it is a key of the outermost object.
        case between
        case string
        /// After a backslash in a string.
        case escape
        /// In the removed string.
        case content
        case contentEscape
        /// In a `\u` escape of the removed string.
        case code(digits: Int, value: UInt32)
    }

    /// The most bytes of the remaining text.
    static let restLimit = 256 << 10

    private let name: [UInt8]
    private var place = Place.between
    private var depth = 0
    private var isKey = false
    /// The start of the current key in `rest`, and whether it is the wanted member.
    private var keyStart = 0
    private var isWanted = false
    /// The text without the content of the string.
    private(set) var rest: [UInt8] = []
    /// Whether the text had the member, as a string.
    private(set) var isFound = false

    /// - Parameter name: the key of the member, in ASCII.
    init(named name: String) { self.name = Array(name.utf8) }

    /// Reads a piece of the text and passes its part of the string's content to `content`, with escapes decoded.
    mutating func take(
        _ piece: UnsafeRawBufferPointer, content: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var index = 0
        while index < piece.count {
            let byte = piece[index]
            switch place {
            case .content:
                let start = index
                while index < piece.count, piece[index] != UInt8(ascii: "\""), piece[index] != UInt8(ascii: "\\") {
                    index += 1
                }
                if index > start { try content(.init(rebasing: piece[start..<index])) }
                guard index < piece.count else { return }
                if piece[index] == UInt8(ascii: "\"") {
                    try keep(piece[index])
                    place = .between
                } else {
                    place = .contentEscape
                }
            case .contentEscape, .code:
                try resolve(byte, content)
            case .escape:
                try keep(byte)
                place = .string
            case .string:
                try keep(byte)
                if byte == UInt8(ascii: "\\") {
                    place = .escape
                } else if byte == UInt8(ascii: "\"") {
                    place = .between
                    if isKey { isWanted = rest[keyStart..<rest.count - 1].elementsEqual(name) }
                }
            case .between: try between(byte)
            }
            index += 1
        }
    }

    private mutating func between(_ byte: UInt8) throws {
        try keep(byte)
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            isKey = depth == 1
            isWanted = false
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            isWanted = false
        case UInt8(ascii: ","):
            isKey = depth == 1
            isWanted = false
        case UInt8(ascii: ":"): isKey = false
        case UInt8(ascii: "\""):
            if isWanted, !isKey, depth == 1 {
                guard !isFound else {
                    throw UploadError.malformed(
                        "the request body has two members \"\(String(decoding: name, as: UTF8.self))\"")
                }
                isFound = true
                isWanted = false
                place = .content
            } else {
                keyStart = rest.count
                place = .string
            }
        default: break
        }
    }

    /// A byte behind a backslash in the content (RFC 8259 §7). Characters beyond ASCII become one byte that base64 does
    /// not contain.
    private mutating func resolve(
        _ byte: UInt8, _ content: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let resolved: UInt8
        if case .code(let digits, let value) = place {
            guard let digit = UInt32(String(UnicodeScalar(byte)), radix: 16) else { throw Self.badEscape }
            guard digits == 3 else {
                place = .code(digits: digits + 1, value: value << 4 | digit)
                return
            }
            resolved = UInt8(exactly: value << 4 | digit) ?? 0xFF
        } else {
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "\""): resolved = byte
            case UInt8(ascii: "n"): resolved = 0x0A
            case UInt8(ascii: "r"): resolved = 0x0D
            case UInt8(ascii: "t"): resolved = 0x09
            case UInt8(ascii: "u"):
                place = .code(digits: 0, value: 0)
                return
            default: throw Self.badEscape
            }
        }
        place = .content
        try withUnsafeBytes(of: resolved, content)
    }

    private static let badEscape = UploadError.malformed("a string of the request body has an escape unknown to JSON")

    private mutating func keep(_ byte: UInt8) throws {
        guard rest.count < Self.restLimit else {
            throw UploadError.malformed(
                "the request body has more than \(Self.restLimit) bytes beside the bill of materials")
        }
        rest.append(byte)
    }
}
