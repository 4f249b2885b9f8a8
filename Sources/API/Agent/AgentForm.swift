import Bytes
import HTTP
import Inventory

// DESIGN. The body is a form, which is read once in pieces of one buffer. Its field `diff` is written to a file as JSON, in
// constant memory. Clients send the field in three forms (mend-api.md §4): JSON, percent-encoded; compressed JSON as
// base64, percent-encoded; and unencoded JSON with blanks, quotes, `+` and `&` in it. The first character that is not blank
// distinguishes them, because an encoded body has its `[` and `{` encoded. Unencoded JSON ends where its brackets close, so
// neither an `&` inside a text nor a field after the JSON causes harm. A `%` without two digits after it counts as itself.
// So does a `+` in base64, where blanks have no meaning.

/// The fields of an agent's request, while its projects are written to a file.
struct AgentForm: ~Copyable {
    /// The longest accepted value of a field, in bytes.
    static let valueLimit = 64 << 10
    private static let nameLimit = 100
    /// The time of the request, in seconds or milliseconds since 1970, up to the year 9999.
    static let timeStamp = WholeNumber("timeStamp", in: 0...253_402_300_799_999)
    /// The fields that are read, except `diff`.
    static let parameters: [Parameter] =
        [
            .words("type", AgentPlan.Kind.allCases.map(\.rawValue)).required, .text("token").required, .text("userKey"),
            .number(timeStamp), .words("updateType", AgentUpload.UpdateType.allCases.map(\.rawValue)),
        ]
        + [
            "product", "productToken", "agent", "agentVersion", "pluginVersion", "requesterEmail",
            "aggregateProjectName", "aggregateProjectToken", "scanComment",
        ].map { .text($0) }
        + ["aggregateModules", "preserveModuleStructure", "forceCheckAllDependencies", "populateVulnerabilities"].map {
            .flag($0)
        }
    private static let names = Set(parameters.map(\.name))

    private enum Place {
        case name
        case value
        case passedOver
        /// Inside `diff`, before its form is known.
        case beginning
        case encoded
        case plain
        case behindPlain
    }

    private(set) var fields: [String: String] = [:]
    private var place = Place.name
    private var name: [UInt8] = []
    private var value: [UInt8] = []
    private var decoder = PercentDecoder()
    private var diff: AgentDiff
    private var nesting = Nesting()
    private var hasDiff = false

    private init(into file: DurableFile, limit: Int) { diff = AgentDiff(into: file, limit: limit) }

    /// Reads a body. Writes the JSON of its projects to `file`, which is not published, and returns the fields.
    ///
    /// - Parameters:
    ///   - limit: the most bytes of the decoded JSON.
    ///   - admit: checks the fields that come before the projects; when it throws, reading ends.
    static func read(
        _ body: HTTPRequest.Body, into file: DurableFile, limit: Int, admit: ([String: String]) throws -> Void
    ) throws -> [String: String] {
        let source = try BodySource(body)
        var form = AgentForm(into: file, limit: limit)
        let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { window.deallocate() }
        while case let count = try source.read(into: window), count > 0 {
            try form.take(UnsafeRawBufferPointer(rebasing: window[..<count]), admit: admit)
        }
        try form.finish()
        return form.fields
    }

