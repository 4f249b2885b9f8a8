// DESIGN. Code that writes an object of JSON name by name uses this writer. Three writers do not use it, for speed or
// because of their order. `JSONFormat` writes rows of a report with a program that is compiled once for the columns.
// `JSONTree` writes bills of materials, each item on its own line, with names shared with XML. `JSONPart` joins members
// that arrive in another order.

/// Writes a JSON text (RFC 8259) value by value, with commas, quotation marks and escapes.
///
///     var json = JSONWriter()
///     json.object {
///         $0.text("name", "left-pad")
///         $0.objects("licenses", ["MIT"]) { $0.text("name", $1) }
///     }
///     print(json.text)  // {"name":"left-pad","licenses":[{"name":"MIT"}]}
///
/// Keys are constants; methods for keys that are data say `named:`. The caller must end each object and list that it
/// begins; methods with closures end theirs. Only `drain`, `flush` and the closures can throw.
package struct JSONWriter: ~Copyable {
    /// The way in which strings are written.
    package enum Strings: Sendable {
        /// Unchanged.
        case plain
        /// With an escape in the word `errorCode`, for clients that search answers for it as text.
        case withoutErrorCode
    }

    private var sink: ByteSink
    private let strings: Strings
    private var needsComma = false

    /// A writer into a sink or into memory: see `bytes` and `text`.
    package init(_ strings: Strings = .plain, to sink: consuming ByteSink = ByteSink()) {
        self.strings = strings
        self.sink = sink
    }

    /// The text of an object with the members that `members` writes.
    package static func object(_ members: (inout JSONWriter) throws -> Void) rethrows -> String {
        var json = JSONWriter()
        try json.object(members)
        return json.text
    }

    // MARK: What was written

    /// The bytes that are still in the buffer.
    package var bytes: [UInt8] { sink.bytes }

    /// The text that is still in the buffer.
    package var text: String { sink.text }

    /// The number of bytes written so far.
    package var count: Int { sink.count }

    /// Discards the written text and keeps the memory, for a writer that is used again.
    package mutating func removeAll() {
        sink.removeAll()
        needsComma = false
    }

    /// Passes bytes to the sink's destination when enough are held.
    package mutating func drain() throws(SinkError) { try sink.drain() }

    /// Passes all bytes to the sink's destination.
    package mutating func flush() throws(SinkError) { try sink.flush() }

    // MARK: Structure

    package mutating func beginObject() {
        separate()
        sink.append(UInt8(ascii: "{"))
        needsComma = false
    }

    package mutating func endObject() {
        sink.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func beginArray() {
        separate()
        sink.append(UInt8(ascii: "["))
        needsComma = false
    }

    package mutating func endArray() {
        sink.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Begins a member: its value comes next. The key is written without escaping.
    package mutating func key(_ key: StaticString) {
        separate()
        sink.append(UInt8(ascii: "\""))
        sink.append(key)
        sink.append("\":")
        needsComma = false
    }

    /// Begins a member whose key is data.
    package mutating func key(named key: String) {
        text(key)
        sink.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Ends the line after a complete text. Another text may follow.
    package mutating func endLine() {
        sink.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { sink.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    // MARK: Values: elements of an array, or behind a key

    package mutating func text(_ value: String) {
        separate()
        switch strings {
        case .plain: sink.append(jsonString: value)
        case .withoutErrorCode: sink.append(answerString: value)
        }
    }

    package mutating func number(_ value: Int64) {
        separate()
        sink.append(decimal: value)
    }

    /// A number with a fraction; see `ByteSink.append(jsonNumber:)`.
    package mutating func decimal(_ value: Double) {
        separate()
        sink.append(jsonNumber: value)
    }

    package mutating func flag(_ value: Bool) {
        separate()
        sink.append(jsonBoolean: value)
    }

    package mutating func null() {
        separate()
        sink.append("null")
    }

    /// A value that is JSON text already.
    package mutating func raw(_ json: String) {
        separate()
        sink.append(raw: json)
    }

    package mutating func object(_ members: (inout JSONWriter) throws -> Void) rethrows {
        beginObject()
        try members(&self)
        endObject()
    }

    /// An array with an element for each value; `element` writes it.
    package mutating func array<Value>(
        _ values: some Sequence<Value>, _ element: (inout JSONWriter, Value) throws -> Void
    ) rethrows {
        beginArray()
        for value in values { try element(&self, value) }
        endArray()
    }

    // MARK: Members

    package mutating func text(_ key: StaticString, _ value: String) {
        self.key(key)
        text(value)
    }

    package mutating func number(_ key: StaticString, _ value: Int64) {
        self.key(key)
        number(value)
    }

    package mutating func number(_ key: StaticString, _ value: Int) { number(key, Int64(value)) }

    package mutating func decimal(_ key: StaticString, _ value: Double) {
        self.key(key)
        decimal(value)
    }

    package mutating func flag(_ key: StaticString, _ value: Bool) {
        self.key(key)
        flag(value)
    }

    package mutating func raw(_ key: StaticString, _ json: String) {
        self.key(key)
        raw(json)
    }

    /// A time in UTC as `yyyy-MM-dd HH:mm:ss`, from milliseconds since 1970.
    package mutating func time(_ key: StaticString, _ milliseconds: Int64) {
        self.key(key)
        separate()
        sink.append(jsonTime: milliseconds)
    }

    /// A member that is an object.
    package mutating func object(_ key: StaticString, _ members: (inout JSONWriter) throws -> Void) rethrows {
        self.key(key)
        try object(members)
    }

    /// A member that is an array of objects, one for each value.
    package mutating func objects<Value>(
        _ key: StaticString, _ values: some Sequence<Value>, _ members: (inout JSONWriter, Value) throws -> Void
    ) rethrows {
        self.key(key)
        try array(values) { json, value in try json.object { try members(&$0, value) } }
    }

    /// A member that is an array of texts.
    package mutating func texts(_ key: StaticString, _ values: some Sequence<String>) {
        self.key(key)
        array(values) { $0.text($1) }
    }

    // MARK: Members whose keys are data

    package mutating func text(named key: String, _ value: String) {
        self.key(named: key)
        text(value)
    }

    package mutating func number(named key: String, _ value: Int64) {
        self.key(named: key)
        number(value)
    }

    package mutating func object(named key: String, _ members: (inout JSONWriter) throws -> Void) rethrows {
        self.key(named: key)
        try object(members)
    }

    package mutating func objects<Value>(
        named key: String, _ values: some Sequence<Value>, _ members: (inout JSONWriter, Value) throws -> Void
    ) rethrows {
        self.key(named: key)
        try array(values) { json, value in try json.object { try members(&$0, value) } }
    }

    package mutating func texts(named key: String, _ values: some Sequence<String>) {
        self.key(named: key)
        array(values) { $0.text($1) }
    }
}
