import CPango
import Glibc

// DESIGN. Shaping is most of the work of a table, and its words repeat: in an inventory 86 of 100, although every name and
// digest is unique. So a word is kept as the bytes that show it, with kerning, and with the width of each glyph in case the
// word must be broken. The hash of the word gives a slot for two words. A third word replaces the less recently used one. The
// memory is bounded. A hostile choice of words makes the cache useless, but not slow. A word consists of one glyph for each
// character, from left to right, in one face (`PDFFace.carries`). Pango sets all other text.

/// The words of one face that were shaped last.
struct PDFWords: ~Copyable {
    /// The most bytes of a word that is kept whole; longer words are looked up in pieces.
    static let longest = 40
    private static let places = 4096

    /// A cached word, valid until the next look-up.
    struct Word {
        fileprivate let start: UnsafeMutableRawPointer

        /// In units of the face.
        @inline(__always) var width: Int { Int(start.load(fromByteOffset: 12, as: Int32.self)) }
        /// The number of glyphs; 0 for a word that Pango has to set.
        @inline(__always) var count: Int { Int(start.load(fromByteOffset: 9, as: UInt8.self)) }
        /// The bytes that show the whole word, inside a string of a `TJ` array (ISO 32000-1, 9.4.3).
        @inline(__always) var bytes: UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(
                start: start + Offset.bytes, count: Int(start.load(fromByteOffset: 10, as: UInt16.self)))
        }
        /// The width of one glyph.
        @inline(__always) func width(of glyph: Int) -> Int {
            Int(start.load(fromByteOffset: Offset.widths + 2 * glyph, as: Int16.self))
        }
        /// The bytes that show one glyph, with the kerning before it.
        @inline(__always) func bytes(of glyph: Int) -> UnsafeRawBufferPointer {
            let begin = glyph == 0 ? 0 : Int(start.load(fromByteOffset: Offset.ends + 2 * glyph - 2, as: UInt16.self))
            let end = Int(start.load(fromByteOffset: Offset.ends + 2 * glyph, as: UInt16.self))
            return UnsafeRawBufferPointer(start: start + Offset.bytes + begin, count: end - begin)
        }
    }

    /// The layout of an entry: hash (8 bytes), length of the key, number of glyphs, length of the shown bytes (2),
    /// width (4), then these parts.
    private enum Offset {
        static let key = 16
        static let widths = key + longest
        static let ends = widths + 2 * longest
        static let bytes = ends + 2 * longest
        /// Room for a code of two escaped bytes, and for the kerning before it: `)-1000(`.
        static let entry = bytes + 12 * longest
    }

    private let face: PDFFace
    private let shaper: PDFShaper
    private let entries: UnsafeMutableRawPointer
    private var shown = ByteSink()
    private var pairs: PDFPairs

    init(_ face: PDFFace) throws(SinkError) {
        // The memory consists of zeros: an entry without a key matches no word, and unused pages take no memory.
        guard let entries = calloc(2 * Self.places, Offset.entry) else {
            throw .format("writing a PDF: no memory for \(2 * Self.places) shaped words")
        }
        self.face = face
        self.entries = entries
        shaper = PDFShaper(face)
        pairs = PDFPairs(face)
    }

    deinit { free(entries) }

    /// Looks up a word of 1 to `longest` bytes; shapes it on a miss.
    @inline(__always)
    mutating func word(_ text: UnsafeRawPointer, _ count: Int) -> Word {
        let hash = Self.hash(text, count)
        let first = entries + Int(truncatingIfNeeded: hash % UInt64(Self.places)) * 2 * Offset.entry
        if Self.matches(first, hash, text, count) { return Word(start: first) }
        return other(first, hash, text, count)
    }

    @inline(never)
    private mutating func other(
        _ first: UnsafeMutableRawPointer, _ hash: UInt64, _ text: UnsafeRawPointer, _ count: Int
    ) -> Word {
        let second = first + Offset.entry
        if Self.matches(second, hash, text, count) { return Word(start: second) }
        // The word that was shaped last stays.
        second.copyMemory(from: first, byteCount: Offset.bytes + Word(start: first).bytes.count)
        first.storeBytes(of: hash, as: UInt64.self)
        first.storeBytes(of: UInt8(count), toByteOffset: 8, as: UInt8.self)
        (first + Offset.key).copyMemory(from: text, byteCount: count)
        shape(first, text, count)
        return Word(start: first)
    }

    @inline(__always)
    private static func matches(
        _ entry: UnsafeMutableRawPointer, _ hash: UInt64, _ text: UnsafeRawPointer, _ count: Int
    ) -> Bool {
        entry.load(as: UInt64.self) == hash && entry.load(fromByteOffset: 8, as: UInt8.self) == UInt8(count)
            && memcmp(entry + Offset.key, text, count) == 0
    }

    @inline(__always)
    private static func hash(_ text: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(truncatingIfNeeded: count)
        var at = 0
        while at + 8 <= count {
            hash = (hash ^ text.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
            at += 8
        }
        var rest: UInt64 = 0
        while at < count {
            rest = rest << 8 | UInt64(text.load(fromByteOffset: at, as: UInt8.self))
            at += 1
        }
        hash = (hash ^ rest) &* 0x9E37_79B9_7F4A_7C15
        return hash ^ hash >> 32
    }

    /// Fills an entry. The number of glyphs is 0 when the word is not a row of one glyph for each character.
    private mutating func shape(_ entry: UnsafeMutableRawPointer, _ text: UnsafeRawPointer, _ count: Int) {
        entry.storeBytes(of: 0, toByteOffset: 9, as: UInt8.self)
        entry.storeBytes(of: 0, toByteOffset: 10, as: UInt16.self)
        entry.storeBytes(of: 0, toByteOffset: 12, as: Int32.self)
        if shapeLetters(entry, UnsafeRawBufferPointer(start: text, count: count)) { return }
        guard let (infos, positions, glyphs) = shaper.glyphs(UnsafeRawBufferPointer(start: text, count: count)),
            glyphs <= Self.longest
        else { return }
        shown.removeAll()
        var width = 0
        var at = 0
        var moved = 0
        for index in 0..<glyphs {
            let position = positions[index]
            let scalar = PDFScalar(UnsafeRawBufferPointer(start: text, count: count), at)
            guard Int(infos[index].cluster) == at, infos[index].codepoint > 0, position.x_offset == 0,
                position.y_offset == 0, abs(position.x_advance) < 0x7FFF
            else { return }
            at += scalar.count
            let code = face.code(infos[index].codepoint, scalar.value)
            guard code < PDFFace.codesPerFont else { return }
            if moved != 0 { PDFWords.append(kerning: moved, face, to: &shown) }
            PDFFace.append(code, to: &shown)
            moved = face.advance(infos[index].codepoint) - Int(position.x_advance)
            width += Int(position.x_advance)
            entry.storeBytes(of: Int16(position.x_advance), toByteOffset: Offset.widths + 2 * index, as: Int16.self)
            entry.storeBytes(of: UInt16(shown.held), toByteOffset: Offset.ends + 2 * index, as: UInt16.self)
        }
        guard at == count else { return }
        finish(entry, glyphs, width)
    }

    /// Shapes an ASCII word from its pairs of letters; false when that is impossible.
    private mutating func shapeLetters(_ entry: UnsafeMutableRawPointer, _ text: UnsafeRawBufferPointer) -> Bool {
        shown.removeAll()
        var whole = 0
        for index in text.indices {
            let letter = text[index]
            let next = index + 1 < text.count ? text[index + 1] : nil
            guard let width = pairs.width(letter, before: next, shaper) else { return false }
            let code = pairs.code(letter, face)
            guard code < PDFFace.codesPerFont else { return false }
            PDFFace.append(code, to: &shown)
            entry.storeBytes(of: Int16(width), toByteOffset: Offset.widths + 2 * index, as: Int16.self)
            entry.storeBytes(of: UInt16(shown.held), toByteOffset: Offset.ends + 2 * index, as: UInt16.self)
            whole += width
            if next != nil, let alone = pairs.width(letter, before: nil, shaper), alone != width {
                Self.append(kerning: alone - width, face, to: &shown)
            }
        }
        finish(entry, text.count, whole)
        return true
    }

    /// Stores the shaped word in the entry.
    private func finish(_ entry: UnsafeMutableRawPointer, _ glyphs: Int, _ width: Int) {
        guard shown.held <= Offset.entry - Offset.bytes else { return }
        entry.storeBytes(of: UInt8(glyphs), toByteOffset: 9, as: UInt8.self)
        entry.storeBytes(of: UInt16(shown.held), toByteOffset: 10, as: UInt16.self)
        entry.storeBytes(of: Int32(width), toByteOffset: 12, as: Int32.self)
        guard let bytes = shown.heldBytes.baseAddress else { return }
        (entry + Offset.bytes).copyMemory(from: bytes, byteCount: shown.held)
    }

    /// Appends the kerning before the next glyph, as a distance towards the previous one in thousandths of the print
    /// size.
    private static func append(kerning units: Int, _ face: PDFFace, to bytes: inout ByteSink) {
        let thousandths = Int((Double(units) * 1000 / Double(face.unitsPerEm)).rounded())
        guard thousandths != 0 else { return }
        bytes.append(UInt8(ascii: ")"))
        bytes.decimal(thousandths)
        bytes.append(UInt8(ascii: "("))
    }
}

/// A character of valid UTF-8.
struct PDFScalar {
    let value: UInt32
    let count: Int

    @inline(__always)
    init(_ text: UnsafeRawBufferPointer, _ at: Int) {
        let lead = UInt32(text[at])
        func rest(_ place: Int) -> UInt32 { at + place < text.count ? UInt32(text[at + place]) & 0x3F : 0 }
        switch lead {
        case 0..<0xC0: (value, count) = (lead, 1)
        case 0xC0..<0xE0: (value, count) = ((lead & 0x1F) << 6 | rest(1), 2)
        case 0xE0..<0xF0: (value, count) = ((lead & 0x0F) << 12 | rest(1) << 6 | rest(2), 3)
        default: (value, count) = ((lead & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3), 4)
        }
    }
}
