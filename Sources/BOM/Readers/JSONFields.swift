package import Bytes

// How the readers of JSON syntaxes take values: null counts as absent, and a number or a Boolean where text should
// stand is read as it is spelled, because generators write `"version": 1.10`.

extension JSONReader {
    /// The next value as text; empty for null.
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

    /// Enters an array, or reads past null and returns false.
    package mutating func beginArrayUnlessNull() throws(JSONError) -> Bool {
        if try peek() == .null {
            try null()
            return false
        }
        try beginArray()
        return true
    }

    /// Enters an object, or reads past null and returns false.
    package mutating func beginObjectUnlessNull() throws(JSONError) -> Bool {
        if try peek() == .null {
            try null()
            return false
        }
        try beginObject()
        return true
    }

    /// Goes to the next object of the array and enters it, past elements that are null; false when the array ended.
    package mutating func nextObject() throws(JSONError) -> Bool {
        while try nextElement() {
            if try beginObjectUnlessNull() { return true }
        }
        return false
    }

    /// The texts of an array that are not empty; a single text counts as an array of one.
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

/// The members of an object that have no field in the model, as they came.
///
/// The text is part of the facts whose digest is kept, so its escapes stay as they are: `JSONWriter` has shorter ones.
struct ExtraFields {
    /// The most bytes of one object's extra.
    static let limit = 1 << 20

    private var body = ""
    private var keys = Set<String>()

    /// One JSON object, or empty without members.
    var text: String { body.isEmpty ? "" : "{\(body)}" }

    /// Keeps the member at hand; false when it was too much and was read past.
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
    /// Keeps the member at hand among the extra, or says that it was too much.
    mutating func keep(_ json: inout JSONReader, in extra: inout ExtraFields) throws(JSONError) {
        let key = json.key()
        if try !extra.keep(&json) {
            warn(.extra, "\"\(key.prefix(100))\" is larger than 1 MiB and was left out")
        }
    }
}
