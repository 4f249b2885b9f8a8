import Bytes

// DESIGN. Facts are kept as JSON whose members have a fixed order and are left out when empty, so that equal facts are
// equal bytes: their digest is the identity of a library row. The writer appends to one array that is used again.

/// A text from the database that is not what this version writes.
package struct FactsError: Error, Equatable, CustomStringConvertible {
    let what: String
    let why: String

    package var description: String { "reading \(what) from the database: \(why)" }
}

/// Writes JSON objects without their empty members.
package struct FactsWriter: ~Copyable {
    private var sink = ByteSink()
    private var needsComma = false

    package init() {}

    /// The text written so far.
    package var text: String { sink.text }

    package var count: Int { sink.count }

    /// The bytes written so far, for a digest.
    package var bytes: [UInt8] { sink.bytes }

    /// Forgets what was written, keeps the memory.
    package mutating func removeAll() {
        sink.removeAll()
        needsComma = false
    }

    package mutating func object(_ body: (inout Self) -> Void) {
        comma()
        sink.append(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        sink.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func object(_ key: StaticString, _ body: (inout Self) -> Void) {
        name(key)
        object(body)
    }

    package mutating func text(_ key: StaticString, _ value: String) {
        if value.isEmpty { return }
        name(key)
        append(value)
    }

    /// A member that is there even when its text is empty.
    package mutating func required(_ key: StaticString, _ value: String) {
        name(key)
        append(value)
    }

    package mutating func flag(_ key: StaticString) {
        name(key)
        sink.append("true")
        needsComma = true
    }

    package mutating func number(_ key: StaticString, _ value: Double) {
        name(key)
        sink.append(raw: "\(value)")
        needsComma = true
    }

    package mutating func number(_ key: StaticString, _ value: Int) {
        name(key)
        sink.append(raw: "\(value)")
        needsComma = true
    }

    /// A list that is there even when it is empty.
    package mutating func required(_ key: StaticString, _ values: [String]) {
        if values.isEmpty {
            name(key)
            sink.append("[]")
            needsComma = true
        } else {
            texts(key, values)
        }
    }

    package mutating func texts(_ key: StaticString, _ values: [String]) { list(key, values) { $0.append($1) } }

    package mutating func list<Element>(_ key: StaticString, _ values: [Element], _ each: (inout Self, Element) -> Void)
    {
        if values.isEmpty { return }
        name(key)
        sink.append(UInt8(ascii: "["))
        needsComma = false
        for value in values { each(&self, value) }
        sink.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Appends a text as a JSON string.
    package mutating func append(_ value: String) {
        comma()
        sink.append(jsonString: value)
        needsComma = true
    }

    private mutating func name(_ key: StaticString) {
        comma()
        sink.append(UInt8(ascii: "\""))
        sink.append(key)
        sink.append(UInt8(ascii: "\""))
        sink.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func comma() {
        if needsComma { sink.append(UInt8(ascii: ",")) }
    }
}
