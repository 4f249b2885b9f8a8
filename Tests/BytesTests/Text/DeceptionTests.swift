import Testing

@testable import Bytes

/// Texts that would deceive their readers.
struct DeceptionTests {
    /// All of U+202A to U+202E and U+2066 to U+2069, and their neighbours.
    @Test func whatTurnsTextIsReplacedInFormatsForPeople() {
        for value in UInt32(0x2020)...0x2070 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isTurning = (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
            let text = "a\(scalar)b<"
            let readable = isTurning ? "a\u{FFFD}b<" : text
            #expect(Deception.readable(text) == readable)
            var page = ByteSink()
            page.append(pageText: text)
            #expect(page.text == readable.replacing("<", with: "&lt;"))
            var sheet = ByteSink()
            _ = Array(text.utf8).withUnsafeBytes { sheet.append(sheetText: $0) }
            #expect(sheet.text == readable.replacing("<", with: "&lt;"))
            var print: [UInt8] = []
            _ = Array(text.utf8).withUnsafeBytes { PDFCellText.append($0, to: &print) }
            if isTurning { #expect(String(decoding: print, as: UTF8.self) == "a\u{25A1}b<") }
            // All of U+202A to U+202E and U+2066 to U+2069, and their neighbours.
            var data = ByteSink()
            data.append(jsonString: text)
            #expect(data.text == "\"\(text)\"")
        }
    }

    /// A terminal obeys control characters: colours, its title, the clipboard (OSC 52), the answer to a question.
    @Test func aTerminalIsSteeredByNoText() {
        #expect(Deception.forTerminal("a\u{1B}]52;c;eA==\u{7}b") == "a\u{FFFD}]52;c;eA==\u{FFFD}b")
        #expect(Deception.forTerminal("\u{9B}2J\u{7F}\u{0}\r\u{8}") == "\u{FFFD}2J\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}")
        #expect(Deception.forTerminal("\u{202E}cba") == "\u{FFFD}cba")
        let plain = "Ä\tb\nc é 日本語 \u{A0}"
        #expect(Deception.forTerminal(plain) == plain)
    }

    @Test(arguments: [
        ("javascript:alert(1)", "javascript[:]alert(1)"), ("JaVaScRiPt:x", "JaVaScRiPt[:]x"),
        ("  java\nscript:x", "  java\nscript[:]x"), ("data:text/html,x", "data[:]text/html,x"),
        ("vbscript:x", "vbscript[:]x"), ("file:///etc/passwd", "file[:]///etc/passwd"),
        ("https://example.org/javascript:x", "https://example.org/javascript:x"), ("mailto:a@b.c", "mailto:a@b.c"),
        ("javascript", "javascript"), ("", ""),
    ])
    func addressesThatAreProgramsAreDefused(address: String, shown: String) {
        #expect(Deception.shownAddress(address) == shown)
        #expect(Deception.isWeb(address) == address.hasPrefix("https://"))
    }

    @Test func onlyWebAddressesBecomeLinks() {
        for (address, isWeb) in [
            ("HTTP://a", true), ("https://a", true), ("http://", false), ("http:/a", false), ("ftp://a", false),
            (" http://a", false), ("httpx//a", false),
        ] { #expect(Deception.isWeb(address) == isWeb, "\(address)") }
    }
}
