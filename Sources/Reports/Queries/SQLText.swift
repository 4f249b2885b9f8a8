/// Texts of a request in the form that SQL compares them in.
enum SQLText {
    /// The text with the letters of ASCII in lower case, which is what `lower` makes of stored texts on both engines.
    static func lowered(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// A text for LIKE with the escape `!`.
    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            if "%_!".contains(character) { escaped.append("!") }
            escaped.append(character)
        }
    }
}
