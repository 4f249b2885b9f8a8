import Foundation
import Testing

@testable import Bytes

/// Text that is set from words, compared with Pango's setting of the same text.
@Suite struct PDFWordTests {
    private static let texts = [
        "AVATAR To. WAY, Te\"st\" LT 'Yes' (fjord) 10.17.3-beta+build_7", "b6589fc6ab0dc82cf12099d1c2d40ab994e8410c",
        "https://example.org/a/very-long/path?with=query&and#fragment",
        "Ünïcode façade Ελληνικά Кириллица „Größe“ – 5 €",
        "fi ffi fl office firefox", "a\u{A0}b\u{2010}c",
    ]

    @Test(arguments: texts, [false, true]) func wordsAreAsWideAsPangoMakesThem(_ text: String, _ isBold: Bool) throws {
        let fonts = try PDFFonts()
        let style = PDFText.Style(size: 100, isBold: isBold)
        var lines = PDFLines()
        var text = text
        let (words, pango) = text.withUTF8 { utf8 in
            let utf8 = UnsafeRawBufferPointer(utf8)
            return (fonts.set(utf8, style, into: &lines).width, fonts.setParagraphs(utf8, style, into: &lines).width)
        }
        // Pango also kerns a letter and the blank beside it.
        #expect(abs(words - pango) < 0.01 * pango, "\(words) \(pango)")
        #expect(abs(words - pango) < 8, "\(words) \(pango)")
    }

    @Test func pairsOfLettersAddUpToTheWord() throws {
        let fonts = try PDFFonts()
        for word in ["AVATARToWAYTe", "0123456789abcdef", "jfiltLTVA.,-_/:", "WAWAWAWA"] {
            var lines = PDFLines()
            var text = word
            let (alone, pango) = text.withUTF8 { utf8 in
                let utf8 = UnsafeRawBufferPointer(utf8)
                let style = PDFText.Style(size: 1000)
                return (
                    fonts.set(utf8, style, into: &lines).width, fonts.setParagraphs(utf8, style, into: &lines).width
                )
            }
            #expect(abs(alone - pango) < 0.5, "\(word): \(alone) \(pango)")
        }
    }

