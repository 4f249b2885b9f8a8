import CPango

// DESIGN. A page contains text as codes, not as glyph numbers: one byte for the first 224 codes, two for the others. So most
// text costs a byte a letter. A code stands for a glyph and the character that it shows, because one glyph may show several
// characters (a space and a no-break space). So a search finds the document's own characters. A face with more codes than
// one font allows becomes several fonts of the document, which share one font file. The file has the outlines of the used
// glyphs alone (`hb-subset`).

/// One face of a font in the use of a document.
final class PDFFace {
    /// Codes 10 to EF have one byte. F0 to FF begin codes of two bytes, whose second byte is 10 to EF.
    static let codesPerFont = shortCodes + 16 * 224
    private static let shortCodes = 0xE0

    /// The meaning of a code: the glyph and the character that it shows.
    struct Code {
        let glyph: UInt32
        let scalar: UInt32
    }

    let face: OpaquePointer?
    /// The font in the scale of the face's own units.
    let font: OpaquePointer?
    let unitsPerEm: Int
    /// The height above and below the baseline, in units of the print size.
    let ascent: Double
    let descent: Double
    private(set) var codes: [Code] = []
    private var places: [UInt64: Int] = [:]
    /// The document's number of each font that the codes are divided into.
    private(set) var fonts: [Int] = []

    /// Keeps its own reference to a `hb_face_t`.
    init(_ shared: OpaquePointer?) {
        let face = hb_face_reference(shared)
        self.face = face
        font = hb_font_create(face)
        unitsPerEm = max(1, Int(hb_face_get_upem(face)))
        var extents = hb_font_extents_t()
        hb_font_get_h_extents(font, &extents)
        ascent = Double(extents.ascender) / Double(unitsPerEm)
        descent = -Double(extents.descender) / Double(unitsPerEm)
    }

    deinit {
        hb_font_destroy(font)
        hb_face_destroy(face)
    }

    /// The distance that a glyph alone moves the pen, in the face's units.
    func advance(_ glyph: UInt32) -> Int { Int(hb_font_get_glyph_h_advance(font, glyph)) }

    /// The code for a glyph that shows a character. A glyph whose characters are marked in the page has one code for all
    /// characters, that of the first: a text has more combinations of characters than a font has glyphs.
    func code(_ glyph: UInt32, _ scalar: UInt32, isMarked: Bool = false) -> Int {
        let key = UInt64(glyph) << 32 | UInt64(isMarked ? UInt32.max : scalar)
        if let place = places[key] { return place }
        places[key] = codes.count
        codes.append(Code(glyph: glyph, scalar: scalar))
        return codes.count - 1
    }

    func addFont(_ number: Int) { fonts.append(number) }

    /// Appends a code in the form for a string of a page.
    static func append(_ code: Int, to bytes: inout ByteSink) {
        let code = code % codesPerFont
        guard code >= shortCodes else { return append(UInt8(0x10 + code), to: &bytes) }
        let (first, second) = (code - shortCodes).quotientAndRemainder(dividingBy: 224)
        bytes.append(UInt8(0xF0 + first))
        append(UInt8(0x10 + second), to: &bytes)
    }

    private static func append(_ byte: UInt8, to bytes: inout ByteSink) {
        if byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "\\") {
            bytes.append(UInt8(ascii: "\\"))
        }
        bytes.append(byte)
    }

    /// Appends a code in the form for a map of codes.
    static func appendHexadecimal(_ code: Int, to bytes: inout ByteSink) {
        bytes.append(UInt8(ascii: "<"))
        if code < shortCodes {
            let digits = Array("0123456789ABCDEF".utf8)
            bytes.append(digits[(0x10 + code) >> 4])
            bytes.append(digits[(0x10 + code) & 15])
        } else {
            let (first, second) = (code - shortCodes).quotientAndRemainder(dividingBy: 224)
            bytes.hexadecimal(UInt16((0xF0 + first) << 8 | (0x10 + second)))
        }
        bytes.append(UInt8(ascii: ">"))
    }

    /// The face's name in a form for PDF, `NotoSans-Regular`: letters, digits and hyphens only.
    var name: String {
        var room = [CChar](repeating: 0, count: 128)
        var count = UInt32(room.count)
        hb_ot_name_get_utf8(face, hb_ot_name_id_t(6), nil, &count, &room)
        let name = room.prefix(Int(min(count, 127))).map { UInt8(bitPattern: $0) }
            .filter { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == UInt8(ascii: "-") }
        return name.isEmpty ? "Font" : String(decoding: name, as: UTF8.self)
    }
}
