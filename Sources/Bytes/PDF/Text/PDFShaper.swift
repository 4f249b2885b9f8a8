import CPango

/// HarfBuzz for one face, from left to right, without ligatures.
final class PDFShaper {
    let face: PDFFace
    private let buffer = hb_buffer_create()
    private let language = hb_language_from_string("en", 2)
    private let features: [hb_feature_t]

    init(_ face: PDFFace) {
        self.face = face
        features = ["liga=0", "clig=0"].map { text in
            var feature = hb_feature_t()
            hb_feature_from_string(text, -1, &feature)
            return feature
        }
    }

    deinit { hb_buffer_destroy(buffer) }

    /// The width of an ASCII letter before another; nil when one of the two then has another glyph or position.
    func width(_ letter: UInt8, before next: UInt8?) -> Int16? {
        let letters = [letter] + (next.map { [$0] } ?? [])
        return letters.withUnsafeBytes { text in
            guard let (infos, positions, count) = glyphs(text), count == text.count else { return nil }
            for index in 0..<count {
                var nominal: UInt32 = 0
                guard hb_font_get_nominal_glyph(face.font, UInt32(text[index]), &nominal) != 0,
                    infos[index].codepoint == nominal, positions[index].x_offset == 0, positions[index].y_offset == 0
                else { return nil }
            }
            // Only the second letter's own width may remain, or the pairs would not add up.
            guard count == 1 || Int(positions[1].x_advance) == face.advance(infos[1].codepoint) else { return nil }
            return Int16(exactly: positions[0].x_advance)
        }
    }

    /// Shapes a text with HarfBuzz; the result is valid until the next call.
    func glyphs(
        _ text: UnsafeRawBufferPointer
    ) -> (UnsafeMutablePointer<hb_glyph_info_t>, UnsafeMutablePointer<hb_glyph_position_t>, Int)? {
        hb_buffer_clear_contents(buffer)
        let start = text.baseAddress?.assumingMemoryBound(to: CChar.self)
        hb_buffer_add_utf8(buffer, start, Int32(text.count), 0, Int32(text.count))
        hb_buffer_set_direction(buffer, HB_DIRECTION_LTR)
        hb_buffer_set_language(buffer, language)
        hb_buffer_guess_segment_properties(buffer)
        hb_shape(face.font, buffer, features, UInt32(features.count))
        var count: UInt32 = 0
        guard let infos = hb_buffer_get_glyph_infos(buffer, &count),
            let positions = hb_buffer_get_glyph_positions(buffer, &count), count > 0
        else { return nil }
        return (infos, positions, Int(count))
    }
}
