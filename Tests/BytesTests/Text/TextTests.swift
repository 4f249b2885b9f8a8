import Foundation
import Testing

@testable import Bytes

/// The bytes that `write` appends.
func written(_ write: (inout ByteSink) -> Void) -> String {
    var sink = ByteSink()
    write(&sink)
    return sink.text
}

/// The scalars of a text, with runs of U+FFFD as one, because tools use different numbers of them for a broken
/// sequence.
func repaired(_ text: String?) -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    for scalar in (text ?? "nothing").unicodeScalars where scalar != "\u{fffd}" || scalars.last != scalar {
        scalars.append(scalar)
    }
    return scalars
}

/// Random bytes: partly text, partly broken UTF-8, partly characters that formats escape.
func hostileBytes(_ generator: inout SystemRandomNumberGenerator, upTo limit: Int) -> [UInt8] {
    let pieces: [[UInt8]] = [
        Array("plain words ".utf8), Array("\"\\<>&'_x0041_".utf8), Array("éßΩ漢字😀".utf8), [0xff], [0xe6, 0xbc],
        [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0], [31], [9, 10, 13], [0xef, 0xbf, 0xbe],
        Array("errorCode".utf8), [127], [0xc2, 0x85], Array("_x000".utf8), Array("_".utf8), Array("=,".utf8),
    ]
    var bytes: [UInt8] = []
    let count = Int.random(in: 0...limit, using: &generator)
    while bytes.count < count {
        if Bool.random(using: &generator) {
            bytes += pieces.randomElement(using: &generator) ?? []
        } else {
            bytes.append(UInt8.random(in: 0...255, using: &generator))
        }
    }
    return bytes
}

struct ByteSinkTests {
    @Test func passesOnInOrderWhenFull() throws {
        var received: [UInt8] = []
        var calls = 0
        var sink = ByteSink(
            threshold: 100,
            to: { bytes in
                received += bytes
                calls += 1
            })
        for number in 0..<1000 {
            sink.append(UInt8(truncatingIfNeeded: number))
            sink.append(raw: "ä")
            sink.append("x")
            try sink.drain()
        }
        #expect(calls > 10)
        #expect(sink.count == 4000)
        try sink.flush()
        let expected = (0..<1000).flatMap { [UInt8(truncatingIfNeeded: $0)] + Array("äx".utf8) }
        #expect(received == expected)
        #expect(sink.flushed == 4000)
    }

    @Test func keepsWhatTheDestinationRefuses() {
        var sink = ByteSink(threshold: 1, to: { _ throws(SinkError) in throw .cancelled })
        sink.append("abc")
        #expect(throws: SinkError.cancelled) { try sink.drain() }
        #expect(sink.text == "abc")
    }

    @Test func takesLargePiecesAndNone() {
        var sink = ByteSink()
        let large = [UInt8](repeating: 7, count: 1_000_000)
        sink.append(large)
        sink.append([])
        sink.append(UnsafeRawBufferPointer(start: nil, count: 0))
        sink.append(large)
        #expect(sink.bytes == large + large)
    }
}

struct JSONTextTests {
    @Test(arguments: [
        ("", "\"\""), ("abc", "\"abc\""), ("a\"b\\c", "\"a\\\"b\\\\c\""),
        ("\u{0}\u{1f}\u{7f}", "\"\\u0000\\u001f\u{7f}\""),
        ("\n\r\t\u{8}", "\"\\n\\r\\t\\u0008\""), ("/é漢😀", "\"/é漢😀\""), ("12345678\"", "\"12345678\\\"\""),
    ])
    func escapes(_ text: String, _ expected: String) {
        #expect(written { $0.append(jsonString: text) } == expected)
        #expect(written { $0.append(jsonString: Array(text.utf8).span) } == expected)
    }

    /// Every position, within a word, of every byte that needs care; compared with Foundation's reader.
    @Test func escapesAtEveryPlace() throws {
        for length in 0...20 {
            for place in 0..<max(1, length) {
                for scalar in [
                    "\"", "\\", "\u{0}", "\u{1f}", " ", "~", "\u{7f}", "\u{80}", "\u{ffff}", "😀", "!", "#", "]",
                ] {
                    let text =
                        String(repeating: "a", count: place) + scalar
                        + String(repeating: "z", count: max(0, length - place))
                    let json = written { $0.append(jsonString: text) }
                    let back = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
                    #expect(back as? String == text)
                }
            }
        }
    }

