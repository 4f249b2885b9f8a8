import CPangoCairo

extension PDFCanvas {
    /// The names of scripts for which the machine has no font: texts in them would print as boxes.
    package static func missingScripts() throws(SinkError) -> [String] {
        let samples = [
            ("Latin", "Report"), ("Greek", "Αναφορά"), ("Cyrillic", "Отчёт"), ("Arabic", "تقرير"), ("Hebrew", "דוח"),
            ("Devanagari", "रिपोर्ट"), ("Chinese", "报告"), ("Japanese", "レポート"), ("Korean", "보고서"),
        ]
        guard let map = pango_cairo_font_map_new() else { throw .format("the font system cannot be started") }
        defer { g_object_unref(UnsafeMutableRawPointer(map)) }
        guard let context = pango_font_map_create_context(map) else {
            throw .format("the font system cannot be started")
        }
        defer { g_object_unref(UnsafeMutableRawPointer(context)) }
        var missing: [String] = []
        for (name, text) in samples {
            guard let layout = pango_layout_new(context) else { throw .format("the font system is out of memory") }
            defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
            pango_layout_set_text(layout, text, -1)
            if pango_layout_get_unknown_glyphs_count(layout) > 0 { missing.append(name) }
        }
        return missing
    }
}
