// DESIGN. Advisories describe vulnerabilities in Markdown (CommonMark 0.31.2, in GitHub's variant), often with code that
// demonstrates them. A table cell has room for a few sentences, so it shows the words without the Markdown signs and without
// the code. Each line is read once and written directly to the cell, without allocation. Text that is not Markdown stays
// unchanged: `*` and `_` are signs only in pairs.

/// The words of a text in Markdown.
package enum PlainText {
    /// Appends the words up to a number of characters, and an ellipsis where text was left out.
    ///
    /// Code blocks, sections whose title announces a proof of concept, rulers, and the targets of links are left out.
    ///
    /// - Returns: whether the text has more than was appended.
    package static func append(
        markdown: UnsafeRawBufferPointer, characters: Int, to text: inout [UInt8]
    ) -> Bool {
        var writer = Writer(begin: text.count, characters: characters)
        var line = 0
        while line < markdown.count, !writer.isFull {
            var end = line
            while end < markdown.count, markdown[end] != 0x0A { end += 1 }
            writer.line(UnsafeRawBufferPointer(rebasing: markdown[line..<end]), to: &text)
            line = end + 1
        }
        return writer.finish(&text)
    }

    /// The facts about the text so far.
    private struct Writer {
        /// The position at which the appended words begin.
        let begin: Int
        let characters: Int
        private(set) var isFull = false
        private var written = 0
        private var isMore = false
        /// The sign of the open code block: a grave accent or a tilde.
        private var fence: UInt8?
        /// The level of the section that is left out; 0 outside of one.
        private var skipped = 0
        private var isParagraphOpen = false

        init(begin: Int, characters: Int) {
            self.begin = begin
            self.characters = characters
        }

        // MARK: Lines

        mutating func line(_ whole: UnsafeRawBufferPointer, to text: inout [UInt8]) {
            let line = PlainText.trimmed(whole)
            if let open = fence {
                if line.count >= 3, line.allSatisfy({ $0 == open }) { fence = nil }
                return
            }
            if let sign = PlainText.fence(line) {
                fence = sign
                isMore = true
                return
            }
            if let (level, title) = PlainText.heading(line) { return heading(level, title, to: &text) }
            guard skipped == 0 else { return }
            if line.isEmpty {
                isParagraphOpen = false
            } else if !PlainText.isRuler(line) {
                let rest = PlainText.item(line)
                if rest > 0 || PlainText.isNumbered(line) { isParagraphOpen = false }
                separate(to: &text)
                if rest > 0 {
                    put(UInt8(ascii: "-"), to: &text)
                    put(0x20, to: &text)
                }
                inline(UnsafeRawBufferPointer(rebasing: line[rest...]), to: &text)
                isParagraphOpen = true
            }
        }

        private mutating func heading(_ level: Int, _ title: UnsafeRawBufferPointer, to text: inout [UInt8]) {
            if skipped > 0, level > skipped { return }
            skipped = PlainText.isProof(title) ? level : 0
            if skipped > 0 {
                isMore = true
                return
            }
            isParagraphOpen = false
            separate(to: &text)
            inline(title, to: &text)
            if let last = title.last, last != UInt8(ascii: ":") { put(UInt8(ascii: ":"), to: &text) }
            isParagraphOpen = true
        }

        /// The separator between a line and the previous one: a blank within a paragraph, otherwise a line end.
        private mutating func separate(to text: inout [UInt8]) {
            if text.count > begin { put(isParagraphOpen ? 0x20 : 0x0A, to: &text) }
        }

        // MARK: Signs

        private mutating func inline(_ line: UnsafeRawBufferPointer, to text: inout [UInt8]) {
            var index = 0
            /// The ends of the open signs, and signs without an end in this line.
            var closing = (star: -1, underline: -1)
            var hasNone = (star: false, underline: false)
            while index < line.count, !isFull {
                let byte = line[index]
                switch byte {
                case UInt8(ascii: "\\") where index + 1 < line.count && PlainText.isSign(line[index + 1]):
                    put(line[index + 1], to: &text)
                    index += 2
                case UInt8(ascii: "`"):
                    index += 1
                case UInt8(ascii: "*"):
                    index = emphasis(line, index, &closing.star, &hasNone.star, to: &text)
                case UInt8(ascii: "_"):
                    index = emphasis(line, index, &closing.underline, &hasNone.underline, to: &text)
                case UInt8(ascii: "!") where index + 1 < line.count && line[index + 1] == UInt8(ascii: "["),
                    UInt8(ascii: "["):
                    index = link(line, index, to: &text)
                default:
                    put(byte, to: &text)
                    index += 1
                }
            }
        }

        /// Skips a run of signs that begins or ends an emphasis, or writes it; returns the index after the run.
        private mutating func emphasis(
            _ line: UnsafeRawBufferPointer, _ index: Int, _ closing: inout Int, _ hasNone: inout Bool,
            to text: inout [UInt8]
        ) -> Int {
            let end = PlainText.run(line, index)
            if index == closing {
                closing = -1
                return end
            }
            if !hasNone, closing < 0, PlainText.opens(line, index, end) {
                if let found = PlainText.closer(line, of: end - index, from: end) {
                    closing = found
                    return end
                }
                hasNone = true
            }
            put(UnsafeRawBufferPointer(rebasing: line[index..<end]), to: &text)
            return end
        }

        /// Writes the words of a link or the name of an image; returns the index after it.
        private mutating func link(
            _ line: UnsafeRawBufferPointer, _ index: Int, to text: inout [UInt8]
        ) -> Int {
            let begin = line[index] == UInt8(ascii: "!") ? index + 2 : index + 1
            guard let middle = line[begin...].firstIndex(of: UInt8(ascii: "]")), middle + 1 < line.count,
                line[middle + 1] == UInt8(ascii: "("),
                let end = line[middle...].firstIndex(of: UInt8(ascii: ")"))
            else {
                put(line[index], to: &text)
                return index + 1
            }
            for byte in line[begin..<middle] where byte != UInt8(ascii: "`") { put(byte, to: &text) }
            return end + 1
        }

        // MARK: Writing

        private mutating func put(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
            for byte in bytes { put(byte, to: &text) }
        }

        @inline(__always)
        private mutating func put(_ byte: UInt8, to text: inout [UInt8]) {
            // A continuation byte belongs to the character before it.
            if byte & 0xC0 != 0x80 {
                if written == characters { isFull = true }
                written += 1
            }
            if !isFull { text.append(byte) }
        }

        mutating func finish(_ text: inout [UInt8]) -> Bool {
            if isFull {
                // The cut is at a word, unless that would remove a third of the text.
                let least = begin + (text.count - begin) * 2 / 3
                if let blank = text[least...].lastIndex(where: { $0 == 0x20 || $0 == 0x0A }) {
                    text.removeLast(text.count - blank)
                }
            }
            guard isFull || isMore else { return false }
            text.append(contentsOf: (text.count > begin ? " …" : "…").utf8)
            return true
        }
    }

    // MARK: Looking

    private static func trimmed(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var (begin, end) = (0, line.count)
        // The sign of a quotation counts as a blank.
        while begin < end, isBlank(line[begin]) || line[begin] == UInt8(ascii: ">") { begin += 1 }
        while end > begin, isBlank(line[end - 1]) { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: line[begin..<end])
    }

    private static func fence(_ line: UnsafeRawBufferPointer) -> UInt8? {
        guard let sign = line.first, sign == UInt8(ascii: "`") || sign == UInt8(ascii: "~"),
            line.prefix(3).count == 3, line.prefix(3).allSatisfy({ $0 == sign })
        else { return nil }
        // Code that opens and closes within a line stays a part of the line.
        return line.dropFirst(3).contains(UInt8(ascii: "`")) ? nil : sign
    }

    /// The level and title of a heading; a line that is wholly bold counts as a heading of the last level.
    private static func heading(_ line: UnsafeRawBufferPointer) -> (Int, UnsafeRawBufferPointer)? {
        guard let first = line.first else { return nil }
        if first == UInt8(ascii: "#") {
            let level = run(line, 0)
            guard level <= 6, level == line.count || line[level] == 0x20 else { return nil }
            return (level, trimmed(UnsafeRawBufferPointer(rebasing: line[level...])))
        }
        guard line.count > 4, line.count < 80, first == UInt8(ascii: "*"), line[1] == first,
            line[line.count - 1] == first, line[line.count - 2] == first
        else { return nil }
        let title = UnsafeRawBufferPointer(rebasing: line[2..<line.count - 2])
        return title.contains(first) ? nil : (6, title)
    }

    private static let proofs: [[UInt8]] = [
        "poc", "proof of concept", "proof-of-concept", "exploit", "reproduce", "reproducing", "reproduction",
    ].map { Array($0.utf8) }

    /// Whether a title announces how to attack.
    private static func isProof(_ title: UnsafeRawBufferPointer) -> Bool {
        guard title.count < 80 else { return false }
        return proofs.contains { word in
            guard title.count >= word.count else { return false }
            return (0...title.count - word.count).contains { place in
                let end = place + word.count
                return word.indices.allSatisfy { title[place + $0] | 0x20 == word[$0] }
                    && (place == 0 || !isLetter(title[place - 1])) && (end == title.count || !isLetter(title[end]))
            }
        }
    }

    private static func isRuler(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let sign = line.first, line.count >= 3, sign == 0x2D || sign == 0x3D || sign == 0x2A || sign == 0x5F
        else {
            return false
        }
        return line.allSatisfy { $0 == sign || $0 == 0x20 }
    }

    /// The start of the text of an item in an unordered list; 0 for all other lines.
    private static func item(_ line: UnsafeRawBufferPointer) -> Int {
        guard line.count > 2, line[1] == 0x20 else { return 0 }
        return line[0] == UInt8(ascii: "-") || line[0] == UInt8(ascii: "*") || line[0] == UInt8(ascii: "+") ? 2 : 0
    }

    /// Whether the line is an item of an ordered list; its number stays.
    private static func isNumbered(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let point = line.prefix(3).firstIndex(of: UInt8(ascii: ".")), point > 0, point + 1 < line.count else {
            return false
        }
        return line[point + 1] == 0x20 && line[..<point].allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func run(_ line: UnsafeRawBufferPointer, _ index: Int) -> Int {
        var end = index
        while end < line.count, line[end] == line[index] { end += 1 }
        return end
    }

    /// Whether signs at `index` may begin an emphasis: a word follows them, and none ends before them.
    private static func opens(_ line: UnsafeRawBufferPointer, _ index: Int, _ end: Int) -> Bool {
        guard end < line.count, line[end] != 0x20 else { return false }
        return index == 0 || !isLetter(line[index - 1])
    }

    /// The position where the same number of signs ends a word.
    private static func closer(_ line: UnsafeRawBufferPointer, of count: Int, from begin: Int) -> Int? {
        let sign = line[begin - 1]
        var index = begin
        while index < line.count {
            guard line[index] == sign else {
                index += 1
                continue
            }
            let end = run(line, index)
            if end - index == count, line[index - 1] != 0x20, end == line.count || !isLetter(line[end]) { return index }
            index = end
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte >= 0x80 || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
    }

    private static func isSign(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F && !isLetter(byte) }
}
