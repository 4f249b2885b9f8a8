import Bytes
import Foundation
import Testing

/// Objects written name by name.
@Suite struct JSONWriterTests {
    @Test func writesCommasBetweenValuesOnly() {
        let json = JSONWriter.object {
            $0.text("text", "a\"b")
            $0.number("number", -3)
            $0.decimal("decimal", 7)
            $0.flag("flag", true)
            $0.key("none")
            $0.null()
            $0.raw("raw", "[1]")
            $0.time("time", 0)
            $0.object("empty") { _ in }
            $0.texts("texts", ["a", "b"])
            $0.texts("none", [])
            $0.objects("objects", [1, 2]) { $0.number("n", $1) }
            $0.text(named: "key \"1\"", "")
            $0.object(named: "o") { $0.number(named: "n", 1) }
            $0.objects(named: "p", [1]) { $0.number("n", $1) }
            $0.texts(named: "q", ["x"])
        }
        #expect(
            json == #"""
                {"text":"a\"b","number":-3,"decimal":7.0,"flag":true,"none":null,"raw":[1],"time":"1970-01-01 00:00:00",\#
                "empty":{},"texts":["a","b"],"none":[],"objects":[{"n":1},{"n":2}],"key \"1\"":"","o":{"n":1},\#
                "p":[{"n":1}],"q":["x"]}
                """#)
    }

    @Test func breaksTheWordThatClientsSearchFor() {
        var json = JSONWriter(.withoutErrorCode)
        json.object { $0.text(named: "errorCode", "an errorCode") }
        #expect(json.text == #"{"error\u0043ode":"an error\u0043ode"}"#)
    }

    @Test func passesBytesOnAndBeginsAgain() throws {
        var passed: [UInt8] = []
        var json = JSONWriter(
            to: ByteSink(threshold: 4) { bytes throws(SinkError) in passed += bytes })
        json.beginArray()
        for number in 0..<3 as Range<Int64> {
            json.number(number)
            try json.drain()
        }
        json.endArray()
        json.endLine()
        try json.flush()
        #expect(String(decoding: passed, as: UTF8.self) == "[0,1,2]\n")
        #expect(json.count == passed.count)

        var again = JSONWriter()
        again.array(["a"]) { $0.text($1) }
        again.removeAll()
        again.array([1.5, .nan]) { $0.decimal($1) }
        #expect(again.text == "[1.5,null]")
    }
}
