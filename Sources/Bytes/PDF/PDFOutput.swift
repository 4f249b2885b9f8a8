import CPangoCairo

// DESIGN. Two things a report needs cairo 1.16 cannot write while memory stays bounded: the total of "page 3 of 41", known
// only at the end, and links (its link tags keep some 225 bytes each until the end and leave objects that the file never
// defines). So this stands between cairo and the file. It adds a page's `/Annots` to the page's dictionary as it passes,
// remembers by how much what follows moved (two integers a page), and at the end writes the cross-reference table again,
// with the objects it adds: each page draws the same placeholder image, and the last word on that object's number is a
// form that shows the total (ISO 32000-1, 7.5.4 cross-reference table, 8.10 form XObjects, 12.5.6.5 link annotations).

/// What cairo writes, on its way to the file.
final class PDFOutput {
    /// The placeholder's size in pixels, by which it is found: no other image may have it.
    static let placeholder = (width: 61, height: 13)

    /// What cairo wrote since the last page went out.
    fileprivate(set) var buffer: [UInt8] = []
    /// Bytes of cairo's that went out before `buffer`: cairo's own count of where it is.
    private var passed = 0
    /// Where something was put in, in cairo's count, and the sum of all that was put in up to there.
    private var insertions: [(position: Int, added: Int)] = []
    /// The object that stands for the total.
    private var total: Int?

    /// For `cairo_pdf_surface_create_for_stream`, with this object as closure.
    static let write: cairo_write_func_t = { closure, data, length in
        guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
        Unmanaged<PDFOutput>.fromOpaque(closure).takeUnretainedValue().buffer
            .append(contentsOf: UnsafeBufferPointer(start: data, count: Int(length)))
        return CAIRO_STATUS_SUCCESS
    }

    /// Sends out the page that cairo has just written, with its links as the text of annotation dictionaries.
    func endPage(annotations: [UInt8], needsTotal: Bool, to file: inout ByteSink) throws(SinkError) {
        if needsTotal, total == nil { total = try findPlaceholder() }
        if annotations.isEmpty {
            buffer.withUnsafeBytes { file.append($0) }
        } else {
            guard let page = buffer.lastIndex(of: "<< /Type /Page ", before: buffer.count) else {
                throw .format("writing the links of a PDF page: this version of cairo writes pages in an unknown form")
            }
            let at = page + 2
            let text = Array(" /Annots [".utf8) + annotations + Array("]".utf8)
            buffer.withUnsafeBytes { file.append(UnsafeRawBufferPointer(rebasing: $0[..<at])) }
            file.append(text)
            buffer.withUnsafeBytes { file.append(UnsafeRawBufferPointer(rebasing: $0[at...])) }
            insertions.append((passed + at, (insertions.last?.added ?? 0) + text.count))
        }
        passed += buffer.count
        buffer.removeAll(keepingCapacity: true)
        try file.drain()
    }

    /// Sends out the end of the file. `pages` is the total to show where a page drew the placeholder.
    func finish(pages: Int, digits: PDFDigits, to file: inout ByteSink) throws(SinkError) {
        guard let table = buffer.lastIndex(of: "\nxref\n0 ", before: buffer.count).map({ $0 + 1 }),
            let trailer = buffer.lastIndex(of: "\ntrailer\n", before: buffer.count),
            var entries = offsets(from: table, to: trailer)
        else { throw .format("ending a PDF: this version of cairo writes an unknown cross-reference table") }

        let shift = insertions.last?.added ?? 0
        var objects: [UInt8] = []
        if let total {
            let first = entries.count
            for (number, body) in digits.objects(total: pages, form: total, from: first) {
                let offset = passed + shift + table + objects.count
                if number < entries.count { entries[number] = offset } else { entries.append(offset) }
                objects += Array("\(number) 0 obj\n".utf8) + body + Array("\nendobj\n".utf8)
            }
        }
        buffer.withUnsafeBytes { file.append(UnsafeRawBufferPointer(rebasing: $0[..<table])) }
        file.append(objects)
        file.append(raw: "xref\n0 \(entries.count)\n0000000000 65535 f \n")
        for offset in entries.dropFirst() {
            let digits = String(offset)
            file.append(raw: String(repeating: "0", count: max(0, 10 - digits.utf8.count)) + digits + " 00000 n \n")
            try file.drain()
        }
        let text = String(decoding: buffer[(trailer + 1)...], as: UTF8.self)
        guard let root = reference("/Root ", in: text), let information = reference("/Info ", in: text) else {
            throw .format("ending a PDF: this version of cairo writes an unknown trailer")
        }
        let start = passed + shift + table + objects.count
        file.append(
            raw: "trailer\n<< /Size \(entries.count)\n   /Root \(root) 0 R\n   /Info \(information) 0 R\n>>\n")
        file.append(raw: "startxref\n\(start)\n%%EOF\n")
        buffer.removeAll()
        try file.flush()
    }

    /// The object number of the placeholder image, which cairo writes right after the first page that draws it.
    private func findPlaceholder() throws(SinkError) -> Int {
        let mark = "/Subtype /Image\n   /Width \(Self.placeholder.width)\n   /Height \(Self.placeholder.height)\n"
        guard let image = buffer.lastIndex(of: mark, before: buffer.count),
            let end = buffer.lastIndex(of: " 0 obj\n", before: image)
        else {
            throw .format("writing the page total of a PDF: this version of cairo writes images in an unknown form")
        }
        var begin = end
        while begin > 0, (0x30...0x39).contains(buffer[begin - 1]) { begin -= 1 }
        guard let number = Int(String(decoding: buffer[begin..<end], as: UTF8.self)) else {
            throw .format("writing the page total of a PDF: cairo's object has no number")
        }
        return number
    }

    /// The offset of each object in the file, from cairo's table: entries of 20 bytes after the line `0 count`.
    private func offsets(from table: Int, to trailer: Int) -> [Int]? {
        guard let line = buffer[(table + 5)...].firstIndex(of: 0x0A) else { return nil }
        let entries = line + 1
        guard (trailer + 1 - entries) % 20 == 0 else { return nil }
        var found: [Int] = []
        found.reserveCapacity((trailer + 1 - entries) / 20)
        for entry in stride(from: entries, to: trailer, by: 20) {
            var offset = 0
            for byte in buffer[entry..<entry + 10] {
                guard (0x30...0x39).contains(byte) else { return nil }
                offset = offset * 10 + Int(byte - 0x30)
            }
            found.append(offset + added(before: offset))
        }
        return found
    }

    /// How many bytes were put in before this position of cairo's count.
    private func added(before position: Int) -> Int {
        var low = 0
        var high = insertions.count
        while low < high {
            let middle = (low + high) / 2
            if insertions[middle].position <= position { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? 0 : insertions[low - 1].added
    }

    private func reference(_ key: String, in trailer: String) -> Int? {
        let bytes = Array(trailer.utf8)
        guard let at = bytes.lastIndex(of: key, before: bytes.count) else { return nil }
        let digits = bytes[(at + key.utf8.count)...].prefix { (0x30...0x39).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}

extension Array where Element == UInt8 {
    /// Where the text begins for the last time before an index.
    fileprivate func lastIndex(of text: String, before end: Int) -> Int? {
        let wanted = Array(text.utf8)
        var at = end - wanted.count
        while at >= 0 {
            if self[at] == wanted[0], self[at..<at + wanted.count].elementsEqual(wanted) { return at }
            at -= 1
        }
        return nil
    }
}
