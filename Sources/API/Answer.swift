import Bytes
import HTTP

/// A good JSON answer, written member by member.
///
/// Texts go through the one place that keeps the word `errorCode` out of them (mend-api.md §1.1). Keys are constants.
///
///     var answer = Answer()
///     answer.object { $0.text("orgName", name) }
///     return answer.response
struct Answer: ~Copyable {
    /// UTF-8, said so: clients read other types as Latin-1 or as binary.
    static let mediaType = "application/json;charset=UTF-8"

    private var sink = ByteSink()
    private var isFirst = true

    /// The whole answer: an object with the members that `members` writes.
    static func object(_ members: (inout Answer) throws -> Void) rethrows -> HTTPResponse {
        var answer = Answer()
        try answer.braces(members)
        return HTTPResponse(type: mediaType, bytes: answer.sink.bytes)
    }

    /// The text of an object with the members that `members` writes, for where JSON is carried as text.
    static func text(_ members: (inout Answer) throws -> Void) rethrows -> String {
        var answer = Answer()
        try answer.braces(members)
        return answer.sink.text
    }

    /// A member that is an object whose keys are names, one for each value.
    mutating func map<Value>(
        _ key: StaticString, _ values: [(name: String, value: Value)],
        _ write: (inout Answer, String, Value) throws -> Void
    ) rethrows {
        name(key)
        sink.append(UInt8(ascii: "{"))
        isFirst = true
        for (name, value) in values { try write(&self, name, value) }
        sink.append(UInt8(ascii: "}"))
        isFirst = false
    }

    /// A member of a map that is an object.
    mutating func object(named key: String, _ members: (inout Answer) throws -> Void) rethrows {
        name(dynamic: key)
        try braces(members)
    }

    /// A member of a map that is a number.
    mutating func number(named key: String, _ value: Int64) {
        name(dynamic: key)
        sink.append(decimal: value)
    }

    /// A member of a map that is an array of texts.
    mutating func texts(named key: String, _ values: [String]) {
        name(dynamic: key)
        array(values)
    }

    mutating func flag(_ key: StaticString, _ value: Bool) {
        name(key)
        sink.append(jsonBoolean: value)
    }

    /// A member that is an object.
    mutating func object(_ key: StaticString, _ members: (inout Answer) throws -> Void) rethrows {
        name(key)
        try braces(members)
    }

    /// A member that is an array of objects, one for each value.
    mutating func objects<Value>(
        _ key: StaticString, _ values: [Value], _ members: (inout Answer, Value) throws -> Void
    ) rethrows {
        name(key)
        try array(values, members)
    }

    /// A member of a map that is an array of objects.
    mutating func objects<Value>(
        named key: String, _ values: [Value], _ members: (inout Answer, Value) throws -> Void
    ) rethrows {
        name(dynamic: key)
        try array(values, members)
    }

    private mutating func array<Value>(
        _ values: [Value], _ members: (inout Answer, Value) throws -> Void
    ) rethrows {
        sink.append(UInt8(ascii: "["))
        isFirst = true
        for value in values {
            separate()
            try braces { try members(&$0, value) }
        }
        sink.append(UInt8(ascii: "]"))
        isFirst = false
    }

    mutating func texts(_ key: StaticString, _ values: [String]) {
        name(key)
        array(values)
    }

    private mutating func array(_ values: [String]) {
        sink.append(UInt8(ascii: "["))
        isFirst = true
        for value in values {
            separate()
            sink.append(answerString: value)
        }
        sink.append(UInt8(ascii: "]"))
        isFirst = false
    }

    mutating func text(_ key: StaticString, _ value: String) {
        name(key)
        sink.append(answerString: value)
    }

    /// A member whose value is JSON already, from `Field.json`.
    mutating func raw(_ key: StaticString, _ json: String) {
        name(key)
        sink.append(raw: json)
    }

    mutating func number(_ key: StaticString, _ value: Int64) {
        name(key)
        sink.append(decimal: value)
    }

    /// `yyyy-MM-dd HH:mm:ss`, GMT: the times of the envelope.
    mutating func time(_ key: StaticString, _ milliseconds: Int64) {
        name(key)
        sink.append(jsonTime: milliseconds)
    }

    /// `yyyy-MM-dd HH:mm:ss +0000`: the times of vitals, which clients parse with exactly this pattern (mend-api.md §2).
    mutating func zonedTime(_ key: StaticString, _ milliseconds: Int64) {
        name(key)
        sink.append(UInt8(ascii: "\""))
        sink.append(time: milliseconds)
        sink.append(" +0000\"")
    }

    private mutating func name(_ key: StaticString) {
        separate()
        sink.append(UInt8(ascii: "\""))
        sink.append(key)
        sink.append("\":")
    }

    private mutating func name(dynamic key: String) {
        separate()
        sink.append(answerString: key)
        sink.append(UInt8(ascii: ":"))
    }

    private mutating func separate() {
        if !isFirst { sink.append(UInt8(ascii: ",")) }
        isFirst = false
    }

    private mutating func braces(_ members: (inout Answer) throws -> Void) rethrows {
        sink.append(UInt8(ascii: "{"))
        isFirst = true
        try members(&self)
        sink.append(UInt8(ascii: "}"))
        isFirst = false
    }
}
