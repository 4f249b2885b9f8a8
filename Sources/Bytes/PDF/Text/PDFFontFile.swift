import CPango

// DESIGN. `hb-subset` renumbers the remaining glyphs, so that the file has no gaps. A PDF names a glyph by its CID (ISO
// 32000-1, 9.7.4.2). In TrueType outlines, and in CFF outlines that are not CID-keyed, that is the glyph's new number. In
// CID-keyed CFF, the file's own charset defines it (Adobe Technical Note 5176, 13). Line breaking, kerning and ligatures are
// done when the text is set, so their tables are left out.

/// The part of a face that a document uses, as a file to embed.
struct PDFFontFile {
    let bytes: [UInt8]
    let isCFF: Bool
    /// The CID of each code.
    let cids: [Int]

    init(_ face: PDFFace) throws(SinkError) {
        guard let input = hb_subset_input_create_or_fail() else { throw Self.failure(face) }
        defer { hb_subset_input_destroy(input) }
        let glyphs = hb_subset_input_glyph_set(input)
        hb_set_add(glyphs, 0)
        for code in face.codes { hb_set_add(glyphs, code.glyph) }
        hb_subset_input_set_flags(
            input, HB_SUBSET_FLAGS_NO_HINTING.rawValue | HB_SUBSET_FLAGS_NOTDEF_OUTLINE.rawValue)
        let dropped = hb_subset_input_set(input, HB_SUBSET_SETS_DROP_TABLE_TAG)
        for tag in ["GSUB", "GPOS", "GDEF", "BASE", "name", "post", "OS/2", "cmap", "vhea", "vmtx", "VORG", "STAT"] {
            hb_set_add(dropped, Self.tag(tag))
        }
        guard let plan = hb_subset_plan_create_or_fail(face.face, input) else { throw Self.failure(face) }
        defer { hb_subset_plan_destroy(plan) }
        guard let subset = hb_subset_plan_execute_or_fail(plan) else { throw Self.failure(face) }
        defer { hb_face_destroy(subset) }
        let numbers = hb_subset_plan_old_to_new_glyph_mapping(plan)
        let cff = Self.bytes(hb_face_reference_table(subset, Self.tag("CFF ")))
        let glyphNumbers = face.codes.map { Int(hb_map_get(numbers, $0.glyph)) }
        isCFF = !cff.isEmpty
        if isCFF {
            bytes = cff
            let charset = CFFCharset(cff)?.cids(Int(hb_face_get_glyph_count(subset)))
            cids = charset.map { charset in glyphNumbers.map { $0 < charset.count ? charset[$0] : 0 } } ?? glyphNumbers
        } else {
            bytes = Self.bytes(hb_face_reference_blob(subset))
            cids = glyphNumbers
        }
    }

    static func tag(_ name: String) -> UInt32 { name.utf8.reduce(0) { $0 << 8 | UInt32($1) } }

    /// Takes ownership of the reference to the blob.
    private static func bytes(_ blob: OpaquePointer?) -> [UInt8] {
        defer { hb_blob_destroy(blob) }
        var count: UInt32 = 0
        guard let start = hb_blob_get_data(blob, &count) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(count)))
    }

    private static func failure(_ face: PDFFace) -> SinkError {
        .format("writing the font \(face.name) into a PDF: harfbuzz cannot take the used glyphs out of it")
    }
}

/// Reads the CIDs of the glyphs in a CFF font (Adobe Technical Note 5176).
private struct CFFCharset {
    private let data: [UInt8]
    private let offset: Int

    /// Nil when the font is not CID-keyed or cannot be read.
    init?(_ data: [UInt8]) {
        guard data.count > 4 else { return nil }
        self.data = data
        // The name index comes first, then the index of top dictionaries, with one entry.
        guard let names = Self.index(data, Int(data[2])), let dictionaries = Self.index(data, names.end),
            let dictionary = dictionaries.first, let operators = Self.operators(data[dictionary]),
            operators[12 << 8 | 30] != nil
        else { return nil }
        offset = operators[15] ?? 0
    }

    /// The CID of each glyph; glyph 0 has CID 0 and is not in the table.
    func cids(_ count: Int) -> [Int] {
        var cids = [0]
        guard offset > 2, offset < data.count else { return cids }
        var at = offset + 1
        func number(_ bytes: Int) -> Int? {
            guard at + bytes <= data.count else { return nil }
            defer { at += bytes }
            return data[at..<at + bytes].reduce(0) { $0 << 8 | Int($1) }
        }
        let format = data[offset]
        while cids.count < count, let first = number(2) {
            let left = format == 0 ? 0 : number(format == 1 ? 1 : 2)
            guard let left else { break }
            for cid in first...first + min(left, count) where cids.count < count { cids.append(cid) }
        }
        return cids
    }

    /// The first item of an index, and the end of the index (section 5).
    private static func index(_ data: [UInt8], _ at: Int) -> (first: Range<Int>?, end: Int)? {
        guard at + 3 <= data.count else { return nil }
        let count = Int(data[at]) << 8 | Int(data[at + 1])
        guard count > 0 else { return (nil, at + 2) }
        let size = Int(data[at + 2])
        let base = at + 3 + (count + 1) * size - 1
        func offset(_ item: Int) -> Int? {
            let start = at + 3 + item * size
            guard (1...4).contains(size), start + size <= data.count else { return nil }
            return base + data[start..<start + size].reduce(0) { $0 << 8 | Int($1) }
        }
        guard let first = offset(0), let second = offset(1), let end = offset(count), first <= second, second <= end,
            first >= 0, end <= data.count
        else { return nil }
        return (first..<second, end)
    }

    /// The last operand of each operator of a dictionary, as a whole number (section 4).
    private static func operators(_ data: ArraySlice<UInt8>) -> [Int: Int]? {
        var found: [Int: Int] = [:]
        var operand = 0
        var rest = data
        while let byte = rest.popFirst() {
            switch byte {
            case 0...21:
                var key = Int(byte)
                if byte == 12 {
                    guard let second = rest.popFirst() else { return nil }
                    key = 12 << 8 | Int(second)
                }
                found[key] = operand
            case 28, 29:
                let count = byte == 28 ? 2 : 4
                guard rest.count >= count else { return nil }
                operand = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(count)
            case 30: while let part = rest.popFirst(), part & 15 != 15, part >> 4 != 15 {}
            case 32...246: operand = Int(byte) - 139
            case 247...254:
                guard let second = rest.popFirst() else { return nil }
                operand =
                    byte < 251
                    ? (Int(byte) - 247) * 256 + Int(second) + 108 : -(Int(byte) - 251) * 256 - Int(second) - 108
            default: return nil
            }
        }
        return found
    }
}
