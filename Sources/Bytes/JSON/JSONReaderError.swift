/// The reason why a JSON text could not be read. Offsets count bytes from the beginning of the text.
package enum JSONError: Error, Equatable, CustomStringConvertible {
    /// The text has another value or sign than the grammar or the caller expects.
    case unexpected(expected: String, found: String, offset: Int)
    /// The text ends in the middle of a value.
    case truncated(offset: Int)
    /// Bytes in a string are not UTF-8 (Unicode 15, table 3-7).
    case invalidUTF8(offset: Int)
    /// A backslash sequence that RFC 8259 §7 does not define, or half a surrogate pair.
    case invalidEscape(String, offset: Int)
    /// A control character stands unescaped in a string.
    case controlCharacter(UInt8, offset: Int)
    /// A number that breaks the grammar, or that the requested type cannot hold.
    case invalidNumber(String, offset: Int)
    /// An object has the same key twice; choosing one would be a guess.
    case duplicateKey(String, offset: Int)
    /// Objects and arrays are nested deeper than the limit.
    case tooDeep(limit: Int, offset: Int)
    /// A string or number is longer than the limit.
    case tooLong(limit: Int, offset: Int)
    /// The value goes on beyond `JSONReader.ceiling`.
    case pastCeiling(offset: Int)
    /// The source failed; with the file system's reason and the missing resource, if known.
    case source(String, Outage? = nil)
    /// The source converts another syntax to JSON, and its text is malformed.
    case transcript(String)

    /// The position in the text, for cases that have one.
    package var offset: Int? {
        switch self {
        case .unexpected(_, _, let offset), .truncated(let offset), .invalidUTF8(let offset),
            .invalidEscape(_, let offset), .controlCharacter(_, let offset), .invalidNumber(_, let offset),
            .duplicateKey(_, let offset), .tooDeep(_, let offset), .tooLong(_, let offset),
            .pastCeiling(let offset):
            offset
        case .source, .transcript: nil
        }
    }

    /// The fault without its position.
    package var what: String {
        switch self {
        case .unexpected(let expected, let found, _): "expected \(expected), found \(found)"
        case .truncated: "the JSON text ends too early"
        case .invalidUTF8: "a string is not valid UTF-8"
        case .invalidEscape(let text, _): "\(text) is no valid escape"
        case .controlCharacter(let byte, _): "control character 0x\(String(byte, radix: 16)) stands bare in a string"
        case .invalidNumber(let text, _): "\(text) is no number that can be taken here"
        case .duplicateKey(let key, _): "the key \"\(key.prefix(100))\" stands twice in one object"
        case .tooDeep(let limit, _): "values are nested deeper than \(limit) levels"
        case .tooLong(let limit, _): "a single value is longer than \(limit) bytes"
        case .pastCeiling: "a value has more in it than is read"
        case .source(let why, _), .transcript(let why): why
        }
    }

    package var description: String { offset.map { "\(what) (at byte \($0))" } ?? what }
}
