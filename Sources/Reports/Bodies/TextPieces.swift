/// The lines of a text, divided so that each fits on a page; each becomes one paragraph.
struct TextPieces: Sequence, IteratorProtocol {
    /// About twenty lines of small print.
    private static let limit = 2000
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    mutating func next() -> String? {
        guard !rest.isEmpty else { return nil }
        var end = rest.startIndex
        var blank: Substring.UTF8View.Index?
        var count = 0
        while end < rest.endIndex, rest[end] != 0x0A, count < Self.limit || rest[end] & 0xC0 == 0x80 {
            if rest[end] == 0x20 { blank = end }
            rest.formIndex(after: &end)
            count += 1
        }
        let isLine = end == rest.endIndex || rest[end] == 0x0A
        if !isLine, let blank { end = blank }
        let piece = String(Substring(rest[..<end]))
        rest = rest[end...]
        // The end of the line, or the blank at which a long line is divided.
        if let first = rest.first, first == 0x0A || first == 0x20 { rest = rest.dropFirst() }
        return piece
    }
}
