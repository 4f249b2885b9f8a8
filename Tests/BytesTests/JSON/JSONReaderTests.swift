import Bytes
import Foundation
import Testing

/// Reads a whole text with a window so small that every token meets its edge, and returns it as JSON.
private func echo(_ text: [UInt8], window: Int, chunk: Int) throws -> String {
    var rest = text[...]
    var json = JSONReader(window: window) { (buffer) throws(JSONError) in
        let count = min(chunk, buffer.count, rest.count)
        buffer.copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
        return count
    }
    let out = try value(&json)
    try json.finish()
    return out
}

private func value(_ json: inout JSONReader) throws -> String {
    switch try json.peek() {
    case .object:
        var parts: [String] = []
        try json.beginObject()
        while try json.nextKey() {
            let key = json.key()
            parts.append("\(quoted(key)):\(try value(&json))")
        }
        return "{" + parts.joined(separator: ",") + "}"
    case .array:
        var parts: [String] = []
        try json.beginArray()
        while try json.nextElement() { parts.append(try value(&json)) }
        return "[" + parts.joined(separator: ",") + "]"
    case .string: return quoted(try json.string())
    case .number: return try json.numberText()
    case .bool: return try json.bool() ? "true" : "false"
    case .null:
        try json.null()
        return "null"
    }
}

private func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
        if scalar == "\"" || scalar == "\\" || scalar.value < 0x20 {
            out += "\\u" + String(repeating: "0", count: scalar.value < 16 ? 3 : 2) + String(scalar.value, radix: 16)
        } else {
            out.unicodeScalars.append(scalar)
        }
    }
    return out + "\""
}

private func failure(_ text: String) -> JSONError? { failure(Array(text.utf8)) }

private func failure(_ text: [UInt8]) -> JSONError? {
    var errors: [JSONError?] = []
    for skips in [false, true] {
        do {
            var json = JSONReader(text)
            if skips { try json.skipValue() } else { _ = try value(&json) }
            try json.finish()
            errors.append(nil)
        } catch { errors.append(error as? JSONError) }
    }
    #expect(errors[0] == errors[1], "reading and skipping judge alike")
    return errors[0]
}

struct JSONReaderTests {
    static let sample = """
         {"a" : [1, -0.5e+3,true , false,null,{ }, [ ]],"long key that is longer than eight bytes":"x\\n\\u00e9\\ud83d\\ude00é😀€",
        \t"": "", "deep":[[[[{"b":["\\"\\\\\\/\\b\\f\\r\\t"]}]]]]   ,        "n":0}
        """
    static let echoed = """
        {"a":[1,-0.5e+3,true,false,null,{},[]],"long key that is longer than eight bytes":"x\\u000aé😀é😀€",\
        "":"","deep":[[[[{"b":["\\u0022\\u005c/\\u0008\\u000c\\u000d\\u0009"]}]]]],"n":0}
        """

    @Test(arguments: [1, 2, 3, 5, 7, 8, 9, 16, 63, 64, 65, 1000])
    func `Tokens survive every edge of the window`(chunk: Int) throws {
        #expect(try echo(Array(Self.sample.utf8), window: 64, chunk: chunk) == Self.echoed)
        let marked = [0xEF, 0xBB, 0xBF] + Array(Self.sample.utf8)
        #expect(try echo(marked, window: 64, chunk: chunk) == Self.echoed)
    }

    @Test func `What Foundation reads from it is the same`() throws {
        let theirs = try JSONSerialization.jsonObject(with: Data(Self.sample.utf8)) as? NSDictionary
        let ours =
            try JSONSerialization.jsonObject(
                with: Data(try echo(Array(Self.sample.utf8), window: 64, chunk: 7).utf8)) as? NSDictionary
        #expect(theirs == ours)
    }

