import Testing

@testable import Bytes

struct BlanksTests {
    @Test(arguments: [
        ("", ""), (" ", ""), ("a", "a"), (" a b\t\n", "a b"), ("\u{a0}é\u{2003}", "é"), ("a\r\n", "a"),
        (" \u{1F600} ", "\u{1F600}"),
    ]) func whiteSpaceAtTheEndsGoes(text: String, trimmed: String) {
        #expect(text.trimmingBlanks() == trimmed)
        #expect("<\(text)>".dropFirst().dropLast().trimmingBlanks() == trimmed)
    }

    @Test func hexadecimalDigits() {
        let digits = (UInt8.min...UInt8.max).filter(\.isHexadecimalDigit)
        #expect(String(decoding: digits, as: UTF8.self) == "0123456789ABCDEFabcdef")
    }
}