    /// Replacing follows The Unicode Standard 15, table 3-7; Swift's own repair keeps the same characters around the
    /// broken bytes.
    @Test func replacesBrokenUTF8() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<3000 {
            let bytes = hostileBytes(&generator, upTo: 60)
            let json = bytes.withUnsafeBytes { bytes in written { $0.append(jsonString: bytes) } }
            let back = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed) as? String
            let expected = String(decoding: bytes, as: UTF8.self)
            #expect(repaired(back) == repaired(expected))
        }
    }

    @Test func writesValidUTF8ForLongInput() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<30 {
            let bytes = hostileBytes(&generator, upTo: 20_000)
            var sink = ByteSink()
            bytes.withUnsafeBytes { sink.append(jsonString: $0) }
            #expect(String(validating: sink.bytes, as: UTF8.self) != nil)
        }
    }

    @Test func breaksErrorCodeInAnswers() {
        func answer(_ text: String) -> String { written { $0.append(answerString: text) } }
        #expect(answer("errorCode") == "\"error\\u0043ode\"")
        #expect(answer("xerrorCodeerrorCodes") == "\"xerror\\u0043odeerror\\u0043odes\"")
        #expect(answer("errorCod, ErrorCode? Code \"C\"") == "\"errorCod, ErrorCode? Code \\\"C\\\"\"")
        for lead in 0..<20 { #expect(!answer(String(repeating: "é", count: lead) + "errorCode").contains("errorCode")) }
        let long = String(repeating: "a", count: 4093) + "errorCode"
        #expect(!answer(long).contains("errorCode"))
        #expect(written { $0.append(jsonString: "errorCode") } == "\"errorCode\"")
    }

    @Test func numbers() {
        for number in [0, 1, -1, 9, 10, 99, 100, 12_345, -987_654_321, .max, .min, Int64.max - 7] as [Int64] {
            #expect(written { $0.append(decimal: number) } == String(number))
        }
        var power: Int64 = 1
        for _ in 0..<18 {
            power *= 10
            for number in [power - 1, power, power + 1] {
                #expect(written { $0.append(decimal: number) } == "\(number)")
            }
        }
        for (number, text) in [
            (7.0, "7.0"), (0.1, "0.1"), (-0.0, "-0.0"), (1e300, "1e+300"), (9.8, "9.8"), (.nan, "null"),
            (.infinity, "null"), (2.5e-300, "2.5e-300"),
        ] { #expect(written { $0.append(jsonNumber: number) } == text) }
    }
}

struct XMLTextTests {
    @Test func escapesText() {
        #expect(written { $0.append(xmlText: "a<b>&\"c'") } == "a&lt;b&gt;&amp;&quot;c'")
        #expect(
            written { $0.append(xmlText: "\u{0}\u{b}\u{ffff}\u{fffe}\u{fffd}\t\n\r") }
                == "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\t\n&#13;")
        #expect(written { $0.append(xmlAttribute: "\t\n\r\"") } == "&#9;&#10;&#13;&quot;")
        // Neighbours of the escaped characters, in both nibbles.
        #expect(written { $0.append(xmlText: "=;:?$%'! ~|.") } == "=;:?$%'! ~|.")
    }

    @Test func everyTextReadsBack() throws {
        var generator = SystemRandomNumberGenerator()
        var document = ByteSink()
        var expected: [String] = []
        document.append("<r>")
        for _ in 0..<500 {
            let bytes = hostileBytes(&generator, upTo: 80)
            document.append("<t a=\"")
            bytes.withUnsafeBytes { document.append(xmlAttribute: $0) }
            document.append("\">")
            bytes.withUnsafeBytes { document.append(xmlText: $0) }
            document.append("</t>\n")
            expected.append(
                String(
                    String.UnicodeScalarView(
                        String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
                            switch scalar.value {
                            case 9, 10, 13: scalar
                            case 0..<32, 0xfffe, 0xffff: "\u{fffd}"
                            default: scalar
                            }
                        })))
        }
        document.append("</r>")
        let script = """
            import sys, json, xml.etree.ElementTree as E
            root = E.fromstring(sys.stdin.buffer.read())
            print(json.dumps([[t.text or "", t.get("a")] for t in root]))
            """
        let output = try python(script, input: Data(document.bytes))
        let rows = try JSONDecoder().decode([[String]].self, from: output)
        #expect(rows.count == 500)
        for (row, text) in zip(rows, expected) {
            for value in row {
                #expect(repaired(value) == repaired(text))
            }
        }
    }
}