    @Test func `Raw values are kept without blanks, up to their limit`() throws {
        for chunk in [1, 3, 64, 4096] {
            var rest = Array(Self.sample.utf8)[...]
            var json = JSONReader(window: 64) { (buffer) throws(JSONError) in
                let count = min(chunk, buffer.count, rest.count)
                buffer.copyBytes(from: rest.prefix(count))
                rest = rest.dropFirst(count)
                return count
            }
            try json.beginObject()
            #expect(try json.nextKey() && json.keyEquals("a"))
            #expect(try json.rawValue(limit: 1000) == "[1,-0.5e+3,true,false,null,{},[]]")
            #expect(try json.nextKey())
            #expect(json.key() == "long key that is longer than eight bytes")
            #expect(try json.rawValue(limit: 10) == nil)
            #expect(try json.nextKey() && json.keyEquals(""))
            try json.skipValue()
            #expect(try json.nextKey() && json.keyEquals("deep"))
            #expect(try json.rawValue(limit: 100) == #"[[[[{"b":["\"\\\/\b\f\r\t"]}]]]]"#)
            #expect(try json.nextKey() && !json.keyEquals("m"))
            #expect(try json.integer() == 0)
            #expect(try !json.nextKey())
            try json.finish()
        }
    }

    @Test(arguments: [
        "", " ", "{", "[1", "[1,", "{\"a\"", "{\"a\":", "\"abc", "\"a\\", "\"a\\u12", "tru", "-", "1.", "1e",
        "{\"a\":1",
        "\"\\ud83d",
    ])
    func `A text cut off is called that`(text: String) {
        #expect(failure(text) == .truncated(offset: text.utf8.count))
    }

    @Test(arguments: [
        "[1,]", "{\"a\":1,}", "[,1]", "[1 2]", "{\"a\" 1}", "{a:1}", "{'a':1}", "01", "+1", ".5", "1.e1", "0x10", "NaN",
        "truE", "nul1", "[1}", "{\"a\":1]", "1 2", "{} {}", "1e5x", "--1", "“a”", "/* */ 1", "]", ":",
    ])
    func `What RFC 8259 does not allow is refused`(text: String) {
        #expect(failure(text) != nil)
    }

    @Test func `Bad strings are refused with their place`() {
        #expect(failure([0x22, 0x61, 0xFF, 0x22]) == .invalidUTF8(offset: 2))
        for bad: [UInt8] in [
            [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE0, 0x80, 0x80], [0x80], [0xC3, 0x22],
            [0xF0, 0x9F, 0x98, 0x22],
        ] {
            #expect(failure([0x22] + bad + [0x22, 0x22, 0x22, 0x22]) == .invalidUTF8(offset: 1))
        }
        #expect(failure("\"a\nb\"") == .controlCharacter(10, offset: 2))
        #expect(failure([0x22, 0x00, 0x22]) == .controlCharacter(0, offset: 1))
        #expect(failure(#""\ud83d""#) == .invalidEscape("half a surrogate pair", offset: 1))
        #expect(failure(#""\ude00\ud83d""#) == .invalidEscape("half a surrogate pair", offset: 1))
        #expect(failure(#""\ud83d\u0041""#) == .invalidEscape("half a surrogate pair", offset: 1))
        #expect(failure(#""\x""#) != nil)
        #expect(failure(#""\u12g4""#) != nil)
    }

    @Test func `Nesting ends at 512 levels`() throws {
        let fits = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        #expect(failure(fits) == nil)
        #expect(failure("[" + fits + "]") == .tooDeep(limit: 512, offset: 512))
        #expect(failure(String(repeating: "[", count: 10_000)) == .tooDeep(limit: 512, offset: 512))
        #expect(failure(String(repeating: "{\"a\":", count: 10_000)) == .tooDeep(limit: 512, offset: 512 * 5))
    }

