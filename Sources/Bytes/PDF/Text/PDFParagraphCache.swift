// DESIGN. Setting text with Pango costs ten times as much as setting words, and names, licences and severities repeat there,
// too. So the lines of short texts are kept. The hash of text and style gives a slot for two texts. A third text replaces the
// less recently used one. The memory is bounded.

/// The texts that Pango set last.
struct PDFParagraphCache: ~Copyable {
    private struct Entry {
        var hash = 0
        var text: [UInt8] = []
        var style = PDFText.Style(size: 0)
        var box = PDFTextBox()
        var lines: [PDFLines.Line] = []
        var bytes: [UInt8] = []
    }

    /// Longer texts rarely repeat.
    private static let longest = 120
    private static let places = 1024

    private var entries = [Entry](repeating: Entry(), count: 2 * places)

    /// Appends the lines of a text from the cache; on a miss, `set` makes them.
    mutating func lines(
        _ text: UnsafeRawBufferPointer, _ style: PDFText.Style, into lines: inout PDFLines,
        set: (inout PDFLines) -> PDFTextBox
    ) -> PDFTextBox {
        guard text.count <= Self.longest else { return set(&lines) }
        let hash = Self.hash(text, style)
        let place = 2 * (hash % Self.places)
        if !isEntry(place, hash, text, style) {
            entries.swapAt(place, place + 1)
            if !isEntry(place, hash, text, style) {
                let (first, held) = (lines.count, lines.bytes.held)
                let box = set(&lines)
                entries[place].hash = hash
                entries[place].text.removeAll(keepingCapacity: true)
                entries[place].text.append(contentsOf: text)
                entries[place].style = style
                entries[place].box = box
                entries[place].lines.removeAll(keepingCapacity: true)
                for index in first..<lines.count { entries[place].lines.append(lines[index].moved(by: -held)) }
                entries[place].bytes.removeAll(keepingCapacity: true)
                entries[place].bytes.append(contentsOf: lines.bytes.heldBytes[held...])
                return box
            }
        }
        var box = entries[place].box
        let first = lines.count
        lines.append(entries[place].lines, entries[place].bytes)
        box.lines = first..<lines.count
        return box
    }

    private func isEntry(_ place: Int, _ hash: Int, _ text: UnsafeRawBufferPointer, _ style: PDFText.Style) -> Bool {
        entries[place].hash == hash && entries[place].style == style
            && entries[place].text.withUnsafeBytes { $0.elementsEqual(text) }
    }

    /// FNV-1a; at least 1, because 0 marks an unused entry.
    private static func hash(_ text: UnsafeRawBufferPointer, _ style: PDFText.Style) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ (style.width ?? 0).bitPattern ^ style.size.bitPattern
        for byte in text { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) & 0x7FFF_FFFF) + 1
    }
}
