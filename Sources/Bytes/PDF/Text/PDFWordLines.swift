import CPango

extension PDFFace {
    /// The scripts of words that consist of their glyphs alone: Latin, Greek, Cyrillic, digits, punctuation and symbols,
    /// without combining marks, soft hyphens, and direction marks.
    private static let plain: [ClosedRange<UInt32>] = [
        0x20...0x7E, 0xA0...0xAC, 0xAE...0x24F, 0x370...0x3FF, 0x400...0x482, 0x48A...0x52F, 0x1E00...0x1FFF,
        0x2010...0x2027, 0x2030...0x205E, 0x20A0...0x20BF, 0x2100...0x214F,
    ]
    static let plainLimit = 0x2150

    /// For each character below `plainLimit`, whether this face sets it in words.
    func plainCharacters() -> [Bool] {
        var carried = [Bool](repeating: false, count: Self.plainLimit)
        for scalar in Self.plain.joined() {
            var glyph: UInt32 = 0
            carried[Int(scalar)] = hb_font_get_nominal_glyph(font, scalar, &glyph) != 0
        }
        carried[0x0A] = true
        return carried
    }
}

// DESIGN. Lines break as readers of Latin text expect (Unicode Standard Annex 14 in short): after blanks, hyphens, dashes and
// slashes, but not before digits. A word that is longer than a line breaks anywhere. Blanks at the end of a line take no room.
// Texts that need more (an ellipsis, other scripts) are set elsewhere.

/// Sets texts from the words of one face.
struct PDFWordSetter: ~Copyable {
    let face: PDFFace
    private var words: PDFWords
    private let carried: [Bool]
    private let blankGlyph: UInt32
    private let blankWidth: Int
    /// Known after the first blank; a face that shows nothing is not embedded.
    private var blank: Int?

    // The text being set, in units of the face.
    private var limit = 0
    private var mostLines = 0
    private var width = 0
    private var blanks = 0
    private var count = 0

    init(_ face: PDFFace) throws(SinkError) {
        words = try PDFWords(face)
        self.face = face
        carried = face.plainCharacters()
        var glyph: UInt32 = 0
        hb_font_get_nominal_glyph(face.font, 0x20, &glyph)
        blankGlyph = glyph
        blankWidth = face.advance(glyph)
    }

    /// Sets a text of clean UTF-8. Returns nil and leaves no trace for a text that words cannot express.
    mutating func set(_ text: UnsafeRawBufferPointer, _ style: PDFText.Style, into lines: inout PDFLines) -> PDFTextBox?
    {
        guard carries(text) else { return nil }
        let (first, held) = (lines.count, lines.bytes.held)
        let units = Double(face.unitsPerEm) / style.size
        let lineHeight = (face.ascent + face.descent) * style.size
        limit = style.width.map { Int(min(max(1, $0) * units, 1e9)) } ?? .max
        mostLines =
            style.isOneLine ? 1 : style.maximumHeight.map { max(1, Int(min($0 / lineHeight + 1e-6, 1e6))) } ?? .max
        (width, blanks, count) = (0, 0, 1)
        lines.open()
        guard setWords(text, into: &lines) else {
            lines.shorten(to: first, bytes: held)
            return nil
        }
        lines.close(width: width)
        var box = PDFTextBox(
            height: Double(count) * lineHeight, baseline: face.ascent * style.size, lines: first..<lines.count)
        let widest = Double((first..<lines.count).reduce(0) { max($0, lines[$1].width) }) / units
        let room = style.width ?? widest
        box.width = widest
        for index in box.lines {
            let rest = room - Double(lines[index].width) / units
            let x =
                switch style.alignment {
                case .beginning, .left: 0.0
                case .center: rest / 2
                case .right: rest
                }
            lines.place(index, x: x, baseline: box.baseline + Double(index - first) * lineHeight)
        }
        switch style.alignment {
        case .beginning, .left: break
        case .center: box.left = (room - widest) / 2
        case .right: box.left = room - widest
        }
        return box
    }

    private func carries(_ text: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < text.count {
            if text[at] < 0x80 {
                at += 1
            } else {
                let scalar = PDFScalar(text, at)
                guard scalar.value < PDFFace.plainLimit, carried[Int(scalar.value)] else { return false }
                at += scalar.count
            }
        }
        return true
    }

