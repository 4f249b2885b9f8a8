import CPango

/// The fonts of one document and the way text is set with them.
///
/// Each document has its own font map, so that any thread may write it. The language is fixed instead of the
/// process's own, because it decides which font stands in, and the same data must give the same bytes.
final class PDFFonts {
    /// The fonts, in order of preference for each character; any font of the machine provides characters that none of
    /// them has.
    private static let family = """
        Noto Sans,Noto Sans Arabic,Noto Sans Hebrew,Noto Sans Devanagari,Noto Sans CJK SC,WenQuanYi Micro Hei,\
        DejaVu Sans,Symbola
        """

    /// Debian's packages of these fonts, for errors.
    static let packages = "fonts-noto-core, fonts-noto-cjk, fonts-dejavu-core, fonts-symbola"

    private let map: UnsafeMutablePointer<PangoFontMap>
    let context: OpaquePointer
    private let attributes: OpaquePointer?
    private let description: OpaquePointer?
    private var known: PDFFaces
    private let regular: PDFFace
    private let bold: PDFFace
    private var regularWords: PDFWordSetter
    private var boldWords: PDFWordSetter
    private var paragraphs = PDFParagraphCache()
    /// Lines that are only measured.
    private var measured = PDFLines()

    init() throws(SinkError) {
        PangoTurn.begin()
        defer { PangoTurn.end() }
        guard let map = pango_ft2_font_map_new() else { throw .format("writing a PDF: pango has no font map") }
        // Glyphs are placed where the font wants them, not on pixels, and have outlines, because a PDF cannot show pictures
        // as glyphs.
        pango_fc_font_map_set_default_substitute(
            OpaquePointer(map),
            { pattern, _ in
                FcPatternAddBool(pattern, FC_HINTING, FcFalse)
                FcPatternAddBool(pattern, FC_COLOR, FcFalse)
                FcPatternAddBool(pattern, FC_OUTLINE, FcTrue)
            }, nil, nil)
        var families: UnsafeMutablePointer<UnsafeMutablePointer<PangoFontFamily>?>?
        var count: Int32 = 0
        // Without any font, Pango would end the process at the first text.
        pango_font_map_list_families(map, &families, &count)
        g_free(families)
        guard count > 0, let context = pango_font_map_create_context(map) else {
            g_object_unref(map)
            throw .format("writing a PDF: no fonts found; install \(Self.packages)")
        }
        pango_context_set_round_glyph_positions(context, 0)
        pango_context_set_language(context, pango_language_from_string("en"))
        // A digest or URL that is broken over lines must not get added hyphens.
        let attributes = pango_attr_list_new()
        pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(0))
        // A search for "firefox" must find it, but readers return the glyph of a ligature as U+FB01.
        pango_attr_list_insert(attributes, pango_attr_font_features_new("liga=0, clig=0"))
        let description = pango_font_description_new()
        pango_font_description_set_family(description, Self.family)
        var known = PDFFaces()
        var faces: [PDFFace] = []
        for weight in [PANGO_WEIGHT_NORMAL, PANGO_WEIGHT_BOLD] {
            pango_font_description_set_absolute_size(description, 10 * Double(PANGO_SCALE))
            pango_font_description_set_weight(description, weight)
            guard let font = pango_context_load_font(context, description) else {
                throw .format("writing a PDF: pango cannot load a font of \(Self.family)")
            }
            defer { g_object_unref(font) }
            faces.append(known.face(of: font))
        }
        self.map = map
        self.context = context
        self.attributes = attributes
        self.description = description
        self.known = known
        (regular, bold) = (faces[0], faces[1])
        regularWords = try PDFWordSetter(regular)
        boldWords = try PDFWordSetter(bold)
    }

    deinit {
        PangoTurn.begin()
        defer { PangoTurn.end() }
        pango_font_description_free(description)
        pango_attr_list_unref(attributes)
        g_object_unref(UnsafeMutableRawPointer(context))
        g_object_unref(map)
    }

    /// The faces in the order of their first use.
    var faces: [PDFFace] { known.faces }

    /// The face for plain text; its font is set before each line.
    func face(isBold: Bool) -> PDFFace { isBold ? bold : regular }

    /// The face of a font of Pango's.
    func face(of font: UnsafeMutablePointer<PangoFont>?) -> PDFFace { known.face(of: font) }

    /// The document's number of the font with a code of a face.
    func font(of code: Int, _ face: PDFFace) -> Int { known.font(of: code, face) }

    /// Sets a text. The bytes must be UTF-8 without NUL; `PDFCellText` ensures that.
    func set(_ utf8: UnsafeRawBufferPointer, _ style: PDFText.Style, into lines: inout PDFLines) -> PDFTextBox {
        let box =
            style.isBold ? boldWords.set(utf8, style, into: &lines) : regularWords.set(utf8, style, into: &lines)
        if let box { return box }
        return paragraphs.lines(utf8, style, into: &lines) { setParagraphs(utf8, style, into: &$0) }
    }

    /// Sets a text of any content.
    func set(_ text: String, _ style: PDFText.Style) -> PDFText {
        var clean: [UInt8] = []
        var text = text
        text.withUTF8 { _ = PDFCellText.append(UnsafeRawBufferPointer($0), to: &clean) }
        var lines = PDFLines()
        let box = clean.withUnsafeBytes { set($0, style, into: &lines) }
        return PDFText(lines, box, style)
    }

    /// The width of a text in one line, in units of the print size. The bytes must be UTF-8 without NUL.
    func width(_ utf8: UnsafeRawBufferPointer, isBold: Bool = false) -> Double {
        measured.removeAll()
        return set(utf8, .init(size: 100, isBold: isBold), into: &measured).width / 100
    }

    /// A layout of Pango's for a text. The caller releases the result with `g_object_unref`.
    func layout(_ utf8: UnsafeRawBufferPointer, _ style: PDFText.Style) -> OpaquePointer? {
        let layout: OpaquePointer? = pango_layout_new(context)
        pango_font_description_set_absolute_size(description, style.size * Double(PANGO_SCALE))
        pango_font_description_set_weight(description, style.isBold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
        pango_layout_set_font_description(layout, description)
        pango_layout_set_attributes(layout, attributes)
        // `setParagraphs` places the lines of `.left` and `.right` itself: what Pango calls left is the side at which the text
        // begins, which is the right side in Arabic.
        if style.alignment == .center { pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER) }
        if let width = style.width {
            pango_layout_set_width(layout, pango_units_from_double(max(1, width)))
            pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR)
        }
        if let height = style.maximumHeight {
            pango_layout_set_height(layout, pango_units_from_double(height))
            pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END)
        }
        if style.isOneLine {
            pango_layout_set_single_paragraph_mode(layout, 1)
            if style.width != nil { pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END) }
        }
        pango_layout_set_text(layout, utf8.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(utf8.count))
        return layout
    }
}

/// The faces of one document, and the numbers of the document's fonts.
private struct PDFFaces {
    private(set) var faces: [PDFFace] = []
    private var known: [OpaquePointer: Int] = [:]
    /// The number of the document's fonts so far: a face has one for each `PDFFace.codesPerFont` codes.
    private var fontCount = 0

    mutating func face(of font: UnsafeMutablePointer<PangoFont>?) -> PDFFace {
        let shared = hb_font_get_face(pango_font_get_hb_font(font))
        if let shared, let index = known[shared] { return faces[index] }
        let face = PDFFace(shared)
        if let shared { known[shared] = faces.count }
        faces.append(face)
        addFont(to: face)
        return face
    }

    mutating func font(of code: Int, _ face: PDFFace) -> Int {
        let place = code / PDFFace.codesPerFont
        while face.fonts.count <= place { addFont(to: face) }
        return face.fonts[place]
    }

    private mutating func addFont(to face: PDFFace) {
        face.addFont(fontCount)
        fontCount += 1
    }
}
