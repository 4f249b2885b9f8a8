import CPango

extension PDFCanvas {
    /// Debian's packages of the fonts that reports are written with.
    package static var fontPackages: String { PDFFonts.packages }

    /// The names of scripts for which the machine has no font: texts in them would print as boxes.
    package static func missingScripts() throws(SinkError) -> [String] {
        let samples = [
            ("Latin", "Report"), ("Greek", "Αναφορά"), ("Cyrillic", "Отчёт"), ("Arabic", "تقرير"), ("Hebrew", "דוח"),
            ("Devanagari", "रिपोर्ट"), ("Chinese", "报告"), ("Japanese", "レポート"), ("Korean", "보고서"),
            ("emoji", "\u{1F680}\u{1F41B}\u{1F511}"),
        ]
        let fonts = try PDFFonts()
        var missing: [String] = []
        for (name, text) in samples {
            var text = text
            let layout = text.withUTF8 { fonts.layout(UnsafeRawBufferPointer($0), .init(size: 10)) }
            defer { g_object_unref(UnsafeMutableRawPointer(layout)) }
            if pango_layout_get_unknown_glyphs_count(layout) > 0 { missing.append(name) }
        }
        return missing
    }
}