    @Test(arguments: [true, false])
    func `A gigabyte of one string is refused in bounded memory`(skips: Bool) {
        var given = 0
        var json = JSONReader { (buffer) throws(JSONError) in
            _ = buffer.initializeMemory(as: UInt8.self, repeating: 0x61)
            if given == 0 { buffer[0] = 0x22 }
            given += buffer.count
            return given > 1 << 30 ? 0 : buffer.count
        }
        #expect(throws: JSONError.tooLong(limit: 16 << 20, offset: 1)) {
            if skips { try json.skipValue() } else { _ = try json.string() }
        }
        #expect(given < 40 << 20)
    }

    @Test func `Numbers are exact or refused`() throws {
        func integer(_ text: String) throws -> Int {
            var json = JSONReader(text.utf8)
            return try json.integer()
        }
        #expect(try integer("-9223372036854775808") == .min)
        #expect(try integer("9223372036854775807") == .max)
        #expect(try integer("3.0") == 3)
        #expect(try integer("12e2") == 1200)
        for text in ["9223372036854775808", "1.5", "1e400", "\"1\""] {
            #expect(throws: JSONError.self) { try integer(text) }
        }
        var json = JSONReader("[0.1,1e400]".utf8)
        try json.beginArray()
        #expect(try json.nextElement())
        #expect(try json.double() == 0.1)
        #expect(try json.nextElement())
        #expect(throws: JSONError.invalidNumber("1e400", offset: 5)) { try json.double() }
        #expect(failure("1" + String(repeating: "0", count: 5000)) == .tooLong(limit: 4096, offset: 0))
    }

    @Test(arguments: [false, true], [1, 2, 3, 50])
    func `UTF-16 is read as what it says`(bigEndian: Bool, chunk: Int) throws {
        var units: [UInt8] = []
        for unit in "\u{FEFF}{\"ключ\":\"😀€é\\n\"}".utf16 {
            units += bigEndian ? [UInt8(unit >> 8), UInt8(unit & 255)] : [UInt8(unit & 255), UInt8(unit >> 8)]
        }
        func read(_ bytes: [UInt8]) throws -> String {
            var rest = bytes[...]
            var json = JSONReader(
                window: 64,
                source: JSONReader.transcoding(bigEndian ? .utf16BigEndian : .utf16LittleEndian) {
                    (buffer) throws(JSONError) in
                    let count = min(chunk, buffer.count, rest.count)
                    buffer.copyBytes(from: rest.prefix(count))
                    rest = rest.dropFirst(count)
                    return count
                })
            try json.beginObject()
            #expect(try json.nextKey())
            #expect(json.key() == "ключ")
            let text = try json.string()
            #expect(try !json.nextKey())
            try json.finish()
            return text
        }
        #expect(JSONReader.Encoding(recognizing: units[...]) == (bigEndian ? .utf16BigEndian : .utf16LittleEndian))
        #expect(JSONReader.Encoding(recognizing: units[2...]) == (bigEndian ? .utf16BigEndian : .utf16LittleEndian))
        #expect(try read(units) == "😀€é\n")
        #expect(throws: JSONError.self) { try read(units.dropLast()) }
        let emoji = units.firstIndex(of: 0xD8).map { bigEndian ? $0 : $0 - 1 } ?? 0
        var broken = units
        broken.removeSubrange(emoji..<(emoji + 2))
        #expect(throws: JSONError.self) { try read(broken) }
    }

    private enum Field: String, CaseIterable, Sendable {
        case name, names, nam, version
        case bomRef = "bom-ref"
    }

    @Test func `Known keys are found, the second one of a kind is refused`() throws {
        let fields = JSONKeys<Field>()
        var json = JSONReader(#"{"n\u0061me":1,"bom-ref":2,"eman":3,"nam":4,"names":5,"bom-reF":6,"":7,"name":8}"#.utf8)
        try json.beginObject()
        var seen = JSONSeenKeys()
        var found: [Field?] = []
        #expect(throws: JSONError.duplicateKey("name", offset: 78)) {
            while try json.nextKey() {
                found.append(try json.key(in: fields, seen: &seen))
                try json.skipValue()
            }
        }
        #expect(found == [.name, .bomRef, nil, .nam, .names, nil, nil])
    }
}
