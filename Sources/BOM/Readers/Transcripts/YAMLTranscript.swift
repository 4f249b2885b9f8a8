import Bytes

// DESIGN. YAML of SPDX is the JSON form in another syntax (spdx-spec 2.3, clause 5). A value without quotes may look like
// a number or a Boolean in YAML although the standard has a text, such as a version `1.0`. So the name of a member
// decides its type, not the form of its value.

/// Converts SPDX YAML to the JSON form, event by event.
final class YAMLTranscript {
    private static let numbers: Set<String> = ["offset", "lineNumber", "order"]
    private static let booleans: Set<String> = [
        "filesAnalyzed", "isLive", "isMatch", "isValid", "isWayBackLink",
    ]
    private static let nothing = [Array("".utf8), Array("null".utf8), Array("Null".utf8), Array("~".utf8)]

    private enum Level {
        /// An object before a key, and an object after a key with the key's name.
        case key(isFirst: Bool)
        case value(of: String)
        case list(isFirst: Bool, of: String)
    }

    private let out: Transcript
    private let parser: YAMLParser
    private var levels: [Level] = []

    private init(_ out: Transcript, _ parser: YAMLParser) {
        self.out = out
        self.parser = parser
    }

    /// A source of the JSON form of YAML, which comes from another source.
    static func source(of text: @escaping JSONReader.Source) -> JSONReader.Source {
        let parser = YAMLParser(valueLimit: JSONReader.tokenLimit) { buffer in try text(buffer) }
        var reading: YAMLTranscript?
        return Transcript.source { (out) throws(JSONError) in
            let reader = reading ?? YAMLTranscript(out, parser)
            reading = reader
            do {
                return try reader.advance()
            } catch let error as JSONError {
                throw error
            } catch {
                throw .transcript("\(error)")
            }
        }
    }

    /// Handles an event; false when there are no more.
    private func advance() throws -> Bool {
        switch try parser.next() {
        case .mappingStart:
            begin()
            out.json.append("{")
            levels.append(.key(isFirst: true))
        case .sequenceStart:
            let name = begin()
            out.json.append("[")
            levels.append(.list(isFirst: true, of: name))
        case .mappingEnd:
            levels.removeLast()
            out.json.append("}")
        case .sequenceEnd:
            levels.removeLast()
            out.json.append("]")
        case .scalar(let bytes, let isPlain):
            if case .key(let isFirst)? = levels.last {
                if !isFirst { out.json.append(",") }
                out.string(bytes[...])
                out.json.append(":")
                levels[levels.count - 1] = .value(of: String(decoding: bytes, as: UTF8.self))
            } else {
                scalar(bytes, isPlain: isPlain, of: begin())
            }
        case .end: return false
        }
        return true
    }

    /// Begins a value: writes the text before it, and returns the name of its member.
    @discardableResult
    private func begin() -> String {
        switch levels.last {
        case .value(let name)?:
            levels[levels.count - 1] = .key(isFirst: false)
            return name
        case .list(let isFirst, let name)?:
            if !isFirst { out.json.append(",") }
            levels[levels.count - 1] = .list(isFirst: false, of: name)
            return name
        // A key that is not a scalar; the JSON reader refuses the result.
        case .key?, nil: return ""
        }
    }

    private func scalar(_ bytes: [UInt8], isPlain: Bool, of name: String) {
        if isPlain, Self.nothing.contains(bytes) {
            out.json.append("null")
        } else if isPlain, Self.numbers.contains(name) {
            out.number(bytes[...])
        } else if isPlain, Self.booleans.contains(name) {
            out.boolean(Array(String(decoding: bytes, as: UTF8.self).lowercased().utf8)[...])
        } else {
            out.string(bytes[...])
        }
    }
}
