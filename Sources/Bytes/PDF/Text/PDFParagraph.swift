import CPango

// DESIGN. Pango breaks and shapes the text that words cannot express: other scripts, both directions, replacement fonts, an
// ellipsis. Its lines are runs of one font. A run consists of clusters: the glyphs that together show one or more characters. A
// cluster of one glyph and one character is a code like any other. All other clusters are marked with their characters
// (`ActualText`, ISO 32000-1, 14.9.4), because a map of single codes cannot express the text of a reordered syllable.

extension PDFFonts {
    /// Sets a text by Pango.
    func setParagraphs(
        _ utf8: UnsafeRawBufferPointer, _ style: PDFText.Style, into lines: inout PDFLines
    ) -> PDFTextBox {
        PangoTurn.begin()
        defer { PangoTurn.end() }
        let layout = layout(utf8, style)
        defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
        var logical = PangoRectangle()
        pango_layout_get_extents(layout, nil, &logical)
        var box = PDFTextBox(
            left: pango_units_to_double(logical.x), width: pango_units_to_double(logical.width),
            height: pango_units_to_double(logical.height),
            baseline: pango_units_to_double(pango_layout_get_baseline(layout)),
            isCut: pango_layout_is_ellipsized(layout) != 0)
        let room = style.width ?? box.width
        var widest = 0.0
        let first = lines.count
        let iterator = pango_layout_get_iter(layout)
        defer { pango_layout_iter_free(iterator) }
        repeat {
            var extents = PangoRectangle()
            pango_layout_iter_get_line_extents(iterator, nil, &extents)
            lines.open()
            var line = PDFRunWriter(self, style)
            var runs = pango_layout_iter_get_line_readonly(iterator)?.pointee.runs
            while let run = runs {
                if let item = run.pointee.data {
                    line.append(item.assumingMemoryBound(to: PangoGlyphItem.self).pointee, of: utf8, to: &lines.bytes)
                }
                runs = run.pointee.next
            }
            line.end(&lines.bytes)
            lines.close(width: Int(extents.width))
            let width = pango_units_to_double(extents.width)
            let x =
                switch style.alignment {
                case .beginning, .center: pango_units_to_double(extents.x)
                case .left: 0.0
                case .right: room - width
                }
            widest = max(widest, width)
            lines.place(
                lines.count - 1, x: x, baseline: pango_units_to_double(pango_layout_iter_get_baseline(iterator)))
        } while pango_layout_iter_next_line(iterator) != 0
        switch style.alignment {
        case .beginning, .center: break
        case .left: (box.left, box.width) = (0, widest)
        case .right: (box.left, box.width) = (room - widest, widest)
        }
        box.lines = first..<lines.count
        return box
    }
}

/// Writes the runs of one line from Pango.
private struct PDFRunWriter {
    private let fonts: PDFFonts
    private let style: PDFText.Style
    private let plain: Int
    private var font: Int
    private var rise = 0
    /// The position of the next glyph, and the position after the operators written so far, in points from the beginning of
    /// the line.
    private var wanted = 0.0
    private var reached = 0.0

    /// Pango's glyph for invisible characters (`PANGO_GLYPH_EMPTY`), and the mark of characters that no font has.
    private static let empty: UInt32 = 0x0FFF_FFFF
    private static let unknown: UInt32 = 0x1000_0000

    init(_ fonts: PDFFonts, _ style: PDFText.Style) {
        self.fonts = fonts
        self.style = style
        plain = fonts.face(isBold: style.isBold).fonts[0]
        font = plain
    }

    /// The clusters of a run, from the left.
    mutating func append(_ run: PangoGlyphItem, of text: UnsafeRawBufferPointer, to bytes: inout ByteSink) {
        guard let item = run.item?.pointee, let string = run.glyphs?.pointee, let glyphs = string.glyphs,
            let clusters = string.log_clusters
        else { return }
        let face = fonts.face(of: item.analysis.font)
        let isEllipsis = item.analysis.flags & UInt8(PANGO_ANALYSIS_FLAG_IS_ELLIPSIS) != 0
        let isReversed = item.analysis.level % 2 == 1
        let count = Int(string.num_glyphs)
        var begin = 0
        // In a run from right to left, the leftmost cluster is the last of the text.
        var before = Int(item.length)
        while begin < count {
            var end = begin + 1
            while end < count, clusters[end] == clusters[begin] { end += 1 }
            let from = Int(clusters[begin])
            let to = isReversed ? before : end < count ? Int(clusters[end]) : Int(item.length)
            before = from
            let shown = UnsafeBufferPointer(start: glyphs + begin, count: end - begin)
            if isEllipsis {
                append(shown, [0x2026], face, to: &bytes)
            } else {
                let (first, last) = (Int(item.offset) + from, Int(item.offset) + to)
                let cluster = UnsafeRawBufferPointer(
                    rebasing: text[min(first, text.count)..<max(min(first, text.count), min(last, text.count))])
                append(shown, String(decoding: cluster, as: UTF8.self).unicodeScalars.map(\.value), face, to: &bytes)
            }
            begin = end
        }
    }

