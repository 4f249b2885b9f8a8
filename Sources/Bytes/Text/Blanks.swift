extension Substring {
    /// The text without white space at either end.
    package func trimmingBlanks() -> String {
        // Tokens and names nearly always begin and end with ASCII characters, which need no look-up in the tables of
        // Unicode.
        let visible: ClosedRange<UInt8> = 0x21...0x7E
        if let first = utf8.first, let last = utf8.last, visible.contains(first), visible.contains(last) {
            return String(self)
        }
        var text = self
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}

extension String {
    /// The text without white space at either end.
    package func trimmingBlanks() -> String { self[...].trimmingBlanks() }
}

extension UInt8 {
    /// Whether it is an ASCII digit, or a letter from A to F in either case.
    package var isHexadecimalDigit: Bool { (self >= 48 && self <= 57) || (self | 32 >= 97 && self | 32 <= 102) }
}