    /// The lines of a text at a width, as a reader finds them.
    private static func lines(_ text: String, width: Double) throws -> [String] {
        let document = try PDFDocument { file in
            var canvas = try PDFCanvas(.init(title: "Lines", created: "2024-05-01T12:00:00Z"))
            canvas.draw(text, at: PDFPoint(10, 10), .init(size: 10, width: width))
            try canvas.endPage(to: &file)
            try canvas.finish(to: &file)
        }
        return try document.text().split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && $0 != "\u{0C}" }
    }

    @Test func linesBreakAtBlanksHyphensAndSlashes() throws {
        #expect(try Self.lines("one two three", width: 45) == ["one two", "three"])
        #expect(try Self.lines("commons/collections", width: 60) == ["commons/", "collections"])
        #expect(try Self.lines("2024-05-01 2024-05-02", width: 60) == ["2024-05-01", "2024-05-02"])
        #expect(try Self.lines("first\n\nthird", width: 100) == ["first", "third"])
        let digest = String(repeating: "0123456789abcdef", count: 4)
        let lines = try Self.lines("x " + digest, width: 100)
        #expect(lines.count > 3 && lines.joined() == "x" + digest)
    }

    @Test func moreCharactersThanAFontOfTheDocumentHoldsComeBack() throws {
        let scalars = (0x4E00..<0x4E00 + 5000).compactMap(Unicode.Scalar.init)
        let document = try PDFDocument { file in
            var table = try PDFTable(
                .init(title: "Han", scope: "", created: "2024-05-01T12:00:00Z"), columns: [.init("Text")])
            for begin in stride(from: 0, to: scalars.count, by: 50) {
                try table.row([String(String.UnicodeScalarView(scalars[begin..<begin + 50]))], to: &file)
            }
            try table.finish(to: &file)
        }
        try document.expectSound()
        let found = Set(try document.text().unicodeScalars)
        #expect(scalars.filter { !found.contains($0) }.isEmpty)
    }

    @Test func wordsOfWrappedLinesStayApartForReadersOfTheStructure() throws {
        let document = try PDFDocument { file in
            var table = try PDFTable(
                .init(title: "Wrapped", scope: "", created: "2024-05-01T12:00:00Z"), columns: [.init("Text")])
            try table.row([String(repeating: "alpha beta ", count: 60)], to: &file)
            try table.row([String(repeating: "مكتبة المصادر ", count: 60)], to: &file)
            try table.finish(to: &file)
        }
        let text = try document.read(by: "pdfinfo", ["-struct-text", "FILE"]).output
        #expect(!text.contains("betaalpha") && !text.contains("alphabeta"))
    }

    /// A column's texts begin at its left edge, numbers end at its right one, whatever their scripts.
    @Test(arguments: ["plain", "مكتبة-المصادر-1", "ספרייה", "库文件"]) func sidesAreThoseOfThePage(_ text: String) throws {
        let fonts = try PDFFonts()
        func left(_ alignment: PDFText.Alignment) -> Double {
            fonts.set(text, .init(size: 10, alignment: alignment, width: 300)).left
        }
        let width = fonts.set(text, .init(size: 10)).width
        #expect(abs(left(.left)) < 0.1 && abs(left(.right) - (300 - width)) < 0.1, "\(left(.left)) \(left(.right))")
        let isArabic = text.unicodeScalars.contains { (0x590..<0x700).contains($0.value) }
        #expect(abs(left(.beginning) - left(isArabic ? .right : .left)) < 0.1)
    }

    private static let hasEmoji = (try? PDFCanvas.missingScripts())?.contains("emoji") == false

    /// Pictographs of one, two and three characters, and flags: outlines of a font, which are read back unchanged but for the
    /// characters without a shape that join or choose pictographs.
    @Test(.enabled(if: hasEmoji, "needs Debian's package fonts-symbola")) func emojiAreShown() throws {
        let words = [
            "\u{1F680}\u{1F41B}\u{1F511}", "\u{1F44D}\u{1F3FD}", "\u{1F1E9}\u{1F1EA}", "\u{1F469}\u{200D}\u{1F4BB}",
            "\u{2764}\u{FE0F}",
        ]
        let fonts = try PDFFonts()
        _ = fonts.set("release " + words.joined(separator: " "), .init(size: 10))
        #expect(fonts.faces.flatMap(\.codes).allSatisfy { $0.glyph != 0 })
        let document = try PDFDocument { file in
            var table = try PDFTable(
                .init(title: "Emoji", scope: "", created: "2024-05-01T12:00:00Z"), columns: [.init("Text")])
            for word in words { try table.row(["release " + word], to: &file) }
            try table.finish(to: &file)
        }
        try document.expectSound()
        func shapes(_ text: String) -> String {
            String(
                String.UnicodeScalarView(text.unicodeScalars.filter { ![" ", "\u{200D}", "\u{FE0F}"].contains($0) }))
        }
        let text = try shapes(document.text())
        for word in words { #expect(text.contains(shapes("release" + word)), "\(word)") }
    }

    @Test func charactersThatNoFontHasComeBackAndTakeOneCode() throws {
        // Characters for private use, which no font of this machine has.
        let text = String(String.UnicodeScalarView((0xF0000..<0xF0040).compactMap(Unicode.Scalar.init)))
        let fonts = try PDFFonts()
        _ = fonts.set(text, .init(size: 10))
        #expect(fonts.faces.map(\.codes.count).reduce(0, +) == 1)
        let document = try PDFDocument { file in
            var canvas = try PDFCanvas(.init(title: "Boxes", created: "2024-05-01T12:00:00Z"))
            canvas.draw(text, at: PDFPoint(10, 10), .init(size: 10))
            try canvas.endPage(to: &file)
            try canvas.finish(to: &file)
        }
        #expect(try document.text().contains(text))
    }
}
