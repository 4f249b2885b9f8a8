/// Makes bytes of any content fit for being set as text.
enum PDFCellText {
    /// The most bytes of one text that are kept; more than a page of the smallest print takes.
    static let limit = 16 * 1024

    /// Appends the text as valid UTF-8 and returns whether it was cut.
    ///
    /// All kinds of line ends become newlines, and tabs become spaces. Control characters, noncharacters, invalid
    /// UTF-8 and characters that turn the direction of text (`Deception`) become □ (U+25A1), so that nothing vanishes
    /// unseen. Byte order marks are left out.
    static func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
        let isCut = bytes.count > limit
        var kept = isCut ? UnsafeRawBufferPointer(rebasing: bytes[..<limit]) : bytes
        if isCut, let end = lastWhole(kept) { kept = UnsafeRawBufferPointer(rebasing: kept[..<end]) }
        if kept.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
            text.append(contentsOf: kept)
        } else {
            for scalar in String(decoding: kept, as: UTF8.self).unicodeScalars {
                if let shown = shown(scalar) { text.append(contentsOf: UTF8.encode(shown) ?? .init()) }
            }
        }
        if isCut { text.append(contentsOf: "…".utf8) }
        return isCut
    }

    /// The end of the last complete character.
    private static func lastWhole(_ bytes: UnsafeRawBufferPointer) -> Int? {
        bytes.lastIndex { $0 & 0xC0 != 0x80 }
    }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.value {
        case 0x0A, 0x85, 0x2028, 0x2029, 0x0B, 0x0C: "\n"
        case 0x09: " "
        case 0x0D, 0xFEFF: nil
        case let value where Deception.turnsText(value): "\u{25A1}"
        case 0..<0x20, 0x7F..<0xA0, 0xFFF9...0xFFFD, 0xFDD0...0xFDEF: "\u{25A1}"
        case let value where value & 0xFFFE == 0xFFFE: "\u{25A1}"
        default: scalar
        }
    }
}