    /// Ends the line in the state of its beginning: with the font for plain text, on the baseline.
    mutating func end(_ bytes: inout ByteSink) {
        guard font != plain || rise != 0 else { return }
        bytes.append(")]TJ\n")
        setRise(0, &bytes)
        setFont(plain, &bytes)
        bytes.append("[(")
    }

    private mutating func append(
        _ glyphs: UnsafeBufferPointer<PangoGlyphInfo>, _ scalars: [UInt32], _ face: PDFFace, to bytes: inout ByteSink
    ) {
        let isMarked = scalars.count != 1 || glyphs.count != 1 || glyphs[0].glyph & Self.unknown != 0
        let isShown = glyphs.contains { $0.glyph != Self.empty }
        if isMarked, isShown {
            bytes.append(")]TJ\n/Span<</ActualText")
            bytes.unicode(scalars.flatMap { Unicode.Scalar($0).map { Array(String($0).utf16) } ?? [] })
            bytes.append(">>BDC\n[(")
        }
        for glyph in glyphs {
            if glyph.glyph != Self.empty {
                append(glyph, scalars.first ?? 0xFFFD, isMarked, face, to: &bytes)
            } else if scalars == [0x20] {
                // A blank at the end of a line takes no room, but separates words for readers that join lines.
                append(glyph, 0x20, false, face, to: &bytes)
            }
            // For a character that no font has, Pango's width is that of its own box or 0, depending on what the process did
            // before. So the same data would give different bytes.
            wanted +=
                glyph.glyph & Self.unknown != 0
                ? boxWidth() : pango_units_to_double(glyph.geometry.width)
        }
        if isMarked, isShown { bytes.append(")]TJ\nEMC\n[(") }
    }

    /// The distance, in points, that the replacement box moves the pen.
    private func boxWidth() -> Double {
        let face = fonts.face(isBold: style.isBold)
        return Double(face.advance(0)) / Double(face.unitsPerEm) * style.size
    }

    private mutating func append(
        _ info: PangoGlyphInfo, _ scalar: UInt32, _ isMarked: Bool, _ face: PDFFace, to bytes: inout ByteSink
    ) {
        // A character that no font has is shown as the box of the font for plain text, which also has the blanks
        // without width.
        let isUnknown = info.glyph & Self.unknown != 0
        let isBlank = info.glyph == Self.empty
        let face = isUnknown || isBlank ? fonts.face(isBold: style.isBold) : face
        var glyph = isUnknown || isBlank ? 0 : info.glyph
        if isBlank { hb_font_get_nominal_glyph(face.font, 0x20, &glyph) }
        let code = face.code(glyph, scalar, isMarked: isMarked)
        let font = fonts.font(of: code, face)
        let rise = -hundredths(pango_units_to_double(info.geometry.y_offset))
        if font != self.font || rise != self.rise {
            bytes.append(")]TJ\n")
            setRise(rise, &bytes)
            setFont(font, &bytes)
            bytes.append("[(")
        }
        let place = wanted + pango_units_to_double(info.geometry.x_offset)
        let moved = Int(((reached - place) * 1000 / style.size).rounded())
        if abs(moved) > 2 {
            bytes.append(UInt8(ascii: ")"))
            bytes.decimal(moved)
            bytes.append(UInt8(ascii: "("))
            reached -= Double(moved) * style.size / 1000
        }
        PDFFace.append(code, to: &bytes)
        reached += Double(face.advance(glyph)) / Double(face.unitsPerEm) * style.size
    }

    private mutating func setFont(_ font: Int, _ bytes: inout ByteSink) {
        guard font != self.font else { return }
        self.font = font
        bytes.append("/F")
        bytes.decimal(font)
        bytes.append(" ")
        bytes.hundredths(hundredths(style.size))
        bytes.append(" Tf\n")
    }

    private mutating func setRise(_ rise: Int, _ bytes: inout ByteSink) {
        guard rise != self.rise else { return }
        self.rise = rise
        bytes.hundredths(rise)
        bytes.append(" Ts\n")
    }
}
