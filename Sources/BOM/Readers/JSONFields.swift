package import Bytes

// The rules by which readers of JSON syntaxes take values. Null counts as absent. A number or a Boolean in place of a
// text is read as it is spelled, because generators write `"version": 1.10`.

extension JSONReader {
    /// The next value as a text; empty for null.
    package mutating func text() throws(JSONError) -> String {
        switch try peek() {
        case .string: return try string()
        case .number: return try numberText()
        case .bool: return try bool() ? "true" : "false"
        case .null:
            try null()
            return ""
        case .object, .array: return try string()
        }
    }

    /// Enters an array, or skips null and returns false.
    package mutating func beginArrayUnlessNull() throws(JSONError) -> Bool {
        if try peek() == .null {
            try null()
            return false
        }
        try beginArray()
        return true
    }

    /// Enters an object, or skips null and returns false.
    package mutating func beginObjectUnlessNull() throws(JSONError) -> Bool {
        if try peek() == .null {
            try null()
            return false
        }
        try beginObject()
        return true
    }

    /// Skips null elements and enters the next object of the array; false at the end of the array.
    package mutating func nextObject() throws(JSONError) -> Bool {
        while try nextElement() {
            if try beginObjectUnlessNull() { return true }
        }
        return false
    }

    /// The non-empty texts of an array; a single text counts as an array of one.
    package mutating func texts() throws(JSONError) -> [String] {
        if try peek() == .string { return [try string()] }
        var texts: [String] = []
        guard try beginArrayUnlessNull() else { return texts }
        while try nextElement() {
            let text = try text()
            if !text.isEmpty { texts.append(text) }
        }
        return texts
    }
}

/// The members of an object without a field in the model, unchanged.
///
/// The text is part of the facts whose digest is stored, so its escapes must stay as they are; `JSONWriter` uses
/// shorter ones.
struct ExtraFields {
    /// The most bytes of one object's extra.
    static let limit = 1 << 20

    private var body = ""
    private var keys = Set<String>()

    /// The members as one JSON object; empty without members.
    var text: String { body.isEmpty ? "" : "{\(body)}" }

    /// Keeps the current member; false when it was too large and was skipped.
    mutating func keep(_ json: inout JSONReader) throws(JSONError) -> Bool {
        let key = json.key()
        guard body.utf8.count + key.utf8.count < Self.limit else {
            try json.skipValue()
            return false
        }
        guard keys.insert(key).inserted else { throw .duplicateKey(key, offset: json.offset) }
        guard let raw = try json.rawValue(limit: Self.limit - body.utf8.count) else { return false }
        append(key: key, raw: raw)
        return true
    }

    /// Keeps a member whose value is JSON text already.
    mutating func append(key: String, raw: String) {
        guard raw != "null", !raw.isEmpty else { return }
        if !body.isEmpty { body += "," }
        body += "\"" + Self.escaped(key) + "\":" + raw
    }

    private static func escaped(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else { return key }
        var out = ""
        for scalar in key.unicodeScalars {
            if scalar.value < 0x20 {
                out += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            } else {
                if scalar == "\"" || scalar == "\\" { out += "\\" }
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

extension BOMAssembly {
    /// Keeps the current member among the extra, or warns that it was too large.
    mutating func keep(_ json: inout JSONReader, in extra: inout ExtraFields) throws(JSONError) {
        let key = json.key()
        if try !extra.keep(&json) {
            warn(.extra, "\"\(key.prefix(100))\" is larger than 1 MiB and was left out")
        }
    }
}
