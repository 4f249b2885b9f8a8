import CPango

// DESIGN. Numbers, digests and names are words that no cache has seen, and most are ASCII. In a face that only kerns ASCII, a
// word consists of its letters, and the width of each letter depends only on the next one. So each pair of letters is shaped
// once. HarfBuzz shapes all words in a face whose letters change with distant letters (the feature `calt`, as in fonts for
// programmers) or with their neighbours.

/// The setting of ASCII in one face, by pairs of letters.
struct PDFPairs: ~Copyable {
    private static let first: UInt8 = 0x21
    private static let count = 0x7F - Int(first)
    private static let unknown = Int16.min
    /// Marks pairs that HarfBuzz has to shape.
    private static let other = Int16.max

    /// The width of each letter before each other letter, and alone.
    private var widths = [Int16](repeating: unknown, count: count * (count + 1))
    private var codes = [Int32](repeating: -1, count: count)
    private let isUsable: Bool

    init(_ face: PDFFace) { isUsable = !Self.changesWithContext(face) }

    /// The width of a letter before another letter or alone; nil when HarfBuzz has to shape the whole word.
    @inline(__always)
    mutating func width(_ letter: UInt8, before next: UInt8?, _ shaper: PDFShaper) -> Int? {
        guard isUsable, Self.isLetter(letter), next.map(Self.isLetter) != false else { return nil }
        let place = Int(letter - Self.first) * (Self.count + 1) + (next.map { Int($0 - Self.first) } ?? Self.count)
        var width = widths[place]
        if width == Self.unknown {
            width = shaper.width(letter, before: next) ?? Self.other
            widths[place] = width
        }
        return width == Self.other ? nil : Int(width)
    }

    /// The code of a letter.
    @inline(__always)
    mutating func code(_ letter: UInt8, _ face: PDFFace) -> Int {
        let place = Int(letter - Self.first)
        if codes[place] < 0 {
            var glyph: UInt32 = 0
            hb_font_get_nominal_glyph(face.font, UInt32(letter), &glyph)
            codes[place] = Int32(face.code(glyph, UInt32(letter)))
        }
        return Int(codes[place])
    }

    @inline(__always)
    private static func isLetter(_ byte: UInt8) -> Bool { byte >= first && byte < 0x7F }

    /// Whether a contextual alternate of the face starts at an ASCII letter.
    private static func changesWithContext(_ face: PDFFace) -> Bool {
        let letters = hb_set_create()
        let lookups = hb_set_create()
        defer {
            hb_set_destroy(letters)
            hb_set_destroy(lookups)
        }
        for letter in UInt32(first)..<0x7F {
            var glyph: UInt32 = 0
            if hb_font_get_nominal_glyph(face.font, letter, &glyph) != 0 { hb_set_add(letters, glyph) }
        }
        let features = ["calt", "rclt", "rlig"].map(PDFFontFile.tag) + [0]
        hb_ot_layout_collect_lookups(face.face, PDFFontFile.tag("GSUB"), nil, nil, features, lookups)
        var lookup = UInt32.max
        while hb_set_next(lookups, &lookup) != 0 {
            let input = hb_set_create()
            defer { hb_set_destroy(input) }
            hb_ot_layout_lookup_collect_glyphs(face.face, PDFFontFile.tag("GSUB"), lookup, nil, input, nil, nil)
            hb_set_intersect(input, letters)
            if hb_set_is_empty(input) == 0 { return true }
        }
        return false
    }
}