struct SheetTextTests {
    private func sheet(_ text: String) -> (text: String, isCut: Bool) {
        var sink = ByteSink()
        let isCut = Array(text.utf8).withUnsafeBytes { sink.append(sheetText: $0) }
        return (sink.text, isCut)
    }

    /// ECMA-376 Part 1 §22.9.2.19.
    @Test func escapesWhatXMLCannotSay() {
        #expect(sheet("a\u{1}b\r\n\t").text == "a_x0001_b_x000D_\n\t")
        #expect(sheet("\u{1f}\u{ffff}").text == "_x001F__xFFFF_")
        #expect(sheet("_x000D_").text == "_x005F_x000D_")
        #expect(sheet("_x000d_ _x00_ _x00GG_ _X0041_").text == "_x005F_x000d_ _x00_ _x00GG_ _X0041_")
        #expect(sheet("_x0041_x0042_").text == "_x005F_x0041_x005F_x0042_")
        #expect(sheet("_x0041\u{1}").text == "_x005F_x0041_x0001_")
        #expect(sheet("__x0041").text == "__x0041")
        #expect(sheet("=1+1<&").text == "=1+1&lt;&amp;")
    }

    /// The inverse after the standard, read from the left.
    private func decoded(_ text: String) -> String {
        text.replacing(/_x([0-9A-Fa-f]{4})_/) { match in
            UInt32(match.1, radix: 16).flatMap(Unicode.Scalar.init).map { String($0) } ?? "\u{fffd}"
        }
    }

    @Test func everyTextReadsBack() {
        var generator = SystemRandomNumberGenerator()
        let pieces = ["_", "x", "_x", "0041", "_x0041", "_x0041_", "005F", "\u{1}", "\r", "A", "\u{ffff}", "x0041_"]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...8)).compactMap { _ in pieces.randomElement(using: &generator) }.joined()
            #expect(decoded(sheet(text).text) == text)
        }
    }

    @Test func cutsAtTheLimitOfACell() {
        let limit = ByteSink.sheetTextLimit
        #expect(limit == 32_767)
        let full = String(repeating: "a", count: limit)
        #expect(sheet(full) == (full, false))
        #expect(sheet(full + "b") == (full, true))
        let wide = String(repeating: "é", count: limit)
        #expect(sheet(wide) == (wide, false))
        // A character of two units does not fit into the last place, and is not halved.
        let short = String(repeating: "a", count: limit - 1)
        #expect(sheet(short + "😀") == (short, true))
        let pairs = String(repeating: "😀", count: 16_384)
        #expect(sheet(pairs) == (String(repeating: "😀", count: 16_383), true))
    }
}

struct CSVTextTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""),
        ("two\nlines", "\"two\nlines\""),
        (" =1+1", "' =1+1"), ("\u{A0}=1", "'\u{A0}=1"), ("\u{FEFF}=1", "'\u{FEFF}=1"), ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"), ("－1", "'－1"), ("＠a", "'＠a"), (" a=1", " a=1"), ("！a", "！a"), (" ", " "),
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\ta", "'\ta"), ("\ra", "\"'\ra\""),
        ("a=b", "a=b"), ("=HYPERLINK(\"x\",1)", "\"'=HYPERLINK(\"\"x\"\",1)\""), ("1234567,", "\"1234567,\""),
        ("漢", "漢"),
    ])
    func fields(_ text: String, _ expected: String) {
        #expect(written { $0.append(csvField: text) } == expected)
    }

    @Test func everyFieldReadsBack() throws {
        var generator = SystemRandomNumberGenerator()
        var sink = ByteSink()
        var expected: [String] = []
        for _ in 0..<500 {
            let bytes = [UInt8(ascii: "a")] + hostileBytes(&generator, upTo: 50)
            bytes.withUnsafeBytes { sink.append(csvField: $0) }
            sink.append(",end\r\n")
            expected.append(String(decoding: bytes, as: UTF8.self).replacing("\u{0}", with: "\u{fffd}"))
        }
        let script = """
            import sys, csv, json, io
            print(json.dumps([r for r in csv.reader(io.TextIOWrapper(sys.stdin.buffer, "utf-8", newline=""))]))
            """
        let rows = try JSONDecoder().decode([[String]].self, from: try python(script, input: Data(sink.bytes)))
        #expect(rows.count == 500)
        for (row, text) in zip(rows, expected) {
            #expect(row.count == 2)
            #expect(repaired(row.first) == repaired(text))
        }
    }
}
