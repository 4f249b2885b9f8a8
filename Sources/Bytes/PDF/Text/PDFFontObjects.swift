import CPango

extension PDFObjects {
    /// Writes a face: its file and, for each of its fonts in the document, a map from codes to glyphs and a map from
    /// codes to characters (ISO 32000-1, 9.7 and 9.10.3). `numbers` are the object numbers of these fonts.
    mutating func write(_ face: PDFFace, numbers: [Int], to file: inout ByteSink) throws(SinkError) {
        let font = try PDFFontFile(face)
        var content = ByteSink()
        content.append(font.bytes)
        let (program, descriptor, descendant) = (reserve(), reserve(), reserve())
        let name = "\(Self.tag(font.bytes))+\(face.name)"
        try stream(
            program, font.isCFF ? "/Subtype /CIDFontType0C" : "/Length1 \(font.bytes.count)", content, to: &file)
        pack(descriptor) { bytes in
            bytes.append(
                raw: """
                    << /Type /FontDescriptor /FontName /\(name) /Flags 4 /FontBBox [\(Self.bounds(face))] /ItalicAngle 0 \
                    /Ascent \(Int(face.ascent * 1000)) /Descent \(Int(-face.descent * 1000)) /CapHeight 714 /StemV 80 \
                    /FontFile\(font.isCFF ? 3 : 2) \(program) 0 R >>
                    """)
        }
        pack(descendant) { bytes in
            bytes.append(
                raw: """
                    << /Type /Font /Subtype /\(font.isCFF ? "CIDFontType0" : "CIDFontType2") /BaseFont /\(name) \
                    /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor \(descriptor) 0 R\
                    \(font.isCFF ? "" : " /CIDToGIDMap /Identity") /DW 1000 /W [
                    """)
            Self.appendWidths(face, font.cids, to: &bytes)
            bytes.append("] >>")
        }
        for (place, number) in numbers.enumerated() {
            let first = place * PDFFace.codesPerFont
            let codes = first..<min(first + PDFFace.codesPerFont, face.codes.count)
            let (encoding, unicode) = (reserve(), reserve())
            try stream(
                encoding,
                "/Type /CMap /CMapName /Codes /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>",
                Self.map(1, "cidchar", codes) { code, map in map.decimal(font.cids[code]) }, to: &file)
            try stream(
                unicode, "",
                Self.map(2, "bfchar", codes) { code, map in
                    map.append(UInt8(ascii: "<"))
                    let scalar = Unicode.Scalar(face.codes[code].scalar) ?? "\u{FFFD}"
                    for unit in String(scalar).utf16 { map.hexadecimal(unit) }
                    map.append(UInt8(ascii: ">"))
                }, to: &file)
            pack(number) { bytes in
                bytes.append(
                    raw: """
                        << /Type /Font /Subtype /Type0 /BaseFont /\(name)\(font.isCFF ? "-Codes" : "") /Encoding \(encoding) 0 R \
                        /DescendantFonts [\(descendant) 0 R] /ToUnicode \(unicode) 0 R >>
                        """)
            }
        }
    }

    /// The widths in thousandths of the print size, by CID.
    private static func appendWidths(_ face: PDFFace, _ cids: [Int], to bytes: inout ByteSink) {
        var widths: [Int: Int] = [:]
        for (code, cid) in zip(face.codes, cids) {
            widths[cid] = Int((Double(face.advance(code.glyph)) * 1000 / Double(face.unitsPerEm)).rounded())
        }
        var last = -2
        for (cid, width) in widths.sorted(by: { $0.key < $1.key }) {
            if cid != last + 1 {
                if last >= 0 { bytes.append("]") }
                bytes.append(" ")
                bytes.decimal(cid)
                bytes.append("[")
            }
            bytes.append(" ")
            bytes.decimal(width)
            last = cid
        }
        if last >= 0 { bytes.append("]") }
    }

    /// A map from codes to the values that `value` appends; a block has at most 100 codes.
    private static func map(
        _ type: Int, _ block: String, _ codes: Range<Int>, value: (Int, inout ByteSink) -> Void
    ) -> ByteSink {
        var map = ByteSink()
        map.append(
            raw: """
                /CIDInit /ProcSet findresource begin
                12 dict begin
                begincmap
                /CIDSystemInfo << /Registry (Adobe) /Ordering (\(type == 1 ? "Identity" : "UCS")) /Supplement 0 >> def
                /CMapName /Codes def
                /CMapType \(type) def
                2 begincodespacerange
                <10> <EF>
                <F010> <FFEF>
                endcodespacerange\n
                """)
        for first in stride(from: codes.lowerBound, to: codes.upperBound, by: 100) {
            let end = min(first + 100, codes.upperBound)
            map.append(raw: "\(end - first) begin\(block)\n")
            for code in first..<end {
                PDFFace.appendHexadecimal(code - codes.lowerBound, to: &map)
                map.append(" ")
                value(code, &map)
                map.append("\n")
            }
            map.append(raw: "end\(block)\n")
        }
        map.append("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
        return map
    }

    /// The box around all glyphs, from the table `head`, in thousandths of the print size.
    private static func bounds(_ face: PDFFace) -> String {
        let table = hb_face_reference_table(face.face, PDFFontFile.tag("head"))
        defer { hb_blob_destroy(table) }
        var count: UInt32 = 0
        guard let start = hb_blob_get_data(table, &count), count >= 44 else { return "0 -300 1000 1100" }
        let head = UnsafeRawBufferPointer(start: start, count: Int(count))
        return [36, 38, 40, 42].map { offset in
            let value = Int(Int16(bitPattern: UInt16(head[offset]) << 8 | UInt16(head[offset + 1])))
            return String(value * 1000 / face.unitsPerEm)
        }.joined(separator: " ")
    }

    /// Six letters that differ if the embedded parts of fonts differ (9.6.4).
    private static func tag(_ bytes: [UInt8]) -> String {
        var hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        var letters = ""
        for _ in 0..<6 {
            letters.unicodeScalars.append(Unicode.Scalar(UInt8(0x41 + hash % 26)))
            hash /= 26
        }
        return letters
    }
}
