import Bytes

// DESIGN. Facts are stored as JSON with a fixed order of members and without empty members. So equal facts are equal
// bytes, and their digest identifies a library row. The writer appends to one array, which is reused.

/// A text from the database in a form that this version does not write.
package struct FactsError: Error, Equatable, CustomStringConvertible {
    let what: String
    let why: String

    package var description: String { "reading \(what) from the database: \(why)" }
}

/// Writes JSON objects without their empty members.
package struct FactsWriter: ~Copyable {
    private var json = JSONWriter()

    package init() {}

    /// The text written so far.
    package var text: String { json.text }

    package var count: Int { json.count }

    /// The bytes written so far, for a digest.
    package var bytes: [UInt8] { json.bytes }

    /// Discards the written bytes and keeps the memory.
    package mutating func removeAll() { json.removeAll() }

    package mutating func object(_ body: (inout Self) -> Void) {
        json.beginObject()
        body(&self)
        json.endObject()
    }

    package mutating func object(_ key: StaticString, _ body: (inout Self) -> Void) {
        json.key(key)
        object(body)
    }

    package mutating func text(_ key: StaticString, _ value: String) {
        if !value.isEmpty { json.text(key, value) }
    }

    /// A member that is written even when its text is empty.
    package mutating func required(_ key: StaticString, _ value: String) { json.text(key, value) }

    package mutating func flag(_ key: StaticString) { json.flag(key, true) }

    package mutating func number(_ key: StaticString, _ value: Double) { json.decimal(key, value) }

    package mutating func number(_ key: StaticString, _ value: Int) { json.number(key, value) }

    /// A list that is written even when it is empty.
    package mutating func required(_ key: StaticString, _ values: [String]) { json.texts(key, values) }

    package mutating func texts(_ key: StaticString, _ values: [String]) {
        if !values.isEmpty { json.texts(key, values) }
    }

    package mutating func list<Element>(_ key: StaticString, _ values: [Element], _ each: (inout Self, Element) -> Void)
    {
        if values.isEmpty { return }
        json.key(key)
        json.beginArray()
        for value in values { each(&self, value) }
        json.endArray()
    }

    /// Appends a text as a JSON string.
    package mutating func append(_ value: String) { json.text(value) }
}
