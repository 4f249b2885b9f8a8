import Testing

@testable import Bytes

/// Markdown descriptions as shown in cells.
@Suite struct PlainTextTests {
    private func plain(_ markdown: String, _ characters: Int = 400) -> (text: String, isMore: Bool) {
        var text = Array("before|".utf8)
        let isMore = Array(markdown.utf8).withUnsafeBytes {
            PlainText.append(markdown: $0, characters: characters, to: &text)
        }
        return (String(decoding: text.dropFirst(7), as: UTF8.self), isMore)
    }

    @Test(
        arguments: [
            ("Plain words.", "Plain words."),
            ("Two\nlines\r\nof one\n\nparagraph", "Two lines of one\nparagraph"),
            (
                "### Impact\nAll **versions** before `1.2` are _affected_.",
                "Impact: All versions before 1.2 are affected."
            ),
            ("# What?\n", "What?:"),
            ("* one\n* two\n+ three\n1. four", "- one\n- two\n- three\n1. four"),
            ("See [the fix](https://example.org/a_b) and ![a picture](x.png).", "See the fix and a picture."),
            (
                "snake_case, 1.*, *.example.org, SELECT * FROM a, 2 * 3 * 4",
                "snake_case, 1.*, *.example.org, SELECT * FROM a, 2 * 3 * 4"
            ),
            ("\\*escaped\\_ C:\\temp", "*escaped_ C:\\temp"),
            ("> quoted\n> twice\n---\nrest", "quoted twice rest"),
            ("a [b] c [d](e", "a [b] c [d](e"),
            ("<script> & \"quotes\" stay", "<script> & \"quotes\" stay"),
            ("##no heading", "##no heading"), ("", ""), ("**bold** begins it", "bold begins it"),
            ("***both***", "both"), ("左 *強* 右", "左 強 右"),
        ])
    func signsGo(markdown: String, text: String) {
        let found = plain(markdown)
        #expect(found.text == text)
        #expect(!found.isMore)
    }

    @Test(
        arguments: [
            ("Bad.\n```sh\ncurl -d @/etc/passwd\n```\nUpgrade.", "Bad. Upgrade. …"),
            ("Bad.\n### PoC\nrun this\n#### deeper\nand this\n### Patches\n1.2", "Bad.\nPatches: 1.2 …"),
            ("**Proof of Concept**\nrun this\n**Fix**\nUpgrade", "Fix: Upgrade …"),
            ("### Steps to reproduce\n1. run", "…"),
            ("~~~\nnever closed\n```\nstill code", "…"),
        ])
    func proofsAreLeftOut(markdown: String, text: String) {
        let found = plain(markdown)
        #expect(found.text == text)
        #expect(found.isMore)
    }

    @Test func titlesThatOnlySoundLikeProofsStay() {
        #expect(plain("### Exploitability\nhigh").text == "Exploitability: high")
        #expect(plain("### Epoch\nwrong").text == "Epoch: wrong")
    }

    /// Cut at a word, by characters rather than bytes, never within a character.
    @Test func longTextsAreCut() {
        #expect(plain("one two three", 8).text == "one two …")
        #expect(plain("one two three", 13) == ("one two three", false))
        #expect(plain("äöü äöü äöü", 7) == ("äöü äöü …", true))
        #expect(plain(String(repeating: "界", count: 50), 10).text == String(repeating: "界", count: 10) + " …")
        #expect(plain(String(repeating: "👩‍👩‍👧", count: 50), 11).isMore)
    }

    /// For any signs the conversion ends, in time that grows with the text, and valid UTF-8 gives valid UTF-8.
    @Test func anyNestOfSignsEnds() {
        for piece in ["*a ", "[", "![", "](", "`", "_a ", "**", "#", "\\", "~~~\n", "> "] {
            let found = plain(String(repeating: piece, count: 5000), 360)
            #expect(found.text.count < 400)
        }
    }
}
