import CPangoCairo

/// Text that was shaped once and can be measured and drawn any number of times. Lengths are points.
package final class PDFText {
    package enum Alignment: Sendable { case left, center, right }

    /// How a text looks and how it fills its box.
    package struct Style: Sendable {
        /// Points.
        package var size: Double
        package var isBold = false
        package var isFixedWidth = false
        package var alignment = Alignment.left
        /// The width to wrap at, at words where possible, else anywhere, without hyphens; nil for as wide as it gets.
        package var width: Double?
        /// Cut with an ellipsis so as to be no taller than this; needs a `width`.
        package var maximumHeight: Double?
        /// Keep to one line, cut with an ellipsis at `width`.
        package var isOneLine = false

        package init(
            size: Double, isBold: Bool = false, isFixedWidth: Bool = false, alignment: Alignment = .left,
            width: Double? = nil, maximumHeight: Double? = nil, isOneLine: Bool = false
        ) {
            self.size = size
            self.isBold = isBold
            self.isFixedWidth = isFixedWidth
            self.alignment = alignment
            self.width = width
            self.maximumHeight = maximumHeight
            self.isOneLine = isOneLine
        }
    }

    let layout: OpaquePointer?
    /// Where the ink's box begins, from the left of the text's box: more than 0 in text that is not at the left.
    package let left: Double
    package let width: Double
    package let height: Double
    /// From the top to the first line's baseline.
    package let baseline: Double
    /// Whether an ellipsis stands for the rest.
    package let isCut: Bool

    /// Takes over the caller's reference.
    fileprivate init(_ layout: OpaquePointer?) {
        self.layout = layout
        var logical = PangoRectangle()
        pango_layout_get_extents(layout, nil, &logical)
        left = pango_units_to_double(logical.x)
        width = pango_units_to_double(logical.width)
        height = pango_units_to_double(logical.height)
        baseline = pango_units_to_double(pango_layout_get_baseline(layout))
        isCut = pango_layout_is_ellipsized(layout) != 0
    }

    deinit { g_object_unref(UnsafeMutableRawPointer(layout)) }
}

/// The fonts of one document and the way text is shaped with them.
///
/// Each document has its own font map, so that it may be written on whichever thread its job runs. The language is
/// fixed, not that of the process: it decides which font stands in, and the same data must give the same bytes.
struct PDFFonts: ~Copyable {
    /// In order of preference for each character; what none of them has comes from any font of the machine.
    private static let family =
        "Noto Sans,Noto Sans Arabic,Noto Sans Hebrew,Noto Sans Devanagari,Noto Sans CJK SC,DejaVu Sans"
    private static let fixedFamily = "DejaVu Sans Mono,Noto Sans Mono CJK SC,Noto Sans"

    private let map: UnsafeMutablePointer<PangoFontMap>
    private let context: OpaquePointer
    private let attributes: OpaquePointer?
    private let proportional: OpaquePointer?
    private let fixed: OpaquePointer?

    init() throws(SinkError) {
        guard let map = pango_cairo_font_map_new() else { throw .format("writing a PDF: pango has no font map") }
        var families: UnsafeMutablePointer<UnsafeMutablePointer<PangoFontFamily>?>?
        var count: Int32 = 0
        // Without any font pango would end the process at the first text.
        pango_font_map_list_families(map, &families, &count)
        g_free(families)
        guard count > 0, let context = pango_font_map_create_context(map) else {
            g_object_unref(map)
            throw .format("writing a PDF: no fonts found; install fonts-noto-core, fonts-noto-cjk, fonts-dejavu-core")
        }
        self.map = map
        self.context = context
        // One unit of the page is a point, and glyphs stand where the font wants them, not on pixels.
        pango_cairo_context_set_resolution(context, 72)
        pango_context_set_round_glyph_positions(context, 0)
        pango_context_set_language(context, pango_language_from_string("en"))
        let options = cairo_font_options_create()
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        pango_cairo_context_set_font_options(context, options)
        cairo_font_options_destroy(options)
        // A digest or a URL that is broken over lines must not get hyphens that are not its own.
        attributes = pango_attr_list_new()
        pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(0))
        // A search for "firefox" must find it: readers give the glyph of a ligature back as U+FB01.
        pango_attr_list_insert(attributes, pango_attr_font_features_new("liga=0, clig=0"))
        proportional = pango_font_description_new()
        pango_font_description_set_family(proportional, Self.family)
        fixed = pango_font_description_new()
        pango_font_description_set_family(fixed, Self.fixedFamily)
    }

    deinit {
        pango_font_description_free(proportional)
        pango_font_description_free(fixed)
        pango_attr_list_unref(attributes)
        g_object_unref(UnsafeMutableRawPointer(context))
        g_object_unref(map)
    }

    /// Shapes a text. The bytes must be UTF-8 without NUL: `PDFCellText` makes them so.
    func shape(utf8: UnsafeRawBufferPointer, _ style: PDFText.Style) -> PDFText {
        let layout: OpaquePointer? = pango_layout_new(context)
        let font = style.isFixedWidth ? fixed : proportional
        pango_font_description_set_absolute_size(font, style.size * Double(PANGO_SCALE))
        pango_font_description_set_weight(font, style.isBold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL)
        pango_layout_set_font_description(layout, font)
        pango_layout_set_attributes(layout, attributes)
        switch style.alignment {
        case .left: break
        case .center: pango_layout_set_alignment(layout, PANGO_ALIGN_CENTER)
        case .right: pango_layout_set_alignment(layout, PANGO_ALIGN_RIGHT)
        }
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
        return PDFText(layout)
    }

    /// Shapes a text of any content.
    func shape(_ text: String, _ style: PDFText.Style) -> PDFText {
        var clean: [UInt8] = []
        var text = text
        text.withUTF8 { _ = PDFCellText.append(UnsafeRawBufferPointer($0), to: &clean) }
        return clean.withUnsafeBytes { shape(utf8: $0, style) }
    }
}