    /// The complete fields at the beginning of a body, up to the projects, and whether the projects were reached.
    static func front(of beginning: [UInt8]) -> (fields: [String: String], isWhole: Bool) {
        func text(_ bytes: ArraySlice<UInt8>) -> String {
            var decoder = PercentDecoder()
            var output: [UInt8] = []
            decoder.decode(bytes, into: &output)
            decoder.finish(into: &output)
            return String(decoding: output, as: UTF8.self).trimmingBlanks()
        }
        var fields: [String: String] = [:]
        var rest = beginning[...]
        while true {
            if rest.starts(with: "diff=".utf8) { return (fields, true) }
            guard let end = rest.firstIndex(of: UInt8(ascii: "&")) else { return (fields, false) }
            let field = rest[..<end]
            rest = rest[(end + 1)...]
            guard let equal = field.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: field[..<equal], as: UTF8.self)
            let value = text(field[(equal + 1)...])
            if names.contains(name), !value.isEmpty { fields[name] = value }
        }
    }

    // MARK: Pieces

    private mutating func take(_ piece: UnsafeRawBufferPointer, admit: ([String: String]) throws -> Void) throws {
        var rest = piece[...]
        while !rest.isEmpty {
            switch place {
            case .name:
                let end = rest.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "&") }
                name.append(contentsOf: rest[..<(end ?? rest.endIndex)].prefix(Self.nameLimit + 1 - name.count))
                guard let end else { return }
                let isOver = rest[end] == UInt8(ascii: "&")
                rest = rest[(end + 1)...]
                if isOver { name.removeAll() } else { try beginValue(admit) }
            case .value, .passedOver, .encoded:
                let end = rest.firstIndex(of: UInt8(ascii: "&"))
                let part = UnsafeRawBufferPointer(rebasing: rest[..<(end ?? rest.endIndex)])
                if place != .passedOver {
                    decoder.decode(part, into: &value)
                    if place == .encoded {
                        try passOn()
                    } else if value.count > Self.valueLimit {
                        throw AgentError.badField(
                            key, value: String(decoding: value.prefix(50), as: UTF8.self),
                            accepted: "at most \(Self.valueLimit) bytes")
                    }
                }
                guard let end else { return }
                rest = rest[(end + 1)...]
                try endValue()
            case .beginning:
                let end = rest.firstIndex(of: UInt8(ascii: "&"))
                let isOver = end != nil
                value.append(contentsOf: rest[..<(end ?? rest.endIndex)])
                rest = rest[(end ?? rest.endIndex)...]
                if let form = AgentDiff.form(of: value, isOver: isOver) {
                    try beginDiff(as: form)
                } else if isOver {
                    // An empty field.
                    rest = rest.dropFirst()
                    try endValue()
                }
            case .plain:
                let end = nesting.end(of: rest) ?? rest.endIndex
                try diff.write(UnsafeRawBufferPointer(rebasing: rest[..<end]))
                rest = rest[end...]
                if nesting.isOver { place = .behindPlain }
            case .behindPlain:
                let end = rest.firstIndex(of: UInt8(ascii: "&"))
                // Only blanks may follow; the JSON reader reports anything else.
                try diff.write(UnsafeRawBufferPointer(rebasing: rest[..<(end ?? rest.endIndex)]))
                guard let end else { return }
                rest = rest[(end + 1)...]
                try endValue()
            }
        }
    }

    private var key: String { String(decoding: name, as: UTF8.self) }

    private mutating func beginValue(_ admit: ([String: String]) throws -> Void) throws {
        let key = key
        decoder = PercentDecoder()
        if key == "diff" {
            guard !hasDiff else { throw AgentError.badDiff("the form has two fields diff") }
            hasDiff = true
            try admit(fields)
            place = .beginning
        } else {
            place = Self.names.contains(key) ? .value : .passedOver
        }
    }

    /// Continues with the bytes that were held until the form of the projects was known.
    private mutating func beginDiff(as form: AgentDiff.Form) throws {
        let held = value
        value.removeAll()
        diff.begin(form)
        switch form {
        case .plain:
            place = .plain
            // The held bytes cannot contain the end: they contain only the beginning of the first member.
            try held.withUnsafeBytes { bytes in
                let end = nesting.end(of: bytes[...]) ?? bytes.endIndex
                try diff.write(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
                if nesting.isOver {
                    place = .behindPlain
                    try diff.write(UnsafeRawBufferPointer(rebasing: bytes[end...]))
                }
            }
        case .encodedJSON, .base64:
            place = .encoded
            decoder = PercentDecoder(plusIsBlank: form == .encodedJSON)
            held.withUnsafeBytes { decoder.decode($0, into: &value) }
            try passOn()
        }
    }

    private mutating func passOn() throws {
        try value.withUnsafeBytes { try diff.write($0) }
        value.removeAll(keepingCapacity: true)
    }

    private mutating func endValue() throws {
        switch place {
        case .value:
            decoder.finish(into: &value)
            // No text in the database may contain NUL.
            guard !value.contains(0), let text = String(validating: value, as: UTF8.self) else {
                throw AgentError.badField(key, value: "", accepted: "text in UTF-8 without NUL")
            }
            let trimmed = text.trimmingBlanks()
            if !trimmed.isEmpty { fields[key] = trimmed }
        case .beginning:
            if let form = AgentDiff.form(of: value, isOver: true) {
                try beginDiff(as: form)
                return try endValue()
            }
        case .encoded:
            decoder.finish(into: &value)
            try passOn()
        case .name, .passedOver, .plain, .behindPlain: break
        }
        value.removeAll()
        name.removeAll()
        place = .name
    }

    private mutating func finish() throws {
        try endValue()
        guard hasDiff else { throw AgentError.badDiff("it is missing") }
        try diff.finish()
    }
}

/// Decodes `application/x-www-form-urlencoded` from pieces that may end anywhere.
package struct PercentDecoder {
    private let blank: UInt8
    /// After a `%`, with the first digit if it has arrived.
    private var isOpen = false
    private var digit: UInt8?

    package init(plusIsBlank: Bool = true) { blank = UInt8(ascii: plusIsBlank ? " " : "+") }

    package mutating func decode(_ input: some Sequence<UInt8>, into output: inout [UInt8]) {
        for byte in input {
            if isOpen {
                if let value = Self.value(of: byte) {
                    if let first = digit {
                        output.append((Self.value(of: first) ?? 0) << 4 | value)
                        (isOpen, digit) = (false, nil)
                    } else {
                        digit = byte
                    }
                    continue
                }
                finish(into: &output)
            }
            switch byte {
            case UInt8(ascii: "%"): isOpen = true
            case UInt8(ascii: "+"): output.append(blank)
            default: output.append(byte)
            }
        }
    }

    /// Ends the text: an incomplete `%` sequence counts as itself.
    package mutating func finish(into output: inout [UInt8]) {
        if isOpen { output.append(UInt8(ascii: "%")) }
        if let digit { output.append(digit) }
        (isOpen, digit) = (false, nil)
    }

    static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// Finds the end of a JSON object or array in a text that comes in pieces.
private struct Nesting {
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    private(set) var isOver = false

    /// The position after the last bracket, if it is in this piece.
    mutating func end(of piece: Slice<UnsafeRawBufferPointer>) -> Int? {
        for index in piece.indices {
            let byte = piece[index]
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                if depth <= 0 {
                    isOver = true
                    return index + 1
                }
            default: break
            }
        }
        return nil
    }
}
