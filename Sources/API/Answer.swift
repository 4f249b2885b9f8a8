import Bytes
import HTTP

/// A good JSON answer, written member by member.
///
/// One function writes texts, and it keeps the word `errorCode` out of them (mend-api.md §1.1). Keys are constants.
///
///     return Answer.object { $0.text("orgName", name) }
enum Answer {
    /// UTF-8 is stated, because clients read other types as Latin-1 or as binary.
    static let mediaType = "application/json;charset=UTF-8"

    /// A writer of JSON that never writes the word `errorCode` in a text.
    static func writer(to sink: consuming ByteSink = ByteSink()) -> JSONWriter {
        JSONWriter(.withoutErrorCode, to: sink)
    }

    /// The whole answer: an object with the members that `members` writes.
    static func object(_ members: (inout JSONWriter) throws -> Void) rethrows -> HTTPResponse {
        var json = writer()
        try json.object(members)
        return HTTPResponse(type: mediaType, bytes: json.bytes)
    }

    /// The text of an object with the members that `members` writes, for JSON inside a text.
    static func text(_ members: (inout JSONWriter) throws -> Void) rethrows -> String {
        var json = writer()
        try json.object(members)
        return json.text
    }

    /// `{"message": …}`.
    static func message(_ text: String) -> HTTPResponse { object { $0.text("message", text) } }
}

extension JSONWriter {
    /// A member that is an object with one name and value for each element.
    mutating func map<Value>(
        _ key: StaticString, _ values: [(name: String, value: Value)],
        _ write: (inout JSONWriter, String, Value) throws -> Void
    ) rethrows {
        try object(key) { json in
            for (name, value) in values { try write(&json, name, value) }
        }
    }

    /// `yyyy-MM-dd HH:mm:ss +0000`, the format of times in vitals, which clients parse with exactly this pattern
    /// (mend-api.md §2).
    mutating func zonedTime(_ key: StaticString, _ milliseconds: Int64) {
        text(key, "\(TimeText.time(milliseconds)) +0000")
    }
}
