import CLibYAML

// DESIGN. libyaml's event interface requests bytes as it needs them and builds no tree. Anchors are ignored and aliases
// refused, so nothing is ever expanded. The length of an event is bounded, because libyaml holds a whole value.

/// The reason why a YAML text could not be read.
package enum YAMLError: Error, Equatable, CustomStringConvertible {
    /// The text is not well-formed; with the parser's message.
    case malformed(String, line: Int)
    /// The text has an alias (`*name`) for another part of the document.
    case alias(line: Int)
    /// A second document follows.
    case severalDocuments(line: Int)
    /// One value is longer than this many bytes.
    case tooLong(limit: Int)

    package var description: String {
        switch self {
        case .malformed(let what, let line): "the YAML is not well-formed: \(what) in line \(line)"
        case .alias(let line): "the YAML has an alias (*…) in line \(line), which is not read; write the value itself"
        case .severalDocuments(let line): "the YAML has a second document in line \(line); one is read"
        case .tooLong(let limit): "a value of the YAML is longer than \(limit) bytes"
        }
    }
}

/// Reads YAML 1.1 text event by event.
///
///     let yaml = YAMLParser(valueLimit: 1 << 20, source)  // bytes of a value
///     while case let event = try yaml.next(), event != .end {
///         if case .scalar(let bytes, _) = event { print(String(decoding: bytes, as: UTF8.self)) }
///     }
///
/// A parser belongs to one thread and reads one text. It calls its source before `next` returns; the source must not
/// call the parser. Errors are `YAMLError`s and those of the source; after an error no further call is allowed.
package final class YAMLParser {
    /// The next event of the text.
    package enum Event: Equatable, Sendable {
        case mappingStart
        case mappingEnd
        case sequenceStart
        case sequenceEnd
        /// A value or a key; `isPlain` when it has no quotes, so that it may be something other than text.
        case scalar([UInt8], isPlain: Bool)
        /// The text has ended.
        case end
    }

    /// Writes the next bytes into the buffer and returns their number; 0 at the end.
    package typealias Source = (UnsafeMutableRawBufferPointer) throws -> Int

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let source: Source
    private let valueLimit: Int
    /// Bytes taken since the last event.
    private var taken = 0
    private var failure: (any Error)?
    private var documents = 0

    /// - Parameter valueLimit: the approximate limit of bytes in one value.
    package init(valueLimit: Int, _ source: @escaping Source) {
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        self.source = source
        self.valueLimit = valueLimit
        yaml_parser_initialize(parser)
        yaml_parser_set_input(
            parser,
            { data, buffer, size, read in
                guard let data, let buffer, let read else { return 0 }
                let parser = Unmanaged<YAMLParser>.fromOpaque(data).takeUnretainedValue()
                guard let count = parser.fill(UnsafeMutableRawBufferPointer(start: buffer, count: size)) else {
                    return 0
                }
                read.pointee = count
                return 1
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        do {
            let count = try source(buffer)
            taken += count
            guard taken <= valueLimit else { throw YAMLError.tooLong(limit: valueLimit) }
            return count
        } catch {
            failure = error
            return nil
        }
    }

    /// The next event with content. Errors of the source are rethrown.
    package func next() throws -> Event {
        while true {
            var event = yaml_event_t()
            let isGood = yaml_parser_parse(parser, &event) != 0
            defer { yaml_event_delete(&event) }
            if let failure { throw failure }
            guard isGood else {
                let words = parser.pointee.problem.map { String(cString: $0) } ?? "it cannot be read"
                throw YAMLError.malformed(words, line: Int(parser.pointee.problem_mark.line) + 1)
            }
            taken = 0
            let line = Int(event.start_mark.line) + 1
            switch event.type {
            case YAML_DOCUMENT_START_EVENT:
                documents += 1
                if documents > 1 { throw YAMLError.severalDocuments(line: line) }
            case YAML_MAPPING_START_EVENT: return .mappingStart
            case YAML_MAPPING_END_EVENT: return .mappingEnd
            case YAML_SEQUENCE_START_EVENT: return .sequenceStart
            case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
                return .scalar(
                    Array(bytes), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.plain_implicit != 0)
            case YAML_ALIAS_EVENT: throw YAMLError.alias(line: line)
            case YAML_STREAM_END_EVENT: return .end
            default: break
            }
        }
    }
}