    private mutating func setWords(_ text: UnsafeRawBufferPointer, into lines: inout PDFLines) -> Bool {
        var at = 0
        while at < text.count {
            let byte = text[at]
            if byte == 0x20 {
                blanks += 1
                at += 1
            } else if byte == 0x0A {
                guard nextLine(&lines) else { return false }
                at += 1
            } else {
                let end = Self.end(of: text, at)
                guard set(UnsafeRawBufferPointer(rebasing: text[at..<end]), into: &lines) else { return false }
                at = end
            }
        }
        return true
    }

    /// The end of the word that starts here: at a blank, or after a character that allows a line break.
    @inline(__always)
    private static func end(of text: UnsafeRawBufferPointer, _ begin: Int) -> Int {
        var at = begin
        while at < text.count {
            let byte = text[at]
            if byte <= 0x20 { return at }
            at += 1
            let isBreak: Bool
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "/"): isBreak = true
            case UInt8(ascii: "?"), UInt8(ascii: "!"), UInt8(ascii: "|"): isBreak = at - 1 > begin
            // En dash and em dash.
            case 0x93, 0x94: isBreak = at >= 3 && text[at - 3] == 0xE2 && text[at - 2] == 0x80
            default: isBreak = false
            }
            if isBreak, at < text.count, at - 1 > begin, allowsBreak(before: text[at]) { return at }
        }
        return at
    }

    /// Numbers, dates and rows of signs are not broken.
    @inline(__always)
    private static func allowsBreak(before byte: UInt8) -> Bool {
        byte >= 0x80 || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "(") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "@")
    }

    private mutating func set(_ text: UnsafeRawBufferPointer, into lines: inout PDFLines) -> Bool {
        guard let start = text.baseAddress else { return true }
        guard text.count > PDFWords.longest else {
            let word = words.word(start, text.count)
            guard word.count > 0 else { return false }
            if width + blanks * blankWidth + word.width <= limit {
                append(word, to: &lines)
                return true
            }
            if width > 0, !nextLine(&lines) { return false }
            if word.width <= limit {
                append(word, to: &lines)
                return true
            }
            return breakUp(word, into: &lines)
        }
        return setLong(start, text, into: &lines)
    }

    /// Sets a long word, which is looked up in pieces.
    private mutating func setLong(
        _ start: UnsafeRawPointer, _ text: UnsafeRawBufferPointer, into lines: inout PDFLines
    ) -> Bool {
        var whole = 0
        for isMeasured in [true, false] {
            var at = 0
            while at < text.count {
                var end = min(at + PDFWords.longest, text.count)
                while end < text.count, end > at + 1, text[end] & 0xC0 == 0x80 { end -= 1 }
                let word = words.word(start + at, end - at)
                guard word.count > 0 else { return false }
                if isMeasured {
                    whole += word.width
                    if whole > limit { break }
                } else if !breakUp(word, into: &lines) {
                    return false
                }
                at = end
            }
            if isMeasured, width > 0, width + blanks * blankWidth + whole > limit, !nextLine(&lines) { return false }
        }
        return true
    }

    @inline(__always)
    private mutating func append(_ word: PDFWords.Word, to lines: inout PDFLines) {
        appendBlanks(&lines)
        lines.bytes.append(word.bytes)
        width += word.width
    }

    @inline(__always)
    private mutating func appendBlanks(_ lines: inout PDFLines) {
        while blanks > 0 {
            appendBlank(&lines)
            width += blankWidth
            blanks -= 1
        }
    }

    @inline(__always)
    private mutating func appendBlank(_ lines: inout PDFLines) {
        let blank = blank ?? face.code(blankGlyph, 0x20)
        self.blank = blank
        PDFFace.append(blank, to: &lines.bytes)
    }

    private mutating func breakUp(_ word: PDFWords.Word, into lines: inout PDFLines) -> Bool {
        if width + blanks * blankWidth <= limit { appendBlanks(&lines) }
        blanks = 0
        for glyph in 0..<word.count {
            let advance = word.width(of: glyph)
            if width > 0, width + advance > limit, !nextLine(&lines) { return false }
            lines.bytes.append(word.bytes(of: glyph))
            width += advance
        }
        return true
    }

    /// Begins the next line; false when the box has no room for it.
    private mutating func nextLine(_ lines: inout PDFLines) -> Bool {
        guard count < mostLines else { return false }
        // A blank without width separates words for readers that join the lines of a cell.
        if blanks > 0, width > 0 { appendBlank(&lines) }
        lines.close(width: width)
        lines.open()
        (width, blanks) = (0, 0)
        count += 1
        return true
    }
}
