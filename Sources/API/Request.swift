import Bytes
import Reports

// DESIGN. The body of a call is read once into a small value; no later code reads JSON. This file tolerates the common
// mistakes of clients (reports.md §1.1): unknown keys are ignored, an empty text or null counts as an absent key, and
// numbers, booleans and texts may replace each other.

/// A value of a request.
package enum RequestValue: Sendable, Equatable {
    case null
    case flag(Bool)
    /// The number in the spelling of the text.
    case number(String)
    case text(String)
    case list([RequestValue])
    case object([String: RequestValue])

    /// The value as one text, for checks of filters. Nil for null, lists and objects.
    var word: String? {
        switch self {
        case .flag(let value): value ? "true" : "false"
        case .number(let text), .text(let text): text
        case .null, .list, .object: nil
        }
    }

    /// Whether the value counts as absent: null, an empty text, an empty list.
    var isAbsent: Bool {
        switch self {
        case .null: true
        case .text(let text): text.trimmingBlanks().isEmpty
        case .list(let values): values.isEmpty
        case .flag, .number, .object: false
        }
    }

    /// The value as texts; a list gives several. An object, or a list inside a list, is kept as its brackets, so that a check
    /// refuses it with its name.
    var words: [String] {
        switch self {
        case .list(let values):
            values.flatMap { value in if case .list = value { [value.shown] } else { value.words } }
        case .object: [shown]
        case .null, .flag, .number, .text: word.map { [$0] } ?? []
        }
    }
}

/// The JSON object of a client's request.
package struct Request: Sendable {
    /// The most levels of objects and arrays in a request.
    static let depthLimit = 32
    /// The most values in a request, over all levels.
    static let valueLimit = 100_000

    private let fields: [String: RequestValue]
    /// The fields that may be read from now on; nil for all fields.
    var declared: [Parameter]?
    /// The unchanged bytes, for the digest in the envelope.
    let body: [UInt8]
    /// The version of the API in the path of the call.
    let version: APIVersion

    /// Reads a body. The error contains the fault and its position.
    init(_ body: [UInt8], _ version: APIVersion = .newest) throws(APIError) {
        self.body = body
        self.version = version
        guard body.contains(where: { $0 > 0x20 }) else {
            throw .badJSON("it is empty; send an object with requestType, userKey and a token")
        }
        var json = JSONReader(body)
        var values = 0
        do {
            fields = try Self.object(from: &json, depth: 1, values: &values)
            try json.finish()
        } catch let error as JSONError {
            throw .badJSON(error.description + Self.hint(for: body))
        } catch let error as APIError {
            throw error
        } catch {
            throw .badJSON("\(error)")
        }
    }

    private static func object(
        from json: inout JSONReader, depth: Int, values: inout Int
    ) throws -> [String: RequestValue] {
        var members: [String: RequestValue] = [:]
        if depth == 1 { members.reserveCapacity(8) }
        try json.beginObject()
        while try json.nextKey() {
            let key = json.key()
            let value = try value(from: &json, depth: depth, values: &values)
            guard members.updateValue(value, forKey: key) == nil else {
                throw JSONError.duplicateKey(key, offset: json.offset)
            }
        }
        return members
    }

    private static func value(from json: inout JSONReader, depth: Int, values: inout Int) throws -> RequestValue {
        values += 1
        guard values <= valueLimit else { throw APIError.badJSON("it has more than \(valueLimit) values") }
        switch try json.peek() {
        case .null:
            try json.null()
            return .null
        case .bool: return .flag(try json.bool())
        case .number: return .number(try json.numberText())
        case .string: return .text(try json.string())
        case .array:
            try check(depth: depth + 1)
            try json.beginArray()
            var elements: [RequestValue] = []
            while try json.nextElement() {
                elements.append(try value(from: &json, depth: depth + 1, values: &values))
            }
            return .list(elements)
        case .object:
            try check(depth: depth + 1)
            return .object(try object(from: &json, depth: depth + 1, values: &values))
        }
    }

    private static func check(depth: Int) throws(APIError) {
        guard depth <= depthLimit else { throw .badJSON("values are nested deeper than \(depthLimit) levels") }
    }

    /// Mend's own page prints its examples with typographic quotes. The error explains this to a user who copies
    /// them.
    private static func hint(for body: [UInt8]) -> String {
        // U+2018 to U+201F are E2 80 98 to E2 80 9F.
        let isTypographic = body.indices.dropLast(2).contains { index in
            body[index] == 0xE2 && body[index + 1] == 0x80 && (0x98...0x9F).contains(body[index + 2])
        }
        return isTypographic
            ? "; the text has typographic quotation marks (“ ” ‘ ’), but JSON takes only the straight one (\")" : ""
    }

    // MARK: Looking

    /// The value of a field, or nil when it is absent, null or empty.
    subscript(key: String) -> RequestValue? {
        assert(declared?.contains { $0.name == key } ?? true, "\(key) is read but not declared by the call (`takes`)")
        guard let field = fields[key], !field.isAbsent else { return nil }
        return field
    }

    /// Whether a field is an empty list, for calls in which that removes values.
    func isEmptyList(_ key: String) -> Bool { fields[key] == .list([]) }

    /// The text of a field without blanks at its ends; nil when it is absent. Other kinds of values are an error.
    func textIfAny(_ key: String, accepted: String) throws(APIError) -> String? {
        switch self[key] {
        case nil: return nil
        case .text(let text): return text.trimmingBlanks()
        case .number(let text): return text
        case .some(let other): throw .badValue(other.shown, of: key, accepted: accepted)
        }
    }

    /// The text of a required field.
    func text(_ key: String, accepted: String) throws(APIError) -> String {
        guard let text = try textIfAny(key, accepted: accepted) else { throw .missing(key, accepted: accepted) }
        return text
    }

    /// The text of the first of these fields that is present.
    func text(oneOf keys: [String], accepted: String) throws(APIError) -> (key: String, text: String) {
        for key in keys {
            if let text = try textIfAny(key, accepted: accepted) { return (key, text) }
        }
        throw .missing(keys.joined(separator: " or "), accepted: accepted)
    }

    /// The filters of a report by their keys in lower case, wherever the client put them.
    ///
    /// The documentation puts them in the object `filter`; some clients put them beside it. A key in `filter` takes
    /// precedence, except for the keys in `topFirst` (in lower case), which are documented beside it (reports.md §1.1
    /// no. 3, §16).
    func filters(topFirst: Set<String>) throws(APIError) -> [String: [String]] {
        let outer = Self.lowered(fields)
        let inner = Self.lowered(try filter())
        var merged = outer.merging(inner) { _, filter in filter }
        for key in topFirst {
            if let field = outer[key] { merged[key] = field }
        }
        return merged.mapValues(\.words)
    }

    /// The keys of the object `filter` in the client's spelling, in the order of their bytes.
    func filterKeys() throws(APIError) -> [String] { try filter().keys.sorted() }

    private func filter() throws(APIError) -> [String: RequestValue] {
        switch self["filter"] {
        case nil: return [:]
        case .object(let members): return members
        case .some(let other):
            throw .badValue(other.words.joined(separator: ","), of: "filter", accepted: "an object")
        }
    }

    /// The members with a value, by key in lower case; of keys that differ only in case, the first in byte order
    /// counts.
    private static func lowered(_ members: [String: RequestValue]) -> [String: RequestValue] {
        var found: [String: RequestValue] = [:]
        for (key, field) in members.sorted(by: { $0.key < $1.key }) where !field.isAbsent {
            let key = key.lowercased()
            if found[key] == nil { found[key] = field }
        }
        return found
    }
}
